//! The rules about what is known beside the numbers: exchange and transformers, time and clock, the prepaid account, the
//! meter's own records, where the reader was, how often was estimated.

use super::{
    arithmetic::counts_up,
    circumstances::{Circumstances, Limits},
    judge::finding,
    observed::Observed,
    verdict::{Finding, Rule},
};
use crate::{
    decimal::Decimal,
    meter::Meter,
    obis::Obis,
    probe::{part::EventKind, readout::Value},
    quantity::Unit,
    register::Register,
    time::UtcMs,
};

/// The ratios of current and of voltage transformers, IEC 62056-61.
const TRANSFORMERS: [Obis; 2] = [Obis::electricity(0, 4, 2), Obis::electricity(0, 4, 3)];

const MINUTE_MS: i64 = 60_000;
const HOURS_A_DAY: i128 = 24;
/// What counts as energy, in watt-hours.
const ENERGIES: [(Unit, i128); 3] =
    [(Unit::WattHour, 1), (Unit::KiloWattHour, 1_000), (Unit::MegaWattHour, 1_000_000)];

/// What all of it says. `used` is the use of the first register, multiplier applied.
pub(super) fn findings(
    meter: &Meter,
    observed: &Observed,
    now: UtcMs,
    used: Option<Decimal>,
    circumstances: &Circumstances<'_>,
) -> Vec<Finding> {
    let limits = &circumstances.limits;
    let mut findings: Vec<Finding> = exchange(meter, circumstances);
    let first = meter.registers.first();
    findings.extend(first.and_then(|register| transformers(register, observed)));
    findings.extend(first.and_then(|register| duplicate(register, now, limits)));
    findings.extend(first.and_then(|register| capacity(register, now, used?, circumstances)));
    findings.extend(first.and_then(|register| idle(register, used?, limits)));
    findings.extend(first.and_then(|register| estimated(register, limits)));
    findings.extend(circumstances.meter_clock.and_then(|clock| clock_drift(clock, now, limits)));
    findings.extend(used.and_then(|used| prepaid(used, circumstances)));
    findings.extend(records(circumstances.events));
    findings.extend(whereabouts(circumstances));
    findings
}

fn exchange(meter: &Meter, circumstances: &Circumstances<'_>) -> Vec<Finding> {
    let Some(exchange) = &circumstances.exchange else { return vec![] };
    let open = |register: &&Register| counts_up(register) && exchange.of(register).is_none();
    let told = meter.registers.iter().filter(open).map(|register| {
        finding(Rule::ExchangeIncomplete, Some(register), [("obis", register.obis.to_string())])
    });
    told.collect()
}

/// A factor of one says that the meter counts on the far side of its transformers: nothing to compare.
fn transformers(register: &Register, observed: &Observed) -> Option<Finding> {
    let one = Decimal::new(1, 0).ok()?;
    let ratio = |obis: Obis| {
        let datum = observed.values.iter().find(|datum| datum.obis == obis)?;
        match &datum.value {
            Value::Number(ratio) if *ratio > Decimal::ZERO => Some(*ratio),
            Value::Number(_) | Value::Text(_) => None,
        }
    };
    let ratios: Vec<Decimal> = TRANSFORMERS.into_iter().filter_map(ratio).collect();
    let seen = ratios.iter().try_fold(one, |product, ratio| product.times(*ratio)).ok()?;
    let says = !ratios.is_empty() && register.multiplier != one && seen != register.multiplier;
    says.then(|| {
        let numbers = [("expected", register.multiplier.to_string()), ("seen", seen.to_string())];
        finding(Rule::Multiplier, Some(register), numbers)
    })
}

fn duplicate(register: &Register, now: UtcMs, limits: &Limits) -> Option<Finding> {
    let previous = register.previous().filter(|past| past.actual)?.at;
    let since = (now > previous).then(|| now.since(previous))?;
    (since < limits.duplicate_ms).then(|| {
        let numbers = [("previous", previous.to_string()), ("minutes", (since / MINUTE_MS).to_string())];
        finding(Rule::Duplicate, Some(register), numbers)
    })
}

/// Energy against what the connection carries around the clock, in whole numbers.
fn capacity(
    register: &Register,
    now: UtcMs,
    used: Decimal,
    circumstances: &Circumstances<'_>,
) -> Option<Finding> {
    let (_, watt_hours) = ENERGIES.into_iter().find(|(unit, _)| *unit == register.unit)?;
    let watts = i128::from(circumstances.capacity_w?);
    let since = register.previous()?.at;
    let milli_days = i128::from((now > since).then(|| now.milli_days_since(since))?);
    let percent = i128::from(circumstances.limits.capacity_percent);
    // Both sides in hundred-thousandths of watt-hours and in last places.
    let places = i128::from(10_i64.pow(u32::from(used.scale())));
    let most = watts * HOURS_A_DAY * milli_days * percent;
    if i128::from(used.mantissa()) * watt_hours * 100_000 <= most.checked_mul(places)? {
        return None;
    }
    let most = most / 100_000 / watt_hours;
    let numbers =
        [("use", used.to_string()), ("unit", register.unit.to_string()), ("most", most.to_string())];
    Some(finding(Rule::Capacity, Some(register), numbers))
}

/// Periods without use up to now, counted only where there once was some.
fn idle(register: &Register, used: Decimal, limits: &Limits) -> Option<Finding> {
    if used != Decimal::ZERO {
        return None;
    }
    let pairs = register.history.windows(2).rev();
    let before =
        pairs.take_while(|pair| matches!(pair, [earlier, later] if earlier.value == later.value)).count();
    let ever = register
        .history
        .windows(2)
        .any(|pair| matches!(pair, [earlier, later] if earlier.value != later.value));
    (ever && before + 1 >= limits.idle_periods)
        .then(|| finding(Rule::StillIdle, Some(register), [("periods", (before + 1).to_string())]))
}

fn estimated(register: &Register, limits: &Limits) -> Option<Finding> {
    let count = register.history.iter().rev().take_while(|past| !past.actual).count();
    (count > limits.estimates_max)
        .then(|| finding(Rule::EstimatedOften, Some(register), [("count", count.to_string())]))
}

fn clock_drift(clock: UtcMs, now: UtcMs, limits: &Limits) -> Option<Finding> {
    let off = clock.0.abs_diff(now.0);
    let sign = if clock < now { "-" } else { "" };
    (off > limits.clock_drift_ms)
        .then(|| finding(Rule::ClockDrift, None, [("seconds", format!("{sign}{}", off / 1_000))]))
}

fn prepaid(used: Decimal, circumstances: &Circumstances<'_>) -> Option<Finding> {
    let account = circumstances.prepaid?;
    let should = account.left_before.plus(account.bought).ok()?.minus(used).ok()?;
    let difference = account.left.minus(should).ok()?;
    let tolerance = Decimal::new(circumstances.limits.prepaid_tolerance, difference.scale()).ok()?;
    (difference.abs() > tolerance).then(|| {
        let numbers = [
            ("bought", account.bought.to_string()),
            ("use", used.to_string()),
            ("left", account.left.to_string()),
            ("difference", difference.to_string()),
        ];
        finding(Rule::PrepaidBalance, None, numbers)
    })
}

/// One finding a kind: that power failed or the clock was set says nothing about anybody at the meter.
fn records(events: &[EventKind]) -> Vec<Finding> {
    let suspicious = [
        EventKind::CoverOpened,
        EventKind::TerminalCoverOpened,
        EventKind::Magnet,
        EventKind::Reversed,
        EventKind::Programmed,
        EventKind::Cleared,
    ];
    let count = |kind: EventKind| events.iter().filter(|event| **event == kind).count();
    let told = suspicious.into_iter().filter(|kind| count(*kind) > 0).map(|kind| {
        let numbers = [("record", kind.to_string()), ("count", count(kind).to_string())];
        finding(Rule::MeterRecord, None, numbers)
    });
    told.collect()
}

fn whereabouts(circumstances: &Circumstances<'_>) -> Vec<Finding> {
    let (place, limits) = (&circumstances.whereabouts, &circumstances.limits);
    let far = place.from_meter_m.filter(|metres| *metres > limits.far_m);
    let far = far.map(|metres| finding(Rule::FarAway, None, [("metres", metres.to_string())]));
    let soon = place.from_last.filter(|(metres, seconds)| *metres > seconds.saturating_mul(limits.walk_mps));
    let soon = soon.map(|(metres, seconds)| {
        finding(Rule::TooSoon, None, [("seconds", seconds.to_string()), ("metres", metres.to_string())])
    });
    far.into_iter().chain(soon).collect()
}
