//! Exact decimals with as many places as the meter showed. No floating point comes near a register.

use std::{cmp::Ordering, fmt, str::FromStr};

/// Most decimal places a value may have.
pub const SCALE_MAX: u8 = 9;

/// Why a text or a result is not a decimal of ours.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DecimalError {
    /// Something other than digits, one sign and one point or comma.
    #[error("not a decimal number")]
    NotANumber,
    /// More digits than eighteen, or more than nine decimal places.
    #[error("the number has too many digits")]
    TooLong,
}

/// `mantissa` / 10^`scale`. Two decimals of the same value and other scales are equal.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    mantissa: i64,
    scale: u8,
}

impl Decimal {
    /// Nothing, without decimal places.
    pub const ZERO: Self = Self { mantissa: 0, scale: 0 };

    /// Makes `mantissa` / 10^`scale`.
    pub const fn new(mantissa: i64, scale: u8) -> Result<Self, DecimalError> {
        if scale > SCALE_MAX || mantissa.unsigned_abs() >= 10_u64.pow(18) {
            return Err(DecimalError::TooLong);
        }
        Ok(Self { mantissa, scale })
    }

    /// Makes `mantissa` x 10^`exponent`.
    pub fn of_power(mantissa: i64, exponent: i8) -> Result<Self, DecimalError> {
        let places = exponent.unsigned_abs();
        if exponent <= 0 {
            return Self::new(mantissa, places);
        }
        let zeros = 10_i64.checked_pow(u32::from(places)).ok_or(DecimalError::TooLong)?;
        Self::new(mantissa.checked_mul(zeros).ok_or(DecimalError::TooLong)?, 0)
    }

    /// All digits as one integer.
    pub const fn mantissa(self) -> i64 {
        self.mantissa
    }

    /// How many of the digits stand behind the point.
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// The same value with `scale` places; digits that do not fit are cut off, towards zero.
    pub fn rescaled(self, scale: u8) -> Result<Self, DecimalError> {
        let value = if scale >= self.scale {
            self.mantissa.checked_mul(power(scale - self.scale)).ok_or(DecimalError::TooLong)?
        } else {
            self.mantissa / power(self.scale - scale)
        };
        Self::new(value, scale)
    }

    /// Sum, with the places of the more exact of both.
    pub fn plus(self, other: Self) -> Result<Self, DecimalError> {
        let scale = self.scale.max(other.scale);
        let (left, right) = (self.rescaled(scale)?, other.rescaled(scale)?);
        Self::new(left.mantissa.checked_add(right.mantissa).ok_or(DecimalError::TooLong)?, scale)
    }

    /// Difference, with the places of the more exact of both.
    pub fn minus(self, other: Self) -> Result<Self, DecimalError> {
        self.plus(Self { mantissa: -other.mantissa, scale: other.scale })
    }

    /// Product, exact.
    pub fn times(self, other: Self) -> Result<Self, DecimalError> {
        let mantissa = self.mantissa.checked_mul(other.mantissa).ok_or(DecimalError::TooLong)?;
        let (mut mantissa, mut scale) = (mantissa, self.scale + other.scale);
        while scale > SCALE_MAX && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Self::new(mantissa, scale)
    }

    /// Without its sign.
    #[must_use]
    pub const fn abs(self) -> Self {
        Self { mantissa: self.mantissa.abs(), scale: self.scale }
    }

    /// Below zero.
    pub const fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// Near enough for statistics, which are never stored or billed.
    #[expect(clippy::cast_precision_loss, reason = "statistics only")]
    pub fn approximate(self) -> f64 {
        self.mantissa as f64 / power(self.scale) as f64
    }
}

pub(crate) const fn power(exponent: u8) -> i64 {
    10_i64.pow(exponent as u32)
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let scale = self.scale.max(other.scale);
        let wide = |value: &Self| i128::from(value.mantissa) * i128::from(power(scale - value.scale));
        wide(self).cmp(&wide(other))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let digits = self.mantissa.unsigned_abs();
        if self.scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let unit = power(self.scale).unsigned_abs();
        write!(f, "{sign}{}.{:0width$}", digits / unit, digits % unit, width = usize::from(self.scale))
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    /// Takes digits with one point or one comma, as meters write them; leading zeros carry no meaning.
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (negative, digits) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            all => (false, all),
        };
        let (mut mantissa, mut scale, mut seen, mut point) = (0_i64, 0_u8, false, false);
        for &letter in digits {
            match letter {
                b'0'..=b'9' => {
                    seen = true;
                    let next = mantissa
                        .checked_mul(10)
                        .and_then(|value| value.checked_add(i64::from(letter - b'0')));
                    mantissa = next.ok_or(DecimalError::TooLong)?;
                    if point {
                        scale = scale.checked_add(1).ok_or(DecimalError::TooLong)?;
                    }
                }
                b'.' | b',' if !point => point = true,
                _ => return Err(DecimalError::NotANumber),
            }
        }
        if !seen {
            return Err(DecimalError::NotANumber);
        }
        Self::new(if negative { -mantissa } else { mantissa }, scale)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keeps_the_places_the_meter_showed() {
        for (text, shown) in
            [("012345.670", "12345.670"), ("-0,05", "-0.05"), ("7", "7"), (".5", "0.5"), ("5.", "5")]
        {
            assert_eq!(text.parse::<Decimal>().map(|value| value.to_string()), Ok(shown.into()));
        }
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in ["", "-", ".", "1.2.3", "1 2", "0x1", "1e3", "٣"] {
            assert_eq!(text.parse::<Decimal>(), Err(DecimalError::NotANumber), "{text:?}");
        }
        for text in ["1234567890123456789", "0.0000000001"] {
            assert_eq!(text.parse::<Decimal>(), Err(DecimalError::TooLong), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn text_and_back(mantissa in -999_999_999_999_999_i64..=999_999_999_999_999, scale in 0..=SCALE_MAX) {
            let value = Decimal::new(mantissa, scale).unwrap();
            let back: Decimal = value.to_string().parse().unwrap();
            prop_assert_eq!((back.mantissa(), back.scale()), (mantissa, scale));
        }

        #[test]
        fn adding_and_taking_away_is_nothing(a in -1_000_000_000_i64..1_000_000_000, b in -1_000_000_000_i64..1_000_000_000, s in 0..4_u8, t in 0..4_u8) {
            let (a, b) = (Decimal::new(a, s).unwrap(), Decimal::new(b, t).unwrap());
            prop_assert_eq!(a.plus(b).unwrap().minus(b).unwrap(), a);
        }
    }
}
