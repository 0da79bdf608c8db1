//! Lists that a meter writes round and round: the entries of a log, the blocks of a profile, the intervals of
//! a block. An age of 0 is the newest.

/// A list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Ring {
    slots: u16,
    last: u16,
    valid: u16,
    descending: bool,
}

impl Ring {
    /// A list of so many slots, the newest entry in `last`, so many of them `valid`; in a descending one the
    /// next older entry is behind a newer one. Nothing where that cannot be.
    pub(crate) const fn new(slots: u16, last: u16, valid: u16, descending: bool) -> Option<Self> {
        let possible = valid <= slots && (valid == 0 || last < slots);
        if possible { Some(Self { slots, last, valid, descending }) } else { None }
    }

    /// How many entries there are.
    pub(crate) const fn len(self) -> u16 {
        self.valid
    }

    /// The slot of an entry.
    pub(crate) fn slot(self, age: u16) -> Option<u16> {
        if age >= self.valid {
            return None;
        }
        let (slots, last, age) = (u32::from(self.slots), u32::from(self.last), u32::from(age));
        let place = if self.descending { last + age } else { last + slots - age };
        u16::try_from(place % slots).ok()
    }

    /// The longest run of slots that follow each other in memory, from this age on towards the newest, of at
    /// most `most`: the lowest slot, and how many. In a descending list the oldest is in the highest slot.
    pub(crate) fn run(self, age: u16, most: u16) -> Option<(u16, u16)> {
        let first = self.slot(age)?;
        let most = most.min(age + 1);
        let room = if self.descending { first + 1 } else { self.slots - first };
        let count = most.min(room);
        let lowest = if self.descending { first + 1 - count } else { first };
        (count > 0).then_some((lowest, count))
    }

    /// Newer entries stand before older ones.
    pub(crate) const fn is_descending(self) -> bool {
        self.descending
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_list_that_cannot_be_is_none() {
        assert_eq!((Ring::new(4, 4, 1, false), Ring::new(4, 0, 5, false)), (None, None));
        assert_eq!(Ring::new(0, 7, 0, false).and_then(|ring| ring.slot(0)), None);
    }

    #[test]
    fn a_list_goes_round() {
        let slots = |descending| {
            let ring = Ring::new(4, 1, 4, descending).unwrap();
            (0..5).map(|age| ring.slot(age)).collect::<Vec<_>>()
        };
        assert_eq!(slots(false), [Some(1), Some(0), Some(3), Some(2), None]);
        assert_eq!(slots(true), [Some(1), Some(2), Some(3), Some(0), None]);
    }

    proptest! {
        #[test]
        fn runs_bring_every_entry_once_from_the_oldest_on(slots in 1..20_u16, last in 0..20_u16, valid in 0..20_u16, most in 1..7_u16, descending: bool) {
            let Some(ring) = Ring::new(slots, last, valid, descending) else { return Ok(()) };
            let mut seen = Vec::new();
            let mut left = valid;
            while let Some(age) = left.checked_sub(1) {
                let (lowest, count) = ring.run(age, most).unwrap();
                let run = lowest..lowest + count;
                if descending { seen.extend(run.rev()) } else { seen.extend(run) }
                left -= count;
            }
            let expected: Vec<u16> = (0..valid).rev().map(|age| ring.slot(age).unwrap()).collect();
            prop_assert_eq!(seen, expected);
        }
    }
}
