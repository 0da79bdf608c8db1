//! `lamplighter verify`: proves an export offline.

use std::{fs, path::PathBuf};

use clap::Args;
use lamplighter_core::evidence::seal::PublicKey;
use lamplighter_sync::export;
use serde_json::json;

use crate::{Failure, texts::say};

/// What to prove.
#[derive(Args, Debug)]
pub(super) struct VerifyArguments {
    /// The file that `lamplighter-hub export` wrote.
    export: PathBuf,
    /// The hub's public key, 64 hexadecimal digits, known from elsewhere. Without it the proof is against the
    /// key that the file names, which is shown.
    #[arg(long, value_name = "HEX", value_parser = parse_key)]
    hub_key: Option<PublicKey>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &VerifyArguments) -> Result<(), Failure> {
    let path = arguments.export.display().to_string();
    let bytes = fs::read(&arguments.export).map_err(|error| Failure(format!("{path}: {error}")))?;
    let verified = export::verify(&bytes, arguments.hub_key).map_err(|error| {
        let reason = error.to_string();
        Failure(say("not-proven", &[("path", path.clone()), ("reason", reason)]))
    })?;
    if arguments.json {
        println!(
            "{}",
            json!({
                "verified": true,
                "hub_key_pinned": arguments.hub_key.is_some(),
                "readings": verified.readings,
                "events": verified.events,
                "devices": verified.devices,
                "hub_key": verified.hub_key.to_string(),
            })
        );
    } else {
        let words = [
            ("path", path),
            ("readings", verified.readings.to_string()),
            ("events", verified.events.to_string()),
            ("devices", verified.devices.to_string()),
        ];
        let (proof, key) = match arguments.hub_key {
            Some(_) => ("proven", "hub-key"),
            None => ("proven-whole", "hub-key-from-file"),
        };
        println!("{}", say(proof, &words));
        println!("{}", say(key, &[("key", verified.hub_key.to_string())]));
    }
    Ok(())
}

pub(super) fn parse_key(text: &str) -> Result<PublicKey, String> {
    let digit = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    if text.len() != 64 {
        return Err("64 hexadecimal digits are expected".into());
    }
    let bytes: Option<Vec<u8>> = (0..64).step_by(2).map(digit).collect();
    bytes
        .and_then(|bytes| PublicKey::try_from(&bytes[..]).ok())
        .ok_or_else(|| "64 hexadecimal digits are expected".into())
}
