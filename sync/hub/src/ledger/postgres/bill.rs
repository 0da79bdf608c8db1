//! The hand-over to billing in the database.

use std::collections::{BTreeSet, HashMap};

use deadpool_postgres::{GenericClient, Transaction};
use lamplighter_core::{
    evidence::chain::{Log, reading_id},
    id::{ReadingId, StopId},
    time::UtcMs,
};
use tokio_postgres::Row;

use super::{
    failed::Failed,
    rows::{bytes, count, device, get, hash, number, row, rows, run, small},
};
use crate::ledger::{
    Acknowledgement, Bill, BillHead, Claim, Earlier, Entered, Heard, Kept, Kind, Said, Stray, Unbilled,
    bill::{self, Met, State},
    snapshot::PIECE_EVENTS,
};

/// Nothing where the cycle is not as it was seen.
pub(super) async fn claim(transaction: &Transaction<'_>, claim: &Claim) -> Result<bool, Failed> {
    let (file, none) = (i64::from(claim.number()), BillHead::NONE);
    let sql = "INSERT INTO bill_cycle (cycle, version, number, hash) VALUES ($1, 0, 0, $2)
               ON CONFLICT DO NOTHING";
    run(transaction, sql, &[&claim.cycle, &&none.hash.0[..]]).await?;
    let sql = "UPDATE bill_cycle SET version = version + 1, number = $3, hash = $4
               WHERE cycle = $1 AND version = $2";
    let version = number(claim.seen.version);
    if run(transaction, sql, &[&claim.cycle, &version, &file, &&claim.hash.0[..]]).await? == 0 {
        return Ok(false);
    }
    let sql = "INSERT INTO bill (cycle, number, made_at_ms, previous, hash) VALUES ($1, $2, $3, $4, $5)";
    let (previous, this) = (&claim.seen.hash.0[..], &claim.hash.0[..]);
    run(transaction, sql, &[&claim.cycle, &file, &claim.made_at.0, &previous, &this]).await?;
    entries(transaction, claim, file).await?;
    Ok(true)
}

async fn entries(transaction: &Transaction<'_>, claim: &Claim, file: i64) -> Result<(), Failed> {
    let all = &claim.entries;
    let ids: Vec<ReadingId> = all.iter().map(super::super::Claimed::id).collect();
    let ids: Vec<&[u8]> = ids.iter().map(|id| &id.as_bytes()[..]).collect();
    let places: Vec<i64> = (1..).zip(all).map(|(place, _)| place).collect();
    let kinds: Vec<&str> = all.iter().map(|entry| entry.kind.code()).collect();
    let devices: Vec<&[u8]> = all.iter().map(|entry| &entry.log.device.as_bytes()[..]).collect();
    let epochs: Vec<i64> = all.iter().map(|entry| i64::from(entry.log.epoch)).collect();
    let numbers: Vec<i64> = all.iter().map(|entry| number(entry.seq)).collect();
    let stops: Vec<&[u8]> = all.iter().map(|entry| &entry.stop.as_bytes()[..]).collect();
    let before: Vec<Option<&[u8]>> =
        all.iter().map(|entry| entry.instead_of.as_ref().map(|id| &id.as_bytes()[..])).collect();
    let texts: Vec<&str> = all.iter().map(|entry| &entry.text[..]).collect();
    let sql = "INSERT INTO bill_entry (cycle, number, place, id, kind, device, epoch, seq, stop, instead_of, text)
               SELECT $1::text, $2::bigint, new.* FROM UNNEST($3::bigint[], $4::bytea[], $5::text[], $6::bytea[],
                   $7::bigint[], $8::bigint[], $9::bytea[], $10::bytea[], $11::text[]) AS new";
    run(
        transaction,
        sql,
        &[&claim.cycle, &file, &places, &ids, &kinds, &devices, &epochs, &numbers, &stops, &before, &texts],
    )
    .await?;
    Ok(())
}

pub(super) async fn written(
    transaction: &Transaction<'_>,
    cycle: &str,
    file: u32,
    now: UtcMs,
) -> Result<(), Failed> {
    let sql = "UPDATE bill SET written_at_ms = coalesce(written_at_ms, $3) WHERE cycle = $1 AND number = $2";
    run(transaction, sql, &[&cycle, &i64::from(file), &now.0]).await?;
    Ok(())
}

/// Whoever claims or answers at the same time waits until this has ended.
pub(super) async fn acknowledge(
    transaction: &Transaction<'_>,
    answers: &[Acknowledgement],
    now: UtcMs,
) -> Result<Vec<Heard>, Failed> {
    let ids: Vec<&[u8]> = answers.iter().map(|answer| &answer.id.as_bytes()[..]).collect();
    let lock = "SELECT cycle FROM bill_cycle WHERE cycle IN (SELECT cycle FROM bill_entry WHERE id = ANY($1))
                ORDER BY cycle FOR UPDATE";
    rows(transaction, lock, &[&ids]).await?;
    let sql = "SELECT id, cycle, state,
                   EXISTS (SELECT 1 FROM bill_entry AS next WHERE next.instead_of = bill_entry.id)
               FROM bill_entry WHERE id = ANY($1)";
    let (mut met, mut cycles) = (HashMap::new(), HashMap::new());
    for row in rows(transaction, sql, &[&ids]).await? {
        let id = ReadingId::new(bytes(&row, 0)?);
        met.insert(id, Met { state: State::from_code(get(&row, 2)?)?, replaced: get(&row, 3)? });
        cycles.insert(id, get::<String>(&row, 1)?);
    }
    let (heard, answered) = bill::hear(answers, met);
    let ids: Vec<&[u8]> = answered.keys().map(|id| &id.as_bytes()[..]).collect();
    let states: Vec<&str> = answered.values().map(|(state, _)| state.code()).collect();
    let reasons: Vec<Option<&str>> = answered.values().map(|(_, reason)| *reason).collect();
    let sql = "UPDATE bill_entry SET state = new.state, reason = new.reason, answered_at_ms = $4
               FROM UNNEST($1::bytea[], $2::text[], $3::text[]) AS new (id, state, reason)
               WHERE bill_entry.id = new.id";
    run(transaction, sql, &[&ids, &states, &reasons, &now.0]).await?;
    let changed: BTreeSet<&String> = answered.keys().filter_map(|id| cycles.get(id)).collect();
    let changed: Vec<&String> = changed.into_iter().collect();
    let sql = "UPDATE bill_cycle SET version = version + 1 WHERE cycle = ANY($1)";
    run(transaction, sql, &[&changed]).await?;
    Ok(heard)
}

pub(super) async fn head(client: &impl GenericClient, cycle: &str) -> Result<BillHead, Failed> {
    let found =
        row(client, "SELECT version, number, hash FROM bill_cycle WHERE cycle = $1", &[&cycle]).await?;
    found.map_or(Ok(BillHead::NONE), |row| {
        Ok(BillHead { version: count(&row, 0)?, number: small(&row, 1)?, hash: hash(&row, 2)? })
    })
}

pub(super) async fn unbilled(
    client: &impl GenericClient,
    cycle: &str,
    after: Option<(Log, u64)>,
) -> Result<Vec<Unbilled>, Failed> {
    let (id, epoch, seq) = match &after {
        Some((log, seq)) => (&log.device.as_bytes()[..], i64::from(log.epoch), number(*seq)),
        None => (&[][..], 0, 0),
    };
    let sql = "SELECT reading.device, reading.epoch, reading.seq, payload FROM reading
               JOIN event USING (device, epoch, seq)
               JOIN stop ON stop.id = reading.stop JOIN round ON round.id = stop.round
               WHERE (reading.device, reading.epoch, reading.seq) > ($2, $3, $4) AND round.cycle = $1
                   AND NOT EXISTS (SELECT 1 FROM bill_entry AS entry WHERE entry.device = reading.device
                       AND entry.epoch = reading.epoch AND entry.seq = reading.seq AND entry.kind = 'value')
               ORDER BY reading.device, reading.epoch, reading.seq LIMIT $5";
    let found = rows(client, sql, &[&cycle, &id, &epoch, &seq, &i64::from(PIECE_EVENTS)]).await?;
    found
        .iter()
        .map(|row| Ok(Unbilled { log: log(row)?, seq: count(row, 2)?, payload: get(row, 3)? }))
        .collect()
}

pub(super) async fn earlier(client: &impl GenericClient, cycle: &str) -> Result<Vec<Earlier>, Failed> {
    let sql = "SELECT device, epoch, seq, stop, state, text,
                   EXISTS (SELECT 1 FROM bill_entry AS back WHERE back.device = entry.device
                       AND back.epoch = entry.epoch AND back.seq = entry.seq AND back.kind = 'reversal')
               FROM bill_entry AS entry WHERE cycle = $1 AND kind = 'value'
                   AND (stop IN (SELECT stop FROM reading GROUP BY stop HAVING count(*) > 1)
                       OR id IN (SELECT reading FROM withdrawal))
               ORDER BY number, place";
    let entry = |row: &Row| {
        Ok(Earlier {
            log: log(row)?,
            seq: count(row, 2)?,
            stop: StopId::new(bytes(row, 3)?),
            state: State::from_code(get(row, 4)?)?,
            reversed: get(row, 6)?,
            text: get(row, 5)?,
        })
    };
    rows(client, sql, &[&cycle]).await?.iter().map(entry).collect()
}

pub(super) async fn bills(client: &impl GenericClient, cycle: Option<&str>) -> Result<Vec<Bill>, Failed> {
    let sql = "SELECT cycle, number, made_at_ms, previous, hash, written_at_ms IS NOT NULL,
                   (SELECT count(*) FROM bill_entry AS entry WHERE entry.cycle = bill.cycle
                       AND entry.number = bill.number AND entry.state = 'waiting')
               FROM bill WHERE $1::text IS NULL OR cycle = $1 ORDER BY cycle COLLATE \"C\", number";
    let bill = |row: &Row| {
        Ok(Bill {
            cycle: get(row, 0)?,
            number: small(row, 1)?,
            made_at: UtcMs(get(row, 2)?),
            previous: hash(row, 3)?,
            hash: hash(row, 4)?,
            written: get(row, 5)?,
            waiting: count(row, 6)?,
        })
    };
    rows(client, sql, &[&cycle]).await?.iter().map(bill).collect()
}

pub(super) async fn texts(
    client: &impl GenericClient,
    cycle: &str,
    file: u32,
) -> Result<Vec<String>, Failed> {
    let sql = "SELECT text FROM bill_entry WHERE cycle = $1 AND number = $2 ORDER BY place";
    rows(client, sql, &[&cycle, &i64::from(file)]).await?.iter().map(|row| get(row, 0)).collect()
}

pub(super) async fn kept(
    client: &impl GenericClient,
    of: Log,
    after: u64,
    last: u64,
) -> Result<Kept, Failed> {
    let (id, epoch) = (&of.device.as_bytes()[..], i64::from(of.epoch));
    let (after, last) = (number(after), number(last));
    let range: super::rows::Given<'_> = &[&id, &epoch, &after, &last];
    let sql = "SELECT seq FROM reading WHERE device = $1 AND epoch = $2 AND seq > $3 AND seq <= $4";
    let readings = rows(client, sql, range).await?;
    let sql =
        "SELECT seq, reason FROM quarantine WHERE device = $1 AND epoch = $2 AND seq > $3 AND seq <= $4";
    let quarantined = rows(client, sql, range).await?;
    let sql = "SELECT seq, kind, cycle, number, state, reason FROM bill_entry
               WHERE device = $1 AND epoch = $2 AND seq > $3 AND seq <= $4";
    let entry = |row: &Row| {
        Ok(Entered {
            seq: count(row, 0)?,
            kind: Kind::from_code(get(row, 1)?).unwrap_or(Kind::Value),
            cycle: get(row, 2)?,
            number: small(row, 3)?,
            state: State::from_code(get(row, 4)?)?,
            reason: get(row, 5)?,
        })
    };
    Ok(Kept {
        readings: readings.iter().map(|row| count(row, 0)).collect::<Result<_, _>>()?,
        quarantined: quarantined
            .iter()
            .map(|row| Ok((count(row, 0)?, get(row, 1)?)))
            .collect::<Result<_, Failed>>()?,
        entries: rows(client, sql, range).await?.iter().map(entry).collect::<Result<_, Failed>>()?,
    })
}

pub(super) async fn said(client: &impl GenericClient) -> Result<Vec<Said>, Failed> {
    let sql = "SELECT logs.device, logs.epoch, name, said.seq, said.at_ms, coalesce(log_head.seq, 0)
               FROM (SELECT device, epoch FROM said UNION SELECT device, epoch FROM log_head WHERE seq > 0) AS logs
               JOIN device ON device.id = logs.device
               LEFT JOIN said USING (device, epoch) LEFT JOIN log_head USING (device, epoch)
               ORDER BY logs.device, logs.epoch";
    let said = |row: &Row| {
        let said: Option<i64> = get(row, 3)?;
        Ok(Said {
            log: log(row)?,
            name: get(row, 2)?,
            said: said.map(|seq| u64::try_from(seq).unwrap_or(0)).zip(get::<Option<i64>>(row, 4)?.map(UtcMs)),
            held: count(row, 5)?,
        })
    };
    rows(client, sql, &[]).await?.iter().map(said).collect()
}

pub(super) async fn strays(client: &impl GenericClient) -> Result<Vec<Stray>, Failed> {
    let reading = |row: &Row| Ok::<_, Failed>(reading_id(log(row)?, count(row, 2)?));
    let mut strays = Vec::new();
    let sql = "SELECT device, epoch, seq, cycle, number FROM bill_entry AS entry WHERE kind = 'value'
                   AND NOT EXISTS (SELECT 1 FROM event WHERE event.device = entry.device
                       AND event.epoch = entry.epoch AND event.seq = entry.seq)";
    for row in rows(client, sql, &[]).await? {
        strays.push(Stray::Entry(reading(&row)?, get(&row, 3)?, small(&row, 4)?));
    }
    let sql = "SELECT device, epoch, seq FROM reading WHERE NOT EXISTS (SELECT 1 FROM event
                   WHERE event.device = reading.device AND event.epoch = reading.epoch AND event.seq = reading.seq)";
    for row in rows(client, sql, &[]).await? {
        strays.push(Stray::Reading(reading(&row)?));
    }
    let sql = "SELECT stop FROM bill_entry AS entry WHERE kind = 'value' AND state <> 'refused'
                   AND NOT EXISTS (SELECT 1 FROM bill_entry AS back WHERE back.device = entry.device
                       AND back.epoch = entry.epoch AND back.seq = entry.seq AND back.kind = 'reversal')
               GROUP BY stop HAVING count(*) > 1";
    for row in rows(client, sql, &[]).await? {
        strays.push(Stray::Stop(StopId::new(bytes(&row, 0)?)));
    }
    Ok(strays)
}

fn log(row: &Row) -> Result<Log, Failed> {
    Ok(Log { device: device(row, 0)?, epoch: small(row, 1)? })
}
