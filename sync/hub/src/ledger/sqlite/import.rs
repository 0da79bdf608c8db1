//! Rounds from the office's books: what is new or different becomes plans, what is the same becomes nothing.

use lamplighter_core::{
    id::{DeviceId, StopId},
    round::{Round, Stop},
};
use lamplighter_sync::{books, convert};
use prost::Message as _;
use rusqlite::{OptionalExtension as _, Transaction};

use super::{
    Ledger,
    device::active,
    plan::{give, retell_round, tell_round, tell_stop},
    project::adopt,
};
use crate::{
    error::LedgerError,
    ledger::{Books, Imported},
};

/// A stop as the ledger has it.
struct Known {
    device: Option<DeviceId>,
    is_read: bool,
    plan: Vec<u8>,
}

impl Ledger {
    /// Takes rounds into the books, all or nothing, and gives them to the device of the name if one is given.
    /// `progress` hears the number of stops done.
    pub fn import(
        &self,
        books: &Books,
        name: Option<&str>,
        mut progress: impl FnMut(u64),
    ) -> Result<Imported, LedgerError> {
        self.write(|transaction| {
            let device = name.map(|name| active(transaction, name)).transpose()?;
            let before = plans(transaction)?;
            let mut imported = Imported::default();
            for (round, stops) in &books.rounds {
                let owner = put_round(transaction, round, device)?;
                imported.rounds += 1;
                for stop in stops {
                    check(round, stop)?;
                    put_stop(transaction, stop, owner, device, &mut imported)?;
                    progress(imported.added + imported.changed + imported.unchanged);
                }
            }
            imported.plans = plans(transaction)?.saturating_sub(before);
            Ok(imported)
        })
    }
}

/// Readings are proved to belong to a stop by its id, so the id must be the one its name gives.
fn check(round: &Round, stop: &Stop) -> Result<(), LedgerError> {
    let right = round.id == books::round_id(&round.cycle, &round.code)
        && stop.round == round.id
        && stop.id == books::stop_id(&round.cycle, &round.code, stop.number)
        && stop.meter.id == books::meter_id(&stop.meter.serial);
    if right {
        return Ok(());
    }
    Err(LedgerError::impossible(format!("stop {} of round {} has ids of another", stop.number, round.code)))
}

/// Stores the round and says who gets stops that are new in it.
fn put_round(
    transaction: &Transaction<'_>,
    round: &Round,
    device: Option<DeviceId>,
) -> Result<Option<DeviceId>, LedgerError> {
    let owner: Option<[u8; 16]> = transaction
        .prepare_cached(
            "INSERT INTO round (id, code, name, cycle, device) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET name = excluded.name, device = coalesce(excluded.device, device)
             RETURNING device",
        )?
        .query_row(
            (
                round.id.as_bytes(),
                &round.code,
                &round.name,
                &round.cycle,
                device.as_ref().map(|device| device.as_bytes()),
            ),
            |row| row.get(0),
        )?;
    retell_round(transaction, round.id)?;
    Ok(owner.map(DeviceId::new))
}

fn put_stop(
    transaction: &Transaction<'_>,
    stop: &Stop,
    owner: Option<DeviceId>,
    device: Option<DeviceId>,
    imported: &mut Imported,
) -> Result<(), LedgerError> {
    let plan = convert::stop_to_wire(stop).encode_to_vec();
    let Some(known) = known(transaction, stop.id)? else {
        imported.added += 1;
        return add_stop(transaction, stop, &plan, owner);
    };
    let changed = known.plan != plan;
    if changed {
        imported.changed += 1;
        put_meter(transaction, stop)?;
        transaction
            .prepare_cached("UPDATE stop_plan SET plan = ?2 WHERE stop = ?1")?
            .execute((stop.id.as_bytes(), &plan))?;
    } else {
        imported.unchanged += 1;
    }
    match (device, known.device) {
        (Some(to), from) if from != Some(to) && !known.is_read => {
            give(transaction, stop.id, stop.round, from, to)
        }
        (_, Some(current)) if changed => tell_stop(transaction, current, stop.id),
        (_, _) => Ok(()),
    }
}

fn add_stop(
    transaction: &Transaction<'_>,
    stop: &Stop,
    plan: &[u8],
    owner: Option<DeviceId>,
) -> Result<(), LedgerError> {
    transaction
        .prepare_cached("INSERT INTO stop (id, round, number, device) VALUES (?1, ?2, ?3, ?4)")?
        .execute((
            stop.id.as_bytes(),
            stop.round.as_bytes(),
            stop.number,
            owner.as_ref().map(|owner| owner.as_bytes()),
        ))?;
    transaction
        .prepare_cached("INSERT INTO stop_plan (stop, plan) VALUES (?1, ?2)")?
        .execute((stop.id.as_bytes(), plan))?;
    put_meter(transaction, stop)?;
    if let Some(owner) = owner {
        tell_round(transaction, owner, stop.round)?;
        tell_stop(transaction, owner, stop.id)?;
    }
    adopt(transaction, stop.id)
}

fn put_meter(transaction: &Transaction<'_>, stop: &Stop) -> Result<(), LedgerError> {
    transaction
        .prepare_cached("INSERT INTO meter (id, serial) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
        .execute((stop.meter.id.as_bytes(), &stop.meter.serial))?;
    Ok(())
}

fn known(transaction: &Transaction<'_>, stop: StopId) -> Result<Option<Known>, LedgerError> {
    Ok(transaction
        .prepare_cached(
            "SELECT device, outcome = 'read', plan FROM stop JOIN stop_plan ON stop = id WHERE id = ?1",
        )?
        .query_row([stop.as_bytes()], |row| {
            let device: Option<[u8; 16]> = row.get(0)?;
            Ok(Known { device: device.map(DeviceId::new), is_read: row.get(1)?, plan: row.get(2)? })
        })
        .optional()?)
}

/// Plans made so far, of all devices.
fn plans(transaction: &Transaction<'_>) -> Result<u64, LedgerError> {
    let plans: i64 =
        transaction.query_row("SELECT coalesce(sum(plan_head), 0) FROM device", [], |row| row.get(0))?;
    Ok(super::count(plans))
}
