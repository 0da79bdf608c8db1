//! `lamplighter gps`: positions of a receiver or of a recorded log.

use std::{
    fs::File,
    io::{self, Read, Write as _},
    path::PathBuf,
};

use clap::Args;
use lamplighter_core::gnss::{
    fix::Fix,
    receiver::{Event, Receiver},
};
use serde_json::json;

use super::json;
use crate::{Failure, clock, device, texts::say};

/// Where the positions come from.
#[derive(Args, Debug)]
pub(super) struct GpsArguments {
    /// A recorded log of NMEA 0183.
    #[arg(required_unless_present = "port", conflicts_with = "port")]
    file: Option<PathBuf>,
    /// A receiver's serial port.
    #[arg(long, value_name = "PATH")]
    port: Option<String>,
    /// Stop after so many positions.
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &GpsArguments) -> Result<(), Failure> {
    let mut source: Box<dyn Read> = match (&arguments.file, &arguments.port) {
        (Some(path), _) => {
            Box::new(File::open(path).map_err(|error| Failure(format!("{}: {error}", path.display())))?)
        }
        (None, Some(port)) => device::open_receiver(port)?,
        (None, None) => return Err(Failure("name a file or a port".into())),
    };
    let live = arguments.file.is_none();
    let mut receiver = Receiver::new();
    let mut buffer = [0; 4_096];
    let mut left = arguments.count.unwrap_or(u64::MAX);
    while left > 0 {
        let count = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if live && error.kind() == io::ErrorKind::TimedOut => 0,
            Err(error) => return Err(Failure::new(error)),
        };
        for event in receiver.handle(&buffer[..count], clock::now()) {
            if !show(&event, arguments.json)? {
                return Ok(());
            }
            left -= u64::from(matches!(event, Event::Fix(_)) && left > 0);
        }
    }
    for event in receiver.finish() {
        show(&event, arguments.json)?;
    }
    Ok(())
}

/// To standard output. Answers whether anybody still reads it.
fn show(event: &Event, as_json: bool) -> Result<bool, Failure> {
    let line = match (event, as_json) {
        (Event::Fix(fix), true) => json::fix(fix).to_string(),
        (Event::Fix(fix), false) => words(fix),
        (Event::Lost, true) => json!({ "fix": false }).to_string(),
        (Event::Lost, false) => say("no-position", &[]),
        (Event::Silent, true) => json!({ "fix": false, "silent": true }).to_string(),
        (Event::Silent, false) => say("receiver-silent", &[]),
    };
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true).map_err(Failure::new),
    }
}

fn words(fix: &Fix) -> String {
    let accuracy = fix.accuracy_m.map_or_else(String::new, |metres| format!("  ±{metres:.1} m"));
    let time = fix.taken_at.map_or_else(String::new, |at| format!("  {at}"));
    format!("{:.6} {:.6}{accuracy}{time}", fix.position.lat(), fix.position.lon())
}
