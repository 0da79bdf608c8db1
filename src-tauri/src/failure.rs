//! Why a command of the command line ended badly: one line for a person.

use std::fmt::{self, Display};

use lamplighter_core::{probe::drive::DriveError, store::StoreError, work::WorkError};
use lamplighter_sync::{drive::EnrolError, exchange::ExchangeError};

use crate::device::LineError;

/// One clear line: what happened, what is safe, what to do.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl Failure {
    /// From anything that says what it is.
    pub(crate) fn new(error: impl Display) -> Self {
        Self(error.to_string())
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! from {
    ($($error:ty),*) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::new(error)
            }
        }
    )*};
}

from!(DriveError, EnrolError, ExchangeError, LineError, StoreError, WorkError);
