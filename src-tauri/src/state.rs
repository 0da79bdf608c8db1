//! The running app: the open store, the receiver, the sync, and what is under way. Commands ask it; it asks the
//! use cases.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use lamplighter_core::{
    gnss::fix::Fix,
    id::StopId,
    probe::{keys::Keyring, readout::Readout},
    round::{Outcome, Stop},
    store::{Setting, Shift, Store},
    work,
};
use tauri::ipc::Channel;

use crate::{
    clock,
    device::{GnssFeed, ports},
    dto::{Change, CommandError, Counts, PositionView, ProbeTiming, ShiftView, SyncView},
    sync_task::SyncTask,
};

/// A readout that is not recorded: another meter answered.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) readout: Readout,
    pub(crate) transcript: String,
    pub(crate) timing: ProbeTiming,
}

/// What every command gets.
pub(crate) struct App {
    store: Arc<Mutex<Store>>,
    gnss: Mutex<Option<GnssFeed>>,
    sync: Mutex<Option<SyncTask>>,
    watcher: Mutex<Option<Channel<Change>>>,
    shown: Mutex<Option<Change>>,
    pub(crate) pending: Mutex<Option<Pending>>,
    reading: Mutex<Option<Arc<AtomicBool>>>,
    ordered_from_fix: AtomicBool,
    keyring: Arc<Keyring>,
    /// Called with the number of the stop that the reader goes to; the demo's street walks there.
    on_current: Option<Box<dyn Fn(u32) + Send + Sync>>,
}

/// The one readout that may be under way; dropping it lets the next one begin.
pub(crate) struct Turn<'a> {
    app: &'a App,
    pub(crate) cancel: Arc<AtomicBool>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *lock(&self.app.reading) = None;
    }
}

impl App {
    pub(crate) fn new(
        store: Arc<Mutex<Store>>,
        keyring: Arc<Keyring>,
        on_current: Option<Box<dyn Fn(u32) + Send + Sync>>,
    ) -> Self {
        Self {
            store,
            keyring,
            gnss: Mutex::default(),
            sync: Mutex::default(),
            watcher: Mutex::default(),
            shown: Mutex::default(),
            pending: Mutex::default(),
            reading: Mutex::default(),
            ordered_from_fix: AtomicBool::new(false),
            on_current,
        }
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        lock(&self.store)
    }

    pub(crate) fn shared_store(&self) -> Arc<Mutex<Store>> {
        self.store.clone()
    }

    pub(crate) const fn is_demo(&self) -> bool {
        self.on_current.is_some()
    }

    /// Listens to the receiver whose port is set, if one is.
    pub(crate) fn listen(&self) -> Result<(), CommandError> {
        let port = self.store().setting(Setting::GnssPort)?;
        let mut feed = lock(&self.gnss);
        *feed = None;
        *feed = port.map(GnssFeed::start);
        Ok(())
    }

    pub(crate) fn set_sync(&self, task: SyncTask) {
        *lock(&self.sync) = Some(task);
    }

    /// Something new waits to be sent.
    pub(crate) fn nudge(&self) {
        if let Some(sync) = &*lock(&self.sync) {
            sync.nudge();
        }
    }

    pub(crate) fn fix(&self) -> Option<Fix> {
        lock(&self.gnss).as_ref().and_then(|feed| feed.place().fix(clock::now()))
    }

    pub(crate) fn walked_m(&self) -> Option<f64> {
        lock(&self.gnss).as_ref().map(|feed| feed.place().walked_m())
    }

    /// The keys of meters that this device has.
    pub(crate) fn keyring(&self) -> Arc<Keyring> {
        self.keyring.clone()
    }

    /// The port that was chosen, else the only thing that is plugged in.
    pub(crate) fn probe_port(&self) -> Result<String, CommandError> {
        let chosen = self.store().setting(Setting::ProbePort)?;
        let found = || ports().into_iter().next().map(|port| port.path);
        Ok(chosen.or_else(found).unwrap_or_default())
    }

    /// Takes the probe; refused while it is in use.
    pub(crate) fn take_turn(&self) -> Result<Turn<'_>, CommandError> {
        let mut reading = lock(&self.reading);
        if reading.is_some() {
            return Err(CommandError::Busy);
        }
        let cancel = Arc::new(AtomicBool::new(false));
        *reading = Some(cancel.clone());
        Ok(Turn { app: self, cancel })
    }

    /// Stops the readout under way, if there is one.
    pub(crate) fn cancel(&self) {
        if let Some(cancel) = &*lock(&self.reading) {
            cancel.store(true, Ordering::Relaxed);
        }
    }

    /// Whoever shows the shift hears of every change from now on.
    pub(crate) fn watch(&self, channel: Channel<Change>) {
        *lock(&self.shown) = None;
        *lock(&self.watcher) = Some(channel);
        self.tell();
    }

    /// Shows the shift as it is, where it differs from what was shown.
    pub(crate) fn tell(&self) {
        let Some(channel) = lock(&self.watcher).clone() else { return };
        // Held while looking, so that an older look is never shown after a newer one.
        let mut shown = lock(&self.shown);
        let Ok(shift) = self.shift_view() else { return };
        let change = Change::Shift { shift: Box::new(shift) };
        if shown.as_ref() != Some(&change) {
            let counts = |change: &Change| match change {
                Change::Shift { shift } => Some((shift.counts, shift.sync.waiting, shift.round.clone())),
                Change::Stops => None,
            };
            if shown.as_ref().and_then(counts) != counts(&change) {
                channel.send(Change::Stops).ok();
            }
            channel.send(change.clone()).ok();
            *shown = Some(change);
        }
    }

    pub(crate) fn shift(&self) -> Result<Option<Shift>, CommandError> {
        Ok(self.store().shift()?)
    }

    /// The stops of the round at hand, in the order of the walk.
    pub(crate) fn stops(&self) -> Result<Vec<Stop>, CommandError> {
        let store = self.store();
        match store.shift()? {
            Some(shift) => Ok(store.stops(shift.round.id)?),
            None => Ok(Vec::new()),
        }
    }

    /// What became of the stops of the round at hand, in the order of the walk.
    pub(crate) fn outcomes(&self) -> Result<Vec<(StopId, Outcome)>, CommandError> {
        let store = self.store();
        match store.shift()? {
            Some(shift) => Ok(store.outcomes(shift.round.id)?),
            None => Ok(Vec::new()),
        }
    }

    pub(crate) fn stop(&self, id: StopId) -> Result<Stop, CommandError> {
        self.store().stop(id)?.ok_or(CommandError::UnknownStop)
    }

    pub(crate) fn current(&self) -> Result<Option<StopId>, CommandError> {
        Ok(self.store().setting(Setting::CurrentStop)?.and_then(|text| text.parse().ok()))
    }

    /// Makes a stop the one at hand.
    pub(crate) fn set_current(&self, id: Option<StopId>) -> Result<(), CommandError> {
        let text = id.map(|id| id.to_string());
        self.store().put_setting(Setting::CurrentStop, text.as_deref())?;
        if let (Some(id), Some(hear)) = (id, &self.on_current) {
            hear(self.stop(id)?.number);
        }
        Ok(())
    }

    /// The reader does something at a stop: the shift has begun.
    pub(crate) fn begin(&self) -> Result<(), CommandError> {
        let mut store = self.store();
        if let Some(shift) = store.shift()? {
            work::start(&mut store, clock::now(), shift.round.id)?;
        }
        Ok(())
    }

    /// Goes to the next stop to do.
    pub(crate) fn go_on(&self) -> Result<(), CommandError> {
        let next = work::next_stop(&self.outcomes()?, self.current()?);
        self.set_current(next)
    }

    /// Says again which stop is at hand: the demo's street forgets it when it ends.
    pub(crate) fn resume(&self) -> Result<(), CommandError> {
        if let (Some(id), Some(hear)) = (self.current()?, &self.on_current) {
            hear(self.stop(id)?.number);
        }
        Ok(())
    }

    /// Orders the walk of a round that has not begun, from the first known position, and finds the stop at hand.
    pub(crate) fn settle(&self) -> Result<(), CommandError> {
        let Some(shift) = self.shift()? else { return Ok(()) };
        let outcomes = self.outcomes()?;
        let current = self.current()?.filter(|current| outcomes.iter().any(|(id, _)| id == current));
        let fix = self.fix();
        let fresh = shift.started_at.is_none()
            && fix.is_some()
            && !self.ordered_from_fix.swap(fix.is_some(), Ordering::Relaxed);
        if current.is_some() && !fresh {
            return Ok(());
        }
        if shift.started_at.is_none() {
            work::reorder(&mut self.store(), shift.round.id, fix.map(|fix| fix.position))?;
        }
        let next = work::next_stop(&self.outcomes()?, None);
        if next != current || current.is_none() {
            self.set_current(next)?;
        }
        Ok(())
    }

    pub(crate) fn sync_view(&self) -> Result<SyncView, CommandError> {
        let status = lock(&self.sync).as_ref().map(SyncTask::status).unwrap_or_default();
        let store = self.store();
        if store.identity()?.is_none() {
            return Ok(SyncView::new(&status, 0, 0, 0));
        }
        let standing = store.standing()?;
        Ok(SyncView::new(&status, store.waiting_readings()?, standing.waiting, standing.acked_seq))
    }

    pub(crate) fn shift_view(&self) -> Result<ShiftView, CommandError> {
        let identity = self.store().identity()?;
        let shift = self.shift()?;
        let (outcomes, current, now) = (self.outcomes()?, self.current()?, clock::now());
        let goal =
            current.map(|id| self.store().stop(id)).transpose()?.flatten().and_then(|stop| stop.position);
        Ok(ShiftView {
            enrolled: identity.is_some(),
            demo: self.is_demo(),
            reader: identity.map_or_else(String::new, |identity| identity.reader),
            round: shift.as_ref().map(|shift| (&shift.round).into()),
            counts: Counts::from(work::Counts::of(&outcomes)),
            current: current.map(|id| id.to_string()),
            started_at_ms: shift.as_ref().and_then(|shift| shift.started_at).map(|at| at.0),
            ended_at_ms: shift.and_then(|shift| shift.ended_at).map(|at| at.0),
            sync: self.sync_view()?,
            position: self.fix().map(|fix| PositionView::new(&fix, goal, now)),
        })
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
