//! The receiver against logs written by hand, and against arbitrary bytes.

use proptest::prelude::*;

use super::{
    fix::{Fix, FixQuality},
    receiver::{Event, Receiver, SILENT_MS},
};
use crate::time::UtcMs;

const WALK: &[u8] = include_bytes!("../../../fixtures/nmea/walk.nmea");
const COLD_START: &[u8] = include_bytes!("../../../fixtures/nmea/cold-start.nmea");
const MIDNIGHT: &[u8] = include_bytes!("../../../fixtures/nmea/midnight.nmea");

fn now() -> UtcMs {
    "2026-11-23T10:30:20Z".parse().unwrap()
}

fn events(bytes: &[u8]) -> Vec<Event> {
    let mut receiver = Receiver::new();
    let mut events = receiver.handle(bytes, now());
    events.extend(receiver.handle(b"", UtcMs(now().0 + 1_000)));
    events
}

fn fixes(bytes: &[u8]) -> Vec<Fix> {
    let fix = |event| match event {
        Event::Fix(fix) => Some(fix),
        Event::Lost | Event::Silent => None,
    };
    events(bytes).into_iter().filter_map(fix).collect()
}

/// A line with its checksum.
fn line(body: &str) -> String {
    format!("${body}*{:02X}\r\n", super::line::checksum(body))
}

#[test]
fn the_sentences_of_one_moment_make_one_fix() {
    let fixes = fixes(WALK);
    assert_eq!(fixes.len(), 5);
    let first = fixes[0];
    assert_eq!((first.position.lat_e7(), first.position.lon_e7()), (601_700_000, 249_400_000));
    assert_eq!(first.taken_at, "2026-11-23T10:30:20Z".parse().ok());
    assert_eq!(first.seen_at, now());
    assert_eq!(first.quality, FixQuality::Autonomous);
    assert_eq!((first.satellites, first.accuracy_m), (Some(14), Some(5.0)));
    assert!(first.speed_mps.is_some_and(|speed| (speed - 1.3).abs() < 0.001));
    assert_eq!(first.course_deg, Some(0.0));
    assert!((first.position.metres_to(fixes[4].position) - 5.2).abs() < 0.1);
}

#[test]
fn there_is_no_fix_until_there_is_one_and_none_when_it_is_gone() {
    let told: String = events(COLD_START)
        .into_iter()
        .map(|event| match event {
            Event::Fix(fix) => {
                assert_eq!(fix.quality, FixQuality::Corrected);
                assert!(fix.accuracy_m.is_some_and(|metres| (metres - 7.0).abs() < 0.01));
                'f'
            }
            Event::Lost => 'l',
            Event::Silent => 's',
        })
        .collect();
    assert_eq!(told, "lfffl");
}

#[test]
fn midnight_needs_no_new_date() {
    let times: Vec<String> = fixes(MIDNIGHT)
        .into_iter()
        .filter_map(|fix| fix.taken_at)
        .map(|taken_at| taken_at.to_string()[..19].to_owned())
        .collect();
    assert_eq!(
        times,
        ["2026-11-23T23:59:58", "2026-11-23T23:59:59", "2026-11-24T00:00:00", "2026-11-24T00:00:01"]
    );
}

#[track_caller]
fn check(bodies: &[&str], count: usize) {
    let text: String = bodies.iter().map(|body| line(body)).collect();
    assert_eq!(fixes(text.as_bytes()).len(), count, "{bodies:?}");
}

#[test]
fn one_void_sentence_spoils_its_moment() {
    let rmc = "GPRMC,103020.00,A,6010.2000,N,02456.4000,E,0.0,,231126,,,A";
    let gga = "GPGGA,103020.00,6010.2000,N,02456.4000,E,1,08,1.0,11.0,M,17.6,M,,";
    check(&[rmc], 1);
    check(&[gga], 1);
    check(&[rmc, &gga.replace(",1,08", ",0,08")], 0);
    check(&[gga, &rmc.replace(",A,6010", ",V,6010")], 0);
    check(&[gga, &rmc.replace(",,,A", ",,,N")], 0);
    check(&[gga, "GPGSA,A,1,,,,,,,,,,,,,,,"], 0);
    check(&[gga, "GPGLL,6010.2000,N,02456.4000,E,103020.00,V,N"], 0);
    check(&[gga, "GPGLL,36000.0000,N,72000.0000,E,103020.00,V"], 0);
}

#[test]
fn made_up_positions_are_no_fixes() {
    let gga = |quality| format!("GPGGA,103020.00,6010.2000,N,02456.4000,E,{quality},08,1.0,11.0,M,17.6,M,,");
    for (quality, count) in [("0", 0), ("", 0), ("1", 1), ("2", 1), ("4", 1), ("6", 1), ("7", 0), ("8", 0)] {
        check(&[&gga(quality)], count);
    }
    check(&["GPGGA,103020.00,0000.0000,N,00000.0000,E,1,08,1.0,11.0,M,17.6,M,,"], 0);
    check(&["GPGNS,103020.00,6010.2000,N,02456.4000,E,NN,08,1.0,11.0,17.6,,"], 0);
}

#[test]
fn one_system_without_satellites_does_not_spoil_the_other() {
    let gga = "GPGGA,103020.00,6010.2000,N,02456.4000,E,1,08,1.0,11.0,M,17.6,M,,";
    check(&[gga, "GPGSA,A,3,05,07,08,,,,,,,,,,1.4,0.8,1.1", "BDGSA,A,1,,,,,,,,,,,,,,,"], 1);
}

#[test]
fn any_talker_and_the_old_form_are_understood() {
    for talker in ["GP", "GN", "GL", "GA", "BD", "GB", "QZ", "II"] {
        check(&[&format!("{talker}RMC,103020.00,A,6010.2000,N,02456.4000,E,0.0,,231126,,")], 1);
    }
    check(&["GPGLL,6010.2000,N,02456.4000,E,103020.00,A"], 1);
    check(&["PGRMC,A,10,100"], 0);
}

#[test]
fn ten_fixes_a_second_stay_ten() {
    let bodies: Vec<String> = (0..10)
        .flat_map(|tenth| {
            [
                format!("GNRMC,103020.{tenth}0,A,6010.2000,N,02456.4000,E,0.0,,231126,,,A,V"),
                format!("GNGGA,103020.{tenth}0,6010.2000,N,02456.4000,E,1,08,1.0,11.0,M,17.6,M,,"),
            ]
        })
        .collect();
    check(&bodies.iter().map(String::as_str).collect::<Vec<_>>(), 10);
}

#[test]
fn a_receiver_that_stops_talking_is_silent_once() {
    let mut receiver = Receiver::new();
    receiver.handle(WALK, now());
    let later = |ms| UtcMs(now().0 + ms);
    assert!(matches!(receiver.handle(b"", later(1_000))[..], [Event::Fix(_)]));
    assert_eq!(receiver.handle(b"", later(SILENT_MS)), [Event::Silent]);
    assert_eq!(receiver.handle(b"", later(2 * SILENT_MS)), []);
    assert_eq!(receiver.dropped(), super::line::Dropped::default());
    assert_eq!(receiver.unreadable(), 0);
}

#[test]
fn a_port_that_brings_only_noise_is_silent_too() {
    let mut receiver = Receiver::new();
    let said: Vec<Event> =
        (0..20).flat_map(|second| receiver.handle(b"\xff\x00b", UtcMs(now().0 + second * 1_000))).collect();
    assert_eq!(said, [Event::Silent]);
    assert!(
        receiver.handle(WALK, UtcMs(now().0 + 21_000)).iter().any(|event| matches!(event, Event::Fix(_)))
    );
}

/// Bytes that look a little like NMEA, with right checksums, so that the parser behind is reached.
fn likely() -> impl Strategy<Value = Vec<u8>> {
    let field = prop_oneof![
        Just(String::new()),
        "[AVNSEWMTKD0-9]",
        "[0-9]{1,6}",
        "[0-9]{4,5}\\.[0-9]{1,6}",
        "(nan|inf|-1|1e39|235960\\.9)",
        "[ -)+-~]{0,12}",
    ];
    let body = ("(GP|GN|BD)(GGA|RMC|GLL|GSA|GST|GNS|VTG|ZDA|GSV)", prop::collection::vec(field, 0..20))
        .prop_map(|(head, fields)| line(&format!("{head},{}", fields.join(","))).into_bytes());
    let part = prop_oneof![4 => body, 1 => any::<Vec<u8>>(), 1 => Just(WALK[..400].to_vec())];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_bytes_in_any_split_give_the_same_and_never_a_panic(
        bytes in likely(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let mut whole = Receiver::new();
        let expected = whole.handle(&bytes, now());
        let (mut parts, mut found, mut from) = (Receiver::new(), vec![], 0);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        cuts.push(bytes.len());
        for cut in cuts {
            found.extend(parts.handle(&bytes[from..cut], now()));
            from = cut;
        }
        prop_assert_eq!(found, expected);
        prop_assert_eq!((parts.dropped(), parts.unreadable()), (whole.dropped(), whole.unreadable()));
    }
}
