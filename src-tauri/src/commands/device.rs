//! The device and what is plugged in.

use std::sync::Arc;

use lamplighter_core::{store::Setting, work::Beside};
use tauri::State;

use crate::{
    device,
    dto::{BesideView, CommandError, DeviceView, KeysView, ProfileView, fingerprint},
    state::App,
};

/// Ports, probe, keys, hub and version.
#[tauri::command(async)]
pub(crate) fn device_view(app: State<'_, Arc<App>>) -> Result<DeviceView, CommandError> {
    let ports = device::ports().into_iter().map(Into::into).collect();
    let store = app.store();
    Ok(DeviceView {
        probe: store.setting(Setting::ProbePort)?.unwrap_or_default(),
        profile: ProfileView::of_text(store.setting(Setting::ProbeProfile)?),
        gnss: store.setting(Setting::GnssPort)?.unwrap_or_default(),
        beside: BesideView::of_text(store.setting(Setting::ReadBeside)?),
        keys: KeysView::new(&app.home),
        hub: store.identity()?.map_or_else(String::new, |identity| identity.hub_url),
        recovery: fingerprint(store.recovery()?),
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

/// Says what the probe is and needs.
#[tauri::command(async)]
pub(crate) fn probe_set(app: State<'_, Arc<App>>, profile: ProfileView) -> Result<DeviceView, CommandError> {
    let profile = profile.parse().map_err(CommandError::internal)?;
    app.store().put_setting(Setting::ProbeProfile, Some(&profile.to_string()))?;
    device_view(app)
}

/// Says what is read beside the registers.
#[tauri::command(async)]
pub(crate) fn beside_set(app: State<'_, Arc<App>>, beside: BesideView) -> Result<DeviceView, CommandError> {
    let BesideView { days, events } = beside;
    let beside = Beside { days: days.min(Beside::DAYS_MAX), events };
    app.store().put_setting(Setting::ReadBeside, Some(&beside.to_string()))?;
    device_view(app)
}
