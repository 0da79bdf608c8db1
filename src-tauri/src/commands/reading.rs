//! Readings: typed, taken back, taken for another stop.

use std::sync::Arc;

use lamplighter_core::work::{self, Recording};
use tauri::State;

use super::stop_id;
use crate::{
    clock,
    dto::{CommandError, Entry, Recorded, ShiftView},
    state::{App, lock},
};

/// Records digits typed from the display.
#[tauri::command(async)]
pub(crate) fn record_typed(
    app: State<'_, Arc<App>>,
    stop: String,
    entries: Vec<Entry>,
) -> Result<Recorded, CommandError> {
    let stop = app.stop(stop_id(&stop)?)?;
    let parse = |entry: Entry| match entry.obis.parse() {
        Ok(obis) => Ok((obis, entry.digits)),
        Err(_) => Err(CommandError::BadEntry { obis: entry.obis }),
    };
    let entries = entries.into_iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    app.begin()?;
    let fix = app.fix();
    let recorded = work::record_typed(&mut app.store(), clock::now(), stop.id, &entries, fix)?;
    app.nudge();
    Ok(Recorded::new(&recorded, &stop, None))
}

/// Takes a reading back; its stop is to do again and at hand.
#[tauri::command(async)]
pub(crate) fn withdraw(app: State<'_, Arc<App>>, reading: String) -> Result<ShiftView, CommandError> {
    let id = reading.parse().map_err(CommandError::internal)?;
    let stop = app.store().reading(id)?.map(|recorded| recorded.reading.stop);
    app.store().withdraw(clock::now(), id)?;
    app.set_current(stop)?;
    app.nudge();
    app.shift_view()
}

/// Records the readout that another meter gave, for the stop that the reader names.
#[tauri::command(async)]
pub(crate) fn take_for(app: State<'_, Arc<App>>, stop: String) -> Result<Recorded, CommandError> {
    let stop = app.stop(stop_id(&stop)?)?;
    let pending = lock(&app.pending).clone().ok_or(CommandError::NoRegister)?;
    let (fix, now) = (app.fix(), clock::now());
    let (readout, transcript) = (&pending.readout, &pending.transcript);
    let recording = work::record_readout(&mut app.store(), now, stop.id, readout, transcript, fix, true)?;
    let Recording::Recorded(recorded) = recording else { return Err(CommandError::NoRegister) };
    *lock(&app.pending) = None;
    app.nudge();
    Ok(Recorded::new(&recorded, &stop, Some(pending.timing)))
}
