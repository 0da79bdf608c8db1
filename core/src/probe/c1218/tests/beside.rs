//! What is read where the registers are known already: a profile and events, and no register again.

use super::{
    habits::Habits,
    line::{Probe, Run, read},
    readouts::{locked, ring},
};
use crate::{
    probe::{
        c1218::Config,
        part::{Part, Span, Wants},
    },
    time::Civil,
};

/// The tables that were asked for, each once, and how many rows and events came.
#[track_caller]
fn check(habits: &Habits, events: bool, profile: bool, expected: &[u16]) -> Run {
    let moment = |row: i64| Civil::of_unix(1_795_169_700 + row * 900).unwrap();
    let profile = profile.then(|| Span { from: moment(3), to: moment(20) });
    let read = |beside_only| {
        let wants = Wants { profile, events, beside_only };
        let config = Config { wants, keyring: ring("*", "secret"), ..Config::default() };
        let run = read(habits.clone(), Probe::default(), config);
        assert!(run.drive.result.is_ok(), "{}", run.drive.transcript);
        run
    };
    let (all, beside) = (read(false), read(true));
    let mut tables: Vec<u16> = Vec::new();
    for request in beside.meter.requests.iter().filter(|request| matches!(request[0], 0x30 | 0x3F)) {
        let table = u16::from_be_bytes([request[1], request[2]]);
        tables.extend(Some(table).filter(|table| !tables.contains(table)));
    }
    assert_eq!(tables, expected);
    assert_eq!(beside.told.parts, all.told.parts);
    let count = |part: &Part| match part {
        Part::Profile(part) => (part.rows.len(), 0),
        Part::Events(events) => (0, events.len()),
    };
    let (rows, told): (Vec<usize>, Vec<usize>) = beside.told.parts.iter().map(count).unzip();
    let least = (if profile.is_some() { 18 } else { 0 }, if events { 9 } else { 0 });
    assert_eq!((rows.iter().sum(), told.iter().sum()), least);
    let readout = beside.drive.result.as_ref().unwrap();
    assert_eq!((readout.identity.as_str(), readout.serial.as_deref()), ("ACME MODEL-9", Some("MAKER-77")));
    assert!(beside.drive.timing.line < all.drive.timing.line);
    beside
}

#[test]
fn only_what_is_needed_for_a_profile_and_events_is_read_beside() {
    let habits = Habits::default();
    check(&habits, true, false, &[0, 1, 5, 3, 71, 74, 76]);
    check(&habits, false, true, &[0, 1, 5, 11, 16, 12, 15, 61, 62, 63, 64]);
    check(&habits, true, true, &[0, 1, 5, 3, 11, 16, 12, 15, 71, 74, 76, 61, 62, 63, 64]);
}

#[test]
fn a_locked_meter_is_opened_for_what_is_read_beside() {
    let run = check(&locked("secret"), true, true, &[0, 1, 5, 3, 11, 16, 12, 15, 71, 74, 76, 61, 62, 63, 64]);
    assert_eq!(run.meter.passwords, 1);
}

#[test]
fn a_meter_that_keeps_nothing_beside_its_registers_is_no_error() {
    let mut habits = Habits::default();
    let kept: Vec<u16> = habits.tables.keys().copied().filter(|&table| table > 0 && table < 60).collect();
    habits.tables.insert(0, super::tables::configuration(super::writer::Style::default(), &kept));
    let wants = Wants { profile: None, events: true, beside_only: true };
    let run = read(habits, Probe::default(), Config { wants, ..Config::default() });
    assert_eq!(run.drive.result.unwrap().identity, "ACME MODEL-9");
    // A low battery and a power failure are told by table 3.
    assert_eq!(run.told.parts.len(), 1);
}
