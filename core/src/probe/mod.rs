//! Talking to meters through an optical probe.

pub mod crc;
pub mod dlms;
pub mod drive;
pub mod error;
pub mod iec62056;
pub mod keys;
pub mod part;
pub mod port;
pub mod readout;
mod script;
pub mod transcript;
pub mod way;

#[cfg(test)]
mod tests;
