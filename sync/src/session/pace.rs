//! How many events go into a batch: few at first, more while the link is quick, half where it is not.

use std::time::Duration;

use crate::wire::BATCH_EVENTS_MAX;

/// What breaks off on a bad link is sent again, so the first batch is small.
const FIRST: usize = 50;
/// Added for every batch that went well, once one did not.
const STEP: usize = 50;
/// A batch that takes longer is too large for this link.
const SLOW: Duration = Duration::from_secs(5);
/// A batch twice as large would still be quick enough.
const QUICK: Duration = Duration::from_millis(2_000);

/// The size of the next batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    size: usize,
    max: usize,
    /// Doubles until the first setback.
    starting: bool,
}

impl Pace {
    pub(super) const fn new() -> Self {
        Self { size: FIRST, max: BATCH_EVENTS_MAX, starting: true }
    }

    /// Most events in the next batch.
    pub(super) const fn size(self) -> usize {
        self.size
    }

    /// The hub takes no more than this.
    pub(super) fn limit(&mut self, max: usize) {
        self.max = self.max.min(max.max(1));
        self.size = self.size.min(self.max);
    }

    /// A batch arrived, and took so long.
    pub(super) fn arrived(&mut self, took: Duration) {
        if took > SLOW {
            self.halve();
        } else if took <= QUICK {
            self.size = if self.starting { self.size * 2 } else { self.size + STEP }.min(self.max);
        }
    }

    /// Too many at once. Whether there is anything left to halve.
    pub(super) fn halve(&mut self) -> bool {
        self.starting = false;
        let before = self.size;
        self.size = (self.size / 2).max(1);
        self.size < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_on_a_good_link_and_halves_on_a_bad_one() {
        let mut pace = Pace::new();
        let mut sizes = vec![pace.size()];
        for took_ms in [100, 100, 6_000, 100, 3_000, 100] {
            pace.arrived(Duration::from_millis(took_ms));
            sizes.push(pace.size());
        }
        assert_eq!(sizes, [50, 100, 200, 100, 150, 150, 200]);
    }

    #[test]
    fn it_keeps_to_what_the_hub_takes() {
        let mut pace = Pace::new();
        pace.limit(60);
        pace.arrived(Duration::ZERO);
        assert_eq!(pace.size(), 60);
        pace.limit(0);
        assert_eq!(pace.size(), 1);
        assert!(!pace.halve());
    }
}
