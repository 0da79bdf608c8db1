//! One moment of the database, on a connection of its own.

use std::collections::HashMap;

use deadpool_postgres::{GenericClient, Object};
use lamplighter_core::{
    evidence::{
        chain::Log,
        seal::{PublicKey, Seal},
    },
    id::{MeterId, StopId},
};
use lamplighter_sync::export::LogStart;
use tokio_postgres::Row;

use super::{
    bill,
    failed::Failed,
    rows::{bytes, count, device, get, hash, number, rows, small, some_bytes, the_row},
};
use crate::{
    error::LedgerError,
    ledger::{
        Bill, BillHead, Earlier, Kept, Planned, Remark, Said, Snapshot, Stored, Stray, Unbilled,
        project::REVOKED, snapshot::PIECE_EVENTS,
    },
};

/// One moment of a ledger in PostgreSQL. Its connection is closed with it and never used by others.
pub struct PostgresSnapshot(Option<Object>);

impl PostgresSnapshot {
    pub(super) async fn open(client: Object) -> Result<Self, Failed> {
        let snapshot = Self(Some(client));
        // An export may take longer than any statement that somebody waits for.
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
                     SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0";
        snapshot.client()?.batch_execute(begin).await?;
        Ok(snapshot)
    }

    fn client(&self) -> Result<&Object, Failed> {
        self.0.as_ref().ok_or_else(|| Failed::Away("the snapshot is closed".into()))
    }

    async fn has_cycle(&self, cycle: &str) -> Result<bool, Failed> {
        let sql = "SELECT EXISTS (SELECT 1 FROM round WHERE cycle = $1)";
        get(&the_row(self.client()?, sql, &[&cycle]).await?, 0)
    }

    async fn logs(&self) -> Result<Vec<LogStart>, Failed> {
        let sql = "SELECT device, epoch, name, public_key FROM log_head JOIN device ON device.id = device
                   WHERE seq > 0 ORDER BY device, epoch";
        let start = |row: &Row| {
            let log = Log { device: device(row, 0)?, epoch: small(row, 1)? };
            Ok(LogStart { log, name: get(row, 2)?, key: PublicKey(bytes(row, 3)?) })
        };
        rows(self.client()?, sql, &[]).await?.iter().map(start).collect()
    }

    async fn events(&self, log: Log, after: u64) -> Result<Vec<Stored>, Failed> {
        let sql = "SELECT event.seq, payload, event.hash, seal.seal, coalesce(quarantine.reason = $5, false)
                   FROM event
                   LEFT JOIN seal USING (device, epoch, seq) LEFT JOIN quarantine USING (device, epoch, seq)
                   WHERE device = $1 AND epoch = $2 AND seq > $3 ORDER BY seq LIMIT $4";
        let (id, epoch) = (&log.device.as_bytes()[..], i64::from(log.epoch));
        let given: super::rows::Given<'_> =
            &[&id, &epoch, &number(after), &i64::from(PIECE_EVENTS), &REVOKED];
        let stored = |row: &Row| {
            Ok(Stored {
                seq: count(row, 0)?,
                payload: get(row, 1)?,
                hash: hash(row, 2)?,
                seal: some_bytes(row, 3)?.map(Seal),
                held_back: get(row, 4)?,
            })
        };
        rows(self.client()?, sql, given).await?.iter().map(stored).collect()
    }

    async fn planned(&self, stops: Vec<StopId>) -> Result<HashMap<StopId, Planned>, Failed> {
        let ids: Vec<&[u8]> = stops.iter().map(|stop| &stop.as_bytes()[..]).collect();
        let sql = "SELECT stop.id, code, cycle, plan FROM stop JOIN round ON round.id = stop.round
                   WHERE stop.id = ANY($1)";
        let planned = |row: &Row| {
            let planned = Planned { round: get(row, 1)?, cycle: get(row, 2)?, plan: get(row, 3)? };
            Ok((StopId::new(bytes(row, 0)?), planned))
        };
        rows(self.client()?, sql, &[&ids]).await?.iter().map(planned).collect()
    }

    async fn serials(&self, meters: Vec<MeterId>) -> Result<HashMap<MeterId, String>, Failed> {
        let ids: Vec<&[u8]> = meters.iter().map(|meter| &meter.as_bytes()[..]).collect();
        let found = rows(self.client()?, "SELECT id, serial FROM meter WHERE id = ANY($1)", &[&ids]).await?;
        found.iter().map(|row| Ok((MeterId::new(bytes(row, 0)?), get(row, 1)?))).collect()
    }
}

/// The readings of stops that have several, what was taken back, and what an earlier release could not read.
pub(super) async fn remarks(client: &impl GenericClient) -> Result<Vec<Remark>, Failed> {
    let sql = "SELECT device, epoch, seq, payload FROM event WHERE (device, epoch, seq) IN (
                   SELECT device, epoch, seq FROM reading WHERE stop IN (
                       SELECT stop FROM reading GROUP BY stop HAVING count(*) > 1)
                   UNION ALL SELECT device, epoch, seq FROM withdrawal
                   UNION ALL SELECT device, epoch, seq FROM quarantine WHERE reason <> 'revoked')";
    let remark = |row: &Row| {
        let log = Log { device: device(row, 0)?, epoch: small(row, 1)? };
        Ok(Remark { log, seq: count(row, 2)?, payload: get(row, 3)? })
    };
    rows(client, sql, &[]).await?.iter().map(remark).collect()
}

impl Drop for PostgresSnapshot {
    fn drop(&mut self) {
        // It does not go back to the pool with its transaction open.
        self.0.take().map(Object::take);
    }
}

impl Snapshot for PostgresSnapshot {
    async fn has_cycle(&mut self, cycle: &str) -> Result<bool, LedgerError> {
        Ok(Self::has_cycle(self, cycle).await?)
    }

    async fn logs(&mut self) -> Result<Vec<LogStart>, LedgerError> {
        Ok(Self::logs(self).await?)
    }

    async fn remarks(&mut self) -> Result<Vec<Remark>, LedgerError> {
        Ok(remarks(self.client()?).await?)
    }

    async fn events(&mut self, log: Log, after: u64) -> Result<Vec<Stored>, LedgerError> {
        Ok(Self::events(self, log, after).await?)
    }

    async fn planned(&mut self, stops: Vec<StopId>) -> Result<HashMap<StopId, Planned>, LedgerError> {
        Ok(Self::planned(self, stops).await?)
    }

    async fn serials(&mut self, meters: Vec<MeterId>) -> Result<HashMap<MeterId, String>, LedgerError> {
        Ok(Self::serials(self, meters).await?)
    }

    async fn bill_head(&mut self, cycle: &str) -> Result<BillHead, LedgerError> {
        Ok(bill::head(self.client()?, cycle).await?)
    }

    async fn unbilled(
        &mut self,
        cycle: &str,
        after: Option<(Log, u64)>,
    ) -> Result<Vec<Unbilled>, LedgerError> {
        Ok(bill::unbilled(self.client()?, cycle, after).await?)
    }

    async fn earlier(&mut self, cycle: &str) -> Result<Vec<Earlier>, LedgerError> {
        Ok(bill::earlier(self.client()?, cycle).await?)
    }

    async fn bills(&mut self, cycle: Option<&str>) -> Result<Vec<Bill>, LedgerError> {
        Ok(bill::bills(self.client()?, cycle).await?)
    }

    async fn bill_texts(&mut self, cycle: &str, number: u32) -> Result<Vec<String>, LedgerError> {
        Ok(bill::texts(self.client()?, cycle, number).await?)
    }

    async fn kept(&mut self, log: Log, after: u64, last: u64) -> Result<Kept, LedgerError> {
        Ok(bill::kept(self.client()?, log, after, last).await?)
    }

    async fn said(&mut self) -> Result<Vec<Said>, LedgerError> {
        Ok(bill::said(self.client()?).await?)
    }

    async fn strays(&mut self) -> Result<Vec<Stray>, LedgerError> {
        Ok(bill::strays(self.client()?).await?)
    }
}
