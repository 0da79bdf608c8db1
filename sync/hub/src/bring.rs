//! Brings in what a device left in a parcel: proved whole first, then taken in batch by batch as a sync would be.

use std::io::{self, Read, Seek};

use lamplighter_core::{
    evidence::{
        chain::{Hash, Head, Log},
        envelope::{Enclosed, RecoverySecret},
    },
    id::DeviceId,
    time::UtcMs,
};
use lamplighter_sync::{
    parcel::{Label, Parcel, Unreadable},
    wire::{BATCH_EVENTS_MAX, Batch, RefusalCode},
};

use crate::{error::LedgerError, ledger::Ledger};

/// About how many bytes of events are taken in at once, as from a device.
const BATCH_BYTES_MAX: usize = 256 * 1024;

/// What a parcel brought.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Brought {
    /// What stands on it.
    pub label: Label,
    /// SHA-256 of the file, to be compared with what the device showed.
    pub hash: Hash,
    /// Events that the hub did not hold.
    pub new: u64,
    /// Events that it held already.
    pub known: u64,
    /// The office has locked the device out: what is new is held back.
    pub held_back: bool,
}

/// Why a parcel was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum BringError {
    /// It cannot be opened, or is not whole. Nothing was taken in.
    #[error("{0}; nothing was taken in")]
    Unreadable(#[from] Unreadable),
    /// It was whole and is not any more. What was taken in before is what the device sealed.
    #[error("the file changed while it was read: {0}; bring it again from a disk of this machine")]
    Changed(#[source] Unreadable),
    /// Its envelopes open, but what is in this one the device did not seal. Nothing was taken in.
    #[error("event {0} was not sealed by the device on the label; nothing was taken in")]
    NotTheDevice(u64),
    /// Its device was never taken in by this hub. Nothing was taken in.
    #[error("the device {0} is not known to this hub; nothing was taken in")]
    UnknownDevice(DeviceId),
    /// Events before it have not arrived: the ledger was set back, or another file comes first.
    #[error(
        "the hub waits for event {waits}, the file begins behind event {after}: let the device sync, or bring what it left before; keep the file"
    )]
    Gap {
        /// Number of the event that the hub waits for.
        waits: u64,
        /// Where what is in the file begins.
        after: u64,
    },
    /// The ledger holds another history of this log. The batch that clashed is kept aside, as a sync's would be.
    #[error(
        "the hub holds another event {0} of this log: the device was copied, or set back to a backup. The first batch \
         that differs is kept aside; keep the file, the rest is in it"
    )]
    Fork(u64),
    /// The ledger did not do its part. What was taken in before stays; bring the file again.
    #[error("{0}; bring the file again")]
    Ledger(LedgerError),
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Storage(#[from] io::Error),
}

/// Takes in what the hub lacks of a parcel. A parcel that was brought before changes nothing. `progress` hears how many
/// events were proved and taken in, which is twice as many as there are.
pub async fn bring(
    ledger: &impl Ledger,
    file: &mut (impl Read + Seek),
    secret: &RecoverySecret,
    now: UtcMs,
    mut progress: impl FnMut(u64),
) -> Result<Brought, BringError> {
    let begin = file.stream_position()?;
    let (hash, held_back) = prove(ledger, file, secret, &mut progress).await?;
    file.seek(io::SeekFrom::Start(begin))?;
    // Read anew, and looked at again: in memory there is one batch, and the file may lie where others write.
    let mut parcel = Parcel::open(file, secret).map_err(BringError::Changed)?;
    let label = *parcel.label();
    let mut brought = Brought { label, hash, new: 0, known: 0, held_back };
    let mut batch: Option<Batch> = None;
    while let Some(enclosed) = parcel.next_event().map_err(BringError::Changed)? {
        if batch.as_ref().is_some_and(|batch| is_full(batch, &enclosed)) {
            take(ledger, batch.take(), now, &mut brought).await?;
            progress(label.events() + brought.new + brought.known);
        }
        add(batch.get_or_insert_with(|| begin_batch(label.log, enclosed.before)), enclosed);
    }
    take(ledger, batch, now, &mut brought).await?;
    Ok(brought)
}

/// All of a parcel, looked at before any of it is taken in. Answers the file's hash, and whether its device is locked
/// out.
async fn prove(
    ledger: &impl Ledger,
    file: &mut impl Read,
    secret: &RecoverySecret,
    progress: &mut impl FnMut(u64),
) -> Result<(Hash, bool), BringError> {
    let mut parcel = Parcel::open(file, secret)?;
    let label = *parcel.label();
    let (key, revoked) = ledger.device_key(label.log.device).await.map_err(|error| refused(error, &label))?;
    while let Some(Enclosed { head, seal, .. }) = parcel.next_event()? {
        key.check_head(label.log, head, seal).map_err(|_| BringError::NotTheDevice(head.seq))?;
        progress(head.seq - label.after);
    }
    Ok((parcel.hash(), revoked))
}

async fn take(
    ledger: &impl Ledger,
    batch: Option<Batch>,
    now: UtcMs,
    brought: &mut Brought,
) -> Result<(), BringError> {
    let Some(batch) = batch else { return Ok(()) };
    let events = batch.payloads.len() as u64;
    let refused = |error| refused(error, &brought.label);
    let have = ledger.agree(brought.label.log, &[]).await.map_err(refused)?.have_seq;
    let last = ledger.ingest(batch, now).await.map_err(refused)?;
    let new = last.seq.saturating_sub(have).min(events);
    brought.new += new;
    brought.known += events - new;
    Ok(())
}

/// What a device would hear, in words for whoever brings its parcel.
fn refused(error: LedgerError, label: &Label) -> BringError {
    if let LedgerError::Refused(code, number, _) = &error {
        match code {
            RefusalCode::Unauthorised => return BringError::UnknownDevice(label.log.device),
            RefusalCode::Gap => return BringError::Gap { waits: *number, after: label.after },
            RefusalCode::Fork => return BringError::Fork(*number),
            RefusalCode::Malformed
            | RefusalCode::Revoked
            | RefusalCode::BadCode
            | RefusalCode::TooLarge
            | RefusalCode::Upgrade
            | RefusalCode::Busy
            | RefusalCode::Failed => {}
        }
    }
    BringError::Ledger(error)
}

fn begin_batch(log: Log, before: Head) -> Batch {
    Batch {
        device: log.device.as_bytes().to_vec(),
        epoch: log.epoch,
        first_seq: before.seq + 1,
        prev_hash: before.hash.0.to_vec(),
        payloads: Vec::new(),
        seal: Vec::new(),
    }
}

/// The seal of the last event answers for all of a batch.
fn add(batch: &mut Batch, enclosed: Enclosed) {
    batch.payloads.push(enclosed.payload);
    batch.seal = enclosed.seal.0.to_vec();
}

fn is_full(batch: &Batch, next: &Enclosed) -> bool {
    let bytes: usize = batch.payloads.iter().map(Vec::len).sum();
    batch.payloads.len() >= BATCH_EVENTS_MAX || bytes + next.payload.len() > BATCH_BYTES_MAX
}
