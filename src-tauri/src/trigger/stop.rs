//! Reads the meter of a stop and records it.

use lamplighter_core::{
    id::StopId,
    probe::{detect::Aim, drive::Timing, part::Wants, port::Progress, readout::Readout},
    round::Stop,
    work::{self, Probe, Recording},
};

use crate::{
    clock,
    dto::{CommandError, ProbeTiming, ReadProgress, ReadResult, Recorded, StopRow},
    probe::{self, Desk},
    record::Conversation,
    state::{App, JustRead, Pending, lock},
    turn::Purpose,
};

/// Reads the meter and records it. With `slow` the ways that take long are searched.
pub(crate) fn read_stop(
    app: &App,
    id: StopId,
    slow: bool,
    tell: &dyn Fn(ReadProgress),
) -> Result<ReadResult, CommandError> {
    let stop = app.stop(id)?;
    let turn = app.take_turn(Purpose::Asked)?;
    app.forget();
    tell(ReadProgress::Opening);
    let port = app.probe_port()?;
    let store = app.shared_store();
    let (probe, profile) = probe::probe_of(&app.store(), &port, app.keyring())?;
    let aim = Aim { slow, ..probe::aim(&store, &probe, Some(&stop.meter), Wants::default())? };
    let mut show = |progress: Progress| tell(progress.into());
    let mut desk = Desk::new(Some(&store), &aim, &mut show);
    let began = clock::now();
    let tried = probe::read(&port, &profile, aim, &turn.cancel, &mut desk)?;
    let conversation =
        Conversation::of(began, &stop.meter.serial, (&port, &profile), &tried, probe.keyring.clone());
    *lock(&app.conversation) = Some(conversation);
    let (trail, driven) = (tried.trail, tried.drive);
    let readout = driven.result.map_err(|error| CommandError::of_drive(error, &port).with_trail(&trail))?;
    tell(ReadProgress::Judging);
    record(app, &stop, &probe, readout, driven.transcript.to_string(), &driven.timing)
}

fn record(
    app: &App,
    stop: &Stop,
    probe: &Probe,
    readout: Readout,
    transcript: String,
    timing: &Timing,
) -> Result<ReadResult, CommandError> {
    app.begin()?;
    let (fix, now) = (app.fix(), clock::now());
    let timing = ProbeTiming::new(&readout, timing);
    let recording = work::record_readout(&mut app.store(), now, stop.id, &readout, &transcript, fix, false)?;
    let planned = matches!(recording, Recording::Recorded(_)).then_some(&*stop.meter.serial);
    work::remember(&mut app.store(), now, probe, planned, &readout)?;
    match recording {
        Recording::Recorded(recorded) => {
            if let Some(conversation) = &mut *lock(&app.conversation) {
                conversation.reading = Some(recorded.id);
            }
            *lock(&app.just_read) = Some(JustRead { stop: stop.id, clock: readout.clock });
            app.nudge();
            Ok(ReadResult::Recorded { recorded: Box::new(Recorded::new(&recorded, stop, Some(timing))) })
        }
        Recording::WrongMeter { seen, belongs_to } => {
            *lock(&app.pending) = Some(Pending { readout, transcript, timing });
            let other = belongs_to.map(|id| app.stop(id)).transpose()?;
            let here = fix.map(|fix| fix.position);
            let belongs_to = other.map(|other| Box::new(StopRow::new(&other, None, here)));
            Ok(ReadResult::WrongMeter { seen, belongs_to })
        }
    }
}
