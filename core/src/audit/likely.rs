//! The rules that the office's pack speaks in: an unlikely reading, times of use in each other's place, a drop that lasts.

use super::{
    arithmetic::counts_up,
    circumstances::Circumstances,
    judge::finding,
    likelihood::{class::Class, cusum::shortfall, swap::swapped, weigh::weigh},
    observed::{Found, Observed, find},
    recall::{Recalled, recall, units},
    verdict::{Finding, Rule},
};
use crate::{decimal::Decimal, meter::Meter, register::Register, time::UtcMs};

/// What the model says; nothing without a pack.
pub(super) fn findings(
    meter: &Meter,
    observed: &Observed,
    now: UtcMs,
    circumstances: &Circumstances<'_>,
) -> Vec<Finding> {
    let Some(class) = circumstances.class else { return vec![] };
    let read = |register: &Register| match find(register, observed) {
        Found::Value(value) if counts_up(register) => {
            let recalled = recall(register, circumstances.exchange.as_ref())?;
            Some((recalled, units(register.dials, value)?))
        }
        Found::Value(_) | Found::Strange(_) | Found::Nothing => None,
    };
    let mut findings = vec![];
    if let Some(register) = meter.registers.first()
        && let Some((recalled, reading)) = read(register)
    {
        findings.extend(unlikely(register, &recalled, reading, now, class));
        findings.extend(drop(register, &recalled, reading, now, class, circumstances.limits.drop_above));
    }
    let tariffs: Vec<&Register> = meter.registers.iter().filter(|register| is_tariff(register)).collect();
    let parts: Option<Vec<(Recalled, i64)>> = tariffs.iter().map(|register| read(register)).collect();
    findings.extend(parts.and_then(|parts| order(&tariffs, &parts, now, class)));
    findings
}

fn unlikely(
    register: &Register,
    recalled: &Recalled,
    reading: i64,
    now: UtcMs,
    class: &Class,
) -> Option<Finding> {
    let opinion = weigh(&recalled.trail, class, recalled.days(now)?, reading, recalled.digits)?;
    if !opinion.is_alarm() {
        return None;
    }
    let meant = opinion.suggestion.and_then(|units| Decimal::new(units, register.dials.decimals()).ok());
    let numbers = [
        ("score", format!("{:.1}", opinion.score)),
        ("slip", opinion.slip.code().to_owned()),
        ("meant", meant.map(|meant| meant.to_string()).unwrap_or_default()),
        ("percent", format!("{:.0}", (opinion.confidence * 100.0).floor())),
    ];
    Some(finding(Rule::Unlikely, Some(register), numbers))
}

fn drop(
    register: &Register,
    recalled: &Recalled,
    reading: i64,
    now: UtcMs,
    class: &Class,
    above: f64,
) -> Option<Finding> {
    let turn = 10_i64.pow(u32::from(recalled.digits));
    #[expect(clippy::cast_precision_loss, reason = "at most 10^15; statistics only")]
    let used = recalled.trail.used(reading, turn) as f64;
    let found = shortfall(&recalled.trail, class, recalled.days(now)?, used, 0.0)?;
    (found.sum > above).then(|| {
        let numbers = [("periods", found.periods.to_string()), ("sum", format!("{:.1}", found.sum))];
        finding(Rule::SustainedDrop, Some(register), numbers)
    })
}

fn order(tariffs: &[&Register], parts: &[(Recalled, i64)], now: UtcMs, class: &Class) -> Option<Finding> {
    let days = parts.first()?.0.days(now)?;
    let read: Vec<_> = parts.iter().map(|(recalled, reading)| recalled.part(*reading)).collect();
    let swapped = swapped(&read, class, days).filter(super::likelihood::swap::Swapped::is_alarm)?;
    let name =
        |from: &usize| tariffs.get(*from).map(|register| register.obis.e.to_string()).unwrap_or_default();
    let order = swapped.order.iter().map(name).collect::<Vec<_>>().join(" ");
    let numbers = [("score", format!("{:.1}", swapped.score)), ("order", order)];
    Some(finding(Rule::TariffsSwapped, tariffs.first().copied(), numbers))
}

fn is_tariff(register: &Register) -> bool {
    register.obis.is_present_total() && register.obis.e != 0
}
