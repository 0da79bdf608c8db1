//! One test for each problem that people report from the field, and for each that the book foresees.

use std::{collections::BTreeMap, time::Duration};

use super::{
    habits::Habits,
    line::{Echo, Probe, Run, read},
    readouts::{check, check_readout, locked, ring},
    writer::Style,
};
use crate::{
    probe::{
        c1218::Config,
        drive::DriveError,
        error::ReadError,
        part::{Part, Span, Wants},
        port::Patience,
    },
    time::Civil,
};

#[test]
fn a_head_that_echoes_is_read_at_no_cost() {
    for echo in [Echo::Whole, Echo::Cut] {
        for reaction_ms in [20, 200] {
            let probe = Probe { echo, ..Probe::default() };
            let run = check(Habits { reaction_ms, ..Habits::default() }, probe, Config::default(), 0);
            assert_eq!(run.drive.result.unwrap().way.echo, echo == Echo::Whole);
        }
    }
}

#[test]
fn a_head_that_echoes_wrongly_is_read() {
    let probe = Probe { echo: Echo::Garbled, ..Probe::default() };
    for reaction_ms in [20, 200] {
        let run = read(Habits { reaction_ms, ..Habits::default() }, probe, Config::default());
        check_readout(&run.drive.result.unwrap());
        assert!(run.drive.timing.wall < Duration::from_secs(30), "{:?}", run.drive.timing);
    }
}

#[test]
fn an_echoing_head_can_still_ask_for_a_repeat() {
    for echo in [Echo::Whole, Echo::Cut] {
        let probe = Probe { echo, ..Probe::default() };
        check(Habits { wrong_checks: 2, ..Habits::default() }, probe, Config::default(), 2);
    }
}

#[test]
fn a_bluetooth_probe_that_hands_on_late_is_read() {
    for delay_ms in [5, 50, 200] {
        let probe = Probe { delay_ms, ..Probe::default() };
        check(Habits::default(), probe, Config::default(), 0);
        check(Habits::default(), Probe { echo: Echo::Whole, ..probe }, Config::default(), 0);
    }
}

#[test]
fn junk_before_answers_is_passed_over() {
    for before in [&[0x7F, 0, 0xFF][..], &[0xEE], &[0x15, 0], &[0xEE, 0, 0, 0, 0, 3, 0xEE]] {
        let run = read(Habits { before, ..Habits::default() }, Probe::default(), Config::default());
        check_readout(&run.drive.result.unwrap());
    }
}

#[test]
fn a_damaged_packet_is_asked_for_again() {
    for wrong_checks in 1..=2 {
        check(
            Habits { wrong_checks, ..Habits::default() },
            Probe::default(),
            Config::default(),
            wrong_checks as u32,
        );
    }
    check(Habits { cuts: 2, ..Habits::default() }, Probe::default(), Config::default(), 2);
}

#[test]
fn packets_that_are_always_damaged_are_never_believed() {
    let habits = Habits { wrong_checks: usize::MAX, ..Habits::default() };
    fails(habits, Probe::default(), Config::default(), ReadError::Garbled { attempts: 3 });
}

#[test]
fn a_table_whose_checksum_is_wrong_is_asked_for_again() {
    for wrong_sums in 1..=2 {
        check(
            Habits { wrong_sums, ..Habits::default() },
            Probe::default(),
            Config::default(),
            wrong_sums as u32,
        );
    }
    let habits = Habits { wrong_sums: usize::MAX, ..Habits::default() };
    fails(habits, Probe::default(), Config::default(), ReadError::Garbled { attempts: 3 });
}

#[test]
fn a_lost_answer_is_waited_for_until_the_meter_repeats_it() {
    for packet in [0, 1, 3, 9] {
        let run =
            read(Habits { drops: vec![packet], ..Habits::default() }, Probe::default(), Config::default());
        check_readout(&run.drive.result.unwrap());
        assert!(run.drive.timing.wall < Duration::from_secs(5), "{packet}: {:?}", run.drive.timing);
    }
}

#[test]
fn a_lost_acknowledgement_of_ours_is_said_again_and_the_packet_taken_once() {
    // The meter is deaf while both our acknowledgement and the question behind it go out.
    let habits = Habits { deaf_ms: 55, ..Habits::default() };
    let run = read(habits.clone(), Probe::default(), Config::default());
    check_readout(&run.drive.result.unwrap());
    assert_eq!(run.drive.transcript.chunks().iter().filter(|chunk| chunk.bytes == [0x06]).count(), 1);
    assert!(run.drive.timing.wall < Duration::from_secs(6), "{:?}", run.drive.timing);
    // Who is known to be old gets the time from the beginning on.
    let config = Config { turn_around: Duration::from_millis(60), ..Config::default() };
    check(habits, Probe::default(), config, 0);
}

#[test]
fn a_lost_acknowledgement_of_the_meter_costs_a_repeat() {
    let run = read(Habits { loses_acks: 2, ..Habits::default() }, Probe::default(), Config::default());
    check_readout(&run.drive.result.unwrap());
}

#[test]
fn a_meter_that_asks_for_a_packet_again_gets_it() {
    for naks in 1..=2 {
        check(Habits { naks, ..Habits::default() }, Probe::default(), Config::default(), naks as u32);
    }
    let habits = Habits { naks: usize::MAX, ..Habits::default() };
    fails(habits, Probe::default(), Config::default(), ReadError::Garbled { attempts: 3 });
}

#[test]
fn a_meter_that_never_toggles_is_read() {
    check(Habits { toggles: false, ..Habits::default() }, Probe::default(), Config::default(), 0);
}

#[test]
fn an_answer_of_which_a_packet_is_missing_is_asked_for_anew() {
    let habits = Habits {
        packets: Some((64, 30)),
        loses_pieces: 2,
        ..Habits::of(Style { access: 0, ..Style::default() })
    };
    check(habits, Probe::default(), Config::default(), 2);
}

#[test]
fn a_sleepy_meter_is_asked_as_often_as_the_patience_says() {
    for ignores in 1..=2 {
        check(Habits { ignores, ..Habits::default() }, Probe::default(), Config::default(), ignores as u32);
    }
    for echo in [Echo::None, Echo::Whole] {
        let habits = Habits { ignores: usize::MAX, ..Habits::default() };
        let patience = Patience { attempts: 2, wait: Duration::from_millis(600) };
        let config = Config { patience, ..Config::default() };
        let run =
            fails(habits, Probe { echo, ..Probe::default() }, config, ReadError::Silent { attempts: 2 });
        assert!(run.drive.timing.wall < Duration::from_millis(1_350), "{:?}", run.drive.timing);
    }
}

#[test]
fn a_busy_meter_is_asked_again_a_second_later() {
    for busy_code in [6, 7] {
        let run =
            check(Habits { busy: 3, busy_code, ..Habits::default() }, Probe::default(), Config::default(), 0);
        assert!(run.drive.timing.wall > Duration::from_secs(3), "{:?}", run.drive.timing);
    }
    let habits = Habits { busy: usize::MAX, ..Habits::default() };
    fails(habits, Probe::default(), Config::default(), ReadError::Refused);
}

#[test]
fn a_meter_that_somebody_left_in_a_conversation_is_taken_out_of_it() {
    let run = read(Habits { is_left_open: true, ..Habits::default() }, Probe::default(), Config::default());
    check_readout(&run.drive.result.unwrap());
    assert_eq!(run.meter.requests[..3], [vec![0x20], vec![0x21], vec![0x20]]);
}

#[test]
fn a_meter_that_forgets_the_conversation_is_asked_for_the_rest() {
    for number in [3, 5, 12] {
        let run =
            read(Habits { forgets: Some(number), ..Habits::default() }, Probe::default(), Config::default());
        check_readout(&run.drive.result.unwrap());
        let asked =
            |table: u8| run.meter.requests.iter().filter(|request| request[..] == [0x30, 0, table]).count();
        assert!(asked(0) <= 2 && asked(1) <= 2 && asked(23) <= 2, "{:?}", run.meter.requests);
    }
    // A password is told anew in a new conversation, where the first has been taken.
    let habits = Habits { forgets: Some(9), ..locked("secret") };
    let run = read(habits, Probe::default(), Config { keyring: ring("*", "secret"), ..Config::default() });
    check_readout(&run.drive.result.unwrap());
    assert_eq!(run.meter.passwords, 2);
}

#[test]
fn a_meter_that_falls_silent_ends_in_an_error() {
    for number in [1, 2, 3, 8] {
        let habits = Habits { dies: Some(number), ..Habits::default() };
        let run = read(habits, Probe::default(), Config::default());
        assert!(
            matches!(run.drive.result, Err(DriveError::Read(ReadError::Silent { attempts: 3 }))),
            "{number}"
        );
        assert!(run.drive.timing.wall < Duration::from_secs(20), "{:?}", run.drive.timing);
    }
}

#[test]
fn a_meter_that_has_no_word_for_longer_packets_is_read_in_short_ones() {
    let run =
        read(Habits { has_no_word_for: 0x61, ..Habits::default() }, Probe::default(), Config::default());
    check_readout(&run.drive.result.unwrap());
    assert!(run.drive.timing.wall < Duration::from_secs(15), "{:?}", run.drive.timing);
}

#[test]
fn a_password_that_gets_no_word_is_not_told_again() {
    let habits = Habits { has_no_word_for: 0x51, ..locked("secret") };
    let config = Config { keyring: ring("*", "secret"), ..Config::default() };
    fails(habits, Probe::default(), config, ReadError::Silent { attempts: 3 });
}

#[test]
fn without_a_password_a_locked_meter_is_left_alone() {
    fails(locked("secret"), Probe::default(), Config::default(), ReadError::Locked);
}

#[test]
fn a_wrong_password_is_told_once() {
    let config = |password: &str| Config { keyring: ring("*", password), ..Config::default() };
    let run = fails(locked("secret"), Probe::default(), config("sacret"), ReadError::WrongKey);
    assert_eq!(run.meter.passwords, 1);
    // Nobody could take one of this length.
    let run = fails(locked("secret"), Probe::default(), config(&"x".repeat(21)), ReadError::WrongKey);
    assert_eq!(run.meter.passwords, 0);
    // It opens the meter, and not what we want of it.
    let habits = Habits { refuses: BTreeMap::from([(23, 3)]), ..locked("secret") };
    let run = fails(habits, Probe::default(), config("secret"), ReadError::WrongKey);
    assert_eq!(run.meter.passwords, 1);
}

#[test]
fn a_password_in_hexadecimal_digits_opens_a_meter() {
    let habits = Habits { password: Some([0xA5; 20]), ..Habits::default() };
    let config = Config { keyring: ring("*", &"A5".repeat(20)), ..Config::default() };
    check(habits, Probe::default(), config, 0);
}

#[test]
fn a_meter_that_refuses_a_name_or_its_registers_is_told_goodbye() {
    fails(Habits { logon: 5, ..Habits::default() }, Probe::default(), Config::default(), ReadError::Refused);
    for table in [0, 21, 23] {
        let habits = Habits { refuses: BTreeMap::from([(table, 8)]), ..Habits::default() };
        fails(habits, Probe::default(), Config::default(), ReadError::Refused);
    }
}

#[test]
fn what_is_not_needed_may_be_refused() {
    let refuses = [(3, 4), (5, 3), (25, 1), (28, 8), (52, 2)];
    let run =
        read(Habits { refuses: refuses.into(), ..Habits::default() }, Probe::default(), Config::default());
    let readout = run.drive.result.unwrap();
    assert_eq!(readout.registers.len(), 1 + 22);
    assert_eq!(readout.clock.unwrap().to_string(), "2026-11-23T07:30:06", "table 55 has a clock too");
}

#[test]
fn a_table_that_does_not_fit_its_limits_is_not_read() {
    for change in [0, 1] {
        let mut habits = Habits::default();
        let table = habits.tables.get_mut(&23).unwrap();
        if change == 0 {
            table.push(0)
        } else {
            table.truncate(table.len() - 1)
        }
        habits.refuses.insert(25, 4);
        habits.refuses.insert(28, 4);
        fails(habits, Probe::default(), Config::default(), ReadError::NothingToRead);
    }
}

#[test]
fn a_meter_that_falls_silent_behind_its_registers_is_read_nevertheless() {
    let moment = |seconds| Civil::of_unix(seconds).unwrap();
    let span = Span { from: moment(0), to: moment(4_000_000_000) };
    let wants = Wants { events: true, profile: Some(span), ..Wants::default() };
    let mut rows = Vec::new();
    for number in [22, 24, 28, 32] {
        let habits = Habits { dies: Some(number), ..Habits::default() };
        let run = read(habits, Probe::default(), Config { wants, ..Config::default() });
        check_readout(&run.drive.result.unwrap());
        rows.push(
            run.told
                .parts
                .iter()
                .map(|part| match part {
                    Part::Profile(part) => part.rows.len(),
                    Part::Events(_) => 0,
                })
                .sum::<usize>(),
        );
    }
    assert!(rows.is_sorted() && rows[3] > 0, "{rows:?}");
}

#[test]
fn a_flickering_lamp_ends_in_an_error_and_not_in_waiting() {
    let probe = Probe { lamp: true, ..Probe::default() };
    let run = read(Habits { ignores: usize::MAX, ..Habits::default() }, probe, Config::default());
    assert!(
        matches!(run.drive.result, Err(DriveError::Read(ReadError::Garbled { .. }))),
        "{:?}",
        run.drive.result
    );
    assert!(run.drive.timing.wall < Duration::from_secs(60), "{:?}", run.drive.timing);
}

#[track_caller]
fn fails(habits: Habits, probe: Probe, config: Config, expected: ReadError) -> Run {
    let run = read(habits, probe, config);
    match &run.drive.result {
        Err(DriveError::Read(error)) => assert_eq!(*error, expected, "{}", run.drive.transcript),
        other => panic!("{other:?}"),
    }
    if let Some(last) = run.meter.requests.last() {
        assert_eq!(last[..], [0x21], "whoever has answered is told goodbye\n{}", run.drive.transcript);
    }
    run
}
