//! Errors as people make them, by the rules that the validation folder names: a digit (half to a neighbour, a quarter to one
//! that looks alike, a quarter to any), two digits swapped, one dropped or added, the previous reading, another meter's.

use lamplighter_core::audit::{likelihood::slip::Slip, table::Line};

const ALIKE: [[i64; 2]; 10] =
    [[6, 8], [4, 7], [5, 7], [5, 8], [1, 9], [3, 6], [5, 8], [1, 2], [0, 3], [4, 8]];

/// Random numbers from one seed (SplitMix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `many`.
    pub(crate) fn below(&mut self, many: usize) -> usize {
        usize::try_from(self.next() % many as u64).unwrap()
    }

    pub(crate) fn digit(&mut self) -> i64 {
        i64::try_from(self.next() % 10).unwrap()
    }
}

/// A number of a name that is the same on every machine.
pub(crate) fn hash(name: &str) -> u64 {
    let mixed = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 32)
}

/// What somebody writes who makes this error; the truth itself where it cannot be made.
pub(crate) fn slipped(
    slip: Slip,
    truth: i64,
    previous: i64,
    digits: u8,
    lines: &[Line],
    dice: &mut Dice,
) -> i64 {
    let places = usize::from(digits);
    let turn = 10_i64.pow(u32::from(digits));
    let place = |at: usize| 10_i64.pow(u32::try_from(at).unwrap());
    let digit = |at: usize| truth / place(at) % 10;
    match slip {
        Slip::Digit => {
            let at = dice.below(places);
            let was = digit(at);
            let is = match dice.below(4) {
                0 => (was + 1) % 10,
                1 => (was + 9) % 10,
                2 => ALIKE[usize::try_from(was).unwrap()][dice.below(2)],
                _ => (was + 1 + i64::try_from(dice.below(9)).unwrap()) % 10,
            };
            truth + (is - was) * place(at)
        }
        Slip::Transposition => {
            let pairs: Vec<usize> = (0..places - 1).filter(|at| digit(*at) != digit(at + 1)).collect();
            let Some(at) = (!pairs.is_empty()).then(|| pairs[dice.below(pairs.len())]) else { return truth };
            truth + (digit(at + 1) - digit(at)) * (place(at) - place(at + 1))
        }
        Slip::Shift if dice.below(2) == 0 => truth / 10,
        Slip::Shift => (truth * 10 + dice.digit()) % turn,
        Slip::Repeat => previous,
        Slip::Unrelated => loop {
            let other = &lines[dice.below(lines.len())].record;
            if other.digits == digits {
                break other.readings[dice.below(other.readings.len())];
            }
        },
    }
}
