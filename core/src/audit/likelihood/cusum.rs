//! Whether use has been falling short of last season's for some time: a cumulated sum of shortfalls.

use super::{class::Class, forecast::Way, past::Past, trail::Trail};

/// What each period may fall short, in spreads, before it counts.
const SLACK: f64 = 0.5;
/// One period counts at most so much: a sudden fall is another rule's.
const STEP_MAX: f64 = 3.0;
/// No season is better known than this.
const SPREAD_MIN: f64 = 0.05;

/// A shortfall that lasts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shortfall {
    /// Periods in a row that made it.
    pub periods: usize,
    /// Their sum, in spreads.
    pub sum: f64,
}

/// The shortfall up to a use of so much in the period in question. `peers` is what the customers around used more or less
/// than last season, as a logarithm; 0 where nothing is known.
pub fn shortfall(trail: &Trail, class: &Class, days: f64, used: f64, peers: f64) -> Option<Shortfall> {
    let mut trail = trail.clone();
    let past = Past::new(&trail, days)?;
    let own = Way::Season.forecast(&past, &class.learned)?;
    trail.add_used(used, days);
    let past = Past::new(&trail, days)?;
    let spread = own.off.max(class.spreads[Way::Season as usize]).max(SPREAD_MIN);
    let (mut sum, mut periods) = (0.0, 0);
    let last = past.count().checked_sub(1)?;
    for at in 0..past.count() {
        let Some(season) = past.season(at).filter(|season| past.is_active(*season)) else { continue };
        let expected = past.log(season) + if at == last { peers } else { 0.0 };
        let short = ((expected - past.log(at)) / spread).min(STEP_MAX) - SLACK;
        sum = f64::max(sum + short, 0.0);
        periods = if sum > 0.0 { periods + 1 } else { 0 };
    }
    Some(Shortfall { periods, sum })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::likelihood::tests::class;

    /// Two years of steady use, and of the second the last `short` months at this part of it.
    #[track_caller]
    fn check(part: f64, short: i64, expected: impl Fn(Shortfall) -> bool) {
        let days = class().days();
        let mut trail = Trail::new(0);
        for at in 0..26 {
            let usual = 1_000 + at % 13 * 40 + at % 2 * 15;
            #[expect(clippy::cast_possible_truncation, reason = "a few hundred")]
            let used = if at >= 26 - short {
                (f64::from(i32::try_from(usual).unwrap()) * part) as i64
            } else {
                usual
            };
            trail.add(trail.last() + used, 10_000_000, days);
        }
        let found = shortfall(&trail, &class(), days, 1_000.0 * part, 0.0).unwrap();
        assert!(expected(found), "{found:?}");
    }

    #[test]
    fn a_use_that_stays_low_adds_up_and_one_that_does_not_does_not() {
        check(1.0, 0, |found| found.sum < 2.0);
        check(0.7, 0, |found| found.periods <= 1);
        check(0.7, 6, |found| found.sum > 8.0 && found.periods >= 6);
        check(0.85, 9, |found| found.sum > 5.0);
    }
}
