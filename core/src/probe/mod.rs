//! Talking to meters through an optical probe.

pub mod port;
pub mod readout;
