//! The ways in which a person who sees one number writes another, and how likely each makes it.

/// A way of being wrong.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Slip {
    /// One digit is another: next on the wheel, alike to the eye, or any.
    Digit,
    /// Two digits side by side changed places.
    Transposition,
    /// The last digit was left out, or the first red one was read with the rest.
    Shift,
    /// The previous reading again.
    Repeat,
    /// The number of another meter.
    Unrelated,
}

/// How many ways there are.
pub const SLIPS: usize = 5;

impl Slip {
    /// All of them, in the order of their shares.
    pub const ALL: [Self; SLIPS] =
        [Self::Digit, Self::Transposition, Self::Shift, Self::Repeat, Self::Unrelated];

    /// Its name in files.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Digit => "digit",
            Self::Transposition => "transposition",
            Self::Shift => "shift",
            Self::Repeat => "repeat",
            Self::Unrelated => "unrelated",
        }
    }
}

/// Digits that look alike on a worn or badly lit face.
const ALIKE: [[u8; 2]; 10] = [[6, 8], [4, 7], [5, 7], [5, 8], [1, 9], [3, 6], [5, 8], [1, 2], [0, 3], [4, 8]];

/// Of the wrong digits, this part each: both neighbours on the wheel, both that look alike, any other of nine.
const NEXT: f64 = 0.25;
const LIKE: f64 = 0.125;
const ANY: f64 = 0.25 / 9.0;

/// Of the shifts, half leave the last digit out and half add one, which is any of ten.
const LEFT_OUT: f64 = 0.5;
const ADDED: f64 = 0.05;

/// Names every reading of a register of so many digits that one slip makes `reading` of, with how likely it then makes this
/// one of it.
pub fn intended(reading: i64, digits: u8, mut name: impl FnMut(Slip, i64, f64)) {
    let turn = 10_i64.pow(u32::from(digits.clamp(1, 18)));
    let mut place = 1;
    while place < turn {
        let (digit, left) = (reading / place % 10, reading / (place * 10) % 10);
        for other in (0..10).filter(|other| *other != digit) {
            name(Slip::Digit, reading + (other - digit) * place, taken_for(other, digit) / f64::from(digits));
        }
        if place * 10 < turn && left != digit {
            let other = reading + (left - digit) * place + (digit - left) * place * 10;
            name(Slip::Transposition, other, 1.0 / pairs(other, turn));
        }
        place *= 10;
    }
    for digit in 0..10 {
        let longer = reading * 10 + digit;
        if reading < turn / 10 && longer != reading {
            name(Slip::Shift, longer, LEFT_OUT);
        }
        let shorter = reading / 10 + digit * (turn / 10);
        if shorter != reading {
            name(Slip::Shift, shorter, ADDED);
        }
    }
}

/// How likely `seen` is taken for `digit`.
fn taken_for(seen: i64, digit: i64) -> f64 {
    let next = (seen + 1) % 10 == digit || (digit + 1) % 10 == seen;
    let alike = usize::try_from(seen).ok().and_then(|seen| ALIKE.get(seen));
    let alike = alike.is_some_and(|alike| alike.iter().any(|other| i64::from(*other) == digit));
    ANY + f64::from(u8::from(next)) * NEXT + f64::from(u8::from(alike)) * LIKE
}

/// How many pairs of digits side by side differ; at least one.
fn pairs(reading: i64, turn: i64) -> f64 {
    let (mut pairs, mut place) = (0.0, 1);
    while place * 10 < turn {
        pairs += f64::from(u8::from(reading / place % 10 != reading / (place * 10) % 10));
        place *= 10;
    }
    f64::max(pairs, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_digit_is_one_of_nine() {
        for seen in 0..10 {
            let all: f64 = (0..10).filter(|digit| *digit != seen).map(|digit| taken_for(seen, digit)).sum();
            assert!((all - 1.0).abs() < 1e-12, "{seen}: {all}");
        }
    }

    #[test]
    fn every_slip_leads_back_to_what_was_meant() {
        let mut named = vec![];
        intended(4712, 5, |slip, meant, likely| named.push((slip, meant, likely)));
        let has = |slip, meant| named.iter().any(|(named, other, _)| (*named, *other) == (slip, meant));
        assert!(has(Slip::Digit, 4713) && has(Slip::Digit, 94712) && has(Slip::Transposition, 7412));
        assert!(has(Slip::Transposition, 40712) && has(Slip::Shift, 47125) && has(Slip::Shift, 30471));
        assert!(named.iter().all(|(_, meant, likely)| (0..100_000).contains(meant) && *likely > 0.0));
        assert!(named.iter().all(|(_, meant, _)| *meant != 4712));
        assert_eq!(named.len(), 9 * 5 + 4 + 10 + 10);
    }
}
