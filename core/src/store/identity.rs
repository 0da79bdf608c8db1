//! Who this device is to the hub, and how far both have come. All SQL about identity.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::{
    envelope::{self, Recovery},
    error::StoreError,
};
use crate::{
    evidence::{
        chain::{Head, Log},
        seal::{PublicKey, SecretKey},
    },
    id::DeviceId,
};

/// What enrolment gave.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The device and its present epoch.
    pub log: Log,
    /// The key that seals its events.
    pub key: SecretKey,
    /// The key that the hub signs with.
    pub hub_key: PublicKey,
    /// Where the hub is.
    pub hub_url: String,
    /// Whom the device belongs to.
    pub reader: String,
}

/// How far the device and the hub have come.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Standing {
    /// The last event of the device.
    pub head: Head,
    /// The last event that the hub gave a receipt for.
    pub acked_seq: u64,
    /// The last plan taken over.
    pub down_cursor: u64,
    /// The hub's mark beside that plan, by which it knows whether it still holds the plans it told.
    pub down_mark: Vec<u8>,
    /// Events without a receipt.
    pub waiting: u64,
    /// Earlier logs of the device, oldest first: the last event of each that stands.
    pub closed: Vec<(u32, Head)>,
    /// The utility's recovery key, if the hub has told one.
    pub recovery: Option<Recovery>,
}

pub(super) fn put(tx: &Transaction<'_>, identity: &Identity) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO identity (one, device, epoch, secret, hub_key, hub_url, reader)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)",
        (
            identity.log.device,
            identity.log.epoch,
            identity.key.to_bytes(),
            identity.hub_key.0,
            &identity.hub_url,
            &identity.reader,
        ),
    )?;
    Ok(())
}

pub(super) fn get(conn: &Connection) -> Result<Option<Identity>, StoreError> {
    let row = conn
        .prepare_cached("SELECT device, epoch, secret, hub_key, hub_url, reader FROM identity")?
        .query_row([], |row| {
            let log = Log { device: row.get::<_, DeviceId>(0)?, epoch: row.get(1)? };
            Ok(Identity {
                log,
                key: SecretKey::new(row.get(2)?),
                hub_key: PublicKey(row.get(3)?),
                hub_url: row.get(4)?,
                reader: row.get(5)?,
            })
        })
        .optional()?;
    Ok(row)
}

pub(super) fn standing(conn: &Connection) -> Result<Standing, StoreError> {
    let row = conn
        .prepare_cached(
            "SELECT acked_seq, down_cursor, down_mark, h.seq, h.hash,
                (SELECT count(*) FROM outbox o WHERE o.epoch = i.epoch)
             FROM identity i LEFT JOIN head h ON h.epoch = i.epoch",
        )?
        .query_row([], |row| {
            let seq: Option<u64> = row.get(3)?;
            let head = match seq {
                Some(seq) => Head { seq, hash: row.get(4)? },
                None => Head::EMPTY,
            };
            Ok(Standing {
                head,
                acked_seq: row.get(0)?,
                down_cursor: row.get(1)?,
                down_mark: row.get(2)?,
                waiting: row.get(5)?,
                closed: Vec::new(),
                recovery: None,
            })
        })
        .optional()?;
    let standing = row.ok_or(StoreError::NotEnrolled)?;
    Ok(Standing { closed: closed(conn)?, recovery: envelope::recovery(conn)?, ..standing })
}

fn closed(conn: &Connection) -> Result<Vec<(u32, Head)>, StoreError> {
    let closed = conn
        .prepare_cached("SELECT epoch, seq, hash FROM closed ORDER BY epoch")?
        .query_map([], |row| Ok((row.get(0)?, Head { seq: row.get(1)?, hash: row.get(2)? })))?
        .collect::<Result<_, _>>()?;
    Ok(closed)
}

/// Where an earlier log of the device ends.
pub(super) fn closed_at(conn: &Connection, epoch: u32) -> Result<Head, StoreError> {
    let found = closed(conn)?.into_iter().find(|(closed, _)| *closed == epoch);
    found.map(|(_, head)| head).ok_or(StoreError::BadRow("no such log"))
}

/// A log of the device ends here, or earlier than was thought.
pub(super) fn close(tx: &Transaction<'_>, epoch: u32, last: Head) -> Result<(), StoreError> {
    tx.execute(
        "INSERT OR REPLACE INTO closed (epoch, seq, hash) VALUES (?1, ?2, ?3)",
        (epoch, last.seq, last.hash),
    )?;
    Ok(())
}

/// From now on the device writes another log, of which the hub has nothing yet.
pub(super) fn set_epoch(tx: &Transaction<'_>, epoch: u32) -> Result<(), StoreError> {
    tx.execute("UPDATE identity SET epoch = ?1, acked_seq = 0", [epoch])?;
    Ok(())
}

pub(super) fn set_acked(tx: &Transaction<'_>, seq: u64) -> Result<(), StoreError> {
    tx.execute("UPDATE identity SET acked_seq = max(acked_seq, ?1)", [seq])?;
    Ok(())
}

pub(super) fn set_cursor(tx: &Transaction<'_>, cursor: u64, mark: &[u8]) -> Result<(), StoreError> {
    tx.execute("UPDATE identity SET down_cursor = ?1, down_mark = ?2", (cursor, mark))?;
    Ok(())
}

pub(super) fn set_hub_url(tx: &Transaction<'_>, url: &str) -> Result<(), StoreError> {
    tx.execute("UPDATE identity SET hub_url = ?1", [url])?;
    Ok(())
}
