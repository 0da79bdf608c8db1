"""What a decoder of others finds in captured files: for each file one line of JSON.

decode.py JUDGE FILE... prints [[{"obis", "value", "unit"}, ...], ...], a list of registers for each telegram; DL/T 645
has "name" for "obis", and links and packets have words of their own. {"error": ...} is a file that it cannot take.
"""

import json
import re
import sys
from decimal import Decimal
from pathlib import Path


def smllib(octets):
    from smllib import SmlStreamReader
    from smllib.const import UNITS
    from smllib.errors import CrcError

    def plain(entry):
        number = isinstance(entry.value, int) and not isinstance(entry.value, bool)
        value = Decimal(entry.value).scaleb(entry.scaler or 0) if number else entry.value
        return said(entry.obis.obis_code, value, UNITS.get(entry.unit))

    # Holley counts its checksum in another way.
    for check in ("x25", "kermit"):
        telegrams, reader = [], SmlStreamReader(crc=check)
        reader.add(octets)
        while True:
            try:
                frame = reader.get_frame()
            except CrcError:
                continue
            if frame is None:
                break
            lists = [message.message_body for message in frame.parse_frame()]
            telegrams.append([plain(entry) for body in lists for entry in getattr(body, "val_list", None) or []])
        if telegrams:
            return telegrams
    return []


def pysml(octets):
    from sml import SmlBase, SmlGetListResponse

    def plain(entry):
        value = entry.get("value")
        return said(entry["objName"], value.hex() if isinstance(value, bytes) else value, entry.get("unit"))

    telegrams = []
    while True:
        end, frame = SmlBase.find_frame(octets)
        octets = octets[end:]
        if frame is None and not end:
            return telegrams
        if frame is not None:
            lists = [message["messageBody"] for message in frame]
            lists = [body for body in lists if isinstance(body, SmlGetListResponse)]
            telegrams.append([plain(entry) for body in lists for entry in body["valList"]])


def dsmr(octets):
    from dsmr_parser import telegram_specifications as known
    from dsmr_parser.parsers import TelegramParser

    text = octets.decode("latin-1")
    text = text[text.index("/") :]
    found = {}
    # Each maker has a list of its own; the one that fits best is taken.
    for specification in (known.V2_2, known.V3, known.V4, known.V5, known.BELGIUM_FLUVIUS, known.SWEDEN, known.ISKRA_IE):
        if specification["checksum_support"] and re.search(r"![0-9A-F]{4}", text):
            TelegramParser.validate_checksum(text)
        registers = {}
        for entry in specification["objects"]:
            for line in re.findall(entry["obis_reference"], text, re.DOTALL | re.MULTILINE):
                parsed = entry["value_parser"].parse(line)
                if isinstance(getattr(parsed, "value", None), (Decimal, int)):
                    name = line.split("(")[0]
                    registers[name] = said(name, parsed.value, parsed.unit)
        found = max(found, registers, key=len)
    return [list(found.values())]


def iec(octets):
    from iec62056_21.messages import DataBlock, ReadoutDataMessage

    text = bytes(octet & 0x7F for octet in octets).decode()
    text = text[text.rindex("/") :]
    start, end = text.find("\x02"), text.rfind("\x03")
    if 0 <= start < end < len(text) - 1:
        block = ReadoutDataMessage.from_representation(text[start : end + 2]).data_block
    else:
        lines = re.split(r"[\r\n]+", text.split("!")[0])[1:]
        lines = [line.strip("\x02\x7f\0 ") for line in lines]
        block = DataBlock.from_representation("\r\n".join(line for line in lines if line))
    found = []
    for line in block.data_lines:
        first, *more = line.data_sets
        if first.address is None:
            continue
        # A set without a name keeps its unit in its value.
        rest = [(part.value.split("*") + [None])[:2] for part in more]
        if len(rest) == 1 and re.fullmatch(r"[0-9]{12}[SW]?", first.value):
            # A moment, and what was measured then.
            found.append(said(first.address, *rest[0]))
        else:
            found.append(said(first.address, ";".join([first.value, *(value for value, _ in rest)]), first.unit))
    return [found]


def dlt645(octets):
    from dlt645.common.transform import bcd_to_value
    from dlt645.model.data.define import DIMap
    from dlt645.protocol.protocol import DLT645Protocol

    telegrams = []
    rest = bytes.fromhex(octets.decode())
    while True:
        rest, frame = DLT645Protocol.deserialize_with_remaining(rest)
        if frame is None:
            return telegrams
        name = int.from_bytes(frame.data[:4], "little")
        item = DIMap.get(name) if frame.ctrl_code == 0x91 else None
        # Demands and lists are made of several fields, for which it has no function of its own.
        plain = item is not None and not isinstance(item, list) and name >> 24 != 1
        value = bcd_to_value(frame.data[4:], item.data_format, "little") if plain else None
        telegrams.append([{"name": f"{name:08X}", **said(None, value, item.unit)}] if plain else [])


def dlms(octets):
    """Links and associations, by the package dlms-cosem."""
    from dlms_cosem.hdlc.frames import InformationFrame, UnnumberedInformationFrame
    from dlms_cosem.protocol.acse import ApplicationAssociationResponse
    from dlms_cosem.protocol.xdlms.get import GetResponseFactory

    raw = bytes.fromhex(octets.decode())
    if raw[0] != 0x7E:
        answer = GetResponseFactory.from_bytes(raw)
        return [[{"block": answer.block_number, "data": len(answer.data)}]]
    # The package reads no UA; its checks are of use all the same.
    frame = InformationFrame.from_bytes(raw)
    response = ApplicationAssociationResponse.from_bytes(frame.payload[3:])
    content = response.user_information.content
    flags = int.from_bytes(content.negotiated_conformance.to_bytes()[-3:], "big")
    return [[{"result": int(response.result), "pdu": content.server_max_receive_pdu_size, "conformance": f"{flags:06x}"}]]


def gurux(octets):
    """The same, by Gurux."""
    from gurux_dlms import GXByteBuffer, GXDLMSClient, GXReplyData
    from gurux_dlms.enums import Authentication, InterfaceType

    client = GXDLMSClient(True, 16, 0x91, Authentication.NONE, None, InterfaceType.HDLC)
    reply = GXReplyData()
    client.getData(GXByteBuffer(bytes.fromhex(octets.decode())), reply, GXReplyData())
    if reply.command == 0x73:
        client.parseUAResponse(reply.data)
        limits = client.hdlcSettings
        return [[{"send": limits.maxInfoTX, "receive": limits.maxInfoRX, "window": limits.windowSizeTX}]]
    client.parseAareResponse(reply.data)
    # It counts the bits from the other end.
    flags = int(f"{int(client.negotiatedConformance):024b}"[::-1], 2)
    return [[{"result": 0, "pdu": client.maxReceivePDUSize, "conformance": f"{flags:06x}"}]]


def c1218(octets):
    from c1218.data import C1218_REQUEST_IDS, C1218Packet

    raw, packets = bytes.fromhex(octets.decode()), []
    while (at := raw.find(b"\xee")) >= 0:
        length = 8 + int.from_bytes(raw[at + 4 : at + 6], "big")
        data = C1218Packet.from_bytes(raw[at : at + length]).data
        # Requests begin at 20, answers with a code below.
        request = C1218_REQUEST_IDS[data[0]].from_bytes(data).name if data[0] >= 0x20 else None
        packets.append({"request": request, "data": data.hex()})
        raw = raw[at + length :]
    return [packets]


def said(obis, value, unit):
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return {"obis": obis, "value": None if value is None else text, "unit": unit or None}


def main():
    judge = globals()[sys.argv[1]]
    for path in sys.argv[2:]:
        try:
            found = judge(Path(path).read_bytes())
        except Exception as error:  # Whatever stops it is what it says of the file.
            found = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
