//! The shift, as the screens show it.

use lamplighter_core::{
    gnss::fix::{Fix, FixQuality},
    place::Position,
    round::Round,
    time::UtcMs,
    work,
};
use serde::Serialize;
use ts_rs::TS;

use super::device::{MovedPort, PortView};
use crate::sync_task::{self, Trouble};
use lamplighter_sync::session::Reason;

/// A round.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RoundView {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) cycle: String,
}

/// Stops by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Counts {
    pub(crate) total: u32,
    pub(crate) todo: u32,
    pub(crate) right: u32,
    pub(crate) doubtful: u32,
    pub(crate) wrong: u32,
    pub(crate) skipped: u32,
}

/// What the sync is doing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SyncState {
    Idle,
    Sending,
    Offline,
    Refused,
}

/// `waiting`: readings on this device only. `unsent`: facts of every kind on this device only, skips and the
/// shift's end among them. `held`: facts with the office's receipt. `reason`: a text id.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SyncView {
    pub(crate) state: SyncState,
    pub(crate) waiting: u64,
    pub(crate) unsent: u64,
    pub(crate) held: u64,
    pub(crate) last_at_ms: Option<i64>,
    pub(crate) reason: Option<String>,
}

/// How well it is known where the reader stands, and from there the way to the stop at hand.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PositionView {
    pub(crate) accuracy_m: Option<f64>,
    pub(crate) age_ms: i64,
    #[ts(type = "\"autonomous\" | \"corrected\" | \"estimated\"")]
    pub(crate) quality: &'static str,
    pub(crate) metres: Option<f64>,
    pub(crate) bearing_deg: Option<f64>,
}

/// Everything the frame of every screen shows.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShiftView {
    pub(crate) enrolled: bool,
    pub(crate) demo: bool,
    pub(crate) reader: String,
    pub(crate) round: Option<RoundView>,
    pub(crate) counts: Counts,
    pub(crate) current: Option<String>,
    pub(crate) started_at_ms: Option<i64>,
    pub(crate) ended_at_ms: Option<i64>,
    pub(crate) sync: SyncView,
    pub(crate) position: Option<PositionView>,
}

/// A shift in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShiftSummary {
    pub(crate) round: Option<RoundView>,
    pub(crate) counts: Counts,
    pub(crate) started_at_ms: Option<i64>,
    pub(crate) ended_at_ms: Option<i64>,
    pub(crate) probed: u32,
    pub(crate) typed: u32,
    pub(crate) walk_m: Option<f64>,
    pub(crate) seconds_per_reading: Option<f64>,
    pub(crate) sync: SyncView,
}

/// What `watch` sends as it happens.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Change {
    Shift { shift: Box<ShiftView> },
    Stops,
    Ports { ports: Vec<PortView>, moved: Vec<MovedPort> },
}

impl From<&Round> for RoundView {
    fn from(round: &Round) -> Self {
        Self { code: round.code.clone(), name: round.name.clone(), cycle: round.cycle.clone() }
    }
}

impl From<work::Counts> for Counts {
    fn from(counts: work::Counts) -> Self {
        let work::Counts { total, todo, right, doubtful, wrong, skipped } = counts;
        Self { total, todo, right, doubtful, wrong, skipped }
    }
}

impl SyncView {
    pub(crate) fn new(status: &sync_task::Status, waiting: u64, unsent: u64, held: u64) -> Self {
        let (state, reason) = match status.trouble {
            _ if status.sending && waiting > 0 => (SyncState::Sending, None),
            None => (SyncState::Idle, None),
            Some(Trouble::Away) => (SyncState::Offline, None),
            Some(Trouble::Busy) => (SyncState::Offline, Some("sync-busy")),
            Some(Trouble::Store) => (SyncState::Refused, Some("sync-store")),
            Some(Trouble::Refused(reason)) => (SyncState::Refused, Some(text_id(reason))),
        };
        let reason = reason.map(str::to_owned);
        Self { state, waiting, unsent, held, last_at_ms: status.agreed_at.map(|at| at.0), reason }
    }
}

impl PositionView {
    pub(crate) fn new(fix: &Fix, goal: Option<Position>, now: UtcMs) -> Self {
        let quality = match fix.quality {
            FixQuality::Autonomous => "autonomous",
            FixQuality::Corrected => "corrected",
            FixQuality::Estimated => "estimated",
        };
        Self {
            accuracy_m: fix.accuracy_m,
            age_ms: fix.age_ms(now),
            quality,
            metres: goal.map(|goal| fix.position.metres_to(goal)),
            bearing_deg: goal.map(|goal| fix.position.bearing_to(goal)),
        }
    }
}

const fn text_id(reason: Reason) -> &'static str {
    match reason {
        Reason::Unauthorised => "sync-not-enrolled",
        Reason::Revoked => "sync-revoked",
        Reason::Upgrade => "sync-too-old",
        Reason::HubFailed => "sync-office-full",
        Reason::Broken => "sync-broken",
    }
}
