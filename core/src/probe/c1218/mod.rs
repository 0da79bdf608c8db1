//! ANSI C12.18 (PSEM) on an optical port, and the tables of C12.19: meters of the Americas. Nothing here
//! writes to a meter.

mod agenda;
mod channel;
mod config;
mod decode;
mod fetch;
mod limits;
mod logs;
mod number;
mod packet;
mod profiling;
mod reading;
mod service;
mod session;
mod table;
#[cfg(test)]
mod tests;
mod trying;

pub use config::Config;
pub(super) use decode::telegrams;
pub use decode::{Dump, Said, Saying, decode};
pub use service::{Code, Request};
pub use session::Session;
