//! The office's view: who has which device, how far the rounds are, what needs a look.

use deadpool_postgres::Transaction;
use lamplighter_core::{evidence::seal::PublicKey, time::UtcMs};
use tokio_postgres::Row;

use super::{
    failed::Failed,
    rows::{self, count, get, rows, some_bytes, the_row},
    snapshot::remarks,
};
use crate::ledger::{DeviceState, DeviceStatus, RoundStatus, Status, export::marks};

/// Everything at one moment: the transaction sees one.
pub(super) async fn status(transaction: &Transaction<'_>) -> Result<Status, Failed> {
    let tallies = the_row(
        transaction,
        "SELECT (SELECT count(*) FROM quarantine WHERE reason <> 'revoked'),
                (SELECT count(*) FROM set_aside),
                (SELECT count(*) FROM quarantine WHERE reason = 'revoked'),
                (SELECT count(*) FROM reopened),
                (SELECT count(*) FROM visit WHERE NOT EXISTS (SELECT 1 FROM stop WHERE stop.id = visit.stop))",
        &[],
    )
    .await?;
    Ok(Status {
        devices: devices(transaction).await?,
        rounds: rounds(transaction).await?,
        quarantined: count(&tallies, 0)?,
        forks: count(&tallies, 1)?,
        from_revoked: count(&tallies, 2)?,
        reopened: count(&tallies, 3)?,
        contested: marks(&remarks(transaction).await?).contested(),
        orphans: count(&tallies, 4)?,
    })
}

async fn devices(transaction: &Transaction<'_>) -> Result<Vec<DeviceStatus>, Failed> {
    let found = rows(
        transaction,
        "SELECT id, name, public_key, revoked_at_ms, seen_at_ms, app_version, plan_head, plan_applied,
                (SELECT coalesce(sum(seq), 0)::bigint FROM log_head WHERE device = id)
         FROM device ORDER BY name COLLATE \"C\", created_at_ms, id",
        &[],
    )
    .await?;
    found.iter().map(device).collect()
}

fn device(row: &Row) -> Result<DeviceStatus, Failed> {
    let key: Option<[u8; 32]> = some_bytes(row, 2)?;
    let revoked: Option<i64> = get(row, 3)?;
    let seen: Option<i64> = get(row, 4)?;
    Ok(DeviceStatus {
        id: rows::device(row, 0)?,
        name: get(row, 1)?,
        state: DeviceState::of(key.is_some(), revoked.is_some()),
        key: key.map(PublicKey),
        seen_at: seen.map(UtcMs),
        app_version: get(row, 5)?,
        events: count(row, 8)?,
        plan_head: count(row, 6)?,
        plan_applied: count(row, 7)?,
    })
}

async fn rounds(transaction: &Transaction<'_>) -> Result<Vec<RoundStatus>, Failed> {
    let found = rows(
        transaction,
        "SELECT cycle, code, round.name, device.name, count(stop.id),
                count(*) FILTER (WHERE was_read), count(*) FILTER (WHERE NOT was_read)
         FROM round
         LEFT JOIN device ON device.id = round.device
         LEFT JOIN stop ON stop.round = round.id
         LEFT JOIN (SELECT stop, bool_or(outcome = 'read') AS was_read FROM visit GROUP BY stop) AS visited
             ON visited.stop = stop.id
         GROUP BY round.id, device.id ORDER BY cycle COLLATE \"C\", code COLLATE \"C\"",
        &[],
    )
    .await?;
    let round = |row: &Row| {
        Ok(RoundStatus {
            cycle: get(row, 0)?,
            code: get(row, 1)?,
            name: get(row, 2)?,
            device: get(row, 3)?,
            stops: count(row, 4)?,
            read: count(row, 5)?,
            skipped: count(row, 6)?,
        })
    };
    found.iter().map(round).collect()
}
