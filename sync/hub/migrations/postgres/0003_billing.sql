-- The hand-over to billing. What is handed over is claimed here first, word for word, in one transaction; files and
-- messages are only ever made from what was claimed. As in SQLite.

-- Its row is held by whoever changes anything of the cycle below.
CREATE TABLE bill_cycle (
    cycle   TEXT PRIMARY KEY,
    -- Rises with every change: who decided by what it saw writes only if nothing has changed since.
    version BIGINT NOT NULL,
    -- Of the last file, and of the whole file.
    number  BIGINT NOT NULL,
    hash    BYTEA NOT NULL CHECK (length(hash) = 32)
);

CREATE TABLE bill (
    cycle           TEXT NOT NULL,
    number          BIGINT NOT NULL,
    made_at_ms      BIGINT NOT NULL,
    -- SHA-256 of the file before it, zeros for the first, and of this one.
    previous        BYTEA NOT NULL CHECK (length(previous) = 32),
    hash            BYTEA NOT NULL CHECK (length(hash) = 32),
    -- When the file had its name in its folder.
    written_at_ms   BIGINT,
    PRIMARY KEY (cycle, number)
);

CREATE TABLE bill_entry (
    cycle           TEXT NOT NULL,
    number          BIGINT NOT NULL,
    place           BIGINT NOT NULL,
    -- The reading's own for a value, and one made from it for a reversal: each is handed over once.
    id              BYTEA NOT NULL UNIQUE CHECK (length(id) = 16),
    kind            TEXT NOT NULL CHECK (kind IN ('value', 'reversal')),
    -- The event that is the reading.
    device          BYTEA NOT NULL,
    epoch           BIGINT NOT NULL,
    seq             BIGINT NOT NULL,
    stop            BYTEA NOT NULL,
    -- What was handed over for the stop before.
    instead_of      BYTEA,
    -- As it stands in the file.
    text            TEXT NOT NULL,
    state           TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'settled', 'refused')),
    reason          TEXT,
    answered_at_ms  BIGINT,
    PRIMARY KEY (cycle, number, place),
    UNIQUE (device, epoch, seq, kind)
);
CREATE INDEX bill_entry_instead_of ON bill_entry (instead_of) WHERE instead_of IS NOT NULL;
CREATE INDEX bill_entry_unanswered ON bill_entry (cycle, number) WHERE state = 'waiting';

-- What was handed over is never changed or deleted; what became of it is added.
REVOKE UPDATE, DELETE, TRUNCATE ON bill, bill_entry FROM PUBLIC, CURRENT_USER;
GRANT UPDATE (written_at_ms) ON bill TO CURRENT_USER;
GRANT UPDATE (state, reason, answered_at_ms) ON bill_entry TO CURRENT_USER;

-- The last event that a device said it holds of its log, when it last greeted.
CREATE TABLE said (
    device  BYTEA NOT NULL,
    epoch   BIGINT NOT NULL,
    seq     BIGINT NOT NULL,
    at_ms   BIGINT NOT NULL,
    PRIMARY KEY (device, epoch)
);
