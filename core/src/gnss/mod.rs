//! Where the reader stands: bytes of a receiver to fixes, and what is near.

mod epoch;
pub mod fix;
pub mod line;
pub mod near;
pub mod receiver;
pub mod track;

#[cfg(test)]
mod log_tests;
#[cfg(test)]
mod receiver_tests;
