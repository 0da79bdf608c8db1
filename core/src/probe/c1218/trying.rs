//! How long to wait for a meter's word, and how often to ask for it.

use std::time::Duration;

use super::limits::{ACKNOWLEDGE_WAIT, FAREWELL_WAIT, TRIES_MAX};

/// How long and how often to try.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trying {
    /// From our last bit to the acknowledgement.
    pub(super) wait: Duration,
    /// Packets sent, or asked for, before the question is lost.
    pub(super) times: u8,
    /// A person is told of every try.
    pub(super) told: bool,
}

impl Trying {
    /// As the book has it.
    pub(super) const BOOK: Self = Self { wait: ACKNOWLEDGE_WAIT, times: TRIES_MAX, told: false };
    /// When nothing depends on an answer any more.
    pub(super) const FAREWELL: Self = Self { wait: FAREWELL_WAIT, times: 1, told: false };
}
