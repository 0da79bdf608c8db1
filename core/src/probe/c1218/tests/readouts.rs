//! Good meters of all kinds: what is read, what is asked for, and how quick it is.

use std::{sync::Arc, time::Duration};

use super::{
    habits::Habits,
    line::{Probe, Run, read},
    tables::{EXPECTED, EXPECTED_BEFORE, quarter},
    writer::Style,
};
use crate::{
    probe::{
        c1218::Config,
        keys::{Keyring, Keys},
        part::{EventKind, Part, ProfileRow, Span, Wants},
        port::Progress,
        readout::{Datum, Integrity, Readout, Value},
        way::{Family, Quirk, Way},
    },
    time::Civil,
};

/// A register in one line, zeros behind the point left out: some formats always have four.
pub(super) fn shown(datum: &Datum) -> String {
    let unit = datum.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
    let at = datum.at.map(|at| format!(" @{at}")).unwrap_or_default();
    let value = match &datum.value {
        Value::Number(number) => super::super::number::plain(*number).to_string(),
        Value::Text(text) => text.clone(),
    };
    format!("{} {value}{unit}{at}", datum.obis)
}

/// The readout of a meter that has all of [`EXPECTED`].
#[track_caller]
pub(super) fn check_readout(readout: &Readout) {
    let all: Vec<String> = readout.registers.iter().map(shown).collect();
    let (before, now): (Vec<&str>, Vec<&str>) =
        all.iter().map(String::as_str).partition(|shown| shown.contains("*1 "));
    assert_eq!(now, EXPECTED);
    assert_eq!(before.len(), 22);
    EXPECTED_BEFORE.iter().for_each(|expected| assert!(before.contains(expected), "{expected}: {before:?}"));
    assert_eq!((readout.identity.as_str(), readout.serial.as_deref()), ("ACME MODEL-9", Some("MAKER-77")));
    assert_eq!(readout.clock.unwrap().to_string(), "2026-11-23T07:30:05");
    assert_eq!(readout.integrity, Integrity::Checked);
}

#[track_caller]
pub(super) fn check(habits: Habits, probe: Probe, config: Config, retries: u32) -> Run {
    let run = read(habits, probe, config);
    let readout =
        run.drive.result.as_ref().unwrap_or_else(|error| panic!("{error}\n{}", run.drive.transcript));
    check_readout(readout);
    assert_eq!(readout.retries, retries, "{}", run.drive.transcript);
    assert_eq!(run.meter.requests.last().map(Vec::as_slice), Some(&[0x21][..]), "it was told goodbye");
    run
}

#[test]
fn a_meter_is_read_in_either_byte_order_and_every_time_format() {
    for big in [false, true] {
        for time in 1..=4 {
            let style = Style { big, time, ..Style::default() };
            check(Habits::of(style), Probe::default(), Config::default(), 0);
        }
    }
}

#[test]
fn a_meter_is_read_in_every_format_of_numbers() {
    for format in 0..=13 {
        let style =
            Style { sums: format, demands: (format + 5) % 14, big: format % 2 == 0, ..Style::default() };
        check(Habits::of(style), Probe::default(), Config::default(), 0);
    }
}

#[test]
fn numbers_of_devices_may_be_decimal_digits() {
    let habits = Habits::of(Style { digits: true, ..Style::default() });
    let readout = read(habits, Probe::default(), Config::default()).drive.result.unwrap();
    assert_eq!(readout.serial.as_deref(), Some("77"));
    assert_eq!(readout.registers.iter().map(shown).nth(1).unwrap(), "0-0:96.1.1*255 412345");
}

#[test]
fn a_meter_without_a_clock_is_read() {
    let mut habits = Habits::of(Style { time: 0, ..Style::default() });
    habits.tables.retain(|table, _| *table < 50);
    let readout = read(habits, Probe::default(), Config::default()).drive.result.unwrap();
    assert_eq!((readout.clock, readout.registers.len()), (None, 29 + 22));
}

#[test]
fn a_meter_that_agrees_to_nothing_is_read_in_pieces() {
    for packets in [None, Some((64, 1)), Some((70, 2))] {
        check(Habits { packets, ..Habits::default() }, Probe::default(), Config::default(), 0);
    }
}

#[test]
fn a_meter_that_gives_no_pieces_is_read_in_many_packets() {
    let habits = Habits { packets: Some((64, 30)), ..Habits::of(Style { access: 0, ..Style::default() }) };
    check(habits, Probe::default(), Config::default(), 0);
}

#[test]
fn a_speed_is_agreed_on_that_both_can_do() {
    for (fastest, code, baud) in
        [(57_600, 10, 57_600), (57_600, 8, 19_200), (20_000, 10, 19_200), (9_600, 10, 9_600)]
    {
        let habits = Habits { fastest: code, ..Habits::default() };
        let run = check(habits, Probe::default(), Config { fastest, ..Config::default() }, 0);
        let readout = run.drive.result.unwrap();
        assert_eq!((readout.baud, readout.way), (baud, Way::new(Family::C1218, baud)));
    }
}

#[test]
fn a_meter_of_the_later_standard_with_features_is_read() {
    let habits = Habits { identification: &[0, 2, 1, 0, 2, 1, 6, 0], ..Habits::default() };
    check(habits, Probe::default(), Config::default(), 0);
}

#[test]
fn only_tables_that_the_meter_has_are_asked_for() {
    let mut habits = Habits::default();
    let kept: Vec<u16> = vec![0, 1, 21, 23];
    habits.tables.retain(|table, _| kept.contains(table));
    habits.tables.insert(0, super::tables::configuration(Style::default(), &kept));
    let run = read(habits, Probe::default(), Config::default());
    let asked: Vec<u16> = run
        .meter
        .requests
        .iter()
        .filter(|request| request[0] == 0x30)
        .map(|request| u16::from_be_bytes([request[1], request[2]]))
        .collect();
    assert_eq!(asked, kept);
    // Nobody knows what the registers are, so they have no names of the standard.
    let readout = run.drive.result.unwrap();
    let all: Vec<String> = readout.registers.iter().map(shown).collect();
    assert_eq!(
        all[1..4],
        ["1-0:0.1.0*255 12", "1-0:128.8.0*255 12345 source 0", "1-0:129.8.0*255 7 source 1"]
    );
}

#[test]
fn a_password_is_told_only_to_a_meter_that_wants_one() {
    let config = || Config { keyring: ring("MAKER-77", "secret"), ..Config::default() };
    let run = check(Habits::default(), Probe::default(), config(), 0);
    assert_eq!(run.meter.passwords, 0);
    let run = check(locked("secret"), Probe::default(), config(), 0);
    assert_eq!(run.meter.passwords, 1);
}

#[test]
fn the_password_is_that_of_the_meter_that_is_there() {
    let mut keyring = Keyring::default();
    for (serial, password) in [("MAKER-77", "right"), ("MAKER-78", "wrong"), ("*", "of all")] {
        keyring.add(serial, Keys { password: Some(password.into()), ..Keys::default() });
    }
    let keyring = Arc::new(keyring);
    let config = Config { keyring: keyring.clone(), serial: Some("MAKER-78".into()), ..Config::default() };
    check(locked("right"), Probe::default(), config, 0);
    // A meter that does not say who it is: what shall be there counts.
    let habits = Habits { public: 0, ..locked("right") };
    let config = Config { keyring, serial: Some("MAKER-77".into()), ..Config::default() };
    check(habits, Probe::default(), config, 0);
}

#[test]
fn the_reader_is_as_quick_as_the_line_and_the_meter() {
    for reaction_ms in [20, 40, 60] {
        let run = check(Habits { reaction_ms, ..Habits::default() }, Probe::default(), Config::default(), 0);
        let timing = run.drive.timing;
        let least = timing.line
            + (Duration::from_millis(reaction_ms) + Duration::from_millis(20)) * timing.turn_arounds;
        assert!(timing.wall <= least * 103 / 100, "{:?} is more than {least:?}", timing.wall);
        // The overview counts 60 ms for each of two turns of an exchange.
        assert!(timing.wall <= (timing.line + Duration::from_millis(120) * timing.turn_arounds) * 115 / 100);
        assert!(run.least_turn >= Duration::from_millis(20), "{:?}", run.least_turn);
        assert_eq!(timing.turn_arounds as usize, run.meter.requests.len());
    }
}

#[test]
fn a_person_sees_how_far_it_is() {
    let run = check(Habits::default(), Probe::default(), Config::default(), 0);
    let progress = run.told.progress;
    assert_eq!(progress[0], Progress::Asking { attempt: 1 });
    let answered = Progress::Answered { identity: "ACME MODEL-9".into(), baud: 9_600 };
    assert_eq!(
        progress.iter().filter(|told| matches!(told, Progress::Answered { .. })).collect::<Vec<_>>(),
        [&answered]
    );
    let steps: Vec<(u32, Option<u32>)> = progress
        .iter()
        .filter_map(|told| match told {
            Progress::Fetched { done, total } => Some((*done, *total)),
            Progress::Trying { .. }
            | Progress::Asking { .. }
            | Progress::Answered { .. }
            | Progress::Receiving { .. }
            | Progress::Repeating
            | Progress::Signal { .. }
            | Progress::KeyRefused => None,
        })
        .collect();
    assert_eq!((steps.len(), steps.last()), (15, Some(&(15, Some(15)))));
}

#[test]
fn the_events_of_a_meter_are_read_where_they_are_wanted() {
    for (packets, access) in [(Some((512, 20)), 1), (None, 1), (Some((512, 20)), 0)] {
        let wants = Wants { events: true, profile: None, ..Wants::default() };
        let habits = Habits { packets, ..Habits::of(Style { access, ..Style::default() }) };
        let run = check(habits, Probe::default(), Config { wants, ..Config::default() }, 0);
        let events: Vec<String> = run
            .told
            .parts
            .iter()
            .flat_map(|part| match part {
                Part::Events(events) => events.iter(),
                Part::Profile(_) => panic!("no profile was wanted"),
            })
            .map(|event| {
                let time = |at: Option<Civil>| at.map_or_else(|| "-".into(), |at| at.to_string());
                format!("{} {} {} {}", time(event.at), time(event.until), event.kind, event.code)
            })
            .collect();
        assert_eq!(
            events,
            [
                "- - battery-low low-battery",
                "- - power-failed power-failure",
                "2026-11-01T00:00:00 - clock-set 3",
                "2026-11-22T08:00:00 - programmed 11",
                "2026-11-12T13:53:20 2026-11-12T14:05:54 power-failed 1",
                "2026-11-18T00:00:00 - demand-reset 20",
                "2026-11-19T10:11:12 - battery-low 44",
                "2026-11-20T10:11:12 - reversed 48",
                "2026-11-21T10:11:12 - other m17",
            ]
        );
        assert_eq!(EventKind::Other.to_string(), "other");
    }
}

#[test]
fn a_load_profile_is_read_from_the_wanted_time_on() {
    for (from, to) in [(0, 43), (3, 3), (5, 20), (16, 23), (40, 43), (-50, 500), (43, 99)] {
        for (packets, access, big) in
            [(Some((512, 20)), 1, false), (None, 1, true), (Some((512, 20)), 0, false)]
        {
            let style = Style { access, big, ..Style::default() };
            check_profile(Habits { packets, ..Habits::of(style) }, from, to);
        }
    }
}

#[test]
fn a_load_profile_without_the_wanted_time_has_no_rows() {
    for (from, to) in [(44, 60), (-20, -1)] {
        check_profile(Habits::default(), from, to);
    }
}

#[track_caller]
fn check_profile(habits: Habits, from: i64, to: i64) {
    let moment = |row: i64| Civil::of_unix(1_795_169_700 + row * 900).unwrap();
    let wants = Wants {
        events: false,
        profile: Some(Span { from: moment(from), to: moment(to) }),
        ..Wants::default()
    };
    let run = check(habits, Probe::default(), Config { wants, ..Config::default() }, 0);
    let mut rows: Vec<ProfileRow> = Vec::new();
    for part in run.told.parts {
        let Part::Profile(part) = part else { panic!("no events were wanted") };
        assert_eq!((part.obis.to_string().as_str(), part.period_s), ("1-0:99.1.0*255", 900));
        let columns: Vec<String> = part
            .columns
            .iter()
            .map(|column| format!("{} {}", column.obis, column.unit.as_ref().unwrap()))
            .collect();
        assert_eq!(columns, ["1-0:1.29.0*255 kWh", "1-0:1.5.0*255 kW"]);
        rows.extend(part.rows);
    }
    let expected: Vec<i64> = (from.max(0)..=to.min(43)).collect();
    assert_eq!(rows.len(), expected.len());
    for (row, number) in rows.iter().zip(expected) {
        let at = quarter(number);
        let (day, time) = at.split_at(6);
        assert_eq!(row.at.to_string().replace(['-', ':'], "")[2..13], format!("{day}T{time}"));
        let value = |value: i64| Some(Value::Number(value.to_string().parse().unwrap()));
        let second = if number == 21 { None } else { value(number % 7 * 8) };
        assert_eq!(row.values, [value(number), second]);
        assert_eq!(
            row.status,
            match number {
                20 => "4000",
                21 => "0040",
                _ => "0000",
            }
        );
    }
}

#[test]
fn a_way_that_did_not_keep_its_speed_is_remembered_as_slow() {
    let habits = Habits { keeps_speed: true, ..Habits::default() };
    let run = read(habits, Probe::default(), Config { fastest: 57_600, ..Config::default() });
    let readout = run.drive.result.unwrap();
    check_readout(&readout);
    assert!(readout.way.has(Quirk::Slow) && readout.baud == 9_600);
    assert!(run.drive.timing.wall < Duration::from_secs(15), "{:?}", run.drive.timing);
}

pub(super) fn ring(serial: &str, password: &str) -> Arc<Keyring> {
    let mut keyring = Keyring::default();
    keyring.add(serial, Keys { password: Some(password.into()), ..Keys::default() });
    Arc::new(keyring)
}

pub(super) fn locked(password: &str) -> Habits {
    let padded = format!("{password:<20}");
    Habits { password: Some(padded.as_bytes().try_into().unwrap()), ..Habits::default() }
}
