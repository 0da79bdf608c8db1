//! The schema of the file: what may be opened at all, and how an older one becomes this release's.

use lamplighter_core::{
    evidence::{chain::Log, seal::SecretKey},
    id::DeviceId,
    time::UtcMs,
};
use lamplighter_sync::wire::Batch;
use prost::{DecodeError, Message as _};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{count, device, ingest};
use crate::{
    error::LedgerError,
    ledger::{Proved, batch, project::Understood},
};

/// Numbered from 1; never edited once released.
const MIGRATIONS: [&str; 5] = [
    include_str!("../../../migrations/sqlite/0001_ledger.sql"),
    include_str!("../../../migrations/sqlite/0002_marks.sql"),
    include_str!("../../../migrations/sqlite/0003_visits.sql"),
    include_str!("../../../migrations/sqlite/0004_recovery.sql"),
    include_str!("../../../migrations/sqlite/0005_billing.sql"),
];
/// `LMPL`, in the file's header.
const APPLICATION_ID: i64 = 0x4c4d_504c;
/// The last schema whose events said less in rows than they do now.
const SAID_LESS: u32 = 2;
/// Events that are looked at again in one piece.
const PIECE: i64 = 1000;

/// Refuses what is no ledger, or a damaged or newer one, before a byte of it is changed.
pub(super) fn check(connection: &Connection) -> Result<(), LedgerError> {
    let version = version(connection)?;
    let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 && application != APPLICATION_ID {
        return Err(LedgerError::impossible("the file is a database of another program"));
    }
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if version > known {
        return Err(LedgerError::Newer { found: version, known });
    }
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(LedgerError::Damaged(found)) }
}

pub(super) fn migrate(connection: &mut Connection) -> Result<(), LedgerError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let from = version(&transaction)?;
    for (number, migration) in (1_u32..).zip(MIGRATIONS) {
        if number > from {
            transaction.execute_batch(migration)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", number)?;
        }
    }
    if (1..=SAID_LESS).contains(&from) {
        say_again(&transaction)?;
        take_from_revoked(&transaction)?;
    }
    Ok(transaction.commit()?)
}

/// The hub's key, made of `fresh` where there is none yet.
pub(super) fn key(
    connection: &mut Connection,
    fresh: [u8; 32],
    now: UtcMs,
) -> Result<SecretKey, LedgerError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute(
        "INSERT INTO hub (id, secret_key, created_at_ms) VALUES (1, ?1, ?2) ON CONFLICT DO NOTHING",
        (fresh, now.0),
    )?;
    let key = transaction.query_row("SELECT secret_key FROM hub", [], |row| row.get(0))?;
    transaction.commit()?;
    Ok(SecretKey::new(key))
}

fn version(connection: &Connection) -> Result<u32, LedgerError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Makes all rows that come from events anew. What is held back stays so.
fn say_again(transaction: &Transaction<'_>) -> Result<(), LedgerError> {
    transaction.execute_batch(
        "DELETE FROM reading; DELETE FROM withdrawal; DELETE FROM reopened; DELETE FROM visit;
         DELETE FROM quarantine WHERE reason <> 'revoked'",
    )?;
    let logs: Vec<Log> = transaction
        .prepare("SELECT device, epoch FROM log_head ORDER BY device, epoch")?
        .query_map([], |row| Ok(Log { device: DeviceId::new(row.get(0)?), epoch: row.get(1)? }))?
        .collect::<Result<_, _>>()?;
    for log in logs {
        let mut after = 0;
        loop {
            let piece = piece(transaction, log, after)?;
            let Some(last) = piece.last() else { break };
            after = last.seq;
            ingest::understand(transaction, log, &piece)?;
        }
    }
    Ok(())
}

/// Batches of devices that were locked out, which schema 1 set aside, go into their logs, held back, as they do now. Where
/// the log has gone on without them they are another branch of it.
fn take_from_revoked(transaction: &Transaction<'_>) -> Result<(), LedgerError> {
    let aside: Vec<(i64, Vec<u8>)> = transaction
        .prepare(
            "SELECT recv_at_ms, batch FROM set_aside WHERE reason = 'revoked'
             ORDER BY device, epoch, first_seq, recv_at_ms",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (received, bytes) in aside {
        let torn = |torn: DecodeError| LedgerError::Damaged(format!("a batch set aside: {torn}"));
        let batch = Batch::decode(&bytes[..]).map_err(torn)?;
        let (key, _) = device::key(transaction, batch::device(&batch)?)?;
        let taken = Proved::new(batch, key, true)
            .and_then(|proved| ingest::append(transaction, &proved, UtcMs(received)));
        match taken {
            Ok(_) => {
                let sql = "DELETE FROM set_aside WHERE reason = 'revoked' AND batch = ?1";
                transaction.execute(sql, [bytes])?;
            }
            // What is missing before it is missing still: it stays aside, and is counted there.
            Err(LedgerError::Refused(..)) => {}
            Err(failed) => return Err(failed),
        }
    }
    Ok(())
}

fn piece(transaction: &Transaction<'_>, log: Log, after: u64) -> Result<Vec<Understood>, LedgerError> {
    Ok(transaction
        .prepare_cached(
            "SELECT seq, payload FROM event WHERE device = ?1 AND epoch = ?2 AND seq > ?3
                 AND NOT EXISTS (SELECT 1 FROM quarantine AS held
                     WHERE (held.device, held.epoch, held.seq) = (event.device, event.epoch, event.seq))
             ORDER BY seq LIMIT ?4",
        )?
        .query_map((log.device.as_bytes(), log.epoch, super::number(after), PIECE), |row| {
            let payload: Vec<u8> = row.get(1)?;
            Ok(Understood::new(count(row.get(0)?), &payload))
        })?
        .collect::<Result<_, _>>()?)
}
