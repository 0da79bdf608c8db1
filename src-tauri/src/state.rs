//! The running app: the open store, the receiver, the sync, and what is under way. Commands ask it; it asks the
//! use cases.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use lamplighter_core::{
    gnss::fix::Fix,
    id::{ReadingId, StopId},
    probe::{keys::Keyring, readout::Readout},
    round::{Outcome, Stop},
    store::{Setting, Shift, Store},
    time::Civil,
    work,
};
use tauri::ipc::Channel;

use crate::{
    clock,
    device::{GnssFeed, KeysFile, PortChange, ports},
    dto::{Change, CommandError, Counts, PositionView, ProbeTiming, ShiftView, SyncView},
    record::Conversation,
    sync_task::SyncTask,
    turn::{Purpose, Turn, Turns},
};

/// A readout that is not recorded: another meter answered.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) readout: Readout,
    pub(crate) transcript: String,
    pub(crate) timing: ProbeTiming,
}

/// The stop that was read last, and its meter's clock where it was told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JustRead {
    pub(crate) stop: StopId,
    pub(crate) clock: Option<Civil>,
}

/// The device's own folder, and what lies in it beside the database.
#[derive(Debug, Default)]
pub(crate) struct Home {
    pub(crate) folder: PathBuf,
    pub(crate) keys: KeysFile,
}

/// What every command gets.
pub(crate) struct App {
    store: Arc<Mutex<Store>>,
    gnss: Mutex<Option<GnssFeed>>,
    sync: Mutex<Option<SyncTask>>,
    watcher: Mutex<Option<Channel<Change>>>,
    shown: Mutex<Option<Change>>,
    pub(crate) pending: Mutex<Option<Pending>>,
    pub(crate) just_read: Mutex<Option<JustRead>>,
    /// With the meter that was asked last, whether or not it could be read.
    pub(crate) conversation: Mutex<Option<Conversation>>,
    turns: Turns,
    ordered_from_fix: AtomicBool,
    pub(crate) home: Home,
    /// Called with the number of the stop that the reader goes to; the demo's street walks there.
    on_current: Option<Box<dyn Fn(u32) + Send + Sync>>,
}

impl App {
    pub(crate) fn new(
        store: Arc<Mutex<Store>>,
        home: Home,
        on_current: Option<Box<dyn Fn(u32) + Send + Sync>>,
    ) -> Self {
        Self {
            store,
            home,
            gnss: Mutex::default(),
            sync: Mutex::default(),
            watcher: Mutex::default(),
            shown: Mutex::default(),
            pending: Mutex::default(),
            just_read: Mutex::default(),
            conversation: Mutex::default(),
            turns: Turns::default(),
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
        self.home.keys.now().ring
    }

    /// The port that was chosen, else the first that is plugged in and not the receiver's.
    pub(crate) fn probe_port(&self) -> Result<String, CommandError> {
        let chosen = self.store().setting(Setting::ProbePort)?;
        let receiver = self.store().setting(Setting::GnssPort)?;
        let found = || ports().into_iter().map(|port| port.path).find(|path| Some(path) != receiver.as_ref());
        Ok(chosen.or_else(found).unwrap_or_default())
    }

    /// Takes the probe; refused while somebody waits for what it is doing.
    pub(crate) fn take_turn(&self, purpose: Purpose) -> Result<Turn<'_>, CommandError> {
        self.turns.take(purpose).ok_or(CommandError::Busy)
    }

    /// Stops what the probe is doing, if it is doing it for this.
    pub(crate) fn cancel(&self, purpose: Purpose) {
        self.turns.cancel(purpose);
    }

    /// Another meter is to be read: what is known of the last one is over.
    pub(crate) fn forget(&self) {
        *lock(&self.pending) = None;
        *lock(&self.just_read) = None;
        *lock(&self.conversation) = None;
    }

    /// The last conversation, or the one that this reading came of: of an older one only the transcript is kept.
    pub(crate) fn conversation_of(
        &self,
        reading: Option<ReadingId>,
    ) -> Result<Option<Conversation>, CommandError> {
        let last = lock(&self.conversation).clone();
        let Some(id) = reading else { return Ok(last) };
        if last.as_ref().is_some_and(|last| last.reading == Some(id)) {
            return Ok(last);
        }
        let store = self.store();
        let Some(kept) = store.reading(id)? else { return Ok(None) };
        let text = kept.reading.transcript.map(|hash| store.transcript(hash)).transpose()?.flatten();
        let serial = store.stop(kept.reading.stop)?.map(|stop| stop.meter.serial).unwrap_or_default();
        Ok(text.and_then(|text| Conversation::kept(&kept, serial, &text, self.keyring())))
    }

    /// Something was plugged in or pulled out.
    pub(crate) fn tell_ports(&self, change: PortChange) {
        let Some(channel) = lock(&self.watcher).clone() else { return };
        let (probe, gnss) = {
            let store = self.store();
            (
                store.setting(Setting::ProbePort).ok().flatten(),
                store.setting(Setting::GnssPort).ok().flatten(),
            )
        };
        channel.send(Change::of_ports(change, probe.as_deref(), gnss.as_deref())).ok();
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
                Change::Stops | Change::Ports { .. } => None,
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
