//! What may go wrong with a database, and which of it is worth another try.

use std::{
    error::Error as _,
    hash::{BuildHasher as _, RandomState},
    io,
    time::Duration,
};

use deadpool_postgres::PoolError;
use tokio::time::sleep;
use tokio_postgres::error::SqlState;

use crate::error::LedgerError;

/// Tries of one transaction.
const TRIES_MAX: u32 = 8;
/// The longest pause before the second try; it doubles with each.
const PAUSE: Duration = Duration::from_millis(5);

/// A transaction that did not come to its end.
pub(super) enum Failed {
    Ledger(LedgerError),
    Database(tokio_postgres::Error),
    /// There is no connection.
    Away(String),
}

impl From<LedgerError> for Failed {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl From<tokio_postgres::Error> for Failed {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Database(error)
    }
}

impl From<PoolError> for Failed {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => Self::Database(error),
            PoolError::Timeout(_)
            | PoolError::Closed
            | PoolError::NoRuntimeSpecified
            | PoolError::PostCreateHook(_) => Self::Away(error.to_string()),
        }
    }
}

impl From<Failed> for LedgerError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Ledger(error) => error,
            Failed::Away(why) => Self::Away(why),
            Failed::Database(error) => {
                let what = told(&error);
                if is_away(&error) { Self::Away(what) } else { Self::Storage(what) }
            }
        }
    }
}

/// The tries of one transaction. All that we write may be written again, so every transaction may be tried again.
pub(super) struct Tries(u32);

impl Tries {
    pub(super) const fn new() -> Self {
        Self(0)
    }

    /// Whether to try once more, after the pause that this waits.
    pub(super) async fn again(&mut self, failed: &Failed) -> bool {
        let Failed::Database(error) = failed else { return false };
        let code = error.code();
        let others_were_in_the_way = code == Some(&SqlState::T_R_SERIALIZATION_FAILURE)
            || code == Some(&SqlState::T_R_DEADLOCK_DETECTED);
        self.0 += 1;
        if !others_were_in_the_way || self.0 >= TRIES_MAX {
            return false;
        }
        // Anywhere within the pause, so that those who met do not meet again.
        let longest = PAUSE * 2_u32.pow(self.0 - 1);
        let part = RandomState::new().hash_one(self.0) % 1000;
        sleep(longest.mul_f64(f64::from(u32::try_from(part).unwrap_or(0)) / 1000.0)).await;
        true
    }
}

/// No answer at all, a server that comes or goes, one that only reads, or one that has enough to do.
fn is_away(error: &tokio_postgres::Error) -> bool {
    let Some(code) = error.code() else {
        return error.is_closed() || error.source().is_some_and(|cause| cause.is::<io::Error>());
    };
    code.code().starts_with("08")
        || [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::QUERY_CANCELED,
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
        ]
        .contains(code)
}

/// What the server said; what the driver says of it tells nothing.
fn told(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => format!("{} ({})", said.message(), said.code().code()),
        None => {
            let cause = error.source().map(|cause| format!(": {cause}"));
            format!("{error}{}", cause.unwrap_or_default())
        }
    }
}
