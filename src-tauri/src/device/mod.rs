//! What is plugged in: probes and receivers.

mod gnss;
mod keys;
mod line;
mod ports;
mod profile;
mod serial;
mod tcp;
mod watch;

pub(crate) use gnss::{GnssFeed, open_receiver};
pub(crate) use keys::{KeysFile, read_keys};
pub(crate) use line::{LineError, open_line};
pub(crate) use ports::{Port, ports};
pub(crate) use profile::{ProbeProfile, ProfileError};
pub(crate) use watch::{PortChange, watch_ports};
