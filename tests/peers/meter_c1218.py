"""A C12.18 meter whose packets and requests are those of termineter, which has a client only; the tables are ours."""

import datetime
import struct
import time

from c1218.data import (
    C1218_REQUEST_IDS,
    C1218IdentRequest,
    C1218LogoffRequest,
    C1218LogonRequest,
    C1218NegotiateRequest,
    C1218Packet,
    C1218ReadRequest,
    C1218SecurityRequest,
    C1218TerminateRequest,
)
from c1218.utilities import data_checksum

from line import Shape

ACK, NAK, START = 0x06, 0x15, 0xEE
OK, NOT_KNOWN, NOT_ALLOWED, NOT_POSSIBLE, WRONG_STATE = b"\x00", b"\x02", b"\x03", b"\x04", b"\x0a"
OVERHEAD = 8
# Time before an answer, within a packet, and until one that nobody acknowledged is sent again.
REACTION, GAP, PATIENCE = 0.02, 0.5, 2.0
# A number of four bytes with four places, and where each quantity flows: its unit by table 12.
NUMBER_FORMAT, PLACES = 4, 4
KILO, QUADRANTS = 2 << 11, {1: 0b1001 << 14, 2: 0b0110 << 14}


def tables(truth):
    """What the meter holds, by the numbers of the tables."""
    held = {(register["tier"], register["flow"]): register["value"] for register in truth["registers"]}
    tiers, sums = (sorted(set(names)) for names in zip(*held))
    numbers = [round(float(held[tier, flow]) * 10**PLACES) for tier in tiers for flow in sums]
    clock = datetime.datetime.fromisoformat(truth["clock"])
    found = {
        1: struct.pack("<4s8s4B16s", truth["maker"].encode(), truth["model"].encode().ljust(8), 1, 0, 3, 2,
                       truth["meter"].encode().ljust(16)),
        5: truth["meter"].encode().ljust(20),
        12: b"".join(struct.pack("<I", KILO | QUADRANTS[flow]) for flow in sums),
        # A unit, and nothing left to be applied.
        16: bytes([0x11] * len(sums)),
        21: bytes([0, 0, 0, len(sums), 0, 0, 0, len(tiers) - 1, 0, 0]),
        22: bytes(range(len(sums))),
        23: b"".join(struct.pack("<i", number) for number in numbers),
        52: bytes([clock.year % 100, clock.month, clock.day, clock.hour, clock.minute, clock.second, 0]),
    }
    used = sum(1 << number for number in [0, *found]).to_bytes(7, "little")
    found[0] = bytes([2, 2, NUMBER_FORMAT * 17]) + b"LMP\0" + bytes([2, 0, 0, 0, 2, 0, len(used), 0, 0, 0, 0, 0])
    found[0] += used + bytes(len(used))
    return found


class Meter:
    def __init__(self, truth):
        self.shape = Shape(9600)
        self.tables, self.password = tables(truth), truth.get("password")
        self.buffer, self.last = b"", 0.0
        self.begin()

    def begin(self):
        self.size, self.is_on, self.is_open = 64, False, self.password is None
        self.latest, self.toggle, self.packets = None, False, []

    def hear(self, byte):
        now = time.monotonic()
        if now - self.last > GAP:
            self.buffer = b""
        self.last = now
        if not self.buffer:
            if byte == ACK and self.packets:
                self.packets.pop(0)
                self.send()
            elif byte == NAK:
                self.send()
            if byte != START:
                return
        self.buffer += bytes([byte])
        length = struct.unpack(">H", self.buffer[4:6])[0] if len(self.buffer) >= 6 else 0
        if length > 1024 or len(self.buffer) < OVERHEAD + length:
            return
        raw, self.buffer = self.buffer, b""
        try:
            packet = C1218Packet.from_bytes(raw)
        except Exception:  # The package has no class of its own for a wrong check.
            self.line.say(bytes([NAK]), REACTION)
            return
        self.line.say(bytes([ACK]), REACTION)
        # The same again: only its acknowledgement was lost.
        if raw != self.latest:
            self.latest = raw
            self.answer(packet.data)

    def answer(self, octets):
        try:
            request = C1218_REQUEST_IDS[octets[0]].from_bytes(octets)
        except Exception:  # As above.
            request = None
        self.packets = list(self.cut(self.reply(request)))
        self.send()
        if isinstance(request, C1218TerminateRequest):
            self.is_on, self.latest = False, None

    def reply(self, request):
        if isinstance(request, C1218IdentRequest):
            self.is_on = False
            return OK + bytes([0, 1, 0, 0])
        if isinstance(request, C1218NegotiateRequest):
            # Terms of ours: no more than this, at the speed that there is.
            self.size, speed = min(request._pktsize, 128), Shape(9600).baud // 1600
            return OK + struct.pack(">HBB", self.size, 1, speed)
        if isinstance(request, C1218LogonRequest):
            self.is_on = True
            return OK
        if isinstance(request, (C1218TerminateRequest, C1218LogoffRequest)):
            return OK
        if isinstance(request, C1218SecurityRequest):
            self.is_open = request.password.rstrip(b"\0 ") == (self.password or "").encode()
            return OK if self.is_open else NOT_ALLOWED
        if not isinstance(request, C1218ReadRequest):
            return NOT_KNOWN
        if not self.is_on:
            return WRONG_STATE
        if request.tableid not in self.tables:
            return NOT_POSSIBLE
        if not self.is_open and request.tableid > 5:
            return NOT_ALLOWED
        held = self.tables[request.tableid]
        if request.offset is not None:
            held = held[request.offset :][: request.octetcount]
        return OK + struct.pack(">H", len(held)) + held + data_checksum(held)

    def cut(self, octets):
        """Into packets as long as was agreed on."""
        room = self.size - OVERHEAD
        parts = [octets[at : at + room] for at in range(0, len(octets), room)]
        for place, part in enumerate(parts):
            packet = C1218Packet(part)
            of_several = 0 if len(parts) == 1 else 0x80 | (0x40 if place == 0 else 0)
            self.toggle = not self.toggle
            packet.control = bytes([of_several | (0x20 if self.toggle else 0)])
            packet.sequence = bytes([len(parts) - 1 - place])
            yield packet.build()

    def send(self, tries=3):
        """The next packet; again while nobody says that it came."""
        if not self.packets:
            return
        packet = self.packets[0]
        self.line.say(packet, REACTION)

        def again():
            if self.packets and self.packets[0] is packet and self.line.meter_until == told:
                self.send(tries - 1)

        told = self.line.meter_until
        if tries > 1:
            self.line.at(told + PATIENCE, again)
