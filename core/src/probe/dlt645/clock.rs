//! The meter's own date and time, put together from what was read, and the year of a stamp that has none.

use super::{
    bcd,
    layout::{DATE, TIME},
};
use crate::{
    obis::Obis,
    probe::readout::{Datum, Value},
    time::Civil,
};

/// The clock, where both its date and its time were read.
pub(super) fn find(registers: &[Datum]) -> Option<Civil> {
    let text = |obis: Obis| {
        registers.iter().find_map(|datum| match &datum.value {
            Value::Text(text) if datum.obis == obis => Some(text.as_str()),
            Value::Text(_) | Value::Number(_) => None,
        })
    };
    let pairs = |text: &str| -> Option<Vec<u8>> {
        text.as_bytes()
            .rchunks(2)
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok())
            .collect()
    };
    let (date, time) = (pairs(text(DATE)?)?, pairs(text(TIME)?)?);
    bcd::stamp(&[time, date].concat())
}

/// Month, day, hour and minute.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct YearlessStamp {
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
}

impl YearlessStamp {
    /// From `MMDDhhmm`.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let &[minute, hour, day, month] = bytes else { return None };
        let stamp = Self {
            month: bcd::pair(month)?,
            day: bcd::pair(day)?,
            hour: bcd::pair(hour)?,
            minute: bcd::pair(minute)?,
        };
        // Every date there is exists in a leap year.
        stamp.in_year(2000).map(|_| stamp)
    }

    /// The last such moment that the meter can have seen: its maxima are at most two months old.
    pub(super) fn last_before(self, clock: Civil) -> Option<Civil> {
        let (year, ..) = clock.fields();
        let this_year = self.in_year(year);
        this_year.filter(|&at| at <= clock).or_else(|| self.in_year(year - 1))
    }

    fn in_year(self, year: i32) -> Option<Civil> {
        Civil::new(year, self.month, self.day, self.hour, self.minute, 0)
    }
}

/// `11-23 07:30`.
impl std::fmt::Display for YearlessStamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}-{:02} {:02}:{:02}", self.month, self.day, self.hour, self.minute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_without_a_year_is_of_the_last_one_it_can_be() {
        check([0x30, 0x07, 0x23, 0x11], "2026-11-23T07:30:00", Some("2026-11-23T07:30:00"));
        check([0x31, 0x07, 0x23, 0x11], "2026-11-23T07:30:00", Some("2025-11-23T07:31:00"));
        check([0x00, 0x00, 0x29, 0x02], "2025-01-01T00:00:00", Some("2024-02-29T00:00:00"));
        check([0x00, 0x00, 0x29, 0x02], "2026-01-01T00:00:00", None);
        assert_eq!(YearlessStamp::of(&[0; 4]), None);
    }

    #[track_caller]
    fn check(bytes: [u8; 4], clock: &str, expected: Option<&str>) {
        let at = YearlessStamp::of(&bytes).unwrap().last_before(clock.parse().unwrap());
        assert_eq!(at.map(|at| at.to_string()).as_deref(), expected);
    }
}
