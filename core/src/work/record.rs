//! Recording what a meter showed, by probe or by keypad.
//!
//! A value that does not fit is recorded too, with its verdict: the reader stands at the meter, we do not. Only
//! another meter's answer is held back, because it would stand under the wrong customer.

use super::{WorkError, owner};
use crate::{
    audit::{
        judge::judge,
        observed::{Observed, values_of},
    },
    decimal::Decimal,
    gnss::fix::Fix,
    id::StopId,
    obis::Obis,
    probe::readout::{Datum, Readout, Value},
    reading::{Method, Reading},
    register::Dials,
    round::Stop,
    store::{Recorded, Store},
    time::{Civil, UtcMs},
};

/// Longest meter number that is kept, in characters.
const NUMBER_MAX: usize = 64;

/// What came of a readout.
#[derive(Clone, Debug, PartialEq)]
pub enum Recording {
    /// It is on disk.
    Recorded(Box<Recorded>),
    /// Another meter answered. Nothing was recorded.
    WrongMeter {
        /// The number it gave.
        seen: String,
        /// Its stop, if it is on this round.
        belongs_to: Option<StopId>,
    },
}

/// Records a readout at a stop. With `insist` another meter's answer is recorded as well, and its verdict says
/// so: the meter may have been exchanged.
pub fn record_readout(
    store: &mut Store,
    now: UtcMs,
    stop: StopId,
    readout: &Readout,
    transcript: &str,
    fix: Option<Fix>,
    insist: bool,
) -> Result<Recording, WorkError> {
    let stop = store.stop(stop)?.ok_or(WorkError::UnknownStop(stop))?;
    let numbers = owner::numbers(readout);
    let own = numbers.iter().find(|number| stop.meter.answers_to(number));
    let seen = own.or(numbers.first()).map(|number| number.chars().take(NUMBER_MAX).collect::<String>());
    if let Some(seen) = &seen
        && !insist
    {
        let belongs_to = owner::owner(&store.serials(stop.round)?, &numbers);
        if belongs_to != Some(stop.id) {
            return Ok(Recording::WrongMeter { seen: seen.clone(), belongs_to });
        }
    }
    let observed =
        Observed { values: readout.registers.clone(), serial_seen: seen, integrity: Some(readout.integrity) };
    let reading = read(&stop, now, Method::Probe, &observed, readout.clock, fix);
    if reading.values.is_empty() {
        return Err(WorkError::NoRegister);
    }
    Ok(Recording::Recorded(Box::new(store.record(reading, Some(transcript))?)))
}

/// Records digits typed from the display, for each register all of its digits, the decimals included, without
/// a point: `0049906` on five black and two red digits is 499.06.
pub fn record_typed(
    store: &mut Store,
    now: UtcMs,
    stop: StopId,
    entries: &[(Obis, String)],
    fix: Option<Fix>,
) -> Result<Recorded, WorkError> {
    let stop = store.stop(stop)?.ok_or(WorkError::UnknownStop(stop))?;
    let typed = |(obis, digits): &(Obis, String)| {
        let register = stop.meter.register(*obis).ok_or(WorkError::BadEntry(*obis))?;
        let value = shown(digits, register.dials).ok_or(WorkError::BadEntry(*obis))?;
        Ok(Datum { obis: *obis, value: Value::Number(value), unit: Some(register.unit.clone()), at: None })
    };
    let values = entries.iter().map(typed).collect::<Result<Vec<_>, WorkError>>()?;
    let observed = Observed { values, serial_seen: None, integrity: None };
    let reading = read(&stop, now, Method::Keypad, &observed, None, fix);
    if reading.values.is_empty() {
        return Err(WorkError::NoRegister);
    }
    Ok(store.record(reading, None)?)
}

/// What digits without a point stand for on these dials.
fn shown(digits: &str, dials: Dials) -> Option<Decimal> {
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    Decimal::new(digits.parse().ok()?, dials.decimals()).ok()
}

fn read(
    stop: &Stop,
    now: UtcMs,
    method: Method,
    observed: &Observed,
    meter_clock: Option<Civil>,
    fix: Option<Fix>,
) -> Reading {
    Reading {
        stop: stop.id,
        meter: stop.meter.id,
        taken_at: now,
        method,
        values: values_of(&stop.meter, observed),
        serial_seen: observed.serial_seen.clone(),
        meter_clock,
        fix,
        verdict: judge(&stop.meter, observed, now),
        transcript: None,
        supersedes: None,
    }
}
