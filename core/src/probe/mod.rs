//! Talking to meters through an optical probe.

pub mod c1218;
pub mod crc;
pub mod decode;
pub mod detect;
pub mod dlms;
pub mod dlt645;
pub mod drive;
mod dump;
pub mod error;
pub mod iec62056;
pub mod keys;
mod listen;
pub mod mode_e;
pub mod part;
pub mod port;
pub mod push;
pub mod readout;
mod script;
pub mod secrets;
pub mod selftest;
pub mod sml;
pub mod transcript;
pub mod way;

#[cfg(test)]
mod tests;
