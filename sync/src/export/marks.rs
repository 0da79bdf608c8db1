//! Which readings still stand. A device may take back or replace its own readings of a stop and nobody else's.

use std::collections::HashSet;

use lamplighter_core::{
    evidence::{chain::Log, event::Body},
    id::{DeviceId, ReadingId, StopId},
};

/// Whether a reading stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    /// It counts.
    Current,
    /// A later reading took its place.
    Superseded,
    /// The reader took it back.
    Withdrawn,
}

impl Status {
    /// Its name in the file.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Superseded => "superseded",
            Self::Withdrawn => "withdrawn",
        }
    }
}

type Key = (DeviceId, StopId, ReadingId);

/// Everything in the logs that speaks against a reading.
#[derive(Debug, Default)]
pub struct Marks {
    withdrawn: HashSet<Key>,
    superseded: HashSet<Key>,
}

impl Marks {
    /// Notes what an event says about earlier readings.
    pub fn note(&mut self, log: Log, body: &Body) {
        match body {
            Body::Reading(reading) => {
                if let Some(before) = reading.supersedes {
                    self.superseded.insert((log.device, reading.stop, before));
                }
            }
            Body::Withdrawn { reading, stop } => {
                self.withdrawn.insert((log.device, *stop, *reading));
            }
            Body::Skipped { .. }
            | Body::ShiftStarted { .. }
            | Body::ShiftEnded { .. }
            | Body::DownApplied { .. }
            | Body::Reopened { .. } => {}
        }
    }

    /// Whether this reading of this stop stands.
    pub fn status(&self, device: DeviceId, stop: StopId, reading: ReadingId) -> Status {
        let key = (device, stop, reading);
        if self.withdrawn.contains(&key) {
            Status::Withdrawn
        } else if self.superseded.contains(&key) {
            Status::Superseded
        } else {
            Status::Current
        }
    }
}
