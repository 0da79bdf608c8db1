//! Readings as evidence: canonical bytes, a hash chain over them, and the seal of the device that took them.

pub mod chain;
pub mod event;
mod message;
pub mod seal;
