-- What became of a stop is kept a device, made from that device's log alone.

CREATE TABLE visit (
    stop    BLOB NOT NULL,
    device  BLOB NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('read', 'skipped')),
    -- The event that says so.
    epoch   INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    -- What the verdict was, or why the stop was skipped.
    detail  TEXT NOT NULL,
    -- Whose stops lie together, so that a batch writes few pages. Who asks for a stop looks through all of them.
    PRIMARY KEY (device, stop)
) STRICT, WITHOUT ROWID;

ALTER TABLE stop DROP COLUMN outcome;
ALTER TABLE stop DROP COLUMN reading;
ALTER TABLE stop DROP COLUMN detail;
ALTER TABLE stop DROP COLUMN read_by;
DROP TABLE orphan;
