"""How quickly a decoder of others takes a file: prints the bytes it takes in a second, and how many telegrams it found.

speed.py JUDGE FILE
"""

import sys
import time
from pathlib import Path

# Long enough for a steady figure.
SECONDS = 1.0


def smllib(octets):
    from smllib import SmlStreamReader

    def run():
        reader, found = SmlStreamReader(), 0
        reader.add(octets)
        while (frame := reader.get_frame()) is not None:
            frame.parse_frame()
            found += 1
        return found

    return run


def pysml(octets):
    from sml import SmlBase

    def run():
        rest, found = octets, 0
        while True:
            end, frame = SmlBase.find_frame(rest)
            if frame is None:
                return found
            rest = rest[end:]
            found += 1

    return run


def dsmr(octets):
    from dsmr_parser.parsers import TelegramParser
    from dsmr_parser.telegram_specifications import V5

    telegrams = ["/" + text for text in octets.decode().split("/")[1:]]

    def run():
        parser = TelegramParser(V5)
        for telegram in telegrams:
            parser.parse(telegram)
        return len(telegrams)

    return run


def gurux(octets):
    from gurux_dlms import GXByteBuffer, GXDLMSClient, GXReplyData
    from gurux_dlms.enums import Authentication, InterfaceType

    frames = split(octets)
    client = GXDLMSClient(True, 16, 0x91, Authentication.NONE, None, InterfaceType.HDLC)

    def run():
        found = 0
        # What came before the first of them.
        client.settings.receiverFrame, client.settings.senderFrame = 0x1E, 0x10
        for frame in frames:
            reply = GXReplyData()
            client.getData(GXByteBuffer(frame), reply, GXReplyData())
            found += reply.value is not None
        return found

    return run


def dlms(octets):
    from dlms_cosem.hdlc.frames import InformationFrame
    from dlms_cosem.protocol.xdlms.get import GetResponseFactory
    from dlms_cosem.utils import parse_as_dlms_data

    frames = split(octets)

    def run():
        found = 0
        for frame in frames:
            information = InformationFrame.from_bytes(frame)
            answer = GetResponseFactory.from_bytes(information.payload[3:])
            found += parse_as_dlms_data(answer.data) is not None
        return found

    return run


def dlt645(octets):
    from dlt645.protocol.protocol import DLT645Protocol

    def run():
        rest, found = octets, 0
        while True:
            rest, frame = DLT645Protocol.deserialize_with_remaining(rest)
            if frame is None:
                return found
            found += 1

    return run


def split(octets):
    """Frames of HDLC, by their own lengths."""
    frames = []
    while octets:
        length = 2 + ((octets[1] & 7) << 8 | octets[2])
        frames.append(octets[:length])
        octets = octets[length:]
    return frames


def main():
    octets = Path(sys.argv[2]).read_bytes()
    run = globals()[sys.argv[1]](octets)
    found, rounds, began = run(), 0, time.perf_counter()
    while (took := time.perf_counter() - began) < SECONDS:
        run()
        rounds += 1
    print(int(len(octets) * rounds / took), found)


if __name__ == "__main__":
    main()
