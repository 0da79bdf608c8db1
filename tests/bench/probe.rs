//! How close a readout comes to what the wire allows: meters of the street on pseudo-terminals at true line time,
//! read by the real binary. For a known meter the goal is wall <= 1.15 x (line + the least turn-arounds); for one that
//! nobody knows, that it is found within the time that the cold order gives its step.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench says its figures, and one whose stage cannot be set has failed"
)]

use std::{path::Path, process::Command};

use lamplighter_street::{
    Meter, MeterSettings,
    day::Day,
    meter::{C1218Settings, DlmsSettings, Dlt645Settings, Edition, Machine, Mode},
};

const ROUNDS: usize = 3;
const GOAL: f64 = 1.15;
const SERIAL: &str = "50123456";

/// A meter, the way to it, and what nobody can be quicker than.
struct Case {
    name: &'static str,
    meter: fn() -> Box<dyn Machine>,
    way: &'static str,
    /// From what came to what is said or the other way round, in ms, and how often that is in a readout; nothing
    /// where it is once in each exchange.
    turn_ms: f64,
    turns: Option<f64>,
    /// The latest moment at which the cold order asks in this language, and the answer to it.
    found_ms: f64,
}

const CASES: [Case; 8] = [
    // Before the identification, before our choice and before the block.
    Case {
        name: "IEC mode C, 9600 Bd, 200 ms",
        meter: || iec(Mode::C, "LGZ"),
        way: "iec62056-21 9600",
        turn_ms: 200.0,
        turns: Some(3.0),
        found_ms: 4_500.0,
    },
    Case {
        name: "IEC mode C, 9600 Bd, 20 ms",
        meter: || iec(Mode::C, "LGz"),
        way: "iec62056-21 9600",
        turn_ms: 20.0,
        turns: Some(3.0),
        found_ms: 4_500.0,
    },
    Case {
        name: "IEC mode B, 2400 Bd",
        meter: || iec(Mode::B, "ABB"),
        way: "iec62056-21 2400",
        turn_ms: 200.0,
        turns: Some(2.0),
        found_ms: 4_500.0,
    },
    Case {
        name: "IEC mode A, 300 Bd",
        meter: || iec(Mode::A, "KAM"),
        way: "iec62056-21 300",
        turn_ms: 200.0,
        turns: Some(2.0),
        found_ms: 4_500.0,
    },
    Case {
        name: "DLMS, open, 9600 Bd",
        meter: dlms,
        way: "dlms 9600 at=1.17.1",
        turn_ms: 30.0,
        turns: None,
        found_ms: 800.0,
    },
    Case {
        name: "DL/T 645-2007, 1200 Bd",
        meter: || dlt(Edition::Y2007),
        way: "dlt645 1200 at=000050123456",
        turn_ms: 50.0,
        turns: None,
        found_ms: 5_700.0,
    },
    Case {
        name: "DL/T 645-1997, 1200 Bd",
        meter: || dlt(Edition::Y1997),
        way: "dlt645 1200 at=000050123456 1997",
        turn_ms: 50.0,
        turns: None,
        found_ms: 7_000.0,
    },
    Case {
        name: "C12.18, 9600 Bd",
        meter: c1218,
        way: "c1218 9600",
        turn_ms: 60.0,
        turns: None,
        found_ms: 7_600.0,
    },
];

fn main() {
    let binary = std::env::current_exe()
        .expect("a path")
        .ancestors()
        .nth(3)
        .expect("target")
        .join("debug/lamplighter");
    println!("known meters, the registers of a round, goal {GOAL}");
    println!("{:<30}{:>9}{:>9}{:>7}{:>9}{:>8}", "meter", "wall ms", "line ms", "turns", "least ms", "ratio");
    for case in &CASES {
        let read = median((0..ROUNDS).map(|_| read(&binary, case, &["--quick", "--way", case.way])));
        let least = read.line_ms + case.turns.unwrap_or(read.turns) * case.turn_ms;
        let ratio = read.wall_ms / least;
        println!(
            "{:<30}{:>9.0}{:>9.0}{:>7.0}{least:>9.0}{ratio:>8.3}",
            case.name, read.wall_ms, read.line_ms, read.turns
        );
    }
    println!("\nmeters that nobody knows: the search beside the readout, and the time of the table");
    println!("{:<30}{:>9}{:>9}", "meter", "search ms", "table ms");
    for case in &CASES {
        let known = median((0..ROUNDS).map(|_| read(&binary, case, &["--quick", "--way", case.way])));
        let cold = median((0..ROUNDS).map(|_| read(&binary, case, &["--quick"])));
        println!("{:<30}{:>9.0}{:>9.0}", case.name, cold.wall_ms - known.wall_ms, case.found_ms);
    }
}

/// What one readout took.
struct Read {
    wall_ms: f64,
    line_ms: f64,
    turns: f64,
}

fn median(reads: impl Iterator<Item = Read>) -> Read {
    let mut reads: Vec<Read> = reads.collect();
    reads.sort_by(|left, right| left.wall_ms.total_cmp(&right.wall_ms));
    reads.swap_remove(reads.len() / 2)
}

fn read(binary: &Path, case: &Case, words: &[&str]) -> Read {
    let home = tempfile::tempdir().expect("a folder");
    let meter = Meter::spawn((case.meter)()).expect("a meter");
    let output = Command::new(binary)
        .env("LAMPLIGHTER_HOME", home.path().join("none"))
        .args(["read", "--json", "--port"])
        .arg(meter.path().expect("a terminal"))
        .args(words)
        .output()
        .expect("build the workspace first");
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}: {}", case.name, String::from_utf8_lossy(&output.stderr)));
    let figure = |name: &str| answer[name].as_f64().expect("a number");
    Read { wall_ms: figure("wall_ms"), line_ms: figure("line_ms"), turns: figure("turn_arounds") }
}

fn day() -> Day {
    Day::parse("2026-11-23").expect("a day")
}

fn iec(mode: Mode, maker: &str) -> Box<dyn Machine> {
    MeterSettings { maker: maker.into(), ..MeterSettings::on_day(mode, SERIAL, day()) }.into()
}

fn dlms() -> Box<dyn Machine> {
    DlmsSettings::on_day(SERIAL, day()).into()
}

fn dlt(edition: Edition) -> Box<dyn Machine> {
    Dlt645Settings::on_day(edition, SERIAL, day()).into()
}

fn c1218() -> Box<dyn Machine> {
    C1218Settings::on_day(SERIAL, day()).into()
}
