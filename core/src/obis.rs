//! OBIS codes: the names of registers, IEC 62056-61.

use std::{fmt, str::FromStr};

/// The text is not an OBIS code.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not an OBIS code")]
pub struct ObisError;

/// A register's name `A-B:C.D.E*F`: medium, channel, quantity, processing, tariff, billing period.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Obis {
    /// Medium; 1 is electricity, 0 is abstract.
    pub a: u8,
    /// Channel.
    pub b: u8,
    /// What is measured; 1 is active energy taken from the grid.
    pub c: u8,
    /// How it is processed; 8 is a running total, 6 a maximum.
    pub d: u8,
    /// Tariff; 0 is the sum of all.
    pub e: u8,
    /// Billing period; 255 is the present value.
    pub f: u8,
}

impl Obis {
    /// Total active energy taken from the grid, `1-0:1.8.0*255`.
    pub const ACTIVE_IMPORT: Self = Self::electricity(1, 8, 0);
    /// Total active energy fed into the grid, `1-0:2.8.0*255`.
    pub const ACTIVE_EXPORT: Self = Self::electricity(2, 8, 0);

    /// A present electricity register of channel 0.
    pub const fn electricity(c: u8, d: u8, e: u8) -> Self {
        Self { a: 1, b: 0, c, d, e, f: 255 }
    }

    /// The same quantity under another tariff.
    #[must_use]
    pub const fn with_tariff(self, e: u8) -> Self {
        Self { e, ..self }
    }

    /// A running total of the present period, of whatever tariff.
    pub const fn is_present_total(self) -> bool {
        self.d == 8 && self.f == 255
    }
}

impl fmt::Display for Obis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { a, b, c, d, e, f: period } = self;
        write!(f, "{a}-{b}:{c}.{d}.{e}*{period}")
    }
}

impl FromStr for Obis {
    type Err = ObisError;

    /// Takes the full code and every shortened one of IEC 62056-21: `1.8.0`, `1.8`, `1.8.0*01`, `1.6.1&02`,
    /// `C.1.0`, `F.F`, `1-1:1.8.0`. Left-out groups are `1-0` (`0-0` for the letters), `0` and `255`.
    fn from_str(text: &str) -> Result<Self, ObisError> {
        let (a, text) = split_number(text, '-')?;
        let (b, text) = split_number(text, ':')?;
        let (text, f) = match text.split_once(['*', '&']) {
            Some((text, period)) => (text, number(period)?),
            None => (text, 255),
        };
        let mut groups = text.split('.');
        let c = group(groups.next().ok_or(ObisError)?)?;
        let d = group(groups.next().ok_or(ObisError)?)?;
        let e = groups.next().map_or(Ok(0), group)?;
        if groups.next().is_some() {
            return Err(ObisError);
        }
        let abstract_object = matches!(c, 96..=98);
        Ok(Self { a: a.unwrap_or(u8::from(!abstract_object)), b: b.unwrap_or(0), c, d, e, f })
    }
}

/// The number before `mark`, if the mark is there, and the rest.
fn split_number(text: &str, mark: char) -> Result<(Option<u8>, &str), ObisError> {
    match text.split_once(mark) {
        Some((head, rest)) => Ok((Some(number(head)?), rest)),
        None => Ok((None, text)),
    }
}

fn group(text: &str) -> Result<u8, ObisError> {
    match text {
        "C" => Ok(96),
        "F" => Ok(97),
        "L" => Ok(98),
        "P" => Ok(99),
        digits => number(digits),
    }
}

fn number(text: &str) -> Result<u8, ObisError> {
    if text.is_empty() || text.len() > 3 || !text.bytes().all(|letter| letter.is_ascii_digit()) {
        return Err(ObisError);
    }
    text.parse().map_err(|_| ObisError)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shortened_codes_are_completed() {
        for (text, full) in [
            ("1.8.0", "1-0:1.8.0*255"),
            ("1.8", "1-0:1.8.0*255"),
            ("1.8.0*01", "1-0:1.8.0*1"),
            ("1.6.1&02", "1-0:1.6.1*2"),
            ("1-1:31.7.0", "1-1:31.7.0*255"),
            ("C.1.0", "0-0:96.1.0*255"),
            ("F.F", "0-0:97.97.0*255"),
            ("P.01", "1-0:99.1.0*255"),
            ("0.0.0", "1-0:0.0.0*255"),
        ] {
            assert_eq!(text.parse::<Obis>().map(|obis| obis.to_string()), Ok(full.into()));
        }
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for text in ["", "1", "1.", "1.8.0.0", "1.256.0", "a.b", "1-0", "1.8.+1", "-1.8", "1.8.0*"] {
            assert_eq!(text.parse::<Obis>(), Err(ObisError), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn text_and_back(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8) {
            let obis = Obis { a, b, c, d, e, f };
            prop_assert_eq!(obis.to_string().parse(), Ok(obis));
        }
    }
}
