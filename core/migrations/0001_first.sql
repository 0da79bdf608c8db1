-- Who this device is to the hub. One row, made by enrolment.
CREATE TABLE identity (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    device BLOB NOT NULL,
    epoch INTEGER NOT NULL,
    secret BLOB NOT NULL,
    hub_key BLOB NOT NULL,
    hub_url TEXT NOT NULL,
    reader TEXT NOT NULL,
    acked_seq INTEGER NOT NULL DEFAULT 0,
    down_cursor INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The log: canonical bytes, written once.
CREATE TABLE event (
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    payload BLOB NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (epoch, seq)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;

-- The device's seal over its log up to the last event.
CREATE TABLE head (
    epoch INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    seal BLOB NOT NULL
) STRICT;

-- What the hub has not given a receipt for.
CREATE TABLE outbox (
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (epoch, seq),
    FOREIGN KEY (epoch, seq) REFERENCES event (epoch, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE transcript (
    hash BLOB PRIMARY KEY,
    text TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE round (
    id BLOB PRIMARY KEY,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    cycle TEXT NOT NULL,
    started_at_ms INTEGER,
    ended_at_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE stop (
    id BLOB PRIMARY KEY,
    round BLOB NOT NULL REFERENCES round (id),
    number INTEGER NOT NULL,
    -- Its turn in the walk, once an order was made.
    turn INTEGER,
    address TEXT NOT NULL,
    lat_e7 INTEGER,
    lon_e7 INTEGER,
    meter BLOB NOT NULL,
    serial TEXT NOT NULL,
    model TEXT,
    -- Both empty: to do. A reading or a reason, never both.
    reading BLOB,
    level INTEGER,
    reason TEXT,
    CHECK (reading IS NULL OR reason IS NULL),
    CHECK ((reading IS NULL) = (level IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX stop_by_turn ON stop (round, turn, number);

CREATE TABLE hint (
    stop BLOB NOT NULL REFERENCES stop (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (stop, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE register (
    stop BLOB NOT NULL REFERENCES stop (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    obis TEXT NOT NULL,
    unit TEXT NOT NULL,
    integers INTEGER NOT NULL,
    decimals INTEGER NOT NULL,
    multiplier TEXT NOT NULL,
    PRIMARY KEY (stop, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE past_reading (
    stop BLOB NOT NULL,
    register INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    value TEXT NOT NULL,
    actual INTEGER NOT NULL,
    PRIMARY KEY (stop, register, at_ms),
    FOREIGN KEY (stop, register) REFERENCES register (stop, place) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Where each reading stands in the log.
CREATE TABLE reading (
    id BLOB PRIMARY KEY,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    stop BLOB NOT NULL,
    withdrawn INTEGER NOT NULL DEFAULT 0,
    FOREIGN KEY (epoch, seq) REFERENCES event (epoch, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX reading_by_stop ON reading (stop);

-- Digits typed and not yet saved, so that a crash costs no keystroke.
CREATE TABLE draft (
    stop BLOB NOT NULL REFERENCES stop (id) ON DELETE CASCADE,
    obis TEXT NOT NULL,
    digits TEXT NOT NULL,
    PRIMARY KEY (stop, obis)
) STRICT, WITHOUT ROWID;

-- Small things the device remembers: the stop at hand, the ports.
CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
