//! The event log, its head and the outbox. All SQL about them.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::{envelope, error::StoreError, identity::Identity};
use crate::evidence::{
    chain::{Hash, Head, Log},
    event::{Event, PAYLOAD_BYTES_MAX},
    seal::Seal,
};

/// Consecutive events for the hub.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Whose.
    pub log: Log,
    /// The head before the first event.
    pub before: Head,
    /// Canonical bytes, in order. May be empty.
    pub payloads: Vec<Vec<u8>>,
    /// The head after the last event.
    pub last: Head,
    /// The device's seal over `last`.
    pub seal: Seal,
}

/// Adds an event to the log, seals the new head, queues the event for the hub and encloses it for the office.
pub(super) fn append(tx: &Transaction<'_>, identity: &Identity, event: &Event) -> Result<Head, StoreError> {
    let Identity { log, key, .. } = identity;
    let payload = event.to_bytes();
    if payload.len() > PAYLOAD_BYTES_MAX {
        return Err(StoreError::TooLong);
    }
    let before = head(tx, log.epoch)?;
    let head = before.next(*log, &payload);
    let envelope = envelope::enclose(tx, identity, before, &payload)?;
    tx.prepare_cached("INSERT INTO event (epoch, seq, payload, hash) VALUES (?1, ?2, ?3, ?4)")?
        .execute((log.epoch, head.seq, payload, head.hash))?;
    tx.prepare_cached("INSERT OR REPLACE INTO head (epoch, seq, hash, seal) VALUES (?1, ?2, ?3, ?4)")?
        .execute((log.epoch, head.seq, head.hash, key.seal_head(*log, head).0))?;
    tx.prepare_cached("INSERT INTO outbox (epoch, seq) VALUES (?1, ?2)")?.execute((log.epoch, head.seq))?;
    if let Some(bytes) = envelope {
        envelope::put(tx, log.epoch, head.seq, &bytes)?;
    }
    Ok(head)
}

pub(super) fn head(conn: &Connection, epoch: u32) -> Result<Head, StoreError> {
    let row = conn
        .prepare_cached("SELECT seq, hash FROM head WHERE epoch = ?1")?
        .query_row([epoch], |row| Ok(Head { seq: row.get(0)?, hash: row.get(1)? }))
        .optional()?;
    Ok(row.unwrap_or(Head::EMPTY))
}

/// Which events of a log the hub is to get.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stretch {
    /// Of which log of this device.
    pub epoch: u32,
    /// Those after this number …
    pub after: u64,
    /// … up to this one.
    pub until: u64,
}

/// At most `count_max` events of about `bytes_max` bytes of a span, at least one if there is one.
pub(super) fn batch(
    conn: &Connection,
    identity: &Identity,
    span: Stretch,
    count_max: usize,
    bytes_max: usize,
) -> Result<Batch, StoreError> {
    let log = Log { epoch: span.epoch, ..identity.log };
    let before = head_at(conn, log, span.after)?.ok_or(StoreError::BadRow("a gap in the log"))?;
    let mut last = before;
    let mut payloads: Vec<Vec<u8>> = Vec::new();
    let mut bytes = 0;
    let mut statement = conn.prepare_cached(
        "SELECT seq, payload, hash FROM event WHERE epoch = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq LIMIT ?4",
    )?;
    let mut rows = statement.query((log.epoch, span.after, span.until, count_max))?;
    while let Some(row) = rows.next()? {
        let payload: Vec<u8> = row.get(1)?;
        bytes += payload.len();
        if bytes > bytes_max && !payloads.is_empty() {
            break;
        }
        last = Head { seq: row.get(0)?, hash: row.get(2)? };
        payloads.push(payload);
    }
    Ok(Batch { log, before, payloads, last, seal: identity.key.seal_head(log, last) })
}

/// The head after event `seq`; 0 is before the first.
pub(super) fn head_at(conn: &Connection, log: Log, seq: u64) -> Result<Option<Head>, StoreError> {
    if seq == 0 {
        return Ok(Some(Head::EMPTY));
    }
    let hash: Option<Hash> = conn
        .prepare_cached("SELECT hash FROM event WHERE epoch = ?1 AND seq = ?2")?
        .query_row((log.epoch, seq), |row| row.get(0))
        .optional()?;
    Ok(hash.map(|hash| Head { seq, hash }))
}

/// The events after `after` up to `until`, in order.
pub(super) fn events(
    conn: &Connection,
    epoch: u32,
    after: u64,
    until: u64,
) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
    let events = conn
        .prepare_cached(
            "SELECT seq, payload FROM event WHERE epoch = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq",
        )?
        .query_map((epoch, after, until), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(events)
}

pub(super) fn payload(conn: &Connection, epoch: u32, seq: u64) -> Result<Vec<u8>, StoreError> {
    let payload = conn
        .prepare_cached("SELECT payload FROM event WHERE epoch = ?1 AND seq = ?2")?
        .query_row((epoch, seq), |row| row.get(0))?;
    Ok(payload)
}

/// Takes everything of a log out of the queue.
pub(super) fn clear_outbox(tx: &Transaction<'_>, epoch: u32) -> Result<(), StoreError> {
    shrink_outbox(tx, epoch, i64::MAX.unsigned_abs())
}

/// The hub holds everything up to `seq`. Envelopes go with their places in the queue.
pub(super) fn shrink_outbox(tx: &Transaction<'_>, epoch: u32, seq: u64) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM outbox WHERE epoch = ?1 AND seq <= ?2")?.execute((epoch, seq))?;
    Ok(())
}
