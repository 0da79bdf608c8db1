//! What a register remembers of its past: 160 bytes, in which the latest periods are kept as logarithms of their use.

use super::logs::{exp, ln};

/// Periods that are remembered: two seasons of thirteen and some.
pub const PERIODS: usize = COUNT_MAX as usize;
const COUNT_MAX: u8 = 35;

/// Use is kept to a part in 1,800, days to a sixteenth.
const USE_STEPS: f64 = 1_800.0;
const DAY_STEPS: f64 = 16.0;

/// A past period, four bytes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Past {
    used: u16,
    days: u16,
}

/// The past of one register. Readings are whole numbers of the last place that the dials show.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Trail {
    last: i64,
    /// What a meter before this one counted in the running period.
    carried: i64,
    /// Oldest first.
    periods: [Past; PERIODS],
    count: u8,
}

/// A period as it is reckoned with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Period {
    /// Use in units of the last place.
    pub used: f64,
    /// Its length.
    pub days: f64,
}

impl Trail {
    /// Begins with a first reading.
    pub const fn new(first: i64) -> Self {
        Self { last: first, carried: 0, periods: [Past { used: 0, days: 0 }; PERIODS], count: 0 }
    }

    /// The latest reading.
    pub const fn last(&self) -> i64 {
        self.last
    }

    /// The use if the register, which begins anew at `turn`, shows `reading` now: forward in any case.
    pub const fn used(&self, reading: i64, turn: i64) -> i64 {
        self.carried.saturating_add(reading.saturating_sub(self.last).rem_euclid(if turn < 1 {
            1
        } else {
            turn
        }))
    }

    /// Adds a reading that counts, so many days after the one before it.
    pub fn add(&mut self, reading: i64, turn: i64, days: f64) {
        #[expect(clippy::cast_precision_loss, reason = "statistics only")]
        self.add_used(self.used(reading, turn) as f64, days);
        (self.last, self.carried) = (reading, 0);
    }

    /// Adds a period of so much use; the latest reading stays.
    pub(super) fn add_used(&mut self, used: f64, days: f64) {
        self.push(Past { used: coded(ln(1.0 + used) * USE_STEPS), days: coded(days * DAY_STEPS) });
    }

    /// Goes on from a reading whose period says nothing.
    pub const fn restart(&mut self, reading: i64) {
        (self.last, self.carried) = (reading, 0);
    }

    /// Another meter was put in: the old one ended at `end` and turned over at `turn`, the new one began at `start`. What
    /// one unit of the old was is `ratio` units of the new.
    pub fn exchange(&mut self, end: i64, turn: i64, start: i64, ratio: f64) {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "saturates; statistics only"
        )]
        let carried = (self.used(end, turn) as f64 * ratio).round() as i64;
        (self.last, self.carried) = (start, carried.max(0));
        if ratio != 1.0 {
            for past in &mut self.periods {
                past.used = coded(ln(1.0 + used_of(*past) * ratio) * USE_STEPS);
            }
        }
    }

    /// The periods, oldest first.
    pub fn periods(&self) -> impl DoubleEndedIterator<Item = Period> + '_ {
        let count = usize::from(self.count);
        let kept = self.periods.get(PERIODS - count.min(PERIODS)..).unwrap_or_default();
        kept.iter().map(|past| Period { used: used_of(*past), days: f64::from(past.days) / DAY_STEPS })
    }

    fn push(&mut self, past: Past) {
        self.periods.rotate_left(1);
        if let Some(newest) = self.periods.last_mut() {
            *newest = past;
        }
        self.count = (self.count + 1).min(COUNT_MAX);
    }
}

fn used_of(past: Past) -> f64 {
    // None at all stays none at all.
    if past.used == 0 { 0.0 } else { exp(f64::from(past.used) / USE_STEPS) - 1.0 }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within bounds by then")]
fn coded(steps: f64) -> u16 {
    steps.round().clamp(0.0, f64::from(u16::MAX)) as u16
}
