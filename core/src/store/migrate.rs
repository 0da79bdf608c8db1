//! Brings a database file up to date, one numbered script at a time, all in one transaction.

use rusqlite::{Connection, TransactionBehavior};

use super::error::StoreError;

/// Scripts in order. A published script is never edited: the next change is the next number.
const SCRIPTS: &[&str] = &[
    include_str!("../../migrations/0001_first.sql"),
    include_str!("../../migrations/0002_probe.sql"),
    include_str!("../../migrations/0003_epoch.sql"),
    include_str!("../../migrations/0004_envelope.sql"),
];

pub(super) fn run(conn: &mut Connection) -> Result<(), StoreError> {
    let known = u32::try_from(SCRIPTS.len()).unwrap_or(u32::MAX);
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: u32 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    if found == known {
        return Ok(());
    }
    for script in SCRIPTS.iter().skip(found as usize) {
        tx.execute_batch(script)?;
    }
    tx.pragma_update(None, "user_version", known)?;
    tx.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_from_a_newer_release_is_left_alone() {
        let mut conn = Connection::open_in_memory().unwrap();
        conn.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(run(&mut conn), Err(StoreError::TooNew { found: 99, .. })));
    }

    #[test]
    fn running_twice_changes_nothing() {
        let mut conn = Connection::open_in_memory().unwrap();
        run(&mut conn).unwrap();
        run(&mut conn).unwrap();
    }
}
