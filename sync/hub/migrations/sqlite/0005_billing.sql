-- The hand-over to billing. What is handed over is claimed here first, word for word, in one transaction; files and
-- messages are only ever made from what was claimed.

-- Its row is held by whoever changes anything of the cycle below.
CREATE TABLE bill_cycle (
    cycle   TEXT PRIMARY KEY,
    -- Rises with every change: who decided by what it saw writes only if nothing has changed since.
    version INTEGER NOT NULL,
    -- Of the last file, and of the whole file.
    number  INTEGER NOT NULL,
    hash    BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT, WITHOUT ROWID;

CREATE TABLE bill (
    cycle           TEXT NOT NULL REFERENCES bill_cycle,
    number          INTEGER NOT NULL,
    made_at_ms      INTEGER NOT NULL,
    -- SHA-256 of the file before it, zeros for the first, and of this one.
    previous        BLOB NOT NULL CHECK (length(previous) = 32),
    hash            BLOB NOT NULL CHECK (length(hash) = 32),
    -- When the file had its name in its folder.
    written_at_ms   INTEGER,
    PRIMARY KEY (cycle, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE bill_entry (
    cycle           TEXT NOT NULL,
    number          INTEGER NOT NULL,
    place           INTEGER NOT NULL,
    -- The reading's own for a value, and one made from it for a reversal: each is handed over once.
    id              BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    kind            TEXT NOT NULL CHECK (kind IN ('value', 'reversal')),
    -- The event that is the reading.
    device          BLOB NOT NULL,
    epoch           INTEGER NOT NULL,
    seq             INTEGER NOT NULL,
    stop            BLOB NOT NULL,
    -- What was handed over for the stop before.
    instead_of      BLOB,
    -- As it stands in the file.
    text            TEXT NOT NULL,
    state           TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'settled', 'refused')),
    reason          TEXT,
    answered_at_ms  INTEGER,
    PRIMARY KEY (cycle, number, place),
    UNIQUE (device, epoch, seq, kind),
    FOREIGN KEY (cycle, number) REFERENCES bill
) STRICT, WITHOUT ROWID;
CREATE INDEX bill_entry_instead_of ON bill_entry (instead_of) WHERE instead_of IS NOT NULL;
CREATE INDEX bill_entry_unanswered ON bill_entry (cycle, number) WHERE state = 'waiting';

CREATE TRIGGER bill_is_not_changed BEFORE UPDATE OF cycle, number, made_at_ms, previous, hash ON bill
    BEGIN SELECT RAISE(ABORT, 'a bill is never changed'); END;
CREATE TRIGGER bill_is_not_deleted BEFORE DELETE ON bill
    BEGIN SELECT RAISE(ABORT, 'a bill is never deleted'); END;
CREATE TRIGGER bill_entry_is_not_changed BEFORE UPDATE OF cycle, number, place, id, kind, device, epoch, seq, stop, instead_of, text
    ON bill_entry
    BEGIN SELECT RAISE(ABORT, 'what was handed over is never changed'); END;
CREATE TRIGGER bill_entry_is_not_deleted BEFORE DELETE ON bill_entry
    BEGIN SELECT RAISE(ABORT, 'what was handed over is never deleted'); END;

-- The last event that a device said it holds of its log, when it last greeted.
CREATE TABLE said (
    device  BLOB NOT NULL,
    epoch   INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    at_ms   INTEGER NOT NULL,
    PRIMARY KEY (device, epoch)
) STRICT, WITHOUT ROWID;
