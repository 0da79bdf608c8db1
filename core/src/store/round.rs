//! Rows of `round`. All SQL about rounds.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::error::StoreError;
use crate::{id::RoundId, round::Round, time::UtcMs};

/// A round and its shift.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shift {
    /// Which.
    pub round: Round,
    /// When the reader began.
    pub started_at: Option<UtcMs>,
    /// When the reader said it was over.
    pub ended_at: Option<UtcMs>,
}

pub(super) fn put(tx: &Transaction<'_>, round: &Round) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO round (id, code, name, cycle) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET code = excluded.code, name = excluded.name, cycle = excluded.cycle",
    )?
    .execute((round.id, &round.code, &round.name, &round.cycle))?;
    Ok(())
}

/// The round to work on: begun and not ended first, then not begun, then ended; the newest cycle first.
pub(super) fn present(conn: &Connection) -> Result<Option<Shift>, StoreError> {
    let shift = conn
        .prepare_cached(
            "SELECT id, code, name, cycle, started_at_ms, ended_at_ms FROM round
             WHERE EXISTS (SELECT 1 FROM stop WHERE stop.round = round.id)
             ORDER BY ended_at_ms IS NOT NULL, started_at_ms IS NULL, cycle DESC, code LIMIT 1",
        )?
        .query_row([], from_row)
        .optional()?;
    Ok(shift)
}

pub(super) fn set_started(tx: &Transaction<'_>, round: RoundId, at: UtcMs) -> Result<(), StoreError> {
    tx.execute("UPDATE round SET started_at_ms = ?2, ended_at_ms = NULL WHERE id = ?1", (round, at.0))?;
    Ok(())
}

pub(super) fn set_ended(tx: &Transaction<'_>, round: RoundId, at: UtcMs) -> Result<(), StoreError> {
    tx.execute("UPDATE round SET ended_at_ms = ?2 WHERE id = ?1", (round, at.0))?;
    Ok(())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Shift> {
    Ok(Shift {
        round: Round {
            id: row.get("id")?,
            code: row.get("code")?,
            name: row.get("name")?,
            cycle: row.get("cycle")?,
        },
        started_at: row.get::<_, Option<i64>>("started_at_ms")?.map(UtcMs),
        ended_at: row.get::<_, Option<i64>>("ended_at_ms")?.map(UtcMs),
    })
}
