//! Takes batches of events in: the log grows by what follows it, and by nothing else.

use lamplighter_core::{
    evidence::{
        chain::{Hash, Head, Log},
        event::PAYLOAD_BYTES_MAX,
        seal::Seal,
    },
    id::DeviceId,
    time::UtcMs,
};
use lamplighter_sync::wire::{BATCH_EVENTS_MAX, Batch, RefusalCode};
use prost::Message as _;
use rusqlite::{OptionalExtension as _, Transaction};

use super::{
    Ledger, count, number,
    project::{REVOKED, hold_back, project},
};
use crate::error::LedgerError;

/// What the ledger makes of a batch, decided under the log's lock.
enum Taken {
    /// The log is held up to here; it is on disk once the transaction is.
    Held(Head),
    /// The batch is kept aside and refused.
    Aside(LedgerError),
}

/// A batch whose events hang together and whose seal is the device's.
struct Proved<'a> {
    log: Log,
    /// The head before the first event.
    before: Head,
    /// One a payload: the head after it.
    heads: Vec<Head>,
    seal: Seal,
    batch: &'a Batch,
    revoked: bool,
}

impl Proved<'_> {
    fn last(&self) -> Head {
        self.heads.last().copied().unwrap_or(self.before)
    }
}

impl Ledger {
    /// Takes a batch in. The answer is the last event of the batch that is held, which is now on disk: a
    /// batch that was taken before adds nothing and gives the same answer.
    pub fn ingest(&self, batch: &Batch, now: UtcMs) -> Result<Head, LedgerError> {
        let proved = self.prove(batch)?;
        match self.write(|transaction| take(transaction, &proved, now))? {
            Taken::Held(head) => Ok(head),
            Taken::Aside(refusal) => Err(refusal),
        }
    }

    /// Checks everything that can be checked without the log, so that the lock is held for little.
    fn prove<'a>(&self, batch: &'a Batch) -> Result<Proved<'a>, LedgerError> {
        let malformed = |detail: &str| LedgerError::refused(RefusalCode::Malformed, detail);
        let device = DeviceId::try_from(&batch.device[..]).map_err(|_| malformed("not a device"))?;
        let prev = Hash::try_from(&batch.prev_hash[..]).map_err(|_| malformed("not a hash"))?;
        let seal = Seal::try_from(&batch.seal[..]).map_err(|_| malformed("not a seal"))?;
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
        let (key, revoked) = self.device_key(device)?;
        let log = Log { device, epoch: batch.epoch };
        let before = Head { seq: batch.first_seq - 1, hash: prev };
        let mut head = before;
        let next = |payload: &Vec<u8>| {
            head = head.next(log, payload);
            head
        };
        let heads = batch.payloads.iter().map(next).collect();
        let proved = Proved { log, before, heads, seal, batch, revoked };
        key.check_head(log, proved.last(), seal)
            .map_err(|_| LedgerError::refused(RefusalCode::Unauthorised, "the seal does not hold"))?;
        Ok(proved)
    }
}

fn take(transaction: &Transaction<'_>, proved: &Proved<'_>, now: UtcMs) -> Result<Taken, LedgerError> {
    let held = head(transaction, proved.log)?;
    if proved.before.seq > held.seq {
        let missing = format!("the hub waits for event {}", held.seq + 1);
        return Err(LedgerError::Refused(RefusalCode::Gap, held.seq + 1, missing));
    }
    // Equal hashes mean that everything before is equal too: one comparison is enough.
    let (common, ours) = if proved.last().seq <= held.seq {
        (proved.last(), hash_of(transaction, proved.log, proved.last().seq)?)
    } else {
        (proved.at(held.seq), held.hash)
    };
    if common.hash != ours {
        set_aside(transaction, proved, now)?;
        let detail = format!("the hub holds another event {}", common.seq);
        return Ok(Taken::Aside(LedgerError::Refused(RefusalCode::Fork, common.seq, detail)));
    }
    if proved.last().seq > held.seq {
        append(transaction, proved, held.seq, now)?;
    }
    Ok(Taken::Held(proved.last()))
}

impl Proved<'_> {
    /// The batch's head after event `seq`, which it covers or directly follows.
    fn at(&self, seq: u64) -> Head {
        self.heads.iter().copied().find(|head| head.seq == seq).unwrap_or(self.before)
    }
}

fn append(
    transaction: &Transaction<'_>,
    proved: &Proved<'_>,
    held: u64,
    now: UtcMs,
) -> Result<(), LedgerError> {
    let Log { device, epoch } = proved.log;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO event (device, epoch, seq, recv_at_ms, payload, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (head, payload) in proved.heads.iter().zip(&proved.batch.payloads) {
        if head.seq > held {
            insert.execute((device.as_bytes(), epoch, number(head.seq), now.0, payload, head.hash.0))?;
            if proved.revoked {
                hold_back(transaction, proved.log, head.seq, REVOKED)?;
            } else {
                project(transaction, proved.log, head.seq, payload)?;
            }
        }
    }
    let last = proved.last();
    let row = (device.as_bytes(), epoch, number(last.seq), last.hash.0, proved.seal.0);
    transaction
        .prepare_cached("INSERT INTO seal (device, epoch, seq, hash, seal) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(row)?;
    transaction
        .prepare_cached(
            "INSERT INTO log_head (device, epoch, seq, hash, seal) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET seq = excluded.seq, hash = excluded.hash, seal = excluded.seal",
        )?
        .execute(row)?;
    Ok(())
}

/// The last event held of a log.
pub(super) fn head(transaction: &Transaction<'_>, log: Log) -> Result<Head, LedgerError> {
    let head = transaction
        .prepare_cached("SELECT seq, hash FROM log_head WHERE device = ?1 AND epoch = ?2")?
        .query_row((log.device.as_bytes(), log.epoch), |row| {
            Ok(Head { seq: count(row.get(0)?), hash: Hash(row.get(1)?) })
        })
        .optional()?;
    Ok(head.unwrap_or(Head::EMPTY))
}

fn hash_of(transaction: &Transaction<'_>, log: Log, seq: u64) -> Result<Hash, LedgerError> {
    Ok(transaction
        .prepare_cached("SELECT hash FROM event WHERE device = ?1 AND epoch = ?2 AND seq = ?3")?
        .query_row((log.device.as_bytes(), log.epoch, number(seq)), |row| row.get(0).map(Hash))?)
}

fn set_aside(transaction: &Transaction<'_>, proved: &Proved<'_>, now: UtcMs) -> Result<(), LedgerError> {
    let Log { device, epoch } = proved.log;
    let (first, hash) = (number(proved.batch.first_seq), proved.last().hash.0);
    transaction
        .prepare_cached(
            "INSERT INTO set_aside (reason, device, epoch, first_seq, last_hash, recv_at_ms, batch)
             VALUES ('fork', ?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
        )?
        .execute((device.as_bytes(), epoch, first, hash, now.0, proved.batch.encode_to_vec()))?;
    Ok(())
}
