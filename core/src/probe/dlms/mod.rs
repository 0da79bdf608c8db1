//! DLMS/COSEM over HDLC on the optical port: the reading client. Nothing here writes to a meter, switches it or
//! sets its clock.

mod access;
pub mod address;
mod apdu;
mod association;
pub mod axdr;
mod batch;
mod channel;
mod cipher;
mod clock;
mod config;
mod cursor;
pub mod decode;
mod dialogue;
mod echo;
mod elements;
mod entering;
mod events;
mod found;
mod frame;
mod limits;
mod link;
mod linking;
mod memory;
mod objects;
mod profile;
pub mod push;
mod session;
mod telegrams;
mod tour;

pub use address::{Address, AddressError, Ends};
pub use config::Config;
pub use decode::decode;
pub(super) use frame::is_goodbye;
pub use session::Session;
pub use telegrams::telegrams;
pub use tour::Scope;

#[cfg(test)]
pub(super) mod tests;
