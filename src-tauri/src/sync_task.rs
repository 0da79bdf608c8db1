//! When to sync, and how the last one went.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lamplighter_core::{store::Store, time::UtcMs};
use lamplighter_sync::{
    drive::sync,
    http::HttpHub,
    session::{Outcome, Reason},
};
use tokio::{runtime::Handle, sync::Notify, task::JoinHandle};

use crate::clock;

/// Without news the hub is asked for plans this often.
const IDLE_WAIT: Duration = Duration::from_secs(30);
/// The first wait after the hub could not be reached; it doubles up to `AWAY_WAIT_MAX`.
const AWAY_WAIT_MIN: Duration = Duration::from_millis(500);
const AWAY_WAIT_MAX: Duration = Duration::from_secs(60);

/// How the last sync went.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Status {
    /// One is under way.
    pub(crate) sending: bool,
    /// When both last agreed.
    pub(crate) agreed_at: Option<UtcMs>,
    /// Why the last one did not end in agreement.
    pub(crate) trouble: Option<Trouble>,
}

/// Why a sync did not end in agreement.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Trouble {
    /// No network, or no hub at its end. Normal in the field.
    Away,
    /// The hub asked to wait.
    Busy,
    /// The hub refuses.
    Refused(Reason),
    /// Our own store failed.
    Store,
}

/// Syncs in the background until dropped.
#[derive(Debug)]
pub(crate) struct SyncTask {
    status: Arc<Mutex<Status>>,
    nudge: Arc<Notify>,
    task: JoinHandle<()>,
}

impl SyncTask {
    /// Starts. `changed` is called after every change of status or of what is held.
    pub(crate) fn start(
        runtime: &Handle,
        store: Arc<Mutex<Store>>,
        changed: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let status = Arc::new(Mutex::new(Status::default()));
        let nudge = Arc::new(Notify::new());
        let task = runtime.spawn(run(store, status.clone(), nudge.clone(), changed));
        Self { status, nudge, task }
    }

    /// Something waits to be sent, or a person wants to know.
    pub(crate) fn nudge(&self) {
        self.nudge.notify_one();
    }

    /// How it stands.
    pub(crate) fn status(&self) -> Status {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for SyncTask {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(
    store: Arc<Mutex<Store>>,
    status: Arc<Mutex<Status>>,
    nudge: Arc<Notify>,
    changed: impl Fn() + Send + Sync,
) {
    let set = |next: Status| {
        *status.lock().unwrap_or_else(PoisonError::into_inner) = next;
        changed();
    };
    let mut away = AWAY_WAIT_MIN;
    loop {
        let agreed_at = status.lock().unwrap_or_else(PoisonError::into_inner).agreed_at;
        set(Status { sending: true, agreed_at, trouble: None });
        let (trouble, wait) = match once(&store, &changed).await {
            None => (None, IDLE_WAIT),
            Some((trouble @ Trouble::Away, _)) => {
                away = (away * 2).min(AWAY_WAIT_MAX);
                (Some(trouble), jittered(away))
            }
            Some((trouble, wait)) => (Some(trouble), wait),
        };
        if trouble.is_none() {
            away = AWAY_WAIT_MIN;
        }
        let agreed_at = if trouble.is_none() { Some(clock::now()) } else { agreed_at };
        set(Status { sending: false, agreed_at, trouble });
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = nudge.notified() => {}
        }
    }
}

/// One sync; nothing when both agree.
async fn once(store: &Mutex<Store>, changed: &(impl Fn() + Sync)) -> Option<(Trouble, Duration)> {
    let identity = store.lock().unwrap_or_else(PoisonError::into_inner).identity();
    let Ok(identity) = identity else { return Some((Trouble::Store, IDLE_WAIT)) };
    let identity = identity?;
    let Ok(hub) = HttpHub::new(&identity.hub_url) else { return Some((Trouble::Away, IDLE_WAIT)) };
    match sync(&hub, store, clock::now, |_| changed()).await {
        Ok(synced) => match synced.outcome {
            Outcome::Agreed => None,
            Outcome::Unreachable => Some((Trouble::Away, AWAY_WAIT_MIN)),
            Outcome::RetryAfter(wait) => Some((Trouble::Busy, wait.clamp(AWAY_WAIT_MIN, AWAY_WAIT_MAX))),
            Outcome::Refused(reason) => Some((Trouble::Refused(reason), IDLE_WAIT)),
        },
        Err(_) => Some((Trouble::Store, IDLE_WAIT)),
    }
}

/// Between half and all of the wait, so that a street of handhelds does not come back at once.
fn jittered(wait: Duration) -> Duration {
    let mut byte = [0];
    let share = getrandom::fill(&mut byte).map_or(128, |()| u32::from(byte[0]));
    wait / 2 + wait / 2 * share / 255
}
