//! What waits, left for the office as a file.

use std::{path::PathBuf, sync::Arc};

use tauri::{State, async_runtime::spawn_blocking, ipc::Channel};

use crate::{
    clock,
    device::{drive_name, drives},
    dto::{CommandError, LeavePlace, LeaveProgress, LeaveView, LeftFile, fingerprint},
    leave::leave,
    state::App,
};

/// The folder of what was left, in the device's own: for whoever copies it from there.
const FOLDER: &str = "left";

/// Where a file can go to, drives first, and who can open it.
#[tauri::command(async)]
pub(crate) fn leave_view(app: State<'_, Arc<App>>) -> Result<LeaveView, CommandError> {
    let recovery = fingerprint(app.store().recovery()?);
    Ok(LeaveView { places: places(&app), recovery })
}

/// Writes everything that has no receipt to a new file in one of the places.
#[tauri::command]
pub(crate) async fn leave_file(
    app: State<'_, Arc<App>>,
    place: String,
    channel: Channel<LeaveProgress>,
) -> Result<LeftFile, CommandError> {
    let app = app.inner().clone();
    let write = move || {
        let folder = places(&app).into_iter().find(|it| it.path == place);
        // A drive that was pulled out meanwhile.
        let gone = std::io::Error::from(std::io::ErrorKind::NotFound);
        let folder = folder.ok_or_else(|| CommandError::cannot_write(place.as_ref(), &gone))?;
        let at = clock::now().to_string();
        let at = at.split('.').next().unwrap_or_default().replace(':', "-");
        let path = PathBuf::from(&folder.path).join(format!("lamplighter-{at}.parcel"));
        if !folder.drive {
            std::fs::create_dir_all(&folder.path)
                .map_err(|error| CommandError::cannot_write(&path, &error))?;
        }
        let tell = |done, total| drop(channel.send(LeaveProgress { done, total }));
        LeftFile::new(&leave(&app.shared_store(), &path, tell)?)
    };
    spawn_blocking(write).await.map_err(CommandError::internal)?
}

fn places(app: &App) -> Vec<LeavePlace> {
    let drive =
        |path: PathBuf| LeavePlace { name: drive_name(&path), path: path.display().to_string(), drive: true };
    let own = app.home.folder.join(FOLDER).display().to_string();
    let own = LeavePlace { path: own.clone(), name: own, drive: false };
    drives().into_iter().map(drive).chain([own]).collect()
}
