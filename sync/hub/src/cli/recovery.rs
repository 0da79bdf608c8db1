//! The recovery key, and what devices left for it.

use std::{
    fs::File,
    io::{self, BufReader},
    path::Path,
};

use lamplighter_core::{evidence::envelope::RecoverySecret, store::Recovery};
use lamplighter_hub::{
    bring::{self, Brought},
    ledger::Ledger as _,
    recovery,
};
use serde_json::json;

use super::{Failure, World, office::progress, place::Place, say};

pub(super) async fn make(
    place: &impl Place,
    file: &Path,
    replace: bool,
    world: &World,
) -> Result<(), Failure> {
    let ledger = place.open_or_make(world).await?;
    if let Some(known) = ledger.recovery_keys().await?.last().filter(|_| !replace) {
        let fingerprint = known.key.fingerprint();
        return Err(Failure(format!(
            "there is a recovery key already, {fingerprint}; --replace puts a new one in its place"
        )));
    }
    let secret = RecoverySecret::new(world.random()?);
    // First the half that opens: no device may write to a key that nobody has.
    recovery::write(file, &secret).map_err(|error| {
        if error.kind() == io::ErrorKind::AlreadyExists {
            Failure(format!("{} is there already and was left alone", file.display()))
        } else {
            Failure::file(file, &error)
        }
    })?;
    ledger.set_recovery_key(secret.public(), (world.now)()).await?;
    say(&format!(
        "recovery key {}\nwritten to {}: keep it away from the hub, and keep a copy; devices hear of it when they sync",
        secret.public().fingerprint(),
        file.display()
    ))
}

pub(super) async fn show(place: &impl Place, json: bool, world: &World) -> Result<(), Failure> {
    let keys = place.open(world).await?.recovery_keys().await?;
    let Some((present, earlier)) = keys.split_last() else {
        return Err(Failure("there is no recovery key; `recovery-key new` makes one".into()));
    };
    if json {
        let key = |known: &Recovery| {
            json!({
                "fingerprint": known.key.fingerprint().to_string(),
                "key": known.key.to_string(),
                "since": known.since.to_string(),
            })
        };
        let earlier: Vec<_> = earlier.iter().map(key).collect();
        return say(&json!({ "present": key(present), "earlier": earlier }).to_string());
    }
    let mut text = format!("recovery key {} since {}", present.key.fingerprint(), present.since);
    for known in earlier.iter().rev() {
        text.push_str(&format!("\nearlier      {} since {}", known.key.fingerprint(), known.since));
    }
    say(&text)
}

pub(super) async fn bring(
    place: &impl Place,
    file: &Path,
    key: &Path,
    json: bool,
    world: &World,
) -> Result<(), Failure> {
    let secret = recovery::read(key).map_err(|error| Failure(format!("{}: {error}", key.display())))?;
    let ledger = place.open(world).await?;
    let mut parcel = BufReader::new(File::open(file).map_err(|error| Failure::file(file, &error))?);
    let progress = progress(world, "events proved and taken in");
    let brought = bring::bring(&ledger, &mut parcel, &secret, (world.now)(), progress)
        .await
        .map_err(|error| Failure(format!("{}: {error}", file.display())))?;
    let Brought { label, hash, new, known, held_back } = brought;
    let devices = ledger.status().await?.devices;
    let name = devices.into_iter().find(|device| device.id == label.log.device).map(|device| device.name);
    if json {
        let answer = json!({
            "device": label.log.device.to_string(),
            "name": name,
            "epoch": label.log.epoch,
            "first": label.after + 1,
            "last": label.until,
            "new": new,
            "known": known,
            "held_back": held_back,
            "sha256": hash.to_string(),
        });
        return say(&answer.to_string());
    }
    let name = name.unwrap_or_else(|| label.log.device.to_string());
    let mut text =
        format!("{name}: events {} to {}, {new} new, {known} known already", label.after + 1, label.until);
    if held_back {
        text.push_str("; the device is locked out: what is new is held back until `release`");
    }
    text.push_str(&format!("\nSHA-256 {hash}"));
    say(&text)
}
