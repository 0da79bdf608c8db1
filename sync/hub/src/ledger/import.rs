//! Rounds from the office's books: what is new or different becomes plans, what is the same becomes nothing. Decides
//! only.

use lamplighter_core::{
    id::DeviceId,
    round::{Round, Stop},
};
use lamplighter_sync::{books, convert};
use prost::Message as _;

use super::{
    Books, Imported,
    plan::{Changes, Known, Planner, RoundRow, StopRow},
};
use crate::error::LedgerError;

/// What these books change. `known` has all that the ledger knows of their rounds and stops; with `device` the rounds
/// are given to it.
pub(super) fn import(
    known: Known,
    books: &Books,
    device: Option<DeviceId>,
) -> Result<(Changes, Imported), LedgerError> {
    let mut planner = Planner::new(known);
    let mut imported = Imported::default();
    for (round, stops) in &books.rounds {
        let owner = put_round(&mut planner, round, device)?;
        imported.rounds += 1;
        for stop in stops {
            check(round, stop)?;
            put_stop(&mut planner, stop, owner, device, &mut imported)?;
        }
    }
    imported.plans = planner.changes.plans.len() as u64;
    Ok((planner.changes, imported))
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
    planner: &mut Planner,
    round: &Round,
    device: Option<DeviceId>,
) -> Result<Option<DeviceId>, LedgerError> {
    let before = planner.known.rounds.get(&round.id).and_then(|known| known.device);
    let owner = device.or(before);
    let (code, name, cycle) = (round.code.clone(), round.name.clone(), round.cycle.clone());
    planner.put_round(round.id, RoundRow { code, name, cycle, device: owner })?;
    Ok(owner)
}

fn put_stop(
    planner: &mut Planner,
    stop: &Stop,
    owner: Option<DeviceId>,
    device: Option<DeviceId>,
    imported: &mut Imported,
) -> Result<(), LedgerError> {
    let plan = convert::stop_to_wire(stop).encode_to_vec();
    let Some(known) = planner.known.stops.get(&stop.id).cloned() else {
        imported.added += 1;
        planner.changes.meters.insert(stop.meter.id, stop.meter.serial.clone());
        let row = StopRow { round: stop.round, number: stop.number, device: owner, is_read: false, plan };
        planner.put_stop(stop.id, row);
        if let Some(owner) = owner {
            planner.tell_round(owner, stop.round)?;
            planner.tell_stop(owner, stop.id)?;
        }
        return Ok(());
    };
    let changed = known.plan != plan;
    let (from, is_read) = (known.device, known.is_read);
    if changed {
        imported.changed += 1;
        planner.changes.meters.insert(stop.meter.id, stop.meter.serial.clone());
        planner.put_stop(stop.id, StopRow { plan, ..known });
    } else {
        imported.unchanged += 1;
    }
    match (device, from) {
        (Some(to), from) if from != Some(to) && !is_read => planner.give(stop.id, to),
        (_, Some(current)) if changed => planner.tell_stop(current, stop.id),
        (_, _) => Ok(()),
    }
}
