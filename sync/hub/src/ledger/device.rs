//! Devices: how one is invited, and what a code is worth. Decides only.

use lamplighter_core::{evidence::seal::PublicKey, id::DeviceId, time::UtcMs};
use lamplighter_sync::wire::RefusalCode;

use super::Enrolment;
use crate::{
    enrol::{WRONG_CODES_MAX, code_hash},
    error::LedgerError,
};

const HOUR_MS: i64 = 3_600_000;
const NAME_LETTERS_MAX: usize = 100;
const VERSION_LETTERS_MAX: usize = 64;

/// A name and a code that can be.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub(super) name: String,
    pub(super) fresh: DeviceId,
    pub(super) code_hash: [u8; 32],
    pub(super) expires: UtcMs,
    pub(super) now: UtcMs,
}

impl Invitation {
    /// Checks the name and the code.
    pub fn new(
        name: &str,
        fresh: DeviceId,
        code: &str,
        expires: UtcMs,
        now: UtcMs,
    ) -> Result<Self, LedgerError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_LETTERS_MAX || name.contains(char::is_control) {
            return Err(LedgerError::impossible("a name has 1 to 100 letters on one line"));
        }
        let code_hash = code_hash(code).ok_or_else(|| LedgerError::impossible("a code has ten digits"))?;
        Ok(Self { name: name.into(), fresh, code_hash, expires, now })
    }

    /// The device that waits under the name, or none where the name is free. `known` is who has the name, and whether
    /// that device was taken in.
    pub(super) fn waiting(&self, known: Option<(DeviceId, bool)>) -> Result<Option<DeviceId>, LedgerError> {
        match known {
            Some((_, true)) => Err(LedgerError::impossible(format!(
                "{} has a device already; revoke it before another one is enrolled",
                self.name
            ))),
            Some((device, false)) => Ok(Some(device)),
            None => Ok(None),
        }
    }
}

/// Wrong codes, and since when they are counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct WrongCodes {
    pub(super) count: i64,
    pub(super) since: UtcMs,
}

impl WrongCodes {
    /// Refuses to listen where there were too many in this hour.
    pub(super) fn check(self, now: UtcMs) -> Result<(), LedgerError> {
        if self.is_of_this_hour(now) && self.count >= WRONG_CODES_MAX {
            let left = self.since.0.saturating_add(HOUR_MS).saturating_sub(now.0) / 1000 + 1;
            let seconds = u64::try_from(left).unwrap_or(0);
            return Err(LedgerError::Refused(RefusalCode::Busy, seconds, "too many wrong codes".into()));
        }
        Ok(())
    }

    /// After one more.
    pub(super) const fn one_more(self, now: UtcMs) -> Self {
        if self.is_of_this_hour(now) {
            Self { count: self.count + 1, since: self.since }
        } else {
            Self { count: 1, since: now }
        }
    }

    const fn is_of_this_hour(self, now: UtcMs) -> bool {
        let age = now.0.saturating_sub(self.since.0);
        age >= 0 && age < HOUR_MS
    }
}

/// A device whose code was given, with the key it has so far.
pub(super) struct Coded {
    pub(super) enrolment: Enrolment,
    pub(super) key: Option<PublicKey>,
}

/// What a code is worth.
pub(super) enum Redeemed {
    /// The device is to be taken in under the key.
    TakenIn(Enrolment),
    /// It was, and its reply was lost.
    Again(Enrolment),
    /// Nothing; it is to be counted before it is refused.
    Wrong(LedgerError),
}

/// Decides what a code is worth in the hands of whoever has `key`.
pub(super) fn redeem(found: Option<Coded>, key: PublicKey) -> Redeemed {
    match found {
        Some(Coded { enrolment, key: None }) => Redeemed::TakenIn(enrolment),
        Some(Coded { enrolment, key: Some(theirs) }) if theirs == key => Redeemed::Again(enrolment),
        Some(_) | None => {
            Redeemed::Wrong(LedgerError::refused(RefusalCode::BadCode, "the code is wrong, used or too old"))
        }
    }
}

/// The key that was found for a device.
pub(super) fn speaker(found: Option<(Option<[u8; 32]>, bool)>) -> Result<(PublicKey, bool), LedgerError> {
    match found {
        Some((Some(key), revoked)) => Ok((PublicKey(key), revoked)),
        Some((None, _)) | None => {
            Err(LedgerError::refused(RefusalCode::Unauthorised, "the device is not known"))
        }
    }
}

/// The device that was found for a name.
pub(super) fn active(name: &str, found: Option<DeviceId>) -> Result<DeviceId, LedgerError> {
    found.ok_or_else(|| LedgerError::impossible(format!("there is no device for {name}; enrol it first")))
}

/// That some device of a name is locked out.
pub(super) fn locked_out(name: &str, found: &[DeviceId]) -> Result<(), LedgerError> {
    match found {
        [] => Err(LedgerError::impossible(format!("no device of {name} is locked out"))),
        _ => Ok(()),
    }
}

/// What a device says its release is, as far as it is kept.
pub(super) fn version(said: &str) -> String {
    said.chars().filter(|letter| !letter.is_control()).take(VERSION_LETTERS_MAX).collect()
}
