//! Tries the probe itself, without a meter.

use std::sync::atomic::AtomicBool;

use lamplighter_core::probe::{
    drive::{Attendant, Drive, drive},
    port::Progress,
    selftest::{Health, SelfTest},
};

use crate::{
    clock,
    device::{LineError, ProbeProfile, open_line},
    dto::{CommandError, ProbeHealth, ReadProgress},
    probe,
    state::App,
    turn::Purpose,
};

/// Tries the probe of the settings.
pub(crate) fn try_the_probe(app: &App, tell: &dyn Fn(ReadProgress)) -> Result<ProbeHealth, CommandError> {
    let turn = app.take_turn(Purpose::Asked)?;
    let port = app.probe_port()?;
    let (_, profile) = probe::probe_of(&app.store(), &port, app.keyring())?;
    let mut show = |progress: Progress| tell(progress.into());
    let health = try_probe(&port, &profile, &turn.cancel, &mut show)?.result;
    health.map(Into::into).map_err(|error| CommandError::of_drive(error, &port))
}

/// Opens the line, tries the probe on it, and releases the line.
pub(crate) fn try_probe(
    port: &str,
    profile: &ProbeProfile,
    cancel: &AtomicBool,
    attendant: &mut dyn Attendant,
) -> Result<Drive<Health>, LineError> {
    let mut line = open_line(port, profile)?;
    Ok(drive(SelfTest::start(clock::moment()), &mut *line, &clock::moment, cancel, attendant))
}
