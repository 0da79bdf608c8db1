//! The office's machine: the product's ledger and service over one disk, and what a person in the office does.
//! All that knows how the ledger is called is here.

use std::sync::Arc;

use lamplighter_core::{
    evidence::seal::PublicKey,
    id::{DeviceId, StopId},
    time::UtcMs,
};
use lamplighter_hub::{
    ledger::{Books, Ledger as _, Sqlite},
    service::Service,
};
use lamplighter_sync::exchange::{ExchangeError, Reply, Request};
use rusqlite::Connection;

use crate::{
    clock::Clock,
    dice::Dice,
    disk::{Cut, Disk, Image},
    wait::wait,
};

/// The file of the ledger.
pub const FILE: &str = "ledger.db";
/// No disk here fails more often than this.
const OPENS_MAX: u32 = 8;

type Now = Box<dyn Fn() -> UtcMs + Send + Sync>;

/// The hub and its disk.
pub struct Office {
    /// Where the ledger is.
    pub disk: Arc<Disk>,
    clock: Clock,
    service: Option<Service<Sqlite, Now>>,
}

impl Office {
    /// Starts over this disk. A new ledger signs with a key made from `seed`.
    pub fn start(disk: Arc<Disk>, clock: &Clock, seed: [u8; 32]) -> Result<Self, String> {
        let mut office = Self { disk, clock: clock.clone(), service: None };
        office.open(seed)?;
        Ok(office)
    }

    /// Answers as the hub does, or not at all where there is none.
    pub fn answer(&self, request: &Request) -> Result<Reply, ExchangeError> {
        match &self.service {
            Some(service) if !self.disk.is_dead() => wait(service.answer(request)),
            Some(_) | None => Err(ExchangeError::Unreachable("no power".into())),
        }
    }

    /// The power goes and comes back.
    pub fn cut(&mut self, cut: Cut, dice: &mut Dice) -> Result<(), String> {
        let image = self.disk.cut(cut, dice);
        self.replace(&image)
    }

    /// The process dies and is started again.
    pub fn kill(&mut self) -> Result<(), String> {
        self.disk.kill();
        self.service = None;
        self.open([0; 32])
    }

    /// Another disk takes the place of this one.
    pub fn replace(&mut self, image: &Image) -> Result<(), String> {
        self.disk.cut(Cut::Nothing, &mut Dice::new(0));
        self.service = None;
        self.disk.pull_out();
        self.disk = Disk::plug_in(image);
        self.open([0; 32])
    }

    /// Makes room for a device.
    pub fn invite(&self, name: &str, device: DeviceId, code: &str) -> Result<(), String> {
        let now = self.clock.now();
        let invited = self.ledger()?.invite(name, device, code, UtcMs(now.0 + 86_400_000), now);
        wait(invited).map(drop).map_err(|e| e.to_string())
    }

    /// Takes books in.
    pub fn import(&self, books: &Books, name: Option<&str>) -> Result<(), String> {
        wait(self.ledger()?.import(books, name)).map(drop).map_err(|e| e.to_string())
    }

    /// Gives a round to somebody.
    pub fn assign(&self, code: &str, name: &str) -> Result<(), String> {
        wait(self.ledger()?.assign(code, None, name)).map(drop).map_err(|e| e.to_string())
    }

    /// Locks a device out.
    pub fn revoke(&self, name: &str) -> Result<(), String> {
        wait(self.ledger()?.revoke(name, self.clock.now())).map(drop).map_err(|e| e.to_string())
    }

    /// Lets what locked-out devices sent count.
    pub fn release(&self, name: &str) -> Result<(), String> {
        wait(self.ledger()?.release(name)).map(drop).map_err(|e| e.to_string())
    }

    /// The export, as bytes.
    pub fn export(&self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        wait(self.ledger()?.export(&mut bytes, None, self.clock.now(), |_| {})).map_err(|e| e.to_string())?;
        Ok(bytes)
    }

    /// The hub's key.
    pub fn key(&self) -> Result<PublicKey, String> {
        Ok(self.ledger()?.key().public())
    }

    /// Whose stop each is by the ledger, read behind its back.
    pub fn stops_of(&self, device: DeviceId) -> Result<Vec<StopId>, String> {
        let read = || -> rusqlite::Result<Vec<StopId>> {
            let connection = Connection::open(self.disk.path(FILE))?;
            let mut rows = connection.prepare("SELECT id FROM stop WHERE device = ?1")?;
            rows.query_map([device.as_bytes()], |row| row.get(0).map(StopId::new))?.collect()
        };
        read().map_err(|e| e.to_string())
    }

    /// The last event held of a device's first log, read behind the ledger's back.
    pub fn held(&self, device: DeviceId) -> Result<u64, String> {
        let read = || -> rusqlite::Result<u64> {
            Connection::open(self.disk.path(FILE))?.query_row(
                "SELECT coalesce(max(seq), 0) FROM log_head WHERE device = ?1 AND epoch = 1",
                [device.as_bytes()],
                |row| row.get(0),
            )
        };
        read().map_err(|e| e.to_string())
    }

    /// Whether SQLite finds nothing wrong with the file.
    pub fn is_whole(&self) -> bool {
        whole(&self.disk, FILE)
    }

    fn ledger(&self) -> Result<&Sqlite, String> {
        self.service.as_ref().map(Service::ledger).ok_or_else(|| "no hub".into())
    }

    fn open(&mut self, seed: [u8; 32]) -> Result<(), String> {
        // A disk that fails is tried again.
        let mut ledger = Sqlite::open_here(&self.disk.path(FILE), seed, self.clock.now());
        for _ in 0..OPENS_MAX {
            if ledger.is_err() {
                ledger = Sqlite::open_here(&self.disk.path(FILE), seed, self.clock.now());
            }
        }
        let ledger = ledger.map_err(|e| format!("broken: the ledger: {e}"))?;
        let clock = self.clock.clone();
        let now: Now = Box::new(move || clock.now());
        self.service = Some(Service::new(ledger, now));
        Ok(())
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        self.service = None;
        self.disk.pull_out();
    }
}

/// Whether SQLite finds nothing wrong with a file.
pub fn whole(disk: &Disk, name: &str) -> bool {
    let check = || -> rusqlite::Result<String> {
        Connection::open(disk.path(name))?.query_row("PRAGMA integrity_check", [], |row| row.get(0))
    };
    check().is_ok_and(|verdict| verdict == "ok")
}
