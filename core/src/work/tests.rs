//! What a shift does to the store.

use super::*;
use crate::{
    audit::verdict::Rule,
    evidence::{
        chain::Log,
        seal::{PublicKey, SecretKey},
    },
    id::{DeviceId, MeterId, RoundId},
    meter::Meter,
    place::Position,
    probe::{
        readout::{Datum, Integrity, Protocol, Readout, Value},
        way::{Family, Way},
    },
    quantity::Unit,
    reading::Method,
    register::{Dials, PastReading, Register},
    round::{Round, SkipReason, Stop},
    store::{Identity, Store, Takeover},
    time::UtcMs,
};

const DAY_MS: i64 = 86_400_000;
const NOW: UtcMs = UtcMs(400 * DAY_MS);

fn round() -> Round {
    Round { id: RoundId::derived(&[b"14"]), code: "14".into(), name: "Mill".into(), cycle: "2026-11".into() }
}

/// Stop `number`, on a line to the north, with serial 1000000 + number and 300 kWh a month since 12 months.
fn stop(number: u32) -> Stop {
    let past = |month: i64| PastReading {
        at: UtcMs(NOW.0 - (12 - month) * 30 * DAY_MS - 30 * DAY_MS),
        value: format!("{}.0", 10_000 + 300 * month).parse().unwrap(),
        actual: true,
    };
    let register = Register {
        obis: Obis::ACTIVE_IMPORT,
        unit: Unit::KiloWattHour,
        dials: Dials::new(6, 1).unwrap(),
        multiplier: "1".parse().unwrap(),
        history: (0..=12).map(past).collect(),
    };
    let serial = (1_000_000 + number).to_string();
    Stop {
        id: StopId::derived(&[&number.to_be_bytes()]),
        round: round().id,
        number,
        address: format!("Mill Lane {number}"),
        position: Position::from_degrees(60.0 + f64::from(number) / 10_000.0, 24.9),
        hints: vec![],
        meter: Meter {
            id: MeterId::derived(&[serial.as_bytes()]),
            serial,
            model: None,
            way: None,
            registers: vec![register],
        },
        outcome: Outcome::ToDo,
    }
}

fn store(numbers: &[u32]) -> Store {
    let mut store = Store::in_memory().unwrap();
    let identity = Identity {
        log: Log { device: DeviceId::new([7; 16]), epoch: 1 },
        key: SecretKey::new([8; 32]),
        hub_key: PublicKey([9; 32]),
        hub_url: String::new(),
        reader: "Anna".into(),
    };
    store.enrol(&identity).unwrap();
    let plans = numbers.iter().map(|&number| Takeover::Plan(Box::new(stop(number))));
    let plans: Vec<_> = std::iter::once(Takeover::Round(round())).chain(plans).collect();
    store.take_over(UtcMs(1), &plans, 0, 1, &[]).unwrap();
    store
}

fn readout(serial: &str, value: &str) -> Readout {
    Readout {
        protocol: Protocol::Iec62056('C'),
        identity: "/ABC5X".into(),
        serial: Some(serial.into()),
        clock: None,
        registers: vec![Datum {
            obis: Obis::ACTIVE_IMPORT,
            value: Value::Number(value.parse().unwrap()),
            unit: Some(Unit::KiloWattHour),
            at: None,
        }],
        baud: 9_600,
        integrity: Integrity::Checked,
        retries: 0,
        way: Way::new(Family::Iec62056, 9_600),
    }
}

#[track_caller]
fn recorded(recording: Recording) -> crate::store::Recorded {
    match recording {
        Recording::Recorded(recorded) => *recorded,
        Recording::WrongMeter { .. } => panic!("{recording:?}"),
    }
}

#[test]
fn the_walk_begins_at_the_reader_and_skips_what_is_done() {
    let mut store = store(&[1, 2, 3]);
    let here = Position::from_degrees(60.01, 24.9);
    assert_eq!(begin(&mut store, NOW, round().id, here).unwrap(), Some(stop(3).id));
    store.skip(NOW, stop(2).id, SkipReason::Locked, None, None).unwrap();
    let stops = store.outcomes(round().id).unwrap();
    assert_eq!(next_stop(&stops, Some(stop(3).id)), Some(stop(1).id));
    assert_eq!(next_stop(&stops, Some(stop(1).id)), Some(stop(3).id));
}

#[test]
fn beginning_twice_is_beginning_once() {
    let mut store = store(&[1, 2]);
    begin(&mut store, NOW, round().id, None).unwrap();
    let head = store.standing().unwrap().head;
    begin(&mut store, NOW, round().id, None).unwrap();
    assert_eq!(store.standing().unwrap().head, head);
}

#[test]
fn a_usual_reading_is_right() {
    let mut store = store(&[1]);
    let recording =
        record_readout(&mut store, NOW, stop(1).id, &readout("1000001", "13900.0"), "", None, false).unwrap();
    assert_eq!(recorded(recording).reading.verdict.level, Level::Right);
}

#[test]
fn another_meter_s_answer_is_held_back() {
    let mut store = store(&[1, 2]);
    let there = readout("1000002", "13900.0");
    let held = record_readout(&mut store, NOW, stop(1).id, &there, "", None, false).unwrap();
    assert_eq!(held, Recording::WrongMeter { seen: "1000002".into(), belongs_to: Some(stop(2).id) });
    assert_eq!(store.reading_ids().unwrap(), []);

    let insisted = recorded(record_readout(&mut store, NOW, stop(1).id, &there, "", None, true).unwrap());
    assert_eq!(insisted.reading.verdict.findings[0].rule, Rule::SerialMismatch);
}

#[test]
fn typed_digits_are_judged_and_kept_whatever_they_say() {
    let mut store = store(&[1]);
    let typed = |store: &mut Store, digits: &str| {
        record_typed(store, NOW, stop(1).id, &[(Obis::ACTIVE_IMPORT, digits.into())], None)
    };
    let high = typed(&mut store, "0739000").unwrap();
    assert_eq!((high.reading.method, high.reading.verdict.level), (Method::Keypad, Level::Wrong));
    assert_eq!(typed(&mut store, "0139000").unwrap().reading.supersedes, Some(high.id));
    assert!(matches!(typed(&mut store, "139.0"), Err(WorkError::BadEntry(Obis::ACTIVE_IMPORT))));
    let other = [(Obis::ACTIVE_EXPORT, "1".to_owned())];
    assert!(matches!(record_typed(&mut store, NOW, stop(1).id, &other, None), Err(WorkError::BadEntry(_))));
}
