//! Why the store could not do as asked.

use std::path::PathBuf;

use crate::id::StopId;

/// Each variant calls for something else.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file was written by a newer release; this one does not touch it.
    #[error("the database is at version {found}, this release knows {known}: install the newer release")]
    TooNew {
        /// Version of the file.
        found: u32,
        /// Latest version this release can write.
        known: u32,
    },
    /// The file is damaged and could not even be set aside.
    #[error("the database {path} is damaged and could not be set aside: {reason}")]
    Stuck {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The device is not enrolled with a hub.
    #[error("this device is not enrolled")]
    NotEnrolled,
    /// There is no such stop on this device.
    #[error("there is no stop {0} on this device")]
    UnknownStop(StopId),
    /// The stop's state does not allow it.
    #[error("the stop has been read: withdraw the reading first")]
    AlreadyRead,
    /// The disk is full. Nothing was changed.
    #[error("the disk is full: nothing was changed")]
    DiskFull,
    /// The event is longer than any event of ours; the hub would refuse it and all after it.
    #[error("there is more in this event than any event holds: nothing was changed")]
    TooLong,
    /// A key has used up all its invocation counters: it must be changed.
    #[error("the key has no counters left")]
    CounterSpent,
    /// A row holds what no release of ours wrote.
    #[error("the database holds {0} that cannot be")]
    BadRow(&'static str),
    /// SQLite failed.
    #[error("the database failed: {0}")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::DiskFull,
            _ => Self::Sqlite(error),
        }
    }
}
