//! `status`: for people in columns, for programs in JSON.

use lamplighter_hub::ledger::{DeviceStatus, Ledger as _, RoundStatus, Status};
use serde_json::{Value, json};

use super::{Failure, World, place::Place, say};

pub(super) async fn status(place: &impl Place, as_json: bool, world: &World) -> Result<(), Failure> {
    let ledger = place.open(world).await?;
    let status = ledger.status().await?;
    if as_json {
        let mut value = to_json(&status);
        value["hub_key"] = ledger.key().public().to_string().into();
        return say(&value.to_string());
    }
    say(&to_text(&status))
}

fn to_json(status: &Status) -> Value {
    let device = |device: &DeviceStatus| {
        json!({
            "id": device.id.to_string(),
            "name": device.name,
            "state": device.state.code(),
            "key": device.key.map(|key| key.to_string()),
            "seen_at": device.seen_at.map(|at| at.to_string()),
            "app_version": device.app_version,
            "events": device.events,
            "plans": device.plan_head,
            "plans_applied": device.plan_applied,
        })
    };
    let round = |round: &RoundStatus| {
        json!({
            "cycle": round.cycle,
            "code": round.code,
            "name": round.name,
            "device": round.device,
            "stops": round.stops,
            "read": round.read,
            "skipped": round.skipped,
        })
    };
    json!({
        "devices": status.devices.iter().map(device).collect::<Vec<_>>(),
        "rounds": status.rounds.iter().map(round).collect::<Vec<_>>(),
        "quarantined": status.quarantined,
        "forks": status.forks,
        "from_revoked": status.from_revoked,
        "reopened": status.reopened,
        "contested": status.contested,
        "orphans": status.orphans,
    })
}

fn to_text(status: &Status) -> String {
    let mut lines = vec![format!("{} devices", status.devices.len())];
    for device in &status.devices {
        let seen = device.seen_at.map_or_else(|| "never".to_owned(), |at| at.to_string());
        lines.push(format!(
            "  {:<20} {:<8} {:>7} events, {} of {} plans taken over, seen {seen}",
            device.name,
            device.state.code(),
            device.events,
            device.plan_applied,
            device.plan_head,
        ));
    }
    lines.push(format!("{} rounds", status.rounds.len()));
    for round in &status.rounds {
        lines.push(format!(
            "  {} {:<6} {:<24} {} of {} read, {} skipped, {}",
            round.cycle,
            round.code,
            round.name,
            round.read,
            round.stops,
            round.skipped,
            round.device.as_deref().unwrap_or("nobody's"),
        ));
    }
    for (count, what) in [
        (status.quarantined, "events that this release cannot read"),
        (status.forks, "batches of another branch of a log: a cloned or restored device"),
        (
            status.from_revoked,
            "events of devices that were locked out before they arrived; `release` takes them in",
        ),
        (status.contested, "stops read twice with different results; the export does not count them"),
        (status.reopened, "logs begun anew: the device was copied, or set back to a backup"),
        (status.orphans, "events of stops that are not in the books"),
    ] {
        if count > 0 {
            lines.push(format!("look: {count} {what}"));
        }
    }
    lines.join("\n")
}
