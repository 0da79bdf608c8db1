//! Which readings still stand. A device may take back or replace its own readings of a stop and nobody else's; where two
//! stand for one stop, they count once or not at all.

use std::collections::{HashMap, HashSet};

use lamplighter_core::{
    audit::{twice, verdict::Level},
    evidence::{
        chain::{Log, reading_id},
        event::Body,
    },
    id::{DeviceId, ReadingId, StopId},
    reading::Reading,
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
    /// The stop was read before, and this says the same.
    Duplicate,
    /// The stop was read by two, who say different things: nothing is billed until the office has decided.
    Contested,
    /// It came from a device that was locked out: the office has to let it count first.
    Held,
}

impl Status {
    /// Its name in the file.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Superseded => "superseded",
            Self::Withdrawn => "withdrawn",
            Self::Duplicate => "duplicate",
            Self::Contested => "contested",
            Self::Held => "held",
        }
    }
}

type Key = (DeviceId, StopId, ReadingId);

/// Everything in the logs that speaks against a reading.
#[derive(Debug, Default)]
pub struct Marks {
    withdrawn: HashSet<Key>,
    superseded: HashSet<Key>,
    visits: HashMap<StopId, Vec<Visit>>,
}

/// A reading of a stop.
#[derive(Debug)]
struct Visit {
    device: DeviceId,
    id: ReadingId,
    reading: Box<Reading>,
}

impl Marks {
    /// Notes what event `seq` of a log says for its stop, and against earlier readings.
    pub fn note(&mut self, log: Log, seq: u64, body: &Body) {
        match body {
            Body::Reading(reading) => {
                if let Some(before) = reading.supersedes {
                    self.superseded.insert((log.device, reading.stop, before));
                }
                let visit = Visit { device: log.device, id: reading_id(log, seq), reading: reading.clone() };
                self.visits.entry(reading.stop).or_default().push(visit);
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
            return Status::Withdrawn;
        }
        if self.superseded.contains(&key) {
            return Status::Superseded;
        }
        let standing = self.standing(stop);
        match &standing[..] {
            [] | [_] => Status::Current,
            [first, others @ ..]
                if others.iter().all(|other| twice::agree(&first.reading, &other.reading)) =>
            {
                if first.id == reading { Status::Current } else { Status::Duplicate }
            }
            _ => Status::Contested,
        }
    }

    /// Stops for which two readings stand that do not agree.
    pub fn contested(&self) -> u64 {
        let contested = |(stop, visits): &(&StopId, &Vec<Visit>)| {
            visits.iter().any(|visit| self.status(visit.device, **stop, visit.id) == Status::Contested)
        };
        self.visits.iter().filter(contested).count() as u64
    }

    /// The readings of a stop that nobody took back or replaced: believable ones first, then by time.
    fn standing(&self, stop: StopId) -> Vec<&Visit> {
        let stands = |visit: &&Visit| {
            let key = (visit.device, stop, visit.id);
            !self.withdrawn.contains(&key) && !self.superseded.contains(&key)
        };
        let mut standing: Vec<&Visit> = self.visits.get(&stop).into_iter().flatten().filter(stands).collect();
        standing.sort_by_key(|visit| {
            (visit.reading.verdict.level == Level::Wrong, visit.reading.taken_at, visit.id)
        });
        standing
    }
}
