//! One test for each problem that people report from the field.

use super::{
    bench::{Bench, Echo, Probe, read},
    meter::{BlockFraming, Habits, Refusal},
};
use crate::{
    obis::Obis,
    probe::{
        drive::DriveError,
        error::ReadError,
        iec62056::Config,
        port::Progress,
        readout::{Integrity, Readout, Value},
        way::{Quirk, Way},
    },
};

#[test]
fn a_head_that_echoes_is_read() {
    for echo in [Echo::Whole, Echo::Cut, Echo::Garbled, Echo::Late] {
        for reaction_ms in [200, 1_400] {
            let probe = Probe { echo, ..Probe::default() };
            check(Habits { reaction_ms, ..Habits::default() }, probe, 9_600, Integrity::Checked, 0);
        }
    }
}

#[test]
fn an_echoing_head_can_still_ask_for_a_repeat() {
    for echo in [Echo::Whole, Echo::Cut, Echo::Garbled] {
        let probe = Probe { echo, ..Probe::default() };
        check(Habits { wrong_bcc: 1, ..Habits::default() }, probe, 9_600, Integrity::Checked, 1);
    }
}

#[test]
fn a_meter_that_repeats_nothing_is_asked_anew_at_its_own_speed() {
    for (ident, unasked_baud, baud) in
        [("ABC METER", Some(300), 300), ("ABCCMETER", Some(2_400), 2_400), ("ABC5METER", None, 300)]
    {
        let habits = Habits { ident, unasked_baud, ignores_nak: true, cut_short: 1, ..Habits::default() };
        check(habits, Probe::default(), baud, Integrity::Checked, 2);
    }
}

#[test]
fn a_port_that_strips_parity_is_read() {
    let probe = Probe { strips_parity: true, ..Probe::default() };
    check(Habits::default(), probe, 9_600, Integrity::Checked, 0);
    check(Habits::default(), Probe { echo: Echo::Whole, ..probe }, 9_600, Integrity::Checked, 0);
}

#[test]
fn a_bluetooth_probe_that_hands_on_late_is_read() {
    for delay_ms in [5, 50, 150] {
        let probe = Probe { delay_ms, ..Probe::default() };
        check(Habits::default(), probe, 9_600, Integrity::Checked, 0);
        let echoing = Probe { echo: Echo::Whole, ..probe };
        check(Habits::default(), echoing, 9_600, Integrity::Checked, 0);
    }
}

#[test]
fn junk_before_answers_is_passed_over() {
    let habits = Habits { junk: b"\x00\x7f\xff\x00", ..Habits::default() };
    check(habits, Probe::default(), 9_600, Integrity::Checked, 0);
}

#[test]
fn a_meter_that_switches_400_ms_late_is_read() {
    check(Habits { reaction_ms: 400, ..Habits::default() }, Probe::default(), 9_600, Integrity::Checked, 0);
}

#[test]
fn a_meter_that_stays_at_300_is_read_at_300() {
    let habits = Habits { stays_at_300: true, ..Habits::default() };
    check(habits, Probe::default(), 300, Integrity::Checked, 1);
}

#[test]
fn a_meter_that_refuses_speed_is_read_at_300() {
    let habits = Habits { refuses: Refusal::Fast, ..Habits::default() };
    let readout = read(habits, Probe::default()).result.unwrap();
    assert_eq!(readout.baud, 300);
}

#[test]
fn a_meter_that_refuses_everything_is_left_alone() {
    fails(Habits { refuses: Refusal::All, ..Habits::default() }, Probe::default(), ReadError::Refused);
    let habits = Habits { ident: "ABC0X", refuses: Refusal::All, ..Habits::default() };
    fails(habits, Probe::default(), ReadError::Refused);
}

#[test]
fn a_mode_a_meter_with_a_letter_for_speed_is_read_at_300() {
    let habits = Habits { ident: "ABCETYPE", unasked_baud: Some(300), ..Habits::default() };
    let readout = check(habits, Probe::default(), 300, Integrity::Checked, 1);
    assert_eq!(readout.protocol.to_string(), "iec62056-21/A");
}

#[test]
fn a_mode_a_head_that_waits_to_be_asked_is_asked() {
    let habits = Habits { ident: "ABC-TYPE", ..Habits::default() };
    // It loses patience by itself, after 1.5 s, and reads out.
    check(habits, Probe::default(), 300, Integrity::Checked, 0);
}

#[test]
fn a_wrong_checksum_is_asked_for_again() {
    for wrong_bcc in [1, 2] {
        let habits = Habits { wrong_bcc, ..Habits::default() };
        check(habits, Probe::default(), 9_600, Integrity::Checked, u32::try_from(wrong_bcc).unwrap());
    }
}

#[test]
fn a_damaged_character_is_asked_for_again() {
    let habits = Habits { flips: (&[40], 2), ..Habits::default() };
    check(habits, Probe::default(), 9_600, Integrity::Checked, 2);
}

#[test]
fn two_errors_that_cancel_in_the_checksum_are_seen_by_parity() {
    let habits = Habits { flips: (&[70, 72], 1), ..Habits::default() };
    check(habits, Probe::default(), 9_600, Integrity::Checked, 1);
}

#[test]
fn a_block_whose_beginning_was_lost_is_asked_for_again() {
    let habits = Habits { flips: (&[0], 1), ..Habits::default() };
    let readout = read(habits, Probe::default()).result.unwrap();
    assert_eq!(readout.registers.len(), 8);
}

#[test]
fn a_damaged_identification_is_asked_for_again() {
    check(Habits { flips_ident: 1, ..Habits::default() }, Probe::default(), 9_600, Integrity::Checked, 1);
    let habits = Habits { flips_ident: usize::MAX, ..Habits::default() };
    fails(habits, Probe::default(), ReadError::Garbled { attempts: 3 });
}

#[test]
fn a_meter_that_says_who_it_is_and_no_more_is_silent() {
    let habits = Habits { keeps_list: true, ..Habits::default() };
    fails(habits.clone(), Probe::default(), ReadError::Silent { attempts: 5 });
    fails(habits, Probe { echo: Echo::Whole, ..Probe::default() }, ReadError::Silent { attempts: 5 });
}

#[test]
fn a_mode_a_meter_that_goes_on_without_a_pause_is_read() {
    let habits = Habits { ident: "KAM 685", unasked_baud: Some(300), reaction_ms: 0, ..Habits::default() };
    check(habits, Probe::default(), 300, Integrity::Checked, 0);
}

#[test]
fn a_reply_cut_short_is_asked_for_again() {
    check(Habits { cut_short: 1, ..Habits::default() }, Probe::default(), 9_600, Integrity::Checked, 1);
}

#[test]
fn a_meter_that_ignores_nak_is_asked_from_the_beginning() {
    let habits = Habits { wrong_bcc: 1, ignores_nak: true, ..Habits::default() };
    let readout = read(habits, Probe::default()).result.unwrap();
    assert_eq!(readout.integrity, Integrity::Checked);
}

#[test]
fn an_echo_of_our_own_nak_is_no_refusal() {
    let habits = Habits { ident: "ABC0X", wrong_bcc: 1, ignores_nak: true, ..Habits::default() };
    let readout = read(habits, Probe { echo: Echo::Whole, ..Probe::default() }).result.unwrap();
    assert_eq!((readout.baud, readout.integrity), (300, Integrity::Checked));
}

#[test]
fn a_mode_b_meter_with_wrong_checksums_is_read_at_its_speed() {
    let habits = Habits { ident: "ABCEX", unasked_baud: Some(9_600), wrong_bcc: 4, ..Habits::default() };
    let readout = read(habits, Probe::default()).result.unwrap();
    assert_eq!((readout.baud, readout.integrity), (9_600, Integrity::Checked));
}

#[test]
fn a_checksum_that_is_always_wrong_is_never_believed() {
    for ident in ["ABC5X", "ABC0X"] {
        let habits = Habits { ident, wrong_bcc: usize::MAX, ..Habits::default() };
        fails(habits, Probe::default(), ReadError::Garbled { attempts: 5 });
    }
}

/// With the STX, without the ETX, as a sum, as one of eight bits.
const OWN_CHECKS: [fn(&[u8]) -> u8; 4] = [
    |raw| even(raw.iter().fold(0, |sum, byte| sum ^ byte)),
    |raw| even(raw[1..raw.len() - 1].iter().fold(0, |sum, byte| sum ^ byte)),
    |raw| even(raw[1..].iter().fold(0, |sum: u8, byte| sum.wrapping_add(byte & 0x7F))),
    |raw| raw[1..].iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte)),
];

const fn even(byte: u8) -> u8 {
    let byte = byte & 0x7F;
    if byte.count_ones().is_multiple_of(2) { byte } else { byte | 0x80 }
}

#[test]
fn a_checksum_of_the_makers_own_is_tolerated_when_two_readouts_agree() {
    for own_check in OWN_CHECKS {
        let odd = || Habits { own_check: Some(own_check), ..Habits::default() };
        let readout = check(odd(), Probe::default(), 9_600, Integrity::Tolerated, 1);
        assert!(readout.way.has(Quirk::WrongCheck));
        check(Habits { ignores_nak: true, ..odd() }, Probe::default(), 300, Integrity::Tolerated, 2);
        let lively =
            check(Habits { lively: true, ..odd() }, Probe::default(), 9_600, Integrity::Tolerated, 1);
        let voltage = Obis::electricity(32, 7, 0);
        assert!(lively.registers.iter().all(|datum| datum.obis != voltage));
    }
}

#[test]
fn a_checksum_of_the_makers_own_that_is_known_is_taken_at_once() {
    let habits = Habits { own_check: Some(OWN_CHECKS[0]), ..Habits::default() };
    let way: Way = "iec62056-21 9600 wrong-check".parse().unwrap();
    let config = Config { way: Some(way.clone()), ..Config::default() };
    let once = Bench::with(config.clone()).read(habits.clone(), Probe::default()).0.result.unwrap();
    assert_eq!((once.integrity, once.retries, once.way), (Integrity::Tolerated, 0, way));
    // Where no parity bit speaks for the characters, it is still read twice.
    let stripped = Probe { strips_parity: true, ..Probe::default() };
    let twice = Bench::with(config.clone()).read(habits, stripped).0.result.unwrap();
    assert_eq!((twice.integrity, twice.retries), (Integrity::Tolerated, 1));
    // A plainly wrong one is not believed of such a meter either.
    let wrong = Habits { wrong_bcc: usize::MAX, ..Habits::default() };
    let result = Bench::with(config).read(wrong, Probe::default()).0.result;
    assert!(matches!(result, Err(DriveError::Read(ReadError::Garbled { attempts: 5 }))), "{result:?}");
}

#[test]
fn an_accident_that_looks_like_a_maker_is_asked_for_again() {
    // On a line without parity bits one wrong bit makes a right checksum look as if STX were in it.
    let habits = Habits { flips_second_bit: (&[40], 1), ..Habits::default() };
    let probe = Probe { strips_parity: true, ..Probe::default() };
    check(habits, probe, 9_600, Integrity::Checked, 1);
}

#[test]
fn without_a_checksum_two_readouts_must_agree() {
    for framing in [BlockFraming::NoBcc, BlockFraming::NoEtx, BlockFraming::NoStx] {
        let habits = Habits { framing, ..Habits::default() };
        check(habits, Probe::default(), 9_600, Integrity::ReadTwice, 0);
    }
}

#[test]
fn of_two_readouts_only_what_both_said_counts() {
    let habits = Habits { framing: BlockFraming::NoEtx, lively: true, ..Habits::default() };
    let readout = check(habits, Probe::default(), 9_600, Integrity::ReadTwice, 0);
    let voltage = Obis::electricity(32, 7, 0);
    assert!(readout.registers.iter().all(|datum| datum.obis != voltage));
}

#[test]
fn line_feeds_alone_end_lines_too() {
    let habits = Habits {
        list: "C.1.0(00412345)\n\n1.8.0(012345.670*kWh)\n\n!\n\n".into(),
        framing: BlockFraming::NoEtx,
        ..Habits::default()
    };
    check(habits, Probe::default(), 9_600, Integrity::ReadTwice, 0);
}

#[test]
fn a_sleepy_meter_is_asked_three_times() {
    for ignores_requests in [1, 2] {
        let habits = Habits { ignores_requests, ..Habits::default() };
        check(habits, Probe::default(), 9_600, Integrity::Checked, u32::try_from(ignores_requests).unwrap());
    }
    let silent = Habits { ignores_requests: usize::MAX, ..Habits::default() };
    fails(silent.clone(), Probe::default(), ReadError::Silent { attempts: 3 });
    fails(silent, Probe { echo: Echo::Whole, ..Probe::default() }, ReadError::Silent { attempts: 3 });
}

#[test]
fn a_readout_that_somebody_left_running_is_waited_for() {
    let habits = Habits { busy_ms: 20_000, ..Habits::default() };
    check(habits, Probe::default(), 9_600, Integrity::Checked, 1);
}

#[test]
fn a_line_that_never_falls_silent_is_given_up() {
    let drive = read(Habits { busy_ms: 700_000, ..Habits::default() }, Probe::default());
    assert!(matches!(drive.result, Err(DriveError::Read(ReadError::TimedOut))), "{:?}", drive.result);
    assert_eq!(drive.timing.wall.as_secs(), 600);
}

#[test]
fn the_answer_of_an_earlier_meter_is_not_taken_for_this_ones() {
    let probe = Probe { keeps_old: true, ..Probe::default() };
    fails(Habits { ignores_requests: 9, ..Habits::default() }, probe, ReadError::Silent { attempts: 3 });
    check(Habits::default(), probe, 9_600, Integrity::Checked, 0);
}

#[test]
fn a_person_sees_how_well_the_probe_hears() {
    let least = |habits| {
        let (drive, seen) = Bench::new().read(habits, Probe::default());
        assert!(drive.result.is_ok());
        let percents = seen.iter().filter_map(|progress| {
            if let Progress::Signal { percent } = progress { Some(*percent) } else { None }
        });
        percents.min().unwrap()
    };
    assert_eq!(least(Habits::default()), 100);
    assert_eq!(least(Habits { flips: (&[70, 72, 80, 82, 90, 92, 93, 94], 1), ..Habits::default() }), 87);
}

#[test]
fn a_flickering_lamp_ends_in_an_error_and_not_in_waiting() {
    let drive = read(Habits::default(), Probe { lamp: true, ..Probe::default() });
    assert!(matches!(drive.result, Err(DriveError::Read(ReadError::Garbled { .. }))), "{:?}", drive.result);
    assert!(drive.timing.wall.as_secs() < 120, "{:?}", drive.timing);
}

#[track_caller]
fn check(habits: Habits, probe: Probe, baud: u32, integrity: Integrity, retries: u32) -> Readout {
    let drive = read(habits, probe);
    let readout = drive.result.unwrap_or_else(|error| panic!("{error}\n{}", drive.transcript));
    assert_eq!(
        (readout.baud, readout.integrity, readout.retries),
        (baud, integrity, retries),
        "{}",
        drive.transcript
    );
    let energy = readout.registers.iter().find(|datum| datum.obis == Obis::ACTIVE_IMPORT).unwrap();
    assert_eq!(energy.value, Value::Number("12345.670".parse().unwrap()));
    assert_eq!(readout.serial.as_deref(), Some("00412345"));
    readout
}

#[track_caller]
fn fails(habits: Habits, probe: Probe, expected: ReadError) {
    let drive = read(habits, probe);
    match drive.result {
        Err(DriveError::Read(error)) => assert_eq!(error, expected, "{}", drive.transcript),
        other => panic!("{other:?}"),
    }
}
