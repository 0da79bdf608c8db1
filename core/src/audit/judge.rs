//! The judgement on a reading, while the reader still stands at the meter: every rule once, worst first.

use std::borrow::Cow;

use super::{
    arithmetic::{Turn, counts_up, shown, turn},
    beside,
    circumstances::{Circumstances, Exchange},
    fluctuation::{self, Habit},
    likely,
    observed::{Found, Observed, find, values_of},
    tou,
    verdict::{Finding, Rule, Severity, Verdict},
};
use crate::{decimal::Decimal, meter::Meter, probe::readout::Integrity, register::Register, time::UtcMs};

/// Longest text of a meter that a finding repeats, in characters.
const WORD_MAX: usize = 64;

/// A factor that is said is at most this; beyond, the sentence is the same.
const TIMES_MAX: f64 = 999.0;

/// Judges what was observed at `now` against the plan and the history, where nothing else is known.
pub fn judge(meter: &Meter, observed: &Observed, now: UtcMs) -> Verdict {
    judge_with(meter, observed, now, &Circumstances::default())
}

/// Judges what was observed at `now` against the plan, the history and everything that is known beside.
///
/// Use is judged on the first register, which is the one that the screen shows; arithmetic on all.
pub fn judge_with(
    meter: &Meter,
    observed: &Observed,
    now: UtcMs,
    circumstances: &Circumstances<'_>,
) -> Verdict {
    let mut findings: Vec<Finding> = identity(meter, observed).into_iter().collect();
    let mut verdict = Verdict {
        level: Verdict::level_of(&[]),
        findings: vec![],
        consumption: None,
        since: meter.registers.first().and_then(Register::previous).map(|previous| previous.at),
        usual: None,
    };
    for (index, register) in meter.registers.iter().enumerate() {
        let read_before = before_exchange(register, circumstances.exchange.as_ref());
        let habit = counts_up(register).then(|| fluctuation::habit(&read_before, now)).flatten();
        if index == 0 {
            verdict.usual = habit.as_ref().and_then(|habit| fluctuation::usual(&read_before, habit));
        }
        match find(register, observed) {
            Found::Value(value) => {
                let (found, used) = match &circumstances.exchange {
                    None => value_of_register(register, value, habit.as_ref()),
                    Some(exchange) => value_across(register, &read_before, exchange, value, habit.as_ref()),
                };
                findings.extend(found);
                if let (0, Some((forward, used))) = (index, used) {
                    verdict.consumption = Some(used);
                    findings.extend(
                        forward.and_then(|forward| out_of_usual(&read_before, &habit?, forward, used)),
                    );
                }
            }
            Found::Strange(datum) => {
                let unit = datum.unit.as_ref().map(ToString::to_string).unwrap_or_default();
                let numbers = [
                    ("value", datum.value.to_string().chars().take(WORD_MAX).collect()),
                    ("unit", unit.chars().take(WORD_MAX).collect()),
                    ("expected", register.unit.to_string()),
                ];
                findings.push(finding(Rule::Format, Some(register), numbers));
            }
            Found::Nothing => {
                let numbers = [("obis", register.obis.to_string())];
                findings.push(finding(Rule::RegisterMissing, Some(register), numbers));
            }
        }
    }
    findings.extend(sums(meter, observed));
    findings.extend(time(meter, now));
    findings.extend(beside::findings(meter, observed, now, verdict.consumption, circumstances));
    findings.extend(likely::findings(meter, observed, now, circumstances));
    match observed.integrity {
        Some(Integrity::ReadTwice) => {
            findings.push(finding(Rule::NoChecksum, None, [("readouts", "2".to_owned())]))
        }
        Some(Integrity::Tolerated) => {
            findings.push(finding(Rule::OddChecksum, None, [("integrity", "tolerated".to_owned())]))
        }
        Some(Integrity::Checked) | None => {}
    }
    findings.sort_by_key(|finding| weight(finding.rule));
    Verdict { level: Verdict::level_of(&findings), findings, ..verdict }
}

fn identity(meter: &Meter, observed: &Observed) -> Option<Finding> {
    if !meter.serial.chars().any(char::is_alphanumeric) {
        return None;
    }
    let expected = ("expected", meter.serial.clone());
    match observed.serial_seen.as_deref() {
        Some(seen) if meter.answers_to(seen) => None,
        Some(seen) => Some(finding(
            Rule::SerialMismatch,
            None,
            [expected, ("seen", seen.chars().take(WORD_MAX).collect())],
        )),
        // A probe reads what hangs there; a person reads the number on the face.
        None => observed.integrity.map(|_| finding(Rule::SerialUnseen, None, [expected])),
    }
}

fn time(meter: &Meter, now: UtcMs) -> Option<Finding> {
    let previous = meter.registers.first()?.previous()?.at;
    (previous >= now).then(|| finding(Rule::TimeReversed, None, [("previous", previous.to_string())]))
}

/// What a register of the old meter was, whose readings the history holds.
fn before_exchange<'a>(register: &'a Register, exchange: Option<&Exchange>) -> Cow<'a, Register> {
    match exchange {
        None => Cow::Borrowed(register),
        Some(exchange) => Cow::Owned(Register {
            dials: exchange.dials,
            multiplier: exchange.multiplier,
            ..register.clone()
        }),
    }
}

/// How far a register went in units of its dials, where that can be said in those of the history, and its use.
type Used = Option<(Option<Decimal>, Decimal)>;

/// What the dials say about one value.
fn value_of_register(register: &Register, value: Decimal, habit: Option<&Habit>) -> (Option<Finding>, Used) {
    if let Some(finding) = digits(register, value) {
        return (Some(finding), None);
    }
    let previous = register.previous().filter(|_| counts_up(register));
    let Some((found, forward)) = previous.and_then(|past| turned(register, past.value, value, habit)) else {
        return (None, None);
    };
    let used = forward.and_then(|forward| Some((Some(forward), forward.times(register.multiplier).ok()?)));
    (found, used)
}

/// The same over an exchange: the old meter up to its end, the new one from its start.
fn value_across(
    register: &Register,
    old: &Register,
    exchange: &Exchange,
    value: Decimal,
    habit: Option<&Habit>,
) -> (Option<Finding>, Used) {
    if let Some(finding) = digits(register, value) {
        return (Some(finding), None);
    }
    let previous = old.previous().filter(|_| counts_up(register));
    let Some((past, (end, start))) = previous.zip(exchange.of(register)) else { return (None, None) };
    let (Some((ended, before)), Some((found, after))) =
        (turned(old, past.value, end, habit), turned(register, start, value, habit))
    else {
        return (digits(old, end).or_else(|| digits(register, start)), None);
    };
    let used = before.zip(after).and_then(|(before, after)| {
        let used = before.times(old.multiplier).ok()?.plus(after.times(register.multiplier).ok()?).ok()?;
        let forward = (old.multiplier == register.multiplier).then(|| before.plus(after).ok()).flatten();
        Some((forward, used))
    });
    (ended.or(found), used)
}

fn digits(register: &Register, value: Decimal) -> Option<Finding> {
    let dials = register.dials;
    shown(dials, value).is_none().then(|| {
        let numbers = [
            ("value", value.to_string()),
            ("integers", dials.integers().to_string()),
            ("decimals", dials.decimals().to_string()),
        ];
        finding(Rule::Digits, Some(register), numbers)
    })
}

/// How the dials turned from one value to another, and how far forward; nothing where one of them does not fit.
fn turned(
    register: &Register,
    previous: Decimal,
    value: Decimal,
    habit: Option<&Habit>,
) -> Option<(Option<Finding>, Option<Decimal>)> {
    let turn = turn(register.dials, previous, value, habit)?;
    let numbers = [("previous", previous.to_string()), ("value", value.to_string())];
    let finding = match turn {
        Turn::Forward(_) => None,
        Turn::RolledOver(_) => Some(finding(Rule::RolledOver, Some(register), numbers)),
        Turn::Backwards => Some(finding(Rule::Backwards, Some(register), numbers)),
    };
    Some((finding, turn.forward()))
}

fn out_of_usual(register: &Register, habit: &Habit, forward: Decimal, used: Decimal) -> Option<Finding> {
    let rule = fluctuation::out_of_usual(register, habit, forward)?;
    let usual = fluctuation::usual(register, habit)?;
    let unit = ("unit", register.unit.to_string());
    if rule == Rule::Zero {
        return Some(finding(rule, Some(register), [unit, ("expected", usual.expected.to_string())]));
    }
    // Of an empty house anything is many times the usual; one unit keeps the factor a number.
    let times = (forward.approximate() / habit.expected.max(1.0)).min(TIMES_MAX);
    Some(finding(rule, Some(register), [("use", used.to_string()), unit, ("times", one_decimal(times))]))
}

fn sums(meter: &Meter, observed: &Observed) -> Vec<Finding> {
    let mut values = values_of(meter, observed);
    values.extend(observed.unplanned(meter));
    let mismatches = tou::mismatches(meter, &values).into_iter();
    let told = mismatches.map(|mismatch| Finding {
        rule: Rule::SumMismatch,
        obis: Some(mismatch.obis),
        numbers: named([
            ("total", mismatch.total.to_string()),
            ("sum", mismatch.sum.to_string()),
            ("difference", mismatch.difference.to_string()),
        ]),
    });
    told.collect()
}

/// A finding with its numbers.
pub(super) fn finding<const N: usize>(
    rule: Rule,
    register: Option<&Register>,
    numbers: [(&str, String); N],
) -> Finding {
    Finding { rule, obis: register.map(|register| register.obis), numbers: named(numbers) }
}

fn named<const N: usize>(numbers: [(&str, String); N]) -> Vec<(String, String)> {
    numbers.into_iter().map(|(name, number)| (name.to_owned(), number)).collect()
}

/// `6` or `0.3`.
fn one_decimal(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

const fn weight(rule: Rule) -> u8 {
    match rule.severity() {
        Severity::Strong => 0,
        Severity::Urgent => 1,
        Severity::Ask => 2,
    }
}
