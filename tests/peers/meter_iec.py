"""A mode C meter of IEC 62056-21, whose messages are those of the PyPI package iec62056-21; it has no meter itself."""

from iec62056_21 import constants
from iec62056_21.messages import (
    AckOptionSelectMessage,
    DataBlock,
    DataLine,
    DataSet,
    IdentificationMessage,
    ReadoutDataMessage,
    RequestMessage,
)

from line import Shape

SPEEDS = {"0": 300, "1": 600, "2": 1200, "3": 2400, "4": 4800, "5": 9600, "6": 19200}
REACTION = 0.2


class Meter:
    def __init__(self, truth):
        self.shape = Shape(300)
        self.truth = truth
        lines = [
            DataSet("0.0.0", truth["meter"]),
            DataSet("0.9.1", truth["clock"][11:]),
            DataSet("0.9.2", truth["clock"][2:10]),
            *(DataSet(register["name"], register["value"], register["unit"]) for register in truth["registers"]),
        ]
        self.block = ReadoutDataMessage(DataBlock([DataLine([line]) for line in lines])).to_bytes()
        self.text, self.is_asked = "", False

    def hear(self, byte):
        if bin(byte).count("1") & 1:
            self.text = ""
            return
        self.text += chr(byte & 0x7F)
        if self.shape.baud != 300:
            if self.text.endswith(constants.NACK):
                self.tell()
        elif self.text.endswith(constants.LINE_END):
            self.line_heard(self.text)
            self.text = ""

    def line_heard(self, text):
        asked, chosen = text.rfind("/?"), text.rfind(constants.ACK)
        if asked >= 0 and text.endswith("!\r\n"):
            if RequestMessage.from_representation(text[asked:]).device_address not in ("", self.truth["meter"]):
                return
            maker, model = self.truth["identity"][:3], self.truth["identity"][3:]
            message = IdentificationMessage(model, maker, self.truth["speed"])
            # The package writes a backslash before what the meter calls itself; most meters have none.
            self.say(message.to_bytes().replace(b"\\", b"", 1))
            self.is_asked = True
        elif chosen >= 0 and self.is_asked and len(text) == chosen + 6:
            choice = AckOptionSelectMessage.from_representation(text[chosen:])
            self.is_asked = False
            if (choice.baud_char, choice.mode_char) == (self.truth["speed"], "0"):
                self.shape = Shape(SPEEDS[choice.baud_char])
                self.tell()

    def tell(self):
        self.text = ""
        self.say(self.block, self.rest)

    def rest(self):
        """For as long as the block could be asked for again, then at the first speed."""

        def over():
            if self.line.meter_until == told:
                self.shape = Shape(300)

        told = self.line.meter_until
        self.line.at(told + 2.0, over)

    def say(self, octets, then=None):
        seven = bytes(octet | 0x80 if octet.bit_count() & 1 else octet for octet in octets)
        self.line.say(seven, REACTION, then)
