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

use super::{
    Answer,
    bill::{Bill, BillHead, Earlier, Kept, Said, Stray, Unbilled},
};

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

    /// How far the hand-over of a cycle is.
    fn bill_head(&mut self, cycle: &str) -> impl Answer<BillHead>;

    /// Readings of a cycle that were not handed over, after this one, in order of their logs, at most a thousand.
    fn unbilled(&mut self, cycle: &str, after: Option<(Log, u64)>) -> impl Answer<Vec<Unbilled>>;

    /// What was handed over of stops where something else was read or taken back, in order.
    fn earlier(&mut self, cycle: &str) -> impl Answer<Vec<Earlier>>;

    /// The files of a cycle or of all, by cycle and number.
    fn bills(&mut self, cycle: Option<&str>) -> impl Answer<Vec<Bill>>;

    /// The entries of a file as they stand in it, in order.
    fn bill_texts(&mut self, cycle: &str, number: u32) -> impl Answer<Vec<String>>;

    /// What the tables say of events `after` to `last` of a log, the first not included.
    fn kept(&mut self, log: Log, after: u64, last: u64) -> impl Answer<Kept>;

    /// What devices say they hold, and what is held of it, by device and epoch.
    fn said(&mut self) -> impl Answer<Vec<Said>>;

    /// Everything that must never be.
    fn strays(&mut self) -> impl Answer<Vec<Stray>>;
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
