-- The office's ledger, as in SQLite. What a device's batch touches begins with the device, so that it lies on one machine
-- where the tables are spread over several; see docs/scale.md. No sequence, no trigger, no foreign key in the way of events:
-- every row is written with the log's head locked.

CREATE TABLE hub (
    id              SMALLINT PRIMARY KEY CHECK (id = 1),
    secret_key      BYTEA NOT NULL CHECK (length(secret_key) = 32),
    created_at_ms   BIGINT NOT NULL,
    -- Wrong one-time codes since then; they are limited.
    wrong_codes     BIGINT NOT NULL DEFAULT 0,
    wrong_since_ms  BIGINT NOT NULL DEFAULT 0
);

-- A name has one device that is not locked out: whoever adds one holds the row of the hub.
CREATE TABLE device (
    id              BYTEA PRIMARY KEY CHECK (length(id) = 16),
    name            TEXT NOT NULL,
    public_key      BYTEA CHECK (length(public_key) = 32),
    -- SHA-256 of the one-time code. Kept after use, so that a device whose reply was lost may ask again.
    code_hash       BYTEA,
    code_expires_ms BIGINT,
    created_at_ms   BIGINT NOT NULL,
    enrolled_at_ms  BIGINT,
    revoked_at_ms   BIGINT,
    seen_at_ms      BIGINT,
    app_version     TEXT,
    -- Number of the last plan, and of the last one the device said it took over.
    plan_head       BIGINT NOT NULL DEFAULT 0,
    plan_applied    BIGINT NOT NULL DEFAULT 0,
    -- What the device said last that it was told by another hub, so that it is told everything again only once.
    retold_for      BYTEA
);
CREATE INDEX device_name ON device (name);
CREATE INDEX device_code ON device (code_hash);

CREATE TABLE log_head (
    device  BYTEA NOT NULL,
    epoch   BIGINT NOT NULL,
    seq     BIGINT NOT NULL,
    hash    BYTEA NOT NULL,
    seal    BYTEA,
    PRIMARY KEY (device, epoch)
);

CREATE TABLE event (
    device      BYTEA NOT NULL,
    epoch       BIGINT NOT NULL,
    seq         BIGINT NOT NULL,
    recv_at_ms  BIGINT NOT NULL,
    payload     BYTEA NOT NULL,
    hash        BYTEA NOT NULL,
    PRIMARY KEY (device, epoch, seq)
);

-- One a batch: the device answers for its log up to there.
CREATE TABLE seal (
    device  BYTEA NOT NULL,
    epoch   BIGINT NOT NULL,
    seq     BIGINT NOT NULL,
    hash    BYTEA NOT NULL,
    seal    BYTEA NOT NULL,
    PRIMARY KEY (device, epoch, seq)
);

-- An event is never changed or deleted, nor is a seal: not even by whoever owns the tables, until he allows it himself.
REVOKE UPDATE, DELETE, TRUNCATE ON event, seal FROM PUBLIC, CURRENT_USER;

-- Events that are in their log and stand for nothing: unread by this release, or from a device that was locked out.
CREATE TABLE quarantine (
    device  BYTEA NOT NULL,
    epoch   BIGINT NOT NULL,
    seq     BIGINT NOT NULL,
    reason  TEXT NOT NULL,
    PRIMARY KEY (device, epoch, seq)
);

-- Batches that carry a good seal and cannot be part of a log: another branch of it.
CREATE TABLE set_aside (
    device      BYTEA NOT NULL,
    reason      TEXT NOT NULL CHECK (reason IN ('fork')),
    epoch       BIGINT NOT NULL,
    first_seq   BIGINT NOT NULL,
    last_hash   BYTEA NOT NULL,
    recv_at_ms  BIGINT NOT NULL,
    batch       BYTEA NOT NULL,
    PRIMARY KEY (device, reason, epoch, first_seq, last_hash)
);

-- Logs that a device began because an earlier one of its logs had parted from ours.
CREATE TABLE reopened (
    device  BYTEA NOT NULL,
    epoch   BIGINT NOT NULL,
    seq     BIGINT NOT NULL,
    parted  BIGINT NOT NULL,
    common  BIGINT NOT NULL,
    PRIMARY KEY (device, epoch, seq)
);

CREATE TABLE round (
    id      BYTEA PRIMARY KEY CHECK (length(id) = 16),
    code    TEXT NOT NULL,
    name    TEXT NOT NULL,
    cycle   TEXT NOT NULL,
    -- Who gets stops that are added later.
    device  BYTEA
);

-- With the stop as the device is to see it: the bytes of the wire.
CREATE TABLE stop (
    id      BYTEA PRIMARY KEY CHECK (length(id) = 16),
    round   BYTEA NOT NULL,
    number  BIGINT NOT NULL,
    device  BYTEA,
    plan    BYTEA NOT NULL
);
CREATE INDEX stop_in_round ON stop (round, number);
CREATE INDEX stop_of_device ON stop (device);

-- Every number that was ever on a meter's face in the books.
CREATE TABLE meter (
    id      BYTEA PRIMARY KEY CHECK (length(id) = 16),
    serial  TEXT NOT NULL
);

-- What each device is to hear, numbered without gaps. A mark stands for all plans of the device up to that one.
CREATE TABLE plan (
    device  BYTEA NOT NULL,
    n       BIGINT NOT NULL,
    change  BYTEA NOT NULL,
    mark    BYTEA NOT NULL,
    PRIMARY KEY (device, n)
);

-- The rounds a device was told of, as it was told.
CREATE TABLE told_round (
    device  BYTEA NOT NULL,
    round   BYTEA NOT NULL,
    plan    BYTEA NOT NULL,
    PRIMARY KEY (device, round)
);

-- Made from events; may be dropped and made anew.
CREATE TABLE reading (
    device      BYTEA NOT NULL,
    epoch       BIGINT NOT NULL,
    seq         BIGINT NOT NULL,
    stop        BYTEA NOT NULL,
    meter       BYTEA NOT NULL,
    taken_at_ms BIGINT NOT NULL,
    method      SMALLINT NOT NULL,
    level       SMALLINT NOT NULL,
    obis        TEXT,
    value       TEXT,
    supersedes  BYTEA,
    PRIMARY KEY (device, epoch, seq)
);

CREATE TABLE withdrawal (
    device  BYTEA NOT NULL,
    epoch   BIGINT NOT NULL,
    seq     BIGINT NOT NULL,
    reading BYTEA NOT NULL,
    stop    BYTEA NOT NULL,
    PRIMARY KEY (device, epoch, seq)
);

-- What became of a stop, a device.
CREATE TABLE visit (
    device  BYTEA NOT NULL,
    stop    BYTEA NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('read', 'skipped')),
    -- The event that says so.
    epoch   BIGINT NOT NULL,
    seq     BIGINT NOT NULL,
    -- What the verdict was, or why the stop was skipped.
    detail  TEXT NOT NULL,
    -- No index by stop: it would be written at random by every batch. Who asks for a stop looks through all of them.
    PRIMARY KEY (device, stop)
);
