//! Positions of one round laid flat, so that distances cost a square root. Right to a few parts in a thousand
//! over fifty kilometres; lengths that are shown are measured on the globe.

use crate::place::Position;

/// Metres of one degree of latitude on a sphere of 6,371,008.8 m.
const DEGREE_M: f64 = 111_195.08;

/// Points in metres east and north of the first one.
#[derive(Clone, Debug)]
pub(super) struct Plane {
    points: Vec<(f64, f64)>,
}

impl Plane {
    /// Lays them flat around the first one.
    pub(super) fn around(positions: &[Position]) -> Self {
        let Some(middle) = positions.first() else { return Self { points: vec![] } };
        let shrink = middle.lat().to_radians().cos();
        let flat = |position: &Position| {
            // The date line may run through a round.
            let east = (position.lon() - middle.lon() + 180.0).rem_euclid(360.0) - 180.0;
            (east * shrink * DEGREE_M, (position.lat() - middle.lat()) * DEGREE_M)
        };
        Self { points: positions.iter().map(flat).collect() }
    }

    /// How many points there are.
    pub(super) const fn len(&self) -> usize {
        self.points.len()
    }

    /// Metres east and north.
    pub(super) fn at(&self, point: usize) -> (f64, f64) {
        self.points[point]
    }

    /// Metres between two points.
    pub(super) fn metres(&self, from: usize, to: usize) -> f64 {
        let ((x, y), (u, v)) = (self.points[from], self.points[to]);
        ((x - u) * (x - u) + (y - v) * (y - v)).sqrt()
    }
}
