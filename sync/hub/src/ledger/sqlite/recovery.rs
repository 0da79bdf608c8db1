//! The utility's recovery keys, as far as the hub knows them: their public halves.

use lamplighter_core::{evidence::envelope::RecoveryKey, store::Recovery, time::UtcMs};
use rusqlite::Connection;

use crate::error::LedgerError;

pub(super) fn keys(connection: &Connection) -> Result<Vec<Recovery>, LedgerError> {
    Ok(connection
        .prepare_cached("SELECT key, since_ms FROM recovery ORDER BY since_ms")?
        .query_map([], |row| Ok(Recovery { key: RecoveryKey(row.get(0)?), since: UtcMs(row.get(1)?) }))?
        .collect::<Result<_, _>>()?)
}

pub(super) fn add(connection: &Connection, key: RecoveryKey, now: UtcMs) -> Result<(), LedgerError> {
    connection.execute(
        "INSERT INTO recovery (since_ms, key)
         SELECT max(?1, coalesce(max(since_ms) + 1, ?1)), ?2 FROM recovery",
        (now.0, key.0),
    )?;
    Ok(())
}
