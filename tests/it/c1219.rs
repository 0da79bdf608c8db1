//! Our reader of C12.18 and the street's meter, each written by the standard and not by the other: all that the meter
//! was given comes back, in every format, and whatever is lost on the way.

use lamplighter_core::{
    decimal::Decimal,
    probe::{
        c1218::{Config, Session},
        part::{Part, Span, Wants},
        readout::{Datum, Value},
    },
};
use lamplighter_street::{
    day::Day,
    meter::{ByteOrder, C1218Machine, C1218Settings, Machine, NiFormat, TimeFormat, ni_format},
};

use crate::wire::{Loss, Read, read};

fn meter() -> C1218Settings {
    C1218Settings::on_day("50123456", Day::new(2026, 11, 23).unwrap())
}

fn read_all(settings: &C1218Settings, loss: Loss) -> Read {
    let span =
        Span { from: "2026-11-20T00:00:00".parse().unwrap(), to: "2026-12-01T00:00:00".parse().unwrap() };
    let wants = Wants { profile: Some(span), events: true, beside_only: false };
    let config = Config { wants, ..Config::default() };
    read(&mut C1218Machine::new(settings.clone()), loss, |now| Session::start(now, config))
}

/// All that the meter told is what it was given, and nothing came twice or not at all.
#[track_caller]
fn check(settings: &C1218Settings, loss: Loss) -> Read {
    let named = format!("{:?} {:?} {:?} {:?}", settings.ni1, settings.ni2, settings.constant, loss);
    let read = read_all(settings, loss);
    let readout = match &read.drive.result {
        Ok(readout) => readout,
        Err(error) => panic!("{named}: {error}\n{}", read.drive.transcript),
    };
    assert_eq!(readout.serial.as_deref(), Some("50123456"), "{named}");
    for (obis, told) in C1218Machine::new(settings.clone()).registers() {
        let (value, unit) = told.split_once('*').unwrap();
        let found: Vec<&Datum> =
            readout.registers.iter().filter(|datum| datum.obis.to_string() == obis).collect();
        let [found] = found[..] else { panic!("{named}: {obis} {found:?}") };
        assert_eq!(self::told(found), plain(value, unit), "{named}: {obis}");
    }
    let times = Decimal::new(settings.constant.unwrap_or(1).into(), 0).unwrap();
    let counted = |text: &str| plain(text, "kWh").0.times(times).unwrap();
    assert_eq!(rows(&read), vec![vec![counted("0.05"), counted("0.04")]; 3 * 24 + 16], "{named}");
    assert_eq!(events(&read), ["power-failed 1 2026-11-12T14:05:54", "demand-reset 20 -"], "{named}");
    read
}

/// A number and its unit without kilo or mega: a table counts in the unit that leaves no digit out.
fn plain(value: &str, unit: &str) -> (Decimal, String) {
    let prefixes = [("MW", "W", 6), ("kW", "W", 3), ("kv", "v", 3)];
    let found = prefixes.iter().find(|(prefixed, ..)| unit.starts_with(prefixed));
    let (unit, power) =
        found.map_or((unit.into(), 0), |(prefixed, plain, power)| (unit.replace(prefixed, plain), *power));
    (value.parse::<Decimal>().unwrap().times(Decimal::of_power(1, power).unwrap()).unwrap(), unit)
}

fn told(datum: &Datum) -> (Decimal, String) {
    plain(&datum.value.to_string(), datum.unit.as_ref().unwrap().as_str())
}

fn rows(read: &Read) -> Vec<Vec<Decimal>> {
    let mut rows = Vec::new();
    let mut before = None;
    for part in &read.parts {
        let Part::Profile(part) = part else { continue };
        for row in &part.rows {
            assert!(before.is_none_or(|before| before < row.at), "{before:?} before {}", row.at);
            before = Some(row.at);
            let values = row.values.iter().zip(&part.columns).map(|(value, column)| {
                let Some(Value::Number(number)) = value else { panic!("{row:?}") };
                plain(&number.to_string(), column.unit.as_ref().unwrap().as_str()).0
            });
            rows.push(values.collect());
        }
    }
    rows
}

fn events(read: &Read) -> Vec<String> {
    let events = read.parts.iter().flat_map(|part| match part {
        Part::Events(events) => &events[..],
        Part::Profile(_) => &[],
    });
    let until = |until: Option<_>| {
        until.map_or_else(|| "-".into(), |until: lamplighter_core::time::Civil| until.to_string())
    };
    events.map(|event| format!("{} {} {}", event.kind, event.code, until(event.until))).collect()
}

#[test]
fn a_meter_of_the_street_is_read_in_every_format() {
    for code in 0..14 {
        for constant in [None, Some(40)] {
            let ni = |code: u8| ni_format(code % 14).unwrap();
            let order = if code % 2 == 0 { ByteOrder::Big } else { ByteOrder::Little };
            let time = [TimeFormat::Bcd, TimeFormat::Bytes, TimeFormat::Minutes, TimeFormat::Seconds]
                [usize::from(code % 4)];
            for ni2 in [ni(code + 5), ni(3), ni(7)] {
                let settings = C1218Settings { ni1: ni(code), ni2, order, time, constant, ..meter() };
                check(&settings, Loss::Nothing);
            }
        }
    }
}

#[test]
fn a_large_meter_keeps_its_digits_as_far_as_the_format_has_room() {
    for ni1 in [NiFormat::Int24, NiFormat::Bcd4, NiFormat::Char6, NiFormat::Fixed32, NiFormat::Int32] {
        let mut settings = C1218Settings { ni1, ..meter() };
        for shown in settings.registers.iter_mut().filter(|shown| shown.code.starts_with("1.8.")) {
            shown.value = format!("9{}", shown.value);
        }
        let read = read_all(&settings, Loss::Nothing);
        let told = C1218Machine::new(settings).registers();
        let (_, told) = told.iter().find(|(obis, _)| obis == "1-0:1.8.0*255").unwrap();
        let registers = read.drive.result.unwrap().registers;
        let found = registers.iter().find(|datum| datum.obis.to_string() == "1-0:1.8.0*255").unwrap();
        assert_eq!(self::told(found), plain(told.split_once('*').unwrap().0, "kWh"), "{ni1:?}: {told}");
        assert!(told.starts_with("9123") || told.starts_with("9012"), "{ni1:?}: {told}");
    }
}

#[test]
fn whatever_message_is_lost_every_register_arrives_once_and_right() {
    for of in 3..30 {
        for number in 0..of {
            let read = check(&meter(), Loss::Burst { of, number });
            assert!(read.lost > 0);
        }
    }
}

#[test]
fn whatever_byte_is_lost_every_register_arrives_once_and_right() {
    for (of, step) in [(211, 10), (409, 20), (997, 50)] {
        for number in (0..of).step_by(step) {
            let read = check(&meter(), Loss::Byte { of, number });
            assert!(read.lost > 0);
        }
    }
}
