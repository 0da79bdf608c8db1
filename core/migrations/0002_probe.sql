-- How the office says that a meter is reached, as the text of a way.
ALTER TABLE stop ADD COLUMN way TEXT;

-- How each meter was reached, by each probe.
CREATE TABLE way (
    serial TEXT NOT NULL,
    probe TEXT NOT NULL,
    way TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (serial, probe)
) STRICT, WITHOUT ROWID;

CREATE INDEX way_by_time ON way (probe, at_ms);

-- The first invocation counter that nobody has used yet, by key: several meters may share one, and no number may
-- be used twice under it.
CREATE TABLE invocation_counter (
    key BLOB PRIMARY KEY,
    next INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Load profiles, a cell a row, beside the readings of the meter.
CREATE TABLE profile_cell (
    serial TEXT NOT NULL,
    profile TEXT NOT NULL,
    at TEXT NOT NULL,
    obis TEXT NOT NULL,
    -- Empty where the meter has none.
    value TEXT,
    unit TEXT,
    status TEXT NOT NULL,
    PRIMARY KEY (serial, profile, at, obis)
) STRICT, WITHOUT ROWID;

-- From where to where a profile lies here without a gap.
CREATE TABLE profile_span (
    serial TEXT NOT NULL PRIMARY KEY,
    from_at TEXT NOT NULL,
    to_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE meter_event (
    serial TEXT NOT NULL,
    code TEXT NOT NULL,
    at TEXT NOT NULL,
    until TEXT,
    kind TEXT NOT NULL,
    PRIMARY KEY (serial, code, at)
) STRICT, WITHOUT ROWID;
