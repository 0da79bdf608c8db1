//! Who holds which lock on a file, by SQLite's five levels and, for its journal, its eight slots.

/// Whoever opened the file, by number.
pub(super) type Holder = u64;

/// SQLite's levels.
pub(super) const SHARED: i32 = 1;
pub(super) const RESERVED: i32 = 2;
pub(super) const EXCLUSIVE: i32 = 4;

/// The locks of one file.
#[derive(Debug, Default)]
pub(super) struct Locks {
    shared: Vec<Holder>,
    reserved: Option<Holder>,
    pending: Option<Holder>,
    exclusive: Option<Holder>,
    slots: [Slot; 8],
}

#[derive(Clone, Debug, Default)]
struct Slot {
    shared: Vec<Holder>,
    exclusive: Option<Holder>,
}

impl Locks {
    /// Raises a lock; answers whether that was possible.
    pub(super) fn raise(&mut self, holder: Holder, level: i32) -> bool {
        let free = |held: Option<Holder>| held.is_none_or(|other| other == holder);
        if level <= SHARED {
            if !free(self.pending) || !free(self.exclusive) {
                return false;
            }
            if !self.shared.contains(&holder) {
                self.shared.push(holder);
            }
            return true;
        }
        if !free(self.reserved) || !free(self.pending) || !free(self.exclusive) {
            return false;
        }
        if level == RESERVED {
            self.reserved = Some(holder);
            return true;
        }
        self.pending = Some(holder);
        if level == EXCLUSIVE {
            if self.shared.iter().any(|other| *other != holder) {
                return false;
            }
            self.exclusive = Some(holder);
        }
        true
    }

    /// Lowers a lock.
    pub(super) fn lower(&mut self, holder: Holder, level: i32) {
        for lock in [&mut self.reserved, &mut self.pending, &mut self.exclusive] {
            if *lock == Some(holder) {
                *lock = None;
            }
        }
        if level < SHARED {
            self.shared.retain(|other| *other != holder);
        }
    }

    /// Whether anybody is about to write.
    pub(super) const fn is_reserved(&self) -> bool {
        self.reserved.is_some() || self.pending.is_some() || self.exclusive.is_some()
    }

    /// Takes slots; answers whether that was possible. All or none.
    pub(super) fn take(&mut self, holder: Holder, from: usize, count: usize, shared: bool) -> bool {
        let slots = self.slots.iter_mut().skip(from).take(count);
        let mut slots: Vec<&mut Slot> = slots.collect();
        let free = |slot: &Slot| {
            let others = slot.shared.iter().any(|other| *other != holder);
            slot.exclusive.is_none_or(|other| other == holder) && (shared || !others)
        };
        if !slots.iter().all(|slot| free(slot)) {
            return false;
        }
        for slot in &mut slots {
            if !shared {
                slot.exclusive = Some(holder);
            } else if !slot.shared.contains(&holder) {
                slot.shared.push(holder);
            }
        }
        true
    }

    /// Gives slots back.
    pub(super) fn give_back(&mut self, holder: Holder, from: usize, count: usize, shared: bool) {
        for slot in self.slots.iter_mut().skip(from).take(count) {
            if shared {
                slot.shared.retain(|other| *other != holder);
            } else if slot.exclusive == Some(holder) {
                slot.exclusive = None;
            }
        }
    }

    /// Gives everything back.
    pub(super) fn leave(&mut self, holder: Holder) {
        self.lower(holder, 0);
        self.give_back(holder, 0, 8, true);
        self.give_back(holder, 0, 8, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_writes_while_others_read_and_nobody_while_one_has_it_all() {
        let mut locks = Locks::default();
        assert!(locks.raise(1, SHARED) && locks.raise(2, SHARED) && locks.raise(1, RESERVED));
        assert!(!locks.raise(2, RESERVED) && !locks.raise(1, EXCLUSIVE));
        locks.lower(2, 0);
        assert!(locks.raise(1, EXCLUSIVE) && !locks.raise(2, SHARED));
        locks.leave(1);
        assert!(locks.raise(2, SHARED) && !locks.is_reserved());
    }

    #[test]
    fn a_slot_has_many_readers_or_one_writer() {
        let mut locks = Locks::default();
        assert!(locks.take(1, 3, 1, true) && locks.take(2, 3, 1, true));
        assert!(!locks.take(1, 3, 1, false) && !locks.take(3, 2, 3, false));
        locks.give_back(2, 3, 1, true);
        assert!(locks.take(1, 3, 1, false) && !locks.take(2, 3, 1, true));
    }
}
