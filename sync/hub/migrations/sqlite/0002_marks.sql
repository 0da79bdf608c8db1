-- A mark stands for all plans of a device up to that one; a device that says another was told other plans, by a
-- hub that was restored from a backup since.
ALTER TABLE plan ADD COLUMN mark BLOB;

-- What devices that were locked out still sent is in their logs now, held back here; only other branches of a log are
-- set aside as batches.
CREATE INDEX quarantine_by_reason ON quarantine (reason, device);

-- Logs that a device began because an earlier one of its logs had parted from ours.
CREATE TABLE reopened (
    device  BLOB NOT NULL REFERENCES device,
    epoch   INTEGER NOT NULL,
    seq     INTEGER NOT NULL,
    parted  INTEGER NOT NULL,
    common  INTEGER NOT NULL,
    PRIMARY KEY (device, epoch, seq)
) STRICT, WITHOUT ROWID;

-- What a device said last that it was told by another hub, so that it is told everything again only once.
ALTER TABLE device ADD COLUMN retold_for BLOB;
