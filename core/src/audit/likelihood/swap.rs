//! Registers of the times of use that stand in each other's place: the sum of them is right all the same, the use of each is
//! not.

use super::{
    belief::{Belief, Outlook},
    class::Class,
    logs::{exp, ln},
    trail::Trail,
};

/// Times of use that are told apart; four make 24 orders.
pub const PARTS_MAX: usize = 4;

/// Another order must be so much likelier, as a logarithm: people seldom swap registers.
pub const ALARM_ABOVE: f64 = 4.0;

/// What a register that cannot have shown the reading counts for.
const IMPOSSIBLE: f64 = -60.0;

/// One register with what was written down for it.
#[derive(Clone, Debug)]
pub struct PartRead<'a> {
    /// Its past.
    pub trail: &'a Trail,
    /// How many digits it shows.
    pub digits: u8,
    /// What was written down for it.
    pub reading: i64,
}

/// A better order of the readings.
#[derive(Clone, Debug, PartialEq)]
pub struct Swapped {
    /// For each register, whose place its reading was written in.
    pub order: Vec<usize>,
    /// How much likelier all other orders together are than the one that was written, as a logarithm.
    pub score: f64,
    /// How sure this order is among the other ones, between 0 and 1.
    pub confidence: f64,
}

/// The order that the readings of two to four registers were probably seen in, if it is another one; nothing where one of them
/// has too little past.
pub fn swapped(parts: &[PartRead<'_>], class: &Class, days: f64) -> Option<Swapped> {
    if !(2..=PARTS_MAX).contains(&parts.len()) {
        return None;
    }
    let mut likely = [[0.0; PARTS_MAX]; PARTS_MAX];
    for (row, part) in likely.iter_mut().zip(parts) {
        let belief = Belief::new(&Outlook::new(part.trail, class, days)?, class);
        let turn = 10_i64.pow(u32::from(part.digits.clamp(1, 18)));
        for (cell, other) in row.iter_mut().zip(parts) {
            #[expect(clippy::cast_precision_loss, reason = "at most 10^18; statistics only")]
            let used = part.trail.used(other.reading, turn) as f64;
            let fits = (0..turn).contains(&other.reading);
            *cell = if fits { ln(belief.of(used)).max(IMPOSSIBLE) } else { IMPOSSIBLE };
        }
    }
    let orders = orders(parts.len());
    let sum = |order: &[usize]| order.iter().zip(&likely).fold(0.0, |sum, (from, row)| sum + row[*from]);
    let (written, others) = orders.split_first()?;
    let as_written = sum(written);
    // Equal readings make equal orders, which are no news.
    let differs = |order: &&Vec<usize>| {
        order
            .iter()
            .zip(parts)
            .any(|(from, part)| parts.get(*from).is_some_and(|other| other.reading != part.reading))
    };
    let (mut best, mut all) = (None, 0.0);
    for order in others.iter().filter(differs) {
        let ratio = sum(order) - as_written;
        all += exp(ratio);
        if best.as_ref().is_none_or(|(_, top)| ratio > *top) {
            best = Some((order.clone(), ratio));
        }
    }
    let (order, top) = best?;
    Some(Swapped { order, score: ln(all), confidence: exp(top) / all })
}

impl Swapped {
    /// Whether to ask.
    pub fn is_alarm(&self) -> bool {
        self.score > ALARM_ABOVE
    }
}

/// All orders of so many places, as written first.
fn orders(places: usize) -> Vec<Vec<usize>> {
    let mut orders = vec![vec![]];
    for place in 0..places {
        let mut longer = vec![];
        for order in &orders {
            // The last place first, so that the order as written comes first.
            for at in (0..=order.len()).rev() {
                let mut order: Vec<usize> = order.clone();
                order.insert(at, place);
                longer.push(order);
            }
        }
        orders = longer;
    }
    orders
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::likelihood::tests::class;

    /// A register that goes on by so much a period.
    fn trail(first: i64, step: i64) -> Trail {
        let mut trail = Trail::new(first);
        for at in 0..20 {
            trail.add(trail.last() + step + at % 3, 1_000_000, 28.0);
        }
        trail
    }

    #[test]
    fn registers_that_changed_places_are_put_back() {
        let trails = [trail(1_000, 300), trail(4_000, 120), trail(2_000, 700)];
        let right = [300, 121, 702];
        let right: Vec<i64> = trails.iter().zip(right).map(|(trail, used)| trail.last() + used).collect();
        let parts = |readings: [i64; 3]| -> Vec<PartRead<'_>> {
            let part = |(trail, reading)| PartRead { trail, digits: 6, reading };
            trails.iter().zip(readings).map(part).collect()
        };
        let as_seen = swapped(&parts([right[0], right[1], right[2]]), &class(), 28.0).unwrap();
        assert!(!as_seen.is_alarm(), "{as_seen:?}");
        let two = swapped(&parts([right[1], right[0], right[2]]), &class(), 28.0).unwrap();
        assert!(two.is_alarm() && two.order == [1, 0, 2] && two.confidence > 0.99, "{two:?}");
        // Each stands where the next belongs.
        let three = swapped(&parts([right[2], right[0], right[1]]), &class(), 28.0).unwrap();
        assert!(three.is_alarm() && three.order == [1, 2, 0], "{three:?}");
    }

    #[test]
    fn every_order_is_there_once_and_the_written_one_first() {
        let mut all = orders(4);
        assert_eq!((all.len(), &all[0]), (24, &vec![0, 1, 2, 3]));
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 24);
    }

    #[test]
    fn one_register_or_one_without_a_past_says_nothing() {
        let (known, young) = (trail(1_000, 300), Trail::new(5));
        let part = |trail| PartRead { trail, digits: 6, reading: 9_000 };
        assert_eq!(swapped(&[part(&known)], &class(), 28.0), None);
        assert_eq!(swapped(&[part(&known), part(&young)], &class(), 28.0), None);
    }
}
