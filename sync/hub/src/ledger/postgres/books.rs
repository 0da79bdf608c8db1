//! Rounds, stops and plans in the database: what is known is read, what changes is written, with the row of the hub held.
//! What changes is decided elsewhere.

use deadpool_postgres::Transaction;
use lamplighter_core::id::{DeviceId, RoundId, StopId};
use tokio_postgres::Row;

use super::{
    device::{active, lock_office},
    failed::Failed,
    rows::{Given, bytes, count, device, get, number, rows, run, small, some_bytes, the_row},
};
use crate::ledger::{
    Books, Imported, Moved, PlanRow, Told, import,
    plan::{self, Changes, Known, PAGE_ROWS, PlanHead, Retold, RoundRow, StopRow},
};

pub(super) async fn import(
    transaction: &Transaction<'_>,
    books: &Books,
    name: Option<&str>,
) -> Result<Imported, Failed> {
    lock_office(transaction).await?;
    let device = match name {
        Some(name) => Some(active(transaction, name).await?),
        None => None,
    };
    let mut known = heads(transaction).await?;
    let ids: Vec<&[u8]> = books.rounds.iter().map(|(round, _)| &round.id.as_bytes()[..]).collect();
    learn_rounds(transaction, &mut known, &ids).await?;
    let stops = books.rounds.iter().flat_map(|(_, stops)| stops);
    let ids: Vec<&[u8]> = stops.map(|stop| &stop.id.as_bytes()[..]).collect();
    learn_stops(transaction, &mut known, "id = ANY($1)", &[&ids]).await?;
    let (changes, imported) = import::import(known, books, device)?;
    write(transaction, &changes).await?;
    Ok(imported)
}

pub(super) async fn assign(
    transaction: &Transaction<'_>,
    code: &str,
    cycle: Option<&str>,
    name: &str,
) -> Result<Moved, Failed> {
    lock_office(transaction).await?;
    let device = active(transaction, name).await?;
    let sql =
        "SELECT id, cycle FROM round WHERE code = $1 AND ($2::text IS NULL OR cycle = $2) ORDER BY cycle";
    let found = rows(transaction, sql, &[&code, &cycle]).await?;
    let named = |row: &Row| Ok::<_, Failed>((RoundId::new(bytes(row, 0)?), get(row, 1)?));
    let round = plan::one_round(code, &found.iter().map(named).collect::<Result<Vec<_>, _>>()?)?;
    let mut known = heads(transaction).await?;
    let id = &round.as_bytes()[..];
    learn_rounds(transaction, &mut known, &[id]).await?;
    learn_stops(transaction, &mut known, "round = $1", &[&id]).await?;
    let (changes, moved) = plan::assign(known, round, device)?;
    write(transaction, &changes).await?;
    Ok(moved)
}

pub(super) async fn tell_again(
    transaction: &Transaction<'_>,
    device: DeviceId,
    cursor: u64,
    said: &[u8],
) -> Result<(), Failed> {
    lock_office(transaction).await?;
    let mut known = heads(transaction).await?;
    learn_stops(transaction, &mut known, "stop.device = $1", &[&&device.as_bytes()[..]]).await?;
    let rounds: Vec<RoundId> = known.stops.values().map(|stop| stop.round).collect();
    let ids: Vec<&[u8]> = rounds.iter().map(|round| &round.as_bytes()[..]).collect();
    learn_rounds(transaction, &mut known, &ids).await?;
    let told = told_of(transaction, device, cursor, i64::MAX).await?;
    write(transaction, &plan::tell_again(known, &told, device, cursor, said)?).await
}

pub(super) async fn told(
    transaction: &Transaction<'_>,
    device: DeviceId,
    cursor: u64,
) -> Result<Told, Failed> {
    told_of(transaction, device, cursor, PAGE_ROWS).await
}

async fn told_of(
    transaction: &Transaction<'_>,
    device: DeviceId,
    cursor: u64,
    rows_max: i64,
) -> Result<Told, Failed> {
    let id = &device.as_bytes()[..];
    let head = the_row(transaction, "SELECT plan_head FROM device WHERE id = $1", &[&id]).await?;
    let sql = "SELECT n, change, mark FROM plan WHERE device = $1 AND n >= $2 ORDER BY n LIMIT $3";
    let plans = rows(transaction, sql, &[&id, &number(cursor), &rows_max]).await?;
    let plan = |row: &Row| Ok(PlanRow { n: count(row, 0)?, change: get(row, 1)?, mark: get(row, 2)? });
    let plans = plans.iter().map(plan).collect::<Result<_, Failed>>()?;
    Ok(Told { head: count(&head, 0)?, plans })
}

async fn heads(transaction: &Transaction<'_>) -> Result<Known, Failed> {
    let mut known = Known::default();
    let sql = "SELECT id, plan_head, mark, retold_for FROM device
               LEFT JOIN plan ON plan.device = device.id AND plan.n = device.plan_head";
    for row in rows(transaction, sql, &[]).await? {
        let mark: Option<Vec<u8>> = get(&row, 2)?;
        let head = PlanHead { n: count(&row, 1)?, mark: mark.unwrap_or_default(), retold_for: get(&row, 3)? };
        known.heads.insert(device(&row, 0)?, head);
    }
    Ok(known)
}

/// These rounds, and who was told of them.
async fn learn_rounds(
    transaction: &Transaction<'_>,
    known: &mut Known,
    rounds: &[&[u8]],
) -> Result<(), Failed> {
    let sql = "SELECT id, code, name, cycle, device FROM round WHERE id = ANY($1)";
    for row in rows(transaction, sql, &[&rounds]).await? {
        let owner = some_bytes(&row, 4)?.map(DeviceId::new);
        let round =
            RoundRow { code: get(&row, 1)?, name: get(&row, 2)?, cycle: get(&row, 3)?, device: owner };
        known.rounds.insert(RoundId::new(bytes(&row, 0)?), round);
    }
    let sql = "SELECT device, round, plan FROM told_round WHERE round = ANY($1)";
    for row in rows(transaction, sql, &[&rounds]).await? {
        known.told.insert((device(&row, 0)?, RoundId::new(bytes(&row, 1)?)), get(&row, 2)?);
    }
    Ok(())
}

/// These stops, and whether anybody read them.
async fn learn_stops(
    transaction: &Transaction<'_>,
    known: &mut Known,
    which: &str,
    given: Given<'_>,
) -> Result<(), Failed> {
    let sql = format!("SELECT id, round, number, device, plan FROM stop WHERE {which}");
    for row in rows(transaction, &sql, given).await? {
        let stop = StopRow {
            round: RoundId::new(bytes(&row, 1)?),
            number: small(&row, 2)?,
            device: some_bytes(&row, 3)?.map(DeviceId::new),
            plan: get(&row, 4)?,
            is_read: false,
        };
        known.stops.insert(StopId::new(bytes(&row, 0)?), stop);
    }
    let ids: Vec<&[u8]> = known.stops.keys().map(|stop| &stop.as_bytes()[..]).collect();
    let sql = "SELECT DISTINCT stop FROM visit WHERE outcome = 'read' AND stop = ANY($1)";
    for row in rows(transaction, sql, &[&ids]).await? {
        if let Some(stop) = known.stops.get_mut(&StopId::new(bytes(&row, 0)?)) {
            stop.is_read = true;
        }
    }
    Ok(())
}

async fn write(transaction: &Transaction<'_>, changes: &Changes) -> Result<(), Failed> {
    if let Some(Retold { device, cursor, asked }) = &changes.retold {
        let id = &device.as_bytes()[..];
        run(transaction, "UPDATE device SET retold_for = $2 WHERE id = $1", &[&id, asked]).await?;
        run(transaction, "DELETE FROM plan WHERE device = $1 AND n > $2", &[&id, &number(*cursor)]).await?;
        run(transaction, "DELETE FROM told_round WHERE device = $1", &[&id]).await?;
    }
    write_rounds(transaction, changes).await?;
    write_stops(transaction, changes).await?;
    write_plans(transaction, changes).await
}

async fn write_rounds(transaction: &Transaction<'_>, changes: &Changes) -> Result<(), Failed> {
    let ids: Vec<&[u8]> = changes.rounds.keys().map(|round| &round.as_bytes()[..]).collect();
    let codes: Vec<&str> = changes.rounds.values().map(|row| &row.code[..]).collect();
    let names: Vec<&str> = changes.rounds.values().map(|row| &row.name[..]).collect();
    let cycles: Vec<&str> = changes.rounds.values().map(|row| &row.cycle[..]).collect();
    let owners: Vec<Option<&[u8]>> = changes.rounds.values().map(|row| owner(row.device.as_ref())).collect();
    let sql = "INSERT INTO round (id, code, name, cycle, device)
               SELECT * FROM UNNEST($1::bytea[], $2::text[], $3::text[], $4::text[], $5::bytea[])
               ON CONFLICT (id) DO UPDATE SET name = excluded.name, device = excluded.device";
    run(transaction, sql, &[&ids, &codes, &names, &cycles, &owners]).await?;
    Ok(())
}

async fn write_stops(transaction: &Transaction<'_>, changes: &Changes) -> Result<(), Failed> {
    let ids: Vec<&[u8]> = changes.stops.keys().map(|stop| &stop.as_bytes()[..]).collect();
    let rounds: Vec<&[u8]> = changes.stops.values().map(|row| &row.round.as_bytes()[..]).collect();
    let numbers: Vec<i64> = changes.stops.values().map(|row| i64::from(row.number)).collect();
    let owners: Vec<Option<&[u8]>> = changes.stops.values().map(|row| owner(row.device.as_ref())).collect();
    let plans: Vec<&[u8]> = changes.stops.values().map(|row| &row.plan[..]).collect();
    let sql = "INSERT INTO stop (id, round, number, device, plan)
               SELECT * FROM UNNEST($1::bytea[], $2::bytea[], $3::bigint[], $4::bytea[], $5::bytea[])
               ON CONFLICT (id) DO UPDATE SET device = excluded.device, plan = excluded.plan";
    run(transaction, sql, &[&ids, &rounds, &numbers, &owners, &plans]).await?;
    let ids: Vec<&[u8]> = changes.meters.keys().map(|meter| &meter.as_bytes()[..]).collect();
    let serials: Vec<&str> = changes.meters.values().map(|serial| &serial[..]).collect();
    let sql = "INSERT INTO meter (id, serial) SELECT * FROM UNNEST($1::bytea[], $2::text[])
               ON CONFLICT DO NOTHING";
    run(transaction, sql, &[&ids, &serials]).await?;
    Ok(())
}

async fn write_plans(transaction: &Transaction<'_>, changes: &Changes) -> Result<(), Failed> {
    let devices: Vec<&[u8]> = changes.told.keys().map(|(device, _)| &device.as_bytes()[..]).collect();
    let rounds: Vec<&[u8]> = changes.told.keys().map(|(_, round)| &round.as_bytes()[..]).collect();
    let plans: Vec<&[u8]> = changes.told.values().map(|plan| &plan[..]).collect();
    let sql = "INSERT INTO told_round (device, round, plan)
               SELECT * FROM UNNEST($1::bytea[], $2::bytea[], $3::bytea[])
               ON CONFLICT (device, round) DO UPDATE SET plan = excluded.plan";
    run(transaction, sql, &[&devices, &rounds, &plans]).await?;
    let devices: Vec<&[u8]> = changes.plans.iter().map(|(device, _)| &device.as_bytes()[..]).collect();
    let numbers: Vec<i64> = changes.plans.iter().map(|(_, plan)| number(plan.n)).collect();
    let bodies: Vec<&[u8]> = changes.plans.iter().map(|(_, plan)| &plan.change[..]).collect();
    let marks: Vec<Option<&[u8]>> = changes.plans.iter().map(|(_, plan)| plan.mark.as_deref()).collect();
    let sql = "INSERT INTO plan (device, n, change, mark)
               SELECT * FROM UNNEST($1::bytea[], $2::bigint[], $3::bytea[], $4::bytea[])";
    run(transaction, sql, &[&devices, &numbers, &bodies, &marks]).await?;
    let devices: Vec<&[u8]> = changes.heads.keys().map(|device| &device.as_bytes()[..]).collect();
    let numbers: Vec<i64> = changes.heads.values().map(|head| number(*head)).collect();
    let sql = "UPDATE device SET plan_head = new.head
               FROM UNNEST($1::bytea[], $2::bigint[]) AS new (id, head) WHERE device.id = new.id";
    run(transaction, sql, &[&devices, &numbers]).await?;
    Ok(())
}

fn owner(device: Option<&DeviceId>) -> Option<&[u8]> {
    device.map(|device| &device.as_bytes()[..])
}
