//! Good meters of both editions, and how quick a readout is.

use std::time::Duration;

use super::{
    beam::{Outcome, Probe, config, known, read},
    meter::{Meter, bcd},
};
use crate::probe::{
    dlt645::{Config, Edition, Opening},
    port::{Framing, Progress, Settings},
    readout::Integrity,
    transcript::Direction,
};

const ADDRESS: &str = "204617583902";

fn route(opening: Opening, meter: Meter) -> Outcome {
    read(vec![meter], Probe::default(), config(opening))
}

fn full(opening: Opening, meter: Meter) -> Outcome {
    read(vec![meter], Probe::default(), Config { full: true, ..config(opening) })
}

#[test]
fn a_route_reads_seven_frames_within_the_time_of_the_line() {
    let outcome = route(Opening::Ask2007, Meter::of_2007(ADDRESS));
    let asked =
        ["13", "11 0001FF00", "11 00900200", "11 0400010C", "11 04000501", "11 03110000", "11 03300D00"];
    assert_eq!(outcome.meters[0].asked, asked);
    let timing = outcome.drive.timing;
    assert_eq!((timing.bytes_sent + timing.bytes_received, timing.turn_arounds), (317, 7));
    assert!(timing.wall <= Duration::from_millis(3_260) * 115 / 100, "{:?}", timing.wall);
    let least = timing.line + Duration::from_millis(50) * timing.turn_arounds;
    assert!(timing.wall <= least * 115 / 100, "{:?} against {least:?}", timing.wall);
}

#[test]
fn nobody_waits_for_longer_than_the_meter_and_the_line_demand() {
    for (baud, full) in [1_200, 2_400, 9_600].into_iter().flat_map(|baud| [(baud, false), (baud, true)]) {
        let settings = Settings { baud, framing: Framing::EightEven };
        let meter = Meter { baud, ..Meter::of_2007(ADDRESS) };
        let outcome =
            read(vec![meter], Probe::default(), Config { settings, full, ..config(Opening::Ask2007) });
        let timing = outcome.drive.timing;
        let least = timing.line + Duration::from_millis(50) * timing.turn_arounds;
        println!("{baud} Bd: {:?}, {least:?} at least, {} questions", timing.wall, timing.turn_arounds);
        assert!(timing.wall <= least * 115 / 100, "{:?} against {least:?}", timing.wall);
        assert_eq!(outcome.readout().retries, 0);
    }
}

#[test]
fn a_route_has_energy_by_tariff_money_clock_and_state() {
    let outcome = route(Opening::Ask2007, Meter::of_2007(ADDRESS));
    check(
        &outcome,
        &[
            ("1.8.0", Some("12345.67 kWh")),
            ("1.8.1", Some("345.60 kWh")),
            ("1.8.2", Some("4000.07 kWh")),
            ("1.8.3", Some("6000.00 kWh")),
            ("1.8.4", Some("2000.00 kWh")),
            ("0-0:19.10.0", Some("198.56 CNY")),
            ("96.5.1", Some("0004")),
            ("96.7.21", Some("7")),
            ("96.20.0", Some("2")),
            ("0.9.1", Some("073005")),
            ("0.9.2", Some("261123")),
        ],
    );
    let readout = outcome.readout();
    assert_eq!(readout.protocol.to_string(), "dlt645-2007");
    assert_eq!(readout.identity, "DL/T 645-2007 204617583902");
    assert_eq!(readout.serial.as_deref(), Some(ADDRESS));
    assert_eq!(readout.clock.unwrap().to_string(), "2026-11-23T07:30:05");
    assert_eq!((readout.integrity, readout.retries, readout.baud), (Integrity::Checked, 0, 1_200));
    assert_eq!(readout.way.to_string(), "dlt645 1200 at=204617583902");
}

#[test]
fn the_full_list_has_signs_times_and_what_is_not_available_is_missing() {
    let outcome = full(known(ADDRESS), Meter::of_2007(ADDRESS));
    check(
        &outcome,
        &[
            ("2.8.0", Some("17.00 kWh")),
            ("15.8.0", Some("-3.50 kWh")),
            ("1.6.0", Some("3.0640 kW 2026-11-22T18:15:00")),
            ("1.6.1", Some("2.0000 kW 2026-11-20T07:30:00")),
            ("3.8.0", Some("-2.50 kvarh")),
            ("4.8.0", None),
            ("5.8.0", Some("1.05 kvarh")),
            ("6.8.0", Some("2.06 kvarh")),
            ("7.8.0", Some("3.07 kvarh")),
            ("8.8.0", Some("4.08 kvarh")),
            ("0-0:19.10.2", Some("0.00 CNY")),
            ("1.8.0*1", Some("12001.00 kWh")),
            ("32.7.0", Some("230.1 V")),
            ("52.7.0", None),
            ("72.7.0", Some("229.9 V")),
            ("31.7.0", Some("-0.188 A")),
            ("16.7.0", Some("-0.2512 kW")),
            ("13.7.0", Some("0.998")),
            ("14.7.0", Some("49.98 Hz")),
            ("96.5.2", Some("0000")),
            ("96.20.5", Some("0")),
            ("96.6.3", Some("3.60 V")),
        ],
    );
    // A meter number that nobody wrote is no number.
    assert_eq!(outcome.readout().serial.as_deref(), Some(ADDRESS));
}

#[test]
fn a_meter_number_that_differs_from_the_address_is_its_serial() {
    let mut meter = Meter::of_2007(ADDRESS);
    meter.known.insert(0x0400_0402, bcd("000412345678"));
    let outcome = full(known(ADDRESS), meter);
    assert_eq!(outcome.readout().serial.as_deref(), Some("000412345678"));
    assert_eq!(outcome.readout().identity, "DL/T 645-2007 204617583902");
}

#[test]
fn date_and_time_apart_make_a_clock() {
    let mut meter = Meter::of_2007(ADDRESS);
    meter.known.remove(&0x0400_010C);
    meter.known.insert(0x0400_0101, bcd("26112301"));
    meter.known.insert(0x0400_0102, bcd("073005"));
    let outcome = route(Opening::Ask2007, meter);
    assert_eq!(outcome.readout().clock.unwrap().to_string(), "2026-11-23T07:30:05");
    assert_eq!(outcome.readout().retries, 0);
}

#[test]
fn a_meter_of_1997_is_read() {
    for opening in [Opening::Ask1997, known(ADDRESS)] {
        let outcome = full(opening, Meter::of_1997(ADDRESS));
        check(
            &outcome,
            &[
                ("1.8.0", Some("1426.79 kWh")),
                ("1.8.4", Some("500.00 kWh")),
                ("1.6.0", Some("3.0640 kW 2026-11-22T18:15:00")),
                ("96.5.1", Some("04")),
                ("32.7.0", Some("230 V")),
                ("96.1.0", Some(ADDRESS)),
            ],
        );
        let readout = outcome.readout();
        assert_eq!(readout.protocol.to_string(), "dlt645-1997");
        assert_eq!(readout.clock.unwrap().to_string(), "2026-11-23T07:30:05");
        assert_eq!(readout.way.to_string(), "dlt645 1200 at=204617583902 1997");
    }
}

#[test]
fn a_meter_whose_edition_is_known_is_not_asked_in_the_other_one() {
    let config = Config { edition: Some(Edition::Y1997), ..config(known(ADDRESS)) };
    let outcome = read(vec![Meter::of_1997(ADDRESS)], Probe::default(), config);
    assert_eq!(outcome.meters[0].asked, ["01 901F", "01 C010", "01 C011", "01 C020"]);
    assert_eq!(outcome.readout().retries, 0);
}

#[test]
fn a_person_sees_how_far_it_is() {
    let outcome = route(Opening::Ask2007, Meter::of_2007(ADDRESS));
    let identity = "DL/T 645-2007 204617583902".into();
    assert_eq!(outcome.progress[0], Progress::Asking { attempt: 1 });
    assert!(outcome.progress.contains(&Progress::Answered { identity, baud: 1_200 }));
    let last = outcome.progress.last();
    assert_eq!(last, Some(&Progress::Fetched { done: 6, total: Some(6) }));
}

#[test]
fn every_question_wakes_the_meter_with_four_bytes() {
    let outcome = route(Opening::Ask2007, Meter::of_2007(ADDRESS));
    let chunks = outcome.drive.transcript.chunks().iter();
    let sent: Vec<_> = chunks.filter(|chunk| chunk.direction == Direction::Sent).collect();
    assert_eq!(sent.len(), 7);
    assert!(sent.iter().all(|chunk| chunk.bytes[..5] == [0xFE, 0xFE, 0xFE, 0xFE, 0x68]));
}

#[track_caller]
fn check(outcome: &Outcome, expected: &[(&str, Option<&str>)]) {
    for (code, value) in expected {
        assert_eq!(outcome.register(code).as_deref(), *value, "{code}");
    }
}
