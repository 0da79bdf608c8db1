//! Numbers, stamps and texts as meters write them: two decimal digits a byte, the lowest byte first. A digit
//! above nine means that there is no value, and so does every byte of it.

use crate::{decimal::Decimal, time::Civil};

/// Meters that speak this were built after this.
const CENTURY: i32 = 2000;
const DIGITS_MAX: usize = 18;
const SIGN: u8 = 0x80;

/// The digits as one number; nothing where a digit is above nine, or there are too many.
pub(super) fn digits(bytes: &[u8]) -> Option<u64> {
    if bytes.len() * 2 > DIGITS_MAX {
        return None;
    }
    bytes.iter().rev().try_fold(0_u64, |sum, &byte| Some(sum * 100 + u64::from(pair(byte)?)))
}

/// A number with this many places. Where it may be negative, the highest bit says so.
pub(super) fn number(bytes: &[u8], places: u8, signed: bool) -> Option<Decimal> {
    let (&highest, lower) = bytes.split_last()?;
    let negative = signed && highest & SIGN != 0;
    let highest = if negative { highest & !SIGN } else { highest };
    let mantissa = u64::from(pair(highest)?) * 100_u64.checked_pow(u32::try_from(lower.len()).ok()?)?;
    let mantissa = i64::try_from(mantissa.checked_add(digits(lower)?)?).ok()?;
    Decimal::new(if negative { -mantissa } else { mantissa }, places).ok()
}

/// All digits, with the zeros in front.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    bytes.iter().rev().map(|&byte| pair(byte).map(|pair| format!("{pair:02}"))).collect()
}

/// Letters, the last one first on the line; blanks and NUL around them are dropped.
pub(super) fn letters(bytes: &[u8]) -> Option<String> {
    let text: String = bytes.iter().rev().map(|&byte| char::from(byte)).collect();
    let text = text.trim_matches(['\0', ' ']);
    let plain = text.chars().all(|letter| letter == ' ' || letter.is_ascii_graphic());
    (plain && !text.is_empty()).then(|| text.into())
}

/// `YYMMDDhhmmss`, or without the seconds; the year is last on the line.
pub(super) fn stamp(bytes: &[u8]) -> Option<Civil> {
    let (second, rest) = match bytes {
        [second, rest @ ..] if bytes.len() == 6 => (pair(*second)?, rest),
        _ => (0, bytes),
    };
    let &[minute, hour, day, month, year] = rest else { return None };
    let year = CENTURY + i32::try_from(pair(year)?).ok()?;
    Civil::new(year, pair(month)?, pair(day)?, pair(hour)?, pair(minute)?, second)
}

/// `mmhhDDMMYY` of a moment, as a request says it.
pub(super) fn of_minute(at: Civil) -> [u8; 5] {
    let (year, month, day, hour, minute, _) = at.fields();
    [minute, hour, day, month, year.rem_euclid(100).unsigned_abs()].map(|value| {
        let value = u8::try_from(value % 100).unwrap_or_default();
        (value / 10) << 4 | (value % 10)
    })
}

/// Two digits of one byte.
pub(super) fn pair(byte: u8) -> Option<u32> {
    let (high, low) = (byte >> 4, byte & 0x0F);
    (high <= 9 && low <= 9).then(|| u32::from(high * 10 + low))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_have_their_places_and_their_sign() {
        check(&[0x56, 0x34, 0x12, 0x00], 2, false, Some("1234.56"));
        check(&[0x05, 0x00, 0x80], 4, true, Some("-0.0005"));
        check(&[0x99, 0x99, 0x79], 4, true, Some("79.9999"));
        check(&[0x99, 0x99, 0x99], 4, false, Some("99.9999"));
        check(&[0x00, 0x00, 0x00, 0x00], 2, false, Some("0.00"));
    }

    #[test]
    fn a_digit_above_nine_is_no_value_and_never_zero() {
        check(&[0xFF, 0xFF], 1, false, None);
        check(&[0xFF, 0xFF, 0xFF], 3, true, None);
        check(&[0xEE, 0xEE], 1, false, None);
        check(&[0x00, 0x00, 0x0E, 0x00], 2, false, None);
        check(&[0x00, 0x0A], 1, true, None);
        check(&[0x00, 0x8A], 1, true, None);
        check(&[], 0, false, None);
    }

    #[test]
    fn texts_keep_their_zeros_and_stamps_their_order() {
        assert_eq!(text(&[0x02, 0x39, 0x00]).as_deref(), Some("003902"));
        assert_eq!(text(&[0x02, 0xFA]), None);
        assert_eq!(letters(b"\0\0 7V022").as_deref(), Some("220V7"));
        assert_eq!((letters(&[0xFF; 8]), letters(&[0; 8])), (None, None));
        let at = stamp(&[0x05, 0x30, 0x07, 0x23, 0x11, 0x26]).unwrap();
        assert_eq!(at.to_string(), "2026-11-23T07:30:05");
        assert_eq!(stamp(&of_minute(at)).unwrap().to_string(), "2026-11-23T07:30:00");
        assert_eq!((stamp(&[0; 6]), stamp(&[0xFF; 5]), stamp(&[])), (None, None, None));
    }

    proptest! {
        #[test]
        fn a_number_is_read_as_its_digits_say(value in 0..100_000_000_u32) {
            let said: Vec<u8> = format!("{value:08}").as_bytes().rchunks(2)
                .map(|pair| (pair[0] - b'0') << 4 | (pair[1] - b'0')).collect();
            prop_assert_eq!(digits(&said), Some(u64::from(value)));
            prop_assert_eq!(number(&said, 2, false), Decimal::new(i64::from(value), 2).ok());
        }
    }

    #[track_caller]
    fn check(bytes: &[u8], places: u8, signed: bool, shown: Option<&str>) {
        assert_eq!(number(bytes, places, signed).map(|number| number.to_string()).as_deref(), shown);
    }
}
