//! Good meters of every mode, and how quick the readout is.

use std::time::Duration;

use super::{
    bench::{Bench, Probe, read},
    meter::{Habits, LIST},
};
use crate::{
    obis::Obis,
    probe::{
        port::Progress,
        readout::{Integrity, Value},
        transcript::Direction,
    },
};

#[test]
fn mode_c_is_read_at_the_speed_it_offers() {
    check(Habits::default(), "iec62056-21/C", 9_600);
    check(Habits { ident: "ABC6X", ..Habits::default() }, "iec62056-21/C", 19_200);
    check(Habits { ident: "ABC0X", ..Habits::default() }, "iec62056-21/C", 300);
}

#[test]
fn a_good_block_is_acknowledged_so_that_the_meter_is_free_at_once() {
    let last_word = |habits| {
        let driven = read(habits, Probe::default());
        let chunks = driven.transcript.chunks().iter();
        chunks.filter(|chunk| chunk.direction == Direction::Sent).map(|chunk| chunk.bytes.clone()).next_back()
    };
    assert_eq!(last_word(Habits::default()), Some(vec![0x06]));
    let mode_a = Habits { ident: "KAM 685-382", unasked_baud: Some(300), ..Habits::default() };
    assert_ne!(last_word(mode_a), Some(vec![0x06]));
}

#[test]
fn mode_b_is_read_without_a_word() {
    let habits = Habits { ident: "ABCEX", unasked_baud: Some(9_600), ..Habits::default() };
    check(habits, "iec62056-21/B", 9_600);
}

#[test]
fn mode_a_is_read_at_300() {
    let habits = Habits { ident: "KAM 685-382", unasked_baud: Some(300), ..Habits::default() };
    check(habits, "iec62056-21/A", 300);
}

#[test]
fn a_meter_that_answers_within_20_ms_is_read() {
    check(Habits { ident: "ISk5MT174", reaction_ms: 20, ..Habits::default() }, "iec62056-21/C", 9_600);
    let habits =
        Habits { ident: "ISkEMT174", reaction_ms: 20, unasked_baud: Some(9_600), ..Habits::default() };
    check(habits, "iec62056-21/B", 9_600);
}

#[test]
fn a_meter_that_takes_its_time_is_read() {
    check(Habits { reaction_ms: 1_490, ..Habits::default() }, "iec62056-21/C", 9_600);
}

#[test]
fn a_list_of_5_kb_is_read_at_any_speed() {
    let list = format!("{}!\r\n", "1.8.0*01(012345.670*kWh)\r\n".repeat(200));
    for (ident, baud) in [("ABC0X", 300), ("ABC3X", 2_400), ("ABC6X", 19_200)] {
        check(Habits { ident, list: list.clone(), ..Habits::default() }, "iec62056-21/C", baud);
    }
}

#[test]
fn the_readout_has_registers_number_and_clock() {
    let readout = read(Habits::default(), Probe::default()).result.unwrap();
    assert_eq!(readout.identity, "ABC5METER-1");
    assert_eq!(readout.serial.as_deref(), Some("00412345"));
    assert_eq!(readout.clock.unwrap().to_string(), "2026-11-23T07:30:05");
    assert_eq!((readout.integrity, readout.retries), (Integrity::Checked, 0));
    assert_eq!(readout.registers.len(), LIST.lines().count() - 1);
    let energy = readout.registers.iter().find(|datum| datum.obis == Obis::ACTIVE_IMPORT).unwrap();
    assert_eq!(energy.value, Value::Number("12345.670".parse().unwrap()));
}

#[test]
fn a_person_sees_how_far_it_is() {
    let (_, seen) = Bench::new().read(Habits::default(), Probe::default());
    let answered = Progress::Answered { identity: "ABC5METER-1".into(), baud: 9_600 };
    assert_eq!(seen[..2], [Progress::Asking { attempt: 1 }, answered]);
    assert!(
        seen[2..].iter().all(|progress| matches!(
            progress,
            Progress::Receiving { .. } | Progress::Signal { percent: 100 }
        )) && seen.len() > 3
    );
}

#[track_caller]
fn check(habits: Habits, protocol: &str, baud: u32) {
    let turn = Duration::from_millis(habits.reaction_ms);
    let drive = read(habits, Probe::default());
    let readout = drive.result.unwrap();
    assert_eq!((readout.protocol.to_string().as_str(), readout.baud), (protocol, baud));
    assert_eq!((readout.integrity, readout.retries), (Integrity::Checked, 0));
    // Nobody waits for longer than the meter and the book demand.
    let least = drive.timing.line + turn * drive.timing.turn_arounds + Duration::from_millis(200);
    let most = drive.timing.line * 115 / 100 + turn * drive.timing.turn_arounds + Duration::from_millis(200);
    let wall = drive.timing.wall;
    assert!(wall <= most, "{wall:?} is more than {most:?}, least {least:?}");
}
