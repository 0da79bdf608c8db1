//! The shift and its sync.

use std::sync::Arc;

use lamplighter_core::{reading::Method, work};
use lamplighter_sync::{drive, http::HttpHub};
use tauri::{State, ipc::Channel};

use crate::{
    clock,
    dto::{Change, CommandError, Counts, ShiftSummary, ShiftView, SyncView},
    state::App,
};

/// The frame of every screen.
#[tauri::command(async)]
pub(crate) fn shift_view(app: State<'_, Arc<App>>) -> Result<ShiftView, CommandError> {
    app.settle()?;
    app.shift_view()
}

/// Hears of every change from now on.
#[tauri::command(async)]
pub(crate) fn watch(app: State<'_, Arc<App>>, channel: Channel<Change>) {
    app.watch(channel);
}

/// Goes to the next stop to do.
#[tauri::command(async)]
pub(crate) fn advance(app: State<'_, Arc<App>>) -> Result<ShiftView, CommandError> {
    app.go_on()?;
    app.shift_view()
}

/// Sends what waits, now.
#[tauri::command(async)]
pub(crate) fn sync_now(app: State<'_, Arc<App>>) -> Result<SyncView, CommandError> {
    app.nudge();
    app.sync_view()
}

/// The shift in numbers.
#[tauri::command(async)]
pub(crate) fn shift_summary(app: State<'_, Arc<App>>) -> Result<ShiftSummary, CommandError> {
    let shift = app.shift()?;
    let counts = work::Counts::of(&app.outcomes()?);
    let methods =
        shift.as_ref().map(|shift| app.store().methods(shift.round.id)).transpose()?.unwrap_or_default();
    let began = shift.as_ref().and_then(|shift| shift.started_at);
    let ended = shift.as_ref().and_then(|shift| shift.ended_at);
    let count =
        |method| u32::try_from(methods.iter().filter(|&&one| one == method).count()).unwrap_or(u32::MAX);
    let spent_ms = began.map(|began| ended.unwrap_or_else(clock::now).since(began));
    #[expect(clippy::cast_precision_loss, reason = "seconds for a screen")]
    let pace =
        spent_ms.filter(|_| counts.read() > 0).map(|ms| ms as f64 / 1_000.0 / f64::from(counts.read()));
    Ok(ShiftSummary {
        round: shift.as_ref().map(|shift| (&shift.round).into()),
        counts: Counts::from(counts),
        started_at_ms: began.map(|at| at.0),
        ended_at_ms: ended.map(|at| at.0),
        probed: count(Method::Probe),
        typed: count(Method::Keypad),
        walk_m: app.walked_m(),
        seconds_per_reading: pace,
        sync: app.sync_view()?,
    })
}

/// Ends the shift.
#[tauri::command(async)]
pub(crate) fn shift_close(app: State<'_, Arc<App>>) -> Result<ShiftSummary, CommandError> {
    if let Some(shift) = app.shift()?.filter(|shift| shift.ended_at.is_none()) {
        app.begin()?;
        app.store().end_shift(clock::now(), shift.round.id)?;
    }
    app.nudge();
    shift_summary(app)
}

/// Enrols this device with a one-time code.
#[tauri::command]
pub(crate) async fn enrol(
    app: State<'_, Arc<App>>,
    hub: String,
    code: String,
) -> Result<ShiftView, CommandError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(CommandError::internal)?;
    let client = HttpHub::new(&hub).map_err(|_| CommandError::HubUnreachable)?;
    drive::enrol(&client, &app.shared_store(), &hub, &code, seed).await?;
    app.nudge();
    app.shift_view()
}
