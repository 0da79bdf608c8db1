//! The serial ports of this machine, with names a person knows.

use serialport::SerialPortType;

/// A port and what is plugged into it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Port {
    /// Its path, which opens it.
    pub path: String,
    /// What the device calls itself, or the path.
    pub name: String,
}

/// All ports there are now, those of USB first: probes hang on them. A path may always be typed instead.
pub(crate) fn ports() -> Vec<Port> {
    let port = |port: serialport::SerialPortInfo| {
        let name = match port.port_type {
            SerialPortType::UsbPort(usb) => usb.product.or(usb.manufacturer),
            SerialPortType::BluetoothPort => Some("Bluetooth".into()),
            SerialPortType::PciPort | SerialPortType::Unknown => None,
        };
        Port { name: name.unwrap_or_else(|| port.port_name.clone()), path: port.port_name }
    };
    let mut found = serialport::available_ports().unwrap_or_default();
    found.sort_by_key(|port| !matches!(port.port_type, SerialPortType::UsbPort(_)));
    found.into_iter().map(port).collect()
}
