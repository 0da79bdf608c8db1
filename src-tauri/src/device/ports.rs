//! The serial ports of this machine, with names a person knows.

use serialport::SerialPortType;

/// A port and what is plugged into it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Port {
    /// Its path, which opens it.
    pub path: String,
    /// What the device calls itself, or the path.
    pub name: String,
    /// This user may not open it.
    pub denied: bool,
}

impl Port {
    /// The same adapter in the same place.
    pub(super) fn is(&self, other: &Self) -> bool {
        (&self.path, &self.name) == (&other.path, &other.name)
    }
}

/// All ports there are now, those of USB first: probes hang on them. A path may always be typed instead.
pub(crate) fn ports() -> Vec<Port> {
    let port = |port: serialport::SerialPortInfo| {
        let name = match port.port_type {
            SerialPortType::UsbPort(usb) => usb.product.or(usb.manufacturer),
            SerialPortType::BluetoothPort => Some("Bluetooth".into()),
            SerialPortType::PciPort | SerialPortType::Unknown => None,
        };
        let (path, denied) = (port.port_name.clone(), is_denied(&port.port_name));
        Port { name: name.unwrap_or(port.port_name), path, denied }
    };
    let mut found = serialport::available_ports().unwrap_or_default();
    found.sort_by_key(|port| !matches!(port.port_type, SerialPortType::UsbPort(_)));
    found.into_iter().map(port).collect()
}

/// Asked of the system without opening: that would move the control lines, and wake or reset a probe.
#[cfg(target_os = "linux")]
fn is_denied(path: &str) -> bool {
    use rustix::{fs::Access, io::Errno};
    rustix::fs::access(path, Access::READ_OK | Access::WRITE_OK) == Err(Errno::ACCESS)
}

/// Elsewhere it is known when the port is opened.
#[cfg(not(target_os = "linux"))]
const fn is_denied(_: &str) -> bool {
    false
}
