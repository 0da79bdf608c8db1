//! The driver: stopping, a line that fails, and an account that adds up.

use super::{
    bench::{Bench, Echo, Probe, read},
    meter::Habits,
};
use crate::probe::{
    drive::DriveError,
    transcript::{Direction, Transcript},
};

#[test]
fn a_wish_to_stop_is_heard_within_100_ms() {
    for cancel_at_ms in [0, 120, 700, 2_000, 4_321] {
        let bench = Bench { cancel_at_ms: Some(cancel_at_ms), ..Bench::new() };
        bench.pass(0);
        let slow = Habits { ident: "ABC0X", ..Habits::default() };
        let (drive, _) = bench.read(slow, Probe::default());
        assert!(matches!(drive.result, Err(DriveError::Cancelled)), "{:?}", drive.result);
        assert!(drive.timing.wall.as_millis() <= u128::from(cancel_at_ms) + 100);
    }
}

#[test]
fn a_probe_that_is_pulled_out_is_told_from_a_silent_meter() {
    let drive = read(Habits::default(), Probe { unplugged_after_ms: Some(1_000), ..Probe::default() });
    assert!(matches!(drive.result, Err(DriveError::Line(_))), "{:?}", drive.result);
    assert!(!drive.transcript.chunks().is_empty());
}

#[test]
fn the_account_of_bytes_and_turns_adds_up() {
    let drive = read(Habits::default(), Probe::default());
    let count = |direction| -> usize {
        let chunks = drive.transcript.chunks().iter();
        chunks.filter(|chunk| chunk.direction == direction).map(|chunk| chunk.bytes.len()).sum()
    };
    let timing = drive.timing;
    assert_eq!(
        (timing.bytes_sent, timing.bytes_received),
        (count(Direction::Sent), count(Direction::Received))
    );
    assert_eq!((timing.bytes_sent, timing.turn_arounds), (5 + 6 + 1, 2));
    assert!(timing.line < timing.wall);
}

#[test]
fn a_readout_writes_its_transcript_in_a_form_that_reads_back() {
    let drive = read(Habits::default(), Probe { echo: Echo::Whole, ..Probe::default() });
    let text = drive.transcript.to_string();
    assert!(text.starts_with("0.000 300 > AF 3F 21 8D 0A\n"), "{text}");
    let back: Transcript = text.parse().unwrap();
    assert_eq!(back.digest(), drive.transcript.digest());
}
