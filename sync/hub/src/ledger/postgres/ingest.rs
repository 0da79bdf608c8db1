//! Batches into the database: one log's events, their rows, and the new head, as columns that the server spreads to rows.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use lamplighter_core::{
    evidence::chain::{Hash, Head, Log},
    id::StopId,
    time::UtcMs,
};
use tokio::try_join;

use super::{
    failed::Failed,
    rows::{bytes, count, get, hash, number, row, rows, run, small, the_row},
};
use crate::{
    error::LedgerError,
    ledger::{
        Proved,
        batch::{Aside, Taken},
        project::{self, Projection, ReadingRow, Understood, Visit, VisitRow, stops_before},
    },
};

/// The inner result is what the device hears; with it the transaction stands.
pub(super) async fn append(
    transaction: &Transaction<'_>,
    proved: &Proved,
    now: UtcMs,
) -> Result<Result<Head, LedgerError>, Failed> {
    let held = lock_head(transaction, proved.log).await?;
    let ours = match proved.asks(held) {
        Some(seq) => hash_at(transaction, proved.log, seq).await?,
        None => Some(held.hash),
    };
    match proved.taken(held, ours) {
        Taken::Held(head) => Ok(Ok(head)),
        Taken::Gap(refusal) => Err(refusal.into()),
        Taken::Fork(refusal) => {
            set_aside(transaction, proved.log, proved.aside(), now).await?;
            Ok(Err(refusal))
        }
        Taken::Grows(after) => {
            grow(transaction, proved, after, now).await?;
            Ok(Ok(proved.last()))
        }
    }
}

/// Writes what events that follow each other mean. Their log is locked.
pub(super) async fn understand(
    transaction: &Transaction<'_>,
    log: Log,
    events: &[Understood],
) -> Result<(), Failed> {
    let before = visits(transaction, log, events).await?;
    write(transaction, log, &project::project(log, events, &before)).await
}

/// The last event held of a log, which stays so until the transaction ends. The first batch of a log makes the row: who
/// comes at the same time waits for it.
async fn lock_head(transaction: &Transaction<'_>, log: Log) -> Result<Head, Failed> {
    let (id, epoch) = (&log.device.as_bytes()[..], i64::from(log.epoch));
    let lock = "SELECT seq, hash FROM log_head WHERE device = $1 AND epoch = $2 FOR UPDATE";
    let found = match row(transaction, lock, &[&id, &epoch]).await? {
        Some(found) => found,
        None => {
            let make = "INSERT INTO log_head (device, epoch, seq, hash) VALUES ($1, $2, 0, $3)
                        ON CONFLICT DO NOTHING";
            run(transaction, make, &[&id, &epoch, &&Hash::START.0[..]]).await?;
            the_row(transaction, lock, &[&id, &epoch]).await?
        }
    };
    Ok(Head { seq: count(&found, 0)?, hash: hash(&found, 1)? })
}

async fn grow(transaction: &Transaction<'_>, proved: &Proved, after: u64, now: UtcMs) -> Result<(), Failed> {
    let before = visits(transaction, proved.log, proved.understood(after)).await?;
    let rows = proved.rows(after, &before);
    // Sent together and done one after the other.
    try_join!(
        events(transaction, proved, after, now),
        write(transaction, proved.log, &rows),
        seal(transaction, proved)
    )?;
    Ok(())
}

async fn events(
    transaction: &Transaction<'_>,
    proved: &Proved,
    after: u64,
    now: UtcMs,
) -> Result<(), Failed> {
    let Log { device, epoch } = proved.log;
    let (mut numbers, mut payloads, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    for (head, payload) in proved.after(after) {
        numbers.push(number(head.seq));
        payloads.push(payload);
        hashes.push(head.hash.0.to_vec());
    }
    let sql = "INSERT INTO event (device, epoch, seq, recv_at_ms, payload, hash)
               SELECT $1::bytea, $2::bigint, new.seq, $3::bigint, new.payload, new.hash
               FROM UNNEST($4::bigint[], $5::bytea[], $6::bytea[]) AS new (seq, payload, hash)
               ON CONFLICT DO NOTHING";
    let id = &device.as_bytes()[..];
    let added =
        run(transaction, sql, &[&id, &i64::from(epoch), &now.0, &numbers, &payloads, &hashes]).await?;
    // With the head locked, nobody else can have added one.
    if added != numbers.len() as u64 {
        return Err(LedgerError::Damaged(format!("{device} has events beyond the head of its log")).into());
    }
    Ok(())
}

async fn seal(transaction: &Transaction<'_>, proved: &Proved) -> Result<(), Failed> {
    let (Log { device, epoch }, last) = (proved.log, proved.last());
    let (id, epoch, seq) = (&device.as_bytes()[..], i64::from(epoch), number(last.seq));
    let (hash, seal) = (&last.hash.0[..], &proved.seal.0[..]);
    run(
        transaction,
        "INSERT INTO seal (device, epoch, seq, hash, seal) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        &[&id, &epoch, &seq, &hash, &seal],
    )
    .await?;
    run(
        transaction,
        "UPDATE log_head SET seq = $3, hash = $4, seal = $5 WHERE device = $1 AND epoch = $2",
        &[&id, &epoch, &seq, &hash, &seal],
    )
    .await?;
    Ok(())
}

async fn write(transaction: &Transaction<'_>, log: Log, rows: &Projection<'_>) -> Result<(), Failed> {
    try_join!(
        readings(transaction, log, rows),
        put_visits(transaction, log, rows),
        remarks(transaction, log, rows)
    )?;
    Ok(())
}

async fn readings(transaction: &Transaction<'_>, log: Log, rows: &Projection<'_>) -> Result<(), Failed> {
    if rows.readings.is_empty() {
        return Ok(());
    }
    let spelt: Vec<ReadingRow> = rows.readings.iter().map(|(_, reading)| ReadingRow::of(reading)).collect();
    let numbers: Vec<i64> = rows.readings.iter().map(|(seq, _)| number(*seq)).collect();
    let stops: Vec<&[u8]> = rows.readings.iter().map(|(_, reading)| &reading.stop.as_bytes()[..]).collect();
    let meters: Vec<&[u8]> = rows.readings.iter().map(|(_, reading)| &reading.meter.as_bytes()[..]).collect();
    let taken: Vec<i64> = rows.readings.iter().map(|(_, reading)| reading.taken_at.0).collect();
    let methods: Vec<i16> = spelt.iter().map(|row| row.method).collect();
    let levels: Vec<i16> = spelt.iter().map(|row| row.level).collect();
    let obis: Vec<Option<&str>> = spelt.iter().map(|row| row.obis.as_deref()).collect();
    let values: Vec<Option<&str>> = spelt.iter().map(|row| row.value.as_deref()).collect();
    let before: Vec<Option<&[u8]>> = rows
        .readings
        .iter()
        .map(|(_, reading)| reading.supersedes.as_ref().map(|id| &id.as_bytes()[..]))
        .collect();
    run(
        transaction,
        "INSERT INTO reading
             (device, epoch, seq, stop, meter, taken_at_ms, method, level, obis, value, supersedes)
         SELECT $1::bytea, $2::bigint, new.*
         FROM UNNEST($3::bigint[], $4::bytea[], $5::bytea[], $6::bigint[], $7::smallint[], $8::smallint[],
                     $9::text[], $10::text[], $11::bytea[]) AS new
         ON CONFLICT DO NOTHING",
        &[
            &&log.device.as_bytes()[..],
            &i64::from(log.epoch),
            &numbers,
            &stops,
            &meters,
            &taken,
            &methods,
            &levels,
            &obis,
            &values,
            &before,
        ],
    )
    .await?;
    Ok(())
}

/// What there is seldom any of: no statement where there is none.
async fn remarks(transaction: &Transaction<'_>, log: Log, rows: &Projection<'_>) -> Result<(), Failed> {
    let (id, epoch) = (&log.device.as_bytes()[..], i64::from(log.epoch));
    for (seq, reading, stop) in &rows.withdrawals {
        let sql = "INSERT INTO withdrawal (device, epoch, seq, reading, stop) VALUES ($1, $2, $3, $4, $5)
                   ON CONFLICT DO NOTHING";
        let (reading, stop) = (&reading.as_bytes()[..], &stop.as_bytes()[..]);
        run(transaction, sql, &[&id, &epoch, &number(*seq), &reading, &stop]).await?;
    }
    for (seq, parted, common) in &rows.reopened {
        let sql = "INSERT INTO reopened (device, epoch, seq, parted, common) VALUES ($1, $2, $3, $4, $5)
                   ON CONFLICT DO NOTHING";
        let given = (number(*seq), i64::from(*parted), number(*common));
        run(transaction, sql, &[&id, &epoch, &given.0, &given.1, &given.2]).await?;
    }
    if !rows.quarantined.is_empty() {
        let numbers: Vec<i64> = rows.quarantined.iter().map(|(seq, _)| number(*seq)).collect();
        let reasons: Vec<&str> = rows.quarantined.iter().map(|(_, reason)| *reason).collect();
        let sql = "INSERT INTO quarantine (device, epoch, seq, reason)
                   SELECT $1::bytea, $2::bigint, new.* FROM UNNEST($3::bigint[], $4::text[]) AS new
                   ON CONFLICT DO NOTHING";
        run(transaction, sql, &[&id, &epoch, &numbers, &reasons]).await?;
    }
    if let Some(applied) = rows.applied {
        let sql =
            "UPDATE device SET plan_applied = greatest(plan_applied, least($2, plan_head)) WHERE id = $1";
        run(transaction, sql, &[&id, &number(applied)]).await?;
    }
    Ok(())
}

async fn visits(
    transaction: &Transaction<'_>,
    log: Log,
    events: &[Understood],
) -> Result<HashMap<StopId, Visit>, Failed> {
    let mut visits = HashMap::new();
    let stops = stops_before(events);
    if stops.is_empty() {
        return Ok(visits);
    }
    let stops: Vec<&[u8]> = stops.iter().map(|stop| &stop.as_bytes()[..]).collect();
    let sql = "SELECT stop, outcome, epoch, seq, detail FROM visit WHERE device = $1 AND stop = ANY($2)";
    for row in rows(transaction, sql, &[&&log.device.as_bytes()[..], &stops]).await? {
        let visit = VisitRow {
            outcome: get(&row, 1)?,
            epoch: small(&row, 2)?,
            seq: count(&row, 3)?,
            detail: get(&row, 4)?,
        };
        visits.insert(StopId::new(bytes(&row, 0)?), Visit::from_row(log.device, &visit)?);
    }
    Ok(visits)
}

async fn put_visits(transaction: &Transaction<'_>, log: Log, rows: &Projection<'_>) -> Result<(), Failed> {
    let id = &log.device.as_bytes()[..];
    let (mut gone, mut stops, mut put) = (Vec::new(), Vec::new(), Vec::new());
    for (stop, visit) in &rows.visits {
        match visit {
            Some(visit) => {
                stops.push(&stop.as_bytes()[..]);
                put.push(visit.to_row());
            }
            None => gone.push(&stop.as_bytes()[..]),
        }
    }
    if !gone.is_empty() {
        run(transaction, "DELETE FROM visit WHERE device = $1 AND stop = ANY($2)", &[&id, &gone]).await?;
    }
    if put.is_empty() {
        return Ok(());
    }
    let outcomes: Vec<&str> = put.iter().map(|row| &row.outcome[..]).collect();
    let epochs: Vec<i64> = put.iter().map(|row| i64::from(row.epoch)).collect();
    let numbers: Vec<i64> = put.iter().map(|row| number(row.seq)).collect();
    let details: Vec<&str> = put.iter().map(|row| &row.detail[..]).collect();
    let sql = "INSERT INTO visit (device, stop, outcome, epoch, seq, detail)
               SELECT $1::bytea, new.*
               FROM UNNEST($2::bytea[], $3::text[], $4::bigint[], $5::bigint[], $6::text[]) AS new
               ON CONFLICT (device, stop) DO UPDATE SET
                   outcome = excluded.outcome, epoch = excluded.epoch, seq = excluded.seq, detail = excluded.detail";
    run(transaction, sql, &[&id, &stops, &outcomes, &epochs, &numbers, &details]).await?;
    Ok(())
}

async fn hash_at(transaction: &Transaction<'_>, log: Log, seq: u64) -> Result<Option<Hash>, Failed> {
    let sql = "SELECT hash FROM event WHERE device = $1 AND epoch = $2 AND seq = $3";
    let given = (&log.device.as_bytes()[..], i64::from(log.epoch), number(seq));
    let found = row(transaction, sql, &[&given.0, &given.1, &given.2]).await?;
    found.map(|row| hash(&row, 0)).transpose()
}

async fn set_aside(transaction: &Transaction<'_>, log: Log, aside: Aside, now: UtcMs) -> Result<(), Failed> {
    let Aside { first_seq, last_hash, bytes } = aside;
    let sql = "INSERT INTO set_aside (device, reason, epoch, first_seq, last_hash, recv_at_ms, batch)
               VALUES ($1, 'fork', $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let (id, hash) = (&log.device.as_bytes()[..], &last_hash.0[..]);
    run(transaction, sql, &[&id, &i64::from(log.epoch), &number(first_seq), &hash, &now.0, &bytes]).await?;
    Ok(())
}
