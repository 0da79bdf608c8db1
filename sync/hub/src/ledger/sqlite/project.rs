//! What events mean for the office: readings by stop, and how far each stop is. Made from events only.

use lamplighter_core::{
    audit::verdict::Level,
    evidence::{
        chain::{Log, reading_id},
        event::{Body, Event},
    },
    id::{DeviceId, StopId},
    reading::{Method, Reading},
};
use rusqlite::{OptionalExtension as _, Transaction};

use super::{agree, count, number};
use crate::error::LedgerError;

/// Why events of a device that was locked out are held back.
pub(super) const REVOKED: &str = "revoked";

/// Takes note of one event. Content never fails: what cannot be read is put on a list.
pub(super) fn project(
    transaction: &Transaction<'_>,
    log: Log,
    seq: u64,
    payload: &[u8],
) -> Result<(), LedgerError> {
    let event = match Event::from_bytes(payload) {
        Ok(event) => event,
        Err(unread) => return hold_back(transaction, log, seq, &unread.to_string()),
    };
    match &event.body {
        Body::Reading(reading) => store_reading(transaction, log, seq, reading)?,
        Body::Withdrawn { reading, stop } => {
            transaction
                .prepare_cached(
                    "INSERT INTO withdrawal (device, epoch, seq, reading, stop) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute((
                    log.device.as_bytes(),
                    log.epoch,
                    number(seq),
                    reading.as_bytes(),
                    stop.as_bytes(),
                ))?;
        }
        Body::DownApplied { cursor } => {
            transaction
                .prepare_cached(
                    "UPDATE device SET plan_applied = max(plan_applied, min(?2, plan_head)) WHERE id = ?1",
                )?
                .execute((log.device.as_bytes(), number(*cursor)))?;
        }
        Body::Reopened { epoch, common, .. } => agree::note_reopened(transaction, log, seq, *epoch, *common)?,
        Body::Skipped { .. } | Body::ShiftStarted { .. } | Body::ShiftEnded { .. } => {}
    }
    advance(transaction, log, seq, &event.body)
}

/// The event is in its log, and stands for nothing until somebody decides.
pub(super) fn hold_back(
    transaction: &Transaction<'_>,
    log: Log,
    seq: u64,
    reason: &str,
) -> Result<(), LedgerError> {
    transaction
        .prepare_cached("INSERT INTO quarantine (device, epoch, seq, reason) VALUES (?1, ?2, ?3, ?4)")?
        .execute((log.device.as_bytes(), log.epoch, number(seq), reason))?;
    Ok(())
}

/// Takes note of what a device sent after it was locked out. Answers how many events there were.
pub(super) fn release(transaction: &Transaction<'_>, device: DeviceId) -> Result<u64, LedgerError> {
    let mut held = transaction
        .prepare_cached("DELETE FROM quarantine WHERE reason = ?1 AND device = ?2 RETURNING epoch, seq")?
        .query_map((REVOKED, device.as_bytes()), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<Vec<(u32, i64)>, _>>()?;
    held.sort_unstable();
    for (epoch, seq) in &held {
        let payload: Vec<u8> = transaction
            .prepare_cached("SELECT payload FROM event WHERE device = ?1 AND epoch = ?2 AND seq = ?3")?
            .query_row((device.as_bytes(), epoch, seq), |row| row.get(0))?;
        project(transaction, Log { device, epoch: *epoch }, count(*seq), &payload)?;
    }
    Ok(held.len() as u64)
}

/// Looks again at events that came before their stop was in the books.
pub(super) fn adopt(transaction: &Transaction<'_>, stop: StopId) -> Result<(), LedgerError> {
    let mut orphans =
        transaction.prepare_cached("DELETE FROM orphan WHERE stop = ?1 RETURNING device, epoch, seq")?;
    let mut found = orphans
        .query_map([stop.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<Vec<([u8; 16], u32, i64)>, _>>()?;
    found.sort_unstable();
    for (device, epoch, seq) in found {
        let payload: Vec<u8> = transaction
            .prepare_cached("SELECT payload FROM event WHERE device = ?1 AND epoch = ?2 AND seq = ?3")?
            .query_row((device, epoch, seq), |row| row.get(0))?;
        let log = Log { device: DeviceId::new(device), epoch };
        if let Ok(event) = Event::from_bytes(&payload) {
            advance(transaction, log, count(seq), &event.body)?;
        }
    }
    Ok(())
}

fn store_reading(
    transaction: &Transaction<'_>,
    log: Log,
    seq: u64,
    reading: &Reading,
) -> Result<(), LedgerError> {
    let main = reading.values.first();
    let method = match reading.method {
        Method::Probe => 1,
        Method::Keypad => 2,
    };
    let level = match reading.verdict.level {
        Level::Right => 1,
        Level::Doubtful => 2,
        Level::Wrong => 3,
    };
    transaction
        .prepare_cached(
            "INSERT INTO reading
                 (device, epoch, seq, stop, meter, taken_at_ms, method, level, obis, value, supersedes)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute((
            log.device.as_bytes(),
            log.epoch,
            number(seq),
            reading.stop.as_bytes(),
            reading.meter.as_bytes(),
            reading.taken_at.0,
            method,
            level,
            main.map(|main| main.obis.to_string()),
            main.map(|main| main.value.to_string()),
            reading.supersedes.as_ref().map(|id| id.as_bytes()),
        ))?;
    Ok(())
}

/// Moves the stop on, by the rules of [`lamplighter_core::round::Outcome`].
fn advance(transaction: &Transaction<'_>, log: Log, seq: u64, body: &Body) -> Result<(), LedgerError> {
    let (stop, changed) = match body {
        Body::Reading(reading) => {
            let level = match reading.verdict.level {
                Level::Right => "right",
                Level::Doubtful => "doubtful",
                Level::Wrong => "wrong",
            };
            let changed = transaction
                .prepare_cached(
                    "UPDATE stop SET outcome = 'read', reading = ?2, detail = ?3, read_by = ?4 WHERE id = ?1",
                )?
                .execute((
                    reading.stop.as_bytes(),
                    reading_id(log, seq).as_bytes(),
                    level,
                    log.device.as_bytes(),
                ))?;
            (reading.stop, changed)
        }
        Body::Skipped { stop, reason, .. } => {
            let changed = transaction
                .prepare_cached(
                    "UPDATE stop SET outcome = 'skipped', detail = ?2 WHERE id = ?1 AND outcome <> 'read'",
                )?
                .execute((stop.as_bytes(), reason.code()))?;
            (*stop, changed)
        }
        Body::Withdrawn { reading, stop } => {
            let changed = transaction
                .prepare_cached(
                    "UPDATE stop SET outcome = 'to-do', reading = NULL, detail = NULL, read_by = NULL
                     WHERE id = ?1 AND reading = ?2 AND read_by = ?3",
                )?
                .execute((stop.as_bytes(), reading.as_bytes(), log.device.as_bytes()))?;
            (*stop, changed)
        }
        Body::ShiftStarted { .. }
        | Body::ShiftEnded { .. }
        | Body::DownApplied { .. }
        | Body::Reopened { .. } => return Ok(()),
    };
    if changed == 0 && !is_known(transaction, stop)? {
        transaction
            .prepare_cached("INSERT INTO orphan (stop, device, epoch, seq) VALUES (?1, ?2, ?3, ?4)")?
            .execute((stop.as_bytes(), log.device.as_bytes(), log.epoch, number(seq)))?;
    }
    Ok(())
}

fn is_known(transaction: &Transaction<'_>, stop: StopId) -> Result<bool, LedgerError> {
    let known = transaction
        .prepare_cached("SELECT 1 FROM stop WHERE id = ?1")?
        .query_row([stop.as_bytes()], |_| Ok(()))
        .optional()?;
    Ok(known.is_some())
}
