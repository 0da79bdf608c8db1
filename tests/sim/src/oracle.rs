//! What must be true whatever happened: every reading that the screen called saved is in the ledger once and exported
//! once, chains and seals hold, and there is nothing else.

use lamplighter_sync::export::verify;

use crate::{
    bill::{self, Statuses},
    world::World,
};

/// At any time: the export proves itself, nothing is in it twice, and nothing that nobody read.
pub fn looks_sound(world: &World) -> Result<(), String> {
    if world.office.disk.is_dead() {
        return Ok(());
    }
    // An export that fails, on a disk without room say, is no harm.
    let Ok(bytes) = world.office.export() else { return Ok(()) };
    rows(world, &bytes).map(drop)
}

/// What a device has receipts for, the hub holds, unless it was set back.
pub fn receipts_are_held(world: &World, who: usize) -> Result<(), String> {
    let Some(handheld) = world.handhelds.get(who) else { return Ok(()) };
    let standing = handheld.with(|store| store.standing());
    let epoch =
        handheld.with(|store| store.identity()).and_then(Result::ok).flatten().map(|own| own.log.epoch);
    match standing {
        Some(Ok(standing)) if standing.acked_seq > standing.head.seq => {
            Err(format!("broken: {} has receipts for more than it recorded", handheld.name))
        }
        Some(Ok(standing)) if !world.is_set_back && !world.office.disk.is_dead() => {
            // A ledger that cannot be read just now is no harm.
            match (epoch, world.office.held(handheld.device)) {
                (Some(1), Ok(held)) if held < standing.acked_seq => Err(format!(
                    "lost: {} has receipts up to {}, the hub holds {held}",
                    handheld.name, standing.acked_seq
                )),
                _ => Ok(()),
            }
        }
        Some(Ok(_) | Err(_)) | None => Ok(()),
    }
}

/// At the end, when everybody agrees.
pub fn settle(world: &World) -> Result<(), String> {
    let bytes = world.office.export().map_err(|error| format!("broken: no export: {error}"))?;
    let statuses = rows(world, &bytes)?;
    for handheld in &world.handhelds {
        if let Some(value) = handheld.said.keys().find(|value| !statuses.contains_key(value)) {
            return Err(format!("lost: {} said {value} was saved; it is not exported", handheld.name));
        }
        let waiting = handheld.with(|store| store.waiting_readings());
        if !matches!(waiting, Some(Ok(0))) {
            return Err(format!("stalled: {} still waits to send: {waiting:?}", handheld.name));
        }
        plans(world, handheld)?;
        if !handheld.is_whole() {
            return Err(format!("broken: the store of {} is damaged", handheld.name));
        }
    }
    if !world.is_forked {
        bill::settled(world, &statuses)?;
    }
    if world.office.is_whole() { Ok(()) } else { Err("broken: the ledger is damaged".into()) }
}

/// Every device has the stops that are its own by the ledger.
fn plans(world: &World, handheld: &crate::handheld::Handheld) -> Result<(), String> {
    if world.revoked.contains(&handheld.name) {
        return Ok(());
    }
    let theirs = world.office.stops_of(handheld.device)?;
    let ours = handheld.stops();
    match theirs.iter().find(|stop| !ours.contains(stop)) {
        Some(stop) => Err(format!("broken: {} was never told of its stop {stop}", handheld.name)),
        None => Ok(()),
    }
}

/// The rows of an export, which proves itself and bills nothing twice.
fn rows(world: &World, bytes: &[u8]) -> Result<Statuses, String> {
    let key = world.office.key()?;
    verify(bytes, Some(key)).map_err(|error| format!("broken: the export does not prove itself: {error}"))?;
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut statuses = Statuses::new();
    let mut status = "";
    for line in text.lines() {
        if line.starts_with("R,") {
            status = line.rsplit(',').next().unwrap_or_default();
        } else if line.starts_with("V,") {
            let shown = line.split(',').nth(3).unwrap_or_default();
            let value: u32 = shown.replace('.', "").parse().map_err(|_| format!("broken: {line}"))?;
            let is_known = world
                .handhelds
                .iter()
                .any(|handheld| handheld.said.contains_key(&value) || handheld.maybe.contains(&value));
            if !is_known {
                return Err(format!("broken: {value} is exported and nobody read it"));
            }
            statuses.entry(value).or_default().push(status.into());
        }
    }
    bill::once(world, &statuses)?;
    Ok(statuses)
}
