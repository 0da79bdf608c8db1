//! `lamplighter leave`: what waits on this device as one file that only the office opens.

use std::{io::IsTerminal as _, path::PathBuf};

use clap::Args;
use lamplighter_core::store::Store;
use qrcode::{QrCode, render::unicode::Dense1x2};
use serde_json::json;

use crate::{
    Failure,
    dto::CommandError,
    leave::{Left, leave},
    texts::say,
};

/// Where to.
#[derive(Args, Debug)]
pub(super) struct LeaveArguments {
    /// The file to write, such as one on a USB stick; one that is there is left alone.
    file: PathBuf,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(home: Option<PathBuf>, arguments: &LeaveArguments) -> Result<(), Failure> {
    let folder = home.map_or_else(|| crate::window::default_home(false), Ok)?;
    let path = folder.join("reader.db");
    if !path.is_file() {
        // Nobody has worked with this folder; it stays as it is.
        return Err(CommandError::NotEnrolled.into());
    }
    let opened = Store::open(&path)?;
    if let Some(aside) = opened.set_aside {
        return Err(Failure(say("damaged-aside", &[("path", aside.display().to_string())])));
    }
    let left = leave(&opened.store.into(), &arguments.file, |_, _| {})?;
    if arguments.json {
        println!("{}", json(&left));
        return Ok(());
    }
    let hash = left.packed.hash.to_string();
    let words = [
        ("path", left.path.display().to_string()),
        ("events", left.packed.label.events().to_string()),
        ("key", left.to().to_string()),
    ];
    super::put(&format!("{}\nSHA-256 {hash}\n{}\n", say("left-in-file", &words), say("left-stays", &[])));
    if std::io::stdout().is_terminal()
        && let Ok(code) = QrCode::new(&hash)
    {
        // Light on dark, as most terminals are.
        let code = code.render().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
        super::put(&format!("{code}\n"));
    }
    Ok(())
}

fn json(left: &Left) -> serde_json::Value {
    let label = left.packed.label;
    json!({
        "path": left.path.display().to_string(),
        "device": label.log.device.to_string(),
        "epoch": label.log.epoch,
        "first": label.after + 1,
        "last": label.until,
        "events": label.events(),
        "bytes": left.packed.bytes,
        "sha256": left.packed.hash.to_string(),
        "recovery_key": left.to().to_string(),
    })
}
