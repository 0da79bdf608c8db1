//! Which registers to ask for, in which order, and what to ask for where a meter does not know a block.

use std::collections::VecDeque;

use super::{
    identifier::{Edition, Identifier},
    layout_1997, layout_2007,
    limits::TARIFFS,
};

/// What a round needs: energy by tariff, money left, the clock, how the meter is, failures of power, openings
/// of the cover.
const ROUTE_2007: &[u32] = &[0x0001_FF00, 0x0090_0200, 0x0400_010C, 0x0400_0501, 0x0311_0000, 0x0330_0D00];

/// All that is read when there is time. What a round needs still comes before what it does not.
const FULL_2007: &[u32] = &[
    // Energy: taken, fed in, combined.
    0x0001_FF00,
    0x0002_FF00,
    0x0000_FF00,
    // Demand.
    0x0101_FF00,
    0x0102_FF00,
    // Reactive energy: combined, by quadrant.
    0x0003_FF00,
    0x0004_FF00,
    0x0005_FF00,
    0x0006_FF00,
    0x0007_FF00,
    0x0008_FF00,
    // Prepaid: money, energy.
    0x0090_0200,
    0x0090_0201,
    0x0090_0100,
    0x0090_0101,
    0x0400_010C,
    0x0400_05FF,
    // How often: power failures, openings, programmings, resets.
    0x0311_0000,
    0x0330_0D00,
    0x0330_0E00,
    0x0330_0000,
    0x0330_0200,
    // The last settlement day.
    0x0001_FF01,
    0x0002_FF01,
    0x0101_FF01,
    // Now: voltages, currents, powers, factors, frequency.
    0x0201_FF00,
    0x0202_FF00,
    0x0203_FF00,
    0x0204_FF00,
    0x0206_FF00,
    0x0280_0002,
    // By phase.
    0x0015_0000,
    0x0029_0000,
    0x003D_0000,
    // Who it is, and its batteries.
    0x0400_0402,
    0x0400_0403,
    0x0280_0008,
    0x0280_0009,
];

const ROUTE_1997: &[u32] = &[0x901F, 0xC010, 0xC011, 0xC020];

const FULL_1997: &[u32] = &[
    // Energy: taken, fed in.
    0x901F, 0x902F, // Demand, and when.
    0xA01F, 0xB01F, // Reactive energy: forward, reverse, by quadrant.
    0x911F, 0x912F, 0x913F, 0x915F, 0x916F, 0x914F, // The clock, how the meter and the grid are.
    0xC010, 0xC011, 0xC020, 0xC021, // How often: programmings, resets.
    0xB212, 0xB213, // The last month.
    0x941F, 0xA41F, 0xB41F, // Now: voltages, currents, powers, factors.
    0xB61F, 0xB62F, 0xB63F, 0xB64F, 0xB65F, // Who it is.
    0xC032, 0xC034,
];

/// The date, and the time behind it, for a meter that tells them apart only.
const DATE_AND_TIME: u32 = 0x0400_010C;
const APART: [u32; 2] = [0x0400_0101, 0x0400_0102];

/// What is still to be asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Wish {
    pub(super) name: Identifier,
    /// The block it is part of, where that is asked for one by one.
    pub(super) block: Option<Identifier>,
}

/// Wishes in order.
#[derive(Debug)]
pub(super) struct Plan {
    wishes: VecDeque<Wish>,
    /// Families of names of which the meter has told a block.
    blocks_of: Vec<u8>,
}

impl Plan {
    pub(super) fn new(edition: Edition, full: bool) -> Self {
        let codes = match (edition, full) {
            (Edition::Y2007, false) => ROUTE_2007,
            (Edition::Y2007, true) => FULL_2007,
            (Edition::Y1997, false) => ROUTE_1997,
            (Edition::Y1997, true) => FULL_1997,
        };
        let wish = |&code: &u32| Wish { name: Identifier::of(edition, code), block: None };
        Self { wishes: codes.iter().map(wish).collect(), blocks_of: Vec::new() }
    }

    pub(super) fn next(&mut self) -> Option<Wish> {
        self.wishes.pop_front()
    }

    pub(super) fn left(&self) -> usize {
        self.wishes.len()
    }

    /// Asks for this before all else.
    pub(super) fn first(&mut self, wish: Wish) {
        self.wishes.push_front(wish);
    }

    /// The meter told this: whatever else it does not know, it knows blocks.
    pub(super) fn answered(&mut self, wish: Wish) {
        let family = family(wish.name);
        if !singles(wish.name, 0).is_empty() && !self.blocks_of.contains(&family) {
            self.blocks_of.push(family);
        }
    }

    /// The meter does not know this. Where it may only not know blocks, the values are asked for one by one.
    pub(super) fn refused(&mut self, wish: Wish) {
        match wish.block {
            // There are no more tariffs than this, or no more phases.
            Some(block) => self.wishes.retain(|other| other.block != Some(block)),
            None if self.blocks_of.contains(&family(wish.name)) => {}
            None => self.one_by_one(wish, 0),
        }
    }

    /// The block ended before its time: the values from this one on are asked for one by one.
    pub(super) fn cut(&mut self, wish: Wish, from: u8) {
        self.one_by_one(wish, from);
    }

    fn one_by_one(&mut self, wish: Wish, from: u8) {
        for name in singles(wish.name, from).into_iter().rev() {
            self.wishes.push_front(Wish { name, block: Some(wish.name) });
        }
    }
}

const fn family(name: Identifier) -> u8 {
    match name.edition() {
        Edition::Y2007 => (name.code() >> 24).to_le_bytes()[0],
        Edition::Y1997 => (name.code() >> 12).to_le_bytes()[0],
    }
}

/// The values of a block by their own names, from this place on.
fn singles(name: Identifier, from: u8) -> Vec<Identifier> {
    let code = name.code();
    let [high, kind, middle, last] = code.to_be_bytes();
    let within = |first: u8, end: u8, shift: u32, block: u8| -> Vec<Identifier> {
        let named = |place: u8| (code & !(u32::from(block) << shift)) | u32::from(place) << shift;
        let places = first.saturating_add(from)..=end;
        places.map(|place| Identifier::of(name.edition(), named(place))).collect()
    };
    match (name.edition(), high, kind) {
        (Edition::Y2007, ..) if code == DATE_AND_TIME => APART.map(Identifier::of_2007).into(),
        (Edition::Y2007, 0x00 | 0x01, _) if middle == layout_2007::BLOCK => {
            within(0, TARIFFS, 8, layout_2007::BLOCK)
        }
        (Edition::Y2007, 0x02, 0x01 | 0x02) if middle == layout_2007::BLOCK => {
            within(1, 3, 8, layout_2007::BLOCK)
        }
        (Edition::Y2007, 0x02, _) if middle == layout_2007::BLOCK => within(0, 3, 8, layout_2007::BLOCK),
        (Edition::Y2007, 0x04, _) if last == layout_2007::BLOCK => within(1, 7, 0, layout_2007::BLOCK),
        (Edition::Y1997, ..) if last & 0x0F == layout_1997::BLOCK => match (middle, last >> 4) {
            (0xB6, 1 | 2) => within(1, 3, 0, layout_1997::BLOCK),
            (0xB6, _) => within(0, 3, 0, layout_1997::BLOCK),
            _ => within(0, TARIFFS, 0, layout_1997::BLOCK),
        },
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::{super::layout::Layout, *};

    fn shown(names: &[Identifier]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_block_has_its_values_by_their_own_names() {
        let of_2007 = |code, from| shown(&singles(Identifier::of_2007(code), from));
        assert_eq!(of_2007(0x0001_FF00, 3), ["00010300", "00010400"]);
        assert_eq!(of_2007(0x0101_FF01, 4), ["01010401"]);
        assert_eq!(of_2007(0x0201_FF00, 0), ["02010100", "02010200", "02010300"]);
        assert_eq!(of_2007(0x0203_FF00, 0), ["02030000", "02030100", "02030200", "02030300"]);
        assert_eq!(of_2007(0x0400_05FF, 5), ["04000506", "04000507"]);
        assert_eq!(of_2007(0x0400_010C, 0), ["04000101", "04000102"]);
        assert_eq!(of_2007(0x0001_0000, 0), [""; 0]);
        let of_1997 = |code, from| shown(&singles(Identifier::of_1997(code), from));
        assert_eq!(of_1997(0x901F, 0), ["9010", "9011", "9012", "9013", "9014"]);
        assert_eq!(of_1997(0xB61F, 0), ["B611", "B612", "B613"]);
        assert_eq!(of_1997(0xB63F, 2), ["B632", "B633"]);
    }

    #[test]
    fn nothing_is_asked_for_that_is_not_understood() {
        for (edition, full) in [Edition::Y1997, Edition::Y2007]
            .into_iter()
            .flat_map(|edition| [(edition, false), (edition, true)])
        {
            let mut plan = Plan::new(edition, full);
            while let Some(Wish { name, .. }) = plan.next() {
                assert!(Layout::of(name).is_some(), "{name}");
                assert!(singles(name, 0).into_iter().all(|name| Layout::of(name).is_some()), "{name}");
            }
        }
    }

    #[test]
    fn a_meter_that_knows_no_blocks_is_asked_one_by_one_until_there_is_no_more() {
        let mut plan = Plan::new(Edition::Y2007, false);
        let block = plan.next().unwrap();
        plan.refused(block);
        let total = plan.next().unwrap();
        assert_eq!(total.name.to_string(), "00010000");
        plan.answered(total);
        let sharp = plan.next().unwrap();
        plan.refused(sharp);
        assert_eq!(plan.next().unwrap().name.to_string(), "00900200");
    }

    #[test]
    fn a_block_that_is_missing_among_others_is_not_asked_for_one_by_one() {
        let mut plan = Plan::new(Edition::Y2007, true);
        let block = plan.next().unwrap();
        plan.answered(block);
        let left = plan.left();
        let other = plan.next().unwrap();
        plan.refused(other);
        assert_eq!((other.name.to_string().as_str(), plan.left()), ("0002FF00", left - 1));
    }
}
