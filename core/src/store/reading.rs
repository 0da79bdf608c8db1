//! Where each reading stands in the log. All SQL about readings and their transcripts.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::{error::StoreError, log};
use crate::{
    evidence::{
        chain::{Hash, Head, Log, reading_id},
        event::{Body, Event},
    },
    id::{ReadingId, StopId},
    reading::Reading,
};

/// A reading that is on disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Its public name.
    pub id: ReadingId,
    /// Its number in the log.
    pub seq: u64,
    /// The hub gave a receipt for it.
    pub held_by_hub: bool,
    /// The reader took it back.
    pub withdrawn: bool,
    /// What was read.
    pub reading: Reading,
}

pub(super) fn insert(
    tx: &Transaction<'_>,
    log: Log,
    head: Head,
    stop: StopId,
) -> Result<ReadingId, StoreError> {
    let id = reading_id(log, head.seq);
    tx.prepare_cached("INSERT INTO reading (id, epoch, seq, stop) VALUES (?1, ?2, ?3, ?4)")?
        .execute((id, log.epoch, head.seq, stop))?;
    Ok(id)
}

pub(super) fn find(conn: &Connection, id: ReadingId) -> Result<Option<Recorded>, StoreError> {
    let row = conn
        .prepare_cached(
            "SELECT r.epoch, r.seq, r.withdrawn, o.seq IS NULL
             FROM reading r LEFT JOIN outbox o ON o.epoch = r.epoch AND o.seq = r.seq WHERE r.id = ?1",
        )?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let Some((epoch, seq, withdrawn, held_by_hub)) = row else {
        return Ok(None);
    };
    let event =
        Event::from_bytes(&log::payload(conn, epoch, seq)?).map_err(|_| StoreError::BadRow("an event"))?;
    match event.body {
        Body::Reading(reading) => Ok(Some(Recorded { id, seq, held_by_hub, withdrawn, reading: *reading })),
        Body::Skipped { .. }
        | Body::Withdrawn { .. }
        | Body::ShiftStarted { .. }
        | Body::ShiftEnded { .. }
        | Body::DownApplied { .. }
        | Body::Reopened { .. } => Err(StoreError::BadRow("a reading without its event")),
    }
}

/// Every reading ever recorded here, oldest first.
pub(super) fn ids(conn: &Connection) -> Result<Vec<ReadingId>, StoreError> {
    let ids = conn
        .prepare_cached("SELECT id FROM reading ORDER BY epoch, seq")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(ids)
}

pub(super) fn waiting(conn: &Connection) -> Result<u64, StoreError> {
    let count = conn
        .prepare_cached(
            "SELECT count(*) FROM outbox o JOIN reading r ON r.epoch = o.epoch AND r.seq = o.seq",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(count)
}

pub(super) fn set_withdrawn(tx: &Transaction<'_>, id: ReadingId) -> Result<(), StoreError> {
    tx.execute("UPDATE reading SET withdrawn = 1 WHERE id = ?1", [id])?;
    Ok(())
}

/// The reading's event stands elsewhere now, and so it has another name. Answers the new one, if it was a reading.
pub(super) fn move_to(
    tx: &Transaction<'_>,
    before: ReadingId,
    log: Log,
    seq: u64,
) -> Result<Option<ReadingId>, StoreError> {
    let id = reading_id(log, seq);
    let moved = tx
        .prepare_cached("UPDATE reading SET id = ?2, epoch = ?3, seq = ?4 WHERE id = ?1")?
        .execute((before, id, log.epoch, seq))?;
    Ok((moved > 0).then_some(id))
}

pub(super) fn insert_transcript(tx: &Transaction<'_>, text: &str) -> Result<Hash, StoreError> {
    let hash = Hash::of(text.as_bytes());
    tx.prepare_cached("INSERT OR IGNORE INTO transcript (hash, text) VALUES (?1, ?2)")?
        .execute((hash, text))?;
    Ok(hash)
}

pub(super) fn transcript(conn: &Connection, hash: Hash) -> Result<Option<String>, StoreError> {
    let text = conn
        .prepare_cached("SELECT text FROM transcript WHERE hash = ?1")?
        .query_row([hash], |row| row.get(0))
        .optional()?;
    Ok(text)
}
