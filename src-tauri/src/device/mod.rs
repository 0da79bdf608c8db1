//! What is plugged in: probes and receivers.

mod gnss;
mod line;
mod ports;
mod serial;
mod tcp;

pub(crate) use gnss::{GnssFeed, open_receiver};
pub(crate) use line::{LineError, open_line};
pub(crate) use ports::{Port, ports};
