//! Devices in the database. Whoever changes which devices there are holds the row of the hub.

use std::collections::BTreeMap;

use deadpool_postgres::{GenericClient, Transaction};
use lamplighter_core::{
    evidence::{chain::Log, seal::PublicKey},
    id::DeviceId,
    time::UtcMs,
};

use super::{
    failed::Failed,
    ingest::understand,
    rows::{self, count, get, row, rows, run, small, some_bytes, the_row},
};
use crate::{
    error::LedgerError,
    ledger::{
        Enrolment, Invitation,
        device::{self, Coded, Redeemed, WrongCodes},
        project::{REVOKED, Understood},
    },
};

/// Waits until nobody else changes devices or books.
pub(super) async fn lock_office(transaction: &Transaction<'_>) -> Result<(), Failed> {
    the_row(transaction, "SELECT id FROM hub FOR UPDATE", &[]).await.map(drop)
}

pub(super) async fn keep_invitation(
    transaction: &Transaction<'_>,
    invitation: &Invitation,
) -> Result<DeviceId, Failed> {
    lock_office(transaction).await?;
    let Invitation { name, fresh, code_hash, expires, now } = invitation;
    let sql = "SELECT id, enrolled_at_ms IS NOT NULL FROM device WHERE name = $1 AND revoked_at_ms IS NULL";
    let known = match row(transaction, sql, &[name]).await? {
        Some(row) => Some((rows::device(&row, 0)?, get(&row, 1)?)),
        None => None,
    };
    let hash = &code_hash[..];
    match invitation.waiting(known)? {
        Some(device) => {
            let sql = "UPDATE device SET code_hash = $2, code_expires_ms = $3 WHERE id = $1";
            run(transaction, sql, &[&&device.as_bytes()[..], &hash, &expires.0]).await?;
            Ok(device)
        }
        None => {
            let sql = "INSERT INTO device (id, name, code_hash, code_expires_ms, created_at_ms)
                       VALUES ($1, $2, $3, $4, $5)";
            run(transaction, sql, &[&&fresh.as_bytes()[..], name, &hash, &expires.0, &now.0]).await?;
            Ok(*fresh)
        }
    }
}

/// The inner result is what the device hears; with it the transaction stands.
pub(super) async fn redeem(
    transaction: &Transaction<'_>,
    hash: Option<[u8; 32]>,
    key: PublicKey,
    now: UtcMs,
) -> Result<Result<Enrolment, LedgerError>, Failed> {
    let row = the_row(transaction, "SELECT wrong_codes, wrong_since_ms FROM hub FOR UPDATE", &[]).await?;
    let wrong = WrongCodes { count: get(&row, 0)?, since: UtcMs(get(&row, 1)?) };
    wrong.check(now)?;
    let found = match hash {
        Some(hash) => coded(transaction, hash, now).await?,
        None => None,
    };
    match device::redeem(found, key) {
        Redeemed::TakenIn(enrolment) => {
            let sql = "UPDATE device SET public_key = $2, enrolled_at_ms = $3 WHERE id = $1";
            let id = &enrolment.device.as_bytes()[..];
            run(transaction, sql, &[&id, &&key.0[..], &now.0]).await?;
            Ok(Ok(enrolment))
        }
        Redeemed::Again(enrolment) => Ok(Ok(enrolment)),
        Redeemed::Wrong(refusal) => {
            let WrongCodes { count, since } = wrong.one_more(now);
            let sql = "UPDATE hub SET wrong_codes = $1, wrong_since_ms = $2";
            run(transaction, sql, &[&count, &since.0]).await?;
            Ok(Err(refusal))
        }
    }
}

pub(super) async fn revoke(
    transaction: &Transaction<'_>,
    name: &str,
    now: UtcMs,
) -> Result<DeviceId, Failed> {
    lock_office(transaction).await?;
    let device = active(transaction, name).await?;
    let sql = "UPDATE device SET revoked_at_ms = $2, code_hash = NULL WHERE id = $1";
    run(transaction, sql, &[&&device.as_bytes()[..], &now.0]).await?;
    Ok(device)
}

/// Takes note of what devices of this name sent after they were locked out.
pub(super) async fn release(transaction: &Transaction<'_>, name: &str) -> Result<u64, Failed> {
    lock_office(transaction).await?;
    let sql = "SELECT id FROM device WHERE name = $1 AND revoked_at_ms IS NOT NULL ORDER BY id";
    let found = rows(transaction, sql, &[&name.trim()]).await?;
    let devices = found.iter().map(|row| rows::device(row, 0)).collect::<Result<Vec<_>, _>>()?;
    device::locked_out(name, &devices)?;
    let mut count = 0;
    for device in devices {
        for (epoch, events) in held_back(transaction, device).await? {
            count += events.len() as u64;
            understand(transaction, Log { device, epoch }, &events).await?;
        }
    }
    Ok(count)
}

pub(super) async fn key(client: &impl GenericClient, device: DeviceId) -> Result<(PublicKey, bool), Failed> {
    let sql = "SELECT public_key, revoked_at_ms IS NOT NULL FROM device WHERE id = $1";
    let found = match row(client, sql, &[&&device.as_bytes()[..]]).await? {
        Some(row) => Some((some_bytes(&row, 0)?, get(&row, 1)?)),
        None => None,
    };
    Ok(device::speaker(found)?)
}

/// The device of this name that is not locked out.
pub(super) async fn active(transaction: &Transaction<'_>, name: &str) -> Result<DeviceId, Failed> {
    let sql = "SELECT id FROM device WHERE name = $1 AND revoked_at_ms IS NULL";
    let found = row(transaction, sql, &[&name.trim()]).await?;
    let found = found.map(|row| rows::device(&row, 0)).transpose()?;
    Ok(device::active(name, found)?)
}

async fn coded(transaction: &Transaction<'_>, hash: [u8; 32], now: UtcMs) -> Result<Option<Coded>, Failed> {
    let sql = "SELECT id, name, public_key FROM device
               WHERE code_hash = $1 AND code_expires_ms > $2 AND revoked_at_ms IS NULL";
    let Some(row) = row(transaction, sql, &[&&hash[..], &now.0]).await? else { return Ok(None) };
    let enrolment = Enrolment { device: rows::device(&row, 0)?, name: get(&row, 1)? };
    Ok(Some(Coded { enrolment, key: some_bytes(&row, 2)?.map(PublicKey) }))
}

/// What is held back of a device, a log at a time, and from now on is not. No batch of the device comes in between.
async fn held_back(
    transaction: &Transaction<'_>,
    device: DeviceId,
) -> Result<BTreeMap<u32, Vec<Understood>>, Failed> {
    let id = &device.as_bytes()[..];
    rows(transaction, "SELECT seq FROM log_head WHERE device = $1 ORDER BY epoch FOR UPDATE", &[&id]).await?;
    let sql = "SELECT epoch, seq, payload FROM quarantine JOIN event USING (device, epoch, seq)
               WHERE device = $1 AND reason = $2 ORDER BY epoch, seq";
    let mut logs: BTreeMap<u32, Vec<Understood>> = BTreeMap::new();
    for row in rows(transaction, sql, &[&id, &REVOKED]).await? {
        logs.entry(small(&row, 0)?).or_default().push(Understood::new(count(&row, 1)?, get(&row, 2)?));
    }
    run(transaction, "DELETE FROM quarantine WHERE device = $1 AND reason = $2", &[&id, &REVOKED]).await?;
    Ok(logs)
}
