//! A serial port as a line.
//!
//! Always eight bits without parity: drivers drop parity silently, so the protocols do theirs in software.
//! Control lines are left alone; many adapters and all pseudo-terminals do not know them.

use std::{
    io::{self, Read as _, Write as _},
    path::Path,
    time::Duration,
};

use lamplighter_core::probe::port::{Line, Settings};
use serialport::{ClearBuffer, SerialPort as _, TTYPort};

use super::line::LineError;

const OPENING_BAUD: u32 = 300;

pub(super) struct SerialLine {
    port: TTYPort,
}

impl SerialLine {
    pub(super) fn open(path: &str) -> Result<Self, LineError> {
        let port = open_port(path, OPENING_BAUD)?;
        // What lay in the buffer before was not said to us.
        port.clear(ClearBuffer::All).ok();
        Ok(Self { port })
    }
}

/// Opens a port exclusively, 8N1.
pub(super) fn open_port(path: &str, baud: u32) -> Result<TTYPort, LineError> {
    serialport::new(path, baud).open_native().map_err(|error| why(path, &error))
}

fn why(path: &str, error: &serialport::Error) -> LineError {
    let port = path.to_owned();
    match error.kind() {
        serialport::ErrorKind::Io(io::ErrorKind::PermissionDenied) => LineError::Denied(port),
        serialport::ErrorKind::NoDevice if Path::new(path).exists() => LineError::Busy(port),
        serialport::ErrorKind::NoDevice | serialport::ErrorKind::Io(io::ErrorKind::NotFound) => {
            LineError::Missing(port)
        }
        serialport::ErrorKind::Io(io::ErrorKind::ResourceBusy) => LineError::Busy(port),
        serialport::ErrorKind::InvalidInput
        | serialport::ErrorKind::Unknown
        | serialport::ErrorKind::Io(_) => LineError::Failed { port, reason: error.to_string() },
    }
}

impl Line for SerialLine {
    fn set(&mut self, settings: Settings) -> io::Result<()> {
        Ok(self.port.set_baud_rate(settings.baud)?)
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.port.set_timeout(Duration::from_secs(2))?;
        self.port.write_all(bytes)
    }

    fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<usize> {
        self.port.set_timeout(wait.max(Duration::from_millis(1)))?;
        match self.port.read(buffer) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::Interrupted) => {
                Ok(0)
            }
            other => other,
        }
    }
}
