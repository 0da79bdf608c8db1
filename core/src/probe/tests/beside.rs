//! Load profiles and events in programming mode.

use std::sync::Arc;

use super::{
    bench::{Echo, Probe},
    meter::Habits,
    reading::{Read, beside, check_rows, read, ring, span},
    terminal::{Dislike, Terminal, number},
};
use crate::probe::{
    iec62056::Config,
    part::{Span, Wants},
    port::Progress,
};

#[test]
fn a_load_profile_is_read_day_by_day_in_whatever_form_the_meter_likes() {
    let span = span((1, 0, 15), (4, 0, 0));
    for (commands, season) in [
        (&["R5", "R6"] as &'static [&'static str], true),
        (&["R6"], true),
        (&["R5"], false),
        (&["R6"], false),
    ] {
        for dislike in [Dislike::Error, Dislike::Nak] {
            let terminal = Terminal { commands, season, dislike, profile: Some(span), ..Terminal::default() };
            let read = read(terminal, beside(Some(span), false), Probe::default());
            check_rows(&read, span);
            assert!(read.readout().registers.is_empty());
            read.ends_with_a_break();
        }
    }
}

#[test]
fn a_profile_in_summer_time_is_read_whole() {
    let (own, shown) = (span((1, 0, 15), (4, 0, 0)), span((1, 1, 15), (4, 1, 0)));
    for commands in [&["R5", "R6"] as &'static [&'static str], &["R6"]] {
        let terminal = Terminal { commands, ..seasonal(own, (20, 2, 15)) };
        check_rows(&read(terminal, beside(Some(shown), false), Probe::default()), shown);
    }
}

#[test]
fn the_hour_that_comes_twice_is_read_twice_wherever_the_meter_breaks_off() {
    let own = span((1, 0, 15), (3, 0, 0));
    let wanted = span((1, 1, 15), (3, 0, 0));
    // Before that nothing has come, and the meter has said no.
    for breaks_at in (4..60).map(Some).chain([None]) {
        let terminal = Terminal { commands: &["R6"], breaks_at, ..seasonal(own, (2, 2, 15)) };
        let read = read(terminal, beside(Some(wanted), false), Probe::default());
        let rows = read.rows();
        let values = rows.iter().map(|row| row.values[0].as_ref().unwrap().to_string());
        let expected = (0..192).map(|count| format!("{:.2}", f64::from(count) / 100.0));
        assert!(values.eq(expected), "{breaks_at:?} {}", read.drive.transcript);
    }
}

#[test]
fn a_log_of_another_name_is_found() {
    let terminal = Terminal { log_name: "P.99", ..Terminal::default() };
    assert_eq!(read(terminal, beside(None, true), Probe::default()).events().len(), 2);
}

/// A meter whose clock goes to winter time then.
fn seasonal(own: Span, winter: (u32, u32, u32)) -> Terminal {
    let winter_from = Some(span(winter, winter).from);
    Terminal { profile: Some(own), winter_from, ..Terminal::default() }
}

#[test]
fn a_profile_comes_after_the_registers_when_both_are_wanted() {
    let span = span((1, 0, 15), (1, 12, 0));
    let config = Config {
        wants: Wants { profile: Some(span), events: true, beside_only: false },
        ..Config::default()
    };
    let terminal = Terminal { profile: Some(span), ..Terminal::default() };
    let read = read(terminal, config, Probe { echo: Echo::Whole, ..Probe::default() });
    assert_eq!(read.readout().registers.len(), 8);
    check_rows(&read, span);
    assert_eq!(read.events().len(), 2);
}

#[test]
fn registers_are_kept_where_nothing_is_told_beside_them() {
    let span = span((1, 0, 15), (1, 12, 0));
    let config = |keyring| Config {
        wants: Wants { profile: Some(span), events: true, beside_only: false },
        keyring,
        ..Config::default()
    };
    let locked = Terminal { password: Some("1"), dislike: Dislike::Nak, ..Terminal::default() };
    for (terminal, keyring) in
        [(Some(locked.clone()), Arc::default()), (Some(locked), ring("2")), (None, Arc::default())]
    {
        let habits = Habits { terminal, ..Habits::default() };
        let read = Read::of(habits, config(keyring), Probe::default());
        assert_eq!((read.readout().registers.len(), read.parts.len()), (8, 0));
    }
}

#[test]
fn an_answer_too_long_to_keep_is_asked_for_in_pieces() {
    let span = span((1, 0, 15), (2, 0, 0));
    let terminal = Terminal { columns: 24, profile: Some(span), ..Terminal::default() };
    let read = read(terminal, beside(Some(span), false), Probe::default());
    assert_eq!(read.rows().len(), 96, "{}", read.drive.transcript);
    read.ends_with_a_break();
}

#[test]
fn only_what_was_asked_for_is_handed_over() {
    let own = span((1, 0, 15), (3, 0, 0));
    let wanted = span((2, 6, 0), (2, 7, 0));
    let terminal = Terminal { profile: Some(own), ..Terminal::default() };
    let read = read(terminal, beside(Some(wanted), false), Probe::default());
    let rows = read.rows();
    let first = rows.first().map(|row| (row.at, number(own, row.at)));
    assert_eq!((rows.len(), first), (5, Some((wanted.from, 119))));
}

#[test]
fn the_log_is_told_as_events() {
    let read = read(Terminal::default(), beside(None, true), Probe::default());
    let shown: Vec<String> = read
        .events()
        .iter()
        .map(|event| format!("{} {} {}", event.kind, event.code, event.until.is_some()))
        .collect();
    assert_eq!(shown, ["power-failed 0080 true", "clock-set 0020 false"]);
    read.ends_with_a_break();
}

#[test]
fn a_meter_that_was_woken_once_is_not_woken_again() {
    let wants = Wants { events: true, ..Wants::default() };
    let config = Config { wants, wake: true, ..Config::default() };
    let terminal = Some(Terminal::default());
    let read = Read::of(Habits { sleeps: true, terminal, ..Habits::default() }, config, Probe::default());
    assert_eq!((read.readout().registers.len(), read.events().len(), read.count(&[0])), (8, 2, 1));
}

#[test]
fn a_meter_with_nothing_beside_the_registers_is_no_error() {
    let terminal = Terminal { log: "", ..Terminal::default() };
    let read = read(terminal, beside(None, true), Probe::default());
    assert_eq!((read.readout().registers.len(), read.parts.len()), (0, 0));
    assert_eq!(read.readout().identity, "ABC5METER-1");
    read.ends_with_a_break();
}

#[test]
fn progress_counts_what_was_fetched() {
    let span = span((1, 0, 15), (2, 12, 0));
    let terminal = Terminal { profile: Some(span), ..Terminal::default() };
    let read = read(terminal, beside(Some(span), true), Probe::default());
    let fetched = read.progress.iter().filter_map(|progress| {
        if let Progress::Fetched { done, total: None } = progress { Some(*done) } else { None }
    });
    assert_eq!(fetched.collect::<Vec<u32>>(), [96, 144, 146]);
}
