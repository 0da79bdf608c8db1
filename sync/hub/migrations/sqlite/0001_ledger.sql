-- The office's ledger. Devices, their logs as they arrived, what is planned for them, and what became of it.

CREATE TABLE hub (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    secret_key      BLOB NOT NULL CHECK (length(secret_key) = 32),
    created_at_ms   INTEGER NOT NULL,
    -- Wrong one-time codes since then; they are limited.
    wrong_codes     INTEGER NOT NULL DEFAULT 0,
    wrong_since_ms  INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE device (
    id              BLOB PRIMARY KEY CHECK (length(id) = 16),
    name            TEXT NOT NULL,
    public_key      BLOB CHECK (length(public_key) = 32),
    -- SHA-256 of the one-time code. Kept after use, so that a device whose reply was lost may ask again.
    code_hash       BLOB UNIQUE,
    code_expires_ms INTEGER,
    created_at_ms   INTEGER NOT NULL,
    enrolled_at_ms  INTEGER,
    revoked_at_ms   INTEGER,
    seen_at_ms      INTEGER,
    app_version     TEXT,
    -- Number of the last plan, and of the last one the device said it took over.
    plan_head       INTEGER NOT NULL DEFAULT 0,
    plan_applied    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX device_name ON device (name) WHERE revoked_at_ms IS NULL;

CREATE TABLE log_head (
    device  BLOB NOT NULL REFERENCES device,
    epoch   INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    hash    BLOB NOT NULL,
    seal    BLOB NOT NULL,
    PRIMARY KEY (device, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
    device      BLOB NOT NULL REFERENCES device,
    epoch       INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    recv_at_ms  INTEGER NOT NULL,
    payload     BLOB NOT NULL,
    hash        BLOB NOT NULL,
    PRIMARY KEY (device, epoch, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON event
    BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END;
CREATE TRIGGER event_is_not_deleted BEFORE DELETE ON event
    BEGIN SELECT RAISE(ABORT, 'an event is never deleted'); END;

-- One a batch: the device answers for its log up to there.
CREATE TABLE seal (
    device  BLOB NOT NULL REFERENCES device,
    epoch   INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    hash    BLOB NOT NULL,
    seal    BLOB NOT NULL,
    PRIMARY KEY (device, epoch, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER seal_is_not_changed BEFORE UPDATE ON seal
    BEGIN SELECT RAISE(ABORT, 'a seal is never changed'); END;
CREATE TRIGGER seal_is_not_deleted BEFORE DELETE ON seal
    BEGIN SELECT RAISE(ABORT, 'a seal is never deleted'); END;

-- Events that this release cannot read. They are in the log all the same.
CREATE TABLE quarantine (
    device  BLOB NOT NULL,
    epoch   INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    reason  TEXT NOT NULL,
    PRIMARY KEY (device, epoch, seq),
    FOREIGN KEY (device, epoch, seq) REFERENCES event
) STRICT, WITHOUT ROWID;

-- Batches that carry a good seal and cannot be part of a log: another branch, or of a device locked out.
CREATE TABLE set_aside (
    reason      TEXT NOT NULL CHECK (reason IN ('fork', 'revoked')),
    device      BLOB NOT NULL REFERENCES device,
    epoch       INTEGER NOT NULL,
    first_seq   INTEGER NOT NULL,
    last_hash   BLOB NOT NULL,
    recv_at_ms  INTEGER NOT NULL,
    batch       BLOB NOT NULL,
    PRIMARY KEY (reason, device, epoch, first_seq, last_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE round (
    id      BLOB PRIMARY KEY CHECK (length(id) = 16),
    code    TEXT NOT NULL,
    name    TEXT NOT NULL,
    cycle   TEXT NOT NULL,
    -- Who gets stops that are added later.
    device  BLOB REFERENCES device,
    UNIQUE (cycle, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE stop (
    id      BLOB PRIMARY KEY CHECK (length(id) = 16),
    round   BLOB NOT NULL REFERENCES round,
    number  INTEGER NOT NULL,
    device  BLOB REFERENCES device,
    outcome TEXT NOT NULL DEFAULT 'to-do' CHECK (outcome IN ('to-do', 'read', 'skipped')),
    -- The reading that counts, and what its verdict was; or why the stop was skipped.
    reading BLOB,
    detail  TEXT,
    -- Whose reading it is; only that device may withdraw it.
    read_by BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX stop_in_round ON stop (round, number);

-- A stop as the device is to see it: the bytes of the wire.
CREATE TABLE stop_plan (
    stop    BLOB PRIMARY KEY REFERENCES stop,
    plan    BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Every number that was ever on a meter's face in the books.
CREATE TABLE meter (
    id      BLOB PRIMARY KEY CHECK (length(id) = 16),
    serial  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What each device is to hear, numbered without gaps.
CREATE TABLE plan (
    device  BLOB NOT NULL REFERENCES device,
    n       INTEGER NOT NULL,
    change  BLOB NOT NULL,
    PRIMARY KEY (device, n)
) STRICT, WITHOUT ROWID;

-- The rounds a device was told of, as it was told.
CREATE TABLE told_round (
    device  BLOB NOT NULL REFERENCES device,
    round   BLOB NOT NULL REFERENCES round,
    plan    BLOB NOT NULL,
    PRIMARY KEY (device, round)
) STRICT, WITHOUT ROWID;

-- Made from events; may be dropped and made anew.
CREATE TABLE reading (
    device      BLOB NOT NULL,
    epoch       INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    stop        BLOB NOT NULL,
    meter       BLOB NOT NULL,
    taken_at_ms INTEGER NOT NULL,
    method      INTEGER NOT NULL,
    level       INTEGER NOT NULL,
    obis        TEXT,
    value       TEXT,
    supersedes  BLOB,
    PRIMARY KEY (device, epoch, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX reading_supersedes ON reading (device, epoch, seq) WHERE supersedes IS NOT NULL;

CREATE TABLE withdrawal (
    device  BLOB NOT NULL,
    epoch   INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    reading BLOB NOT NULL,
    stop    BLOB NOT NULL,
    PRIMARY KEY (device, epoch, seq)
) STRICT, WITHOUT ROWID;

-- Events of stops that were not in the books when they arrived.
CREATE TABLE orphan (
    stop    BLOB NOT NULL,
    device  BLOB NOT NULL,
    epoch   INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    PRIMARY KEY (stop, device, epoch, seq)
) STRICT, WITHOUT ROWID;
