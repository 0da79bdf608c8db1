//! How likely each use is for this customer: the forecasts mixed, and a period without use beside them.

use super::{
    class::Class,
    forecast::{Forecast, WAYS, forecasts},
    idle::{self, SIGNS},
    logs::{ln, t4},
    past::Past,
    trail::Trail,
};

/// A spread that the class knows counts as much as so many periods of the customer's own.
const PRIOR_PERIODS: f64 = 5.0;
/// No forecast is better than this.
const SPREAD_MIN: f64 = 0.02;
/// What no forecast explains lies around the median, within about this.
const STRAY_SPREAD: f64 = 1.5;

/// The parts of the mixture for one customer and period, before the class weighs them.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    pub(super) forecasts: [Option<Forecast>; WAYS],
    pub(super) signs: [f64; SIGNS],
    pub(super) median: f64,
    pub(super) floor: f64,
    pub(super) shortness: f64,
    pub(super) periods: usize,
}

impl Outlook {
    /// What the past of a register says about the next so many days.
    pub fn new(trail: &Trail, class: &Class, days: f64) -> Option<Self> {
        let past = Past::new(trail, days)?;
        Some(Self {
            forecasts: forecasts(&past, &class.learned),
            signs: idle::signs(&past),
            median: past.median,
            floor: past.floor,
            shortness: past.shortness,
            periods: past.count(),
        })
    }
}

/// A density over uses, in units of the last place.
#[derive(Clone, Debug)]
pub struct Belief {
    middles: [f64; WAYS],
    spreads: [f64; WAYS],
    pub(super) weights: [f64; WAYS],
    idle: f64,
    stray: f64,
    center: f64,
    floor: f64,
}

impl Belief {
    /// The outlook weighed as the class does. A forecast that cannot be made leaves its weight to the others.
    pub fn new(outlook: &Outlook, class: &Class) -> Self {
        let (mut middles, mut spreads, mut weights) = ([0.0; WAYS], [1.0; WAYS], [0.0; WAYS]);
        for (way, forecast) in outlook.forecasts.iter().enumerate() {
            let Some(Forecast { middle, off, seen }) = *forecast else { continue };
            let usual = class.spreads[way];
            let square = (seen * off * off + PRIOR_PERIODS * usual * usual) / (seen + PRIOR_PERIODS);
            middles[way] = middle;
            spreads[way] = (square.sqrt() * outlook.shortness * class.width).max(SPREAD_MIN);
            weights[way] = class.weights[way];
        }
        let all: f64 = weights.iter().sum();
        if all > 0.0 {
            weights = weights.map(|weight| weight / all);
        }
        Self {
            middles,
            spreads,
            weights,
            idle: idle::likelihood(&outlook.signs, &class.idle),
            // Without any forecast everything is stray.
            stray: if all > 0.0 { class.stray } else { 1.0 },
            center: ln(outlook.median + outlook.floor),
            floor: outlook.floor,
        }
    }

    /// How likely exactly this use is.
    pub fn of(&self, used: f64) -> f64 {
        if used <= 0.0 {
            return self.idle;
        }
        let (stray, parts) = self.parts(used);
        let sum = parts.iter().fold(stray, |sum, part| sum + part);
        (1.0 - self.idle) * sum / (used + self.floor)
    }

    /// How likely any use at all is.
    pub const fn of_any(&self) -> f64 {
        1.0 - self.idle
    }

    /// What no forecast and what each forecast adds, on the scale of logarithms.
    pub(super) fn parts(&self, used: f64) -> (f64, [f64; WAYS]) {
        let log = ln(used + self.floor);
        let mut parts = [0.0; WAYS];
        for way in (0..WAYS).filter(|way| self.weights[*way] > 0.0) {
            let spread = self.spreads[way];
            parts[way] =
                (1.0 - self.stray) * self.weights[way] * t4((log - self.middles[way]) / spread) / spread;
        }
        (self.stray * t4((log - self.center) / STRAY_SPREAD) / STRAY_SPREAD, parts)
    }
}
