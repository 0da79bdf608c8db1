//! The use cases: what a reader does on a shift, each one call.

mod aim;
mod beside;
mod owner;
mod record;
mod walk;

pub use aim::{Probe, aim, remember};
pub use beside::{Beside, BesideError, aim_beside};
pub use record::{Recording, record_readout, record_typed};
pub use walk::{begin, next_stop, reorder, start};

use crate::{audit::verdict::Level, id::StopId, obis::Obis, round::Outcome, store::StoreError};

/// Why a use case could not be done. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// There is no such stop on this device.
    #[error("there is no stop {0} on this device")]
    UnknownStop(StopId),
    /// The digits typed for this register are no number, or the meter has no such register.
    #[error("what was typed for {0} is not a reading of this meter")]
    BadEntry(Obis),
    /// The meter answered, but with none of the registers of the round.
    #[error("the meter sent none of the registers of this round")]
    NoRegister,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How the stops of a round stand.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// All stops.
    pub total: u32,
    /// Nobody was there.
    pub todo: u32,
    /// Read, and nothing speaks against it.
    pub right: u32,
    /// Read, and doubtful.
    pub doubtful: u32,
    /// Read, and it cannot be right as it stands.
    pub wrong: u32,
    /// Given up.
    pub skipped: u32,
}

impl Counts {
    /// Counts stops by what became of them.
    pub fn of(outcomes: &[(StopId, Outcome)]) -> Self {
        let mut counts = Self::default();
        for (_, outcome) in outcomes {
            counts.total += 1;
            let count = match *outcome {
                Outcome::ToDo => &mut counts.todo,
                Outcome::Read { level: Level::Right, .. } => &mut counts.right,
                Outcome::Read { level: Level::Doubtful, .. } => &mut counts.doubtful,
                Outcome::Read { level: Level::Wrong, .. } => &mut counts.wrong,
                Outcome::Skipped { .. } => &mut counts.skipped,
            };
            *count += 1;
        }
        counts
    }

    /// Stops with a reading.
    pub const fn read(self) -> u32 {
        self.right + self.doubtful + self.wrong
    }
}

#[cfg(test)]
mod tests;
