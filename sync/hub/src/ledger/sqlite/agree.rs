//! Where the hub stands with a device's logs, and where two histories of one part.

use lamplighter_core::{
    evidence::chain::{Hash, Head, Log},
    time::UtcMs,
};
use rusqlite::{OptionalExtension as _, Transaction};

use super::{Ledger, count, ingest::head, number, plan};
use crate::{
    error::LedgerError,
    ledger::{Agreed, Greeting, Standing},
};

impl Ledger {
    /// Notes that a device was heard of, and says where the hub stands with it.
    pub fn greet(&self, greeting: &Greeting, now: UtcMs) -> Result<Standing, LedgerError> {
        let Greeting { log, app_version, cursor, mark, closed } = greeting;
        let version: String = app_version.chars().filter(|letter| !letter.is_control()).take(64).collect();
        self.write(|transaction| {
            let (plan_head, revoked): (i64, bool) = transaction
                .prepare_cached(
                    "UPDATE device SET seen_at_ms = ?2, app_version = ?3 WHERE id = ?1
                     RETURNING plan_head, revoked_at_ms IS NOT NULL",
                )?
                .query_row((log.device.as_bytes(), now.0, version), |row| Ok((row.get(0)?, row.get(1)?)))?;
            let plan_head = count(plan_head);
            let closed = closed
                .iter()
                .map(|(epoch, last)| {
                    held(transaction, Log { epoch: *epoch, ..*log }, last.seq).map(|head| (*epoch, head))
                })
                .collect::<Result<_, _>>()?;
            Ok(Standing {
                have: head(transaction, *log)?,
                plan_head,
                no_plans: *cursor == plan_head && plan::is_told(transaction, log.device, *cursor, mark)?,
                closed,
                revoked,
            })
        })
    }

    /// The last of these links that the hub holds so, and where its own log ends. Links are in order.
    pub fn agree(&self, log: Log, links: &[Head]) -> Result<Agreed, LedgerError> {
        self.read(|transaction| {
            let mut common = Head::EMPTY;
            for link in links {
                if link.seq == 0 || hash_at(transaction, log, link.seq)? != Some(link.hash) {
                    break;
                }
                common = *link;
            }
            let next_epoch: u32 = transaction
                .prepare_cached("SELECT coalesce(max(epoch), 0) + 1 FROM log_head WHERE device = ?1")?
                .query_row([log.device.as_bytes()], |row| row.get(0))?;
            Ok(Agreed { common, have_seq: head(transaction, log)?.seq, next_epoch })
        })
    }
}

/// The hub's head of a log, or event `last` of it if the hub holds more.
fn held(transaction: &Transaction<'_>, log: Log, last: u64) -> Result<Head, LedgerError> {
    let head = head(transaction, log)?;
    if head.seq <= last {
        return Ok(head);
    }
    let hash = hash_at(transaction, log, last)?;
    Ok(hash.map_or(Head::EMPTY, |hash| Head { seq: last, hash }))
}

fn hash_at(transaction: &Transaction<'_>, log: Log, seq: u64) -> Result<Option<Hash>, LedgerError> {
    Ok(transaction
        .prepare_cached("SELECT hash FROM event WHERE device = ?1 AND epoch = ?2 AND seq = ?3")?
        .query_row((log.device.as_bytes(), log.epoch, number(seq)), |row| row.get(0).map(Hash))
        .optional()?)
}

/// Logs that were begun because an earlier one had parted from ours.
pub(super) fn note_reopened(
    transaction: &Transaction<'_>,
    log: Log,
    seq: u64,
    parted: u32,
    common: Head,
) -> Result<(), LedgerError> {
    transaction
        .prepare_cached(
            "INSERT INTO reopened (device, epoch, seq, parted, common) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((log.device.as_bytes(), log.epoch, number(seq), parted, number(common.seq)))?;
    Ok(())
}
