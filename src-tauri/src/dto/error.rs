//! What can go wrong, as far as a screen has something different to say. The sentences are the screens' own.

use std::path::Path;

use lamplighter_core::{
    probe::{detect::Attempt, drive::DriveError, error::ReadError},
    store::StoreError,
    work::WorkError,
};
use lamplighter_sync::{drive::EnrolError, exchange::ExchangeError, wire::RefusalCode};
use serde::Serialize;
use ts_rs::TS;

use crate::device::LineError;

/// `trace` finds the line in the log that holds the whole chain.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "code", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub(crate) enum CommandError {
    NotEnrolled,
    UnknownStop,
    BadEntry { obis: String },
    NoRegister,
    AlreadyRead,
    PortMissing { port: String },
    PortBusy { port: String },
    PortDenied { port: String },
    PortLost { port: String },
    MeterSilent { attempts: u8 },
    MeterGarbled { attempts: u8 },
    MeterRefused,
    MeterLocked,
    MeterWrongKey,
    MeterShut { seconds: u16 },
    MeterCrowd,
    MeterUnknown { heard: bool, slow_left: bool, tried: Vec<TriedView> },
    MeterEmpty,
    CannotKeep,
    NoRecord,
    Cancelled,
    Busy,
    DiskFull,
    StoreTooNew,
    HubUnreachable,
    BadEnrolmentCode,
    NoRecoveryKey,
    NothingToLeave,
    FileThere { path: String },
    CannotWrite { path: String, reason: String },
    Internal { trace: String },
}

/// One protocol that was tried, and what came back: silence, echo, noise or failed.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TriedView {
    pub(crate) family: String,
    pub(crate) baud: u32,
    pub(crate) heard: String,
}

impl From<&Attempt> for TriedView {
    fn from(attempt: &Attempt) -> Self {
        let Attempt { family, baud, outcome, .. } = attempt;
        Self { family: family.to_string(), baud: *baud, heard: outcome.to_string() }
    }
}

impl CommandError {
    /// Ours to mend: the log gets the words, the screen a number to ask for them by.
    #[expect(clippy::needless_pass_by_value, reason = "serves map_err")]
    pub(crate) fn internal(error: impl ToString) -> Self {
        let mut number = [0; 4];
        getrandom::fill(&mut number).ok();
        let trace = format!("{:08x}", u32::from_be_bytes(number));
        eprintln!("lamplighter: [{trace}] {}", error.to_string());
        Self::Internal { trace }
    }

    /// A file that was to be carried away cannot be written there.
    pub(crate) fn cannot_write(path: &Path, error: &std::io::Error) -> Self {
        Self::CannotWrite { path: path.display().to_string(), reason: error.to_string() }
    }

    /// Tells what was tried, where no protocol was answered.
    pub(crate) fn with_trail(self, trail: &[Attempt]) -> Self {
        if let Self::MeterUnknown { heard, slow_left, .. } = self {
            return Self::MeterUnknown { heard, slow_left, tried: trail.iter().map(Into::into).collect() };
        }
        self
    }

    /// Of a readout over `port`.
    pub(crate) fn of_drive(error: DriveError, port: &str) -> Self {
        match error {
            DriveError::Line(_) => Self::PortLost { port: port.into() },
            DriveError::Cancelled => Self::Cancelled,
            DriveError::Read(ReadError::Silent { attempts }) => Self::MeterSilent { attempts },
            DriveError::Read(ReadError::Garbled { attempts }) => Self::MeterGarbled { attempts },
            DriveError::Keep(error) => {
                Self::internal(error);
                Self::CannotKeep
            }
            DriveError::Read(ReadError::Refused) => Self::MeterRefused,
            DriveError::Read(ReadError::Locked) => Self::MeterLocked,
            DriveError::Read(ReadError::WrongKey) => Self::MeterWrongKey,
            DriveError::Read(ReadError::ShutFor { seconds }) => Self::MeterShut { seconds },
            DriveError::Read(ReadError::Crowded) => Self::MeterCrowd,
            DriveError::Read(ReadError::Unrecognised { heard, slow_left }) => {
                Self::MeterUnknown { heard, slow_left, tried: Vec::new() }
            }
            DriveError::Read(ReadError::NothingToRead) => Self::MeterEmpty,
            DriveError::Read(ReadError::TooLong | ReadError::TimedOut) => Self::MeterGarbled { attempts: 1 },
        }
    }
}

impl From<LineError> for CommandError {
    fn from(error: LineError) -> Self {
        match error {
            LineError::Missing(port) => Self::PortMissing { port },
            LineError::Busy(port) => Self::PortBusy { port },
            LineError::Denied(port) => Self::PortDenied { port },
            LineError::Failed { port, .. } => Self::PortLost { port },
        }
    }
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::StorageFull { Self::DiskFull } else { Self::internal(error) }
    }
}

impl From<WorkError> for CommandError {
    fn from(error: WorkError) -> Self {
        match error {
            WorkError::UnknownStop(_) => Self::UnknownStop,
            WorkError::BadEntry(obis) => Self::BadEntry { obis: obis.to_string() },
            WorkError::NoRegister => Self::NoRegister,
            WorkError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::TooNew { .. } => Self::StoreTooNew,
            StoreError::NotEnrolled => Self::NotEnrolled,
            StoreError::UnknownStop(_) => Self::UnknownStop,
            StoreError::AlreadyRead => Self::AlreadyRead,
            StoreError::DiskFull => Self::DiskFull,
            StoreError::Stuck { .. }
            | StoreError::TooLong
            | StoreError::CounterSpent
            | StoreError::BadRow(_)
            | StoreError::Sqlite(_) => Self::internal(error),
        }
    }
}

impl From<EnrolError> for CommandError {
    fn from(error: EnrolError) -> Self {
        match error {
            EnrolError::Store(error) => error.into(),
            EnrolError::Exchange(ExchangeError::Refused { code: RefusalCode::BadCode, .. }) => {
                Self::BadEnrolmentCode
            }
            EnrolError::Exchange(ExchangeError::Unreachable(_) | ExchangeError::NotTheHub(_)) => {
                Self::HubUnreachable
            }
            EnrolError::Exchange(error @ ExchangeError::Refused { .. }) => Self::internal(error),
        }
    }
}
