//! What is due: the reading that counts for each stop and was not handed over, and what was and counts no more. It is
//! decided on one view of the ledger and claimed only if nothing has changed since.

use std::collections::{HashMap, HashSet};

use lamplighter_core::{
    evidence::{
        chain::reading_id,
        event::{Body, Event},
    },
    id::{ReadingId, StopId},
    reading::{Reading, RegisterValue},
    time::UtcMs,
};
use lamplighter_sync::export::{Marks, Status};

use super::{Entry, Front, Sheet};
use crate::{
    error::LedgerError,
    ledger::{
        Bill, BillHead, Claim, Claimed, Earlier, Kind, Ledger, Snapshot, State, Unbilled,
        export::{distinct, marks, place},
    },
};

/// Entries of one file: a transaction that nobody waits long for, and a message of a megabyte or two.
const ENTRIES_MAX: usize = 5_000;
/// Tries of one claim; others only ever come between while they hand over or settle the same cycle.
const TRIES_MAX: u32 = 20;

/// Claims what is due of a cycle, no more than one file of it. Nothing where nothing is. `progress` hears the number of
/// readings looked at.
pub async fn claim(
    ledger: &impl Ledger,
    cycle: &str,
    now: UtcMs,
    mut progress: impl FnMut(u64) + Send,
) -> Result<Option<Bill>, LedgerError> {
    for _ in 0..TRIES_MAX {
        let (seen, entries) = decide(ledger.snapshot().await?, cycle, &mut progress).await?;
        if entries.is_empty() {
            return Ok(None);
        }
        let texts: Vec<String> = entries.iter().map(|entry| entry.text.clone()).collect();
        let mut claim =
            Claim { cycle: cycle.to_owned(), seen, made_at: now, hash: BillHead::NONE.hash, entries };
        let bill = Bill {
            cycle: cycle.to_owned(),
            number: claim.number(),
            made_at: now,
            previous: seen.hash,
            hash: claim.hash,
            written: false,
            waiting: texts.len() as u64,
        };
        claim.hash = sheet(ledger, &bill, &texts)?.hash();
        let bill = Bill { hash: claim.hash, ..bill };
        if ledger.claim(claim).await? {
            return Ok(Some(bill));
        }
    }
    Err(LedgerError::impossible(format!("others hand {cycle} over or settle it at the same time; try again")))
}

/// The file of a bill, as it is made from what was claimed.
pub(super) fn sheet(ledger: &impl Ledger, bill: &Bill, texts: &[String]) -> Result<Sheet, LedgerError> {
    let front = Front {
        cycle: bill.cycle.clone(),
        number: bill.number,
        made_at: bill.made_at,
        hub_key: ledger.key().public(),
        previous: bill.previous,
    };
    Sheet::new(front, texts, ledger.key()).map_err(LedgerError::Damaged)
}

async fn decide(
    mut snapshot: impl Snapshot,
    cycle: &str,
    progress: &mut (impl FnMut(u64) + Send),
) -> Result<(BillHead, Vec<Claimed>), LedgerError> {
    if !snapshot.has_cycle(cycle).await? {
        return Err(LedgerError::impossible(format!("there is no cycle {cycle}")));
    }
    let seen = snapshot.bill_head(cycle).await?;
    let marks = marks(&snapshot.remarks().await?);
    let mut stops = Stops::new(&marks, snapshot.earlier(cycle).await?);
    let mut entries = Vec::new();
    let (mut after, mut looked_at) = (None, 0);
    while entries.len() < ENTRIES_MAX {
        let piece = snapshot.unbilled(cycle, after).await?;
        let Some(last) = piece.last() else { break };
        after = Some((last.log, last.seq));
        looked_at += piece.len() as u64;
        let due: Vec<(&Unbilled, Reading)> = piece
            .iter()
            .filter_map(|unbilled| Some((unbilled, reading(unbilled)?)))
            .filter(|(unbilled, reading)| stops.is_due(&marks, unbilled, reading))
            .take(ENTRIES_MAX.saturating_sub(entries.len()))
            .collect();
        let planned = snapshot.planned(distinct(due.iter().map(|(_, reading)| reading.stop))).await?;
        let serials = snapshot.serials(distinct(due.iter().map(|(_, reading)| reading.meter))).await?;
        for (unbilled, reading) in due {
            let Some(planned) = planned.get(&reading.stop) else { continue };
            let (place, stop) = place(planned)?;
            let meter = Some(&stop.meter).filter(|meter| meter.id == reading.meter);
            let multiplier = |value: &RegisterValue| {
                meter.and_then(|meter| meter.register(value.obis)).map(|register| register.multiplier)
            };
            let serial = serials.get(&reading.meter).map(String::as_str).unwrap_or_default();
            // What it takes the place of goes first.
            entries.extend(stops.take_back(reading.stop)?);
            let instead_of = stops.before.get(&reading.stop).copied();
            let text = Entry::value(unbilled, &reading, &place, serial, multiplier, instead_of).to_text();
            let Unbilled { log, seq, .. } = *unbilled;
            entries.push(Claimed { kind: Kind::Value, log, seq, stop: reading.stop, instead_of, text });
        }
        progress(looked_at);
    }
    while entries.len() < ENTRIES_MAX {
        let Some(&stop) = stops.back.keys().min() else { break };
        entries.extend(stops.take_back(stop)?);
    }
    Ok((seen, entries))
}

fn reading(unbilled: &Unbilled) -> Option<Reading> {
    match Event::from_bytes(&unbilled.payload) {
        Ok(Event { body: Body::Reading(reading), .. }) => Some(*reading),
        Ok(_) | Err(_) => None,
    }
}

/// What was handed over, of stops where something has happened since.
struct Stops {
    /// What of it stays: nothing else of the stop is due.
    taken: HashSet<StopId>,
    /// What is to be taken back.
    back: HashMap<StopId, Earlier>,
    /// What was handed over last and does not stay.
    before: HashMap<StopId, ReadingId>,
}

impl Stops {
    fn new(marks: &Marks, earlier: Vec<Earlier>) -> Self {
        let mut stops = Self { taken: HashSet::new(), back: HashMap::new(), before: HashMap::new() };
        for entry in earlier {
            let (stop, id) = (entry.stop, reading_id(entry.log, entry.seq));
            match fate(&entry, marks.status(entry.log.device, stop, id)) {
                Fate::Stays => {
                    stops.taken.insert(stop);
                }
                Fate::Gone => {
                    stops.before.insert(stop, id);
                }
                Fate::TakenBack => {
                    stops.before.insert(stop, id);
                    stops.back.insert(stop, entry);
                }
            }
        }
        stops
    }

    fn is_due(&self, marks: &Marks, unbilled: &Unbilled, reading: &Reading) -> bool {
        let id = reading_id(unbilled.log, unbilled.seq);
        !self.taken.contains(&reading.stop)
            && marks.status(unbilled.log.device, reading.stop, id) == Status::Current
    }

    fn take_back(&mut self, stop: StopId) -> Result<Option<Claimed>, LedgerError> {
        let Some(Earlier { log, seq, text, .. }) = self.back.remove(&stop) else { return Ok(None) };
        let (entry, _) = Entry::next(text.as_bytes()).map_err(LedgerError::Damaged)?;
        let text = entry.reversed().to_text();
        Ok(Some(Claimed { kind: Kind::Reversal, log, seq, stop, instead_of: None, text }))
    }
}

/// What is to become of a reading that was handed over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    /// It stays with billing, and is all that billing gets of its stop.
    Stays,
    /// Billing has it no more, or never took it.
    Gone,
    /// A reversal is due.
    TakenBack,
}

/// A reading that was handed over stays while it stands. An earlier one that says the same changes nothing; nor does one
/// that says something else, before somebody has decided.
fn fate(entry: &Earlier, status: Status) -> Fate {
    match (status, entry.state) {
        _ if entry.reversed => Fate::Gone,
        (Status::Superseded | Status::Withdrawn | Status::Duplicate, State::Refused) => Fate::Gone,
        (Status::Superseded | Status::Withdrawn, State::Waiting | State::Settled) => Fate::TakenBack,
        (Status::Current | Status::Contested | Status::Held, _)
        | (Status::Duplicate, State::Waiting | State::Settled) => Fate::Stays,
    }
}
