//! Positions on the earth, how far apart they are and in which direction.

use geo::{Bearing as _, Distance as _, Haversine, Point};

/// WGS 84, in units of 1e-7 degree (about a centimetre), so that it is stored and signed exactly.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Position {
    lat_e7: i32,
    lon_e7: i32,
}

impl Position {
    /// A position from 1e-7 degrees, or nothing beyond the poles or the date line.
    pub const fn from_e7(lat_e7: i32, lon_e7: i32) -> Option<Self> {
        let inside = lat_e7 >= -900_000_000
            && lat_e7 <= 900_000_000
            && lon_e7 >= -1_800_000_000
            && lon_e7 <= 1_800_000_000;
        if inside { Some(Self { lat_e7, lon_e7 }) } else { None }
    }

    /// A position from degrees, or nothing where the degrees are none.
    #[expect(clippy::cast_possible_truncation, reason = "checked to be in range")]
    pub fn from_degrees(lat: f64, lon: f64) -> Option<Self> {
        let inside = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon);
        if !inside {
            return None;
        }
        Self::from_e7((lat * 1e7).round() as i32, (lon * 1e7).round() as i32)
    }

    /// Latitude in 1e-7 degrees.
    pub const fn lat_e7(self) -> i32 {
        self.lat_e7
    }

    /// Longitude in 1e-7 degrees.
    pub const fn lon_e7(self) -> i32 {
        self.lon_e7
    }

    /// Latitude in degrees.
    pub fn lat(self) -> f64 {
        f64::from(self.lat_e7) / 1e7
    }

    /// Longitude in degrees.
    pub fn lon(self) -> f64 {
        f64::from(self.lon_e7) / 1e7
    }

    /// Metres to `other`, along the great circle.
    pub fn metres_to(self, other: Self) -> f64 {
        Haversine.distance(self.point(), other.point())
    }

    /// Degrees clockwise from true north, 0 to 360, of the way to `other`.
    pub fn bearing_to(self, other: Self) -> f64 {
        Haversine.bearing(self.point(), other.point()).rem_euclid(360.0)
    }

    fn point(self) -> Point {
        Point::new(self.lon(), self.lat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_of_latitude_is_a_sea_mile_north() {
        let here = Position::from_degrees(60.0, 24.9).unwrap();
        let there = Position::from_degrees(60.0 + 1.0 / 60.0, 24.9).unwrap();
        assert!((here.metres_to(there) - 1_853.0).abs() < 2.0);
        assert!(here.bearing_to(there) < 0.01);
        assert_eq!(Position::from_degrees(91.0, 0.0), None);
        assert_eq!(Position::from_degrees(f64::NAN, 0.0), None);
    }
}
