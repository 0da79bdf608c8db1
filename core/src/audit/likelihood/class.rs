//! What is learned once in the office about a class of customers, and holds for each of them.

use super::{
    forecast::{LOOKS, WAYS},
    idle::SIGNS,
};

/// Thresholds are told apart by how many periods the past has: below these counts, and from the last one on.
pub const DEPTHS: [usize; 3] = [7, 14, 20];

/// A class of customers.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// Its name in the pack.
    pub name: String,
    /// How often its registers are read in a year.
    pub season: u16,
    /// How much each forecast counts; together one.
    pub weights: [f64; WAYS],
    /// How far off each forecast usually is, before anything is known of the customer.
    pub spreads: [f64; WAYS],
    /// What every spread is taken times: the mixture is narrower than its widest part.
    pub width: f64,
    /// The part of uses that no forecast explains.
    pub stray: f64,
    /// What the learned forecast makes of its looks.
    pub learned: [f64; LOOKS],
    /// What the signs of a period without use are worth.
    pub idle: [f64; SIGNS],
    /// The part of right readings that may be asked about.
    pub alarm_rate: f64,
    /// The score from which on is asked, by depth of the past.
    pub alarms: [f64; DEPTHS.len() + 1],
}

impl Class {
    /// The score above which a reading is asked about, with so many periods in the past.
    pub fn alarm_above(&self, periods: usize) -> f64 {
        let [first, second, third, last] = self.alarms;
        match DEPTHS.iter().position(|depth| periods < *depth) {
            Some(0) => first,
            Some(1) => second,
            Some(_) => third,
            None => last,
        }
    }

    /// Days from one reading to the next, where nothing but the season is known.
    pub fn days(&self) -> f64 {
        365.25 / f64::from(self.season.max(1))
    }
}
