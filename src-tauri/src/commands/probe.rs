//! Reading the meter under the probe.

use std::sync::Arc;

use lamplighter_core::{
    id::StopId,
    probe::{detect::Aim, part::Wants, port::Progress},
    work::{self, Recording},
};
use tauri::{State, async_runtime::spawn_blocking, ipc::Channel};

use super::stop_id;
use crate::{
    clock,
    dto::{CommandError, ProbeTiming, ReadProgress, ReadResult, Recorded, StopRow},
    probe::{self, Desk, Tried},
    state::{App, Pending, lock},
};

/// Reads the meter and records it. What the screen gets as recorded is on disk. With `slow` the ways that take
/// long are searched, too; the reader was asked.
#[tauri::command]
pub(crate) async fn read_stop(
    app: State<'_, Arc<App>>,
    stop: String,
    slow: bool,
    channel: Channel<ReadProgress>,
) -> Result<ReadResult, CommandError> {
    let (app, stop) = (app.inner().clone(), stop_id(&stop)?);
    spawn_blocking(move || read(&app, stop, slow, &channel)).await.map_err(CommandError::internal)?
}

/// Stops the readout under way.
#[tauri::command(async)]
pub(crate) fn read_cancel(app: State<'_, Arc<App>>) {
    app.cancel();
}

fn read(
    app: &App,
    id: StopId,
    slow: bool,
    channel: &Channel<ReadProgress>,
) -> Result<ReadResult, CommandError> {
    let stop = app.stop(id)?;
    let turn = app.take_turn()?;
    let tell = |progress| {
        channel.send(progress).ok();
    };
    *lock(&app.pending) = None;
    tell(ReadProgress::Opening);
    let port = app.probe_port()?;
    let store = app.shared_store();
    let (probe, profile) = probe::probe_of(&app.store(), &port, app.keyring())?;
    let aim = probe::aim(&store, &probe, Some(&stop.meter), Wants::default())?;
    let aim = Aim { slow, ..aim };
    let mut show = |progress: Progress| tell(progress.into());
    let mut desk = Desk::new(Some(&store), &aim, &mut show);
    let Tried { drive: driven, trail } = probe::read(&port, &profile, aim, &turn.cancel, &mut desk)?;
    let readout = driven.result.map_err(|error| CommandError::of_drive(error, &port).with_trail(&trail))?;
    tell(ReadProgress::Judging);
    app.begin()?;
    let (fix, transcript) = (app.fix(), driven.transcript.to_string());
    let timing = ProbeTiming::new(&readout, &driven.timing);
    let recording =
        work::record_readout(&mut app.store(), clock::now(), id, &readout, &transcript, fix, false)?;
    let planned = matches!(recording, Recording::Recorded(_)).then_some(&*stop.meter.serial);
    work::remember(&mut app.store(), clock::now(), &probe, planned, &readout)?;
    match recording {
        Recording::Recorded(recorded) => {
            app.nudge();
            Ok(ReadResult::Recorded { recorded: Box::new(Recorded::new(&recorded, &stop, Some(timing))) })
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
