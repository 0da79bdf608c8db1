-- The utility's recovery key, as the hub has told it and since when. One row at most.
CREATE TABLE recovery (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    key BLOB NOT NULL,
    since_ms INTEGER NOT NULL
) STRICT;

-- Every event in the queue once more, readable only to whoever holds the other half of that key. It needs no key of
-- this device to be handed over, and goes when its event leaves the queue.
CREATE TABLE envelope (
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (epoch, seq),
    FOREIGN KEY (epoch, seq) REFERENCES outbox (epoch, seq) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
