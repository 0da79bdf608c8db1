//! The device and what is plugged in.

use std::sync::Arc;

use lamplighter_core::store::Setting;
use tauri::State;

use crate::{
    device,
    dto::{CommandError, DeviceView},
    state::App,
};

/// Ports, hub and version.
#[tauri::command(async)]
pub(crate) fn device_view(app: State<'_, Arc<App>>) -> Result<DeviceView, CommandError> {
    let ports = device::ports().into_iter().map(Into::into).collect();
    let store = app.store();
    Ok(DeviceView {
        probe: store.setting(Setting::ProbePort)?.unwrap_or_default(),
        gnss: store.setting(Setting::GnssPort)?.unwrap_or_default(),
        hub: store.identity()?.map_or_else(String::new, |identity| identity.hub_url),
        ports,
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// Chooses the probe's and the receiver's port.
#[tauri::command(async)]
pub(crate) fn device_set(
    app: State<'_, Arc<App>>,
    probe: String,
    gnss: String,
) -> Result<DeviceView, CommandError> {
    let chosen = |path: &str| Some(path.trim().to_owned()).filter(|path| !path.is_empty());
    app.store().put_setting(Setting::ProbePort, chosen(&probe).as_deref())?;
    app.store().put_setting(Setting::GnssPort, chosen(&gnss).as_deref())?;
    app.listen()?;
    device_view(app)
}
