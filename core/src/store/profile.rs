//! Load profiles and events of meters, beside their readings. All SQL about both.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::{Store, error::StoreError};
use crate::{
    obis::Obis,
    probe::{
        part::{MeterEvent, Part, ProfilePart, Span},
        readout::Value,
    },
    quantity::Unit,
    time::Civil,
};

/// One value of a profile.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProfileCell {
    /// The profile's name.
    pub profile: Obis,
    /// The end of the period, on the meter's clock.
    pub at: Civil,
    /// What was measured.
    pub obis: Obis,
    /// The value; none where the meter has none.
    pub value: Option<String>,
    /// Its unit.
    pub unit: Option<Unit>,
    /// The meter's status word.
    pub status: String,
}

/// Something that happened to a meter, as it is kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeptEvent {
    /// The meter's own code.
    pub code: String,
    /// When it began, on the meter's clock; empty where it does not say.
    pub at: String,
    /// When it was over.
    pub until: Option<String>,
    /// What it was, as [`crate::probe::part::EventKind`] writes it.
    pub kind: String,
}

impl Store {
    /// Keeps a part of a profile that was fetched from `from` on, or of the events.
    pub fn put_part(&mut self, serial: &str, from: Option<Civil>, part: &Part) -> Result<(), StoreError> {
        let tx = self.begin()?;
        put(&tx, serial, part)?;
        if let (Some(from), Part::Profile(ProfilePart { rows, .. })) = (from, part)
            && let Some(last) = rows.last()
        {
            reached(&tx, serial, from, last.at)?;
        }
        Ok(tx.commit()?)
    }

    /// What of a span is still to be fetched: a fetch that was broken off goes on where it was.
    pub fn missing_profile(&self, serial: &str, wanted: Span) -> Result<Span, StoreError> {
        missing(&self.conn, serial, wanted)
    }

    /// The kept cells of a span, oldest first, at most `count_max`.
    pub fn profile(
        &self,
        serial: &str,
        span: Span,
        count_max: usize,
    ) -> Result<Vec<ProfileCell>, StoreError> {
        cells(&self.conn, serial, span, count_max)
    }

    /// The kept events of a meter, oldest first.
    pub fn meter_events(&self, serial: &str) -> Result<Vec<KeptEvent>, StoreError> {
        events(&self.conn, serial)
    }
}

/// Adds what came. A cell that came before is the same cell.
fn put(tx: &Transaction<'_>, serial: &str, part: &Part) -> Result<(), StoreError> {
    match part {
        Part::Profile(part) => put_profile(tx, serial, part),
        Part::Events(events) => events.iter().try_for_each(|event| put_event(tx, serial, event)),
    }
}

fn put_profile(tx: &Transaction<'_>, serial: &str, part: &ProfilePart) -> Result<(), StoreError> {
    let mut insert = tx.prepare_cached(
        "INSERT OR REPLACE INTO profile_cell (serial, profile, at, obis, value, unit, status)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    for row in &part.rows {
        for (column, value) in part.columns.iter().zip(&row.values) {
            let value = value.as_ref().map(Value::to_string);
            insert.execute((
                serial,
                part.obis,
                row.at.to_string(),
                column.obis,
                value,
                &column.unit,
                &row.status,
            ))?;
        }
    }
    Ok(())
}

fn put_event(tx: &Transaction<'_>, serial: &str, event: &MeterEvent) -> Result<(), StoreError> {
    let text = |at: Option<Civil>| at.map(|at| at.to_string());
    tx.prepare_cached(
        "INSERT OR REPLACE INTO meter_event (serial, code, at, until, kind) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        serial,
        &event.code,
        text(event.at).unwrap_or_default(),
        text(event.until),
        event.kind.to_string(),
    ))?;
    Ok(())
}

/// What of a span is still to be fetched: all of it, or what follows the part that lies here without a gap.
fn missing(conn: &Connection, serial: &str, wanted: Span) -> Result<Span, StoreError> {
    let Some(held) = held(conn, serial)? else { return Ok(wanted) };
    let begins_within = held.from <= wanted.from && wanted.from <= held.to;
    Ok(if begins_within { Span { from: held.to.min(wanted.to), to: wanted.to } } else { wanted })
}

/// The profile lies here from the start of what was wanted up to `to`.
fn reached(tx: &Transaction<'_>, serial: &str, from: Civil, to: Civil) -> Result<(), StoreError> {
    let span = match held(tx, serial)? {
        Some(held) if held.from <= from && from <= held.to => Span { from: held.from, to: held.to.max(to) },
        _ => Span { from, to },
    };
    tx.prepare_cached("INSERT OR REPLACE INTO profile_span (serial, from_at, to_at) VALUES (?1, ?2, ?3)")?
        .execute((serial, span.from.to_string(), span.to.to_string()))?;
    Ok(())
}

fn held(conn: &Connection, serial: &str) -> Result<Option<Span>, StoreError> {
    let found: Option<(String, String)> = conn
        .prepare_cached("SELECT from_at, to_at FROM profile_span WHERE serial = ?1")?
        .query_row([serial], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((from, to)) = found else { return Ok(None) };
    let civil = |text: &str| text.parse::<Civil>().map_err(|_| StoreError::BadRow("a span"));
    Ok(Some(Span { from: civil(&from)?, to: civil(&to)? }))
}

/// The cells of a span, oldest first, at most `count_max`.
fn cells(
    conn: &Connection,
    serial: &str,
    span: Span,
    count_max: usize,
) -> Result<Vec<ProfileCell>, StoreError> {
    let cells = conn
        .prepare_cached(
            "SELECT profile, at, obis, value, unit, status FROM profile_cell
             WHERE serial = ?1 AND at BETWEEN ?2 AND ?3 ORDER BY profile, at, obis LIMIT ?4",
        )?
        .query_map((serial, span.from.to_string(), span.to.to_string(), count_max), cell)?
        .collect::<Result<_, _>>()?;
    Ok(cells)
}

fn cell(row: &Row<'_>) -> rusqlite::Result<ProfileCell> {
    let at: String = row.get(1)?;
    let at = at.parse().map_err(|_| rusqlite::Error::InvalidQuery)?;
    Ok(ProfileCell {
        profile: row.get(0)?,
        at,
        obis: row.get(2)?,
        value: row.get(3)?,
        unit: row.get(4)?,
        status: row.get(5)?,
    })
}

fn events(conn: &Connection, serial: &str) -> Result<Vec<KeptEvent>, StoreError> {
    let event = |row: &Row<'_>| {
        Ok(KeptEvent { code: row.get(0)?, at: row.get(1)?, until: row.get(2)?, kind: row.get(3)? })
    };
    let events = conn
        .prepare_cached("SELECT code, at, until, kind FROM meter_event WHERE serial = ?1 ORDER BY at, code")?
        .query_map([serial], event)?
        .collect::<Result<_, _>>()?;
    Ok(events)
}
