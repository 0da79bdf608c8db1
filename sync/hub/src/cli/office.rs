//! The office's commands: rounds in, codes out, devices locked out, the export written and proved.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::Path,
};

use lamplighter_core::{evidence::seal::PublicKey, id::DeviceId, time::UtcMs};
use lamplighter_hub::{enrol, export, formats::csv, ledger::Ledger};
use lamplighter_sync::export::{Verified, verify as prove};
use serde_json::json;

use super::{Failure, World, say};

const HOUR_MS: i64 = 3_600_000;
/// Longest export that is proved in one piece.
const EXPORT_BYTES_MAX: u64 = 8 * 1024 * 1024 * 1024;

/// Opens the ledger, or makes it; nobody but its owner may read the file.
pub(super) fn open_or_make(path: &Path, world: &World) -> Result<Ledger, Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(Failure::file(path, &error)),
        Ok(_) | Err(_) => open(path, world),
    }
}

/// Opens a ledger that is there.
pub(super) fn open(path: &Path, world: &World) -> Result<Ledger, Failure> {
    if !path.is_file() {
        return Err(Failure(format!("there is no ledger at {}", path.display())));
    }
    let ledger = Ledger::open(path, world.random()?, (world.now)());
    ledger.map_err(|error| Failure(format!("{}: {error}", path.display())))
}

pub(super) fn import(ledger: &Path, file: &Path, name: Option<&str>, world: &World) -> Result<(), Failure> {
    let bytes = read(file, csv::BYTES_MAX)?;
    let books = csv::read(&bytes).map_err(|problems| {
        let count = problems.0.len();
        let noun = if count == 1 { "problem" } else { "problems" };
        Failure(format!("{}: {count} {noun}, nothing was imported\n{problems}", file.display()))
    })?;
    let total: usize = books.rounds.iter().map(|(_, stops)| stops.len()).sum();
    let ledger = open_or_make(ledger, world)?;
    let done = ledger.import(&books, name, progress(world, &format!("of {total} stops")))?;
    say(&format!(
        "{} rounds: {} stops added, {} changed, {} as they were; {} plans for devices",
        done.rounds, done.added, done.changed, done.unchanged, done.plans
    ))
}

pub(super) fn assign(
    ledger: &Path,
    round: &str,
    cycle: Option<&str>,
    name: &str,
    world: &World,
) -> Result<(), Failure> {
    let moved = open(ledger, world)?.assign(round, cycle, name)?;
    say(&format!("{} stops are {name}'s now; {} were read and stay", moved.stops, moved.kept))
}

pub(super) fn enrol(
    ledger: &Path,
    name: &str,
    valid_hours: u32,
    json: bool,
    world: &World,
) -> Result<(), Failure> {
    let code = enrol::code(world.random()?);
    let now = (world.now)();
    let expires = UtcMs(now.0.saturating_add(i64::from(valid_hours) * HOUR_MS));
    let ledger = open_or_make(ledger, world)?;
    let device = ledger.invite(name, DeviceId::new(world.random()?), &code, expires, now)?;
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

pub(super) fn revoke(ledger: &Path, name: &str, world: &World) -> Result<(), Failure> {
    let device = open(ledger, world)?.revoke(name, (world.now)())?;
    say(&format!("device {device} of {name} is locked out"))
}

pub(super) fn release(ledger: &Path, name: &str, world: &World) -> Result<(), Failure> {
    let count = open(ledger, world)?.release(name)?;
    say(&format!("{count} events that {name} sent while locked out count now"))
}

pub(super) fn export(ledger: &Path, file: &Path, cycle: Option<&str>, world: &World) -> Result<(), Failure> {
    let ledger = open(ledger, world)?;
    let verified = export::write_file(&ledger, file, cycle, (world.now)(), progress(world, "events"))?;
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

/// Tells on standard error, once a second, how far it is.
fn progress(world: &World, of_what: &str) -> impl FnMut(u64) {
    let now = world.now;
    let mut told = now();
    move |done| {
        let moment = now();
        if moment.since(told) >= 1_000 {
            told = moment;
            let _ = writeln!(io::stderr(), "{done} {of_what}");
        }
    }
}
