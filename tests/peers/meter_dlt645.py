"""A DL/T 645-2007 meter: the server of the PyPI package dlt645, without its own port."""

import logging
import os
import time

# It writes its logs where it is installed, unless told not to.
logging.disable(logging.CRITICAL)

from dlt645.model.types.dlt645_type import CtrlCode, Demand
from dlt645.protocol.protocol import DLT645Protocol
from dlt645.service.serversvc.server_service import MeterServerService

from line import Shape

EVERYBODY = bytes([0xAA] * 6)
REACTION = 0.05
# A frame that rests as long is over.
GAP = 0.1


class Meter:
    """Meters hear each other; the server would answer with an error what is for another, so it does not hear that."""

    def __init__(self, truth):
        self.shape = Shape(truth["baud"], even=True)
        # The server sends the address as it is kept: the last two digits first, as on the wire.
        self.address = bytes.fromhex(truth["meter"])[::-1]
        self.service = MeterServerService(None, self.address)
        for register in truth["registers"]:
            number = float(register["value"])
            if int(register["di"], 16) >> 24 == 1:
                number = Demand(number, time_of(register["at"]))
            put(self.service, int(register["di"], 16), number)
        day, clock = truth["clock"].split("T")
        put(self.service, 0x04000101, weekday(day))
        put(self.service, 0x04000102, clock.replace(":", ""))
        self.buffer, self.last = b"", 0.0

    def hear(self, byte):
        now = time.monotonic()
        if now - self.last > GAP:
            self.buffer = b""
        self.last = now
        self.buffer, frame = DLT645Protocol.deserialize_with_remaining(self.buffer + bytes([byte]))
        if frame is None or bytes(frame.addr) not in (self.address, EVERYBODY):
            return
        if frame.ctrl_code not in (CtrlCode.ReadData, CtrlCode.ReadAddress):
            return
        reply = self.service.handle_request(frame)
        if reply:
            self.line.say(bytes(reply), REACTION)
