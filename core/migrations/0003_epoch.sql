-- A device whose log parted from the hub's writes a new one; of the old one this much stands.

CREATE TABLE closed (
    epoch INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;

-- The hub's mark beside the last plan that was taken over.
ALTER TABLE identity ADD COLUMN down_mark BLOB NOT NULL DEFAULT x'';
