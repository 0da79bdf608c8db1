"""Reads a C12.18 meter with termineter's client, from identification to termination: one line of JSON.

client_c1218.py PORT TABLE... prints who the meter is, its events, and every table asked for, whole, in hexadecimal digits.
"""

import json
import struct
import sys

from c1218.connection import Connection
from c1219.access.general import C1219GeneralAccess
from c1219.constants import LTIME_LENGTH
from c1219.data import get_history_entry_record

LIMITS, EVENTS = 71, 76
# Flags, counts and numbers before the entries of a log.
HEAD = struct.Struct("<BHHIH")
SETTINGS = {
    "baudrate": 9600,
    "bytesize": 8,
    "parity": "N",
    "stopbits": 1,
    "timeout": 3,
    "writeTimeout": 3,
    "interCharTimeout": None,
    "xonxoff": False,
    "rtscts": False,
    "dsrdtr": False,
}


def events(connection):
    """The log of events. The package reads the history only, whose entries look the same where all numbers are there."""
    clock = connection.get_table_data(0)[1] & 7
    flags, length, slots = struct.unpack("<Bxxxbxxh", connection.get_table_data(LIMITS))
    log = connection.get_table_data(EVENTS)
    _, valid, _, _, _ = HEAD.unpack(log[: HEAD.size])
    numbered = bool(flags & 1)
    size = LTIME_LENGTH[clock] + 2 * numbered + 2 + 4 + length
    entries = [log[at : at + size] for at in range(HEAD.size, len(log), size)]
    assert len(entries) == slots == valid and len(entries[-1]) == size, (len(log), size)
    records = [get_history_entry_record("<", True, clock, numbered, True, entry) for entry in entries]
    words = ("Time", "Event Number", "History Sequence Number", "User ID", "Procedure Number")
    return [[record.get(word) for word in words] for record in records]


def main():
    port, *tables = sys.argv[1:]
    connection = Connection(port, serial_settings=SETTINGS, enable_cache=False)
    assert connection.start() and connection.login("JUDGE", 2)
    general = C1219GeneralAccess(connection)
    found = {
        "maker": [general.manufacturer, general.ed_model],
        "numbers": [general.mfg_serial_no, general.device_id],
        "kind": [general.nameplate_type, general.char_format, general.std_version_no],
        "state": [general.ed_mode, general.std_status],
        "events": events(connection),
        "tables": {table: connection.get_table_data(int(table)).hex() for table in tables},
    }
    # What it calls logging off also says that there is nothing to be terminated any more.
    assert connection.logoff()
    connection._initialized = True
    assert connection.stop()
    connection.serial_h.close()
    print(json.dumps(found))


main()
