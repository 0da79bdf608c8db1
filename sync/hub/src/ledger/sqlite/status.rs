//! The office's view: who has which device, how far the rounds are, what needs a look.

use lamplighter_core::{evidence::seal::PublicKey, id::DeviceId, time::UtcMs};
use rusqlite::{Connection, Row};

use super::{count, snapshot::remarks};
use crate::{
    error::LedgerError,
    ledger::{DeviceState, DeviceStatus, RoundStatus, Status, export::marks},
};

/// Everything at one moment.
pub(super) fn status(connection: &Connection) -> Result<Status, LedgerError> {
    Ok(Status {
        devices: devices(connection)?,
        rounds: rounds(connection)?,
        quarantined: tally(connection, "SELECT count(*) FROM quarantine WHERE reason <> 'revoked'")?,
        forks: tally(connection, "SELECT count(*) FROM set_aside")?,
        from_revoked: tally(connection, "SELECT count(*) FROM quarantine WHERE reason = 'revoked'")?,
        reopened: tally(connection, "SELECT count(*) FROM reopened")?,
        contested: marks(&remarks(connection)?).contested(),
        orphans: tally(
            connection,
            "SELECT count(*) FROM visit WHERE NOT EXISTS (SELECT 1 FROM stop WHERE stop.id = visit.stop)",
        )?,
    })
}

fn tally(connection: &Connection, sql: &str) -> Result<u64, LedgerError> {
    Ok(count(connection.query_row(sql, [], |row| row.get(0))?))
}

fn devices(connection: &Connection) -> Result<Vec<DeviceStatus>, LedgerError> {
    Ok(connection
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
        state: DeviceState::of(key.is_some(), revoked.is_some()),
        key: key.map(PublicKey),
        seen_at: seen.map(UtcMs),
        app_version: row.get(5)?,
        events: count(row.get(8)?),
        plan_head: count(row.get(6)?),
        plan_applied: count(row.get(7)?),
    })
}

fn rounds(connection: &Connection) -> Result<Vec<RoundStatus>, LedgerError> {
    Ok(connection
        .prepare(
            "SELECT cycle, code, round.name, device.name, count(stop.id),
                    coalesce(sum(was_read), 0), coalesce(sum(NOT was_read), 0)
             FROM round
             LEFT JOIN device ON device.id = round.device
             LEFT JOIN stop ON stop.round = round.id
             LEFT JOIN (SELECT stop, max(outcome = 'read') AS was_read FROM visit GROUP BY stop) AS visited
                 ON visited.stop = stop.id
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
