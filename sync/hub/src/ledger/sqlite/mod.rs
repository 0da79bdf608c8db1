//! The ledger in one SQLite file. Every commit is on disk before anybody hears of it.

mod agree;
mod bill;
mod books;
mod device;
mod ingest;
mod migrate;
mod queue;
mod readers;
mod recovery;
mod snapshot;
mod status;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use lamplighter_core::{
    evidence::{
        chain::{Head, Log},
        envelope::RecoveryKey,
        seal::{PublicKey, SecretKey},
    },
    id::DeviceId,
    store::Recovery,
    time::UtcMs,
};
use lamplighter_sync::wire::RefusalCode;
use rusqlite::{Connection, ErrorCode};
use tokio::sync::Mutex;

pub use snapshot::SqliteSnapshot;

use self::{
    readers::Readers,
    writer::{Bench, Writer},
};
use super::{
    Acknowledgement, Agreed, Books, Claim, Enrolment, Greeting, Heard, Imported, Invitation, Ledger, Moved,
    Proved, Standing, Status, Told,
};
use crate::error::LedgerError;

const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const BUSY_SECONDS: u64 = 5;
/// Of the connection that writes; negative: kibibytes. Taken only as it fills.
const CACHE_SIZE: i64 = -256 * 1024;

/// A ledger in a SQLite file.
pub struct Sqlite {
    desk: Desk,
    key: SecretKey,
}

/// Where the work is done.
enum Desk {
    /// One thread writes and a few read; whoever asks waits without holding a thread.
    Threads { path: PathBuf, writer: Writer, readers: Readers },
    /// Whoever asks does the work, one after the other: nothing happens behind a simulation's back.
    Here(Arc<Mutex<Bench>>),
}

impl Sqlite {
    /// Opens the file or makes a new one, which then signs with a key made from `fresh_key`.
    pub fn open(path: &Path, fresh_key: [u8; 32], now: UtcMs) -> Result<Self, LedgerError> {
        let mut connection = Connection::open(path)?;
        let key = set_up(&mut connection, fresh_key, now)?;
        let writer = Writer::start(path.to_owned(), connection)?;
        let readers = Readers::start(path)?;
        Ok(Self { desk: Desk::Threads { path: path.to_owned(), writer, readers }, key })
    }

    /// The same without threads, and otherwise as it is in the field: a future of this ledger is ready when it is first
    /// asked. For simulations of disks.
    pub fn open_here(path: &Path, fresh_key: [u8; 32], now: UtcMs) -> Result<Self, LedgerError> {
        Self::here(Some(path.to_owned()), Connection::open(path)?, fresh_key, now)
    }

    /// A ledger that is gone when it is dropped, without threads: for simulations.
    pub fn in_memory(fresh_key: [u8; 32], now: UtcMs) -> Result<Self, LedgerError> {
        Self::here(None, Connection::open_in_memory()?, fresh_key, now)
    }

    fn here(
        path: Option<PathBuf>,
        mut connection: Connection,
        fresh_key: [u8; 32],
        now: UtcMs,
    ) -> Result<Self, LedgerError> {
        let key = set_up(&mut connection, fresh_key, now)?;
        Ok(Self { desk: Desk::Here(Arc::new(Mutex::new(Bench::new(path, connection)))), key })
    }

    /// Does `work` in a transaction, or in its own part of one, that is written in full or not at all.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        match &self.desk {
            Desk::Threads { writer, .. } => writer.enter(work).await,
            Desk::Here(bench) => bench.lock().await.write_alone(work),
        }
    }

    /// Sees one state of the ledger throughout `work`.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        match &self.desk {
            Desk::Threads { readers, .. } => readers.enter(work).await,
            Desk::Here(bench) => readers::alone(bench.lock().await.connection()?, work),
        }
    }
}

impl Ledger for Sqlite {
    type Snapshot = SqliteSnapshot;

    fn key(&self) -> &SecretKey {
        &self.key
    }

    async fn keep_invitation(&self, invitation: Invitation) -> Result<DeviceId, LedgerError> {
        self.write(move |connection| device::keep_invitation(connection, &invitation)).await
    }

    async fn redeem(&self, code: &str, key: PublicKey, now: UtcMs) -> Result<Enrolment, LedgerError> {
        let hash = crate::enrol::code_hash(code);
        // A wrong code is counted, so the refusal must not undo the transaction.
        self.write(move |connection| device::redeem(connection, hash, key, now)).await?
    }

    async fn revoke(&self, name: &str, now: UtcMs) -> Result<DeviceId, LedgerError> {
        let name = name.to_owned();
        self.write(move |connection| device::revoke(connection, &name, now)).await
    }

    async fn device_key(&self, device: DeviceId) -> Result<(PublicKey, bool), LedgerError> {
        self.read(move |connection| device::key(connection, device)).await
    }

    async fn release(&self, name: &str) -> Result<u64, LedgerError> {
        let name = name.to_owned();
        self.write(move |connection| device::release(connection, &name)).await
    }

    async fn greet(&self, greeting: &Greeting, now: UtcMs) -> Result<Standing, LedgerError> {
        let greeting = greeting.clone();
        self.write(move |connection| agree::greet(connection, &greeting, now)).await
    }

    async fn agree(&self, log: Log, links: &[Head]) -> Result<Agreed, LedgerError> {
        let links = links.to_owned();
        self.read(move |connection| agree::agree(connection, log, &links)).await
    }

    async fn append(&self, proved: Proved, now: UtcMs) -> Result<Head, LedgerError> {
        // What is kept aside is refused and stays, so the refusal must not undo the transaction.
        self.write(move |connection| ingest::append(connection, &proved, now)).await?
    }

    async fn import(&self, books: &Books, name: Option<&str>) -> Result<Imported, LedgerError> {
        let (books, name) = (books.clone(), name.map(str::to_owned));
        self.write(move |connection| books::import(connection, &books, name.as_deref())).await
    }

    async fn assign(&self, code: &str, cycle: Option<&str>, name: &str) -> Result<Moved, LedgerError> {
        let (code, cycle, name) = (code.to_owned(), cycle.map(str::to_owned), name.to_owned());
        self.write(move |connection| books::assign(connection, &code, cycle.as_deref(), &name)).await
    }

    async fn told(&self, device: DeviceId, cursor: u64) -> Result<Told, LedgerError> {
        self.read(move |connection| books::told(connection, device, cursor)).await
    }

    async fn tell_again(&self, device: DeviceId, cursor: u64, mark: &[u8]) -> Result<(), LedgerError> {
        let mark = mark.to_owned();
        self.write(move |connection| books::tell_again(connection, device, cursor, &mark)).await
    }

    async fn recovery_keys(&self) -> Result<Vec<Recovery>, LedgerError> {
        self.read(recovery::keys).await
    }

    async fn set_recovery_key(&self, key: RecoveryKey, now: UtcMs) -> Result<(), LedgerError> {
        self.write(move |connection| recovery::add(connection, key, now)).await
    }

    async fn status(&self) -> Result<Status, LedgerError> {
        self.read(status::status).await
    }

    async fn claim(&self, claim: Claim) -> Result<bool, LedgerError> {
        self.write(move |connection| bill::claim(connection, &claim)).await
    }

    async fn written(&self, cycle: &str, number: u32, now: UtcMs) -> Result<(), LedgerError> {
        let cycle = cycle.to_owned();
        self.write(move |connection| bill::written(connection, &cycle, number, now)).await
    }

    async fn acknowledge(
        &self,
        answers: Vec<Acknowledgement>,
        now: UtcMs,
    ) -> Result<Vec<Heard>, LedgerError> {
        self.write(move |connection| bill::acknowledge(connection, &answers, now)).await
    }

    async fn snapshot(&self) -> Result<SqliteSnapshot, LedgerError> {
        match &self.desk {
            Desk::Threads { path, .. } => SqliteSnapshot::open(path),
            Desk::Here(bench) => SqliteSnapshot::hold(Arc::clone(bench).lock_owned().await),
        }
    }
}

fn set_up(connection: &mut Connection, fresh_key: [u8; 32], now: UtcMs) -> Result<SecretKey, LedgerError> {
    prepare(connection)?;
    migrate::check(connection)?;
    durable(connection)?;
    migrate::migrate(connection)?;
    let key = migrate::key(connection, fresh_key, now)?;
    // Another process that has the file open has written the journal anew itself. Nobody waits for its exports: it could
    // not write meanwhile.
    connection.busy_timeout(Duration::ZERO)?;
    let written = write_anew(connection);
    connection.busy_timeout(BUSY_TIMEOUT)?;
    match written.map_err(|error| (error.sqlite_error_code(), error)) {
        // What is there can be looked at without room, and nothing can be added.
        Ok(_) | Err((Some(ErrorCode::DatabaseBusy | ErrorCode::DiskFull), _)) => Ok(key),
        Err((_, error)) => Err(error.into()),
    }
}

/// After a sync that failed, the system may call bytes of the journal written that never reached the disk, and whoever
/// opens the file next is shown them: what is appended behind such a hole is gone after a power cut. So the journal is
/// written into the file, and that is synced, before anything is acknowledged. Answers whether all of it was.
fn write_anew(connection: &Connection) -> rusqlite::Result<bool> {
    let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy {
        return Ok(false);
    }
    // Nobody syncs the cutting off, so the old journal may come back. A new one in its place is not taken for it.
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    connection.pragma_update(None, "user_version", version)?;
    Ok(true)
}

/// What every connection is like.
fn prepare(connection: &Connection) -> Result<(), LedgerError> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(())
}

/// What the connection that writes is like beside that.
fn durable(connection: &Connection) -> Result<(), LedgerError> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", CACHE_SIZE)?;
    Ok(())
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Refused(RefusalCode::Busy, BUSY_SECONDS, "another process writes".into())
            }
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
