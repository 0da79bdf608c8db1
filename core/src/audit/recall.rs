//! A planned register's past as the likelihood model keeps it.

use super::{
    arithmetic::shown,
    circumstances::Exchange,
    likelihood::{swap::PartRead, trail::Trail},
};
use crate::{
    decimal::Decimal,
    register::{Dials, Register},
    time::UtcMs,
};

/// An apparent turn of the dials beyond this part of them is a correction in the books and no use.
const TURN_PART_MAX: i64 = 4;

/// What a register remembers, when its past began to count, and how many digits it shows.
#[derive(Clone, Debug)]
pub struct Recalled {
    /// Its past.
    pub trail: Trail,
    /// When the latest reading that counts was taken.
    pub since: UtcMs,
    /// Its digits, before and behind the point.
    pub digits: u8,
}

/// The past of a register, from what somebody read; an estimate is no reading, its period goes on. After an exchange the
/// past is the old meter's, and the running period begins there.
pub fn recall(register: &Register, exchange: Option<&Exchange>) -> Option<Recalled> {
    let dials = exchange.map_or(register.dials, |exchange| exchange.dials);
    let turn = turn(dials);
    let mut read = register.history.iter().filter(|past| past.actual);
    let first = read.next()?;
    let (mut trail, mut since) = (Trail::new(units(dials, first.value)?), first.at);
    for past in read {
        let Some(value) = units(dials, past.value) else { continue };
        let days = days_between(since, past.at).filter(|days| *days > 0.0);
        let is_turn = value < trail.last() && trail.used(value, turn) > turn / TURN_PART_MAX;
        match days.filter(|_| !is_turn) {
            Some(days) => trail.add(value, turn, days),
            None => trail.restart(value),
        }
        since = past.at;
    }
    if let Some(exchange) = exchange {
        let (end, start) = exchange.of(register)?;
        let value = |dials: Dials, multiplier: Decimal| multiplier.approximate() / unit_parts(dials);
        let ratio = value(exchange.dials, exchange.multiplier) / value(register.dials, register.multiplier);
        trail.exchange(units(dials, end)?, turn, units(register.dials, start)?, ratio);
    }
    Some(Recalled { trail, since, digits: register.dials.integers() + register.dials.decimals() })
}

impl Recalled {
    /// Days from the latest reading that counts to now.
    pub fn days(&self, now: UtcMs) -> Option<f64> {
        days_between(self.since, now)
    }

    /// The register with what was read now, in the order of its tariffs.
    pub const fn part(&self, reading: i64) -> PartRead<'_> {
        PartRead { trail: &self.trail, digits: self.digits, reading }
    }
}

impl Exchange {
    /// The end of the old register and the start of the new one, if both are known.
    pub fn of(&self, register: &Register) -> Option<(Decimal, Decimal)> {
        let find = |all: &[(crate::obis::Obis, Decimal)]| {
            all.iter().find(|(obis, _)| *obis == register.obis).map(|(_, value)| *value)
        };
        Some((find(&self.ends)?, find(&self.starts)?))
    }
}

/// A value as a number of last places, if the dials can show it.
pub fn units(dials: Dials, value: Decimal) -> Option<i64> {
    shown(dials, value)?.rescaled(dials.decimals()).ok().map(Decimal::mantissa)
}

/// One turn of the dials in last places.
fn turn(dials: Dials) -> i64 {
    10_i64.pow(u32::from(dials.integers() + dials.decimals()))
}

#[expect(clippy::cast_precision_loss, reason = "at most a million")]
fn unit_parts(dials: Dials) -> f64 {
    10_i64.pow(u32::from(dials.decimals())) as f64
}

fn days_between(earlier: UtcMs, later: UtcMs) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "statistics only")]
    (later > earlier).then(|| later.milli_days_since(earlier) as f64 / 1_000.0)
}
