//! However programming mode ends, the meter is let go: a meter that is left in it is shut for the next reader.

use super::{
    bench::{Bench, Probe, VirtualLine},
    meter::Habits,
    terminal::Terminal,
};
use crate::probe::{
    drive::{Drive, DriveError},
    iec62056::{Config, Session},
    transcript::Direction,
};

const NAMES: [&str; 4] = ["0.0.0", "1.8.0", "1.8.1", "2.8.0"];
const BREAK: &[u8] = b"\x01B0\x03q";

#[test]
fn a_person_who_stops_in_the_middle_does_not_leave_the_meter_shut() {
    let mut stopped = 0;
    for at_ms in (1_300..4_000).step_by(30) {
        let bench = Bench { cancel_at_ms: Some(at_ms), ..Bench::new() };
        let (drive, shut) = read(&bench, Terminal::default());
        if matches!(drive.result, Err(DriveError::Cancelled)) {
            stopped += 1;
            // While a meter talks it does not hear; it is told all the same.
            assert!(
                !shut || said(&drive).last().is_some_and(|said| said == BREAK),
                "{at_ms} ms: {}",
                drive.transcript
            );
        }
    }
    assert!(stopped > 30, "{stopped}");
}

#[test]
fn a_meter_that_was_not_heard_in_programming_mode_is_let_go_all_the_same() {
    for times in 1..4 {
        for characters in [0, 5] {
            let terminal = Terminal { greets_badly: (times, characters), ..Terminal::default() };
            let (drive, shut) = read(&Bench::new(), terminal);
            assert!(!shut && drive.result.is_ok(), "{:?}\n{}", drive.result, drive.transcript);
        }
    }
}

fn single() -> Config {
    Config { single: NAMES.map(Into::into).into(), ..Config::default() }
}

fn read(bench: &Bench, terminal: Terminal) -> (Drive, bool) {
    let habits = Habits { terminal: Some(terminal), ..Habits::default() };
    let mut line = VirtualLine::new(bench, habits, Probe::default());
    let drive = bench.run_any(Session::start(bench.now(), single()), &mut line).0;
    (drive, line.meter.is_shut())
}

fn said(drive: &Drive) -> impl Iterator<Item = Vec<u8>> {
    let sent = drive.transcript.chunks().iter().filter(|chunk| chunk.direction == Direction::Sent);
    sent.map(|chunk| chunk.bytes.iter().map(|raw| raw & 0x7F).collect())
}
