"""A DL/T 645-2007 meter: the server of the PyPI package dlt645, without its own port."""

import datetime
import time

from dlt645.model.types.dlt645_type import CtrlCode, Demand
from dlt645.protocol.protocol import DLT645Protocol
from dlt645.service.serversvc.server_service import MeterServerService

from line import Shape

EVERYBODY = bytes([0xAA] * 6)
DATE, TIME = 0x04000101, 0x04000102
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
        held = {int(register["di"], 16) for register in truth["registers"]} | {DATE, TIME}
        # All that it knows would be a zero else, and a reader of all that there is would ask for each.
        self.service.data_map = {name: item for name, item in self.service.data_map.items() if name in held}
        for register in truth["registers"]:
            number = float(register["value"])
            if int(register["di"], 16) >> 24 == 1:
                number = Demand(number, datetime.datetime.fromisoformat(register["at"]))
            self.put(int(register["di"], 16), number)
        clock = datetime.datetime.fromisoformat(truth["clock"])
        self.put(DATE, f"{clock:%y%m%d0%w}")
        self.put(TIME, f"{clock:%H%M%S}")
        self.buffer, self.last = b"", 0.0

    def put(self, name, held):
        item = self.service.get_data_item(name)
        if item is None:
            raise SystemExit(f"the server has no {name:08X}")
        item.value = held

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
