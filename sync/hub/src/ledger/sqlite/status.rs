//! The office's view: who has which device, how far the rounds are, what needs a look.

use lamplighter_core::{evidence::seal::PublicKey, id::DeviceId, time::UtcMs};
use rusqlite::{Row, Transaction};

use super::{Ledger, count, export::marks};
use crate::{
    error::LedgerError,
    ledger::{DeviceState, DeviceStatus, RoundStatus, Status},
};

impl Ledger {
    /// Everything at one moment.
    pub fn status(&self) -> Result<Status, LedgerError> {
        self.read(|transaction| {
            Ok(Status {
                devices: devices(transaction)?,
                rounds: rounds(transaction)?,
                quarantined: tally(transaction, "SELECT count(*) FROM quarantine WHERE reason <> 'revoked'")?,
                forks: tally(transaction, "SELECT count(*) FROM set_aside WHERE reason = 'fork'")?,
                from_revoked: tally(transaction, "SELECT count(*) FROM quarantine WHERE reason = 'revoked'")?,
                reopened: tally(transaction, "SELECT count(*) FROM reopened")?,
                contested: marks(transaction)?.contested(),
                orphans: tally(transaction, "SELECT count(*) FROM orphan")?,
            })
        })
    }
}

fn tally(transaction: &Transaction<'_>, sql: &str) -> Result<u64, LedgerError> {
    Ok(count(transaction.query_row(sql, [], |row| row.get(0))?))
}

fn devices(transaction: &Transaction<'_>) -> Result<Vec<DeviceStatus>, LedgerError> {
    Ok(transaction
        .prepare(
            "SELECT id, name, public_key, revoked_at_ms, seen_at_ms, app_version, plan_head, plan_applied,
                    (SELECT coalesce(sum(seq), 0) FROM log_head WHERE device = id)
             FROM device ORDER BY name, created_at_ms, id",
        )?
        .query_map([], device)?
        .collect::<Result<_, _>>()?)
}

fn device(row: &Row<'_>) -> rusqlite::Result<DeviceStatus> {
    let key: Option<[u8; 32]> = row.get(2)?;
    let revoked: Option<i64> = row.get(3)?;
    let seen: Option<i64> = row.get(4)?;
    Ok(DeviceStatus {
        id: DeviceId::new(row.get(0)?),
        name: row.get(1)?,
        state: match (key, revoked) {
            (_, Some(_)) => DeviceState::Revoked,
            (Some(_), None) => DeviceState::Enrolled,
            (None, None) => DeviceState::Waiting,
        },
        key: key.map(PublicKey),
        seen_at: seen.map(UtcMs),
        app_version: row.get(5)?,
        events: count(row.get(8)?),
        plan_head: count(row.get(6)?),
        plan_applied: count(row.get(7)?),
    })
}

fn rounds(transaction: &Transaction<'_>) -> Result<Vec<RoundStatus>, LedgerError> {
    Ok(transaction
        .prepare(
            "SELECT cycle, code, round.name, device.name, count(stop.id),
                    coalesce(sum(outcome = 'read'), 0), coalesce(sum(outcome = 'skipped'), 0)
             FROM round
             LEFT JOIN device ON device.id = round.device
             LEFT JOIN stop ON stop.round = round.id
             GROUP BY round.id ORDER BY cycle, code",
        )?
        .query_map([], |row| {
            Ok(RoundStatus {
                cycle: row.get(0)?,
                code: row.get(1)?,
                name: row.get(2)?,
                device: row.get(3)?,
                stops: count(row.get(4)?),
                read: count(row.get(5)?),
                skipped: count(row.get(6)?),
            })
        })?
        .collect::<Result<_, _>>()?)
}
