//! What the office holds for good: one trait, an engine a module, one suite over all of them. What decides is written
//! here, once, and is pure; an engine reads, writes and says which transaction it was.

mod agree;
mod batch;
mod bill;
mod books;
mod device;
pub(crate) mod export;
mod import;
mod plan;
mod postgres;
mod project;
mod snapshot;
mod sqlite;

use std::{future::Future, io::Write};

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
use lamplighter_sync::{
    export::Totals,
    wire::{Batch, Page},
};

pub use batch::Proved;
pub use bill::{
    Acknowledgement, Bill, BillHead, Claim, Claimed, Earlier, Entered, Heard, Kept, Kind, Said, State, Stray,
    Unbilled,
};
pub use books::{
    Agreed, Books, DeviceState, DeviceStatus, Enrolment, Greeting, Imported, Moved, RoundStatus, Standing,
    Status,
};
pub use device::Invitation;
pub use plan::{PlanRow, Told};
pub use postgres::{Database, Postgres, PostgresSnapshot};
pub use snapshot::{Planned, Remark, Snapshot, Stored};
pub use sqlite::{Sqlite, SqliteSnapshot};

use crate::error::LedgerError;

/// The office's ledger. Every method is one transaction, which is on disk before the method answers, and may be asked
/// again: what is done already is not done twice. It may be shared between threads, and other processes may have the
/// same ledger open. A future that is dropped leaves the transaction whole or undone.
pub trait Ledger: Send + Sync {
    /// One moment of the ledger, for as long as somebody looks at it.
    type Snapshot: Snapshot;

    /// The hub's key.
    fn key(&self) -> &SecretKey;

    /// Keeps a checked invitation. The device is the invitation's unless one of that name waits already.
    fn keep_invitation(&self, invitation: Invitation) -> impl Answer<DeviceId>;

    /// Takes a device in for a good code. A device that lost the reply may ask again with the same key.
    fn redeem(&self, code: &str, key: PublicKey, now: UtcMs) -> impl Answer<Enrolment>;

    /// Locks a device out. What it sends from now on is held back.
    fn revoke(&self, name: &str, now: UtcMs) -> impl Answer<DeviceId>;

    /// Takes note of what devices of this name sent after they were locked out. Answers how many events there were.
    fn release(&self, name: &str) -> impl Answer<u64>;

    /// The key that a device speaks with, and whether it is locked out.
    fn device_key(&self, device: DeviceId) -> impl Answer<(PublicKey, bool)>;

    /// Notes that a device was heard of, and says where the hub stands with it.
    fn greet(&self, greeting: &Greeting, now: UtcMs) -> impl Answer<Standing>;

    /// The last of these links that the hub holds so, and where its own log ends. Links are in order.
    fn agree(&self, log: Log, links: &[Head]) -> impl Answer<Agreed>;

    /// Adds to a log what of the batch follows it; keeps aside what cannot be part of a log.
    fn append(&self, proved: Proved, now: UtcMs) -> impl Answer<Head>;

    /// Takes rounds into the books, all or nothing, and gives them to the device of the name if one is given.
    fn import(&self, books: &Books, name: Option<&str>) -> impl Answer<Imported>;

    /// Gives a round to the device of this name. Stops that have been read stay where they are.
    fn assign(&self, code: &str, cycle: Option<&str>, name: &str) -> impl Answer<Moved>;

    /// Number of a device's last plan, plan `cursor`, and those that follow it, no more than one page of them.
    fn told(&self, device: DeviceId, cursor: u64) -> impl Answer<Told>;

    /// Tells a device everything it is to do under numbers after `cursor`, once for every cursor and mark: the answer may
    /// be lost and asked for again.
    fn tell_again(&self, device: DeviceId, cursor: u64, mark: &[u8]) -> impl Answer<()>;

    /// Every recovery key there was, the one that counts last.
    fn recovery_keys(&self) -> impl Answer<Vec<Recovery>>;

    /// From now on devices write to this recovery key; never since earlier than to the one before.
    fn set_recovery_key(&self, key: RecoveryKey, now: UtcMs) -> impl Answer<()>;

    /// Everything the office wants to see, at one moment.
    fn status(&self) -> impl Answer<Status>;

    /// Takes a file of entries on for good, each of them once, unless anything of the cycle has changed since it was
    /// decided: then nothing, and false.
    fn claim(&self, claim: Claim) -> impl Answer<bool>;

    /// Notes that a file of a cycle has had its name in its folder.
    fn written(&self, cycle: &str, number: u32, now: UtcMs) -> impl Answer<()>;

    /// Notes what billing says of entries, and answers what each came to, in order.
    fn acknowledge(&self, answers: Vec<Acknowledgement>, now: UtcMs) -> impl Answer<Vec<Heard>>;

    /// Opens a view that no write disturbs.
    fn snapshot(&self) -> impl Answer<Self::Snapshot>;

    /// Makes room for a device, or a new code for one that waits. The device is `fresh` unless it waits already. Plans
    /// may be made for it at once.
    fn invite(
        &self,
        name: &str,
        fresh: DeviceId,
        code: &str,
        expires: UtcMs,
        now: UtcMs,
    ) -> impl Answer<DeviceId> {
        let invitation = Invitation::new(name, fresh, code, expires, now);
        async move { self.keep_invitation(invitation?).await }
    }

    /// Takes a batch in. The answer is the last event of the batch that is held, which is now on disk: a batch that was
    /// taken before adds nothing and gives the same answer.
    fn ingest(&self, batch: Batch, now: UtcMs) -> impl Answer<Head> {
        async move {
            let device = batch::device(&batch)?;
            let (key, revoked) = self.device_key(device).await?;
            // Everything that can be checked without the log is checked before anything is locked.
            self.append(Proved::new(batch, key, revoked)?, now).await
        }
    }

    /// The plans after `cursor`, about `bytes_max` of them and at least one if there is one.
    ///
    /// A cursor beyond the last plan, or a mark that is not ours, means that the hub was restored from a backup:
    /// everything the device is to do is then told once more, under numbers after its cursor.
    fn page(&self, device: DeviceId, cursor: u64, mark: &[u8], bytes_max: u32) -> impl Answer<Page> {
        async move {
            let mut told = self.told(device, cursor).await?;
            if !told.is_so(cursor, mark) && cursor < u64::from(u32::MAX) {
                self.tell_again(device, cursor, mark).await?;
                told = self.told(device, cursor).await?;
            }
            told.page(device, cursor, bytes_max)
        }
    }

    /// Writes the export: all logs in full, with the readings of `cycle` spelt out, or of every cycle. `progress` hears
    /// the number of events done. Fails where the ledger is not what the devices sealed.
    fn export(
        &self,
        out: impl Write + Send,
        cycle: Option<&str>,
        now: UtcMs,
        progress: impl FnMut(u64) + Send,
    ) -> impl Answer<Totals> {
        async move { export::write(self.snapshot().await?, self.key(), out, cycle, now, progress).await }
    }
}

/// What a method of a ledger gives in the end.
pub trait Answer<T>: Future<Output = Result<T, LedgerError>> + Send {}

impl<T, F: Future<Output = Result<T, LedgerError>> + Send> Answer<T> for F {}
