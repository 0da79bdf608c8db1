//! What use is usual for this customer over this period, and whether a use is out of it. A first robust check:
//! medians of what was read, nothing learned from others. Floating point, because it is statistics only.

use super::{
    arithmetic,
    verdict::{Rule, Usual},
};
use crate::{
    decimal::{Decimal, power},
    quantity::Unit,
    register::{PastReading, Register},
    time::UtcMs,
};

/// The usual is the median of so many periods, the latest ones.
const RECENT: usize = 6;

/// How much it varies is judged by so many.
const VARIED: usize = 12;

/// With fewer periods than this the band is wide.
const ENOUGH: usize = 3;

/// The band is so many sigma to both sides.
const BAND_SIGMAS: f64 = 3.0;

/// Very high is beyond so many sigma and so many times the expected.
const VERY_HIGH: (f64, f64) = (6.0, 3.0);

/// Sigma is at least this part of the expected use, and this with few periods.
const SIGMA_PART: (f64, f64) = (0.25, 0.75);

/// Nobody is asked about a difference of less than so many kilowatt-hours, or units of anything else.
const TINY_UNITS: f64 = 10.0;

/// How much the same month of last year counts beside the latest months.
const SEASON_WEIGHT: f64 = 0.5;

/// The same month of last year is so many days ago, give or take so many.
const YEAR_DAYS: (f64, f64) = (365.25, 20.0);

/// Shorter periods say nothing about use a day.
const PERIOD_MIN_DAYS: f64 = 1.0;

/// Makes a sigma of a median of absolute deviations, if they are normal.
const MAD_TO_SIGMA: f64 = 1.4826;

/// In the history an apparent rollover beyond this part of the dials is a correction and no use.
const HISTORY_ROLLOVER_PART: f64 = 0.25;

/// How a register was used, for the period in question, in units of its dials.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Habit {
    /// From how many past periods this is known.
    pub readings: usize,
    /// The use to expect.
    pub expected: f64,
    /// How much it varies.
    pub sigma: f64,
    /// What the strongest past use would make over this period.
    pub largest: f64,
    /// Whether there ever was a period without use.
    pub ever_idle: bool,
}

/// A past period.
struct Period {
    middle: UtcMs,
    days: f64,
    daily: f64,
    actual: bool,
}

/// The habit of a register for the time from its previous reading to `now`; nothing without a past period, or for
/// less than a day.
pub fn habit(register: &Register, now: UtcMs) -> Option<Habit> {
    let since = register.previous()?.at;
    let days = days_between(since, now).filter(|days| *days >= PERIOD_MIN_DAYS)?;
    let periods = periods(register);
    let daily =
        |count: usize| periods.iter().rev().take(count).map(|period| period.daily).collect::<Vec<f64>>();
    let recent = median(daily(RECENT))?;
    let varied = daily(VARIED);
    let spread_around = median(varied.clone())?;
    let deviations = varied.iter().map(|daily| (daily - spread_around).abs()).collect();
    let season = last_year(&periods, UtcMs(since.0 + now.since(since) / 2));
    let expected = season.map_or(recent, |season| (1.0 - SEASON_WEIGHT) * recent + SEASON_WEIGHT * season);
    // A short period averages out less.
    let typical_days = median(periods.iter().map(|period| period.days).collect())?;
    let shortness = (typical_days / days).max(1.0).sqrt();
    let part = if periods.len() < ENOUGH { SIGMA_PART.1 } else { SIGMA_PART.0 };
    let sigma = (median(deviations)? * MAD_TO_SIGMA).max(part * expected) * shortness;
    Some(Habit {
        readings: periods.len(),
        expected: expected * days,
        sigma: sigma * days,
        largest: periods.iter().map(|period| period.daily).fold(0.0, f64::max) * days,
        ever_idle: varied.iter().any(|daily| *daily <= 0.0),
    })
}

/// What a use is called that is out of the usual, if it is.
pub fn out_of_usual(register: &Register, habit: &Habit, forward: Decimal) -> Option<Rule> {
    let used = forward.approximate();
    let tiny = tiny(register);
    let above = used - habit.expected;
    if forward == Decimal::ZERO && habit.readings >= ENOUGH && !habit.ever_idle {
        return (habit.expected >= tiny).then_some(Rule::Zero);
    }
    let band = (BAND_SIGMAS * habit.sigma).max(tiny);
    if above.abs() <= band {
        return None;
    }
    if above < 0.0 {
        return Some(Rule::Low);
    }
    let far = above > VERY_HIGH.0 * habit.sigma && used > VERY_HIGH.1 * habit.expected;
    Some(if far && habit.readings >= ENOUGH { Rule::VeryHigh } else { Rule::High })
}

/// The band of the usual, multiplier applied, with the places of the dials.
pub fn usual(register: &Register, habit: &Habit) -> Option<Usual> {
    let band = (BAND_SIGMAS * habit.sigma).max(tiny(register));
    let multiplier = register.multiplier.approximate();
    let rounded = |dials: f64| rounded(dials * multiplier, register.dials.decimals());
    Some(Usual {
        low: rounded((habit.expected - band).max(0.0))?,
        expected: rounded(habit.expected)?,
        high: rounded(habit.expected + band)?,
    })
}

/// The number with so many places, if it is one.
pub fn rounded(number: f64, places: u8) -> Option<Decimal> {
    let mantissa = (number * parts(places)).round();
    #[expect(clippy::cast_possible_truncation, reason = "checked to be in range")]
    if mantissa.abs() < 1e15 { Decimal::new(mantissa as i64, places).ok() } else { None }
}

/// How many last places make one unit. Not a power of the library, whose last bit is its own.
#[expect(clippy::cast_precision_loss, reason = "at most 10^9")]
fn parts(places: u8) -> f64 {
    power(places) as f64
}

/// What is not worth a question, in units of the dials.
fn tiny(register: &Register) -> f64 {
    let unit = match register.unit {
        Unit::WattHour | Unit::VarHour | Unit::VoltAmpereHour => 1e3,
        Unit::MegaWattHour => 1e-3,
        Unit::KiloWattHour
        | Unit::KiloVarHour
        | Unit::KiloVoltAmpereHour
        | Unit::KiloWatt
        | Unit::Watt
        | Unit::KiloVar
        | Unit::Var
        | Unit::KiloVoltAmpere
        | Unit::VoltAmpere
        | Unit::Volt
        | Unit::Ampere
        | Unit::Hertz
        | Unit::Degree
        | Unit::Celsius
        | Unit::Second
        | Unit::Minute
        | Unit::Yuan
        | Unit::CubicMetre
        | Unit::Other(_) => 1.0,
    };
    let multiplier = register.multiplier.approximate();
    // The last place alone may be off by one at both ends.
    let last_places = 2.0 / parts(register.dials.decimals());
    if multiplier > 0.0 { (TINY_UNITS * unit / multiplier).max(last_places) } else { f64::INFINITY }
}

/// The past periods; only those that somebody read at both ends, where these are enough.
fn periods(register: &Register) -> Vec<Period> {
    let mut periods: Vec<Period> =
        register.history.windows(2).filter_map(|pair| period(register, &pair[0], &pair[1])).collect();
    if periods.iter().filter(|period| period.actual).count() >= ENOUGH {
        periods.retain(|period| period.actual);
    }
    periods
}

fn period(register: &Register, earlier: &PastReading, later: &PastReading) -> Option<Period> {
    let days = days_between(earlier.at, later.at).filter(|days| *days >= PERIOD_MIN_DAYS)?;
    let shown = |value| arithmetic::shown(register.dials, value);
    let advance = register.dials.advance(shown(earlier.value)?, shown(later.value)?).ok()?;
    let forward = advance.forward.approximate();
    let believable = forward <= HISTORY_ROLLOVER_PART * register.dials.capacity().approximate();
    (!advance.rolled_over || believable).then(|| Period {
        middle: UtcMs(earlier.at.0 + later.at.since(earlier.at) / 2),
        days,
        daily: forward / days,
        actual: earlier.actual && later.actual,
    })
}

/// The use a day in the period whose middle lies a year before `middle`.
fn last_year(periods: &[Period], middle: UtcMs) -> Option<f64> {
    let off = |period: &Period| (days_between(period.middle, middle).unwrap_or_default() - YEAR_DAYS.0).abs();
    let nearest = periods.iter().min_by(|left, right| off(left).total_cmp(&off(right)))?;
    (off(nearest) <= YEAR_DAYS.1).then_some(nearest.daily)
}

fn days_between(earlier: UtcMs, later: UtcMs) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "statistics only")]
    (later > earlier).then(|| later.milli_days_since(earlier) as f64 / 1_000.0)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle), values.len() % 2) {
        (Some(upper), 1) => Some(*upper),
        (Some(upper), _) => Some((values[middle - 1] + upper) / 2.0),
        (None, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{obis::Obis, register::Dials};

    const DAY: i64 = 86_400_000;

    /// A register that was read every thirty days, with these uses.
    fn register(uses: &[i64]) -> Register {
        let mut value = 1_000;
        let mut history = vec![];
        for (at, used) in (0..).zip([0].iter().chain(uses)) {
            value += used;
            history.push(PastReading {
                at: UtcMs(at * 30 * DAY),
                value: Decimal::new(value, 0).unwrap(),
                actual: true,
            });
        }
        Register {
            obis: Obis::ACTIVE_IMPORT,
            unit: Unit::KiloWattHour,
            dials: Dials::new(6, 0).unwrap(),
            multiplier: Decimal::new(1, 0).unwrap(),
            history,
        }
    }

    #[track_caller]
    fn check(uses: &[i64], days: i64, used: i64, expected: Option<Rule>) {
        let register = register(uses);
        let now = UtcMs(register.previous().unwrap().at.0 + days * DAY);
        let habit = habit(&register, now).unwrap();
        let rule = out_of_usual(&register, &habit, Decimal::new(used, 0).unwrap());
        assert_eq!(rule, expected, "{used} after {uses:?}: {habit:?}");
    }

    const STEADY: [i64; 7] = [200, 210, 190, 205, 195, 200, 200];

    #[test]
    fn a_steady_customer_is_known() {
        check(&STEADY, 30, 200, None);
        check(&STEADY, 30, 330, None);
        check(&STEADY, 30, 400, Some(Rule::High));
        check(&STEADY, 30, 1_200, Some(Rule::VeryHigh));
        check(&STEADY, 30, 40, Some(Rule::Low));
        check(&STEADY, 30, 0, Some(Rule::Zero));
        check(&STEADY, 60, 400, None);
        check(&STEADY, 3, 40, None);
    }

    #[test]
    fn one_misread_month_does_not_move_the_usual() {
        check(&[200, 210, 9_000, 205, 195, 200, 200], 30, 200, None);
        check(&[200, 210, 9_000, 205, 195, 200, 200], 30, 9_000, Some(Rule::VeryHigh));
    }

    #[test]
    fn few_readings_and_small_amounts_raise_no_alarm() {
        check(&[200], 30, 20, None);
        check(&[200], 30, 0, None);
        check(&[200, 180], 30, 500, None);
        check(&[200, 180], 30, 5_000, Some(Rule::High));
        check(&[1, 2, 1, 1, 2], 30, 9, None);
        check(&[1, 2, 1, 1, 2], 30, 0, None);
    }

    #[test]
    fn an_empty_house_may_stay_empty() {
        check(&[0, 0, 0, 0, 0], 30, 0, None);
        check(&[0, 0, 0, 0, 0], 30, 5, None);
        check(&[0, 0, 0, 0, 0], 30, 500, Some(Rule::VeryHigh));
        check(&[200, 0, 210, 190, 200], 30, 0, Some(Rule::Low));
    }

    #[test]
    fn last_winter_explains_this_winter() {
        let year = [900, 700, 500, 300, 200, 150, 150, 150, 200, 300, 500, 700];
        check(&year, 30, 900, None);
        let flat = [150; 12];
        check(&flat, 30, 900, Some(Rule::VeryHigh));
    }

    #[test]
    fn the_band_is_shown_in_whole_units_of_the_dials() {
        let register = register(&STEADY);
        let habit = habit(&register, UtcMs(8 * 30 * DAY)).unwrap();
        let usual = usual(&register, &habit).map(|usual| [usual.low, usual.expected, usual.high]);
        assert_eq!(
            usual.map(|band| band.map(|value| value.to_string())),
            Some(["50", "200", "350"].map(String::from))
        );
    }
}
