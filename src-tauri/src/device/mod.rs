//! What is plugged in: probes and receivers.

mod gnss;
mod line;
mod ports;
mod serial;
mod tcp;

pub use gnss::{GnssFeed, Place};
pub use line::{LineError, open_line};
pub use ports::ports;
