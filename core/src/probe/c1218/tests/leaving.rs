//! Whoever stops in the middle of a conversation ends it, so that the next reader finds the meter at rest.

use std::time::Duration;

use super::{
    habits::Habits,
    line::{Echo, Probe, Run, read_until},
};
use crate::probe::{c1218::Config, drive::DriveError};

/// Stops at every moment of a readout. Answers how often, and how often the meter was left in conversation.
#[track_caller]
fn check(habits: &Habits, probe: Probe) -> (u32, u32) {
    let (mut stopped, mut shut) = (0, 0);
    for at_ms in (0..2_500).step_by(7) {
        let Run { drive, meter, .. } = read_until(habits.clone(), probe, Config::default(), Some(at_ms));
        if matches!(drive.result, Err(DriveError::Cancelled)) {
            stopped += 1;
            shut += u32::from(!meter.is_at_rest());
            let took = drive.timing.wall - Duration::from_millis(at_ms);
            assert!(took < Duration::from_millis(1_000), "{at_ms} ms: {took:?}");
        }
    }
    (stopped, shut)
}

#[test]
fn a_person_who_stops_in_the_middle_leaves_the_meter_at_rest() {
    for probe in [Probe::default(), Probe { echo: Echo::Whole, ..Probe::default() }] {
        for reaction_ms in [20, 60] {
            let (stopped, shut) = check(&Habits { reaction_ms, ..Habits::default() }, probe);
            assert!(stopped > 150, "{stopped}");
            assert_eq!(shut, 0, "{probe:?}, {reaction_ms} ms, of {stopped}");
        }
    }
}

#[test]
fn whoever_stops_before_a_meter_has_answered_says_one_packet_more() {
    let silent = Habits { ignores: usize::MAX, ..Habits::default() };
    let run = read_until(silent, Probe::default(), Config::default(), Some(1_000));
    assert!(matches!(run.drive.result, Err(DriveError::Cancelled)));
    let said: Vec<u8> = run.drive.transcript.chunks().iter().map(|chunk| chunk.bytes[6]).collect();
    assert_eq!(said, [0x20, 0x21], "{}", run.drive.transcript);
}
