//! What a meter has told in programming mode so far.

use crate::probe::part::Part;

/// Counts what was told.
#[derive(Debug, Default)]
pub(super) struct Tally {
    told: u32,
    here: bool,
    with_password: bool,
}

impl Tally {
    /// A conversation begins.
    pub(super) const fn begin(&mut self) {
        self.here = false;
    }

    /// Takes an answer: so many registers, and parts; the password was said before, or not. Answers whether there
    /// was anything new in it.
    pub(super) fn count(&mut self, registers: usize, parts: &[Part], password_said: bool) -> bool {
        let new = registers + parts.iter().map(rows).sum::<usize>();
        self.told = self.told.saturating_add(u32::try_from(new).unwrap_or(u32::MAX));
        self.here |= new > 0;
        self.with_password |= new > 0 && password_said;
        new > 0
    }

    /// Registers, rows and events.
    pub(super) const fn told(&self) -> u32 {
        self.told
    }

    /// Something was told in this conversation.
    pub(super) const fn told_here(&self) -> bool {
        self.here
    }

    /// Something was told after the password was said.
    pub(super) const fn told_with_password(&self) -> bool {
        self.with_password
    }
}

fn rows(part: &Part) -> usize {
    match part {
        Part::Profile(profile) => profile.rows.len(),
        Part::Events(events) => events.len(),
    }
}
