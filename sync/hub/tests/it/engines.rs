//! One suite over every engine: a test says what must be so, and runs once an engine.

use std::future::Future;

use lamplighter_hub::ledger::{Ledger, Sqlite};
use tempfile::TempDir;

use crate::handheld::NOW;

/// Where the ledger of one test is. Opened twice, it is one ledger with two doors.
pub(crate) trait Store: Send + Sync {
    type Ledger: Ledger + 'static;

    /// Opens it as another process would, with this key if it is new.
    fn open_with(&self, fresh_key: [u8; 32]) -> impl Future<Output = Self::Ledger> + Send;

    /// Opens it.
    fn open(&self) -> impl Future<Output = Self::Ledger> + Send {
        self.open_with([9; 32])
    }
}

/// A file in a folder of its own.
pub(crate) struct File(TempDir);

pub(crate) fn file() -> File {
    File(tempfile::tempdir().unwrap())
}

impl Store for File {
    type Ledger = Sqlite;

    async fn open_with(&self, fresh_key: [u8; 32]) -> Sqlite {
        Sqlite::open(&self.0.path().join("hub.db"), fresh_key, NOW).unwrap()
    }
}

/// The same, whose ledger does its work where it is asked.
pub(crate) struct FileHere(TempDir);

pub(crate) fn file_here() -> FileHere {
    FileHere(tempfile::tempdir().unwrap())
}

impl Store for FileHere {
    type Ledger = Sqlite;

    async fn open_with(&self, fresh_key: [u8; 32]) -> Sqlite {
        Sqlite::open_here(&self.0.path().join("hub.db"), fresh_key, NOW).unwrap()
    }
}

/// Makes each of these a test of every engine.
macro_rules! on_every_engine {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::engines::file()).await;
            })*
        }

        /// Without threads, as simulations have it.
        mod sqlite_here {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::engines::file_here()).await;
            })*
        }

        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::server::database().await).await;
            })*
        }
    };
}

pub(crate) use on_every_engine;
