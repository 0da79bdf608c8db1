//! One moment of the ledger, read piece by piece, whatever engine holds it.

use std::collections::HashMap;

use lamplighter_core::{
    evidence::{
        chain::{Hash, Log},
        seal::Seal,
    },
    id::{MeterId, StopId},
};
use lamplighter_sync::export::LogStart;

use super::Answer;

/// Events in one piece: enough that asking costs little, few enough that they never fill memory.
pub(super) const PIECE_EVENTS: u32 = 1000;

/// A view of the ledger that no write disturbs. Dropping it ends it.
pub trait Snapshot: Send {
    /// Whether there is a round in this cycle.
    fn has_cycle(&mut self, cycle: &str) -> impl Answer<bool>;

    /// All logs with at least one event, by device and epoch.
    fn logs(&mut self) -> impl Answer<Vec<LogStart>>;

    /// The readings of stops that have several and what was taken back, of what counts at all.
    fn remarks(&mut self) -> impl Answer<Vec<Remark>>;

    /// The events of a log after number `after`, in order, at most a thousand.
    fn events(&mut self, log: Log, after: u64) -> impl Answer<Vec<Stored>>;

    /// What the books say of these stops, as far as they know them.
    fn planned(&mut self, stops: Vec<StopId>) -> impl Answer<HashMap<StopId, Planned>>;

    /// The numbers on these meters' faces, as far as the books know them.
    fn serials(&mut self, meters: Vec<MeterId>) -> impl Answer<HashMap<MeterId, String>>;
}

/// An event that decides which readings stand.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Remark {
    /// Its log.
    pub log: Log,
    /// Its number.
    pub seq: u64,
    /// Its own bytes.
    pub payload: Vec<u8>,
}

/// An event as it is held.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stored {
    /// Its number.
    pub seq: u64,
    /// Its own bytes.
    pub payload: Vec<u8>,
    /// Of the log up to it.
    pub hash: Hash,
    /// The device's seal, where a batch ended here.
    pub seal: Option<Seal>,
    /// It came from a device that was locked out, and the office has not let it count.
    pub held_back: bool,
}

/// A stop as it was planned.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Planned {
    /// Code of its round.
    pub round: String,
    /// Cycle of its round.
    pub cycle: String,
    /// The bytes of the wire.
    pub plan: Vec<u8>,
}
