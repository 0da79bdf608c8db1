//! A batch of events: proved before anything is locked, then held against the log. The log grows by what follows it,
//! and by nothing else.

use std::collections::HashMap;

use lamplighter_core::{
    evidence::{
        chain::{Hash, Head, Log},
        event::PAYLOAD_BYTES_MAX,
        seal::{PublicKey, Seal},
    },
    id::{DeviceId, StopId},
};
use lamplighter_sync::wire::{BATCH_EVENTS_MAX, Batch, RefusalCode};
use prost::Message as _;

use super::project::{self, Projection, Understood, Visit};
use crate::error::LedgerError;

/// A batch whose events hang together and whose seal is the device's.
#[derive(Debug)]
pub struct Proved {
    pub(super) log: Log,
    /// The head before the first event.
    before: Head,
    /// One a payload: the head after it.
    heads: Vec<Head>,
    understood: Vec<Understood>,
    pub(super) seal: Seal,
    batch: Batch,
    revoked: bool,
}

/// What is to be done with a batch.
#[derive(Debug)]
pub(super) enum Taken {
    /// All of it is held already.
    Held(Head),
    /// What comes after this event follows the log.
    Grows(u64),
    /// It is another branch of the log: to be kept aside, and refused so.
    Fork(LedgerError),
    /// Events are missing before it.
    Gap(LedgerError),
}

/// A batch that cannot be part of a log, as it is kept.
pub(super) struct Aside {
    pub(super) first_seq: u64,
    pub(super) last_hash: Hash,
    pub(super) bytes: Vec<u8>,
}

/// Whose batch it says it is.
pub(super) fn device(batch: &Batch) -> Result<DeviceId, LedgerError> {
    DeviceId::try_from(&batch.device[..]).map_err(|_| malformed("not a device"))
}

impl Proved {
    /// Checks everything that can be checked without the log. `key` is the device's.
    pub fn new(batch: Batch, key: PublicKey, revoked: bool) -> Result<Self, LedgerError> {
        let device = device(&batch)?;
        let prev = Hash::try_from(&batch.prev_hash[..]).map_err(|_| malformed("not a hash"))?;
        let seal = Seal::try_from(&batch.seal[..]).map_err(|_| malformed("not a seal"))?;
        check(&batch, prev)?;
        let log = Log { device, epoch: batch.epoch };
        let before = Head { seq: batch.first_seq - 1, hash: prev };
        let mut head = before;
        let next = |payload: &Vec<u8>| {
            head = head.next(log, payload);
            head
        };
        let heads: Vec<Head> = batch.payloads.iter().map(next).collect();
        key.check_head(log, head, seal)
            .map_err(|_| LedgerError::refused(RefusalCode::Unauthorised, "the seal does not hold"))?;
        let understood = |(head, payload): (&Head, &Vec<u8>)| Understood::new(head.seq, payload);
        let understood = heads.iter().zip(&batch.payloads).map(understood).collect();
        Ok(Self { log, before, heads, understood, seal, batch, revoked })
    }

    /// The head after the last event.
    pub(super) fn last(&self) -> Head {
        self.heads.last().copied().unwrap_or(self.before)
    }

    /// The event whose hash must be looked up beside the log's `held` head, if one must.
    pub(super) fn asks(&self, held: Head) -> Option<u64> {
        let last = self.last().seq;
        (last <= held.seq).then_some(last)
    }

    /// Decides, under the log's lock. `ours` is the hash that was asked for, or else the one of `held`. Equal hashes mean
    /// that everything before is equal too: one comparison is enough.
    pub(super) fn taken(&self, held: Head, ours: Option<Hash>) -> Taken {
        if self.before.seq > held.seq {
            let missing = format!("the hub waits for event {}", held.seq + 1);
            return Taken::Gap(LedgerError::Refused(RefusalCode::Gap, held.seq + 1, missing));
        }
        let common = if self.last().seq <= held.seq { self.last() } else { self.at(held.seq) };
        if Some(common.hash) != ours {
            let detail = format!("the hub holds another event {}", common.seq);
            return Taken::Fork(LedgerError::Refused(RefusalCode::Fork, common.seq, detail));
        }
        if self.last().seq > held.seq { Taken::Grows(held.seq) } else { Taken::Held(self.last()) }
    }

    /// The events after `seq`, each with the head it makes.
    pub(super) fn after(&self, seq: u64) -> impl ExactSizeIterator<Item = (Head, &[u8])> {
        let heads = self.heads.get(self.skip(seq)..).unwrap_or_default();
        let payloads = self.batch.payloads.get(self.skip(seq)..).unwrap_or_default();
        heads.iter().copied().zip(payloads.iter().map(Vec::as_slice))
    }

    /// The same events, as far as this release understands them.
    pub(super) fn understood(&self, seq: u64) -> &[Understood] {
        self.understood.get(self.skip(seq)..).unwrap_or_default()
    }

    /// What these events mean; nothing yet where the device is locked out. `before` has the visits of
    /// [`project::stops_before`].
    pub(super) fn rows(&self, seq: u64, before: &HashMap<StopId, Visit>) -> Projection<'_> {
        let events = self.understood(seq);
        if self.revoked { project::hold_back(events) } else { project::project(self.log, events, before) }
    }

    /// The batch as it is kept when it cannot be part of a log.
    pub(super) fn aside(&self) -> Aside {
        Aside {
            first_seq: self.batch.first_seq,
            last_hash: self.last().hash,
            bytes: self.batch.encode_to_vec(),
        }
    }

    /// The batch's head after event `seq`, which it covers or directly follows.
    fn at(&self, seq: u64) -> Head {
        self.heads.iter().copied().find(|head| head.seq == seq).unwrap_or(self.before)
    }

    fn skip(&self, seq: u64) -> usize {
        usize::try_from(seq.saturating_sub(self.before.seq)).unwrap_or(usize::MAX)
    }
}

fn check(batch: &Batch, prev: Hash) -> Result<(), LedgerError> {
    if batch.epoch == 0 || batch.first_seq == 0 || batch.payloads.is_empty() {
        return Err(malformed("an empty batch, or one without a number"));
    }
    if batch.first_seq == 1 && prev != Hash::START {
        return Err(malformed("something before the first event"));
    }
    if batch.first_seq > i64::MAX.unsigned_abs() - BATCH_EVENTS_MAX as u64 {
        return Err(malformed("a number beyond all logs"));
    }
    if batch.payloads.len() > BATCH_EVENTS_MAX {
        return Err(LedgerError::refused(RefusalCode::TooLarge, "too many events"));
    }
    if batch.payloads.iter().any(|payload| payload.len() > PAYLOAD_BYTES_MAX) {
        return Err(LedgerError::refused(RefusalCode::TooLarge, "an event is too long"));
    }
    Ok(())
}

fn malformed(detail: &str) -> LedgerError {
    LedgerError::refused(RefusalCode::Malformed, detail)
}
