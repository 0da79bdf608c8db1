//! What goes into the ledger and comes out of it, whatever engine holds it.

use lamplighter_core::{
    evidence::{
        chain::{Head, Log},
        seal::PublicKey,
    },
    id::DeviceId,
    round::{Round, Stop},
    time::UtcMs,
};

/// Rounds and their stops, as an import brings them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Books {
    /// Each with its stops in order.
    pub rounds: Vec<(Round, Vec<Stop>)>,
}

/// What an import changed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Imported {
    /// Rounds in the file.
    pub rounds: u64,
    /// Stops that were not in the books.
    pub added: u64,
    /// Stops that are different now.
    pub changed: u64,
    /// Stops that are as they were.
    pub unchanged: u64,
    /// Plans made for devices.
    pub plans: u64,
}

/// What an assignment changed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Moved {
    /// Stops that are the device's now and were not before.
    pub stops: u64,
    /// Stops of the round that stay where they are because they have been read.
    pub kept: u64,
}

/// A device that was taken in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Enrolment {
    /// Its id.
    pub device: DeviceId,
    /// Whom it belongs to.
    pub name: String,
}

/// What a device says of itself when it greets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Greeting {
    /// The log it writes.
    pub log: Log,
    /// The last event that it says it holds of it.
    pub head_seq: u64,
    /// Of its app.
    pub app_version: String,
    /// The last plan it took over, and the hub's mark beside it.
    pub cursor: u64,
    /// Empty if it knows none.
    pub mark: Vec<u8>,
    /// Its earlier logs and where they end.
    pub closed: Vec<(u32, Head)>,
}

/// Where the hub stands with one device, for its greeting.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Standing {
    /// How much of the log is held.
    pub have: Head,
    /// Number of the last plan.
    pub plan_head: u64,
    /// The device has taken over all plans, and these very ones.
    pub no_plans: bool,
    /// How much of each earlier log is held, not beyond its end.
    pub closed: Vec<(u32, Head)>,
    /// The office has locked the device out.
    pub revoked: bool,
}

/// Up to where a log is the same on both ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Agreed {
    /// The last link asked about that is held so.
    pub common: Head,
    /// The last event held.
    pub have_seq: u64,
    /// A number for a new log that nothing is held of.
    pub next_epoch: u32,
}

/// Everything the office wants to see at a glance.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Status {
    /// By name.
    pub devices: Vec<DeviceStatus>,
    /// By cycle and code.
    pub rounds: Vec<RoundStatus>,
    /// Events that this release cannot read.
    pub quarantined: u64,
    /// Batches that cannot be part of a log: of a cloned device, or of a restored one.
    pub forks: u64,
    /// Events of devices that were locked out when they arrived.
    pub from_revoked: u64,
    /// Stops that were read by two who do not agree: nothing of them is billed.
    pub contested: u64,
    /// Logs that devices began anew because they had parted from ours.
    pub reopened: u64,
    /// Events of stops that are not in the books.
    pub orphans: u64,
}

/// One device.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeviceStatus {
    /// Its id.
    pub id: DeviceId,
    /// Whom it belongs to.
    pub name: String,
    /// Whether it may speak.
    pub state: DeviceState,
    /// Its key, once it is taken in.
    pub key: Option<PublicKey>,
    /// When it last greeted.
    pub seen_at: Option<UtcMs>,
    /// Of the app, when it last greeted.
    pub app_version: Option<String>,
    /// Events held, of all its logs.
    pub events: u64,
    /// Number of its last plan.
    pub plan_head: u64,
    /// Up to where it said it took plans over.
    pub plan_applied: u64,
}

/// Whether a device may speak.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DeviceState {
    /// The code was given out and not used yet.
    Waiting,
    /// It may.
    Enrolled,
    /// Locked out.
    Revoked,
}

impl DeviceState {
    /// Of a device that has a key or not, and was locked out or not.
    pub(super) const fn of(has_key: bool, is_revoked: bool) -> Self {
        match (has_key, is_revoked) {
            (_, true) => Self::Revoked,
            (true, false) => Self::Enrolled,
            (false, false) => Self::Waiting,
        }
    }

    /// Its name in reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Enrolled => "enrolled",
            Self::Revoked => "revoked",
        }
    }
}

/// How far a round is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RoundStatus {
    /// Its cycle.
    pub cycle: String,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub device: Option<String>,
    /// Stops.
    pub stops: u64,
    /// Stops read.
    pub read: u64,
    /// Stops skipped.
    pub skipped: u64,
}
