//! Batches into the file: one log's events, their rows, and the new head.

use std::collections::HashMap;

use lamplighter_core::{
    evidence::chain::{Hash, Head, Log},
    id::StopId,
    time::UtcMs,
};
use rusqlite::{Connection, OptionalExtension as _};

use super::{count, number};
use crate::{
    error::LedgerError,
    ledger::{
        Proved,
        batch::{Aside, Taken},
        project::{self, Projection, ReadingRow, Understood, Visit, VisitRow, stops_before},
    },
};

/// The inner result is what the device hears; with it the transaction stands.
pub(super) fn append(
    connection: &Connection,
    proved: &Proved,
    now: UtcMs,
) -> Result<Result<Head, LedgerError>, LedgerError> {
    let held = head(connection, proved.log)?;
    let ours = match proved.asks(held) {
        Some(seq) => hash_at(connection, proved.log, seq)?,
        None => Some(held.hash),
    };
    match proved.taken(held, ours) {
        Taken::Held(head) => Ok(Ok(head)),
        Taken::Gap(refusal) => Err(refusal),
        Taken::Fork(refusal) => {
            set_aside(connection, proved.log, proved.aside(), now)?;
            Ok(Err(refusal))
        }
        Taken::Grows(after) => {
            grow(connection, proved, after, now)?;
            Ok(Ok(proved.last()))
        }
    }
}

/// The last event held of a log.
pub(super) fn head(connection: &Connection, log: Log) -> Result<Head, LedgerError> {
    let head = connection
        .prepare_cached("SELECT seq, hash FROM log_head WHERE device = ?1 AND epoch = ?2")?
        .query_row((log.device.as_bytes(), log.epoch), |row| {
            Ok(Head { seq: count(row.get(0)?), hash: Hash(row.get(1)?) })
        })
        .optional()?;
    Ok(head.unwrap_or(Head::EMPTY))
}

/// Writes what events that follow each other mean.
pub(super) fn understand(
    connection: &Connection,
    log: Log,
    events: &[Understood],
) -> Result<(), LedgerError> {
    let before = visits(connection, log, events)?;
    write(connection, log, &project::project(log, events, &before))
}

fn write(connection: &Connection, log: Log, rows: &Projection<'_>) -> Result<(), LedgerError> {
    readings(connection, log, rows)?;
    let id = log.device.as_bytes();
    for (seq, reading, stop) in &rows.withdrawals {
        connection
            .prepare_cached(
                "INSERT INTO withdrawal (device, epoch, seq, reading, stop) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((id, log.epoch, number(*seq), reading.as_bytes(), stop.as_bytes()))?;
    }
    for (seq, reason) in &rows.quarantined {
        connection
            .prepare_cached("INSERT INTO quarantine (device, epoch, seq, reason) VALUES (?1, ?2, ?3, ?4)")?
            .execute((id, log.epoch, number(*seq), reason))?;
    }
    for (seq, parted, common) in &rows.reopened {
        connection
            .prepare_cached(
                "INSERT INTO reopened (device, epoch, seq, parted, common) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((id, log.epoch, number(*seq), parted, number(*common)))?;
    }
    put_visits(connection, log, rows)?;
    if let Some(applied) = rows.applied {
        connection
            .prepare_cached(
                "UPDATE device SET plan_applied = max(plan_applied, min(?2, plan_head)) WHERE id = ?1",
            )?
            .execute((id, number(applied)))?;
    }
    Ok(())
}

fn grow(connection: &Connection, proved: &Proved, after: u64, now: UtcMs) -> Result<(), LedgerError> {
    let Log { device, epoch } = proved.log;
    let mut insert = connection.prepare_cached(
        "INSERT INTO event (device, epoch, seq, recv_at_ms, payload, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (head, payload) in proved.after(after) {
        insert.execute((device.as_bytes(), epoch, number(head.seq), now.0, payload, head.hash.0))?;
    }
    let before = visits(connection, proved.log, proved.understood(after))?;
    write(connection, proved.log, &proved.rows(after, &before))?;
    let last = proved.last();
    let row = (device.as_bytes(), epoch, number(last.seq), last.hash.0, proved.seal.0);
    connection
        .prepare_cached("INSERT INTO seal (device, epoch, seq, hash, seal) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(row)?;
    connection
        .prepare_cached(
            "INSERT INTO log_head (device, epoch, seq, hash, seal) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET seq = excluded.seq, hash = excluded.hash, seal = excluded.seal",
        )?
        .execute(row)?;
    Ok(())
}

fn readings(connection: &Connection, log: Log, rows: &Projection<'_>) -> Result<(), LedgerError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO reading (device, epoch, seq, stop, meter, taken_at_ms, method, level, obis, value, supersedes)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for (seq, reading) in &rows.readings {
        let ReadingRow { method, level, obis, value } = ReadingRow::of(reading);
        insert.execute((
            log.device.as_bytes(),
            log.epoch,
            number(*seq),
            reading.stop.as_bytes(),
            reading.meter.as_bytes(),
            reading.taken_at.0,
            method,
            level,
            obis,
            value,
            reading.supersedes.as_ref().map(|id| id.as_bytes()),
        ))?;
    }
    Ok(())
}

fn visits(
    connection: &Connection,
    log: Log,
    events: &[Understood],
) -> Result<HashMap<StopId, Visit>, LedgerError> {
    let mut visits = HashMap::new();
    let mut select = connection
        .prepare_cached("SELECT outcome, epoch, seq, detail FROM visit WHERE device = ?1 AND stop = ?2")?;
    for stop in stops_before(events) {
        let found = select
            .query_row((log.device.as_bytes(), stop.as_bytes()), |row| {
                let (outcome, epoch, detail) = (row.get(0)?, row.get(1)?, row.get(3)?);
                Ok(VisitRow { outcome, epoch, seq: count(row.get(2)?), detail })
            })
            .optional()?;
        if let Some(row) = found {
            visits.insert(stop, Visit::from_row(log.device, &row)?);
        }
    }
    Ok(visits)
}

fn put_visits(connection: &Connection, log: Log, rows: &Projection<'_>) -> Result<(), LedgerError> {
    let device = log.device.as_bytes();
    let mut put = connection.prepare_cached(
        "INSERT INTO visit (device, stop, outcome, epoch, seq, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET
             outcome = excluded.outcome, epoch = excluded.epoch, seq = excluded.seq, detail = excluded.detail",
    )?;
    for (stop, visit) in &rows.visits {
        match visit {
            Some(visit) => {
                let VisitRow { outcome, epoch, seq, detail } = visit.to_row();
                put.execute((device, stop.as_bytes(), outcome, epoch, number(seq), detail))?;
            }
            None => {
                connection
                    .prepare_cached("DELETE FROM visit WHERE device = ?1 AND stop = ?2")?
                    .execute((device, stop.as_bytes()))?;
            }
        }
    }
    Ok(())
}

/// The log's hash at this event, if it is held.
pub(super) fn hash_at(connection: &Connection, log: Log, seq: u64) -> Result<Option<Hash>, LedgerError> {
    Ok(connection
        .prepare_cached("SELECT hash FROM event WHERE device = ?1 AND epoch = ?2 AND seq = ?3")?
        .query_row((log.device.as_bytes(), log.epoch, number(seq)), |row| row.get(0).map(Hash))
        .optional()?)
}

fn set_aside(connection: &Connection, log: Log, aside: Aside, now: UtcMs) -> Result<(), LedgerError> {
    let Aside { first_seq, last_hash, bytes } = aside;
    connection
        .prepare_cached(
            "INSERT INTO set_aside (reason, device, epoch, first_seq, last_hash, recv_at_ms, batch)
             VALUES ('fork', ?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
        )?
        .execute((log.device.as_bytes(), log.epoch, number(first_seq), last_hash.0, now.0, bytes))?;
    Ok(())
}
