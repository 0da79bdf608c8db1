//! How the office learns a class from clean registers: the learned forecast by robust least squares, the signs of a period
//! without use by logistic odds, weights by expectation and maximisation, and thresholds as quantiles of the scores of
//! customers that the weights were not learned from.

use super::{
    belief::{Belief, Outlook},
    class::{Class, DEPTHS},
    forecast::{LOOKS, WAYS, Way, looks},
    logs::ln,
    past::Past,
    regress::{Case, odds, weights},
    trail::Trail,
    weigh::weigh_with,
};

/// Periods before the first reading that is learned from, at least.
const WARM_MIN: usize = 3;
/// Fewer readings teach nothing.
const SAMPLES_MIN: usize = 100;
/// Samples that weights are learned from, and of these for the search of spreads.
const SAMPLES_MAX: usize = 20_000;
const SEARCHED_MAX: usize = 5_000;
/// A threshold of its own needs so many scores; else that of all depths holds.
const SCORES_MIN: usize = 200;

const ROUNDS: usize = 30;
/// The search of spreads comes every so many rounds.
const SEARCH_EVERY: usize = 3;
const SPREAD_STEPS: [f64; 4] = [0.7, 0.85, 1.18, 1.4];
const WIDTH_STEPS: [f64; 4] = [0.8, 0.93, 1.07, 1.25];
const SPREAD_RANGE: (f64, f64) = (0.02, 3.0);
const WIDTH_RANGE: (f64, f64) = (0.1, 10.0);
const SPREAD_FIRST: f64 = 0.3;

/// However tame the past of a class was, something new comes.
const STRAY_MIN: f64 = 0.003;
const STRAY_FIRST: f64 = 0.02;
/// A forecast without any weight would never get one again.
const WEIGHT_MIN: f64 = 1e-6;

/// What the residuals of a look are measured in, at least.
const LOOK_SPREAD_MIN: f64 = 0.03;
/// Before anything is known of the customer: the sum of squares of so many periods.
const LOOK_SQUARES: f64 = 0.2;
const LOOK_PERIODS: f64 = 5.0;

/// One register's clean readings, at equal distances in time, in units of the last place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Record {
    /// How many digits it shows.
    pub digits: u8,
    /// Oldest first.
    pub readings: Vec<i64>,
}

/// There are too few readings to learn from.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{samples} readings with a past are too few to learn from: {SAMPLES_MIN} are needed")]
pub struct TooLittle {
    /// How many there are.
    pub samples: usize,
}

/// One reading with its past.
struct Sample {
    digits: u8,
    trail: Trail,
    reading: i64,
    used: f64,
    outlook: Outlook,
}

/// Learns a class from records that are read `season` times a year, and sets its thresholds so that this part of right
/// readings is asked about.
pub fn calibrate(name: &str, season: u16, alarm_rate: f64, records: &[Record]) -> Result<Class, TooLittle> {
    let everything: Vec<usize> = (0..records.len()).collect();
    let mut class = learn(name, season, alarm_rate, records, &everything)?;
    // Each half is scored by what the other half taught: a class that judged its own teachers would be too sure.
    let (even, odd): (Vec<usize>, Vec<usize>) = everything.into_iter().partition(|record| record % 2 == 0);
    let mut scores = vec![];
    for (teachers, judged) in [(&even, &odd), (&odd, &even)] {
        // Where half of the records are too few, all of them must do.
        let taught = learn(name, season, alarm_rate, records, teachers).unwrap_or_else(|_| class.clone());
        for sample in samples(records, judged, &taught) {
            let Sample { trail, reading, digits, outlook, .. } = &sample;
            let opinion = weigh_with(outlook, trail, &taught, *reading, *digits);
            scores.extend(opinion.map(|opinion| (outlook.periods, opinion.score)));
        }
    }
    class.alarms = thresholds(&scores, alarm_rate);
    Ok(class)
}

/// Everything but the thresholds.
fn learn(
    name: &str,
    season: u16,
    alarm_rate: f64,
    records: &[Record],
    which: &[usize],
) -> Result<Class, TooLittle> {
    #[expect(clippy::cast_precision_loss, reason = "seven")]
    let even = 1.0 / WAYS as f64;
    let mut class = Class {
        name: name.to_owned(),
        season,
        weights: [even; WAYS],
        spreads: [SPREAD_FIRST; WAYS],
        width: 1.0,
        stray: STRAY_FIRST,
        learned: [0.0; LOOKS],
        idle: [0.0; super::idle::SIGNS],
        alarm_rate,
        alarms: [0.0; DEPTHS.len() + 1],
    };
    class.learned = weights(&look_cases(records, which, class.days()));
    let mut samples = samples(records, which, &class);
    let deep = |sample: &Sample| sample.outlook.periods > usize::from(season);
    if samples.iter().filter(|sample| deep(sample)).count() >= SAMPLES_MIN {
        samples.retain(deep);
    }
    if samples.len() < SAMPLES_MIN {
        return Err(TooLittle { samples: samples.len() });
    }
    class.idle = odds(&samples.iter().map(idle_case).collect::<Vec<_>>());
    let active: Vec<&Sample> =
        thinned(samples.iter().filter(|sample| sample.used > 0.0).collect(), SAMPLES_MAX);
    let searched = thinned(active.clone(), SEARCHED_MAX);
    for round in 1..=ROUNDS {
        maximise(&mut class, &active);
        if round % SEARCH_EVERY == 0 {
            search(&mut class, &searched);
        }
    }
    Ok(class)
}

/// One round of expectation and maximisation for the weights and the stray part.
fn maximise(class: &mut Class, samples: &[&Sample]) {
    let (mut explained, mut possible, mut stray, mut count) = ([0.0; WAYS], [0.0; WAYS], 0.0, 0.0);
    for sample in samples {
        let belief = Belief::new(&sample.outlook, class);
        let (strange, parts) = belief.parts(sample.used);
        let all = parts.iter().fold(strange, |sum, part| sum + part);
        stray += strange / all;
        count += 1.0;
        for way in 0..WAYS {
            explained[way] += parts[way] / all;
            possible[way] += belief.weights[way] * (1.0 - strange / all);
        }
    }
    if count > 0.0 {
        class.stray = f64::max(stray / count, STRAY_MIN);
    }
    for way in 0..WAYS {
        // A forecast that could seldom be made is measured by the times when it could.
        let grows = if possible[way] > 0.0 { explained[way] / possible[way] } else { 0.0 };
        class.weights[way] = (class.weights[way] * grows).max(WEIGHT_MIN);
    }
    let all: f64 = class.weights.iter().sum();
    class.weights = class.weights.map(|weight| weight / all);
}

/// Moves each spread, and the width of all, to the best of a few steps.
fn search(class: &mut Class, samples: &[&Sample]) {
    for way in 0..WAYS {
        let spreads =
            SPREAD_STEPS.map(|step| (class.spreads[way] * step).clamp(SPREAD_RANGE.0, SPREAD_RANGE.1));
        improve(class, samples, spreads, |class| &mut class.spreads[way]);
    }
    let widths = WIDTH_STEPS.map(|step| (class.width * step).clamp(WIDTH_RANGE.0, WIDTH_RANGE.1));
    improve(class, samples, widths, |class| &mut class.width);
}

fn improve(class: &mut Class, samples: &[&Sample], tries: [f64; 4], of: impl Fn(&mut Class) -> &mut f64) {
    let (mut best, mut kept) = (likelihood(class, samples), *of(class));
    for value in tries {
        *of(class) = value;
        let reached = likelihood(class, samples);
        if reached > best {
            (best, kept) = (reached, value);
        }
    }
    *of(class) = kept;
}

fn likelihood(class: &Class, samples: &[&Sample]) -> f64 {
    samples.iter().fold(0.0, |sum, sample| sum + ln(Belief::new(&sample.outlook, class).of(sample.used)))
}

/// By depth of the past: above it lies this part of the scores.
fn thresholds(scores: &[(usize, f64)], alarm_rate: f64) -> [f64; DEPTHS.len() + 1] {
    let bucket = |periods: usize| DEPTHS.iter().position(|depth| periods < *depth).unwrap_or(DEPTHS.len());
    let all = quantile(scores.iter().map(|(_, score)| *score).collect(), alarm_rate);
    let mut alarms = [all; DEPTHS.len() + 1];
    for (at, alarm) in alarms.iter_mut().enumerate() {
        let own: Vec<f64> =
            scores.iter().filter(|(periods, _)| bucket(*periods) == at).map(|(_, score)| *score).collect();
        if own.len() >= SCORES_MIN {
            *alarm = quantile(own, alarm_rate);
        }
    }
    alarms
}

fn quantile(mut scores: Vec<f64>, above: f64) -> f64 {
    scores.sort_unstable_by(f64::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count times a part of one"
    )]
    let beyond = (scores.len() as f64 * above.clamp(0.0, 1.0)) as usize;
    let at = scores.len().saturating_sub(beyond + 1);
    scores.get(at).copied().unwrap_or(f64::INFINITY)
}

/// Every reading with enough past.
fn samples(records: &[Record], which: &[usize], class: &Class) -> Vec<Sample> {
    let mut samples = vec![];
    walk(records, which, class.days(), |trail, reading, digits| {
        let turn = 10_i64.pow(u32::from(digits));
        #[expect(clippy::cast_precision_loss, reason = "at most 10^18; statistics only")]
        let used = trail.used(reading, turn) as f64;
        let outlook = Outlook::new(trail, class, class.days());
        samples.extend(outlook.map(|outlook| Sample {
            digits,
            trail: trail.clone(),
            reading,
            used,
            outlook,
        }));
    });
    samples
}

/// What the learned forecast can look at before each use, and what came.
fn look_cases(records: &[Record], which: &[usize], days: f64) -> Vec<Case<LOOKS>> {
    let mut cases = vec![];
    walk(records, which, days, |trail, reading, digits| {
        #[expect(clippy::cast_precision_loss, reason = "at most 10^18; statistics only")]
        let used = trail.used(reading, 10_i64.pow(u32::from(digits))) as f64;
        let Some(past) = Past::new(trail, days).filter(|_| used > 0.0) else { return };
        let Some((middle, looks)) = looks(&past, past.count()) else { return };
        let mean = Way::Mean.forecast(&past, &[0.0; LOOKS]).unwrap_or_default();
        let square = (mean.seen * mean.off * mean.off + LOOK_SQUARES) / (mean.seen + LOOK_PERIODS);
        let spread = square.sqrt().max(LOOK_SPREAD_MIN);
        cases.push(Case { looks, came: ln(used + past.floor) - middle, spread });
    });
    cases
}

fn idle_case(sample: &Sample) -> Case<{ super::idle::SIGNS }> {
    Case { looks: sample.outlook.signs, came: f64::from(u8::from(sample.used <= 0.0)), spread: 1.0 }
}

/// Shows each reading beside the past that it had.
fn walk(records: &[Record], which: &[usize], days: f64, mut show: impl FnMut(&Trail, i64, u8)) {
    for index in which {
        let Some(Record { digits, readings }) = records.get(*index) else { continue };
        let Some((first, later)) = readings.split_first() else { continue };
        let mut trail = Trail::new(*first);
        for (past, reading) in later.iter().enumerate() {
            if past >= WARM_MIN {
                show(&trail, *reading, *digits);
            }
            trail.add(*reading, 10_i64.pow(u32::from(*digits)), days);
        }
    }
}

/// At most so many of them, evenly chosen.
fn thinned<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let step = all.len().div_ceil(most).max(1);
    all.into_iter().step_by(step).collect()
}
