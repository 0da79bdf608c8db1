//! Rows of `stop`, `hint`, `register`, `past_reading` and `draft`. All SQL about stops.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::error::StoreError;
use crate::{
    id::{ReadingId, RoundId, StopId},
    meter::Meter,
    obis::Obis,
    place::Position,
    probe::way::Way,
    register::{Dials, PastReading, Register},
    round::{Hint, HintKind, Outcome, SkipReason, Stop},
    time::UtcMs,
};

const COLUMNS: &str =
    "id, round, number, address, lat_e7, lon_e7, meter, serial, model, reading, level, reason, way";

/// The plan as the hub has it; what became of the stop is kept.
pub(super) fn put(tx: &Transaction<'_>, stop: &Stop) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO stop (id, round, number, address, lat_e7, lon_e7, meter, serial, model, way)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (id) DO UPDATE SET round = excluded.round, number = excluded.number,
            address = excluded.address, lat_e7 = excluded.lat_e7, lon_e7 = excluded.lon_e7,
            meter = excluded.meter, serial = excluded.serial, model = excluded.model,
            way = excluded.way",
    )?
    .execute((
        stop.id,
        stop.round,
        stop.number,
        &stop.address,
        stop.position.map(Position::lat_e7),
        stop.position.map(Position::lon_e7),
        stop.meter.id,
        &stop.meter.serial,
        &stop.meter.model,
        stop.meter.way.as_ref().map(Way::to_string),
    ))?;
    tx.prepare_cached("DELETE FROM hint WHERE stop = ?1")?.execute([stop.id])?;
    for (place, hint) in stop.hints.iter().enumerate() {
        tx.prepare_cached("INSERT INTO hint (stop, place, kind, text) VALUES (?1, ?2, ?3, ?4)")?
            .execute((stop.id, place, kind_number(hint.kind), &hint.text))?;
    }
    tx.prepare_cached("DELETE FROM register WHERE stop = ?1")?.execute([stop.id])?;
    for (place, register) in stop.meter.registers.iter().enumerate() {
        put_register(tx, stop.id, place, register)?;
    }
    Ok(())
}

fn put_register(
    tx: &Transaction<'_>,
    stop: StopId,
    place: usize,
    register: &Register,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO register (stop, place, obis, unit, integers, decimals, multiplier)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute((
        stop,
        place,
        register.obis,
        &register.unit,
        register.dials.integers(),
        register.dials.decimals(),
        register.multiplier,
    ))?;
    for past in &register.history {
        tx.prepare_cached(
            "INSERT OR REPLACE INTO past_reading (stop, register, at_ms, value, actual) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((stop, place, past.at.0, past.value, past.actual))?;
    }
    Ok(())
}

pub(super) fn remove(tx: &Transaction<'_>, id: StopId) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM stop WHERE id = ?1 AND reading IS NULL AND reason IS NULL")?
        .execute([id])?;
    Ok(())
}

pub(super) fn find(conn: &Connection, id: StopId) -> Result<Option<Stop>, StoreError> {
    let stop = conn
        .prepare_cached(&format!("SELECT {COLUMNS} FROM stop WHERE id = ?1"))?
        .query_row([id], from_row)
        .optional()?;
    stop.map(|stop| complete(conn, stop)).transpose()
}

/// The stops of a round in the order of the walk.
pub(super) fn of_round(conn: &Connection, round: RoundId) -> Result<Vec<Stop>, StoreError> {
    let stops: Vec<Stop> = conn
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM stop WHERE round = ?1 ORDER BY turn IS NULL, turn, number, id"
        ))?
        .query_map([round], from_row)?
        .collect::<Result<_, _>>()?;
    stops.into_iter().map(|stop| complete(conn, stop)).collect()
}

pub(super) fn serials(conn: &Connection, round: RoundId) -> Result<Vec<(StopId, String)>, StoreError> {
    let serials = conn
        .prepare_cached("SELECT id, serial FROM stop WHERE round = ?1 ORDER BY number, id")?
        .query_map([round], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(serials)
}

pub(super) fn outcomes(conn: &Connection, round: RoundId) -> Result<Vec<(StopId, Outcome)>, StoreError> {
    let outcomes = conn
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM stop WHERE round = ?1 ORDER BY turn IS NULL, turn, number, id"
        ))?
        .query_map([round], |row| from_row(row).map(|stop| (stop.id, stop.outcome)))?
        .collect::<Result<_, _>>()?;
    Ok(outcomes)
}

pub(super) fn set_outcome(tx: &Transaction<'_>, id: StopId, outcome: Outcome) -> Result<(), StoreError> {
    let (reading, level, reason) = match outcome {
        Outcome::ToDo => (None, None, None),
        Outcome::Read { reading, level } => (Some(reading), Some(level), None),
        Outcome::Skipped { reason } => (None, None, Some(reason.code())),
    };
    tx.prepare_cached("UPDATE stop SET reading = ?2, level = ?3, reason = ?4 WHERE id = ?1")?
        .execute((id, reading, level, reason))?;
    Ok(())
}

/// The reading of a stop has another name now.
pub(super) fn rename_reading(
    tx: &Transaction<'_>,
    before: ReadingId,
    now: ReadingId,
) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE stop SET reading = ?2 WHERE reading = ?1")?.execute((before, now))?;
    Ok(())
}

pub(super) fn set_turn(tx: &Transaction<'_>, id: StopId, turn: usize) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE stop SET turn = ?2 WHERE id = ?1")?.execute((id, turn))?;
    Ok(())
}

pub(super) fn drafts(conn: &Connection, id: StopId) -> Result<Vec<(Obis, String)>, StoreError> {
    let drafts = conn
        .prepare_cached("SELECT obis, digits FROM draft WHERE stop = ?1 ORDER BY obis")?
        .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(drafts)
}

pub(super) fn put_drafts(
    tx: &Transaction<'_>,
    id: StopId,
    drafts: &[(Obis, String)],
) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM draft WHERE stop = ?1")?.execute([id])?;
    for (obis, digits) in drafts {
        tx.prepare_cached("INSERT OR REPLACE INTO draft (stop, obis, digits) VALUES (?1, ?2, ?3)")?
            .execute((id, obis, digits))?;
    }
    Ok(())
}

/// The row alone; `complete` adds what hangs on it.
fn from_row(row: &Row<'_>) -> rusqlite::Result<Stop> {
    let bad = |column| rusqlite::Error::IntegralValueOutOfRange(column, 0);
    let position = match (row.get(4)?, row.get(5)?) {
        (Some(lat), Some(lon)) => Some(Position::from_e7(lat, lon).ok_or_else(|| bad(4))?),
        (None::<i32>, _) | (_, None::<i32>) => None,
    };
    let outcome = match (row.get(9)?, row.get(10)?, row.get::<_, Option<String>>(11)?) {
        (Some(reading), Some(level), None) => Outcome::Read { reading, level },
        (None, None, Some(reason)) => {
            Outcome::Skipped { reason: SkipReason::from_code(&reason).ok_or_else(|| bad(11))? }
        }
        _ => Outcome::ToDo,
    };
    // A way that a newer release knows is no way here.
    let way = row.get::<_, Option<String>>(12)?.and_then(|way| way.parse().ok());
    Ok(Stop {
        id: row.get(0)?,
        round: row.get(1)?,
        number: row.get(2)?,
        address: row.get(3)?,
        position,
        hints: Vec::new(),
        meter: Meter { id: row.get(6)?, serial: row.get(7)?, model: row.get(8)?, way, registers: Vec::new() },
        outcome,
    })
}

fn complete(conn: &Connection, mut stop: Stop) -> Result<Stop, StoreError> {
    stop.hints = conn
        .prepare_cached("SELECT kind, text FROM hint WHERE stop = ?1 ORDER BY place")?
        .query_map([stop.id], |row| Ok(Hint { kind: kind(row.get(0)?), text: row.get(1)? }))?
        .collect::<Result<_, _>>()?;
    stop.meter.registers = conn
        .prepare_cached(
            "SELECT obis, unit, integers, decimals, multiplier FROM register WHERE stop = ?1 ORDER BY place",
        )?
        .query_map([stop.id], |row| {
            Ok(Register {
                obis: row.get(0)?,
                unit: row.get(1)?,
                dials: Dials::new(row.get(2)?, row.get(3)?)
                    .ok_or(rusqlite::Error::IntegralValueOutOfRange(2, 0))?,
                multiplier: row.get(4)?,
                history: Vec::new(),
            })
        })?
        .collect::<Result<_, _>>()?;
    let mut statement = conn.prepare_cached(
        "SELECT register, at_ms, value, actual FROM past_reading WHERE stop = ?1 ORDER BY register, at_ms",
    )?;
    let mut rows = statement.query([stop.id])?;
    while let Some(row) = rows.next()? {
        let past = PastReading { at: UtcMs(row.get(1)?), value: row.get(2)?, actual: row.get(3)? };
        if let Some(register) = stop.meter.registers.get_mut(row.get::<_, usize>(0)?) {
            register.history.push(past);
        }
    }
    Ok(stop)
}

const fn kind_number(kind: HintKind) -> u8 {
    match kind {
        HintKind::Location => 1,
        HintKind::Warning => 2,
        HintKind::Key => 3,
        HintKind::Note => 4,
    }
}

const fn kind(number: u8) -> HintKind {
    match number {
        1 => HintKind::Location,
        2 => HintKind::Warning,
        3 => HintKind::Key,
        _ => HintKind::Note,
    }
}
