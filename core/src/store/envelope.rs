//! The queue once more, in envelopes for the office, and the key they are made for. All SQL about both.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::{
    Store, Stretch,
    error::StoreError,
    identity::{self, Identity},
    log,
};
use crate::{
    evidence::{chain::Head, envelope::RecoveryKey},
    time::UtcMs,
};

/// The utility's recovery key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Recovery {
    /// Its public half.
    pub key: RecoveryKey,
    /// Since when it is the one, by the hub's clock: an older one never takes its place.
    pub since: UtcMs,
}

/// One event of the queue, for the office's eyes only.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Envelope {
    /// Number of the event.
    pub seq: u64,
    /// As [`RecoveryKey::enclose`] made it.
    pub bytes: Vec<u8>,
}

impl Store {
    /// Takes over a recovery key that the hub has signed: everything that waits is enclosed for it, and all that comes.
    /// Answers whether it was news; an older key, or one that hides nothing, is not.
    pub fn keep_recovery(&mut self, told: Recovery) -> Result<bool, StoreError> {
        let tx = self.begin()?;
        let identity = identity::get(&tx)?.ok_or(StoreError::NotEnrolled)?;
        if recovery(&tx)?.is_some_and(|known| known.since >= told.since)
            || told.key.enclose(&identity.key, identity.log, Head::EMPTY, b"").is_err()
        {
            return Ok(false);
        }
        tx.execute(
            "INSERT OR REPLACE INTO recovery (one, key, since_ms) VALUES (1, ?1, ?2)",
            (told.key.0, told.since.0),
        )?;
        tx.execute("DELETE FROM envelope", [])?;
        if let Some(Stretch { epoch, after, until }) = waiting(&tx, identity.log.epoch)? {
            let mut before =
                log::head_at(&tx, identity.log, after)?.ok_or(StoreError::BadRow("a gap in the log"))?;
            for (seq, payload) in log::events(&tx, epoch, after, until)? {
                if let Some(bytes) = enclose(&tx, &identity, before, &payload)? {
                    put(&tx, epoch, seq, &bytes)?;
                }
                before = before.next(identity.log, &payload);
            }
        }
        tx.commit()?;
        Ok(true)
    }

    /// The utility's recovery key, if the hub has told one.
    pub fn recovery(&self) -> Result<Option<Recovery>, StoreError> {
        recovery(&self.conn)
    }

    /// The events without a receipt; nothing where there are none.
    pub fn waiting(&self) -> Result<Option<Stretch>, StoreError> {
        let identity = self.identity()?.ok_or(StoreError::NotEnrolled)?;
        waiting(&self.conn, identity.log.epoch)
    }

    /// The envelopes of a span, in order and at most `count_max`. One that has a receipt by now is not among them.
    pub fn envelopes(&self, span: Stretch, count_max: usize) -> Result<Vec<Envelope>, StoreError> {
        let envelopes = self
            .conn
            .prepare_cached(
                "SELECT seq, bytes FROM envelope WHERE epoch = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq LIMIT ?4",
            )?
            .query_map((span.epoch, span.after, span.until, count_max), |row| {
                Ok(Envelope { seq: row.get(0)?, bytes: row.get(1)? })
            })?
            .collect::<Result<_, _>>()?;
        Ok(envelopes)
    }
}

/// The event that follows `before`, enclosed if there is anybody to enclose it for.
pub(super) fn enclose(
    conn: &Connection,
    identity: &Identity,
    before: Head,
    payload: &[u8],
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(Recovery { key, .. }) = recovery(conn)? else { return Ok(None) };
    let enclosed = key.enclose(&identity.key, identity.log, before, payload);
    enclosed.map(Some).map_err(|_| StoreError::BadRow("a recovery key"))
}

pub(super) fn put(tx: &Transaction<'_>, epoch: u32, seq: u64, bytes: &[u8]) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO envelope (epoch, seq, bytes) VALUES (?1, ?2, ?3)")?
        .execute((epoch, seq, bytes))?;
    Ok(())
}

pub(super) fn recovery(conn: &Connection) -> Result<Option<Recovery>, StoreError> {
    let row = conn
        .prepare_cached("SELECT key, since_ms FROM recovery")?
        .query_row([], |row| Ok(Recovery { key: RecoveryKey(row.get(0)?), since: UtcMs(row.get(1)?) }))
        .optional()?;
    Ok(row)
}

/// A queue has no gaps: receipts are for everything up to an event.
fn waiting(conn: &Connection, epoch: u32) -> Result<Option<Stretch>, StoreError> {
    let ends: (Option<u64>, Option<u64>) = conn
        .prepare_cached("SELECT min(seq), max(seq) FROM outbox WHERE epoch = ?1")?
        .query_row([epoch], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(match ends {
        (Some(first), Some(last)) => Some(Stretch { epoch, after: first.saturating_sub(1), until: last }),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        evidence::{
            envelope::RecoverySecret,
            event::{Body, Event},
        },
        id::RoundId,
        store::tests::{filled, identity},
    };

    fn secret(seed: u8) -> RecoverySecret {
        RecoverySecret::new([seed; 32])
    }

    fn told(seed: u8, since: i64) -> Recovery {
        Recovery { key: secret(seed).public(), since: UtcMs(since) }
    }

    /// What whoever holds the secret reads in the envelopes, and nothing else of the device.
    #[track_caller]
    fn check(store: &Store, secret: &RecoverySecret, seqs: &[u64]) {
        let log = store.identity().unwrap().unwrap().log;
        let all = Stretch { epoch: log.epoch, after: 0, until: 1_000 };
        let envelopes = store.envelopes(all, 1_000).unwrap();
        assert_eq!(envelopes.iter().map(|envelope| envelope.seq).collect::<Vec<_>>(), seqs);
        for Envelope { seq, bytes } in envelopes {
            let enclosed = secret.disclose(log, seq, &bytes).unwrap();
            let own = store.batch(Stretch { after: seq - 1, until: seq, ..all }, 1, usize::MAX).unwrap();
            assert_eq!((enclosed.before, enclosed.head), (own.before, own.last));
            assert_eq!(own.payloads, [enclosed.payload]);
            assert_eq!(identity().key.public().check_head(log, enclosed.head, enclosed.seal), Ok(()));
        }
    }

    #[test]
    fn an_event_is_enclosed_when_it_is_recorded_and_let_go_with_its_receipt() {
        let mut store = filled();
        check(&store, &secret(1), &[]);
        assert!(store.keep_recovery(told(1, 5)).unwrap());
        check(&store, &secret(1), &[1]);
        let round = RoundId::derived(&[b"14"]);
        store.start_shift(UtcMs(3), round).unwrap();
        store.end_shift(UtcMs(4), round).unwrap();
        check(&store, &secret(1), &[1, 2, 3]);
        assert_eq!(store.waiting().unwrap(), Some(Stretch { epoch: 1, after: 0, until: 3 }));

        let head = store.heads(1, &[2]).unwrap()[0];
        store.confirm(1, head).unwrap();
        check(&store, &secret(1), &[3]);
        assert_eq!(store.waiting().unwrap(), Some(Stretch { epoch: 1, after: 2, until: 3 }));
        store.confirm(1, store.standing().unwrap().head).unwrap();
        assert_eq!(store.waiting().unwrap(), None);
    }

    #[test]
    fn what_waits_is_enclosed_anew_for_a_new_key_and_never_for_an_old_one() {
        let mut store = filled();
        store.start_shift(UtcMs(3), RoundId::derived(&[b"14"])).unwrap();
        assert!(store.keep_recovery(told(1, 5)).unwrap());
        assert!(store.keep_recovery(told(2, 6)).unwrap());
        check(&store, &secret(2), &[1, 2]);
        assert!(!store.keep_recovery(told(1, 5)).unwrap());
        assert!(!store.keep_recovery(told(3, 6)).unwrap());
        let nobody = Recovery { key: RecoveryKey([0; 32]), since: UtcMs(9) };
        assert!(!store.keep_recovery(nobody).unwrap());
        assert_eq!(store.standing().unwrap().recovery, Some(told(2, 6)));
        check(&store, &secret(2), &[1, 2]);
    }

    #[test]
    fn a_new_log_is_enclosed_in_place_of_the_old_one() {
        let mut store = filled();
        store.keep_recovery(told(1, 5)).unwrap();
        let common = store.heads(1, &[1]).unwrap()[0];
        store.start_shift(UtcMs(3), RoundId::derived(&[b"14"])).unwrap();
        store.reopen(UtcMs(7), 1, common, 2).unwrap();
        check(&store, &secret(1), &[1, 2]);
        let old = Stretch { epoch: 1, after: 0, until: 9 };
        assert_eq!(store.envelopes(old, 9).unwrap(), []);
        let log = store.identity().unwrap().unwrap().log;
        let envelopes = store.envelopes(Stretch { epoch: 2, ..old }, 9).unwrap();
        let first = secret(1).disclose(log, 1, &envelopes[0].bytes).unwrap();
        let body = Event::from_bytes(&first.payload).unwrap().body;
        assert!(matches!(body, Body::Reopened { epoch: 1, .. }));
    }
}
