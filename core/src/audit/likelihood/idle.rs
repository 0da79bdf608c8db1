//! How likely a period without any use is, from when this register stood still before.

use super::{
    logs::{exp, ln},
    past::Past,
};

/// What it is judged by.
pub const SIGNS: usize = 12;
/// Half of them after a period without use, half of them after one with.
const HALF: usize = SIGNS / 2;

/// Counts are softened by so many of both kinds, so that a short past is not believed too much.
const SOFT_STOPS: (f64, f64) = (0.3, 3.0);
const SOFT_STAYS: (f64, f64) = (0.5, 0.5);
/// Longer runs say no more.
const RUN_MAX: f64 = 6.0;
const LEAST_PART: f64 = 0.003;
const LATEST_RANGE: (f64, f64) = (-3.0, 2.0);

/// No likelihood is nearer to never or always.
const LIKELIHOOD_RANGE: (f64, f64) = (1e-5, 0.999);

/// The signs for the period in question.
pub fn signs(past: &Past) -> [f64; SIGNS] {
    let count = past.count();
    let (mut stops, mut went, mut stays, mut stood, mut idle) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for at in 0..count {
        let still = f64::from(u8::from(!past.is_active(at)));
        idle += still;
        match at.checked_sub(1) {
            Some(before) if past.is_active(before) => (stops, went) = (stops + still, went + 1.0),
            Some(_) => (stays, stood) = (stays + still, stood + 1.0),
            None => {}
        }
    }
    let odds = |yes: f64, no: f64, soft: (f64, f64)| ln((yes + soft.0) / (no + soft.1));
    let often_stops = odds(stops, went - stops, SOFT_STOPS);
    #[expect(clippy::cast_precision_loss, reason = "at most as many as there are periods")]
    let share = idle / count as f64;
    let season = f64::from(u8::from(past.season(count).is_some_and(|season| !past.is_active(season))));
    let latest = count.saturating_sub(1);
    let mut signs = [0.0; SIGNS];
    if past.is_active(latest) {
        let median = past.median.max(1.0);
        let least = past.active_before(count).map(|at| past.used(at)).fold(f64::INFINITY, f64::min);
        let least = ln((least / median).min(1.0) + LEAST_PART);
        let fall = (past.log(latest) - ln(past.median + past.floor)).clamp(LATEST_RANGE.0, LATEST_RANGE.1);
        signs[HALF..].copy_from_slice(&[1.0, often_stops, least, season, fall, share]);
    } else {
        let run = (0..count).rev().take_while(|at| !past.is_active(*at)).fold(0.0, |run, _| run + 1.0);
        let often_stays = odds(stays, stood - stays, SOFT_STAYS);
        signs[..HALF].copy_from_slice(&[
            1.0,
            often_stays,
            often_stops,
            season,
            f64::min(run, RUN_MAX),
            share,
        ]);
    }
    signs
}

/// How likely no use is after these signs.
pub fn likelihood(signs: &[f64; SIGNS], weights: &[f64; SIGNS]) -> f64 {
    let sum = signs.iter().zip(weights).fold(0.0, |sum, (sign, weight)| sum + sign * weight);
    (1.0 / (1.0 + exp(-sum))).clamp(LIKELIHOOD_RANGE.0, LIKELIHOOD_RANGE.1)
}
