//! Where the ledger is: in a file, or in a database. Every command is written for either.

use std::{fs::OpenOptions, io, path::PathBuf};

use lamplighter_hub::ledger::{Database, Ledger, Postgres, Sqlite};

use super::{Failure, World};

/// Opens the ledger when a command has looked at everything else it was given.
pub(super) trait Place {
    type Ledger: Ledger + 'static;

    /// Opens a ledger that is there.
    async fn open(&self, world: &World) -> Result<Self::Ledger, Failure>;

    /// Opens the ledger, or makes it.
    async fn open_or_make(&self, world: &World) -> Result<Self::Ledger, Failure>;
}

/// By its address, of which nothing is printed: there may be a password in it.
pub(super) struct InDatabase(pub(super) String);

impl Place for InDatabase {
    type Ledger = Postgres;

    async fn open(&self, world: &World) -> Result<Postgres, Failure> {
        let database = Database::parse(&self.0)?;
        Ok(Postgres::open(&database, world.random()?, (world.now)()).await?)
    }

    async fn open_or_make(&self, world: &World) -> Result<Postgres, Failure> {
        self.open(world).await
    }
}

pub(super) struct InFile(pub(super) PathBuf);

impl Place for InFile {
    type Ledger = Sqlite;

    async fn open(&self, world: &World) -> Result<Sqlite, Failure> {
        let path = &self.0;
        if !path.is_file() {
            return Err(Failure(format!("there is no ledger at {}", path.display())));
        }
        let ledger = Sqlite::open(path, world.random()?, (world.now)());
        ledger.map_err(|error| Failure(format!("{}: {error}", path.display())))
    }

    /// Nobody but its owner may read a file that is made.
    async fn open_or_make(&self, world: &World) -> Result<Sqlite, Failure> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(Failure::file(&self.0, &error)),
            Ok(_) | Err(_) => self.open(world).await,
        }
    }
}
