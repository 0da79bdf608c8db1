//! Who has the probe: one at a time. What is read beside the registers makes room for whoever comes next.

use std::{
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::state::lock;

/// Longer than a readout takes to notice that it is cancelled.
const YIELD_WAIT: Duration = Duration::from_secs(2);

/// What the probe is wanted for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Purpose {
    /// A person waits for it.
    Asked,
    /// Nobody waits for it.
    Beside,
}

/// The probe of this device.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    using: Mutex<Option<Using>>,
    released: Condvar,
}

#[derive(Debug)]
struct Using {
    cancel: Arc<AtomicBool>,
    purpose: Purpose,
}

/// The use of the probe; dropping it lets the next one begin.
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    pub(crate) cancel: Arc<AtomicBool>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *lock(&self.turns.using) = None;
        self.turns.released.notify_all();
    }
}

impl Turns {
    /// Takes the probe; nothing while somebody waits for what it is doing.
    pub(crate) fn take(&self, purpose: Purpose) -> Option<Turn<'_>> {
        let mut using = lock(&self.using);
        if let Some(Using { cancel, purpose: Purpose::Beside }) = &*using {
            cancel.store(true, Ordering::Relaxed);
            let waited = self.released.wait_timeout_while(using, YIELD_WAIT, |using| using.is_some());
            using = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if using.is_some() {
            return None;
        }
        let cancel = Arc::new(AtomicBool::new(false));
        *using = Some(Using { cancel: cancel.clone(), purpose });
        drop(using);
        Some(Turn { turns: self, cancel })
    }

    /// Stops what is under way, if it is for this.
    pub(crate) fn cancel(&self, purpose: Purpose) {
        if let Some(using) = lock(&self.using).as_ref().filter(|using| using.purpose == purpose) {
            using.cancel.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_reading_waits_for_nobody_and_nobody_takes_its_probe() {
        let turns = Turns::default();
        let reading = turns.take(Purpose::Asked).unwrap();
        assert!(turns.take(Purpose::Asked).is_none() && turns.take(Purpose::Beside).is_none());
        assert!(!reading.cancel.load(Ordering::Relaxed));
        drop(reading);
        assert!(turns.take(Purpose::Asked).is_some());
    }

    #[test]
    fn what_is_read_beside_makes_room_for_the_next_reading() {
        let turns = Turns::default();
        thread::scope(|scope| {
            let beside = turns.take(Purpose::Beside).unwrap();
            scope.spawn(move || {
                while !beside.cancel.load(Ordering::Relaxed) {
                    thread::yield_now();
                }
                drop(beside);
            });
            assert!(turns.take(Purpose::Asked).is_some());
        });
    }

    #[test]
    fn a_cancel_reaches_who_has_the_probe() {
        let turns = Turns::default();
        turns.cancel(Purpose::Asked);
        let turn = turns.take(Purpose::Asked).unwrap();
        // It was meant for what went before.
        turns.cancel(Purpose::Beside);
        assert!(!turn.cancel.load(Ordering::Relaxed));
        turns.cancel(Purpose::Asked);
        assert!(turn.cancel.load(Ordering::Relaxed));
    }
}
