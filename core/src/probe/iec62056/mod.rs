//! IEC 62056-21: data readout in modes A, B and C, the way into HDLC in mode E, and single registers, load
//! profiles and events in programming mode. Nothing here writes to a meter.

mod agenda;
mod answer;
mod block;
mod check;
mod clock;
mod command;
mod config;
pub mod dataset;
mod dialogue;
mod doubt;
mod events;
mod goal;
mod heads;
mod identification;
mod limits;
mod listing;
mod lock;
mod message;
mod opening;
mod parity;
mod profile;
mod programming;
mod quiet;
mod registers;
mod report;
mod session;
mod sign_on;
mod signal;
mod singles;
mod speed;
mod tally;
mod turn;

pub use config::Config;
pub use message::{Address, AddressError};
pub use opening::{Config as OpeningConfig, Opened, Opening};
pub use registers::datum;
pub use session::Session;

// The telegrams that a meter pushes have the same lines.
pub(in crate::probe) use {
    clock::find as find_clock,
    message::{ETX, LF, STX, bcc},
    parity::Parity,
    registers::{serial, stands_still},
    speed::{Approach, plan},
};
