//! Checksums as some makers count them, which is not as the book does. They are evidence only where two blocks
//! were counted in the same way, or where the meter is known for it.

use super::{
    message::{ETX, STX, bcc},
    parity::Parity,
};

/// A way to count that is not that of the book.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Formula {
    /// With the STX that the book leaves out.
    WithStart,
    /// Without the ETX that the book takes in.
    WithoutEnd,
    /// The sum of the characters, of which seven bits are left; or eight, of the characters with their parity
    /// bits, which is the same but for the check's own parity. An exclusive-or over eight bits is that of the
    /// book: its parity comes out even by itself.
    Sum,
}

impl Formula {
    const ALL: [Self; 3] = [Self::WithStart, Self::WithoutEnd, Self::Sum];

    /// The way in which this raw check was counted over a block: its characters behind STX, up to and with ETX,
    /// and the eight-bit sum of the same as they came. None where it is damage.
    pub(super) fn explaining(check: u8, parity: Parity, text: &[u8], raw_sum: u8) -> Option<Self> {
        let counts = |formula: &Self| match formula {
            Self::WithStart => parity.fits(check) && check & 0x7F == bcc(text) ^ STX,
            Self::WithoutEnd => parity.fits(check) && check & 0x7F == bcc(text) ^ ETX,
            Self::Sum => (parity.fits(check) || check == raw_sum) && check & 0x7F == sum(text) & 0x7F,
        };
        Self::ALL.into_iter().find(counts)
    }
}

fn sum(text: &[u8]) -> u8 {
    text.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte))
}

#[cfg(test)]
mod tests {
    use super::{super::parity::with_even, *};

    const TEXT: &[u8] = b"1.8.0(1)\r\n!\r\n\x03";

    #[test]
    fn each_way_is_told_from_the_others_and_from_damage() {
        let right = bcc(TEXT);
        check(right ^ STX, Some(Formula::WithStart));
        check(right ^ ETX, Some(Formula::WithoutEnd));
        check(sum(TEXT) & 0x7F, Some(Formula::Sum));
        check(right, None);
        check(right ^ 0x55, None);
    }

    #[test]
    fn a_sum_over_eight_bits_has_no_parity_of_its_own() {
        for text in [TEXT, b"1.8.0(2)\r\n!\r\n\x03", b"1.8.0(4)\r\n!\r\n\x03", b"1.8.0(8)\r\n!\r\n\x03"] {
            let wide = sum(&with_even(text));
            assert_eq!(Formula::explaining(wide, Parity::Even, text, wide), Some(Formula::Sum));
            let damaged = (!Parity::Even.fits(wide)).then_some(None);
            let explained = Formula::explaining(wide, Parity::Even, text, !wide);
            assert_eq!(explained, damaged.unwrap_or(Some(Formula::Sum)));
        }
    }

    #[track_caller]
    fn check(seven: u8, expected: Option<Formula>) {
        let [raw] = with_even(&[seven])[..] else { panic!() };
        // Sums that nobody would take for the check.
        assert_eq!(Formula::explaining(raw, Parity::Even, TEXT, !raw), expected);
        assert_eq!(Formula::explaining(seven, Parity::Stripped, TEXT, !seven), expected);
    }
}
