//! Robust forecasts of the logarithm of use, each with how far it was off in this register's own past. A period without use
//! says nothing about how much it is when there is some, and is passed over.

use super::{
    logs::ln,
    past::{Past, median},
    trail::PERIODS,
};

/// Forecasts that are mixed.
pub const WAYS: usize = 7;
/// What the learned forecast looks at.
pub const LOOKS: usize = 8;

const SHORT: usize = 3;
const LONG: usize = 13;

/// How much of the drift against last season goes on, and how much drift is believed.
const DRIFT_PART: f64 = 0.7;
const DRIFT_MAX: f64 = 1.0;

/// A look is at most so far from the middle: one odd period must not carry the forecast away.
const LOOK_MAX: f64 = 1.5;

/// Makes a spread of a median of absolute deviations.
const MAD_TO_SPREAD: f64 = 1.482_6;

/// One way to say what comes next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// As the latest.
    Latest,
    /// The mean of the three latest.
    Mean,
    /// The median of the thirteen latest.
    Median,
    /// As a season ago, with most of the drift since.
    Season,
    /// As the least ever: an empty house.
    Least,
    /// As the most ever: a guest, a heater.
    Most,
    /// The weighing of the latest, of last season and its neighbours that was best for the class.
    Learned,
}

impl Way {
    /// All of them, in the order of their weights.
    pub const ALL: [Self; WAYS] =
        [Self::Latest, Self::Mean, Self::Median, Self::Season, Self::Least, Self::Most, Self::Learned];

    /// The logarithm that it says for the period at `at`, from those before it.
    pub fn says(self, past: &Past, at: usize, learned: &[f64; LOOKS]) -> Option<f64> {
        match self {
            Self::Latest => past.active_before(at).next().map(|then| past.log(then)),
            Self::Mean => {
                let (mut sum, mut count) = (0.0, 0.0);
                for then in past.active_before(at).take(SHORT) {
                    (sum, count) = (sum + past.used(then), count + 1.0);
                }
                (count > 0.0).then(|| ln(sum / count + past.floor))
            }
            Self::Median => {
                let (mut logs, mut count) = ([0.0; LONG], 0);
                for then in past.active_before(at).take(LONG) {
                    logs[count] = past.log(then);
                    count += 1;
                }
                median(&logs[..count])
            }
            Self::Season => {
                let season = past.season(at).filter(|season| past.is_active(*season))?;
                let latest = at.checked_sub(1)?;
                let before =
                    past.season(latest).filter(|then| past.is_active(*then) && past.is_active(latest));
                let drift = before.map_or(0.0, |then| past.log(latest) - past.log(then));
                Some(past.log(season) + DRIFT_PART * drift.clamp(-DRIFT_MAX, DRIFT_MAX))
            }
            Self::Least => past.active_before(at).map(|then| past.log(then)).reduce(f64::min),
            Self::Most => past.active_before(at).map(|then| past.log(then)).reduce(f64::max),
            Self::Learned => {
                let (middle, looks) = looks(past, at)?;
                Some(looks.iter().zip(learned).fold(middle, |sum, (look, weight)| sum + look * weight))
            }
        }
    }

    /// What it says about the period in question, and how it did before.
    pub fn forecast(self, past: &Past, learned: &[f64; LOOKS]) -> Option<Forecast> {
        let middle = self.says(past, past.count(), learned)?;
        let (mut offs, mut seen) = ([0.0; PERIODS], 0);
        for at in (1..past.count()).filter(|at| past.is_active(*at)) {
            if let Some(said) = self.says(past, at, learned) {
                offs[seen] = (past.log(at) - said).abs();
                seen += 1;
            }
        }
        let off = median(&offs[..seen]).unwrap_or_default() * MAD_TO_SPREAD;
        #[expect(clippy::cast_precision_loss, reason = "at most as many as there are periods")]
        Some(Forecast { middle, off, seen: seen as f64 })
    }
}

/// The mean logarithm of the latest periods, and how far from it the ones stand that the learned forecast weighs.
pub fn looks(past: &Past, at: usize) -> Option<(f64, [f64; LOOKS])> {
    let (mut sum, mut count) = (0.0, 0.0);
    let mut latest = [None; SHORT];
    for (nth, then) in past.active_before(at).take(LONG).enumerate() {
        (sum, count) = (sum + past.log(then), count + 1.0);
        if let Some(slot) = latest.get_mut(nth) {
            *slot = Some(then);
        }
    }
    if count <= 0.0 {
        return None;
    }
    let middle = sum / count;
    let off = |then: Option<usize>| {
        let then = then.filter(|then| *then < at && past.is_active(*then));
        then.map_or(0.0, |then| (past.log(then) - middle).clamp(-LOOK_MAX, LOOK_MAX))
    };
    let season = past.season(at);
    let [first, second, third] = latest;
    let looks = [
        1.0,
        off(first),
        off(second),
        off(third),
        off(season),
        off(season.and_then(|season| past.season(season))),
        off(season.and_then(|season| season.checked_sub(1))),
        off(season.map(|season| season + 1)),
    ];
    Some((middle, looks))
}

/// A forecast and its own record.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Forecast {
    /// The logarithm of use and floor together.
    pub middle: f64,
    /// How far it was off before, as a spread.
    pub off: f64,
    /// How often that was seen.
    pub seen: f64,
}

/// What each way says about the period in question.
pub fn forecasts(past: &Past, learned: &[f64; LOOKS]) -> [Option<Forecast>; WAYS] {
    Way::ALL.map(|way| way.forecast(past, learned))
}
