//! Devices: taken in by a one-time code, heard by their key, locked out by the office.

use lamplighter_core::{evidence::seal::PublicKey, id::DeviceId, time::UtcMs};
use lamplighter_sync::wire::RefusalCode;
use rusqlite::{OptionalExtension as _, Transaction};

use super::{Ledger, count, project};
use crate::{
    enrol::{WRONG_CODES_MAX, code_hash},
    error::LedgerError,
    ledger::Enrolment,
};

const HOUR_MS: i64 = 3_600_000;
const NAME_LETTERS_MAX: usize = 100;

impl Ledger {
    /// Makes room for a device, or a new code for one that waits. The device is `fresh` unless it waits
    /// already. Plans may be made for it at once.
    pub fn invite(
        &self,
        name: &str,
        fresh: DeviceId,
        code: &str,
        expires: UtcMs,
        now: UtcMs,
    ) -> Result<DeviceId, LedgerError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_LETTERS_MAX || name.contains(char::is_control) {
            return Err(LedgerError::impossible("a name has 1 to 100 letters on one line"));
        }
        let hash = code_hash(code).ok_or_else(|| LedgerError::impossible("a code has ten digits"))?;
        self.write(|transaction| {
            let known: Option<([u8; 16], bool)> = transaction
                .prepare_cached(
                    "SELECT id, enrolled_at_ms IS NOT NULL FROM device
                     WHERE name = ?1 AND revoked_at_ms IS NULL",
                )?
                .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            match known {
                Some((_, true)) => Err(LedgerError::impossible(format!(
                    "{name} has a device already; revoke it before another one is enrolled"
                ))),
                Some((id, false)) => {
                    transaction.execute(
                        "UPDATE device SET code_hash = ?2, code_expires_ms = ?3 WHERE id = ?1",
                        (id, hash, expires.0),
                    )?;
                    Ok(DeviceId::new(id))
                }
                None => {
                    transaction.execute(
                        "INSERT INTO device (id, name, code_hash, code_expires_ms, created_at_ms)
                         VALUES (?1, ?2, ?3, ?4, ?5)",
                        (fresh.as_bytes(), name, hash, expires.0, now.0),
                    )?;
                    Ok(fresh)
                }
            }
        })
    }

    /// Takes a device in for a good code. A device that lost the reply may ask again with the same key.
    pub fn redeem(&self, code: &str, key: PublicKey, now: UtcMs) -> Result<Enrolment, LedgerError> {
        // A wrong code is counted, so the refusal must not roll the transaction back.
        self.write(|transaction| {
            let (wrong, since): (i64, i64) =
                transaction.query_row("SELECT wrong_codes, wrong_since_ms FROM hub", [], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?;
            let same_hour = (0..HOUR_MS).contains(&now.0.saturating_sub(since));
            if same_hour && wrong >= WRONG_CODES_MAX {
                let seconds = count((since.saturating_add(HOUR_MS) - now.0) / 1000 + 1);
                let refusal = LedgerError::Refused(RefusalCode::Busy, seconds, "too many wrong codes".into());
                return Ok(Err(refusal));
            }
            if let Some(enrolment) = use_code(transaction, code, key, now)? {
                return Ok(Ok(enrolment));
            }
            let (wrong, since) = if same_hour { (wrong + 1, since) } else { (1, now.0) };
            transaction.execute("UPDATE hub SET wrong_codes = ?1, wrong_since_ms = ?2", (wrong, since))?;
            Ok(Err(LedgerError::refused(RefusalCode::BadCode, "the code is wrong, used or too old")))
        })?
    }

    /// Locks a device out. What it sends from now on is held back.
    pub fn revoke(&self, name: &str, now: UtcMs) -> Result<DeviceId, LedgerError> {
        self.write(|transaction| {
            let device = active(transaction, name)?;
            transaction.execute(
                "UPDATE device SET revoked_at_ms = ?2, code_hash = NULL WHERE id = ?1",
                (device.as_bytes(), now.0),
            )?;
            Ok(device)
        })
    }

    /// Takes note of what devices of this name sent after they were locked out. Answers how many events there were.
    pub fn release(&self, name: &str) -> Result<u64, LedgerError> {
        self.write(|transaction| {
            let devices = transaction
                .prepare_cached(
                    "SELECT id FROM device WHERE name = ?1 AND revoked_at_ms IS NOT NULL ORDER BY id",
                )?
                .query_map([name.trim()], |row| row.get(0).map(DeviceId::new))?
                .collect::<Result<Vec<_>, _>>()?;
            if devices.is_empty() {
                return Err(LedgerError::impossible(format!("no device of {name} is locked out")));
            }
            devices.into_iter().map(|device| project::release(transaction, device)).sum()
        })
    }

    /// The key that a device speaks with, and whether it is locked out.
    pub fn device_key(&self, device: DeviceId) -> Result<(PublicKey, bool), LedgerError> {
        let found = self.read(|transaction| {
            Ok(transaction
                .prepare_cached("SELECT public_key, revoked_at_ms IS NOT NULL FROM device WHERE id = ?1")?
                .query_row([device.as_bytes()], |row| {
                    Ok((row.get::<_, Option<[u8; 32]>>(0)?, row.get::<_, bool>(1)?))
                })
                .optional()?)
        })?;
        match found {
            Some((Some(key), revoked)) => Ok((PublicKey(key), revoked)),
            Some((None, _)) | None => {
                Err(LedgerError::refused(RefusalCode::Unauthorised, "the device is not known"))
            }
        }
    }
}

fn use_code(
    transaction: &Transaction<'_>,
    code: &str,
    key: PublicKey,
    now: UtcMs,
) -> Result<Option<Enrolment>, LedgerError> {
    let Some(hash) = code_hash(code) else { return Ok(None) };
    let found: Option<([u8; 16], String, Option<[u8; 32]>)> = transaction
        .prepare_cached(
            "SELECT id, name, public_key FROM device
             WHERE code_hash = ?1 AND code_expires_ms > ?2 AND revoked_at_ms IS NULL",
        )?
        .query_row((hash, now.0), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    match found {
        Some((id, name, None)) => {
            transaction.execute(
                "UPDATE device SET public_key = ?2, enrolled_at_ms = ?3 WHERE id = ?1",
                (id, key.0, now.0),
            )?;
            Ok(Some(Enrolment { device: DeviceId::new(id), name }))
        }
        Some((id, name, Some(theirs))) if theirs == key.0 => {
            Ok(Some(Enrolment { device: DeviceId::new(id), name }))
        }
        Some(_) | None => Ok(None),
    }
}

/// The device of this name that is not locked out.
pub(super) fn active(transaction: &Transaction<'_>, name: &str) -> Result<DeviceId, LedgerError> {
    transaction
        .prepare_cached("SELECT id FROM device WHERE name = ?1 AND revoked_at_ms IS NULL")?
        .query_row([name.trim()], |row| row.get(0).map(DeviceId::new))
        .optional()?
        .ok_or_else(|| LedgerError::impossible(format!("there is no device for {name}; enrol it first")))
}
