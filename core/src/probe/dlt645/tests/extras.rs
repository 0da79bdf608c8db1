//! Events and load profiles of virtual meters.

use std::time::Duration;

use super::{
    beam::{Outcome, Probe, config, known, read},
    meter::{Meter, bcd},
};
use crate::{
    probe::{
        dlt645::{Config, Opening},
        part::{MeterEvent, Part, ProfilePart, Span, Wants},
    },
    time::Civil,
};

const ADDRESS: &str = "204617583902";

fn moment(text: &str) -> Civil {
    text.parse().unwrap()
}

fn events(meter: Meter, opening: Opening) -> (Outcome, Vec<MeterEvent>) {
    let wants = Wants { profile: None, events: true, ..Wants::default() };
    let outcome = read(vec![meter], Probe::default(), Config { wants, ..config(opening) });
    let events = outcome.parts.iter().flat_map(|part| match part {
        Part::Events(events) => events.clone(),
        Part::Profile(part) => panic!("{part:?}"),
    });
    let events = events.collect();
    (outcome, events)
}

fn profile(meter: Meter, from: &str, to: &str) -> (Outcome, Vec<ProfilePart>) {
    let span = Span { from: moment(from), to: moment(to) };
    let wants = Wants { profile: Some(span), events: false, ..Wants::default() };
    let outcome = read(vec![meter], Probe::default(), Config { wants, ..config(known(ADDRESS)) });
    let parts = outcome.parts.iter().map(|part| match part {
        Part::Profile(part) => part.clone(),
        Part::Events(events) => panic!("{events:?}"),
    });
    let parts = parts.collect();
    (outcome, parts)
}

/// A meter with a load record every quarter of an hour from this moment on.
fn recording(from: &str, records: u32) -> Meter {
    let mut meter = Meter::of_2007(ADDRESS);
    meter.known.insert(0x0400_0A05, bcd("0015"));
    let at = |number: u32| moment(from).plus(Duration::from_mins(15) * number).unwrap();
    let energies = |number: u32| {
        let energies = [bcd(&format!("{number:08}")), vec![0x17, 0, 0, 0], vec![0xFF; 8]].concat();
        energies.try_into().unwrap()
    };
    meter.load = (0..records).map(|number| (at(number), energies(number))).collect();
    meter
}

#[test]
fn events_of_all_kinds_are_read() {
    let mut meter = Meter::of_2007(ADDRESS);
    let (began, ended) = (bcd("261122 181500"), bcd("261122 182000"));
    meter.known.insert(0x0311_0000, bcd("000002"));
    meter.known.insert(0x0311_0001, [began.clone(), ended.clone()].concat());
    meter.known.insert(0x0311_0002, [began.clone(), vec![0; 6]].concat());
    meter.known.insert(0x0330_0D01, [began.clone(), ended.clone(), vec![0x11; 48]].concat());
    meter.known.insert(0x0330_0000, bcd("000001"));
    meter.known.insert(0x0330_0001, [began.clone(), vec![0x77; 44]].concat());
    meter.known.insert(0x0330_0400, bcd("000001"));
    meter.known.insert(0x0330_0401, [vec![0x77; 4], began, ended].concat());
    meter.frame_max = 30;
    let (outcome, events) = events(meter, Opening::Ask2007);
    let shown: Vec<String> = events
        .iter()
        .map(|event| {
            let until = event.until.map(|until| format!(" {until}")).unwrap_or_default();
            format!("{} {} {}{until}", event.kind, event.code, event.at.unwrap())
        })
        .collect();
    assert_eq!(
        shown,
        [
            "power-failed 031100 2026-11-22T18:15:00 2026-11-22T18:20:00",
            "power-failed 031100 2026-11-22T18:15:00",
            "cover-opened 03300D 2026-11-22T18:15:00 2026-11-22T18:20:00",
            "programmed 033000 2026-11-22T18:15:00",
            "clock-set 033004 2026-11-22T18:15:00 2026-11-22T18:20:00",
        ]
    );
    assert_eq!(outcome.register("1.8.0").as_deref(), Some("12345.67 kWh"));
}

#[test]
fn events_that_have_come_are_kept_when_the_meter_goes_away() {
    let mut meter = Meter::of_2007(ADDRESS);
    for number in 1..=7 {
        meter.known.insert(0x0311_0000 | number, bcd("261122182000 261122181500"));
    }
    // Seven questions for registers, one for the count, three for records.
    let (outcome, events) = events(Meter { gone_from: 7 + 1 + 3 + 1, ..meter }, Opening::Ask2007);
    assert_eq!((events.len(), outcome.register("1.8.0").as_deref()), (3, Some("12345.67 kWh")));
}

#[test]
fn a_meter_that_says_nothing_to_what_it_does_not_keep_tells_what_it_keeps() {
    let mut meter = Meter { mute: true, ..Meter::of_2007(ADDRESS) };
    meter.known.remove(&0x0311_0000);
    meter.known.remove(&0x0330_0D00);
    meter.known.insert(0x0330_0E00, bcd("000001"));
    meter.known.insert(0x0330_0E01, bcd("261122182000 261122181500"));
    let (_, events) = events(meter, Opening::Ask2007);
    assert_eq!(events.iter().map(|event| event.code.as_str()).collect::<Vec<_>>(), ["03300E"]);
}

#[test]
fn events_of_1997_have_no_year() {
    let (_, events) = events(Meter::of_1997(ADDRESS), Opening::Ask1997);
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].at, events[0].code.as_str()), (None, "B210 03-21 10:05"));
}

#[test]
fn a_meter_without_events_or_profile_is_read_all_the_same() {
    let (outcome, found) = events(Meter { mute: true, ..Meter::of_2007(ADDRESS) }, Opening::Ask2007);
    assert_eq!((found.len(), outcome.register("1.8.0").as_deref()), (0, Some("12345.67 kWh")));
    let (outcome, parts) = profile(Meter::of_2007(ADDRESS), "2026-11-22T00:00:00", "2026-11-23T00:00:00");
    assert_eq!((parts.len(), outcome.register("1.8.0").as_deref()), (0, Some("12345.67 kWh")));
}

#[test]
fn a_day_of_quarters_of_an_hour_is_read_six_to_a_frame() {
    for exact in [false, true] {
        let meter = Meter { exact, ..recording("2026-11-20T00:00:00", 400) };
        let (outcome, parts) = profile(meter, "2026-11-22T00:00:00", "2026-11-23T00:00:00");
        let rows: Vec<_> = parts.iter().flat_map(|part| &part.rows).collect();
        assert_eq!(rows.len(), 97);
        assert!(rows.windows(2).all(|pair| pair[1].at.since(pair[0].at) == Duration::from_mins(15)));
        assert_eq!((rows[0].at, rows[96].at), (moment("2026-11-22T00:00:00"), moment("2026-11-23T00:00:00")));
        let first: Vec<_> =
            rows[0].values.iter().map(|value| value.as_ref().map(ToString::to_string)).collect();
        assert_eq!(first, [Some("1.92".into()), Some("0.17".into()), None, None]);
        assert_eq!((parts[0].obis.to_string().as_str(), parts[0].period_s), ("1-0:99.1.0*255", 900));
        let columns: Vec<String> = parts[0].columns.iter().map(|column| column.obis.to_string()).collect();
        assert_eq!(columns, ["1-0:1.8.0*255", "1-0:2.8.0*255", "1-0:3.8.0*255", "1-0:4.8.0*255"]);
        let asked = outcome.meters[0].asked.iter().filter(|asked| asked.contains("06040001"));
        assert_eq!(asked.count(), 17);
    }
}

#[test]
fn a_profile_goes_on_behind_a_hole() {
    for exact in [false, true] {
        let mut meter = Meter { exact, ..recording("2026-11-20T00:00:00", 400) };
        let hole = moment("2026-11-22T03:00:00")..moment("2026-11-22T09:45:00");
        meter.load.retain(|(at, _)| !hole.contains(at));
        let (_, parts) = profile(meter, "2026-11-22T00:00:00", "2026-11-23T06:00:00");
        let rows: Vec<_> = parts.iter().flat_map(|part| &part.rows).collect();
        assert_eq!(rows[11].at, moment("2026-11-22T02:45:00"));
        // A meter that has nothing for the very minute is asked for the next hours.
        let behind = if exact { "2026-11-22T10:00:00" } else { "2026-11-22T09:45:00" };
        assert_eq!(rows[12].at, moment(behind));
        assert_eq!(rows.last().unwrap().at, moment("2026-11-23T06:00:00"));
    }
}

#[test]
fn a_meter_that_tells_its_records_only_as_a_whole_is_asked_for_that() {
    for exact in [false, true] {
        let mut meter = Meter { exact, load_name: 0x0600_0001, ..recording("2026-11-20T00:00:00", 400) };
        meter.known.remove(&0x0400_0A05);
        let (_, parts) = profile(meter, "2026-11-22T00:00:00", "2026-11-22T06:00:00");
        let rows: Vec<_> = parts.iter().flat_map(|part| &part.rows).collect();
        assert_eq!(rows.len(), 25);
        assert_eq!(parts[0].columns[0].obis.to_string(), "1-0:1.8.0*255");
        assert_eq!((parts[0].period_s, rows[24].at), (900, moment("2026-11-22T06:00:00")));
    }
}

#[test]
fn what_a_profile_has_is_kept_when_the_meter_goes_away() {
    let meter = Meter { gone_from: 12, ..recording("2026-11-20T00:00:00", 400) };
    let (outcome, parts) = profile(meter, "2026-11-22T00:00:00", "2026-11-23T00:00:00");
    assert_eq!(outcome.register("1.8.0").as_deref(), Some("12345.67 kWh"));
    let rows: usize = parts.iter().map(|part| part.rows.len()).sum();
    assert_eq!(rows, 24);
}

#[test]
fn daily_freezes_stand_in_for_a_load_record() {
    let mut meter = Meter::of_2007(ADDRESS);
    for (number, day) in (1..).zip(["23", "22", "21", "20"]) {
        meter.known.insert(0x0506_0000 | number, bcd(&format!("2611{day}0000")));
        meter.known.insert(0x0506_0100 | number, bcd(&format!("000000{day} 000001{day}")));
    }
    let (_, parts) = profile(meter, "2026-11-21T00:00:00", "2026-11-22T23:00:00");
    let [part] = parts.as_slice() else { panic!("{parts:?}") };
    assert_eq!((part.obis.to_string().as_str(), part.period_s), ("1-0:99.2.0*255", 86_400));
    let rows: Vec<_> =
        part.rows.iter().map(|row| (row.at, row.values[0].as_ref().unwrap().to_string())).collect();
    assert_eq!(
        rows,
        [(moment("2026-11-21T00:00:00"), "1.21".into()), (moment("2026-11-22T00:00:00"), "1.22".into())]
    );
}
