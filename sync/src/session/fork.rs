//! Where two histories of one log part: the search for the last event that both ends hold alike.

use lamplighter_core::evidence::chain::Head;

use crate::wire::LINKS_MAX;

/// A search in one of the device's logs. Whatever agrees at one event agrees at all before it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Search {
    /// The log.
    pub(super) epoch: u32,
    /// The last event known to be the same.
    low: Head,
    /// Nothing behind this one is the same.
    high: u64,
    /// How many questions were asked.
    rounds: u32,
}

/// What an answer leads to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Found {
    /// Ask about the next links.
    Narrower(Search),
    /// The hub holds another event behind this one, or more than the device has.
    Parted(Head),
    /// The hub holds the same up to here and nothing behind it.
    Same(Head),
    /// No honest hub answers so.
    Nonsense,
}

/// Enough for any log: every question divides what is left by [`LINKS_MAX`].
const ROUNDS_MAX: u32 = 12;

impl Search {
    /// In the log that ends with event `end` on the device.
    pub(super) const fn new(epoch: u32, end: u64) -> Self {
        Self { epoch, low: Head::EMPTY, high: end, rounds: 0 }
    }

    /// The events whose links are to be asked about, the last one included. Never none.
    pub(super) fn seqs(&self) -> Vec<u64> {
        let left = self.high - self.low.seq;
        let step = left.div_ceil(LINKS_MAX as u64).max(1);
        let mut seqs: Vec<u64> =
            (1..).map(|n| self.low.seq + n * step).take_while(|seq| *seq < self.high).collect();
        seqs.push(self.high);
        seqs
    }

    /// The hub holds `asked` up to `common` alike, and has `have_seq` events.
    pub(super) fn answered(mut self, asked: &[Head], common: Head, have_seq: u64) -> Found {
        let known = common == self.low || common == Head::EMPTY || asked.contains(&common);
        self.rounds += 1;
        if !known || common.seq < self.low.seq && common != Head::EMPTY || self.rounds > ROUNDS_MAX {
            return Found::Nonsense;
        }
        if common.seq > self.low.seq {
            self.low = common;
        }
        self.high = asked
            .iter()
            .map(|link| link.seq)
            .find(|seq| *seq > self.low.seq)
            .map_or(self.high, |seq| seq - 1);
        if self.low.seq < self.high {
            Found::Narrower(self)
        } else if have_seq > self.low.seq {
            Found::Parted(self.low)
        } else {
            Found::Same(self.low)
        }
    }
}

#[cfg(test)]
mod tests {
    use lamplighter_core::evidence::chain::Hash;

    use super::*;

    /// The event of a log that parts from ours behind `common`.
    fn link(seq: u64) -> Head {
        if seq == 0 { Head::EMPTY } else { Head { seq, hash: Hash::of(&seq.to_be_bytes()) } }
    }

    /// A hub that holds the same up to `common` and `have` events in all, and a device with `ours`.
    #[track_caller]
    fn check(ours: u64, common: u64, have: u64, expected: &Found) {
        let mut search = Search::new(1, ours);
        for _ in 0..ROUNDS_MAX {
            let seqs = search.seqs();
            assert!(seqs.len() <= LINKS_MAX && seqs.is_sorted());
            let asked: Vec<Head> = seqs.into_iter().map(link).collect();
            let same = asked.iter().rev().find(|link| link.seq <= common.min(have)).copied();
            match search.answered(&asked, same.unwrap_or(Head::EMPTY), have) {
                Found::Narrower(next) => search = next,
                found @ (Found::Parted(_) | Found::Same(_) | Found::Nonsense) => {
                    assert_eq!(&found, expected, "{ours} {common} {have}");
                    return;
                }
            }
        }
        panic!("it never ends");
    }

    #[test]
    fn the_last_common_event_is_found() {
        for ours in [1, 2, 63, 64, 65, 500, 5_000, 4_000_000] {
            for common in [0, ours / 2, ours - 1] {
                check(ours, common, ours, &Found::Parted(link(common)));
                check(ours, common, common + 1, &Found::Parted(link(common)));
                check(ours, common, common, &Found::Same(link(common)));
            }
            check(ours, ours, ours + 3, &Found::Parted(link(ours)));
            check(ours, ours, ours, &Found::Same(link(ours)));
        }
    }

    #[test]
    fn an_empty_log_parts_at_its_beginning() {
        check(0, 0, 4, &Found::Parted(Head::EMPTY));
    }

    #[test]
    fn an_answer_about_something_else_is_nonsense() {
        let search = Search::new(1, 9);
        assert_eq!(search.answered(&[link(3), link(9)], link(5), 9), Found::Nonsense);
    }
}
