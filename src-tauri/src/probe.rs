//! Reads the meter under the probe, whatever line the probe hangs on.

use std::sync::atomic::AtomicBool;

use lamplighter_core::probe::{
    drive::{Drive, drive},
    iec62056::{Config, Session},
    port::Progress,
};

use crate::{
    clock,
    device::{LineError, open_line},
};

/// Opens the line, reads, and releases the line. The transcript comes with success and with failure.
pub(crate) fn read(
    port: &str,
    config: Config,
    cancel: &AtomicBool,
    on_progress: &mut dyn FnMut(Progress),
) -> Result<Drive, LineError> {
    let mut line = open_line(port)?;
    let session = Session::start(clock::moment(), config);
    Ok(drive(session, &mut *line, &clock::moment, cancel, &mut |progress| on_progress(progress)))
}
