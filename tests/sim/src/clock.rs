//! Time as the simulation has it: it goes on when told so, and a device's clock may be wrong.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use lamplighter_core::time::UtcMs;

/// 2026-11-02, 06:00 UTC.
const BEGIN_MS: i64 = 1_793_599_200_000;

/// A clock that everybody who holds it sees go on.
#[derive(Clone, Debug)]
pub struct Clock(Arc<AtomicI64>);

impl Default for Clock {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(BEGIN_MS)))
    }
}

impl Clock {
    /// What it shows.
    pub fn now(&self) -> UtcMs {
        UtcMs(self.0.load(Ordering::Relaxed))
    }

    /// It goes on, or jumps back.
    pub fn go(&self, by_ms: i64) {
        self.0.fetch_add(by_ms, Ordering::Relaxed);
    }
}
