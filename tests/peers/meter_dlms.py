"""A DLMS/COSEM meter over HDLC: the server of Gurux, without security or with a password."""

import time
from datetime import datetime, timezone

from gurux_dlms import GXDLMSServer, GXServerReply
from gurux_dlms.GXDateTime import GXDateTime
from gurux_dlms.GXHdlcSettings import GXHdlcSettings
from gurux_dlms.ValueEventArgs import ValueEventArgs
from gurux_dlms.enums import (
    AccessMode,
    Authentication,
    Conformance,
    DataType,
    InterfaceType,
    MethodAccessMode,
    SourceDiagnostic,
    Unit,
)
from gurux_dlms.objects import GXDLMSAssociationLogicalName, GXDLMSClock, GXDLMSData, GXDLMSRegister

from line import Shape

UNITS = {
    "Wh": Unit.ACTIVE_ENERGY,
    "varh": Unit.REACTIVE_ENERGY,
    "W": Unit.ACTIVE_POWER,
    "V": Unit.VOLTAGE,
    "A": Unit.CURRENT,
    "Hz": Unit.FREQUENCY,
}
REACTION = 0.03
# A frame that rests as long is over.
GAP = 0.1
FLAG = 0x7E
# Logical device 1 at the physical address 17, in two bytes; the public client and the one who reads.
ADDRESS, CLIENTS = 1 << 7 | 17, (16, 1)

# It is asked for by a name that it does not have.
ValueEventArgs.isSkipMaxPduSize = property(lambda asked: asked.skipMaxPduSize)


class Reply(GXServerReply):
    """What the server asks of a reply and its own class does not have."""

    def setReply(self, reply):
        self.reply = reply

    def getConnectionInfo(self):
        return self.connectionInfo

    def setCount(self, count):
        self.count = count

    def getCount(self):
        return self.count


class Link(GXHdlcSettings):
    """What the server offers on the link; it asks for truth where it means an object to be set up, which is none."""

    def __bool__(self):
        return False


class Server(GXDLMSServer):
    """Answers whoever asks, and lets everything be read."""

    def __init__(self, password):
        self.password = password
        super().__init__(True, InterfaceType.HDLC)

    def isTarget(self, serverAddress, clientAddress):
        # Not when all are called: the server would answer in the name of all.
        return serverAddress == ADDRESS and clientAddress in CLIENTS

    def onValidateAuthentication(self, authentication, password):
        wanted = Authentication.LOW if self.password else Authentication.NONE
        if authentication != wanted:
            return SourceDiagnostic.NOT_RECOGNISED
        if self.password and bytes(password) != self.password.encode():
            return SourceDiagnostic.AUTHENTICATION_FAILURE
        return SourceDiagnostic.NONE

    def onFindObject(self, objectType, sn, ln):
        return None

    def onGetAttributeAccess(self, arg):
        return AccessMode.READ

    def onGetMethodAccess(self, arg):
        return MethodAccessMode.NO_ACCESS

    def nothing(self, *_):
        pass

    onPreGet = onPostGet = onPreRead = onPostRead = onPreWrite = onPostWrite = nothing
    onPreAction = onPostAction = onConnected = onInvalidConnection = onDisconnected = notifyRead = nothing

    def getTransaction(self):
        return self.transaction

    def setTransaction(self, transaction):
        self.transaction = transaction


class Meter:
    """Frames that are whole go to the server, as a chip for HDLC would hand them over."""

    def __init__(self, truth):
        self.shape = Shape(9600)
        self.server = server = Server(truth.get("password"))
        server.items.append(text("0.0.96.1.0.255", truth["meter"]))
        server.items.append(text("0.0.42.0.0.255", truth["identity"]))
        clock = GXDLMSClock("0.0.1.0.0.255")
        clock.time = GXDateTime(datetime.fromisoformat(truth["clock"]).replace(tzinfo=timezone.utc))
        server.items.append(clock)
        for register in truth["registers"]:
            server.items.append(value(register))
        association = GXDLMSAssociationLogicalName()
        association.objectList.extend(server.items)
        association.objectList.append(association)
        server.items.append(association)
        # Its answers to lists leave half of the word out for what it does not have.
        server.conformance &= ~Conformance.MULTIPLE_REFERENCES
        server.initialize()
        server.hdlc = Link()
        self.frame, self.last = b"", 0.0

    def hear(self, byte):
        now = time.monotonic()
        if now - self.last > GAP:
            self.frame = b""
        self.last = now
        self.frame += bytes([byte])
        if self.frame[0] != FLAG or self.frame[1:2] == bytes([FLAG]):
            self.frame = self.frame[1:]
        # What stands between the flags is not stuffed; its length is what counts.
        if len(self.frame) < 3 or len(self.frame) < 2 + ((self.frame[1] & 7) << 8 | self.frame[2]):
            return
        frame, self.frame = self.frame, b""
        if byte == FLAG:
            reply = Reply(frame)
            self.server.handleRequest(reply)
            if reply.reply:
                self.line.say(bytes(reply.reply), REACTION)


def text(name, words):
    item = GXDLMSData(name)
    item.value = words
    item.setDataType(2, DataType.STRING)
    return item


def value(register):
    """A register that holds exactly this: a decimal as an integer and its power of ten."""
    item = GXDLMSRegister(register["obis"].translate(str.maketrans("-:*", "...")))
    digits, point = register["value"], register["value"].find(".")
    places = len(digits) - point - 1 if point >= 0 else 0
    item.value = int(digits.replace(".", ""))
    item.setDataType(2, DataType.INT32 if item.value < 0 else DataType.UINT32)
    item.scaler = 10 ** -places
    item.unit = UNITS[register["unit"]]
    return item
