//! What is known beside the reading and the plan, and what may be of it. Everything may be missing; then its rules are silent.

use super::likelihood::class::Class;
use crate::{decimal::Decimal, obis::Obis, probe::part::EventKind, register::Dials, time::UtcMs};

/// What is known.
#[derive(Clone, Debug, Default)]
pub struct Circumstances<'a> {
    /// The customer's class in the rule pack.
    pub class: Option<&'a Class>,
    /// The meter was exchanged since the previous reading.
    pub exchange: Option<Exchange>,
    /// What the connection carries, in watts.
    pub capacity_w: Option<u32>,
    /// What the meter's clock showed at the moment of the reading.
    pub meter_clock: Option<UtcMs>,
    /// What a prepaid meter told.
    pub prepaid: Option<Prepaid>,
    /// What the meter recorded since the previous reading.
    pub events: &'a [EventKind],
    /// Where the reader was.
    pub whereabouts: Whereabouts,
    /// What may be.
    pub limits: Limits,
}

/// A meter put in the place of another. The plan's dials and multiplier are the new one's, its history is the old one's.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// The old meter's dials.
    pub dials: Dials,
    /// The old meter's multiplier.
    pub multiplier: Decimal,
    /// What the old meter showed at its end.
    pub ends: Vec<(Obis, Decimal)>,
    /// What the new meter showed at its start.
    pub starts: Vec<(Obis, Decimal)>,
}

/// A prepaid meter's account since the previous reading, in its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prepaid {
    /// What was left then.
    pub left_before: Decimal,
    /// What was bought since.
    pub bought: Decimal,
    /// What is left now.
    pub left: Decimal,
}

/// Where the reader was.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Whereabouts {
    /// From the meter, in metres, as far as the receiver knows.
    pub from_meter_m: Option<u32>,
    /// From the stop before, in metres along the way, and in seconds since.
    pub from_last: Option<(u32, u32)>,
}

/// What may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// A reading so soon after the previous one is the same one twice.
    pub duplicate_ms: i64,
    /// Of what the connection carries, in percent.
    pub capacity_percent: u32,
    /// So many periods without use are asked about.
    pub idle_periods: usize,
    /// The sum of shortfalls that is asked about, in spreads.
    pub drop_above: f64,
    /// The meter's clock may be off by so much.
    pub clock_drift_ms: u64,
    /// A prepaid account may be off by so much, in the last places of its numbers.
    pub prepaid_tolerance: i64,
    /// Farther from the meter is not at the meter.
    pub far_m: u32,
    /// Nobody walks faster, in metres a second.
    pub walk_mps: u32,
    /// More estimates in a row are asked about.
    pub estimates_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            duplicate_ms: 3_600_000,
            capacity_percent: 110,
            idle_periods: 3,
            drop_above: 8.0,
            // What interval meters are held to.
            clock_drift_ms: 180_000,
            prepaid_tolerance: 2,
            far_m: 150,
            walk_mps: 8,
            estimates_max: 2,
        }
    }
}
