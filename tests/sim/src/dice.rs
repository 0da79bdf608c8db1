//! Random numbers that follow from a seed, and nothing else that is random.

/// SplitMix64 (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The dice of this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed ^ 0x6C61_6D70_6C69_6768)
    }

    /// Dice for one thing among others of the same seed, whatever the others throw.
    pub fn of(seed: u64, thing: u64) -> Self {
        let mut dice = Self::new(seed);
        let first = dice.any();
        Self::new(first.wrapping_add(thing.wrapping_mul(0xD6E8_FEB8_6659_FD93)))
    }

    /// Any number.
    pub const fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to `end` - 1; 0 where there is nothing to choose from.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.any() >> 1).unwrap_or_default().checked_rem(end).unwrap_or_default()
    }

    /// The same for small numbers.
    pub fn few(&mut self, end: u32) -> u32 {
        u32::try_from(self.any() >> 33).unwrap_or_default().checked_rem(end).unwrap_or_default()
    }

    /// Once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    /// A key or a seed of one.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.any().to_le_bytes()[0])
    }
}
