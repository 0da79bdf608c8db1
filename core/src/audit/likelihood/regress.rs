//! Two small fits for the office: weights by least squares that do not follow outliers, and odds by the logistic curve.

use super::logs::exp;

/// Rounds until nothing moves any more.
const ROUNDS: usize = 12;
const ROUNDS_OF_ODDS: usize = 25;
/// A step of the odds is at most this.
const STEP_MAX: f64 = 2.0;
/// Pulls weights towards none where the cases say little: so many cases' worth.
const RIDGE_PART: f64 = 0.0005;
const RIDGE_OF_ODDS: f64 = 0.5;
/// The weight of a case in the first round, when no residual is known.
const FIRST: f64 = 0.2;

/// One case: what is looked at, what was to be said, and how restless the case is.
#[derive(Clone, Copy, Debug)]
pub struct Case<const N: usize> {
    /// What is looked at.
    pub looks: [f64; N],
    /// What came.
    pub came: f64,
    /// Residuals count in this unit.
    pub spread: f64,
}

/// The weights that make the looks say what came, where a case far off counts less.
pub fn weights<const N: usize>(cases: &[Case<N>]) -> [f64; N] {
    let mut weights = [0.0; N];
    for round in 0..ROUNDS {
        let (mut left, mut right, mut all) = ([[0.0; N]; N], [0.0; N], 0.0);
        for Case { looks, came, spread } in cases {
            let off = (came - dot(looks, &weights)) / spread;
            let counts = if round == 0 { FIRST } else { 1.0 / (1.0 + off * off / 4.0) } / (spread * spread);
            add(&mut left, looks, counts);
            for (sum, look) in right.iter_mut().zip(looks) {
                *sum += counts * look * came;
            }
            all += counts;
        }
        for (at, row) in left.iter_mut().enumerate() {
            row[at] += RIDGE_PART * all;
        }
        weights = solved(left, right);
    }
    weights
}

/// The weights whose logistic sum is how likely a case is one (`came` 1) and not the other (0).
pub fn odds<const N: usize>(cases: &[Case<N>]) -> [f64; N] {
    let mut weights = [0.0; N];
    for _ in 0..ROUNDS_OF_ODDS {
        let (mut left, mut right) = ([[0.0; N]; N], weights.map(|weight| -RIDGE_OF_ODDS * weight));
        for Case { looks, came, .. } in cases {
            let likely = 1.0 / (1.0 + exp(-dot(looks, &weights)));
            add(&mut left, looks, likely * (1.0 - likely));
            for (sum, look) in right.iter_mut().zip(looks) {
                *sum += look * (came - likely);
            }
        }
        for (at, row) in left.iter_mut().enumerate() {
            row[at] += RIDGE_OF_ODDS;
        }
        for (weight, step) in weights.iter_mut().zip(solved(left, right)) {
            *weight += step.clamp(-STEP_MAX, STEP_MAX);
        }
    }
    weights
}

fn dot<const N: usize>(looks: &[f64; N], weights: &[f64; N]) -> f64 {
    looks.iter().zip(weights).fold(0.0, |sum, (look, weight)| sum + look * weight)
}

fn add<const N: usize>(sums: &mut [[f64; N]; N], looks: &[f64; N], counts: f64) {
    for (row, look) in sums.iter_mut().zip(looks).filter(|(_, look)| **look != 0.0) {
        for (sum, other) in row.iter_mut().zip(looks) {
            *sum += counts * look * other;
        }
    }
}

/// Solves a positive definite system by elimination; what the ridge keeps from being singular.
fn solved<const N: usize>(mut left: [[f64; N]; N], mut right: [f64; N]) -> [f64; N] {
    for pivot in 0..N {
        let by = left[pivot][pivot];
        left[pivot] = left[pivot].map(|value| value / by);
        right[pivot] /= by;
        let (chosen, known) = (left[pivot], right[pivot]);
        for (row, (values, sum)) in left.iter_mut().zip(right.iter_mut()).enumerate() {
            let factor = if row == pivot { 0.0 } else { values[pivot] };
            for (value, by) in values.iter_mut().zip(chosen) {
                *value -= factor * by;
            }
            *sum -= factor * known;
        }
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_found_through_outliers() {
        let case = |at: i32| {
            let look = f64::from(at % 17) / 17.0;
            let odd = if at % 10 == 0 { 50.0 } else { 0.0 };
            Case { looks: [1.0, look], came: 0.5 + 2.0 * look + odd, spread: 0.1 }
        };
        let [base, slope] = weights(&(0..500).map(case).collect::<Vec<_>>());
        assert!((base - 0.5).abs() < 0.05 && (slope - 2.0).abs() < 0.05, "{base} {slope}");
    }

    #[test]
    fn odds_are_those_of_the_cases() {
        let case = |at: i32| Case { looks: [1.0, 0.0], came: f64::from(u8::from(at % 5 == 0)), spread: 1.0 };
        let [base, none] = odds(&(0..1000).map(case).collect::<Vec<_>>());
        assert!((base - -(4.0_f64.ln())).abs() < 0.01 && none == 0.0, "{base} {none}");
    }
}
