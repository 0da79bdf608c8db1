//! The ledger in one SQLite file. Every commit is on disk before anybody hears of it.

mod agree;
mod device;
mod export;
mod import;
mod ingest;
mod plan;
mod project;
mod recovery;
mod status;

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lamplighter_core::{evidence::seal::SecretKey, time::UtcMs};
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use crate::error::LedgerError;

/// Numbered from 1; never edited once released.
const MIGRATIONS: [&str; 3] = [
    include_str!("../../../migrations/sqlite/0001_ledger.sql"),
    include_str!("../../../migrations/sqlite/0002_marks.sql"),
    include_str!("../../../migrations/sqlite/0003_recovery.sql"),
];
/// `LMPL`, in the file's header.
const APPLICATION_ID: i64 = 0x4c4d_504c;
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Negative: kibibytes. Taken only as it fills.
const CACHE_SIZE: i64 = -256 * 1024;

/// The office's ledger. May be shared between threads; other processes may have the same file open.
pub struct Ledger {
    connection: Mutex<Connection>,
    key: SecretKey,
}

impl Ledger {
    /// Opens the file or makes a new one, which then signs with a key made from `fresh_key`.
    pub fn open(path: &Path, fresh_key: [u8; 32], now: UtcMs) -> Result<Self, LedgerError> {
        Self::set_up(Connection::open(path)?, fresh_key, now)
    }

    /// A ledger that is gone when it is dropped: for simulations.
    pub fn in_memory(fresh_key: [u8; 32], now: UtcMs) -> Result<Self, LedgerError> {
        Self::set_up(Connection::open_in_memory()?, fresh_key, now)
    }

    /// The hub's key.
    pub const fn key(&self) -> &SecretKey {
        &self.key
    }

    fn set_up(mut connection: Connection, fresh_key: [u8; 32], now: UtcMs) -> Result<Self, LedgerError> {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(64);
        check(&connection)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "cache_size", CACHE_SIZE)?;
        migrate(&mut connection)?;
        let key = key(&mut connection, fresh_key, now)?;
        Ok(Self { connection: Mutex::new(connection), key })
    }

    /// Does `work` in one transaction that is written in full or not at all.
    fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = work(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }

    /// Sees one state of the ledger throughout `work`.
    fn read<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        work(&transaction)
    }

    /// A panic of another thread rolled its transaction back, so the connection is good.
    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Refuses what is no ledger, or a damaged or newer one, before a byte of it is changed.
fn check(connection: &Connection) -> Result<(), LedgerError> {
    let version = version(connection)?;
    let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 && application != APPLICATION_ID {
        return Err(LedgerError::impossible("the file is a database of another program"));
    }
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if version > known {
        return Err(LedgerError::Newer { found: version, known });
    }
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(LedgerError::Damaged(found)) }
}

fn version(connection: &Connection) -> Result<u32, LedgerError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn migrate(connection: &mut Connection) -> Result<(), LedgerError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let from = version(&transaction)?;
    for (number, migration) in (1_u32..).zip(MIGRATIONS) {
        if number > from {
            transaction.execute_batch(migration)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", number)?;
        }
    }
    Ok(transaction.commit()?)
}

fn key(connection: &mut Connection, fresh: [u8; 32], now: UtcMs) -> Result<SecretKey, LedgerError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute(
        "INSERT INTO hub (id, secret_key, created_at_ms) VALUES (1, ?1, ?2) ON CONFLICT DO NOTHING",
        (fresh, now.0),
    )?;
    let key = transaction.query_row("SELECT secret_key FROM hub", [], |row| row.get(0))?;
    transaction.commit()?;
    Ok(SecretKey::new(key))
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            Some(_) | None => Self::Storage(error.to_string()),
        }
    }
}

/// A number of ours as SQLite keeps it. Beyond its range there is nothing that counts or is numbered.
fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A count or number of the file.
fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
