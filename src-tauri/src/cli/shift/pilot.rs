//! Walks a round as a sensible reader would: to the next stop, probe on the meter, one key; a stop that cannot
//! be read is skipped with its reason.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, atomic::AtomicBool},
    thread,
    time::Duration,
};

use lamplighter_core::{
    gnss::fix::Fix,
    id::StopId,
    probe::{drive::DriveError, error::ReadError, keys::Keyring, part::Wants},
    round::{SkipReason, Stop},
    store::Store,
    work::{self, Recording},
};
use tokio::runtime::Handle;

use super::show::Show;
use crate::{
    Failure, clock,
    demo::Street,
    device::GnssFeed,
    probe::{self, Desk},
    state::lock,
    sync_task::{SyncTask, Trouble},
};

/// How long the round may take to arrive, and a receiver to find itself.
const ROUND_WAIT: Duration = Duration::from_secs(60);
const FIX_WAIT: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(20);
/// A probe that got no answer is seated once more.
const PROBE_TRIES: u32 = 2;

pub(super) struct Pilot {
    store: Arc<Mutex<Store>>,
    street: Street,
    gnss: GnssFeed,
    sync: SyncTask,
    keyring: Arc<Keyring>,
}

/// What one stop came to.
enum Visit {
    Done,
    /// The meter here belongs to another stop of the round: it was recorded there.
    TakenFor(StopId),
}

impl Pilot {
    pub(super) fn new(
        runtime: &Handle,
        store: Arc<Mutex<Store>>,
        street: Street,
        keyring: Arc<Keyring>,
    ) -> Self {
        let gnss = GnssFeed::start(street.gnss.clone());
        let sync = SyncTask::start(runtime, store.clone(), || {});
        Self { store, street, gnss, sync, keyring }
    }

    /// Until no stop is left to do. Answers the metres walked.
    pub(super) fn walk_the_round(&mut self, show: &mut Show) -> Result<f64, Failure> {
        show.say("waiting-round", &[]);
        self.wait(ROUND_WAIT, |pilot| Ok(lock(&pilot.store).shift()?.is_some()))?
            .then_some(())
            .ok_or_else(|| Failure("the hub sent no round".into()))?;
        let shift = lock(&self.store).shift()?.ok_or_else(|| Failure("no round".into()))?;
        if shift.started_at.is_none() {
            self.wait_for_all_plans()?;
        }
        let round = shift.round;
        self.wait(FIX_WAIT, |pilot| Ok(pilot.fix().is_some()))?;
        let here = self.fix().map(|fix| fix.position);
        let mut next = work::begin(&mut lock(&self.store), clock::now(), round.id, here)?;
        let mut walked_m = 0.0;
        let mut tried = HashSet::new();
        show.begin(&round, &lock(&self.store).outcomes(round.id)?);
        while let Some(id) = next {
            let stop = lock(&self.store).stop(id)?.ok_or_else(|| Failure("a stop is gone".into()))?;
            walked_m += self.street.walk(stop.number)?;
            let mut elsewhere = None;
            if !tried.insert(id) {
                self.skip(&stop, SkipReason::MeterMissing, show)?;
            } else if let Visit::TakenFor(other) = self.visit(&stop, show)? {
                elsewhere = Some(other).filter(|other| !tried.contains(other));
            }
            self.sync.nudge();
            let stops = lock(&self.store).outcomes(round.id)?;
            show.count(&stops);
            // Where the other meter should hang, this one may: neighbours get swapped.
            next = elsewhere.or_else(|| work::next_stop(&stops, Some(id)));
        }
        let store = &mut lock(&self.store);
        if store.shift()?.is_some_and(|shift| shift.ended_at.is_none()) {
            store.end_shift(clock::now(), round.id)?;
        }
        Ok(walked_m)
    }

    /// Until the hub's receipts cover everything.
    pub(super) fn wait_until_held(&mut self, limit: Duration) -> Result<(), Failure> {
        self.sync.nudge();
        let held = self.wait(limit, |pilot| {
            if lock(&pilot.store).standing()?.waiting == 0 {
                return Ok(true);
            }
            if let Some(Trouble::Refused(reason)) = pilot.sync.status().trouble {
                return Err(Failure(format!(
                    "the hub refuses ({reason:?}): all readings stay on this device"
                )));
            }
            Ok(false)
        })?;
        if held {
            Ok(())
        } else {
            Err(Failure("the hub cannot be reached: all readings stay on this device".into()))
        }
    }

    /// The first sync brings the whole round before the walk is ordered.
    fn wait_for_all_plans(&self) -> Result<(), Failure> {
        self.wait(ROUND_WAIT, |pilot| Ok(pilot.sync.status().agreed_at.is_some()))?;
        Ok(())
    }

    fn visit(&mut self, stop: &Stop, show: &mut Show) -> Result<Visit, Failure> {
        for attempt in 1..=PROBE_TRIES {
            let never = AtomicBool::new(false);
            let (probe, profile) =
                probe::probe_of(&lock(&self.store), &self.street.probe, self.keyring.clone())?;
            let aim = probe::aim(&self.store, &probe, Some(&stop.meter), Wants::default())?;
            let quiet = &mut |_| {};
            let mut desk = Desk::new(Some(&self.store), &aim, quiet);
            let driven = probe::read(&self.street.probe, &profile, aim, &never, &mut desk)?.drive;
            match driven.result {
                Ok(readout) => {
                    let planned = Some(&*stop.meter.serial);
                    work::remember(&mut lock(&self.store), clock::now(), &probe, planned, &readout)?;
                    let transcript = driven.transcript.to_string();
                    return self.record(stop, &readout, &transcript, show);
                }
                Err(DriveError::Read(
                    ReadError::Silent { .. } | ReadError::Unrecognised { heard: false, .. },
                )) if attempt == PROBE_TRIES => {
                    self.skip(stop, SkipReason::NoAnswer, show)?;
                }
                Err(DriveError::Read(_)) if attempt == PROBE_TRIES => {
                    self.skip(stop, SkipReason::MeterFaulty, show)?;
                }
                Err(DriveError::Read(_)) => {}
                Err(error @ (DriveError::Line(_) | DriveError::Keep(_) | DriveError::Cancelled)) => {
                    return Err(Failure::of_drive(error, &self.street.probe));
                }
            }
        }
        Ok(Visit::Done)
    }

    fn record(
        &self,
        stop: &Stop,
        readout: &lamplighter_core::probe::readout::Readout,
        transcript: &str,
        show: &mut Show,
    ) -> Result<Visit, Failure> {
        let take = |id, insist| {
            let fix = self.fix();
            work::record_readout(&mut lock(&self.store), clock::now(), id, readout, transcript, fix, insist)
        };
        match take(stop.id, false)? {
            Recording::Recorded(recorded) => {
                show.saved(stop, &recorded);
                Ok(Visit::Done)
            }
            Recording::WrongMeter { belongs_to: Some(other), .. } => {
                if let Recording::Recorded(recorded) = take(other, false)? {
                    show.saved(stop, &recorded);
                }
                Ok(Visit::TakenFor(other))
            }
            Recording::WrongMeter { belongs_to: None, .. } => {
                if let Recording::Recorded(recorded) = take(stop.id, true)? {
                    show.saved(stop, &recorded);
                }
                Ok(Visit::Done)
            }
        }
    }

    fn skip(&self, stop: &Stop, reason: SkipReason, show: &mut Show) -> Result<(), Failure> {
        lock(&self.store).skip(clock::now(), stop.id, reason, None, self.fix())?;
        show.skipped(stop, reason);
        Ok(())
    }

    fn fix(&self) -> Option<Fix> {
        self.gnss.place().fix(clock::now())
    }

    fn wait(&self, limit: Duration, done: impl Fn(&Self) -> Result<bool, Failure>) -> Result<bool, Failure> {
        let until = clock::moment() + limit;
        while clock::moment() < until {
            if done(self)? {
                return Ok(true);
            }
            thread::sleep(POLL);
        }
        done(self)
    }
}
