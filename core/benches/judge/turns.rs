//! Dials that turn over, and meters that are exchanged, as they may: whether a reading is ever blocked for it.

use lamplighter_core::{
    audit::{
        circumstances::{Circumstances, Exchange},
        judge::judge_with,
        likelihood::class::Class,
        observed::Observed,
        table::Line,
        verdict::Severity,
    },
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

/// Real pasts, shifted so that the dials turn over within the last, real, use; and real pasts whose last use is shared by two
/// meters, of which the new one has another number of digits and begins anywhere.
pub(crate) fn report(lines: &[Line], class: &Class, from: usize, dice: &mut Dice) {
    let (mut rollovers, mut exchanges, mut made) = ([0; 2], [0; 2], 0);
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
        let part = i64::try_from(dice.below(usize::try_from(used).unwrap())).unwrap();
        let shift = turn - 1 - readings[t] - part;
        let rolled = |reading: i64| (reading + shift).rem_euclid(turn);
        let meter =
            meter(line, line.record.digits, class, readings[..=t].iter().map(|reading| rolled(*reading)));
        let known = Circumstances { class: Some(class), ..Circumstances::default() };
        count(&mut rollovers, &meter, rolled(readings[t + 1]), at(t + 1, class), &known);

        let digits = 5 + u8::try_from(dice.below(4)).unwrap();
        let new_turn = 10_i64.pow(u32::from(digits));
        if used - part >= new_turn / 2 {
            continue;
        }
        let start = i64::try_from(dice.below(usize::try_from(new_turn).unwrap())).unwrap();
        let exchange = Exchange {
            dials: Dials::new(line.record.digits, 0).unwrap(),
            multiplier: whole(line.multiplier),
            ends: vec![(Obis::ACTIVE_IMPORT, whole((readings[t] + part) % turn))],
            starts: vec![(Obis::ACTIVE_IMPORT, whole(start))],
        };
        let meter = self::meter(line, digits, class, readings[..=t].iter().copied());
        let known = Circumstances { exchange: Some(exchange), ..known };
        count(&mut exchanges, &meter, (start + used - part) % new_turn, at(t + 1, class), &known);
    }
    println!("{} of {} rollovers blocked (goal 0)", rollovers[1], rollovers[0]);
    println!("{} of {} exchanges blocked (goal 0)", exchanges[1], exchanges[0]);
}

fn count(counts: &mut [usize; 2], meter: &Meter, reading: i64, now: UtcMs, known: &Circumstances<'_>) {
    let datum =
        Datum { obis: Obis::ACTIVE_IMPORT, value: Value::Number(whole(reading)), unit: None, at: None };
    let observed = Observed { values: vec![datum], ..Observed::default() };
    let verdict = judge_with(meter, &observed, now, known);
    let is_strong = verdict.findings.iter().any(|finding| finding.rule.severity() == Severity::Strong);
    counts[0] += 1;
    counts[1] += usize::from(is_strong);
}

fn meter(line: &Line, digits: u8, class: &Class, readings: impl Iterator<Item = i64>) -> Meter {
    let past = |(nth, reading): (usize, i64)| PastReading {
        at: at(nth, class),
        value: whole(reading),
        actual: true,
    };
    let register = Register {
        obis: Obis::ACTIVE_IMPORT,
        unit: Unit::KiloWattHour,
        dials: Dials::new(digits, 0).unwrap(),
        multiplier: whole(line.multiplier),
        history: readings.enumerate().map(past).collect(),
    };
    Meter {
        id: MeterId::derived(&[]),
        serial: String::new(),
        model: None,
        way: None,
        registers: vec![register],
    }
}

fn at(nth: usize, class: &Class) -> UtcMs {
    UtcMs(i64::try_from(nth).unwrap() * (class.days() * DAY_MS as f64) as i64)
}

fn whole(number: i64) -> Decimal {
    Decimal::new(number, 0).unwrap()
}
