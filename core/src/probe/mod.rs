//! Talking to meters through an optical probe.

pub mod drive;
pub mod error;
pub mod iec62056;
pub mod port;
pub mod readout;
pub mod transcript;

#[cfg(test)]
mod tests;
