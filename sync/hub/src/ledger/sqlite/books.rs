//! Rounds, stops and plans in the file: what is known is read, what changes is written. What changes is decided
//! elsewhere.

use std::collections::HashMap;

use lamplighter_core::id::{DeviceId, RoundId, StopId};
use rusqlite::{Connection, OptionalExtension as _, Params, Row};

use super::{count, device::active, number};
use crate::{
    error::LedgerError,
    ledger::{
        Books, Imported, Moved, PlanRow, Told, import,
        plan::{self, Changes, Known, PAGE_ROWS, PlanHead, Retold, RoundRow, StopRow},
    },
};

const STOPS: &str = "SELECT id, round, number, device, plan FROM stop JOIN stop_plan ON stop_plan.stop = id";

pub(super) fn import(
    connection: &Connection,
    books: &Books,
    name: Option<&str>,
) -> Result<Imported, LedgerError> {
    let device = name.map(|name| active(connection, name)).transpose()?;
    let mut known = Known { heads: heads(connection)?, ..Known::default() };
    let one = format!("{STOPS} WHERE id = ?1");
    for (round, stops) in &books.rounds {
        learn_round(connection, &mut known, round.id)?;
        for stop in stops {
            learn_stops(connection, &mut known, &one, [stop.id.as_bytes()])?;
        }
    }
    learn_visits(connection, &mut known)?;
    let (changes, imported) = import::import(known, books, device)?;
    write(connection, &changes)?;
    Ok(imported)
}

pub(super) fn assign(
    connection: &Connection,
    code: &str,
    cycle: Option<&str>,
    name: &str,
) -> Result<Moved, LedgerError> {
    let device = active(connection, name)?;
    let found: Vec<(RoundId, String)> = connection
        .prepare_cached(
            "SELECT id, cycle FROM round WHERE code = ?1 AND (?2 IS NULL OR cycle = ?2) ORDER BY cycle",
        )?
        .query_map((code, cycle), |row| Ok((RoundId::new(row.get(0)?), row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let round = plan::one_round(code, &found)?;
    let mut known = Known { heads: heads(connection)?, ..Known::default() };
    learn_round(connection, &mut known, round)?;
    learn_stops(connection, &mut known, &format!("{STOPS} WHERE round = ?1"), [round.as_bytes()])?;
    learn_visits(connection, &mut known)?;
    let (changes, moved) = plan::assign(known, round, device)?;
    write(connection, &changes)?;
    Ok(moved)
}

pub(super) fn tell_again(
    connection: &Connection,
    device: DeviceId,
    cursor: u64,
    said: &[u8],
) -> Result<(), LedgerError> {
    let mut known = Known { heads: heads(connection)?, ..Known::default() };
    learn_stops(connection, &mut known, &format!("{STOPS} WHERE device = ?1"), [device.as_bytes()])?;
    let rounds: Vec<RoundId> = known.stops.values().map(|stop| stop.round).collect();
    for round in rounds {
        learn_round(connection, &mut known, round)?;
    }
    let told = told_of(connection, device, cursor, i64::MAX)?;
    write(connection, &plan::tell_again(known, &told, device, cursor, said)?)
}

pub(super) fn told(connection: &Connection, device: DeviceId, cursor: u64) -> Result<Told, LedgerError> {
    told_of(connection, device, cursor, PAGE_ROWS)
}

fn told_of(
    connection: &Connection,
    device: DeviceId,
    cursor: u64,
    rows_max: i64,
) -> Result<Told, LedgerError> {
    let head: i64 = connection
        .prepare_cached("SELECT plan_head FROM device WHERE id = ?1")?
        .query_row([device.as_bytes()], |row| row.get(0))?;
    let plans = connection
        .prepare_cached("SELECT n, change, mark FROM plan WHERE device = ?1 AND n >= ?2 ORDER BY n LIMIT ?3")?
        .query_map((device.as_bytes(), number(cursor), rows_max), |row| {
            Ok(PlanRow { n: count(row.get(0)?), change: row.get(1)?, mark: row.get(2)? })
        })?
        .collect::<Result<_, _>>()?;
    Ok(Told { head: count(head), plans })
}

fn heads(connection: &Connection) -> Result<HashMap<DeviceId, PlanHead>, LedgerError> {
    Ok(connection
        .prepare_cached(
            "SELECT id, plan_head, mark, retold_for FROM device
             LEFT JOIN plan ON plan.device = device.id AND plan.n = device.plan_head",
        )?
        .query_map([], |row| {
            let (n, mark): (u64, Option<Vec<u8>>) = (count(row.get(1)?), row.get(2)?);
            let head = PlanHead { n, mark: mark.unwrap_or_default(), retold_for: row.get(3)? };
            Ok((DeviceId::new(row.get(0)?), head))
        })?
        .collect::<Result<_, _>>()?)
}

/// The round, and who was told of it.
fn learn_round(connection: &Connection, known: &mut Known, round: RoundId) -> Result<(), LedgerError> {
    let found = connection
        .prepare_cached("SELECT code, name, cycle, device FROM round WHERE id = ?1")?
        .query_row([round.as_bytes()], |row| {
            let (code, name, cycle, device) = (row.get(0)?, row.get(1)?, row.get(2)?, owner(row, 3)?);
            Ok(RoundRow { code, name, cycle, device })
        })
        .optional()?;
    let Some(row) = found else { return Ok(()) };
    known.rounds.insert(round, row);
    let mut told = connection.prepare_cached("SELECT device, plan FROM told_round WHERE round = ?1")?;
    let mut told = told.query([round.as_bytes()])?;
    while let Some(row) = told.next()? {
        known.told.insert((DeviceId::new(row.get(0)?), round), row.get(1)?);
    }
    Ok(())
}

fn learn_stops(
    connection: &Connection,
    known: &mut Known,
    sql: &str,
    which: impl Params,
) -> Result<(), LedgerError> {
    let mut stops = connection.prepare_cached(sql)?;
    let mut stops = stops.query(which)?;
    while let Some(row) = stops.next()? {
        let (round, device) = (RoundId::new(row.get(1)?), owner(row, 3)?);
        let stop = StopRow { round, number: row.get(2)?, device, plan: row.get(4)?, is_read: false };
        known.stops.insert(StopId::new(row.get(0)?), stop);
    }
    Ok(())
}

/// Which of the known stops were read by anybody.
fn learn_visits(connection: &Connection, known: &mut Known) -> Result<(), LedgerError> {
    let mut read = connection.prepare_cached("SELECT stop FROM visit WHERE outcome = 'read'")?;
    let mut read = read.query([])?;
    while let Some(row) = read.next()? {
        if let Some(stop) = known.stops.get_mut(&StopId::new(row.get(0)?)) {
            stop.is_read = true;
        }
    }
    Ok(())
}

fn write(connection: &Connection, changes: &Changes) -> Result<(), LedgerError> {
    if let Some(Retold { device, cursor, asked }) = &changes.retold {
        connection.execute("UPDATE device SET retold_for = ?2 WHERE id = ?1", (device.as_bytes(), asked))?;
        connection
            .execute("DELETE FROM plan WHERE device = ?1 AND n > ?2", (device.as_bytes(), number(*cursor)))?;
        connection.execute("DELETE FROM told_round WHERE device = ?1", [device.as_bytes()])?;
    }
    for (round, row) in &changes.rounds {
        connection
            .prepare_cached(
                "INSERT INTO round (id, code, name, cycle, device) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name, device = excluded.device",
            )?
            .execute((
                round.as_bytes(),
                &row.code,
                &row.name,
                &row.cycle,
                row.device.as_ref().map(DeviceId::as_bytes),
            ))?;
    }
    for (stop, row) in &changes.stops {
        connection
            .prepare_cached(
                "INSERT INTO stop (id, round, number, device) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (id) DO UPDATE SET device = excluded.device",
            )?
            .execute((
                stop.as_bytes(),
                row.round.as_bytes(),
                row.number,
                row.device.as_ref().map(DeviceId::as_bytes),
            ))?;
        connection
            .prepare_cached(
                "INSERT INTO stop_plan (stop, plan) VALUES (?1, ?2)
                 ON CONFLICT (stop) DO UPDATE SET plan = excluded.plan WHERE plan <> excluded.plan",
            )?
            .execute((stop.as_bytes(), &row.plan))?;
    }
    for (meter, serial) in &changes.meters {
        connection
            .prepare_cached("INSERT INTO meter (id, serial) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute((meter.as_bytes(), serial))?;
    }
    for ((device, round), plan) in &changes.told {
        connection
            .prepare_cached(
                "INSERT INTO told_round (device, round, plan) VALUES (?1, ?2, ?3)
                 ON CONFLICT (device, round) DO UPDATE SET plan = excluded.plan",
            )?
            .execute((device.as_bytes(), round.as_bytes(), plan))?;
    }
    for (device, PlanRow { n, change, mark }) in &changes.plans {
        connection
            .prepare_cached("INSERT INTO plan (device, n, change, mark) VALUES (?1, ?2, ?3, ?4)")?
            .execute((device.as_bytes(), number(*n), change, mark))?;
    }
    for (device, head) in &changes.heads {
        connection
            .prepare_cached("UPDATE device SET plan_head = ?2 WHERE id = ?1")?
            .execute((device.as_bytes(), number(*head)))?;
    }
    Ok(())
}

fn owner(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<DeviceId>> {
    Ok(row.get::<_, Option<[u8; 16]>>(column)?.map(DeviceId::new))
}
