//! What is known about reaching meters: ways, and the counters that no message may use twice. All SQL about both.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::{Store, error::StoreError};
use crate::{
    probe::{
        port::Reservation,
        way::{Family, Way},
    },
    time::UtcMs,
};

impl Store {
    /// How the meter of this number was reached: by this probe, else by any other.
    pub fn way(&self, serial: &str, probe: &str) -> Result<Option<Way>, StoreError> {
        way(&self.conn, serial, probe)
    }

    /// The family of the meter that this probe read last: the next one is likely of the same.
    pub fn lately(&self, probe: &str) -> Result<Option<Family>, StoreError> {
        lately(&self.conn, probe)
    }

    /// Remembers how a meter was reached.
    pub fn put_way(&mut self, serial: &str, probe: &str, way: &Way, at: UtcMs) -> Result<(), StoreError> {
        let tx = self.begin()?;
        put_way(&tx, serial, probe, way, at)?;
        Ok(tx.commit()?)
    }

    /// Takes invocation counters out of use, on disk when this returns; answers the first of them.
    pub fn reserve(&mut self, wanted: &Reservation) -> Result<u32, StoreError> {
        let tx = self.begin()?;
        let first = reserve(&tx, wanted)?;
        tx.commit()?;
        Ok(first)
    }
}

/// The way to a meter: by this probe, else by any other, the latest first.
fn way(conn: &Connection, serial: &str, probe: &str) -> Result<Option<Way>, StoreError> {
    let text: Option<String> = conn
        .prepare_cached("SELECT way FROM way WHERE serial = ?1 ORDER BY probe = ?2 DESC, at_ms DESC LIMIT 1")?
        .query_row((serial, probe), |row| row.get(0))
        .optional()?;
    // A way that a newer release wrote is no way; the meter is looked for.
    Ok(text.and_then(|text| text.parse().ok()))
}

/// The family of the meter that this probe read last.
fn lately(conn: &Connection, probe: &str) -> Result<Option<Family>, StoreError> {
    let text: Option<String> = conn
        .prepare_cached("SELECT way FROM way WHERE probe = ?1 ORDER BY at_ms DESC LIMIT 1")?
        .query_row([probe], |row| row.get(0))
        .optional()?;
    Ok(text.and_then(|text| text.parse::<Way>().ok()).map(|way| way.family))
}

fn put_way(tx: &Transaction<'_>, serial: &str, probe: &str, way: &Way, at: UtcMs) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR REPLACE INTO way (serial, probe, way, at_ms) VALUES (?1, ?2, ?3, ?4)")?
        .execute((serial, probe, way.to_string(), at.0))?;
    Ok(())
}

/// The first number that nobody has used, and after it as many as are wanted, are gone from now on.
fn reserve(tx: &Transaction<'_>, wanted: &Reservation) -> Result<u32, StoreError> {
    let known: Option<u32> = tx
        .prepare_cached("SELECT next FROM invocation_counter WHERE key = ?1")?
        .query_row([wanted.key], |row| row.get(0))
        .optional()?;
    let first = known.unwrap_or(0).max(wanted.at_least);
    // A counter at its end needs a new key; it never begins anew.
    let next = first.checked_add(wanted.count.max(1)).ok_or(StoreError::CounterSpent)?;
    tx.prepare_cached("INSERT OR REPLACE INTO invocation_counter (key, next) VALUES (?1, ?2)")?
        .execute((wanted.key, next))?;
    Ok(first)
}
