//! The command line of the same binary, without a window. Every command ends with 0 when done, 1 when it
//! failed, with one clear line on standard error, and 2 when it was called wrongly.
#![expect(clippy::print_stdout, reason = "the command line talks on standard output")]

mod decode;
mod gps;
mod json;
mod judge;
mod leave;
mod ports;
mod probe;
mod read;
mod shift;
mod verify;

use std::{fmt::Write as _, io::Write as _, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use lamplighter_core::probe::readout::Datum;

/// Reads electricity meters. Without a command it opens the window.
#[derive(Debug, Parser)]
#[command(name = "lamplighter", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Folder of the device's database.
    #[arg(long, global = true, value_name = "DIR", env = "LAMPLIGHTER_HOME")]
    home: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the window (the same as no command).
    Window(crate::window::WindowArguments),
    /// Read one meter through a probe.
    Read(read::ReadArguments),
    /// Decode a captured dump: what a meter said, without the meter.
    Decode(decode::DecodeArguments),
    /// Judge readings of a spreadsheet, each by what was known before it.
    Judge(judge::JudgeArguments),
    /// List the serial ports and what is plugged into them.
    Ports(ports::PortsArguments),
    /// Try a probe without a meter: hold it on white paper.
    Probe(probe::ProbeArguments),
    /// Show the positions that a receiver or a recorded log tells.
    Gps(gps::GpsArguments),
    /// Walk a whole shift without a window.
    Shift(shift::ShiftArguments),
    /// Leave what has no receipt as one file that only the office opens, to be carried there.
    Leave(leave::LeaveArguments),
    /// Prove an export: every hash, every seal, every value, offline.
    Verify(verify::VerifyArguments),
}

/// Runs what the arguments ask for.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let home = arguments.home;
    let done = match arguments.command {
        None => crate::window::open(home, &crate::window::WindowArguments::default()),
        Some(Command::Window(window)) => crate::window::open(home, &window),
        Some(Command::Read(read)) => read::run(home, &read),
        Some(Command::Decode(decode)) => decode::run(&decode),
        Some(Command::Judge(judge)) => judge::run(&judge),
        Some(Command::Ports(ports)) => ports::run(&ports),
        Some(Command::Probe(probe)) => probe::run(&probe),
        Some(Command::Gps(gps)) => gps::run(&gps),
        Some(Command::Shift(shift)) => shift::run(&shift),
        Some(Command::Leave(leave)) => leave::run(home, &leave),
        Some(Command::Verify(verify)) => verify::run(&verify),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lamplighter: {error}");
            ExitCode::FAILURE
        }
    }
}

/// One line a register.
fn registers(registers: &[Datum]) -> String {
    let mut text = String::new();
    for datum in registers {
        let unit = datum.unit.as_ref().map_or("", |unit| unit.as_str());
        let at = datum.at.map_or_else(String::new, |at| format!("  {at}"));
        // Writing to a text does not fail.
        let _ = writeln!(text, "{:<20} {:>16} {unit}{at}", datum.obis.to_string(), datum.value.to_string());
    }
    text
}

/// To standard output; whoever reads it may stop reading, as `head` does.
fn put(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
