//! Opens the line that a person named: a serial port by its path, or `tcp://host:port`.

use std::io;

use lamplighter_core::probe::port::Line;

use super::{profile::ProbeProfile, serial::SerialLine, tcp::TcpLine};

/// Why a line cannot be opened; each calls for something else.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LineError {
    /// There is no such port.
    #[error("there is no port {0}: plug the probe in, or name another port")]
    Missing(String),
    /// Another program holds it.
    #[error("the port {0} is in use: close the other program")]
    Busy(String),
    /// We may not open it.
    #[error("no permission for the port {0}: add this user to the group dialout (or uucp) and sign in again")]
    Denied(String),
    /// Anything else.
    #[error("the port {port} cannot be opened: {reason}")]
    Failed {
        /// Which.
        port: String,
        /// What the system said.
        reason: String,
    },
}

/// Opens the line, and wakes the probe as its profile says. It is released when the value is dropped.
pub(crate) fn open_line(port: &str, profile: &ProbeProfile) -> Result<Box<dyn Line + Send>, LineError> {
    match port.strip_prefix("tcp://") {
        Some(address) => Ok(Box::new(TcpLine::connect(address).map_err(|error| because(port, &error))?)),
        None => Ok(Box::new(SerialLine::open(port, profile)?)),
    }
}

fn because(port: &str, error: &io::Error) -> LineError {
    let (port, kind) = (port.to_owned(), error.kind());
    if kind == io::ErrorKind::NotFound {
        return LineError::Missing(port);
    }
    LineError::Failed { port, reason: error.to_string() }
}
