-- The utility's recovery keys, their public halves only: the last one is told to devices.
CREATE TABLE recovery (
    since_ms    BIGINT PRIMARY KEY,
    key         BYTEA NOT NULL UNIQUE CHECK (length(key) = 32)
);
