//! How close a readout comes to what the wire allows: real meters of the street on pseudo-terminals at true line
//! time, read by the real binary. The goal: wall <= 1.15 x line + the meter's own reactions.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench says its figures, and one whose stage cannot be set has failed"
)]

use std::process::Command;

use lamplighter_street::{Meter, MeterSettings, day::Day, meter::Mode};

const ROUNDS: u32 = 5;
const GOAL: f64 = 1.15;

fn main() {
    let binary = std::env::current_exe()
        .expect("a path")
        .ancestors()
        .nth(3)
        .expect("target")
        .join("debug/lamplighter");
    println!("{:<28}{:>9}{:>9}{:>11}{:>9}  goal {GOAL}", "meter", "wall ms", "line ms", "turns ms", "ratio");
    // The meter reacts once before its identification, and in mode C once more after our choice, which itself
    // must wait as long after the identification.
    for (name, mode, maker, reactions_ms) in [
        ("mode C, 9600 Bd, 200 ms", Mode::C, "LGZ", 600.0),
        ("mode C, 9600 Bd, 20 ms", Mode::C, "LGz", 60.0),
        ("mode B, 2400 Bd, 200 ms", Mode::B, "ABB", 400.0),
        ("mode A, 300 Bd, 200 ms", Mode::A, "KAM", 400.0),
    ] {
        let mut rows: Vec<(f64, f64)> = (0..ROUNDS).map(|_| read(&binary, mode, maker)).collect();
        rows.sort_by(|left, right| left.0.total_cmp(&right.0));
        let (wall, line) = rows[rows.len() / 2];
        let ratio = (wall - reactions_ms) / line;
        println!("{name:<28}{wall:>9.0}{line:>9.0}{reactions_ms:>11.0}{ratio:>9.3}");
    }
}

fn read(binary: &std::path::Path, mode: Mode, maker: &str) -> (f64, f64) {
    let day = Day::parse("2026-11-23").expect("a day");
    let mut settings = MeterSettings::on_day(mode, "50123456", day);
    settings.maker = maker.into();
    let meter = Meter::spawn(settings).expect("a meter");
    let output = Command::new(binary)
        .args(["read", "--json", "--port"])
        .arg(meter.path().expect("a terminal"))
        .output()
        .expect("build the workspace first");
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let figure = |name: &str| answer[name].as_f64().expect("a number");
    (figure("wall_ms"), figure("line_ms"))
}
