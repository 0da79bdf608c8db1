//! The ledger in a PostgreSQL database. A batch locks the head of its log and nothing else that another batch needs.

mod agree;
mod bill;
mod books;
mod connect;
mod device;
mod failed;
mod ingest;
mod migrate;
mod recovery;
mod rows;
mod snapshot;
mod status;

use deadpool_postgres::Pool;
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
use tokio_postgres::IsolationLevel::{self, ReadCommitted, RepeatableRead};

pub use connect::Database;
pub use snapshot::PostgresSnapshot;

use self::failed::{Failed, Tries};
use super::{
    Acknowledgement, Agreed, Books, Claim, Enrolment, Greeting, Heard, Imported, Invitation, Ledger, Moved,
    Proved, Standing, Status, Told,
};
use crate::error::LedgerError;

/// A ledger in a PostgreSQL database.
pub struct Postgres {
    pool: Pool,
    key: SecretKey,
}

/// One transaction; again, after a pause, where the database says that others were in its way. Nobody hears of it before
/// the commit has returned.
macro_rules! transaction {
    ($pool:expr, $level:expr, |$transaction:ident| $work:expr) => {{
        let mut tries = Tries::new();
        loop {
            let done = async {
                let mut client = $pool.get().await?;
                let level: IsolationLevel = $level;
                let $transaction = client.build_transaction().isolation_level(level).start().await?;
                let done = $work.await?;
                $transaction.commit().await?;
                Ok::<_, Failed>(done)
            };
            match done.await {
                Err(failed) if tries.again(&failed).await => {}
                done => break done.map_err(LedgerError::from),
            }
        }
    }};
}

impl Postgres {
    /// Opens the ledger in this database or makes a new one, which then signs with a key made from `fresh_key`.
    pub async fn open(database: &Database, fresh_key: [u8; 32], now: UtcMs) -> Result<Self, LedgerError> {
        let pool = database.pool()?;
        transaction!(pool, ReadCommitted, |transaction| migrate::check(&transaction))?;
        // Two hubs that come first at the same time make the table twice: the second try finds it.
        if transaction!(pool, ReadCommitted, |transaction| migrate::mark(&transaction)).is_err() {
            transaction!(pool, ReadCommitted, |transaction| migrate::mark(&transaction))?;
        }
        transaction!(pool, ReadCommitted, |transaction| migrate::migrate(&transaction))?;
        let key =
            transaction!(pool, ReadCommitted, |transaction| migrate::key(&transaction, fresh_key, now))?;
        Ok(Self { pool, key })
    }
}

impl Ledger for Postgres {
    type Snapshot = PostgresSnapshot;

    fn key(&self) -> &SecretKey {
        &self.key
    }

    async fn keep_invitation(&self, invitation: Invitation) -> Result<DeviceId, LedgerError> {
        transaction!(self.pool, ReadCommitted, |transaction| {
            device::keep_invitation(&transaction, &invitation)
        })
    }

    async fn redeem(&self, code: &str, key: PublicKey, now: UtcMs) -> Result<Enrolment, LedgerError> {
        let hash = crate::enrol::code_hash(code);
        // A wrong code is counted, so the refusal must not undo the transaction.
        transaction!(self.pool, ReadCommitted, |transaction| device::redeem(&transaction, hash, key, now))?
    }

    async fn revoke(&self, name: &str, now: UtcMs) -> Result<DeviceId, LedgerError> {
        transaction!(self.pool, ReadCommitted, |transaction| device::revoke(&transaction, name, now))
    }

    async fn release(&self, name: &str) -> Result<u64, LedgerError> {
        transaction!(self.pool, ReadCommitted, |transaction| device::release(&transaction, name))
    }

    async fn device_key(&self, device: DeviceId) -> Result<(PublicKey, bool), LedgerError> {
        let found = async { device::key(&self.pool.get().await?, device).await };
        Ok(found.await?)
    }

    async fn greet(&self, greeting: &Greeting, now: UtcMs) -> Result<Standing, LedgerError> {
        transaction!(self.pool, ReadCommitted, |transaction| agree::greet(&transaction, greeting, now))
    }

    async fn agree(&self, log: Log, links: &[Head]) -> Result<Agreed, LedgerError> {
        transaction!(self.pool, RepeatableRead, |transaction| agree::agree(&transaction, log, links))
    }

    async fn append(&self, proved: Proved, now: UtcMs) -> Result<Head, LedgerError> {
        // What is kept aside is refused and stays, so the refusal must not undo the transaction.
        transaction!(self.pool, ReadCommitted, |transaction| ingest::append(&transaction, &proved, now))?
    }

    async fn import(&self, books: &Books, name: Option<&str>) -> Result<Imported, LedgerError> {
        transaction!(self.pool, ReadCommitted, |transaction| books::import(&transaction, books, name))
    }

    async fn assign(&self, code: &str, cycle: Option<&str>, name: &str) -> Result<Moved, LedgerError> {
        transaction!(self.pool, ReadCommitted, |transaction| books::assign(&transaction, code, cycle, name))
    }

    async fn told(&self, device: DeviceId, cursor: u64) -> Result<Told, LedgerError> {
        transaction!(self.pool, RepeatableRead, |transaction| books::told(&transaction, device, cursor))
    }

    async fn tell_again(&self, device: DeviceId, cursor: u64, mark: &[u8]) -> Result<(), LedgerError> {
        transaction!(self.pool, ReadCommitted, |transaction| {
            books::tell_again(&transaction, device, cursor, mark)
        })
    }

    async fn recovery_keys(&self) -> Result<Vec<Recovery>, LedgerError> {
        let found = async { recovery::keys(&self.pool.get().await?).await };
        Ok(found.await?)
    }

    async fn set_recovery_key(&self, key: RecoveryKey, now: UtcMs) -> Result<(), LedgerError> {
        transaction!(self.pool, ReadCommitted, |transaction| recovery::add(&transaction, key, now))
    }

    async fn status(&self) -> Result<Status, LedgerError> {
        transaction!(self.pool, RepeatableRead, |transaction| status::status(&transaction))
    }

    async fn claim(&self, claim: Claim) -> Result<bool, LedgerError> {
        transaction!(self.pool, ReadCommitted, |transaction| bill::claim(&transaction, &claim))
    }

    async fn written(&self, cycle: &str, number: u32, now: UtcMs) -> Result<(), LedgerError> {
        transaction!(self.pool, ReadCommitted, |transaction| bill::written(&transaction, cycle, number, now))
    }

    async fn acknowledge(
        &self,
        answers: Vec<Acknowledgement>,
        now: UtcMs,
    ) -> Result<Vec<Heard>, LedgerError> {
        transaction!(self.pool, ReadCommitted, |transaction| bill::acknowledge(&transaction, &answers, now))
    }

    async fn snapshot(&self) -> Result<PostgresSnapshot, LedgerError> {
        let opened = async { PostgresSnapshot::open(self.pool.get().await?).await };
        Ok(opened.await?)
    }
}
