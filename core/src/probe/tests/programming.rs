//! Single registers in programming mode, and how meters make it hard.

use std::time::Duration;

use super::{
    bench::{Echo, Probe},
    meter::{Habits, Refusal},
    reading::{Read, beside, check_rows, read, ring, single, span, values},
    terminal::{Dislike, Terminal},
};
use crate::probe::{error::ReadError, iec62056::Config, part::Wants, way::Quirk};

#[test]
fn single_registers_are_read_in_whatever_form_the_meter_likes() {
    for dislike in [Dislike::Nak, Dislike::Ack, Dislike::Error] {
        for (commands, inside) in [
            (["R5", "R6"], ""),
            (["R1", "R2"], ""),
            (["R5", "R6"], "1"),
            (["R1", "R2"], "1"),
            (["R5", "R6"], ";"),
            (["R1", "R2"], ";"),
        ] {
            for names in [true, false] {
                for echo in [Echo::None, Echo::Whole, Echo::Cut, Echo::Garbled, Echo::Late] {
                    let commands = if commands[0] == "R5" { &["R5", "R6"] } else { &["R1", "R2"] };
                    let terminal = Terminal { commands, inside, dislike, names, ..Terminal::default() };
                    let read = read(
                        terminal,
                        single(&["1.8.0", "7.8.0", "2.8.0"]),
                        Probe { echo, ..Probe::default() },
                    );
                    assert_eq!(values(read.readout()), ["12345.670", "1.000"], "{dislike:?} {echo:?}");
                    assert!(!read.readout().way.has(Quirk::Single));
                    read.ends_with_a_break();
                }
            }
        }
    }
}

#[test]
fn single_registers_are_quick() {
    let read = read(Terminal::default(), single(&["0.0.0", "1.8.0"]), Probe::default());
    assert!(read.drive.timing.wall < Duration::from_millis(3_000), "{:?}", read.drive.timing);
    assert_eq!(read.readout().serial.as_deref(), Some("00412345"));
    assert_eq!((read.readout().retries, read.readout().baud), (0, 9_600));
}

#[test]
fn a_meter_without_programming_mode_is_read_whole() {
    for habits in [
        Habits { ident: "KAM 685", unasked_baud: Some(300), ..Habits::default() },
        Habits { ident: "ABCEX", unasked_baud: Some(9_600), ..Habits::default() },
        // It loses patience and reads out at 300.
        Habits::default(),
    ] {
        let read = Read::of(habits, single(&["1.8.0"]), Probe::default());
        assert_eq!(read.readout().registers.len(), 8, "{}", read.drive.transcript);
    }
}

#[test]
fn a_meter_with_an_empty_list_or_none_is_asked_for_registers_one_by_one() {
    for (list, refuses) in [("!\r\n", Refusal::None), ("1.8.0(1)\r\n!\r\n", Refusal::Lists)] {
        let habits =
            Habits { list: list.into(), refuses, terminal: Some(Terminal::default()), ..Habits::default() };
        let first = Read::of(habits.clone(), Config::default(), Probe::default());
        let readout = first.readout();
        assert_eq!(readout.registers.len(), 6, "{}", first.drive.transcript);
        assert_eq!(readout.clock.unwrap().to_string(), "2026-11-23T07:30:05");
        assert!(readout.way.has(Quirk::Single));
        first.ends_with_a_break();
        let known = Config { way: Some(readout.way.clone()), ..Config::default() };
        let again = Read::of(habits, known, Probe::default());
        assert_eq!(again.readout().registers, readout.registers);
        assert!(again.drive.timing.wall < first.drive.timing.wall);
    }
}

#[test]
fn a_meter_that_wants_its_password_hears_it_once_and_at_once_the_next_time() {
    let locked = |dislike| Terminal { password: Some("00112233"), dislike, ..Terminal::default() };
    let with = |password: &str| Config { keyring: ring(password), ..single(&["1.8.0"]) };
    for (dislike, without) in [
        (Dislike::Nak, ReadError::Locked),
        (Dislike::Ack, ReadError::Locked),
        (Dislike::Error, ReadError::NothingToRead),
        (Dislike::Break, ReadError::Locked),
        (Dislike::Silence, ReadError::Garbled { attempts: 5 }),
    ] {
        let right = read(locked(dislike), with("00112233"), Probe::default());
        assert_eq!((values(right.readout()), right.count(b"\x01P1")), (vec!["12345.670".into()], 1));
        let known = Config { way: Some(right.readout().way.clone()), ..with("00112233") };
        let again = read(locked(dislike), known, Probe::default());
        assert_eq!(
            (again.readout().way.to_string(), again.count(b"\x01R")),
            ("iec62056-21 9600 password".into(), 1)
        );
        assert_eq!((again.count(b"\x01P1"), again.count(b"/?!")), (1, 1));
        let wrong = read(locked(dislike), with("11111111"), Probe::default());
        assert_eq!((wrong.error(), wrong.count(b"\x01P1")), (ReadError::WrongKey, 1), "{dislike:?}");
        let none = read(locked(dislike), single(&["1.8.0"]), Probe::default());
        assert_eq!((none.error(), none.count(b"\x01P1")), (without, 0), "{dislike:?}");
        for read in [right, again, wrong, none] {
            // Where the meter has broken off, nobody has to.
            if dislike != Dislike::Break {
                read.ends_with_a_break();
            }
        }
    }
}

#[test]
fn a_meter_that_tells_without_a_password_never_hears_one() {
    let with = |config| Config { keyring: ring("00112233"), ..config };
    for dislike in [Dislike::Nak, Dislike::Ack, Dislike::Error] {
        for commands in [&["R5", "R6"] as &'static [&'static str], &["R1"]] {
            let terminal = Terminal { commands, dislike, ..Terminal::default() };
            let read = read(terminal, with(single(&["1.8.0", "7.8.0", "2.8.0"])), Probe::default());
            assert_eq!((values(read.readout()).len(), read.count(b"\x01P1")), (2, 0));
            assert!(!read.readout().way.has(Quirk::Password));
        }
    }
    let span = span((1, 0, 15), (3, 0, 0));
    let terminal = Terminal { profile: Some(span), ..Terminal::default() };
    let read = read(terminal, with(beside(Some(span), true)), Probe::default());
    check_rows(&read, span);
    assert_eq!((read.events().len(), read.count(b"\x01P1")), (2, 0));
}

#[test]
fn a_profile_behind_a_password_is_read_after_registers_without() {
    let span = span((1, 0, 15), (1, 12, 0));
    let wants = Wants { profile: Some(span), events: true, beside_only: false };
    for dislike in [Dislike::Nak, Dislike::Error, Dislike::Break, Dislike::Silence] {
        let terminal = Terminal {
            password: Some("1"),
            shows_registers: true,
            dislike,
            profile: Some(span),
            ..Terminal::default()
        };
        let config = Config { keyring: ring("1"), wants, ..single(&["0.0.0", "1.8.0"]) };
        let read = read(terminal, config, Probe::default());
        check_rows(&read, span);
        assert_eq!(values(read.readout()), ["00412345", "12345.670"]);
        assert_eq!((read.events().len(), read.count(b"\x01P1")), (2, 1));
        assert!(read.readout().way.has(Quirk::Password));
    }
}

#[test]
fn a_password_that_would_end_its_own_message_is_not_said() {
    let config = Config { keyring: ring("12)34"), ..single(&["1.8.0"]) };
    assert_eq!(read(Terminal::default(), config, Probe::default()).count(b"\x01P1"), 0);
}

#[test]
fn a_damaged_answer_is_asked_for_again() {
    let span = span((1, 0, 15), (1, 6, 0));
    for commands in [&["R5"] as &'static [&'static str], &["R6"]] {
        for answer in 1..4 {
            for echo in [Echo::None, Echo::Whole] {
                let flips = (answer, 2);
                let terminal = Terminal { commands, flips, profile: Some(span), ..Terminal::default() };
                let probe = Probe { echo, ..Probe::default() };
                check_rows(&read(terminal, beside(Some(span), false), probe), span);
                let registers = Terminal { flips, ..Terminal::default() };
                let read = read(registers, single(&["0.0.0", "1.8.0", "2.8.0"]), probe);
                assert_eq!(values(read.readout()), ["00412345", "12345.670", "1.000"]);
            }
        }
    }
}

#[test]
fn answers_that_stay_away_are_asked_for_again_and_no_row_comes_twice() {
    let span = span((1, 0, 15), (2, 0, 0));
    for commands in [&["R5"] as &'static [&'static str], &["R6"]] {
        for mute in [(1, 1), (1, 2), (3, 1), (3, 2)] {
            let terminal = Terminal { commands, mute, profile: Some(span), ..Terminal::default() };
            let read = read(terminal, beside(Some(span), false), Probe::default());
            check_rows(&read, span);
            read.ends_with_a_break();
        }
    }
}

#[test]
fn a_late_answer_is_never_booked_to_another_register() {
    let own = [("0.0.0", "00412345"), ("1.8.0", "12345.670"), ("1.8.1", "5.5"), ("2.8.0", "1.000")];
    for names in [false, true] {
        for (first, count) in [(1, 1), (1, 2), (2, 1), (2, 2), (2, 9), (3, 3), (1, 9)] {
            for ms in [1_500, 1_900, 2_300, 3_000, 3_900, 4_300, 6_000, 12_000] {
                let terminal = Terminal { names, late: (first, count, ms), ..Terminal::default() };
                let read = read(terminal, single(&own.map(|(name, _)| name)), Probe::default());
                // A line that is always slow is no line.
                let Ok(readout) = &read.drive.result else {
                    assert!(count == 9 || ms > 3_000, "{first} {count} {ms}\n{}", read.drive.transcript);
                    continue;
                };
                let told = readout.registers.iter().map(|datum| (datum.obis, datum.value.to_string()));
                let own = own.map(|(name, value)| (name.parse().unwrap(), value.to_string()));
                assert_eq!(told.collect::<Vec<_>>(), own, "{first} {count} {ms}\n{}", read.drive.transcript);
            }
        }
    }
}

#[test]
fn late_rows_are_neither_lost_nor_told_twice() {
    let span = span((1, 0, 15), (4, 0, 0));
    for commands in [&["R5"] as &'static [&'static str], &["R6"]] {
        for late in [(1, 1, 2_300), (2, 1, 3_900), (2, 2, 2_300), (3, 1, 2_300)] {
            let terminal = Terminal { commands, late, profile: Some(span), ..Terminal::default() };
            check_rows(&read(terminal, beside(Some(span), false), Probe::default()), span);
        }
    }
}

#[test]
fn a_late_word_about_the_password_is_not_taken_for_an_answer() {
    for key_late_ms in [1_900, 2_100, 2_500] {
        for names in [false, true] {
            let terminal = |dislike| Terminal {
                password: Some("1"),
                names,
                key_late_ms,
                dislike,
                ..Terminal::default()
            };
            let with = |password| Config { keyring: ring(password), ..single(&["0.0.0", "1.8.0", "2.8.0"]) };
            let right = read(terminal(Dislike::Error), with("1"), Probe::default());
            assert_eq!(values(right.readout()), ["00412345", "12345.670", "1.000"]);
            assert_eq!(right.count(b"\x01P1"), 1);
            for dislike in [Dislike::Nak, Dislike::Error] {
                let wrong = read(terminal(dislike), with("2"), Probe::default());
                assert_eq!((wrong.error(), wrong.count(b"\x01P1")), (ReadError::WrongKey, 1));
            }
        }
    }
}

#[test]
fn more_lost_answers_than_conversations_do_no_harm_as_long_as_something_comes() {
    let names = ["0.0.0", "0.9.1", "0.9.2", "1.8.0", "1.8.1", "2.8.0"];
    // Each second answer stays away.
    let terminal = Terminal { names: false, mutes_each: 2, ..Terminal::default() };
    let read = read(terminal, single(&names), Probe::default());
    assert_eq!(values(read.readout()).len(), names.len());
}

#[test]
fn a_meter_that_answers_nothing_is_given_up_with_a_break() {
    let terminal = Terminal { mute: (1, usize::MAX), ..Terminal::default() };
    let read = read(terminal, single(&["1.8.0"]), Probe::default());
    assert_eq!(read.error(), ReadError::Garbled { attempts: 5 });
    read.ends_with_a_break();
}

#[test]
fn a_meter_that_breaks_off_is_asked_anew_once_it_has_told_something() {
    let terminal = Terminal { breaks_at: Some(2), ..Terminal::default() };
    let read = read(terminal, single(&["0.0.0", "1.8.0"]), Probe::default());
    assert_eq!(values(read.readout()), ["00412345", "12345.670"]);
    let terminal = Terminal { breaks_at: Some(1), ..Terminal::default() };
    assert_eq!(self::read(terminal, single(&["1.8.0"]), Probe::default()).error(), ReadError::Locked);
}

#[test]
fn a_meter_that_is_shut_after_an_abort_says_for_how_long() {
    // It does not hear our break, and so stays in programming mode.
    let terminal = Terminal { mute: (1, usize::MAX), ..Terminal::default() };
    let habits = Habits { terminal: Some(terminal), deaf_to_break: true, ..Habits::default() };
    let read = Read::of(habits, single(&["1.8.0"]), Probe::default());
    let ReadError::ShutFor { seconds } = read.error() else { panic!("{:?}", read.drive.result) };
    assert!((90..120).contains(&seconds), "{seconds}");
}

#[test]
fn a_slow_meter_is_read_in_programming_mode_at_300() {
    let habits = Habits { ident: "ABC0X", terminal: Some(Terminal::default()), ..Habits::default() };
    let read = Read::of(habits, single(&["1.8.0"]), Probe::default());
    assert_eq!((values(read.readout()), read.readout().baud), (vec!["12345.670".into()], 300));
}
