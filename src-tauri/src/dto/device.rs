//! The device and what is plugged in, as the menu shows it.

use serde::Serialize;
use ts_rs::TS;

use crate::device::Port;

/// A serial port.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PortView {
    pub(crate) path: String,
    pub(crate) name: String,
}

/// The device.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceView {
    pub(crate) probe: String,
    pub(crate) gnss: String,
    pub(crate) hub: String,
    pub(crate) ports: Vec<PortView>,
    pub(crate) version: &'static str,
}

impl From<Port> for PortView {
    fn from(port: Port) -> Self {
        Self { path: port.path, name: port.name }
    }
}
