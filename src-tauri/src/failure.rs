//! Why a command of the command line ended badly: one line for a person.

use std::fmt::{self, Display};

use lamplighter_core::{probe::drive::DriveError, store::StoreError, work::WorkError};
use lamplighter_sync::{drive::EnrolError, exchange::ExchangeError};
use serde_json::Value;

use crate::{
    device::LineError,
    dto::CommandError,
    texts::{say, say_error},
};

/// One clear line: what happened, what is safe, what to do.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl Failure {
    /// From anything that says what it is.
    pub(crate) fn new(error: impl Display) -> Self {
        Self(error.to_string())
    }

    /// A readout over `port` ended without one.
    pub(crate) fn of_drive(error: DriveError, port: &str) -> Self {
        CommandError::of_drive(error, port).into()
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<CommandError> for Failure {
    /// In the window's words.
    fn from(error: CommandError) -> Self {
        let Ok(Value::Object(fields)) = serde_json::to_value(&error) else {
            return Self::new(format!("{error:?}"));
        };
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let words: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), text(value))).collect();
        Self(say_error(&fields.get("code").map(text).unwrap_or_default(), &words))
    }
}

impl From<LineError> for Failure {
    fn from(error: LineError) -> Self {
        match error {
            LineError::Failed { port, reason } => {
                Self(say("port-failed", &[("port", port), ("reason", reason)]))
            }
            LineError::Missing(_) | LineError::Busy(_) | LineError::Denied(_) => {
                CommandError::from(error).into()
            }
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stuck { .. }
            | StoreError::TooLong
            | StoreError::CounterSpent
            | StoreError::BadRow(_)
            | StoreError::Sqlite(_) => Self::new(error),
            StoreError::TooNew { .. }
            | StoreError::NotEnrolled
            | StoreError::UnknownStop(_)
            | StoreError::AlreadyRead
            | StoreError::DiskFull => CommandError::from(error).into(),
        }
    }
}

impl From<WorkError> for Failure {
    fn from(error: WorkError) -> Self {
        match error {
            WorkError::Store(error) => error.into(),
            WorkError::UnknownStop(_) | WorkError::BadEntry(_) | WorkError::NoRegister => {
                CommandError::from(error).into()
            }
        }
    }
}

impl From<ExchangeError> for Failure {
    fn from(error: ExchangeError) -> Self {
        EnrolError::from(error).into()
    }
}

impl From<EnrolError> for Failure {
    fn from(error: EnrolError) -> Self {
        match error {
            EnrolError::Store(error) => error.into(),
            EnrolError::Exchange(ExchangeError::Refused { code, detail, .. })
                if code != lamplighter_sync::wire::RefusalCode::BadCode =>
            {
                Self(say("enrol-refused", &[("reason", detail)]))
            }
            EnrolError::Exchange(_) => CommandError::from(error).into(),
        }
    }
}
