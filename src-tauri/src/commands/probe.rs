//! The probe: reading the meter under it, what lies beside, trying it, and the record of the last conversation.

use std::sync::Arc;

use tauri::{State, async_runtime::spawn_blocking, ipc::Channel};

use super::stop_id;
use crate::{
    dto::{BesideResult, CommandError, ProbeHealth, ReadProgress, ReadResult, SavedRecord},
    state::App,
    trigger,
    turn::Purpose,
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
    let stop = stop_id(&stop)?;
    on_the_probe(&app, channel, move |app, tell| trigger::read_stop(app, stop, slow, tell)).await
}

/// Goes on with what the settings want beside the registers of the stop that was just read.
#[tauri::command]
pub(crate) async fn read_beside(
    app: State<'_, Arc<App>>,
    stop: String,
    channel: Channel<ReadProgress>,
) -> Result<BesideResult, CommandError> {
    let stop = stop_id(&stop)?;
    on_the_probe(&app, channel, move |app, tell| trigger::read_beside(app, stop, tell)).await
}

/// Tries the probe on white paper.
#[tauri::command]
pub(crate) async fn probe_test(
    app: State<'_, Arc<App>>,
    channel: Channel<ReadProgress>,
) -> Result<ProbeHealth, CommandError> {
    on_the_probe(&app, channel, trigger::try_the_probe).await
}

/// Stops the readout or the trial under way; with `beside` what is read beside the registers.
#[tauri::command(async)]
pub(crate) fn read_cancel(app: State<'_, Arc<App>>, beside: bool) {
    app.cancel(if beside { Purpose::Beside } else { Purpose::Asked });
}

/// Saves the record of the last conversation, or of the one that a reading came of.
#[tauri::command(async)]
pub(crate) fn save_transcript(
    app: State<'_, Arc<App>>,
    reading: Option<String>,
) -> Result<SavedRecord, CommandError> {
    let reading = reading.map(|id| id.parse()).transpose().map_err(CommandError::internal)?;
    let conversation = app.conversation_of(reading)?.ok_or(CommandError::NoRecord)?;
    let path = conversation.save(&app.home.folder)?;
    Ok(SavedRecord { path: path.display().to_string() })
}

/// Does something long beside the window.
async fn on_the_probe<T: Send + 'static>(
    app: &Arc<App>,
    channel: Channel<ReadProgress>,
    work: impl FnOnce(&App, &dyn Fn(ReadProgress)) -> Result<T, CommandError> + Send + 'static,
) -> Result<T, CommandError> {
    let app = app.clone();
    let tell = move |progress| {
        channel.send(progress).ok();
    };
    spawn_blocking(move || work(&app, &tell)).await.map_err(CommandError::internal)?
}
