//! The past of a register, reckoned over to the length of the period in question.

use super::{
    logs::ln,
    trail::{PERIODS, Period, Trail},
};

/// A season is a year.
const SEASON_DAYS: f64 = 365.25;
/// The period a season ago is one whose middle is at most this part of its length away from where it should be.
const SEASON_SLACK: f64 = 0.55;
/// Shorter periods say nothing.
const DAYS_MIN: f64 = 0.5;
/// With fewer periods nothing is said.
const PERIODS_MIN: usize = 2;

/// Beside a use of nothing, so much of the median and one unit keep logarithms near.
const FLOOR_PART: f64 = 0.02;

/// What was used, oldest first, and where a season before each stands.
#[derive(Clone, Debug)]
pub struct Past {
    uses: [f64; PERIODS],
    logs: [f64; PERIODS],
    seasons: [Option<usize>; PERIODS + 1],
    count: usize,
    /// The median use.
    pub median: f64,
    /// What is added to a use before its logarithm is taken.
    pub floor: f64,
    /// How much longer the usual period is, if it is: a short one averages out less.
    pub shortness: f64,
}

impl Past {
    /// The past as uses in `days` each; nothing with too little of it, or for too short a period.
    pub fn new(trail: &Trail, days: f64) -> Option<Self> {
        if days.is_nan() || days < DAYS_MIN {
            return None;
        }
        let (mut uses, mut lengths, mut ends) = ([0.0; PERIODS], [0.0; PERIODS + 1], [0.0; PERIODS + 1]);
        let (mut count, mut end) = (0, 0.0);
        for Period { used, days: length } in trail.periods().filter(|period| period.days >= DAYS_MIN) {
            end += length;
            (uses[count], lengths[count], ends[count]) = (used / length * days, length, end);
            count += 1;
        }
        if count < PERIODS_MIN {
            return None;
        }
        let usual_days = median(&lengths[..count])?;
        (lengths[count], ends[count]) = (days, end + days);
        let median = median(&uses[..count])?;
        let floor = FLOOR_PART * median + 1.0;
        let mut logs = [0.0; PERIODS];
        for (log, used) in logs.iter_mut().zip(&uses[..count]) {
            *log = ln(used + floor);
        }
        let mut seasons = [None; PERIODS + 1];
        for (at, season) in seasons.iter_mut().enumerate().take(count + 1) {
            let wanted = ends[at] - lengths[at] / 2.0 - SEASON_DAYS;
            let off = |then: usize| (ends[then] - lengths[then] / 2.0 - wanted).abs();
            let nearest = (0..at).min_by(|left, right| off(*left).total_cmp(&off(*right)));
            *season = nearest.filter(|then| off(*then) <= SEASON_SLACK * lengths[*then].max(lengths[at]));
        }
        let shortness = (usual_days / days).max(1.0).sqrt();
        Some(Self { uses, logs, seasons, count, median, floor, shortness })
    }

    /// How many periods there are; the one in question comes after them.
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Whether there was use in a period.
    pub fn is_active(&self, at: usize) -> bool {
        self.uses.get(at).is_some_and(|used| *used > 0.0)
    }

    /// The logarithm of use and floor together in a period, which is one before the one in question.
    pub fn log(&self, at: usize) -> f64 {
        self.logs.get(at).copied().unwrap_or_default()
    }

    /// The use in a period before the one in question.
    pub fn used(&self, at: usize) -> f64 {
        self.uses.get(at).copied().unwrap_or_default()
    }

    /// The period a season before the one at `at`.
    pub fn season(&self, at: usize) -> Option<usize> {
        self.seasons.get(at).copied().flatten()
    }

    /// The periods with use before the one at `at`, latest first.
    pub fn active_before(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        (0..at.min(self.count)).rev().filter(|then| self.is_active(*then))
    }
}

/// The middle of at most as many values as there are periods.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = [0.0; PERIODS];
    let sorted = sorted.get_mut(..values.len())?;
    sorted.copy_from_slice(values);
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    Some(if sorted.len() % 2 == 1 { upper } else { (sorted[middle - 1] + upper) / 2.0 })
}
