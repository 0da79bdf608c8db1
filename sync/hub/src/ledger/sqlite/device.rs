//! Devices in the file.

use std::collections::BTreeMap;

use lamplighter_core::{
    evidence::{chain::Log, seal::PublicKey},
    id::DeviceId,
    time::UtcMs,
};
use rusqlite::{Connection, OptionalExtension as _};

use super::{count, ingest::understand};
use crate::{
    error::LedgerError,
    ledger::{
        Enrolment, Invitation,
        device::{self, Coded, Redeemed, WrongCodes},
        project::{REVOKED, Understood},
    },
};

pub(super) fn keep_invitation(
    connection: &Connection,
    invitation: &Invitation,
) -> Result<DeviceId, LedgerError> {
    let known: Option<(DeviceId, bool)> = connection
        .prepare_cached(
            "SELECT id, enrolled_at_ms IS NOT NULL FROM device WHERE name = ?1 AND revoked_at_ms IS NULL",
        )?
        .query_row([&invitation.name], |row| Ok((DeviceId::new(row.get(0)?), row.get(1)?)))
        .optional()?;
    let Invitation { name, fresh, code_hash, expires, now } = invitation;
    match invitation.waiting(known)? {
        Some(device) => {
            connection.execute(
                "UPDATE device SET code_hash = ?2, code_expires_ms = ?3 WHERE id = ?1",
                (device.as_bytes(), code_hash, expires.0),
            )?;
            Ok(device)
        }
        None => {
            connection.execute(
                "INSERT INTO device (id, name, code_hash, code_expires_ms, created_at_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                (fresh.as_bytes(), name, code_hash, expires.0, now.0),
            )?;
            Ok(*fresh)
        }
    }
}

/// The inner result is what the device hears; with it the transaction stands.
pub(super) fn redeem(
    connection: &Connection,
    hash: Option<[u8; 32]>,
    key: PublicKey,
    now: UtcMs,
) -> Result<Result<Enrolment, LedgerError>, LedgerError> {
    let wrong = connection.query_row("SELECT wrong_codes, wrong_since_ms FROM hub", [], |row| {
        Ok(WrongCodes { count: row.get(0)?, since: UtcMs(row.get(1)?) })
    })?;
    wrong.check(now)?;
    let found = match hash {
        Some(hash) => coded(connection, hash, now)?,
        None => None,
    };
    match device::redeem(found, key) {
        Redeemed::TakenIn(enrolment) => {
            connection.execute(
                "UPDATE device SET public_key = ?2, enrolled_at_ms = ?3 WHERE id = ?1",
                (enrolment.device.as_bytes(), key.0, now.0),
            )?;
            Ok(Ok(enrolment))
        }
        Redeemed::Again(enrolment) => Ok(Ok(enrolment)),
        Redeemed::Wrong(refusal) => {
            let WrongCodes { count, since } = wrong.one_more(now);
            connection.execute("UPDATE hub SET wrong_codes = ?1, wrong_since_ms = ?2", (count, since.0))?;
            Ok(Err(refusal))
        }
    }
}

pub(super) fn revoke(connection: &Connection, name: &str, now: UtcMs) -> Result<DeviceId, LedgerError> {
    let device = active(connection, name)?;
    connection.execute(
        "UPDATE device SET revoked_at_ms = ?2, code_hash = NULL WHERE id = ?1",
        (device.as_bytes(), now.0),
    )?;
    Ok(device)
}

pub(super) fn key(connection: &Connection, device: DeviceId) -> Result<(PublicKey, bool), LedgerError> {
    let found = connection
        .prepare_cached("SELECT public_key, revoked_at_ms IS NOT NULL FROM device WHERE id = ?1")?
        .query_row([device.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    device::speaker(found)
}

/// Takes note of what devices of this name sent after they were locked out.
pub(super) fn release(connection: &Connection, name: &str) -> Result<u64, LedgerError> {
    let devices: Vec<DeviceId> = connection
        .prepare_cached("SELECT id FROM device WHERE name = ?1 AND revoked_at_ms IS NOT NULL ORDER BY id")?
        .query_map([name.trim()], |row| row.get(0).map(DeviceId::new))?
        .collect::<Result<_, _>>()?;
    device::locked_out(name, &devices)?;
    let mut count = 0;
    for device in devices {
        for (epoch, events) in held_back(connection, device)? {
            count += events.len() as u64;
            understand(connection, Log { device, epoch }, &events)?;
        }
    }
    Ok(count)
}

/// What is held back of a device, a log at a time, and from now on is not.
fn held_back(
    connection: &Connection,
    device: DeviceId,
) -> Result<BTreeMap<u32, Vec<Understood>>, LedgerError> {
    let mut logs: BTreeMap<u32, Vec<Understood>> = BTreeMap::new();
    let mut events = connection.prepare_cached(
        "SELECT epoch, seq, payload FROM quarantine JOIN event USING (device, epoch, seq)
         WHERE reason = ?1 AND device = ?2 ORDER BY epoch, seq",
    )?;
    let mut events = events.query((REVOKED, device.as_bytes()))?;
    while let Some(row) = events.next()? {
        let payload: Vec<u8> = row.get(2)?;
        logs.entry(row.get(0)?).or_default().push(Understood::new(count(row.get(1)?), &payload));
    }
    connection
        .execute("DELETE FROM quarantine WHERE reason = ?1 AND device = ?2", (REVOKED, device.as_bytes()))?;
    Ok(logs)
}

/// The device of this name that is not locked out.
pub(super) fn active(connection: &Connection, name: &str) -> Result<DeviceId, LedgerError> {
    let found = connection
        .prepare_cached("SELECT id FROM device WHERE name = ?1 AND revoked_at_ms IS NULL")?
        .query_row([name.trim()], |row| row.get(0).map(DeviceId::new))
        .optional()?;
    device::active(name, found)
}

fn coded(connection: &Connection, hash: [u8; 32], now: UtcMs) -> Result<Option<Coded>, LedgerError> {
    Ok(connection
        .prepare_cached(
            "SELECT id, name, public_key FROM device
             WHERE code_hash = ?1 AND code_expires_ms > ?2 AND revoked_at_ms IS NULL",
        )?
        .query_row((hash, now.0), |row| {
            let enrolment = Enrolment { device: DeviceId::new(row.get(0)?), name: row.get(1)? };
            Ok(Coded { enrolment, key: row.get::<_, Option<[u8; 32]>>(2)?.map(PublicKey) })
        })
        .optional()?)
}
