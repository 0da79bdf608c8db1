//! A fix: where, when, and how far it may be trusted.

use crate::{place::Position, time::UtcMs};

/// What a receiver says about how it got its position.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FixQuality {
    /// Satellites alone.
    Autonomous,
    /// With corrections: differential, satellite-based or real-time kinematic.
    Corrected,
    /// Dead reckoning: no satellites now.
    Estimated,
}

/// One valid position. A receiver without a fix makes none of these.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fix {
    /// Where.
    pub position: Position,
    /// When our clock saw it; its age counts from here.
    pub seen_at: UtcMs,
    /// When the receiver says it was, where it said both date and time.
    pub taken_at: Option<UtcMs>,
    /// How.
    pub quality: FixQuality,
    /// Horizontal accuracy, one sigma, in metres: from GST where sent, else from HDOP.
    pub accuracy_m: Option<f64>,
    /// Satellites used.
    pub satellites: Option<u8>,
    /// Horizontal dilution of precision.
    pub hdop: Option<f64>,
    /// Speed over ground in metres a second.
    pub speed_mps: Option<f64>,
    /// Course over ground in degrees from true north.
    pub course_deg: Option<f64>,
}

impl Fix {
    /// How old the fix is at `now`, in milliseconds.
    pub const fn age_ms(&self, now: UtcMs) -> i64 {
        now.since(self.seen_at)
    }
}
