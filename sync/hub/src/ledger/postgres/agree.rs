//! How much of a device's logs the database holds.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use lamplighter_core::{
    evidence::chain::{Hash, Head, Log},
    time::UtcMs,
};

use super::{
    failed::Failed,
    rows::{count, get, hash, number, row, rows, run, small, the_row},
};
use crate::ledger::{Agreed, Greeting, Standing, agree, device::version, plan::is_told};

pub(super) async fn greet(
    transaction: &Transaction<'_>,
    greeting: &Greeting,
    now: UtcMs,
) -> Result<Standing, Failed> {
    let Greeting { log, head_seq, app_version, cursor, mark, closed } = greeting;
    let id = &log.device.as_bytes()[..];
    let sql = "UPDATE device SET seen_at_ms = $2, app_version = $3 WHERE id = $1
               RETURNING plan_head, revoked_at_ms IS NOT NULL";
    let device = the_row(transaction, sql, &[&id, &now.0, &version(app_version)]).await?;
    let plan_head = count(&device, 0)?;
    let sql = "INSERT INTO said (device, epoch, seq, at_ms) VALUES ($1, $2, $3, $4)
               ON CONFLICT (device, epoch) DO UPDATE SET seq = excluded.seq, at_ms = excluded.at_ms";
    run(transaction, sql, &[&id, &i64::from(log.epoch), &number(*head_seq), &now.0]).await?;
    let sql = "SELECT mark FROM plan WHERE device = $1 AND n = $2";
    let plan = row(transaction, sql, &[&id, &number(*cursor)]).await?;
    let ours: Option<Vec<u8>> = plan.map(|row| get(&row, 0)).transpose()?;
    let mut held = Vec::new();
    for (epoch, last) in closed {
        let log = Log { epoch: *epoch, ..*log };
        let at_last = hashes(transaction, log, &[*last]).await?.remove(&last.seq);
        held.push((*epoch, agree::held(head(transaction, log).await?, last.seq, at_last)));
    }
    Ok(Standing {
        have: head(transaction, *log).await?,
        plan_head,
        no_plans: *cursor == plan_head && is_told(plan_head, ours.as_deref(), *cursor, mark),
        closed: held,
        revoked: get(&device, 1)?,
    })
}

pub(super) async fn agree(transaction: &Transaction<'_>, log: Log, links: &[Head]) -> Result<Agreed, Failed> {
    let held = hashes(transaction, log, links).await?;
    let sql = "SELECT coalesce(max(epoch), 0) + 1 FROM log_head WHERE device = $1";
    let next = the_row(transaction, sql, &[&&log.device.as_bytes()[..]]).await?;
    Ok(Agreed {
        common: agree::common(links, &held),
        have_seq: head(transaction, log).await?.seq,
        next_epoch: small(&next, 0)?,
    })
}

/// The last event held of a log.
async fn head(transaction: &Transaction<'_>, log: Log) -> Result<Head, Failed> {
    let sql = "SELECT seq, hash FROM log_head WHERE device = $1 AND epoch = $2";
    let found = row(transaction, sql, &[&&log.device.as_bytes()[..], &i64::from(log.epoch)]).await?;
    found.map_or(Ok(Head::EMPTY), |row| Ok(Head { seq: count(&row, 0)?, hash: hash(&row, 1)? }))
}

/// The log's hashes at the numbers of these links, as far as they are held.
async fn hashes(
    transaction: &Transaction<'_>,
    log: Log,
    links: &[Head],
) -> Result<HashMap<u64, Hash>, Failed> {
    let numbers: Vec<i64> = links.iter().map(|link| number(link.seq)).collect();
    let sql = "SELECT seq, hash FROM event WHERE device = $1 AND epoch = $2 AND seq = ANY($3)";
    let found =
        rows(transaction, sql, &[&&log.device.as_bytes()[..], &i64::from(log.epoch), &numbers]).await?;
    found.iter().map(|row| Ok((count(row, 0)?, hash(row, 1)?))).collect()
}
