//! The hand-over to billing in the file.

use std::collections::{BTreeSet, HashMap};

use lamplighter_core::{
    evidence::chain::{Hash, Log, reading_id},
    id::{DeviceId, ReadingId, StopId},
    time::UtcMs,
};
use rusqlite::{Connection, OptionalExtension as _, Row};

use super::{count, number};
use crate::{
    error::LedgerError,
    ledger::{
        Acknowledgement, Bill, BillHead, Claim, Earlier, Entered, Heard, Kept, Kind, Said, Stray, Unbilled,
        bill::{self, Met, State},
        snapshot::PIECE_EVENTS,
    },
};

/// Nothing where the cycle is not as it was seen.
pub(super) fn claim(connection: &Connection, claim: &Claim) -> Result<bool, LedgerError> {
    let none = BillHead::NONE;
    connection
        .prepare_cached("INSERT INTO bill_cycle (cycle, version, number, hash) VALUES (?1, 0, 0, ?2) ON CONFLICT DO NOTHING")?
        .execute((&claim.cycle, none.hash.0))?;
    let as_seen = connection
        .prepare_cached(
            "UPDATE bill_cycle SET version = version + 1, number = ?3, hash = ?4 WHERE cycle = ?1 AND version = ?2",
        )?
        .execute((&claim.cycle, number(claim.seen.version), claim.number(), claim.hash.0))?;
    if as_seen == 0 {
        return Ok(false);
    }
    connection
        .prepare_cached(
            "INSERT INTO bill (cycle, number, made_at_ms, previous, hash) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((&claim.cycle, claim.number(), claim.made_at.0, claim.seen.hash.0, claim.hash.0))?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO bill_entry (cycle, number, place, id, kind, device, epoch, seq, stop, instead_of, text)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for (place, entry) in (1_i64..).zip(&claim.entries) {
        insert.execute((
            &claim.cycle,
            claim.number(),
            place,
            entry.id().as_bytes(),
            entry.kind.code(),
            entry.log.device.as_bytes(),
            entry.log.epoch,
            number(entry.seq),
            entry.stop.as_bytes(),
            entry.instead_of.as_ref().map(|id| id.as_bytes()),
            &entry.text,
        ))?;
    }
    Ok(true)
}

pub(super) fn written(
    connection: &Connection,
    cycle: &str,
    number: u32,
    now: UtcMs,
) -> Result<(), LedgerError> {
    connection
        .prepare_cached(
            "UPDATE bill SET written_at_ms = coalesce(written_at_ms, ?3) WHERE cycle = ?1 AND number = ?2",
        )?
        .execute((cycle, number, now.0))?;
    Ok(())
}

pub(super) fn acknowledge(
    connection: &Connection,
    answers: &[Acknowledgement],
    now: UtcMs,
) -> Result<Vec<Heard>, LedgerError> {
    let (mut met, mut cycles) = (HashMap::new(), HashMap::new());
    let mut select = connection.prepare_cached(
        "SELECT cycle, state, EXISTS (SELECT 1 FROM bill_entry AS next WHERE next.instead_of = bill_entry.id)
         FROM bill_entry WHERE id = ?1",
    )?;
    for Acknowledgement { id, .. } in answers {
        let found = select
            .query_row([id.as_bytes()], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get(2)?))
            })
            .optional()?;
        if let Some((cycle, state, replaced)) = found {
            met.insert(*id, Met { state: State::from_code(&state)?, replaced });
            cycles.insert(*id, cycle);
        }
    }
    let (heard, rows) = bill::hear(answers, met);
    for (id, (state, reason)) in &rows {
        connection
            .prepare_cached(
                "UPDATE bill_entry SET state = ?2, reason = ?3, answered_at_ms = ?4 WHERE id = ?1",
            )?
            .execute((id.as_bytes(), state.code(), reason, now.0))?;
    }
    for cycle in rows.keys().filter_map(|id| cycles.get(id)).collect::<BTreeSet<_>>() {
        connection.execute("UPDATE bill_cycle SET version = version + 1 WHERE cycle = ?1", [cycle])?;
    }
    Ok(heard)
}

pub(super) fn head(connection: &Connection, cycle: &str) -> Result<BillHead, LedgerError> {
    let head = connection
        .prepare_cached("SELECT version, number, hash FROM bill_cycle WHERE cycle = ?1")?
        .query_row([cycle], |row| {
            Ok(BillHead { version: count(row.get(0)?), number: row.get(1)?, hash: Hash(row.get(2)?) })
        })
        .optional()?;
    Ok(head.unwrap_or(BillHead::NONE))
}

pub(super) fn unbilled(
    connection: &Connection,
    cycle: &str,
    after: Option<(Log, u64)>,
) -> Result<Vec<Unbilled>, LedgerError> {
    let (device, epoch, seq) = match &after {
        Some((log, seq)) => (&log.device.as_bytes()[..], log.epoch, number(*seq)),
        None => (&[][..], 0, 0),
    };
    Ok(connection
        .prepare_cached(
            "SELECT reading.device, reading.epoch, reading.seq, payload FROM reading
             JOIN event USING (device, epoch, seq)
             JOIN stop ON stop.id = reading.stop JOIN round ON round.id = stop.round
             WHERE (reading.device, reading.epoch, reading.seq) > (?2, ?3, ?4) AND round.cycle = ?1
                 AND NOT EXISTS (SELECT 1 FROM bill_entry AS entry WHERE entry.device = reading.device
                     AND entry.epoch = reading.epoch AND entry.seq = reading.seq AND entry.kind = 'value')
             ORDER BY reading.device, reading.epoch, reading.seq LIMIT ?5",
        )?
        .query_map((cycle, device, epoch, seq, PIECE_EVENTS), |row| {
            Ok(Unbilled { log: log(row)?, seq: count(row.get(2)?), payload: row.get(3)? })
        })?
        .collect::<Result<_, _>>()?)
}

pub(super) fn earlier(connection: &Connection, cycle: &str) -> Result<Vec<Earlier>, LedgerError> {
    let mut select = connection.prepare_cached(
        "SELECT device, epoch, seq, stop, state, text,
             EXISTS (SELECT 1 FROM bill_entry AS back WHERE back.device = entry.device
                 AND back.epoch = entry.epoch AND back.seq = entry.seq AND back.kind = 'reversal')
         FROM bill_entry AS entry WHERE cycle = ?1 AND kind = 'value'
             AND (stop IN (SELECT stop FROM reading GROUP BY stop HAVING count(*) > 1)
                 OR id IN (SELECT reading FROM withdrawal))
         ORDER BY number, place",
    )?;
    let mut rows = select.query([cycle])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let state: String = row.get(4)?;
        found.push(Earlier {
            log: log(row)?,
            seq: count(row.get(2)?),
            stop: StopId::new(row.get(3)?),
            state: State::from_code(&state)?,
            reversed: row.get(6)?,
            text: row.get(5)?,
        });
    }
    Ok(found)
}

pub(super) fn bills(connection: &Connection, cycle: Option<&str>) -> Result<Vec<Bill>, LedgerError> {
    Ok(connection
        .prepare_cached(
            "SELECT cycle, number, made_at_ms, previous, hash, written_at_ms IS NOT NULL,
                 (SELECT count(*) FROM bill_entry AS entry WHERE entry.cycle = bill.cycle
                     AND entry.number = bill.number AND entry.state = 'waiting')
             FROM bill WHERE ?1 IS NULL OR cycle = ?1 ORDER BY cycle, number",
        )?
        .query_map([cycle], |row| {
            Ok(Bill {
                cycle: row.get(0)?,
                number: row.get(1)?,
                made_at: UtcMs(row.get(2)?),
                previous: Hash(row.get(3)?),
                hash: Hash(row.get(4)?),
                written: row.get(5)?,
                waiting: count(row.get(6)?),
            })
        })?
        .collect::<Result<_, _>>()?)
}

pub(super) fn texts(connection: &Connection, cycle: &str, number: u32) -> Result<Vec<String>, LedgerError> {
    Ok(connection
        .prepare_cached("SELECT text FROM bill_entry WHERE cycle = ?1 AND number = ?2 ORDER BY place")?
        .query_map((cycle, number), |row| row.get(0))?
        .collect::<Result<_, _>>()?)
}

pub(super) fn kept(connection: &Connection, of: Log, after: u64, last: u64) -> Result<Kept, LedgerError> {
    let range = (of.device.as_bytes(), of.epoch, number(after), number(last));
    let mut kept = Kept {
        readings: connection
            .prepare_cached(
                "SELECT seq FROM reading WHERE device = ?1 AND epoch = ?2 AND seq > ?3 AND seq <= ?4",
            )?
            .query_map(range, |row| Ok(count(row.get(0)?)))?
            .collect::<Result<_, _>>()?,
        quarantined: connection
            .prepare_cached(
                "SELECT seq, reason FROM quarantine WHERE device = ?1 AND epoch = ?2 AND seq > ?3 AND seq <= ?4",
            )?
            .query_map(range, |row| Ok((count(row.get(0)?), row.get(1)?)))?
            .collect::<Result<_, _>>()?,
        entries: Vec::new(),
    };
    let mut select = connection.prepare_cached(
        "SELECT seq, kind, cycle, number, state, reason FROM bill_entry
         WHERE device = ?1 AND epoch = ?2 AND seq > ?3 AND seq <= ?4",
    )?;
    let mut rows = select.query(range)?;
    while let Some(row) = rows.next()? {
        let (kind, state): (String, String) = (row.get(1)?, row.get(4)?);
        kept.entries.push(Entered {
            seq: count(row.get(0)?),
            kind: Kind::from_code(&kind).unwrap_or(Kind::Value),
            cycle: row.get(2)?,
            number: row.get(3)?,
            state: State::from_code(&state)?,
            reason: row.get(5)?,
        });
    }
    Ok(kept)
}

pub(super) fn said(connection: &Connection) -> Result<Vec<Said>, LedgerError> {
    Ok(connection
        .prepare_cached(
            "SELECT logs.device, logs.epoch, name, said.seq, said.at_ms, coalesce(log_head.seq, 0)
             FROM (SELECT device, epoch FROM said UNION SELECT device, epoch FROM log_head) AS logs
             JOIN device ON device.id = logs.device
             LEFT JOIN said USING (device, epoch) LEFT JOIN log_head USING (device, epoch)
             ORDER BY logs.device, logs.epoch",
        )?
        .query_map([], |row| {
            let said: Option<i64> = row.get(3)?;
            Ok(Said {
                log: log(row)?,
                name: row.get(2)?,
                said: said.map(count).zip(row.get::<_, Option<i64>>(4)?.map(UtcMs)),
                held: count(row.get(5)?),
            })
        })?
        .collect::<Result<_, _>>()?)
}

pub(super) fn strays(connection: &Connection) -> Result<Vec<Stray>, LedgerError> {
    let reading = |row: &Row<'_>| Ok(reading_id(log(row)?, count(row.get(2)?)));
    let mut strays: Vec<Stray> = connection
        .prepare_cached(
            "SELECT device, epoch, seq, cycle, number FROM bill_entry AS entry WHERE kind = 'value'
                 AND NOT EXISTS (SELECT 1 FROM event WHERE event.device = entry.device
                     AND event.epoch = entry.epoch AND event.seq = entry.seq)",
        )?
        .query_map([], |row| Ok(Stray::Entry(reading(row)?, row.get(3)?, row.get(4)?)))?
        .collect::<Result<_, _>>()?;
    let readings: Vec<ReadingId> = connection
        .prepare_cached(
            "SELECT device, epoch, seq FROM reading WHERE NOT EXISTS (SELECT 1 FROM event
                 WHERE event.device = reading.device AND event.epoch = reading.epoch AND event.seq = reading.seq)",
        )?
        .query_map([], reading)?
        .collect::<Result<_, _>>()?;
    strays.extend(readings.into_iter().map(Stray::Reading));
    let stops: Vec<StopId> = connection
        .prepare_cached(
            "SELECT stop FROM bill_entry AS entry WHERE kind = 'value' AND state <> 'refused'
                 AND NOT EXISTS (SELECT 1 FROM bill_entry AS back WHERE back.device = entry.device
                     AND back.epoch = entry.epoch AND back.seq = entry.seq AND back.kind = 'reversal')
             GROUP BY stop HAVING count(*) > 1",
        )?
        .query_map([], |row| row.get(0).map(StopId::new))?
        .collect::<Result<_, _>>()?;
    strays.extend(stops.into_iter().map(Stray::Stop));
    Ok(strays)
}

fn log(row: &Row<'_>) -> rusqlite::Result<Log> {
    Ok(Log { device: DeviceId::new(row.get(0)?), epoch: row.get(1)? })
}
