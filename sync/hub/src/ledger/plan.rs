//! What each device is to do, numbered without gaps. Decides what changes; an engine reads what is known under the lock
//! of the books, and writes the changes in the same transaction.

use std::collections::{BTreeMap, HashMap};

use lamplighter_core::{
    evidence::chain::Hash,
    id::{DeviceId, MeterId, RoundId, StopId},
};
use lamplighter_sync::wire::{self, Change, Page, Plan};
use prost::Message as _;

use super::Moved;
use crate::error::LedgerError;

/// Of the hash over all plans so far: enough to tell two histories apart.
const MARK_BYTES: usize = 8;
/// Most plans in one page.
const PAGE_PLANS_MAX: usize = 256;
/// Plans that are looked up for a page: one more, whose mark tells what the device has heard.
pub(super) const PAGE_ROWS: i64 = 256 + 1;
/// Bytes of plans in one page when the device does not say, and the most it may ask for.
const PAGE_BYTES: usize = 64 * 1024;
const PAGE_BYTES_MAX: usize = 512 * 1024;

/// What the ledger knows of rounds and stops that may change.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) rounds: HashMap<RoundId, RoundRow>,
    pub(super) stops: HashMap<StopId, StopRow>,
    /// How a device was told of a round.
    pub(super) told: BTreeMap<(DeviceId, RoundId), Vec<u8>>,
    /// Of every device that may hear something.
    pub(super) heads: HashMap<DeviceId, PlanHead>,
}

/// How far the plans of a device are.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct PlanHead {
    /// Number of the last one.
    pub(super) n: u64,
    /// Its mark; empty where it has none.
    pub(super) mark: Vec<u8>,
    /// What the device said last that another hub had told it.
    pub(super) retold_for: Option<Vec<u8>>,
}

/// A round.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct RoundRow {
    pub(super) code: String,
    pub(super) name: String,
    pub(super) cycle: String,
    /// Who gets stops that are added later.
    pub(super) device: Option<DeviceId>,
}

/// A stop.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct StopRow {
    pub(super) round: RoundId,
    pub(super) number: u32,
    pub(super) device: Option<DeviceId>,
    pub(super) is_read: bool,
    /// As the device is to see it: the bytes of the wire.
    pub(super) plan: Vec<u8>,
}

/// What is to be written, in this order.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Changes {
    /// First, what a device was told is forgotten.
    pub(super) retold: Option<Retold>,
    /// To be put in place of the round that is there, if one is.
    pub(super) rounds: BTreeMap<RoundId, RoundRow>,
    /// To be added, or put in place of the stop that is there.
    pub(super) stops: BTreeMap<StopId, StopRow>,
    /// To be added where they are not known.
    pub(super) meters: BTreeMap<MeterId, String>,
    /// To be added, or put in place of how it was told before.
    pub(super) told: BTreeMap<(DeviceId, RoundId), Vec<u8>>,
    /// To be added, each with its device.
    pub(super) plans: Vec<(DeviceId, PlanRow)>,
    /// Number of the last plan of each device that hears something.
    pub(super) heads: BTreeMap<DeviceId, u64>,
}

/// That a device did not hear what it was told.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Retold {
    pub(super) device: DeviceId,
    /// Plans after this one are removed, and all that it was told of rounds.
    pub(super) cursor: u64,
    /// To be kept as what the device said.
    pub(super) asked: Vec<u8>,
}

/// Turns what is decided into changes and into plans for those whom it concerns.
pub(super) struct Planner {
    pub(super) known: Known,
    pub(super) changes: Changes,
}

impl Planner {
    pub(super) fn new(known: Known) -> Self {
        Self { known, changes: Changes::default() }
    }

    /// Stores the round and tells every device that knows of it how it is now. Nothing happens where it is just so.
    pub(super) fn put_round(&mut self, round: RoundId, row: RoundRow) -> Result<(), LedgerError> {
        if self.known.rounds.get(&round) == Some(&row) {
            return Ok(());
        }
        self.known.rounds.insert(round, row.clone());
        self.changes.rounds.insert(round, row);
        let devices: Vec<DeviceId> =
            self.known.told.keys().filter(|told| told.1 == round).map(|told| told.0).collect();
        devices.into_iter().try_for_each(|device| self.tell_round(device, round))
    }

    /// Stores the stop.
    pub(super) fn put_stop(&mut self, stop: StopId, row: StopRow) {
        self.known.stops.insert(stop, row.clone());
        self.changes.stops.insert(stop, row);
    }

    /// Moves a stop from whoever has it to a device, and tells both.
    pub(super) fn give(&mut self, stop: StopId, to: DeviceId) -> Result<(), LedgerError> {
        let row = self.stop(stop)?.clone();
        if let Some(from) = row.device {
            self.push(from, Change::StopGone(stop.as_bytes().to_vec()))?;
        }
        let round = row.round;
        self.put_stop(stop, StopRow { device: Some(to), ..row });
        self.tell_round(to, round)?;
        self.tell_stop(to, stop)
    }

    /// Tells a device how a stop is now.
    pub(super) fn tell_stop(&mut self, device: DeviceId, stop: StopId) -> Result<(), LedgerError> {
        let plan = &self.stop(stop)?.plan;
        let stop = wire::Stop::decode(&plan[..]).map_err(|torn| LedgerError::Damaged(torn.to_string()))?;
        self.push(device, Change::PutStop(stop))
    }

    /// Tells a device of a round, unless it was told just that.
    pub(super) fn tell_round(&mut self, device: DeviceId, round: RoundId) -> Result<(), LedgerError> {
        let row = self.known.rounds.get(&round).ok_or_else(|| missing("round", &round))?;
        let told = wire::Round {
            id: round.as_bytes().to_vec(),
            code: row.code.clone(),
            name: row.name.clone(),
            cycle: row.cycle.clone(),
        };
        let plan = told.encode_to_vec();
        if self.known.told.get(&(device, round)) == Some(&plan) {
            return Ok(());
        }
        self.known.told.insert((device, round), plan.clone());
        self.changes.told.insert((device, round), plan);
        self.push(device, Change::PutRound(told))
    }

    fn push(&mut self, device: DeviceId, change: Change) -> Result<(), LedgerError> {
        let head = self.known.heads.get_mut(&device).ok_or_else(|| missing("device", &device))?;
        let change = Plan { change: Some(change) }.encode_to_vec();
        head.n += 1;
        let hash = Hash::of(&[&head.mark[..], &head.n.to_be_bytes(), &change].concat());
        head.mark = hash.0.iter().copied().take(MARK_BYTES).collect();
        self.changes.heads.insert(device, head.n);
        self.changes.plans.push((device, PlanRow { n: head.n, change, mark: Some(head.mark.clone()) }));
        Ok(())
    }

    fn stop(&self, stop: StopId) -> Result<&StopRow, LedgerError> {
        self.known.stops.get(&stop).ok_or_else(|| missing("stop", &stop))
    }

    fn in_order(&self) -> Vec<StopId> {
        let mut stops: Vec<(RoundId, u32, StopId)> =
            self.known.stops.iter().map(|(stop, row)| (row.round, row.number, *stop)).collect();
        stops.sort_unstable();
        stops.into_iter().map(|(_, _, stop)| stop).collect()
    }
}

/// Gives a round to a device; `known` has the round's stops. Stops that were read stay.
pub(super) fn assign(
    known: Known,
    round: RoundId,
    device: DeviceId,
) -> Result<(Changes, Moved), LedgerError> {
    let mut planner = Planner::new(known);
    let row = planner.known.rounds.get(&round).ok_or_else(|| missing("round", &round))?.clone();
    planner.put_round(round, RoundRow { device: Some(device), ..row })?;
    let mut moved = Moved::default();
    for stop in planner.in_order() {
        let row = planner.stop(stop)?;
        if row.device == Some(device) {
            continue;
        }
        if row.is_read {
            moved.kept += 1;
            continue;
        }
        planner.give(stop, device)?;
        moved.stops += 1;
    }
    Ok((planner.changes, moved))
}

/// Puts what the device is to do now in place of everything behind its cursor: that was told to a device that had heard
/// what stood before it, and this one has not. Only that stops went stays, because nothing else says so. Once for
/// every cursor and mark: the answer may be lost and asked for again.
///
/// `known` has the device's stops and their rounds, `told` all plans at and behind the cursor.
pub(super) fn tell_again(
    known: Known,
    told: &Told,
    device: DeviceId,
    cursor: u64,
    said: &[u8],
) -> Result<Changes, LedgerError> {
    let mut planner = Planner::new(known);
    let head = planner.known.heads.get_mut(&device).ok_or_else(|| missing("device", &device))?;
    let asked = [&cursor.to_be_bytes()[..], said].concat();
    if head.retold_for.as_ref() == Some(&asked) && told.has_next(cursor) {
        return Ok(Changes::default());
    }
    *head = PlanHead { n: cursor, mark: told.mark(cursor).unwrap_or_default().to_vec(), retold_for: None };
    planner.changes.heads.insert(device, cursor);
    planner.changes.retold = Some(Retold { device, cursor, asked });
    planner.known.told.clear();
    for row in told.behind(cursor) {
        if let Some(gone @ Change::StopGone(_)) = decode(&row.change)?.change {
            planner.push(device, gone)?;
        }
    }
    for stop in planner.in_order() {
        let round = planner.stop(stop)?.round;
        planner.tell_round(device, round)?;
        planner.tell_stop(device, stop)?;
    }
    Ok(planner.changes)
}

/// The one round that is meant.
pub(super) fn one_round(code: &str, found: &[(RoundId, String)]) -> Result<RoundId, LedgerError> {
    match found {
        [] => Err(LedgerError::impossible(format!("there is no round {code}"))),
        [(id, _)] => Ok(*id),
        several => {
            let cycles: Vec<&str> = several.iter().map(|(_, cycle)| &cycle[..]).collect();
            let cycles = cycles.join(", ");
            Err(LedgerError::impossible(format!("round {code} is in several cycles, name one: {cycles}")))
        }
    }
}

/// A plan as it is held.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PlanRow {
    /// Its number.
    pub n: u64,
    /// The bytes of the wire.
    pub change: Vec<u8>,
    /// Stands for all plans of the device up to this one; older plans have none.
    pub mark: Option<Vec<u8>>,
}

/// What a device was told at and after a cursor.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Told {
    /// Number of the last plan.
    pub head: u64,
    /// In order.
    pub plans: Vec<PlanRow>,
}

impl Told {
    /// Whether the device was told just these plans up to `cursor`, by the mark it says, and the next one is there:
    /// between the cursors of a device and its copy there may be none.
    pub(super) fn is_so(&self, cursor: u64, said: &[u8]) -> bool {
        (cursor >= self.head || self.has_next(cursor)) && is_told(self.head, self.mark(cursor), cursor, said)
    }

    /// One page of it.
    pub(super) fn page(self, device: DeviceId, cursor: u64, bytes_max: u32) -> Result<Page, LedgerError> {
        let room = match usize::try_from(bytes_max).unwrap_or(usize::MAX) {
            0 => PAGE_BYTES,
            asked => asked.min(PAGE_BYTES_MAX),
        };
        let (mut plans, mut bytes, mut last) = (Vec::new(), 0, cursor);
        for row in self.behind(cursor).take(PAGE_PLANS_MAX) {
            bytes += row.change.len();
            if bytes > room && !plans.is_empty() {
                break;
            }
            if last.checked_add(1) != Some(row.n) {
                break;
            }
            last = row.n;
            plans.push(decode(&row.change)?);
        }
        let mark = self.mark(last).unwrap_or_default().to_vec();
        Ok(Page { device: device.as_bytes().to_vec(), after: cursor, plans, more: last < self.head, mark })
    }

    fn behind(&self, cursor: u64) -> impl Iterator<Item = &PlanRow> {
        self.plans.iter().filter(move |row| row.n > cursor)
    }

    fn has_next(&self, cursor: u64) -> bool {
        self.behind(cursor).any(|row| row.n - 1 == cursor)
    }

    fn mark(&self, n: u64) -> Option<&[u8]> {
        self.plans.iter().find(|row| row.n == n).and_then(|row| row.mark.as_deref())
    }
}

/// Whether a device was told just the plans up to `cursor` that are held, by the mark it says, as far as that is known.
/// `ours` is the mark held at the cursor.
pub(super) fn is_told(head: u64, ours: Option<&[u8]>, cursor: u64, said: &[u8]) -> bool {
    cursor <= head && (said.is_empty() || ours.is_none_or(|ours| ours == said))
}

fn decode(change: &[u8]) -> Result<Plan, LedgerError> {
    Plan::decode(change).map_err(|torn| LedgerError::Damaged(torn.to_string()))
}

fn missing(what: &str, id: &impl ToString) -> LedgerError {
    LedgerError::Damaged(format!("{what} {} is missing", id.to_string()))
}
