//! How much of a device's logs the file holds.

use std::collections::HashMap;

use lamplighter_core::{
    evidence::chain::{Head, Log},
    time::UtcMs,
};
use rusqlite::{Connection, OptionalExtension as _};

use super::{
    count,
    ingest::{hash_at, head},
    number,
};
use crate::{
    error::LedgerError,
    ledger::{Agreed, Greeting, Standing, agree, device::version, plan::is_told},
};

pub(super) fn greet(
    connection: &Connection,
    greeting: &Greeting,
    now: UtcMs,
) -> Result<Standing, LedgerError> {
    let Greeting { log, head_seq, app_version, cursor, mark, closed } = greeting;
    let (plan_head, revoked) = connection
        .prepare_cached(
            "UPDATE device SET seen_at_ms = ?2, app_version = ?3 WHERE id = ?1
             RETURNING plan_head, revoked_at_ms IS NOT NULL",
        )?
        .query_row((log.device.as_bytes(), now.0, version(app_version)), |row| {
            Ok((count(row.get(0)?), row.get(1)?))
        })?;
    connection
        .prepare_cached(
            "INSERT INTO said (device, epoch, seq, at_ms) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET seq = excluded.seq, at_ms = excluded.at_ms",
        )?
        .execute((log.device.as_bytes(), log.epoch, number(*head_seq), now.0))?;
    let ours: Option<Option<Vec<u8>>> = connection
        .prepare_cached("SELECT mark FROM plan WHERE device = ?1 AND n = ?2")?
        .query_row((log.device.as_bytes(), number(*cursor)), |row| row.get(0))
        .optional()?;
    let mut held = Vec::new();
    for (epoch, last) in closed {
        let log = Log { epoch: *epoch, ..*log };
        let at_last = hash_at(connection, log, last.seq)?;
        held.push((*epoch, agree::held(head(connection, log)?, last.seq, at_last)));
    }
    Ok(Standing {
        have: head(connection, *log)?,
        plan_head,
        no_plans: *cursor == plan_head && is_told(plan_head, ours.flatten().as_deref(), *cursor, mark),
        closed: held,
        revoked,
    })
}

pub(super) fn agree(connection: &Connection, log: Log, links: &[Head]) -> Result<Agreed, LedgerError> {
    let mut held = HashMap::new();
    for link in links {
        held.extend(hash_at(connection, log, link.seq)?.map(|hash| (link.seq, hash)));
    }
    let next_epoch = connection
        .prepare_cached("SELECT coalesce(max(epoch), 0) + 1 FROM log_head WHERE device = ?1")?
        .query_row([log.device.as_bytes()], |row| row.get(0))?;
    Ok(Agreed { common: agree::common(links, &held), have_seq: head(connection, log)?.seq, next_epoch })
}
