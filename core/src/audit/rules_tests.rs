//! Every rule once: that it speaks when it should, shows its numbers, and says what to do.

use std::collections::BTreeSet;

use super::{
    circumstances::{Circumstances, Exchange, Prepaid, Whereabouts},
    judge::judge_with,
    likelihood::tests::class,
    observed::Observed,
    verdict::{Finding, Level, Rule, Severity, Verdict},
};
use crate::{
    decimal::Decimal,
    id::MeterId,
    meter::Meter,
    obis::Obis,
    probe::{
        part::EventKind,
        readout::{Datum, Integrity, Value},
    },
    quantity::Unit,
    register::{Dials, PastReading, Register},
    time::UtcMs,
};

const DAY: i64 = 86_400_000;
/// Every 28 days, so that thirteen make a year.
const STEP: i64 = 28 * DAY;
const NOW: UtcMs = UtcMs(26 * STEP);

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Registers of the total and of two tariffs, read 26 times, the total 700 or so a month.
fn plan() -> Meter {
    let register = |e: u8, first: i64, step: i64| {
        let at = |nth: i64| first + nth * step + nth % 3 * 6;
        let past = (0..26).map(|nth| PastReading {
            at: UtcMs(nth * STEP),
            value: Decimal::new(at(nth), 0).unwrap(),
            actual: true,
        });
        Register {
            obis: Obis::ACTIVE_IMPORT.with_tariff(e),
            unit: Unit::KiloWattHour,
            dials: Dials::new(5, 0).unwrap(),
            multiplier: decimal("1"),
            history: past.collect(),
        }
    };
    let registers = vec![register(0, 9_000, 700), register(1, 5_000, 500), register(2, 4_000, 200)];
    Meter { id: MeterId::derived(&[]), serial: "58200417".into(), model: None, way: None, registers }
}

/// What was seen: total and tariffs, by default as usual.
fn observed(values: [&str; 3]) -> Observed {
    let datum = |(e, value): (u8, &&str)| Datum {
        obis: Obis::ACTIVE_IMPORT.with_tariff(e),
        value: value.parse().map_or_else(|_| Value::Text((*value).into()), Value::Number),
        unit: Some(Unit::KiloWattHour),
        at: None,
    };
    let values = (0..).zip(&values).map(datum).collect();
    Observed { values, serial_seen: Some("58200417".into()), integrity: Some(Integrity::Checked) }
}

const USUAL: [&str; 3] = ["27206", "18006", "9200"];

struct Stage {
    meter: Meter,
    observed: Observed,
    circumstances: Circumstances<'static>,
    now: UtcMs,
}

impl Stage {
    fn new(values: [&str; 3]) -> Self {
        Self { meter: plan(), observed: observed(values), circumstances: Circumstances::default(), now: NOW }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn known(self, class: &'static super::likelihood::class::Class) -> Self {
        self.with(|stage| stage.circumstances.class = Some(class))
    }

    fn verdict(&self) -> Verdict {
        judge_with(&self.meter, &self.observed, self.now, &self.circumstances)
    }
}

/// A stage on which this rule speaks.
fn stage(rule: Rule) -> Stage {
    let class: &'static _ = Box::leak(Box::new(class()));
    let usual = || Stage::new(USUAL);
    let exchange = |ends: &[(Obis, &str)]| Exchange {
        dials: Dials::new(5, 0).unwrap(),
        multiplier: decimal("1"),
        ends: ends.iter().map(|(obis, value)| (*obis, decimal(value))).collect(),
        starts: (0..3).map(|e| (Obis::ACTIVE_IMPORT.with_tariff(e), decimal("0"))).collect(),
    };
    match rule {
        Rule::Digits => Stage::new(["272060", "18006", "9200"]),
        Rule::Format => Stage::new(["Err", "18006", "9200"]),
        Rule::Backwards => Stage::new(["26000", "18006", "9200"]),
        Rule::RolledOver => Stage::new(["99", "18006", "9200"]).with(|stage| {
            stage.meter.registers[0].history.iter_mut().for_each(|past| {
                past.value = past.value.plus(decimal("73000")).unwrap();
            })
        }),
        Rule::SerialMismatch => usual().with(|stage| stage.observed.serial_seen = Some("58200418".into())),
        Rule::RegisterMissing => usual().with(|stage| stage.observed.values.truncate(2)),
        Rule::SumMismatch => Stage::new(["27306", "18006", "9200"]),
        Rule::VeryHigh => Stage::new(["37206", "28006", "9200"]),
        Rule::High => Stage::new(["28106", "18906", "9200"]),
        Rule::Low => Stage::new(["26512", "17306", "9200"]),
        Rule::Zero => Stage::new(["26506", "17500", "9006"]),
        Rule::NoChecksum => usual().with(|stage| stage.observed.integrity = Some(Integrity::ReadTwice)),
        Rule::OddChecksum => usual().with(|stage| stage.observed.integrity = Some(Integrity::Tolerated)),
        Rule::SerialUnseen => usual().with(|stage| stage.observed.serial_seen = None),
        Rule::TimeReversed => usual().with(|stage| stage.now = UtcMs(3 * STEP)),
        Rule::Multiplier => usual().with(|stage| {
            stage.meter.registers.iter_mut().for_each(|register| register.multiplier = decimal("60"));
            stage.observed.values.push(Datum {
                obis: "0.4.2".parse().unwrap(),
                value: Value::Number(decimal("40")),
                unit: None,
                at: None,
            });
        }),
        Rule::Duplicate => usual().with(|stage| stage.now = UtcMs(25 * STEP + 600_000)),
        Rule::ExchangeIncomplete => usual().with(|stage| stage.circumstances.exchange = Some(exchange(&[]))),
        Rule::Capacity => usual().with(|stage| stage.circumstances.capacity_w = Some(900)),
        Rule::Unlikely => Stage::new(["72206", "18006", "9200"]).known(class),
        Rule::StillIdle => Stage::new(["26506", "17500", "9006"]).with(|stage| {
            let history = &mut stage.meter.registers[0].history;
            history.iter_mut().rev().take(3).for_each(|past| past.value = decimal("26506"));
        }),
        Rule::TariffsSwapped => Stage::new(["27206", "9200", "18006"]).known(class),
        Rule::SustainedDrop => Stage::new(["23500", "18006", "9200"]).known(class).with(|stage| {
            let history = &mut stage.meter.registers[0].history;
            // For half a year a third of what it was.
            for nth in 19..26 {
                history[nth].value = history[18]
                    .value
                    .plus(Decimal::new(i64::try_from(nth - 18).unwrap() * 233, 0).unwrap())
                    .unwrap();
            }
        }),
        Rule::ClockDrift => {
            usual().with(|stage| stage.circumstances.meter_clock = Some(UtcMs(NOW.0 - 240_000)))
        }
        Rule::PrepaidBalance => usual().with(|stage| {
            let (left_before, bought, left) = (decimal("100"), decimal("800"), decimal("250"));
            stage.circumstances.prepaid = Some(Prepaid { left_before, bought, left });
        }),
        Rule::MeterRecord => {
            usual().with(|stage| stage.circumstances.events = &[EventKind::Magnet, EventKind::PowerFailed])
        }
        Rule::FarAway => usual().with(|stage| stage.circumstances.whereabouts.from_meter_m = Some(400)),
        Rule::TooSoon => usual().with(|stage| {
            stage.circumstances.whereabouts = Whereabouts { from_meter_m: Some(5), from_last: Some((300, 4)) }
        }),
        Rule::EstimatedOften => usual().with(|stage| {
            stage.meter.registers[0].history.iter_mut().rev().take(3).for_each(|past| past.actual = false);
        }),
    }
}

#[test]
fn every_alert_carries_its_reason_its_numbers_and_what_to_do() {
    for rule in Rule::ALL {
        let verdict = stage(rule).verdict();
        let found = verdict.findings.iter().find(|finding| finding.rule == rule);
        let Finding { numbers, .. } =
            found.unwrap_or_else(|| panic!("{} does not speak: {:?}", rule.code(), verdict.findings));
        let sheet = rule.sheet();
        let names: Vec<&str> = numbers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, sheet.numbers, "{}", rule.code());
        assert!(!sheet.numbers.is_empty() && !sheet.checks.is_empty(), "{}", rule.code());
        let is_wrong = rule.severity() == Severity::Strong;
        assert!(
            verdict.level > Level::Right && (!is_wrong || verdict.level == Level::Wrong),
            "{}",
            rule.code()
        );
    }
}

#[test]
fn the_catalogue_is_whole_and_its_hard_rules_block() {
    let number =
        |rule: &Rule| rule.sheet().number.strip_prefix('R').and_then(|number| number.parse::<u8>().ok());
    let numbers: BTreeSet<u8> = Rule::ALL.iter().filter_map(number).collect();
    assert_eq!(numbers, (1..=19).collect());
    for rule in Rule::ALL {
        // A rollover is told because it explains, and a number that no probe saw is compared by eye.
        let told = [Rule::RolledOver, Rule::SerialUnseen].contains(&rule);
        let is_hard = number(&rule).is_some_and(|number| number <= 9) && !told;
        assert_eq!(rule.severity() == Severity::Strong, is_hard, "{}", rule.code());
    }
}

#[test]
fn a_usual_reading_is_right_by_all_that_is_known() {
    let class: &'static _ = Box::leak(Box::new(class()));
    let stage = Stage::new(USUAL).known(class).with(|stage| {
        stage.circumstances.capacity_w = Some(5_000);
        stage.circumstances.meter_clock = Some(UtcMs(NOW.0 + 60_000));
        stage.circumstances.whereabouts = Whereabouts { from_meter_m: Some(12), from_last: Some((30, 40)) };
        stage.circumstances.events = &[EventKind::PowerFailed, EventKind::ClockSet];
        let (left_before, bought, left) = (decimal("100"), decimal("800"), decimal("200"));
        stage.circumstances.prepaid = Some(Prepaid { left_before, bought, left });
    });
    assert_eq!(stage.verdict().findings, []);
}

#[test]
fn an_exchanged_meter_is_judged_across_both() {
    let class: &'static _ = Box::leak(Box::new(class()));
    // The old meter ended 300 on, the new one counts in tenths and began at 2.0.
    let exchanged = |total: &str| {
        Stage::new([total, "18006", "9200"]).known(class).with(|stage| {
            stage.meter.registers.truncate(1);
            stage.observed.values.truncate(1);
            stage.meter.registers[0].dials = Dials::new(6, 1).unwrap();
            stage.circumstances.exchange = Some(Exchange {
                dials: Dials::new(5, 0).unwrap(),
                multiplier: decimal("1"),
                ends: vec![(Obis::ACTIVE_IMPORT, decimal("26806"))],
                starts: vec![(Obis::ACTIVE_IMPORT, decimal("2.0"))],
            });
        })
    };
    let right = exchanged("402.0").verdict();
    assert_eq!((right.findings, right.consumption), (vec![], Some(decimal("700.0"))));
    let rules = |verdict: Verdict| verdict.findings.iter().map(|finding| finding.rule).collect::<Vec<_>>();
    assert!(rules(exchanged("4020.0").verdict()).contains(&Rule::Unlikely));
    assert_eq!(rules(exchanged("1.0").verdict())[0], Rule::Backwards);
}
