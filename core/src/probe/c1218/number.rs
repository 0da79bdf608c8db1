//! Numbers in tables: the fourteen formats of C12.19 (`NI_FORMAT`), either byte order, three kinds of sign.

use crate::decimal::{Decimal, SCALE_MAX};

/// Digits of the largest decimal.
const DIGITS_MAX: i32 = 18;

/// Which byte of a number comes first.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Order {
    /// The lowest.
    #[default]
    Little,
    /// The highest.
    Big,
}

/// How whole numbers below zero are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Signs {
    /// Two's complement.
    #[default]
    TwosComplement,
    /// All bits the other way round.
    OnesComplement,
    /// A bit of its own.
    Magnitude,
}

/// How a number that need not be whole is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Number {
    /// Eight bytes of IEEE 754.
    Float64,
    /// Four bytes of IEEE 754.
    Float32,
    /// So many characters.
    Text(usize),
    /// So many bytes of two decimal digits.
    Digits(usize),
    /// A whole number of so many bytes, with so many decimal places.
    Whole(usize, u8),
}

impl Number {
    /// By its code in table 0.
    pub(super) const fn of_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Float64,
            1 => Self::Float32,
            2 => Self::Text(12),
            3 => Self::Text(6),
            4 => Self::Whole(4, 4),
            5 => Self::Digits(6),
            6 => Self::Digits(4),
            7 => Self::Whole(3, 0),
            8 => Self::Whole(4, 0),
            9 => Self::Whole(5, 0),
            10 => Self::Whole(6, 0),
            11 => Self::Whole(8, 0),
            12 => Self::Digits(8),
            13 => Self::Text(21),
            _ => return None,
        })
    }

    /// How many bytes.
    pub(super) const fn size(self) -> usize {
        match self {
            Self::Float64 => 8,
            Self::Float32 => 4,
            Self::Text(size) | Self::Digits(size) | Self::Whole(size, _) => size,
        }
    }

    /// The number; nothing where the bytes are none, or one with more digits than a decimal has.
    pub(super) fn read(self, bytes: &[u8], order: Order, signs: Signs) -> Option<Decimal> {
        match self {
            Self::Float64 => {
                let bits = u64::try_from(unsigned(bytes, order)?).ok()?;
                let value = f64::from_bits(bits);
                of_float(&value.to_string(), value)
            }
            Self::Float32 => {
                let bits = u32::try_from(unsigned(bytes, order)?).ok()?;
                let value = f32::from_bits(bits);
                of_float(&value.to_string(), value.into())
            }
            Self::Text(_) => of_text(bytes),
            Self::Digits(_) => Decimal::new(of_digits(bytes)?, 0).ok(),
            Self::Whole(_, places) => Decimal::new(signed(bytes, order, signs)?, places).ok(),
        }
    }
}

/// A whole number above zero of at most eight bytes.
pub(super) fn unsigned(bytes: &[u8], order: Order) -> Option<i128> {
    if bytes.len() > 8 {
        return None;
    }
    let add = |sum: i128, &byte: &u8| sum << 8 | i128::from(byte);
    Some(match order {
        Order::Little => bytes.iter().rev().fold(0, add),
        Order::Big => bytes.iter().fold(0, add),
    })
}

/// A whole number of at most eight bytes.
pub(super) fn signed(bytes: &[u8], order: Order, signs: Signs) -> Option<i64> {
    let raw = unsigned(bytes, order)?;
    let span = 1_i128 << (bytes.len() * 8);
    let value = match signs {
        _ if raw < span / 2 => raw,
        Signs::TwosComplement => raw - span,
        Signs::OnesComplement => raw - span + 1,
        Signs::Magnitude => span / 2 - raw,
    };
    i64::try_from(value).ok()
}

/// Two decimal digits a byte, the highest first, whatever the byte order: they are an array.
pub(super) fn of_digits(bytes: &[u8]) -> Option<i64> {
    bytes.iter().try_fold(0_i64, |sum, byte| {
        let (tens, ones) = (byte >> 4, byte & 0x0F);
        (tens < 10 && ones < 10).then_some(())?;
        sum.checked_mul(100)?.checked_add(i64::from(tens * 10 + ones))
    })
}

/// The shortest text that stands for the float. Places beyond what a decimal has are rounded off.
fn of_float(shortest: &str, value: f64) -> Option<Decimal> {
    if !value.is_finite() {
        return None;
    }
    let places = shortest.split_once('.').map_or(0, |(_, places)| places.len());
    if places <= SCALE_MAX.into() {
        return shortest.parse().ok();
    }
    let rounded = format!("{value:.width$}", width = usize::from(SCALE_MAX));
    rounded.trim_end_matches('0').trim_end_matches('.').parse().ok()
}

/// Characters: a sign, digits, a point, and perhaps a power of ten.
fn of_text(bytes: &[u8]) -> Option<Decimal> {
    let text = std::str::from_utf8(bytes).ok()?.trim_matches([' ', '\0']);
    match text.split_once(['E', 'e']) {
        None => text.parse().ok(),
        Some((digits, power)) => {
            let (digits, power): (Decimal, i8) = (digits.parse().ok()?, power.parse().ok()?);
            digits.times(Decimal::of_power(1, power).ok()?).ok()
        }
    }
}

/// The same number without zeros at its end.
pub(super) fn plain(number: Decimal) -> Decimal {
    let (mut mantissa, mut scale) = (number.mantissa(), number.scale());
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    Decimal::new(mantissa, scale).unwrap_or(number)
}

/// Product, exact where it fits, rounded to as many places as fit where it does not.
pub(super) fn product(one: Decimal, other: Decimal) -> Option<Decimal> {
    let mut mantissa = i128::from(one.mantissa()) * i128::from(other.mantissa());
    let mut scale = i32::from(one.scale()) + i32::from(other.scale());
    let fits = |mantissa: i128, scale: i32| {
        scale <= SCALE_MAX.into() && mantissa.unsigned_abs() < 10_u128.pow(DIGITS_MAX.unsigned_abs())
    };
    let mut carry = 0;
    while !fits(mantissa, scale) && scale > 0 {
        carry = mantissa % 10;
        mantissa /= 10;
        scale -= 1;
    }
    mantissa += if carry.abs() >= 5 { carry.signum() } else { 0 };
    Decimal::new(i64::try_from(mantissa).ok()?, u8::try_from(scale).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check(code: u8, bytes: &[u8], expected: Option<&str>) {
        let number = Number::of_code(code).unwrap();
        assert_eq!(bytes.len(), number.size());
        for order in [Order::Little, Order::Big] {
            let mut bytes = bytes.to_vec();
            if order == Order::Little && !matches!(number, Number::Text(_) | Number::Digits(_)) {
                bytes.reverse();
            }
            let found = number.read(&bytes, order, Signs::TwosComplement);
            assert_eq!(found.map(|value| value.to_string()).as_deref(), expected);
        }
    }

    #[test]
    fn floats_are_the_shortest_text_that_stands_for_them() {
        check(0, &12_345.67_f64.to_be_bytes(), Some("12345.67"));
        check(0, &(-0.5_f64).to_be_bytes(), Some("-0.5"));
        check(0, &(0.1_f64 + 0.2).to_be_bytes(), Some("0.3"));
        check(0, &123_456.123_456_789_12_f64.to_be_bytes(), Some("123456.123456789"));
        check(0, &1e-12_f64.to_be_bytes(), Some("0"));
        check(1, &230.1_f32.to_be_bytes(), Some("230.1"));
        check(1, &16_777_216_f32.to_be_bytes(), Some("16777216"));
    }

    #[test]
    fn a_float_that_is_no_number_is_none() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e18] {
            check(0, &value.to_be_bytes(), None);
        }
        check(1, &f32::NAN.to_be_bytes(), None);
        check(1, &f32::MAX.to_be_bytes(), None);
    }

    #[test]
    fn characters_are_numbers_of_all_kinds() {
        check(2, b"    12345.67", Some("12345.67"));
        check(2, b"-00000012.50", Some("-12.50"));
        check(2, b"1.5E3\0\0\0\0\0\0\0", Some("1500.0"));
        check(3, b"7.5E-2", Some("0.075"));
        check(3, b"230   ", Some("230"));
        check(13, b"          00012345.67", Some("12345.67"));
        for none in [b"      ", b"------", b"1..2  ", b"E5    ", b"1E99  ", b"\xFF\xFF\xFF\xFF\xFF\xFF"] {
            check(3, none, None);
        }
    }

    #[test]
    fn whole_numbers_of_every_length_have_a_sign() {
        check(4, &12_345_i32.to_be_bytes(), Some("1.2345"));
        check(4, &(-1_i32).to_be_bytes(), Some("-0.0001"));
        check(7, &[0x12, 0xD6, 0x87], Some("1234567"));
        check(7, &[0xFF, 0xFF, 0xFE], Some("-2"));
        check(8, &i32::MIN.to_be_bytes(), Some("-2147483648"));
        check(9, &[0, 0x49, 0x96, 0x02, 0xD2], Some("1234567890"));
        check(10, &[0x80, 0, 0, 0, 0, 0], Some("-140737488355328"));
        check(11, &999_999_999_999_999_999_i64.to_be_bytes(), Some("999999999999999999"));
        check(11, &i64::MAX.to_be_bytes(), None);
    }

    #[test]
    fn decimal_digits_are_held_to_being_digits() {
        check(5, &[0, 0, 0x12, 0x34, 0x56, 0x78], Some("12345678"));
        check(6, &[0x99; 4], Some("99999999"));
        check(12, &[0x12, 0x34, 0x56, 0x78, 0x90, 0x12, 0x34, 0x56], Some("1234567890123456"));
        check(6, &[0, 0, 0x1A, 0], None);
        check(6, &[0xFF; 4], None);
    }

    #[test]
    fn the_other_ways_to_write_a_sign() {
        let read = |bytes: [u8; 2], signs| signed(&bytes, Order::Big, signs);
        assert_eq!(read([0xFF, 0xFE], Signs::OnesComplement), Some(-1));
        assert_eq!(read([0x80, 0x05], Signs::Magnitude), Some(-5));
        assert_eq!(read([0x7F, 0xFF], Signs::Magnitude), Some(32_767));
    }

    #[test]
    fn zeros_at_the_end_are_taken_off() {
        for (number, expected) in [("2.0000", "2"), ("0.050", "0.05"), ("100", "100"), ("0.00", "0")] {
            assert_eq!(plain(decimal(number)).to_string(), expected);
        }
    }

    #[test]
    fn a_product_loses_only_what_no_decimal_holds() {
        let check = |one: &str, other: &str, expected: &str| {
            let found = product(decimal(one), decimal(other)).map(|value| value.to_string());
            assert_eq!(found.as_deref(), Some(expected));
        };
        check("12345.67", "0.001", "12.34567");
        check("123456789012", "0.333333333", "41152262962.8477370");
        check("-0.5", "0.000000001", "-0.000000001");
        assert_eq!(product(decimal("999999999999999999"), decimal("10")), None);
    }
}
