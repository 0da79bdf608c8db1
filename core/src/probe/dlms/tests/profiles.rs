//! Load profiles and events.

use super::{
    bench::{Bench, Read, THINKS, good, shown},
    meter::{Habits, Refusal},
    objects::{PROFILE, Row, energy},
};
use crate::{
    probe::{
        part::{EventKind, MeterEvent, Part, ProfilePart, ROWS_MAX, Span, Wants},
        port::Progress,
    },
    time::Civil,
};

/// Quarter hours since the first of November.
fn rows(count: u32, told: impl Fn(u32) -> bool) -> Vec<Row> {
    let row = |at| Row { minutes: told(at).then_some(at * 15), value: 100_000 + at };
    (0..count).map(row).collect()
}

/// From the second of November to the end of the third.
fn two_days() -> Option<Span> {
    let at = |day| Civil::new(2026, 11, day, 0, 0, 0).unwrap();
    Some(Span { from: at(2), to: at(4) })
}

fn wants(habits: Habits, profile: Option<Span>, events: bool) -> Bench {
    let mut bench = Bench::new(habits);
    bench.config.wants = Wants { profile, events, ..Wants::default() };
    bench
}

fn profile(read: &Read) -> Vec<&ProfilePart> {
    let parts = read.keeper.parts.iter().filter_map(|part| match part {
        Part::Profile(part) => Some(part),
        Part::Events(_) => None,
    });
    parts.collect()
}

/// The two days came, each row once, the oldest first.
#[track_caller]
fn check(read: &Read) {
    assert_eq!(good(read).registers.len(), 12);
    let parts = profile(read);
    let rows: Vec<(String, String)> = parts
        .iter()
        .flat_map(|part| &part.rows)
        .map(|row| (row.at.to_string(), row.values[0].as_ref().unwrap().to_string()))
        .collect();
    assert_eq!(rows.len(), 193, "{}", read.drive.transcript);
    for (at, (time, value)) in rows.iter().enumerate() {
        let minutes = 1_440 + at * 15;
        let (day, hour, minute) = (minutes / 1_440 + 1, minutes / 60 % 24, minutes % 60);
        assert_eq!(*time, format!("2026-11-{day:02}T{hour:02}:{minute:02}:00"));
        assert_eq!(*value, (100_096 + at).to_string());
    }
    for part in parts {
        assert_eq!((part.obis.to_string().as_str(), part.period_s), ("1-0:99.1.0*255", 900));
        assert!(part.rows.len() <= ROWS_MAX);
        let [column] = &part.columns[..] else { panic!("{:?}", part.columns) };
        assert_eq!(column.obis.to_string(), "1-0:1.8.0*255");
        assert_eq!(column.unit.as_ref().unwrap().as_str(), "Wh");
        assert!(part.rows.iter().all(|row| row.status == "8"));
    }
}

#[test]
fn a_profile_comes_by_the_time_that_is_wanted() {
    let read = wants(Habits { rows: rows(600, |_| true), ..Habits::default() }, two_days(), false).read();
    check(&read);
    let fetched = Progress::Fetched { done: 193, total: Some(193) };
    // Midnight belongs to both days; the meter gives the rest of the day too.
    assert!(read.keeper.seen.contains(&fetched) || profile(&read).len() > 1);
}

#[test]
fn rows_without_a_time_are_counted_on() {
    let habits = Habits { rows: rows(600, |at| at % 96 == 0), ..Habits::default() };
    check(&wants(habits, two_days(), false).read());
}

#[test]
fn a_meter_that_gives_no_times_gives_places_and_else_all() {
    for (ranges, entries, selects) in [
        (Refusal::Error, Refusal::None, true),
        (Refusal::Exception, Refusal::None, true),
        (Refusal::Error, Refusal::Error, true),
        (Refusal::HangUp, Refusal::Error, true),
        (Refusal::Error, Refusal::Error, false),
    ] {
        let conformance = if selects { [0, 0x12, 0x15] } else { [0, 0x12, 0x10] };
        let habits = Habits { ranges, entries, conformance, rows: rows(600, |_| true), ..Habits::default() };
        check(&wants(habits, two_days(), false).read());
    }
}

#[test]
fn a_meter_that_begins_with_the_newest_is_turned_round() {
    let mut rows = rows(600, |_| true);
    rows.reverse();
    let habits = Habits { rows, newest_first: true, ..Habits::default() };
    let read = wants(habits, two_days(), false).read();
    good(&read);
    let parts = profile(&read);
    assert_eq!(parts.iter().map(|part| part.rows.len()).sum::<usize>(), 193);
    assert!(parts.iter().all(|part| part.rows.is_sorted_by_key(|row| row.at)));
    assert!(parts.is_sorted_by(|one, other| one.rows[0].at > other.rows[0].at));
}

#[test]
fn a_link_that_breaks_in_a_profile_loses_and_doubles_no_row() {
    for lost in [22, 26] {
        let mut bench = wants(Habits { rows: rows(600, |_| true), ..Habits::default() }, two_days(), false);
        bench.link.loses = vec![lost, lost + 1, lost + 2, lost + 3];
        let read = bench.read();
        check(&read);
        assert_eq!(read.meter.doors_tried, [1, 1]);
    }
}

#[test]
fn a_profile_of_a_month_comes_in_parts_at_the_speed_of_the_line() {
    let month = Span { from: Civil::new(2026, 11, 1, 0, 0, 0).unwrap(), ..two_days().unwrap() };
    let month = Span { to: Civil::new(2026, 11, 30, 0, 0, 0).unwrap(), ..month };
    let habits = Habits { rows: rows(2_700, |_| true), ..Habits::default() };
    let read = wants(habits, Some(month), false).read();
    good(&read);
    let parts = profile(&read);
    assert_eq!(parts.iter().map(|part| part.rows.len()).sum::<usize>(), 2_700);
    assert!(parts.len() > 10);
    let timing = read.drive.timing;
    assert!(timing.wall <= (timing.line + THINKS * timing.turn_arounds).mul_f64(1.02), "{timing:?}");
    assert!(timing.wall <= timing.line.mul_f64(1.2), "turn-arounds cost too much: {timing:?}");
}

#[test]
fn events_are_told_with_what_they_mean() {
    let read = wants(Habits::default(), None, true).read();
    good(&read);
    let [Part::Events(events)] = &read.keeper.parts[..] else { panic!("{:?}", read.keeper.parts) };
    let event = |minute, kind, code: &str| MeterEvent {
        at: Civil::new(2026, 11, 1, 0, minute, 0),
        until: None,
        kind,
        code: code.into(),
    };
    assert_eq!(
        *events,
        [
            event(10, EventKind::CoverOpened, "44"),
            event(11, EventKind::Other, "45"),
            event(20, EventKind::Other, "200")
        ]
    );
}

#[test]
fn a_profile_and_events_come_also_ciphered() {
    let mut bench = Bench::with_keys(Habits { rows: rows(600, |_| true), ..Habits::locked() });
    bench.config.wants = Wants { profile: two_days(), events: true, ..Wants::default() };
    let read = bench.read();
    let events = read.keeper.parts.iter().filter(|part| matches!(part, Part::Events(_))).count();
    assert_eq!(events, 1);
    check(&read);
}

#[test]
fn what_is_beside_is_read_without_the_registers() {
    for (habits, keys) in [(Habits::default(), false), (Habits::locked(), true)] {
        let both = |beside_only| {
            let habits = Habits { rows: rows(600, |_| true), ..habits.clone() };
            let mut bench = if keys { Bench::with_keys(habits) } else { Bench::new(habits) };
            bench.config.wants = Wants { profile: two_days(), events: true, beside_only };
            bench.read()
        };
        let (whole, beside) = (both(false), both(true));
        assert_eq!(shown(good(&beside)), ["1-0:1.8.0*255 12345670 Wh"]);
        assert_eq!(beside.keeper.parts, whole.keeper.parts);
        let (whole, beside) = (good(&whole), good(&beside));
        assert_eq!((&beside.serial, beside.clock), (&whole.serial, whole.clock));
        let asked =
            |name: &[u8]| both(true).meter.asked.iter().any(|one| one.windows(6).any(|it| it == name));
        assert!(asked(&energy(1, 0)) && !asked(&energy(1, 1)) && !asked(&[0, 0, 40, 0, 0, 255]));
    }
}

#[test]
fn a_profile_at_another_place_is_found_in_the_list() {
    let beside = |habits| {
        let mut bench = wants(Habits { rows: rows(600, |_| true), ..habits }, two_days(), true);
        bench.config.wants.beside_only = true;
        let read = bench.read();
        assert_eq!(shown(good(&read)).len(), 1);
        let events = read.keeper.parts.iter().filter(|part| matches!(part, Part::Events(_))).count();
        (profile(&read).iter().map(|part| part.rows.len()).sum::<usize>(), events)
    };
    assert_eq!(beside(Habits { profile: [1, 1, 99, 1, 0, 255], ..Habits::default() }), (193, 1));
    for object_list in [Refusal::None, Refusal::Error] {
        assert_eq!(beside(Habits { lacks: vec![PROFILE], object_list, ..Habits::default() }), (0, 1));
    }
}

#[test]
fn a_meter_that_does_not_count_what_is_taken_shows_its_other_registers_first() {
    let habits = Habits { lacks: vec![energy(1, 0)], rows: rows(600, |_| true), ..Habits::default() };
    let mut bench = wants(habits, two_days(), true);
    bench.config.wants.beside_only = true;
    let read = bench.read();
    assert_eq!(shown(good(&read)).len(), 11);
    assert_eq!(profile(&read).iter().map(|part| part.rows.len()).sum::<usize>(), 193);
}
