//! One moment of the file, read by whoever asked for it.

use std::{collections::HashMap, future::ready, ops::Deref, path::Path};

use lamplighter_core::{
    evidence::{
        chain::{Hash, Log},
        seal::{PublicKey, Seal},
    },
    id::{DeviceId, MeterId, StopId},
};
use lamplighter_sync::export::LogStart;
use rusqlite::{Connection, OptionalExtension as _};
use tokio::sync::{OwnedMappedMutexGuard, OwnedMutexGuard};

use super::{bill, count, number, readers, writer::Bench};
use crate::{
    error::LedgerError,
    ledger::{
        Answer, Bill, BillHead, Earlier, Kept, Planned, Remark, Said, Snapshot, Stored, Stray, Unbilled,
        project::REVOKED, snapshot::PIECE_EVENTS,
    },
};

/// One moment of a ledger in SQLite. Asking it takes the asker's own thread.
pub struct SqliteSnapshot(Held);

enum Held {
    /// A connection of its own, in a transaction.
    Own(Connection),
    /// The only one there is: nobody writes meanwhile.
    Only(OwnedMappedMutexGuard<Bench, Connection>),
}

impl SqliteSnapshot {
    pub(super) fn open(path: &Path) -> Result<Self, LedgerError> {
        let connection = readers::open(path)?;
        connection.execute_batch("BEGIN; SELECT 1 FROM hub")?;
        Ok(Self(Held::Own(connection)))
    }

    pub(super) fn hold(mut bench: OwnedMutexGuard<Bench>) -> Result<Self, LedgerError> {
        bench.connection()?;
        let connection = OwnedMutexGuard::try_map(bench, |bench| bench.connection().ok());
        let gone = |_| LedgerError::Storage("there is no connection".into());
        Ok(Self(Held::Only(connection.map_err(gone)?)))
    }

    fn has_cycle(&self, cycle: &str) -> Result<bool, LedgerError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM round WHERE cycle = ?1)";
        Ok(self.query_row(sql, [cycle], |row| row.get(0))?)
    }

    fn logs(&self) -> Result<Vec<LogStart>, LedgerError> {
        Ok(self
            .prepare(
                "SELECT device, epoch, name, public_key FROM log_head JOIN device ON device.id = device
                 ORDER BY device, epoch",
            )?
            .query_map([], |row| {
                let log = Log { device: DeviceId::new(row.get(0)?), epoch: row.get(1)? };
                Ok(LogStart { log, name: row.get(2)?, key: PublicKey(row.get(3)?) })
            })?
            .collect::<Result<_, _>>()?)
    }

    fn events(&self, log: Log, after: u64) -> Result<Vec<Stored>, LedgerError> {
        Ok(self
            .prepare_cached(
                "SELECT event.seq, payload, event.hash, seal.seal, quarantine.reason = ?5 FROM event
                 LEFT JOIN seal USING (device, epoch, seq) LEFT JOIN quarantine USING (device, epoch, seq)
                 WHERE device = ?1 AND epoch = ?2 AND event.seq > ?3 ORDER BY event.seq LIMIT ?4",
            )?
            .query_map((log.device.as_bytes(), log.epoch, number(after), PIECE_EVENTS, REVOKED), |row| {
                Ok(Stored {
                    seq: count(row.get(0)?),
                    payload: row.get(1)?,
                    hash: Hash(row.get(2)?),
                    seal: row.get::<_, Option<[u8; 64]>>(3)?.map(Seal),
                    held_back: row.get::<_, Option<bool>>(4)?.unwrap_or(false),
                })
            })?
            .collect::<Result<_, _>>()?)
    }

    fn planned(&self, stops: Vec<StopId>) -> Result<HashMap<StopId, Planned>, LedgerError> {
        let mut found = HashMap::new();
        let mut select = self.prepare_cached(
            "SELECT code, cycle, plan FROM stop
             JOIN round ON round.id = stop.round JOIN stop_plan ON stop_plan.stop = stop.id
             WHERE stop.id = ?1",
        )?;
        for stop in stops {
            let planned = select
                .query_row([stop.as_bytes()], |row| {
                    Ok(Planned { round: row.get(0)?, cycle: row.get(1)?, plan: row.get(2)? })
                })
                .optional()?;
            found.extend(planned.map(|planned| (stop, planned)));
        }
        Ok(found)
    }

    fn serials(&self, meters: Vec<MeterId>) -> Result<HashMap<MeterId, String>, LedgerError> {
        let mut found = HashMap::new();
        let mut select = self.prepare_cached("SELECT serial FROM meter WHERE id = ?1")?;
        for meter in meters {
            let serial = select.query_row([meter.as_bytes()], |row| row.get(0)).optional()?;
            found.extend(serial.map(|serial| (meter, serial)));
        }
        Ok(found)
    }
}

/// The readings of stops that have several, what was taken back, and what an earlier release could not read.
pub(super) fn remarks(connection: &Connection) -> Result<Vec<Remark>, LedgerError> {
    Ok(connection
        .prepare(
            "SELECT device, epoch, seq, payload FROM event WHERE (device, epoch, seq) IN (
                 SELECT device, epoch, seq FROM reading WHERE stop IN (
                     SELECT stop FROM reading GROUP BY stop HAVING count(*) > 1)
                 UNION ALL SELECT device, epoch, seq FROM withdrawal
                 UNION ALL SELECT device, epoch, seq FROM quarantine WHERE reason <> 'revoked')",
        )?
        .query_map([], |row| {
            let log = Log { device: DeviceId::new(row.get(0)?), epoch: row.get(1)? };
            Ok(Remark { log, seq: count(row.get(2)?), payload: row.get(3)? })
        })?
        .collect::<Result<_, _>>()?)
}

impl Deref for SqliteSnapshot {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        match &self.0 {
            Held::Own(connection) => connection,
            Held::Only(connection) => connection,
        }
    }
}

impl Snapshot for SqliteSnapshot {
    fn has_cycle(&mut self, cycle: &str) -> impl Answer<bool> {
        ready(Self::has_cycle(self, cycle))
    }

    fn logs(&mut self) -> impl Answer<Vec<LogStart>> {
        ready(Self::logs(self))
    }

    fn remarks(&mut self) -> impl Answer<Vec<Remark>> {
        ready(remarks(self))
    }

    fn events(&mut self, log: Log, after: u64) -> impl Answer<Vec<Stored>> {
        ready(Self::events(self, log, after))
    }

    fn planned(&mut self, stops: Vec<StopId>) -> impl Answer<HashMap<StopId, Planned>> {
        ready(Self::planned(self, stops))
    }

    fn serials(&mut self, meters: Vec<MeterId>) -> impl Answer<HashMap<MeterId, String>> {
        ready(Self::serials(self, meters))
    }

    fn bill_head(&mut self, cycle: &str) -> impl Answer<BillHead> {
        ready(bill::head(self, cycle))
    }

    fn unbilled(&mut self, cycle: &str, after: Option<(Log, u64)>) -> impl Answer<Vec<Unbilled>> {
        ready(bill::unbilled(self, cycle, after))
    }

    fn earlier(&mut self, cycle: &str) -> impl Answer<Vec<Earlier>> {
        ready(bill::earlier(self, cycle))
    }

    fn bills(&mut self, cycle: Option<&str>) -> impl Answer<Vec<Bill>> {
        ready(bill::bills(self, cycle))
    }

    fn bill_texts(&mut self, cycle: &str, number: u32) -> impl Answer<Vec<String>> {
        ready(bill::texts(self, cycle, number))
    }

    fn kept(&mut self, log: Log, after: u64, last: u64) -> impl Answer<Kept> {
        ready(bill::kept(self, log, after, last))
    }

    fn said(&mut self) -> impl Answer<Vec<Said>> {
        ready(bill::said(self))
    }

    fn strays(&mut self) -> impl Answer<Vec<Stray>> {
        ready(bill::strays(self))
    }
}
