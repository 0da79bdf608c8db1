//! Small things the device remembers, by name. All SQL about settings.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::error::StoreError;

/// What is remembered. The name in the file never changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Setting {
    /// The stop at hand, as its id.
    CurrentStop,
    /// The probe's port, as a path or `tcp://host:port`.
    ProbePort,
    /// What the probe needs, as the text of its profile.
    ProbeProfile,
    /// What is read beside the registers, as [`crate::work::Beside`] writes it.
    ReadBeside,
    /// Who we say we are to meters of DLMS, in hexadecimal digits.
    SystemTitle,
    /// The receiver's port, as a path.
    GnssPort,
    /// The seed of a key that the hub may know already.
    EnrolSeed,
}

impl Setting {
    const fn name(self) -> &'static str {
        match self {
            Self::CurrentStop => "current-stop",
            Self::ProbePort => "probe-port",
            Self::ProbeProfile => "probe-profile",
            Self::ReadBeside => "read-beside",
            Self::SystemTitle => "system-title",
            Self::GnssPort => "gnss-port",
            Self::EnrolSeed => "enrol-seed",
        }
    }
}

pub(super) fn get(conn: &Connection, setting: Setting) -> Result<Option<String>, StoreError> {
    let value = conn
        .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([setting.name()], |row| row.get(0))
        .optional()?;
    Ok(value)
}

pub(super) fn put(tx: &Transaction<'_>, setting: Setting, value: Option<&str>) -> Result<(), StoreError> {
    match value {
        Some(value) => tx
            .prepare_cached("INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)")?
            .execute((setting.name(), value))?,
        None => tx.prepare_cached("DELETE FROM setting WHERE name = ?1")?.execute([setting.name()])?,
    };
    Ok(())
}
