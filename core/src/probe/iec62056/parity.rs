//! The eighth bit. Lines deliver raw characters; what the eighth bit means is told by the evidence.

/// What the line does with the parity bit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::probe) enum Parity {
    /// The eighth bit makes the number of ones even.
    Even,
    /// The port or server on the way has taken the eighth bit off.
    Stripped,
}

impl Parity {
    /// Judges by a character that has an odd number of ones in seven bits, such as `/`.
    pub(in crate::probe) const fn from_odd_character(raw: u8) -> Self {
        if raw & 0x80 == 0 { Self::Stripped } else { Self::Even }
    }

    /// Whether the character can have come through undamaged.
    pub(in crate::probe) const fn fits(self, raw: u8) -> bool {
        match self {
            Self::Even => raw.count_ones().is_multiple_of(2),
            Self::Stripped => raw & 0x80 == 0,
        }
    }
}

/// Seven-bit characters with the eighth bit set to even parity, ready for an eight-bit line.
pub(super) fn with_even(characters: &[u8]) -> Vec<u8> {
    characters
        .iter()
        .map(|&byte| if byte.count_ones().is_multiple_of(2) { byte } else { byte | 0x80 })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_gets_even_parity() {
        assert_eq!(with_even(b"/?!\r\n"), [0xAF, 0x3F, 0x21, 0x8D, 0x0A]);
    }

    #[test]
    fn one_wrong_bit_is_seen_on_a_raw_line() {
        for byte in with_even(b"/ABC5\x02\x03") {
            for bit in 0..8 {
                assert!(Parity::Even.fits(byte) && !Parity::Even.fits(byte ^ (1 << bit)));
            }
        }
    }

    #[test]
    fn the_slash_tells_whether_the_eighth_bit_was_taken_off() {
        assert_eq!(Parity::from_odd_character(0xAF), Parity::Even);
        assert_eq!(Parity::from_odd_character(0x2F), Parity::Stripped);
    }
}
