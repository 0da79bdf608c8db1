//! Points in time: on the world's clock, on a meter's own clock, and on a clock that only runs forward.
//! None of them knows what time it is now.

use std::{
    fmt,
    ops::{Add, Sub},
    str::FromStr,
    time::Duration,
};

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SecondsFormat, TimeDelta, Timelike};

/// The text is not a date and time.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a date and time")]
pub struct TimeError;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct UtcMs(pub i64);

impl UtcMs {
    /// Milliseconds from `earlier` to here; negative when `earlier` is later.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Days from `earlier` to here, in thousandths, so that part of a day counts.
    pub const fn milli_days_since(self, earlier: Self) -> i64 {
        self.since(earlier) / 86_400
    }
}

impl fmt::Display for UtcMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::from_timestamp_millis(self.0) {
            Some(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true)),
            None => write!(f, "{} ms", self.0),
        }
    }
}

impl FromStr for UtcMs {
    type Err = TimeError;

    /// Takes RFC 3339, or a bare date, which means its first moment in UTC.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self(time.timestamp_millis()));
        }
        let date: NaiveDate = text.parse().map_err(|_| TimeError)?;
        date.and_hms_opt(0, 0, 0).map(|time| Self(time.and_utc().timestamp_millis())).ok_or(TimeError)
    }
}

/// What a meter's own clock shows. It has no time zone: nobody can tell how the meter was set.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Civil(NaiveDateTime);

impl Civil {
    /// Makes a civil time, or nothing where the calendar or the clock has no such moment.
    pub fn new(year: i32, month: u32, day: u32, hour: u32, minute: u32, second: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day)?.and_hms_opt(hour, minute, second).map(Self)
    }

    /// From seconds since 1970-01-01T00:00:00 on the same clock.
    pub fn of_unix(seconds: i64) -> Option<Self> {
        DateTime::from_timestamp(seconds, 0).map(|time| Self(time.naive_utc()))
    }

    /// Year, month, day, hour, minute and second.
    pub fn fields(self) -> (i32, u32, u32, u32, u32, u32) {
        let Self(at) = self;
        (at.year(), at.month(), at.day(), at.hour(), at.minute(), at.second())
    }

    /// So much later; nothing beyond the end of the calendar.
    pub fn plus(self, span: Duration) -> Option<Self> {
        self.0.checked_add_signed(TimeDelta::from_std(span).ok()?).map(Self)
    }

    /// Time from `earlier` to here; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        (self.0 - earlier.0).to_std().unwrap_or_default()
    }

    /// Seconds since 1970-01-01T00:00:00 on the same clock.
    pub const fn to_unix(self) -> i64 {
        self.0.and_utc().timestamp()
    }
}

impl fmt::Display for Civil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%dT%H:%M:%S"))
    }
}

impl FromStr for Civil {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").map(Self).map_err(|_| TimeError)
    }
}

/// A point on a clock that only runs forward, in microseconds since that clock was started.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Moment(pub u64);

impl Moment {
    /// Time from `earlier` to here; zero when `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(span.as_micros()).unwrap_or(u64::MAX)))
    }
}

impl Sub for Moment {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        let time = UtcMs(1_795_427_381_250);
        assert_eq!(time.to_string().parse(), Ok(time));
        assert_eq!("2026-11-23".parse(), Ok(UtcMs(1_795_392_000_000)));
        let civil = Civil::new(2026, 11, 23, 10, 0, 0).unwrap();
        assert_eq!(civil.to_string(), "2026-11-23T10:00:00");
        assert_eq!(civil.to_string().parse(), Ok(civil));
        assert_eq!(Civil::new(2026, 2, 30, 0, 0, 0), None);
        assert_eq!(Civil::of_unix(1_795_428_000), Some(civil));
        assert_eq!(civil.to_unix(), 1_795_428_000);
    }

    #[test]
    fn a_civil_time_is_counted_on_over_the_end_of_a_year() {
        let eve = Civil::new(2026, 12, 31, 23, 45, 0).unwrap();
        let morning = eve.plus(Duration::from_mins(30)).unwrap();
        assert_eq!(morning.fields(), (2027, 1, 1, 0, 15, 0));
        assert_eq!(morning.since(eve), Duration::from_mins(30));
        assert_eq!(eve.since(morning), Duration::ZERO);
        assert_eq!(eve.plus(Duration::MAX), None);
    }
}
