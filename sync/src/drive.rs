//! Runs a session over a hub and a store. No request is under way while a transaction is open.

use std::sync::{Mutex, PoisonError};

use lamplighter_core::{
    evidence::{
        chain::Log,
        seal::{PublicKey, SecretKey},
    },
    id::DeviceId,
    store::{Identity, Store, StoreError},
    time::UtcMs,
};

use crate::{
    apply::{ApplyError, apply},
    exchange::{ExchangeError, Hub, Reply, Request},
    session::{Outcome, Reason, Session, Step},
    wire,
};

/// What a sync brought.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Synced {
    /// How it ended.
    pub outcome: Outcome,
    /// Events that the hub gave a receipt for.
    pub sent: u64,
    /// Plans taken over.
    pub plans: u64,
    /// Events said again in a new log, because the hub holds another history of the old one.
    pub repeated: u64,
}

/// Syncs once. `now` is the device's clock; `report` hears after every batch how much was sent.
pub async fn sync<H: Hub>(
    hub: &H,
    store: &Mutex<Store>,
    now: impl Fn() -> UtcMs,
    mut report: impl FnMut(u64),
) -> Result<Synced, StoreError> {
    let (identity, standing) = {
        let store = lock(store);
        (store.identity()?.ok_or(StoreError::NotEnrolled)?, store.standing()?)
    };
    let (mut session, mut step) = Session::start(identity, standing, now());
    let (mut sent, mut plans, mut repeated) = (0, 0, 0);
    loop {
        step = match step {
            Step::Exchange(request) => {
                let reply = hub.exchange(request).await;
                session.replied(reply, now())
            }
            Step::ReadBatch { span, count_max, bytes_max } => {
                let batch = lock(store).batch(span, count_max, bytes_max)?;
                session.batch(&batch)
            }
            Step::Keep(told) => {
                let mut store = lock(store);
                store.keep_recovery(told)?;
                session.stored(store.standing()?)
            }
            Step::ReadLinks { epoch, seqs } => {
                let links = lock(store).heads(epoch, &seqs)?;
                session.links(links)
            }
            Step::Reopen { epoch, common, next } => {
                let mut store = lock(store);
                repeated += store.reopen(now(), epoch, common, next)?;
                session.reopened(store.identity()?.ok_or(StoreError::NotEnrolled)?, store.standing()?)
            }
            Step::Confirm { epoch, head } => {
                let standing = {
                    let mut store = lock(store);
                    sent += store.confirm(epoch, head)?;
                    store.standing()?
                };
                // Whoever hears of it may look into the store.
                report(sent);
                session.stored(standing)
            }
            Step::Apply(page) => {
                let mut store = lock(store);
                match apply(&mut store, now(), page) {
                    Ok(count) => plans += count,
                    Err(ApplyError::Store(error)) => return Err(error),
                    Err(ApplyError::BadPlan(_)) => {
                        return Ok(Synced {
                            outcome: Outcome::Refused(Reason::Broken),
                            sent,
                            plans,
                            repeated,
                        });
                    }
                }
                session.stored(store.standing()?)
            }
            Step::Finished(outcome) => return Ok(Synced { outcome, sent, plans, repeated }),
        };
    }
}

/// Why a device was not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The hub did not take it.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// The store could not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Enrols this device with a one-time code. `seed` is 32 fresh random bytes: the
/// device's key, unless an earlier try is being repeated.
pub async fn enrol<H: Hub>(
    hub: &H,
    store: &Mutex<Store>,
    hub_url: &str,
    code: &str,
    seed: [u8; 32],
) -> Result<(), EnrolError> {
    let key = SecretKey::new(lock(store).enrol_seed(seed)?);
    let request = wire::Enrol { code: code.trim().into(), public_key: key.public().0.to_vec() };
    let Reply::Enrolled(enrolled) = hub.exchange(Request::Enrol(request)).await? else {
        return Err(ExchangeError::NotTheHub("another reply than asked for").into());
    };
    let unfit = |_| ExchangeError::NotTheHub("an id or a key of the wrong length");
    let device = DeviceId::try_from(&enrolled.device[..]).map_err(|_| unfit(()))?;
    let hub_key = PublicKey::try_from(&enrolled.hub_key[..]).map_err(|_| unfit(()))?;
    let identity = Identity {
        log: Log { device, epoch: 1 },
        key,
        hub_key,
        hub_url: hub_url.into(),
        reader: enrolled.reader,
    };
    Ok(lock(store).enrol(&identity)?)
}

/// A panic elsewhere leaves the store sound: every method is one transaction.
fn lock(store: &Mutex<Store>) -> std::sync::MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}
