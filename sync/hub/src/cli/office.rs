//! The office's commands: rounds in, codes out, devices locked out, the export written and proved.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    path::Path,
};

use lamplighter_core::{evidence::seal::PublicKey, id::DeviceId, time::UtcMs};
use lamplighter_hub::{enrol, export, formats::csv, ledger::Ledger as _};
use lamplighter_sync::export::{Verified, verify as prove};
use serde_json::json;

use super::{Failure, World, place::Place, say};

const HOUR_MS: i64 = 3_600_000;
/// Longest export that is proved in one piece.
const EXPORT_BYTES_MAX: u64 = 8 * 1024 * 1024 * 1024;

pub(super) async fn import(
    place: &impl Place,
    file: &Path,
    name: Option<&str>,
    world: &World,
) -> Result<(), Failure> {
    let bytes = read(file, csv::BYTES_MAX)?;
    let books = csv::read(&bytes).map_err(|problems| {
        let count = problems.0.len();
        let noun = if count == 1 { "problem" } else { "problems" };
        Failure(format!("{}: {count} {noun}, nothing was imported\n{problems}", file.display()))
    })?;
    let done = place.open_or_make(world).await?.import(&books, name).await?;
    say(&format!(
        "{} rounds: {} stops added, {} changed, {} as they were; {} plans for devices",
        done.rounds, done.added, done.changed, done.unchanged, done.plans
    ))
}

pub(super) async fn assign(
    place: &impl Place,
    round: &str,
    cycle: Option<&str>,
    name: &str,
    world: &World,
) -> Result<(), Failure> {
    let moved = place.open(world).await?.assign(round, cycle, name).await?;
    say(&format!("{} stops are {name}'s now; {} were read and stay", moved.stops, moved.kept))
}

pub(super) async fn enrol(
    place: &impl Place,
    name: &str,
    valid_hours: u32,
    json: bool,
    world: &World,
) -> Result<(), Failure> {
    let code = enrol::code(world.random()?);
    let now = (world.now)();
    let expires = UtcMs(now.0.saturating_add(i64::from(valid_hours) * HOUR_MS));
    let ledger = place.open_or_make(world).await?;
    let device = ledger.invite(name, DeviceId::new(world.random()?), &code, expires, now).await?;
    if json {
        let answer = json!({
            "name": name.trim(),
            "device": device.to_string(),
            "code": code,
            "expires_at": expires.to_string(),
            "hub_key": ledger.key().public().to_string(),
        });
        return say(&answer.to_string());
    }
    say(&format!("{code}\ngood for one device of {} until {expires}", name.trim()))
}

pub(super) async fn revoke(place: &impl Place, name: &str, world: &World) -> Result<(), Failure> {
    let device = place.open(world).await?.revoke(name, (world.now)()).await?;
    say(&format!("device {device} of {name} is locked out"))
}

pub(super) async fn release(place: &impl Place, name: &str, world: &World) -> Result<(), Failure> {
    let count = place.open(world).await?.release(name).await?;
    say(&format!("{count} events that {name} sent while locked out count now"))
}

pub(super) async fn export(
    place: &impl Place,
    file: &Path,
    cycle: Option<&str>,
    world: &World,
) -> Result<(), Failure> {
    let ledger = place.open(world).await?;
    let verified = export::write_file(&ledger, file, cycle, (world.now)(), progress(world, "events")).await?;
    say(&summary(&verified))
}

pub(super) fn verify(file: &Path, hub_key: Option<&str>) -> Result<(), Failure> {
    let key = hub_key.map(parse_key).transpose()?;
    let verified = prove(&read(file, EXPORT_BYTES_MAX)?, key)
        .map_err(|broken| Failure(format!("{}: not proved: {broken}", file.display())))?;
    say(&summary(&verified))
}

fn summary(verified: &Verified) -> String {
    let Verified { readings, events, devices, totals, hub_key, .. } = verified;
    let mut text = format!(
        "{readings} readings ({} current), {events} events of {devices} devices; hub key {hub_key}",
        totals.current
    );
    for ((obis, unit), total) in &totals.registers {
        text.push_str(&format!("\n{obis} {unit}: {} values, sum {}", total.count, total.sum));
    }
    text
}

fn parse_key(text: &str) -> Result<PublicKey, Failure> {
    let bad = || Failure("a hub key has 64 hexadecimal digits".into());
    let mut key = [0; 32];
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return Err(bad()) };
    if pairs.len() != key.len() {
        return Err(bad());
    }
    for (byte, pair) in key.iter_mut().zip(pairs) {
        let digits = std::str::from_utf8(pair).map_err(|_| bad())?;
        *byte = u8::from_str_radix(digits, 16).map_err(|_| bad())?;
    }
    Ok(PublicKey(key))
}

/// A whole file, unless it is longer than `limit` bytes.
pub(super) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    let file = File::open(path).map_err(|error| Failure::file(path, &error))?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::file(path, &error))?;
    if bytes.len() as u64 > limit {
        return Err(Failure(format!("{}: longer than {limit} bytes", path.display())));
    }
    Ok(bytes)
}

/// Tells on standard error, once a second, how much is done.
pub(super) fn progress(world: &World, of: &'static str) -> impl FnMut(u64) + Send {
    let now = world.now;
    let mut told = now();
    move |done| {
        let moment = now();
        if moment.since(told) >= 1_000 {
            told = moment;
            let _ = writeln!(io::stderr(), "{done} {of}");
        }
    }
}
