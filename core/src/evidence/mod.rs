//! Readings as evidence: canonical bytes, a hash chain over them, the seal of the device that took them, and envelopes
//! that only the office opens.

pub mod chain;
pub mod envelope;
pub mod event;
mod message;
pub mod seal;
