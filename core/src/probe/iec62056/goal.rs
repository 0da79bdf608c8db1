//! What a conversation is for, how long and how much that may take, and how far it has come.

use std::time::Duration;

use super::{
    config::Config,
    limits::{EXTRAS_BYTES_MAX, EXTRAS_TIME_MAX, TOTAL_BYTES_MAX, TOTAL_TIME_MAX},
};
use crate::probe::error::ReadError;

/// What is being done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Doing {
    SigningOn,
    Listing,
    Programming,
    /// We have broken off because of this, and the meter is to hear it.
    Closing(ReadError),
    Over,
}

/// What the next conversation is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Goal {
    List,
    /// The registers one by one, and what is wanted beside them.
    Singles,
    /// What is wanted beside the registers.
    Beside,
}

impl Goal {
    /// Of the first conversation.
    pub(super) fn first(config: &Config) -> Self {
        match (config.begins_in_programming(), config.wants.beside_only) {
            (true, true) => Self::Beside,
            (true, false) => Self::Singles,
            (false, _) => Self::List,
        }
    }

    pub(super) const fn time_max(self) -> Duration {
        if matches!(self, Self::List) { TOTAL_TIME_MAX } else { EXTRAS_TIME_MAX }
    }

    pub(super) const fn bytes_max(self) -> usize {
        if matches!(self, Self::List) { TOTAL_BYTES_MAX } else { EXTRAS_BYTES_MAX }
    }
}
