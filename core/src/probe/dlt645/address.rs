//! The address of a meter: twelve decimal digits, on the line as six bytes, the last two digits first.

use std::{fmt, str::FromStr};

/// The text is not the address of a meter.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not the address of a DL/T 645 meter")]
pub struct AddressError;

/// An address as it is on the line, the lowest byte first.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Address([u8; 6]);

/// Stands for whatever byte a meter has there.
const WILDCARD: u8 = 0xAA;
const DIGITS: usize = 12;
/// All meters hear this, none answers.
const BROADCAST: u64 = 999_999_999_999;

impl Address {
    /// Whatever meter hears it.
    pub const ANY: Self = Self([WILDCARD; 6]);

    pub(super) const fn of_wire(bytes: [u8; 6]) -> Self {
        Self(bytes)
    }

    pub(super) const fn wire(self) -> [u8; 6] {
        self.0
    }

    /// Whether a meter can have it: decimal digits, and not the one that is for all.
    pub(super) fn is_own(self) -> bool {
        let digits = super::bcd::digits(&self.0);
        digits.is_some_and(|digits| digits != BROADCAST)
    }

    /// Whether a meter at `other` may answer to this.
    pub(super) fn is_for(self, other: Self) -> bool {
        self.0.iter().zip(other.0).all(|(&own, other)| own == WILDCARD || own == other)
    }

    /// The bytes in the other order, as some meters tell them.
    #[must_use]
    pub(super) fn reversed(self) -> Self {
        let mut bytes = self.0;
        bytes.reverse();
        Self(bytes)
    }
}

/// Twelve digits.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().rev().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl FromStr for Address {
    type Err = AddressError;

    /// Takes up to twelve digits, perhaps with blanks or dashes between; the zeros in front may be missing.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let digits: String = text.chars().filter(|letter| ![' ', '-'].contains(letter)).collect();
        let fits = (1..=DIGITS).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
        let mut rest: u64 = if fits { digits.parse().map_err(|_| AddressError)? } else { BROADCAST };
        if rest == BROADCAST {
            return Err(AddressError);
        }
        let mut bytes = [0; 6];
        for byte in &mut bytes {
            let pair = u8::try_from(rest % 100).map_err(|_| AddressError)?;
            *byte = (pair / 10) << 4 | (pair % 10);
            rest /= 100;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_digits_are_first_on_the_line() {
        check("204617583902", [0x02, 0x39, 0x58, 0x17, 0x46, 0x20], "204617583902");
        check("20 4617-583902", [0x02, 0x39, 0x58, 0x17, 0x46, 0x20], "204617583902");
        check("731", [0x31, 0x07, 0, 0, 0, 0], "000000000731");
    }

    #[test]
    fn what_no_meter_has_is_refused() {
        for text in ["", "2046175839021", "99 99 99 99 99 99", "AAAAAAAAAAAA", "+1", "\u{661}"] {
            assert_eq!(text.parse::<Address>(), Err(AddressError), "{text:?}");
        }
        assert!(!Address::ANY.is_own() && !Address([0x99; 6]).is_own() && Address([0; 6]).is_own());
    }

    #[test]
    fn a_wildcard_stands_for_any_byte() {
        let own: Address = "204617583902".parse().unwrap();
        let partly = Address([0x02, 0x39, WILDCARD, WILDCARD, WILDCARD, WILDCARD]);
        assert!(Address::ANY.is_for(own) && partly.is_for(own) && own.is_for(own));
        assert!(!own.is_for(Address::ANY) && !own.is_for(own.reversed()));
    }

    #[track_caller]
    fn check(text: &str, wire: [u8; 6], shown: &str) {
        let address: Address = text.parse().unwrap();
        assert_eq!((address.wire(), address.to_string().as_str()), (wire, shown));
    }
}
