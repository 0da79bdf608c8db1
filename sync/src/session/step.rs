//! What a session asks for next, and how it ends.

use std::time::Duration;

use lamplighter_core::{
    evidence::chain::Head,
    store::{Recovery, Stretch},
};

use crate::{exchange::Request, wire};

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Send this and call [`Session::replied`](super::Session::replied). No transaction is open.
    Exchange(Request),
    /// Read events and call [`Session::batch`](super::Session::batch).
    ReadBatch {
        /// Which.
        span: Stretch,
        /// At most so many.
        count_max: usize,
        /// About so many bytes.
        bytes_max: usize,
    },
    /// The hub tells this recovery key: take it over, then call [`Session::stored`](super::Session::stored).
    Keep(Recovery),
    /// Read the heads after these events and call [`Session::links`](super::Session::links).
    ReadLinks {
        /// Of this log.
        epoch: u32,
        /// In order.
        seqs: Vec<u64>,
    },
    /// The hub holds this log up to here: shrink the outbox, then call [`Session::stored`](super::Session::stored).
    Confirm {
        /// Which log.
        epoch: u32,
        /// Its last event that is held.
        head: Head,
    },
    /// The hub holds another history of a log: say again what it lacks, then call [`Session::reopened`](super::Session::reopened).
    Reopen {
        /// Which log.
        epoch: u32,
        /// The last event that both hold.
        common: Head,
        /// For a new log.
        next: u32,
    },
    /// Take these plans over, then call [`Session::stored`](super::Session::stored).
    Apply(wire::Page),
    /// Over, for now. The caller owns the clock and the waiting.
    Finished(Outcome),
}

/// How a session ended. Whatever it says, nothing on the device was lost.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Both hold the same.
    Agreed,
    /// The hub cannot be reached, or something else answered.
    Unreachable,
    /// The hub asks to come back later.
    RetryAfter(Duration),
    /// The hub will not have it until somebody does something.
    Refused(Reason),
}

/// Why the hub will not have it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Reason {
    /// The office does not know this device or its key.
    Unauthorised,
    /// The office has locked the device out. What it held has been handed over.
    Revoked,
    /// The app is too old for the hub.
    Upgrade,
    /// The hub could not store what it got.
    HubFailed,
    /// What one side sent the other cannot use: a fault of ours.
    Broken,
}
