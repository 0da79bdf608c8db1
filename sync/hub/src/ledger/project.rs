//! What events mean for the office: readings by number, and what each device did at each stop. Made from events only;
//! may be dropped and made anew.
//!
//! What became of a stop is kept a device: then a log is all that decides about its rows, in whatever order logs
//! arrive, and taking a batch in touches rows of one device only. A stop counts as read where any device read it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use lamplighter_core::{
    audit::verdict::Level,
    evidence::{
        chain::{Log, reading_id},
        event::{Body, Event},
    },
    id::{DeviceId, ReadingId, StopId},
    reading::{Method, Reading},
    round::{Outcome, SkipReason},
};

use crate::error::LedgerError;

/// Why events of a device that was locked out are held back.
pub(super) const REVOKED: &str = "revoked";

/// One event of a log, or why this release cannot read it.
#[derive(Debug)]
pub(super) struct Understood {
    pub(super) seq: u64,
    pub(super) event: Result<Event, String>,
}

/// What a device did at a stop, and the event that says so.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Visit {
    outcome: Outcome,
    epoch: u32,
    seq: u64,
}

/// The rows that a piece of one log makes. Content never fails: what cannot be read is put on a list.
#[derive(Debug, Default)]
pub(super) struct Projection<'a> {
    pub(super) readings: Vec<(u64, &'a Reading)>,
    pub(super) withdrawals: Vec<(u64, ReadingId, StopId)>,
    /// In the log, and standing for nothing: why.
    pub(super) quarantined: Vec<(u64, &'a str)>,
    /// Logs begun because an earlier one had parted from ours: its epoch, and the last event in common.
    pub(super) reopened: Vec<(u64, u32, u64)>,
    /// By stop, so that everybody locks them in one order. Nothing where the device did nothing that stands.
    pub(super) visits: BTreeMap<StopId, Option<Visit>>,
    /// Up to where the device says it took plans over.
    pub(super) applied: Option<u64>,
}

/// The stops of which [`project`] must know what the device did there before.
pub(super) fn stops_before(events: &[Understood]) -> BTreeSet<StopId> {
    let mut read = BTreeSet::new();
    let mut before = BTreeSet::new();
    for event in events.iter().filter_map(|understood| understood.event.as_ref().ok()) {
        match &event.body {
            Body::Reading(reading) => {
                read.insert(reading.stop);
            }
            Body::Skipped { stop, .. } | Body::Withdrawn { stop, .. } => {
                if !read.contains(stop) {
                    before.insert(*stop);
                }
            }
            Body::ShiftStarted { .. }
            | Body::ShiftEnded { .. }
            | Body::DownApplied { .. }
            | Body::Reopened { .. } => {}
        }
    }
    before
}

/// The rows of these events, which follow each other in `log`. `before` has the visits of [`stops_before`].
pub(super) fn project<'a>(
    log: Log,
    events: &'a [Understood],
    before: &HashMap<StopId, Visit>,
) -> Projection<'a> {
    let mut rows = Projection::default();
    for Understood { seq, event } in events {
        match event {
            Ok(event) => rows.add(log, *seq, &event.body, before),
            Err(reason) => rows.quarantined.push((*seq, reason)),
        }
    }
    rows
}

/// The rows of events that are in their log and stand for nothing until the office lets them.
pub(super) fn hold_back(events: &[Understood]) -> Projection<'_> {
    let quarantined = events.iter().map(|event| (event.seq, REVOKED)).collect();
    Projection { quarantined, ..Projection::default() }
}

impl<'a> Projection<'a> {
    fn add(&mut self, log: Log, seq: u64, body: &'a Body, before: &HashMap<StopId, Visit>) {
        let (stop, outcome) = match body {
            Body::Reading(reading) => {
                self.readings.push((seq, reading));
                let outcome = self.outcome(reading.stop, before);
                (reading.stop, Some(outcome.read(reading_id(log, seq), reading.verdict.level)))
            }
            Body::Skipped { stop, reason, .. } => (*stop, self.outcome(*stop, before).skipped(*reason)),
            Body::Withdrawn { reading, stop } => {
                self.withdrawals.push((seq, *reading, *stop));
                (*stop, self.outcome(*stop, before).withdrawn(*reading))
            }
            Body::DownApplied { cursor } => {
                self.applied = self.applied.max(Some(*cursor));
                return;
            }
            Body::Reopened { epoch, common, .. } => {
                self.reopened.push((seq, *epoch, common.seq));
                return;
            }
            Body::ShiftStarted { .. } | Body::ShiftEnded { .. } => return,
        };
        if let Some(outcome) = outcome {
            let visit = Visit { outcome, epoch: log.epoch, seq };
            self.visits.insert(stop, outcome.is_visited().then_some(visit));
        }
    }

    fn outcome(&self, stop: StopId, before: &HashMap<StopId, Visit>) -> Outcome {
        let visit = match self.visits.get(&stop) {
            Some(visit) => visit.as_ref(),
            None => before.get(&stop),
        };
        visit.map_or(Outcome::ToDo, |visit| visit.outcome)
    }
}

/// A visit as both engines keep it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct VisitRow {
    pub(super) outcome: String,
    pub(super) epoch: u32,
    pub(super) seq: u64,
    pub(super) detail: String,
}

impl Understood {
    pub(super) fn new(seq: u64, payload: &[u8]) -> Self {
        Self { seq, event: Event::from_bytes(payload).map_err(|unread| unread.to_string()) }
    }
}

impl Visit {
    pub(super) fn to_row(self) -> VisitRow {
        let (outcome, detail) = match self.outcome {
            Outcome::ToDo => ("to-do", ""),
            Outcome::Read { level, .. } => ("read", level_code(level)),
            Outcome::Skipped { reason } => ("skipped", reason.code()),
        };
        VisitRow { outcome: outcome.into(), epoch: self.epoch, seq: self.seq, detail: detail.into() }
    }

    pub(super) fn from_row(device: DeviceId, row: &VisitRow) -> Result<Self, LedgerError> {
        let VisitRow { outcome, epoch, seq, detail } = row;
        let reading = || reading_id(Log { device, epoch: *epoch }, *seq);
        let outcome = match &outcome[..] {
            "read" => level(detail).map(|level| Outcome::Read { reading: reading(), level }),
            "skipped" => SkipReason::from_code(detail).map(|reason| Outcome::Skipped { reason }),
            _ => None,
        };
        let outcome =
            outcome.ok_or_else(|| LedgerError::Damaged(format!("a visit of {device} says {detail}")))?;
        Ok(Self { outcome, epoch: *epoch, seq: *seq })
    }
}

const LEVELS: [Level; 3] = [Level::Right, Level::Doubtful, Level::Wrong];

const fn level_code(level: Level) -> &'static str {
    match level {
        Level::Right => "right",
        Level::Doubtful => "doubtful",
        Level::Wrong => "wrong",
    }
}

fn level(code: &str) -> Option<Level> {
    LEVELS.into_iter().find(|level| level_code(*level) == code)
}

/// A reading as both engines keep it, beside its ids.
pub(super) struct ReadingRow {
    pub(super) method: i16,
    pub(super) level: i16,
    pub(super) obis: Option<String>,
    pub(super) value: Option<String>,
}

impl ReadingRow {
    pub(super) fn of(reading: &Reading) -> Self {
        let main = reading.values.first();
        Self {
            method: match reading.method {
                Method::Probe => 1,
                Method::Keypad => 2,
            },
            level: match reading.verdict.level {
                Level::Right => 1,
                Level::Doubtful => 2,
                Level::Wrong => 3,
            },
            obis: main.map(|main| main.obis.to_string()),
            value: main.map(|main| main.value.to_string()),
        }
    }
}
