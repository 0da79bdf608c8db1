//! How quickly single registers are read.

use std::time::Duration;

use super::{
    bench::Probe,
    meter::Habits,
    reading::{Read, single, values},
    terminal::Terminal,
};

const NAMES: [&str; 5] = ["0.0.0", "1.8.0", "1.8.1", "2.8.0", "0.9.1"];

#[test]
fn five_registers_take_little_more_than_the_line_and_the_meters_reactions() {
    let read = read(Habits::default());
    let timing = read.drive.timing;
    // Ours to its identification, and the time before each command.
    let ours = Duration::from_millis(200) + Duration::from_millis(40) * timing.turn_arounds;
    let least = timing.line + Duration::from_millis(200) * timing.turn_arounds + ours;
    assert!(timing.wall < least + Duration::from_millis(60), "{:?} of {least:?}", timing.wall);
    assert!(timing.wall < Duration::from_millis(3_100), "{timing:?}");
    assert_eq!(read.readout().retries, 0);
}

#[test]
fn a_meter_that_does_not_hear_right_after_it_has_spoken_is_given_its_time() {
    let read = read(Habits { deaf_ms: 150, ..Habits::default() });
    // Once it is found out, it is not hurried any more.
    assert_eq!(read.readout().retries, 1, "{}", read.drive.transcript);
}

#[track_caller]
fn read(habits: Habits) -> Read {
    let habits = Habits { terminal: Some(Terminal::default()), ..habits };
    let read = Read::of(habits, single(&NAMES), Probe::default());
    assert_eq!(values(read.readout()), ["00412345", "12345.670", "5.5", "1.000", "073005"]);
    read.ends_with_a_break();
    read
}
