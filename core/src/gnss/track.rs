//! How far the reader walked, by the fixes. Standing still does not add up, however the position drifts.

use super::fix::Fix;
use crate::place::Position;

/// A step is counted from so many metres on, or from two sigma, whichever is more.
const STEP_M: f64 = 10.0;

/// Where the receiver tells no accuracy.
const ACCURACY_UNKNOWN_M: f64 = 15.0;

/// Nobody reads meters faster than this; a jump is the receiver's.
const FASTEST_MPS: f64 = 45.0;

/// The way so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Track {
    anchor: Option<(Position, i64)>,
    metres: f64,
}

impl Track {
    /// Takes the next fix.
    pub fn add(&mut self, fix: &Fix) {
        let Some((place, at)) = self.anchor else {
            self.anchor = Some((fix.position, fix.seen_at.0));
            return;
        };
        let step = place.metres_to(fix.position);
        if step < STEP_M.max(2.0 * fix.accuracy_m.unwrap_or(ACCURACY_UNKNOWN_M)) {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "seconds between fixes")]
        let seconds = fix.seen_at.0.saturating_sub(at) as f64 / 1_000.0;
        if step <= FASTEST_MPS * seconds {
            self.metres += step;
            self.anchor = Some((fix.position, fix.seen_at.0));
        }
    }

    /// Metres walked.
    pub const fn metres(&self) -> f64 {
        self.metres
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{gnss::fix::FixQuality, time::UtcMs};

    #[track_caller]
    fn check(metres_north: impl Fn(i32) -> f64, seconds: i32, walked: std::ops::RangeInclusive<f64>) {
        let mut track = Track::default();
        for second in 0..=seconds {
            track.add(&Fix {
                position: Position::from_degrees(60.0 + metres_north(second) / 111_195.0, 24.9).unwrap(),
                seen_at: UtcMs(i64::from(second) * 1_000),
                taken_at: None,
                quality: FixQuality::Autonomous,
                accuracy_m: Some(4.0),
                satellites: None,
                hdop: None,
                speed_mps: None,
                course_deg: None,
            });
        }
        assert!(walked.contains(&track.metres()), "{}", track.metres());
    }

    #[test]
    fn a_walk_adds_up_and_drift_does_not() {
        check(|second| f64::from(second) * 1.3, 600, 760.0..=785.0);
        check(|second| 4.0 * f64::from(second % 7 - 3) / 3.0, 3_600, 0.0..=0.0);
        check(|second| if second == 50 { 80_000.0 } else { 0.0 }, 100, 0.0..=0.0);
    }
}
