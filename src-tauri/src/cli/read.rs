//! `lamplighter read`: one meter, through a probe, to the terminal.

use std::sync::atomic::AtomicBool;

use clap::{Args, ValueEnum};
use lamplighter_core::probe::{
    drive::drive,
    iec62056::{Config, Session},
    port::Progress,
};

use super::json;
use crate::{Failure, clock, device, texts::say};

/// What to read.
#[derive(Args, Debug)]
pub(super) struct ReadArguments {
    /// The probe's serial port, or tcp://HOST:PORT of a serial server.
    #[arg(long, value_name = "PATH|tcp://H:P")]
    port: String,
    /// How the meter talks.
    #[arg(long, value_enum, default_value_t = Protocol::Auto)]
    protocol: Protocol,
    /// The meter's device address, where several share a line.
    #[arg(long, value_name = "A")]
    address: Option<String>,
    /// Password, for meters that want one before they answer single requests. A plain readout never needs it,
    /// and it is never sent to a meter that did not ask.
    #[arg(long, value_name = "P")]
    password: Option<String>,
    /// Write the transcript of the exchange to this file.
    #[arg(long, value_name = "FILE")]
    transcript: Option<std::path::PathBuf>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Protocol {
    /// Whatever the meter answers to.
    Auto,
    /// IEC 62056-21, modes A, B and C.
    #[value(name = "iec62056-21")]
    Iec62056,
}

pub(super) fn run(arguments: &ReadArguments) -> Result<(), Failure> {
    let address = arguments.address.as_deref().map(str::parse).transpose().map_err(Failure::new)?;
    let session = match arguments.protocol {
        Protocol::Auto | Protocol::Iec62056 => Session::start(clock::moment(), Config { address }),
    };
    let mut line = device::open_line(&arguments.port)?;
    let quiet = arguments.json;
    let mut show = |progress| {
        if !quiet {
            eprintln!("{}", words(&progress));
        }
    };
    let driven = drive(session, &mut *line, &clock::moment, &AtomicBool::new(false), &mut show);
    if let Some(path) = &arguments.transcript {
        std::fs::write(path, driven.transcript.to_string()).map_err(Failure::new)?;
    }
    let readout = driven.result.map_err(|error| Failure::of_drive(error, &arguments.port))?;
    if arguments.json {
        println!("{}", json::readout(&readout, &driven.timing));
        return Ok(());
    }
    println!("{}  {}  {} Bd", readout.identity, readout.protocol, readout.baud);
    match &readout.serial {
        Some(serial) => println!("{}", say("meter", &[("serial", serial.clone())])),
        None => println!("{}", say("meter-unknown", &[])),
    }
    if let Some(clock) = readout.clock {
        println!("{}", say("clock", &[("clock", clock.to_string())]));
    }
    for datum in &readout.registers {
        let unit = datum.unit.as_ref().map_or("", |unit| unit.as_str());
        println!("{:<20} {:>16} {unit}", datum.obis.to_string(), datum.value.to_string());
    }
    Ok(())
}

fn words(progress: &Progress) -> String {
    match progress {
        Progress::Asking { attempt: 1 } => say("asking", &[]),
        Progress::Asking { attempt } => say("asking-again", &[("attempt", attempt.to_string())]),
        Progress::Answered { identity, baud } => {
            say("answered", &[("identity", identity.clone()), ("baud", baud.to_string())])
        }
        Progress::Receiving { bytes } => say("receiving", &[("bytes", bytes.to_string())]),
        Progress::Repeating => say("repeating", &[]),
        Progress::Trying { family, baud } => {
            say("trying", &[("family", family.to_string()), ("baud", baud.to_string())])
        }
        Progress::Fetched { done, total: Some(total) } => {
            say("fetched-of", &[("done", done.to_string()), ("total", total.to_string())])
        }
        Progress::Fetched { done, total: None } => say("fetched", &[("done", done.to_string())]),
        Progress::Signal { percent } => say("signal", &[("percent", percent.to_string())]),
    }
}
