//! The judgement, rule by rule, and on arbitrary histories.

use proptest::prelude::*;

use super::{
    judge::judge,
    observed::{Observed, values_of},
    verdict::{Finding, Level, Rule, Verdict},
};
use crate::{
    decimal::{Decimal, SCALE_MAX},
    id::MeterId,
    meter::Meter,
    obis::Obis,
    probe::readout::{Datum, Integrity, Value},
    quantity::Unit,
    register::{Dials, PastReading, Register},
    time::UtcMs,
};

const DAY: i64 = 86_400_000;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// A register of kWh that was read every thirty days up to day 0.
fn register(obis: Obis, past: &[&str]) -> Register {
    let days = (0..).map(|back| -30 * back * DAY);
    let mut history: Vec<PastReading> = past
        .iter()
        .rev()
        .zip(days)
        .map(|(value, at)| PastReading { at: UtcMs(at), value: decimal(value), actual: true })
        .collect();
    history.reverse();
    Register {
        obis,
        unit: Unit::KiloWattHour,
        dials: Dials::new(5, 1).unwrap(),
        multiplier: decimal("1"),
        history,
    }
}

fn meter(registers: Vec<Register>) -> Meter {
    Meter { id: MeterId::derived(&[]), serial: "58200417".into(), model: None, way: None, registers }
}

fn datum(obis: Obis, value: &str, unit: &str) -> Datum {
    let value = value.parse().map_or_else(|_| Value::Text(value.into()), Value::Number);
    Datum { obis, value, unit: unit.parse().ok(), at: None }
}

fn seen(values: Vec<Datum>) -> Observed {
    Observed { values, ..Observed::default() }
}

fn told(finding: &Finding) -> String {
    let numbers: Vec<String> =
        finding.numbers.iter().map(|(name, number)| format!("{name}={number}")).collect();
    format!("{} {}", finding.rule.code(), numbers.join(" ")).trim_end().to_owned()
}

#[track_caller]
fn check(meter: &Meter, observed: &Observed, findings: &[&str]) -> Verdict {
    let verdict = judge(meter, observed, UtcMs(30 * DAY));
    assert_eq!(verdict.findings.iter().map(told).collect::<Vec<_>>(), findings);
    verdict
}

const STEADY: [&str; 6] = ["1000.0", "1200.0", "1410.0", "1600.0", "1795.0", "2000.0"];

#[track_caller]
fn check_value(value: &str, unit: &str, findings: &[&str]) {
    let meter = meter(vec![register(Obis::ACTIVE_IMPORT, &STEADY)]);
    check(&meter, &seen(vec![datum(Obis::ACTIVE_IMPORT, value, unit)]), findings);
}

#[test]
fn one_value_is_judged_by_its_dials_and_by_the_habit() {
    check_value("2205.3", "kWh", &[]);
    check_value("2205.357", "kWh", &[]);
    check_value("2205357", "Wh", &[]);
    check_value("2.205357", "MWh", &[]);
    check_value("3200.0", "kWh", &["very-high use=1200.0 unit=kWh times=6"]);
    check_value("2400.0", "kWh", &["high use=400.0 unit=kWh times=2"]);
    check_value("2020.0", "kWh", &["low use=20.0 unit=kWh times=0.1"]);
    check_value("2000.0", "kWh", &["zero unit=kWh expected=200.0"]);
    check_value("1999.9", "kWh", &["backwards previous=2000.0 value=1999.9"]);
    check_value("100000.0", "kWh", &["digits value=100000.0 integers=5 decimals=1"]);
    check_value("-5", "kWh", &["digits value=-5 integers=5 decimals=1"]);
    check_value("2205.3", "kvarh", &["format value=2205.3 unit=kvarh expected=kWh"]);
    check_value("Err 3", "kWh", &["format value=Err 3 unit=kWh expected=kWh"]);
}

#[test]
fn a_good_reading_tells_its_use_and_what_would_be_usual() {
    let mut register = register(Obis::ACTIVE_IMPORT, &STEADY);
    register.multiplier = decimal("20");
    let value = datum(Obis::ACTIVE_IMPORT, "2205.3", "kWh");
    let verdict = check(&meter(vec![register]), &seen(vec![value]), &[]);
    assert_eq!(verdict.level, Level::Right);
    assert_eq!(verdict.consumption, Some(decimal("4106.0")));
    assert_eq!(verdict.since, Some(UtcMs(0)));
    let usual = verdict.usual.unwrap();
    assert_eq!([usual.low, usual.expected, usual.high], [decimal("1000"), decimal("4000"), decimal("7000")]);
}

#[test]
fn a_believable_rollover_is_doubtful_and_its_use_exact() {
    let meter = meter(vec![register(Obis::ACTIVE_IMPORT, &["99400.0", "99600.0", "99800.0", "99990.0"])]);
    let observed = seen(vec![datum(Obis::ACTIVE_IMPORT, "190.5", "kWh")]);
    let verdict = check(&meter, &observed, &["rolled-over previous=99990.0 value=190.5"]);
    assert_eq!((verdict.level, verdict.consumption), (Level::Doubtful, Some(decimal("200.5"))));
}

#[test]
fn another_meter_is_strong_and_comes_first() {
    let meter = meter(vec![register(Obis::ACTIVE_IMPORT, &STEADY)]);
    let observed = Observed {
        values: vec![datum(Obis::ACTIVE_IMPORT, "2400.0", "kWh")],
        serial_seen: Some("58200418".into()),
        integrity: Some(Integrity::ReadTwice),
    };
    let findings = [
        "serial-mismatch expected=58200417 seen=58200418",
        "high use=400.0 unit=kWh times=2",
        "no-checksum readouts=2",
    ];
    assert_eq!(check(&meter, &observed, &findings).level, Level::Wrong);
}

#[test]
fn a_checksum_of_the_makers_own_is_asked_about() {
    let meter = meter(vec![register(Obis::ACTIVE_IMPORT, &STEADY)]);
    let observed = Observed {
        values: vec![datum(Obis::ACTIVE_IMPORT, "2200.0", "kWh")],
        serial_seen: Some("58200417".into()),
        integrity: Some(Integrity::Tolerated),
    };
    assert_eq!(check(&meter, &observed, &["odd-checksum integrity=tolerated"]).level, Level::Doubtful);
}

#[test]
fn nothing_is_a_missing_register() {
    let meter = meter(vec![register(Obis::ACTIVE_IMPORT, &STEADY), register(Obis::ACTIVE_EXPORT, &[])]);
    let observed = seen(vec![datum(Obis::ACTIVE_IMPORT, "2200.0", "kWh")]);
    check(&meter, &observed, &["register-missing obis=1-0:2.8.0*255"]);
    assert_eq!(values_of(&meter, &observed).len(), 1);
}

#[test]
fn demand_may_fall() {
    let mut demand = register(Obis::electricity(1, 6, 0), &["4.1", "3.9"]);
    demand.unit = Unit::KiloWatt;
    let observed = seen(vec![datum(demand.obis, "2.0", "kW")]);
    check(&meter(vec![demand]), &observed, &[]);
}

fn tariffs(past: [&[&str]; 3]) -> Meter {
    let registers = (0..3).map(|e| register(Obis::ACTIVE_IMPORT.with_tariff(e), past[usize::from(e)]));
    meter(registers.collect())
}

#[track_caller]
fn check_tariffs(past: [&[&str]; 3], now: &[&str], findings: &[&str]) {
    let values = (0..).zip(now).map(|(e, value)| datum(Obis::ACTIVE_IMPORT.with_tariff(e), value, "kWh"));
    check(&tariffs(past), &seen(values.collect()), findings);
}

#[test]
fn tariffs_make_the_total_to_the_last_place() {
    let new: [&[&str]; 3] = [&[], &[], &[]];
    check_tariffs(new, &["300.0", "100.0", "200.0"], &[]);
    check_tariffs(new, &["300.2", "100.0", "200.0"], &[]);
    check_tariffs(new, &["299.8", "100.0", "200.0"], &[]);
    check_tariffs(new, &["300.3", "100.0", "200.0"], &["sum-mismatch total=300.3 sum=300.0 difference=0.3"]);
    check_tariffs(new, &["310.0", "100.0", "200.0"], &["sum-mismatch total=310.0 sum=300.0 difference=10.0"]);
    // Two of the three read off a display without decimals.
    check_tariffs(new, &["301", "100", "200.9"], &[]);
    // The total passed all nines.
    check_tariffs(new, &["300.0", "60100.0", "40200.0"], &[]);
    // A third tariff that nobody planned.
    check_tariffs(new, &["350.0", "100.0", "200.0", "50.0"], &[]);
    // Tariffs that were switched on late.
    check_tariffs([&["5000.0"], &["10.0"], &["20.0"]], &["5030.0", "20.0", "40.0"], &[]);
    check_tariffs(
        [&["5000.0"], &["10.0"], &["20.0"]],
        &["5040.0", "20.0", "40.0"],
        &["sum-mismatch total=5040.0 sum=60.0 difference=4980.0"],
    );
    check_tariffs(new, &["350.0", "100.0"], &["register-missing obis=1-0:1.8.2*255"]);
}

#[test]
fn a_meter_that_counts_its_channels_from_one_adds_up_too() {
    let values = [("350.0", 0), ("100.0", 1), ("200.0", 2), ("50.0", 3)];
    let observed = |count: usize| {
        let values = values[..count]
            .iter()
            .map(|&(value, e)| datum(Obis { b: 1, ..Obis::ACTIVE_IMPORT.with_tariff(e) }, value, "kWh"));
        seen(values.collect())
    };
    check(&tariffs([&[], &[], &[]]), &observed(4), &[]);
    check(&tariffs([&[], &[], &[]]), &observed(3), &["sum-mismatch total=350.0 sum=300.0 difference=50.0"]);
}

fn unit() -> impl Strategy<Value = Unit> {
    prop_oneof![
        Just(Unit::KiloWattHour),
        Just(Unit::WattHour),
        Just(Unit::MegaWattHour),
        Just(Unit::KiloWatt),
        Just(Unit::Other("?".into())),
    ]
}

fn any_decimal() -> impl Strategy<Value = Decimal> {
    (-999_999_999_999_999_999..=999_999_999_999_999_999_i64, 0..=SCALE_MAX)
        .prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale).unwrap())
}

prop_compose! {
    fn any_register()(
        e in 0..4_u8,
        unit in unit(),
        integers in 1..=9_u8,
        decimals in 0..=6_u8,
        multiplier in prop_oneof![Just(decimal("1")), any_decimal()],
        history in prop::collection::vec((any::<i64>(), any_decimal(), any::<bool>()), 0..8),
    ) -> Register {
        let history = history.into_iter().map(|(at, value, actual)| PastReading { at: UtcMs(at), value, actual });
        let dials = Dials::new(integers, decimals).unwrap();
        Register { obis: Obis::ACTIVE_IMPORT.with_tariff(e), unit, dials, multiplier, history: history.collect() }
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(
        registers in prop::collection::vec(any_register(), 0..5),
        values in prop::collection::vec((0..5_u8, prop::option::of(any_decimal()), prop::option::of(unit())), 0..6),
        serial: Option<String>,
        now: i64,
    ) {
        let value = |number: Option<Decimal>| number.map_or(Value::Text("x".into()), Value::Number);
        let datum = |(e, number, unit)| Datum { obis: Obis::ACTIVE_IMPORT.with_tariff(e), value: value(number), unit, at: None };
        let observed = Observed { values: values.into_iter().map(datum).collect(), serial_seen: serial, integrity: None };
        let verdict = judge(&meter(registers), &observed, UtcMs(now));
        prop_assert_eq!(verdict.level, Verdict::level_of(&verdict.findings));
    }

    #[test]
    fn a_register_driven_with_ordinary_use_is_right_and_never_backwards(
        start in 0..1_000_000_u64,
        uses in prop::collection::vec(1_500..2_500_u64, 4..20),
        decimals in 0..=2_u8,
        multiplier in 1..200_i64,
    ) {
        let dials = Dials::new(6 - decimals, decimals).unwrap();
        let at = |position: u64| Decimal::new(i64::try_from(position % 1_000_000).unwrap(), decimals).unwrap();
        let mut position = start;
        let mut values = vec![at(start)];
        for used in &uses {
            position += used;
            values.push(at(position));
        }
        let current = values.pop().unwrap();
        let moments = (1..).map(|back: i64| UtcMs(-30 * DAY * back)).take(values.len()).collect::<Vec<_>>();
        let history = values.iter().zip(moments.into_iter().rev());
        let history: Vec<PastReading> =
            history.map(|(&value, at)| PastReading { at, value, actual: true }).collect();
        let register = Register {
            obis: Obis::ACTIVE_IMPORT,
            unit: Unit::KiloWattHour,
            dials,
            multiplier: Decimal::new(multiplier, 0).unwrap(),
            history,
        };
        let observed = seen(vec![Datum { obis: register.obis, value: Value::Number(current), unit: None, at: None }]);
        let verdict = judge(&meter(vec![register]), &observed, UtcMs(0));
        let used = *uses.last().unwrap();
        let rolled = position % 1_000_000 < used;
        let expected: &[Rule] = if rolled { &[Rule::RolledOver] } else { &[] };
        prop_assert_eq!(verdict.findings.iter().map(|finding| finding.rule).collect::<Vec<_>>(), expected);
        let exact = Decimal::new(i64::try_from(used).unwrap() * multiplier, decimals).unwrap();
        prop_assert_eq!(verdict.consumption, Some(exact));
    }
}
