//! Moments in tables (`TM_FORMAT`). A moment is taken as the meter writes it: nobody can tell by it alone
//! whether a zone has been applied.

use super::super::number::{Order, of_digits, unsigned};
use crate::time::Civil;

/// Years from here on belong to the century before.
const LAST_CENTURY: i64 = 90;

/// How moments are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum TimeFormat {
    /// There is no clock, and a moment takes no bytes.
    #[default]
    None,
    /// Year, month, day, hour, minute, two decimal digits each.
    Digits,
    /// The same as whole numbers.
    Bytes,
    /// Minutes since 1970, and a byte of seconds.
    Minutes,
    /// Seconds since 1970.
    Seconds,
}

impl TimeFormat {
    /// By its code in table 0.
    pub(crate) const fn of_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::None,
            1 => Self::Digits,
            2 => Self::Bytes,
            3 => Self::Minutes,
            4 => Self::Seconds,
            _ => return None,
        })
    }

    /// Bytes of a moment to the minute.
    pub(crate) const fn minute_size(self) -> usize {
        match self {
            Self::None => 0,
            Self::Digits | Self::Bytes => 5,
            Self::Minutes | Self::Seconds => 4,
        }
    }

    /// Bytes of a moment to the second.
    pub(crate) const fn second_size(self) -> usize {
        match self {
            Self::None => 0,
            Self::Digits | Self::Bytes => 6,
            Self::Minutes => 5,
            Self::Seconds => 4,
        }
    }

    /// Bytes of a time of day.
    pub(crate) const fn of_day_size(self) -> usize {
        match self {
            Self::None => 0,
            Self::Digits | Self::Bytes => 3,
            Self::Minutes | Self::Seconds => 4,
        }
    }

    pub(crate) fn minute(self, bytes: &[u8], order: Order) -> Option<Civil> {
        match self {
            Self::None => None,
            Self::Digits | Self::Bytes => self.fields(bytes),
            Self::Minutes => of_count(bytes, order, 60, 0),
            Self::Seconds => of_count(bytes, order, 1, 0),
        }
    }

    pub(crate) fn second(self, bytes: &[u8], order: Order) -> Option<Civil> {
        match self {
            Self::None => None,
            Self::Digits | Self::Bytes => self.fields(bytes),
            Self::Minutes => {
                let (&second, minutes) = bytes.split_last()?;
                of_count(minutes, order, 60, second)
            }
            Self::Seconds => of_count(bytes, order, 1, 0),
        }
    }

    fn fields(self, bytes: &[u8]) -> Option<Civil> {
        let field = |byte: &u8| {
            if self == Self::Digits { of_digits(&[*byte]) } else { Some(i64::from(*byte)) }
        };
        let fields: Vec<i64> = bytes.iter().map(field).collect::<Option<_>>()?;
        let &[year, month, day, hour, minute, ref rest @ ..] = fields.as_slice() else { return None };
        let century = if year >= LAST_CENTURY { 1900 } else { 2000 };
        let year = i32::try_from(year).ok().filter(|year| *year < 100)? + century;
        let part = |value: i64| u32::try_from(value).ok();
        let second = rest.first().copied().unwrap_or_default();
        Civil::new(year, part(month)?, part(day)?, part(hour)?, part(minute)?, part(second)?)
    }
}

/// Neither none nor all bits set is a moment at which anything was measured.
fn of_count(bytes: &[u8], order: Order, unit: i64, second: u8) -> Option<Civil> {
    let count = i64::try_from(unsigned(bytes, order)?).ok()?;
    if count == 0 || count == i64::from(u32::MAX) || second > 59 {
        return None;
    }
    Civil::of_unix(count * unit + i64::from(second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: u8, bytes: &[u8], expected: Option<&str>) {
        let time = TimeFormat::of_code(code).unwrap();
        let shown = |civil: Option<Civil>| civil.map(|civil| civil.to_string());
        assert_eq!(bytes.len(), time.second_size());
        assert_eq!(shown(time.second(bytes, Order::Big)).as_deref(), expected);
        let minute = time.minute(&bytes[..time.minute_size()], Order::Big);
        if let (Some(minute), Some(second)) = (minute, time.second(bytes, Order::Big)) {
            assert_eq!(minute.to_unix() / 60, second.to_unix() / 60);
        }
    }

    #[test]
    fn a_moment_in_every_format() {
        check(1, &[0x26, 0x11, 0x23, 0x07, 0x30, 0x05], Some("2026-11-23T07:30:05"));
        check(2, &[26, 11, 23, 7, 30, 5], Some("2026-11-23T07:30:05"));
        let seconds = 1_795_419_005_u32;
        check(3, &[&(seconds / 60).to_be_bytes()[..], &[5]].concat(), Some("2026-11-23T07:30:05"));
        check(4, &seconds.to_be_bytes(), Some("2026-11-23T07:30:05"));
        check(2, &[99, 12, 31, 0, 0, 0], Some("1999-12-31T00:00:00"));
        check(0, &[], None);
    }

    #[test]
    fn what_no_calendar_has_is_no_moment() {
        for bytes in [[0; 6], [0xFF; 6], [26, 2, 30, 0, 0, 0], [26, 1, 1, 24, 0, 0], [150, 1, 1, 0, 0, 0]] {
            check(2, &bytes, None);
        }
        check(1, &[0x26, 0x1A, 0x23, 0, 0, 0], None);
        for bytes in [[0; 4], [0xFF; 4]] {
            check(4, &bytes, None);
        }
        check(3, &[0, 1, 0, 0, 60], None);
    }
}
