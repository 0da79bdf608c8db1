//! Dials that turn over as they may: whether a reading is ever blocked for it.

use lamplighter_core::{
    audit::{judge::judge, likelihood::class::Class, observed::Observed, table::Line, verdict::Severity},
    decimal::Decimal,
    id::MeterId,
    meter::Meter,
    obis::Obis,
    probe::readout::{Datum, Value},
    quantity::Unit,
    register::{Dials, PastReading, Register},
    time::UtcMs,
};

use super::slips::Dice;

const CASES: usize = 10_000;
const DAY_MS: i64 = 86_400_000;

/// Real pasts, shifted so that the dials turn over within the last, real, use.
pub(crate) fn report(lines: &[Line], class: &Class, from: usize, dice: &mut Dice) {
    let mut blocked = 0;
    let mut made = 0;
    while made < CASES {
        let line = &lines[dice.below(lines.len())];
        let readings = &line.record.readings;
        let t = from + dice.below(readings.len() - 1 - from);
        let turn = 10_i64.pow(u32::from(line.record.digits));
        let used = (readings[t + 1] - readings[t]).rem_euclid(turn);
        // A use of more than half of the dials cannot be told from going back; no meter is so small.
        if used == 0 || used * 2 > turn {
            continue;
        }
        made += 1;
        let shift =
            turn - 1 - readings[t] - i64::try_from(dice.below(usize::try_from(used).unwrap())).unwrap();
        let shifted = |reading: i64| Decimal::new((reading + shift).rem_euclid(turn), 0).unwrap();
        let days = |at: usize| UtcMs(i64::try_from(at).unwrap() * (class.days() * DAY_MS as f64) as i64);
        let past = |(at, reading): (usize, &i64)| PastReading {
            at: days(at),
            value: shifted(*reading),
            actual: true,
        };
        let register = Register {
            obis: Obis::ACTIVE_IMPORT,
            unit: Unit::KiloWattHour,
            dials: Dials::new(line.record.digits, 0).unwrap(),
            multiplier: Decimal::new(line.multiplier, 0).unwrap(),
            history: readings[..=t].iter().enumerate().map(past).collect(),
        };
        let value = Value::Number(shifted(readings[t + 1]));
        let datum = Datum { obis: register.obis, value, unit: None, at: None };
        let meter = Meter {
            id: MeterId::derived(&[]),
            serial: String::new(),
            model: None,
            way: None,
            registers: vec![register],
        };
        let observed = Observed { values: vec![datum], ..Observed::default() };
        let verdict = judge(&meter, &observed, days(t + 1));
        let is_strong = verdict.findings.iter().any(|finding| finding.rule.severity() == Severity::Strong);
        blocked += usize::from(is_strong);
    }
    println!("{blocked} of {CASES} rollovers blocked (goal 0)");
}
