//! Why the ledger does not do as asked.

use lamplighter_sync::{exchange::ExchangeError, wire::RefusalCode};

/// Seconds to stay away while the database cannot be used.
const AWAY_SECONDS: u64 = 5;

/// Each calls for something else.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LedgerError {
    /// A device asked for what it may not have or what cannot be; it is told so.
    #[error("refused: {0:?} {2}")]
    Refused(RefusalCode, u64, String),
    /// The office asked for what cannot be; the sentence says why.
    #[error("{0}")]
    Impossible(String),
    /// The file is not, or is no longer, a ledger that can be trusted. It is left as it is.
    #[error("the ledger is damaged and was left as it is; restore it from a backup: {0}")]
    Damaged(String),
    /// The file was written by a later release.
    #[error("the ledger was written by a later release (schema {found}; this release knows {known})")]
    Newer {
        /// Schema of the file.
        found: u32,
        /// Newest schema of this release.
        known: u32,
    },
    /// The database cannot be reached, or has too much to do. Nothing was taken, as far as is known; it may be asked
    /// again.
    #[error("the database cannot be used now: {0}")]
    Away(String),
    /// The disk or the file did not do its part. Nothing was taken.
    #[error("the ledger could not be read or written: {0}")]
    Storage(String),
}

impl LedgerError {
    pub(crate) fn refused(code: RefusalCode, detail: impl Into<String>) -> Self {
        Self::Refused(code, 0, detail.into())
    }

    pub(crate) fn impossible(sentence: impl Into<String>) -> Self {
        Self::Impossible(sentence.into())
    }
}

impl From<LedgerError> for ExchangeError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Refused(code, number, detail) => Self::Refused { code, number, detail },
            away @ LedgerError::Away(_) => {
                Self::Refused { code: RefusalCode::Busy, number: AWAY_SECONDS, detail: away.to_string() }
            }
            failed @ (LedgerError::Impossible(_)
            | LedgerError::Damaged(_)
            | LedgerError::Newer { .. }
            | LedgerError::Storage(_)) => {
                Self::Refused { code: RefusalCode::Failed, number: 0, detail: failed.to_string() }
            }
        }
    }
}
