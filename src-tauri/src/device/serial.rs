//! A serial port as a line.
//!
//! Always eight bits. Seven bits with parity are made in software, because drivers drop parity silently; only
//! the eight bits with even parity of DL/T 645 need the port's own. Control lines are set where a probe's
//! profile says so; many adapters and all pseudo-terminals do not know them.

use std::{
    io::{self, Read as _, Write as _},
    path::Path,
    thread,
    time::Duration,
};

use lamplighter_core::probe::port::{Framing, Line, Settings};
use serialport::{ClearBuffer, Parity, SerialPort as _, TTYPort};

use super::{line::LineError, profile::ProbeProfile};

const OPENING_BAUD: u32 = 300;

pub(super) struct SerialLine {
    port: TTYPort,
}

impl SerialLine {
    pub(super) fn open(path: &str, profile: &ProbeProfile) -> Result<Self, LineError> {
        let mut port = open_port(path, OPENING_BAUD)?;
        hurry(path);
        // A port without such a line answers with an error, and works.
        if let Some(level) = profile.dtr {
            port.write_data_terminal_ready(level).ok();
        }
        if let Some(level) = profile.rts {
            port.write_request_to_send(level).ok();
        }
        thread::sleep(profile.wake);
        // What lay in the buffer before was not said to us.
        port.clear(ClearBuffer::All).ok();
        Ok(Self { port })
    }
}

/// Some USB adapters hold bytes back for 16 ms; where the system lets us, they are asked not to.
fn hurry(path: &str) {
    let name = Path::new(path).file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if !name.is_empty() {
        std::fs::write(format!("/sys/bus/usb-serial/devices/{name}/latency_timer"), "1").ok();
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
        self.port.set_baud_rate(settings.baud)?;
        let parity = match settings.framing {
            Framing::SevenEven | Framing::EightNone => Parity::None,
            Framing::EightEven => Parity::Even,
        };
        Ok(self.port.set_parity(parity)?)
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
