//! The twelve bytes of a meter's date and time, both ways. The deviation from UTC is passed over: what counts is
//! what the meter shows. IEC 62056-62, 4.1.6.

use super::cursor::Cursor;
use crate::time::Civil;

/// Not given.
const UNSPECIFIED: u8 = 0xFF;
/// Years of electronic meters; others are a clock that was never set, or no date.
const YEARS: std::ops::RangeInclusive<u16> = 1_970..=2_199;

/// The date and time, if there is one in it: seconds may be left out.
pub(super) fn civil(bytes: &[u8]) -> Option<Civil> {
    let mut cursor = Cursor(Some(bytes).filter(|bytes| bytes.len() == 12)?);
    let year = cursor.u16().filter(|year| YEARS.contains(year))?;
    let [month, day, _, hour, minute, second] = cursor.array()?;
    let second = if second == UNSPECIFIED { 0 } else { second };
    Civil::new(year.into(), month.into(), day.into(), hour.into(), minute.into(), second.into())
}

/// As a selector wants it: day of the week and deviation not given.
pub(super) fn date_time(civil: Civil) -> [u8; 12] {
    let (year, month, day, hour, minute, second) = civil.fields();
    let byte = |value: u32| u8::try_from(value).unwrap_or(UNSPECIFIED);
    let [high, low] = u16::try_from(year).unwrap_or(u16::MAX).to_be_bytes();
    let (month, day, hour, minute, second) = (byte(month), byte(day), byte(hour), byte(minute), byte(second));
    [high, low, month, day, UNSPECIFIED, hour, minute, second, 0, 0x80, 0, 0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_meter_shows_is_taken_as_it_is() {
        check(&[0x07, 0xEA, 11, 23, 1, 10, 5, 59, 0, 0x80, 0, 0], "2026-11-23T10:05:59");
        check(&[0x07, 0xEA, 11, 23, 0xFF, 10, 5, 0xFF, 0xFF, 0xFF, 0xC4, 0x80], "2026-11-23T10:05:00");
        for none in [
            &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 10, 0, 0, 0, 0x80, 0, 0][..],
            &[0x07, 0xEA, 13, 1, 1, 1, 1, 1, 0, 0x80, 0, 0],
            &[0x07, 0xEA, 1, 1, 1, 24, 1, 1, 0, 0x80, 0, 0],
            &[0, 0, 1, 1, 1, 1, 1, 1, 0, 0x80, 0, 0],
            &[0x07, 0xEA, 11, 23],
        ] {
            assert_eq!(civil(none), None, "{none:02X?}");
        }
    }

    #[test]
    fn a_time_comes_back_as_it_was_written() {
        let time: Civil = "2028-02-29T23:59:58".parse().unwrap();
        assert_eq!(civil(&date_time(time)), Some(time));
    }

    #[track_caller]
    fn check(bytes: &[u8], shown: &str) {
        assert_eq!(civil(bytes).map(|time| time.to_string()).as_deref(), Some(shown));
    }
}
