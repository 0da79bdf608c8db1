//! Whether devices, ledger and billing say the same: every reading that is in one and not in another, and the queue that
//! it stands in. What no queue explains is a gap.

use std::collections::{BTreeMap, HashMap};

use lamplighter_core::{
    evidence::{
        chain::{Log, reading_id},
        event::{Body, Event},
    },
    id::ReadingId,
};
use lamplighter_sync::export::{LogStart, Marks, Status};

use super::{Front, Sheet, stem};
use crate::{
    error::LedgerError,
    ledger::{
        BillHead, Entered, Kind, Ledger, Said, Snapshot, State, Stored, Stray,
        export::{distinct, marks},
    },
};

/// Where a reading waits, and for what.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Queue {
    /// Nothing explains it.
    Gap,
    /// Events that a device says it holds and that have not arrived.
    OnDevice,
    /// It counts, and goes with the next file.
    Due,
    /// It was handed over and counts no more: a reversal goes with the next file.
    DueBack,
    /// It was handed over, and billing has not answered.
    Waiting,
    /// Billing did not take it.
    Refused,
    /// The stop was read by two who say different things.
    Contested,
    /// It came from a device that was locked out.
    Held,
    /// This release cannot read it.
    Unread,
    /// The stop is not in the books.
    Orphan,
    /// Another reading of the stop counts, and says the same.
    Duplicate,
    /// A later reading took its place.
    Superseded,
    /// The reader took it back.
    Withdrawn,
}

impl Queue {
    /// Its name in reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::OnDevice => "on-device",
            Self::Due => "due",
            Self::DueBack => "due-back",
            Self::Waiting => "waiting",
            Self::Refused => "refused",
            Self::Contested => "contested",
            Self::Held => "held",
            Self::Unread => "unread",
            Self::Orphan => "orphan",
            Self::Duplicate => "duplicate",
            Self::Superseded => "superseded",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// Something that is in one place and not in another.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Item {
    /// Where it stands.
    pub queue: Queue,
    /// The reading, where it is one that is known.
    pub reading: Option<ReadingId>,
    /// Cycle and code of its round; empty where it has none.
    pub round: (String, String),
    /// Why it is not the same everywhere.
    pub reason: String,
}

/// Readings of one round.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// In the ledger.
    pub readings: u64,
    /// Those that count for their stops.
    pub current: u64,
    /// Handed over and not taken back.
    pub handed_over: u64,
    /// Of those, taken by billing.
    pub settled: u64,
    /// Of those, not taken by billing.
    pub refused: u64,
    /// Of those, not answered.
    pub waiting: u64,
}

/// What was found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reconciled {
    /// What devices say they hold, and what is held of it.
    pub said: Vec<Said>,
    /// By cycle and code; readings of stops that are not in the books under empty names.
    pub rounds: BTreeMap<(String, String), Tally>,
    /// Everything that is not the same everywhere.
    pub items: Vec<Item>,
}

impl Reconciled {
    /// What no queue explains.
    pub fn gaps(&self) -> u64 {
        self.items.iter().filter(|item| item.queue == Queue::Gap).count() as u64
    }

    fn add(
        &mut self,
        queue: Queue,
        reading: Option<ReadingId>,
        round: &(String, String),
        reason: impl Into<String>,
    ) {
        self.items.push(Item { queue, reading, round: round.clone(), reason: reason.into() });
    }

    fn gap(&mut self, reading: Option<ReadingId>, reason: impl Into<String>) {
        self.add(Queue::Gap, reading, &<(String, String)>::default(), reason);
    }
}

/// Compares all three, for one cycle or for all, on one view of the ledger. `progress` hears the number of events done.
pub async fn reconcile(
    ledger: &impl Ledger,
    cycle: Option<&str>,
    mut progress: impl FnMut(u64) + Send,
) -> Result<Reconciled, LedgerError> {
    let mut snapshot = ledger.snapshot().await?;
    if let Some(cycle) = cycle
        && !snapshot.has_cycle(cycle).await?
    {
        return Err(LedgerError::impossible(format!("there is no cycle {cycle}")));
    }
    let mut found = Reconciled { said: snapshot.said().await?, ..Reconciled::default() };
    devices(&mut found);
    let marks = marks(&snapshot.remarks().await?);
    let mut done = 0;
    for start in snapshot.logs().await? {
        let held = found.said.iter().find(|said| said.log == start.log).map_or(0, |said| said.held);
        let mut after = 0;
        loop {
            let piece = snapshot.events(start.log, after).await?;
            let Some(last) = piece.last().map(|last| last.seq) else { break };
            compare(&mut snapshot, &mut found, &marks, &start, after, &piece, cycle).await?;
            after = last;
            done += piece.len() as u64;
            progress(done);
        }
        if after != held {
            let reason = format!("the log of {} ends at {after}, and its head says {held}", start.name);
            found.gap(None, reason);
        }
    }
    strays(&mut snapshot, &mut found).await?;
    files(ledger, &mut snapshot, &mut found, cycle).await?;
    found.items.sort_by_key(|item| item.queue);
    Ok(found)
}

fn devices(found: &mut Reconciled) {
    for Said { log, name, said, held } in found.said.clone() {
        if let Some((said, at)) = said
            && said > held
        {
            let Log { device, epoch } = log;
            let reason = format!(
                "events {} to {said} of {name} (device {device}, log {epoch}) have not arrived; heard of at {at}",
                held + 1
            );
            found.add(Queue::OnDevice, None, &<(String, String)>::default(), reason);
        }
    }
}

/// One piece of a log against what the tables say of it.
async fn compare(
    snapshot: &mut impl Snapshot,
    found: &mut Reconciled,
    marks: &Marks,
    start: &LogStart,
    after: u64,
    piece: &[Stored],
    cycle: Option<&str>,
) -> Result<(), LedgerError> {
    let last = piece.last().map_or(after, |last| last.seq);
    let kept = snapshot.kept(start.log, after, last).await?;
    let mut entries: HashMap<u64, Vec<&Entered>> = HashMap::new();
    kept.entries.iter().for_each(|entry| entries.entry(entry.seq).or_default().push(entry));
    let read = |stored: &Stored| match Event::from_bytes(&stored.payload) {
        Ok(Event { body: Body::Reading(reading), .. }) => Some((stored.seq, reading.stop)),
        Ok(_) | Err(_) => None,
    };
    let readings: HashMap<u64, _> = piece.iter().filter_map(read).collect();
    let planned = snapshot.planned(distinct(readings.values().copied())).await?;
    for (expected, stored) in (after + 1..).zip(piece) {
        let id = reading_id(start.log, stored.seq);
        if stored.seq != expected {
            found.gap(None, format!("event {expected} of {} is missing in its log", start.name));
            break;
        }
        let quarantined = kept.quarantined.get(&stored.seq);
        let Some(stop) = readings.get(&stored.seq) else {
            if let Some(why) = quarantined.filter(|_| !stored.held_back) {
                found.add(Queue::Unread, Some(id), &<(String, String)>::default(), why.clone());
            }
            continue;
        };
        let planned = planned.get(stop);
        let round = planned.map(|planned| (planned.cycle.clone(), planned.round.clone())).unwrap_or_default();
        if cycle.is_some_and(|cycle| cycle != round.0) {
            continue;
        }
        let status = match stored.held_back {
            true => Status::Held,
            false => marks.status(start.log.device, *stop, id),
        };
        let here = entries.get(&stored.seq).map(Vec::as_slice).unwrap_or_default();
        found.reading(id, &round, status, here);
        match (quarantined, kept.readings.contains(&stored.seq)) {
            (None, false) => found.gap(Some(id), "it is in its log and not in the books"),
            (Some(_), true) => found.gap(Some(id), "it counts in the books and is held back as well"),
            (Some(why), false) if !stored.held_back => {
                found.add(Queue::Unread, Some(id), &round, why.clone())
            }
            (Some(_), false) | (None, true) => {}
        }
        if planned.is_none() && here.is_empty() {
            found.add(Queue::Orphan, Some(id), &round, "its stop is not in the books");
        }
    }
    Ok(())
}

impl Reconciled {
    fn reading(&mut self, id: ReadingId, round: &(String, String), status: Status, entries: &[&Entered]) {
        let tally = self.rounds.entry(round.clone()).or_default();
        tally.readings += 1;
        tally.current += u64::from(status == Status::Current);
        let value = entries.iter().find(|entry| entry.kind == Kind::Value);
        let back = entries.iter().find(|entry| entry.kind == Kind::Reversal);
        if let (Some(entry), None) = (value, back) {
            tally.handed_over += 1;
            match entry.state {
                State::Settled => tally.settled += 1,
                State::Refused => tally.refused += 1,
                State::Waiting => tally.waiting += 1,
            }
        }
        for entry in entries {
            let (file, kind) = (stem(&entry.cycle, entry.number), entry.kind.code());
            match entry.state {
                State::Settled => {}
                State::Waiting => {
                    self.add(
                        Queue::Waiting,
                        Some(id),
                        round,
                        format!("{kind} in {file}: billing has not answered"),
                    );
                }
                State::Refused => {
                    let why = entry.reason.as_deref().unwrap_or("no reason");
                    self.add(Queue::Refused, Some(id), round, format!("{kind} in {file}: {why}"));
                }
            }
        }
        let out = value.filter(|entry| back.is_none() && entry.state != State::Refused);
        let (queue, reason) = match (status, out) {
            (Status::Current, Some(_)) => return,
            // It was refused: that is its queue. A reading that was taken back never counts again.
            (Status::Current, None) if value.is_some() && back.is_none() => return,
            (Status::Current, None) if value.is_some() => (Queue::Gap, "it was taken back and counts"),
            (Status::Current, None) if round.0.is_empty() => return,
            (Status::Current, None) => (Queue::Due, "it goes with the next file"),
            (Status::Superseded | Status::Withdrawn, Some(_)) => {
                (Queue::DueBack, "it was handed over and counts no more")
            }
            (Status::Contested, _) => (Queue::Contested, "two have read its stop and do not agree"),
            (Status::Held, _) => (Queue::Held, "its device was locked out when it arrived"),
            (Status::Duplicate, Some(_)) => {
                (Queue::Duplicate, "it was handed over; an earlier one says the same")
            }
            (Status::Duplicate, None) => (Queue::Duplicate, "another of its stop says the same"),
            (Status::Superseded, None) => (Queue::Superseded, "a later one took its place"),
            (Status::Withdrawn, None) => (Queue::Withdrawn, "its reader took it back"),
        };
        self.add(queue, Some(id), round, reason);
    }
}

async fn strays(snapshot: &mut impl Snapshot, found: &mut Reconciled) -> Result<(), LedgerError> {
    for stray in snapshot.strays().await? {
        match stray {
            Stray::Entry(id, cycle, number) => {
                found.gap(
                    Some(id),
                    format!("it was handed over in {} and is in no log", stem(&cycle, number)),
                );
            }
            Stray::Reading(id) => found.gap(Some(id), "it is in the books and in no log"),
            Stray::Stop(stop) => {
                found.gap(None, format!("more than one reading of stop {stop} is with billing"))
            }
        }
    }
    Ok(())
}

/// Every file is made again, and follows the one before.
async fn files(
    ledger: &impl Ledger,
    snapshot: &mut impl Snapshot,
    found: &mut Reconciled,
    cycle: Option<&str>,
) -> Result<(), LedgerError> {
    let mut before: Option<(String, u32, _)> = None;
    for bill in snapshot.bills(cycle).await? {
        let expected = match &before {
            Some((cycle, number, hash)) if *cycle == bill.cycle => (number + 1, *hash),
            Some(_) | None => (1, BillHead::NONE.hash),
        };
        let name = stem(&bill.cycle, bill.number);
        if (bill.number, bill.previous) != expected {
            found.gap(None, format!("{name} does not follow the file before it"));
        }
        let texts = snapshot.bill_texts(&bill.cycle, bill.number).await?;
        let front = Front {
            cycle: bill.cycle.clone(),
            number: bill.number,
            made_at: bill.made_at,
            hub_key: ledger.key().public(),
            previous: bill.previous,
        };
        let again = Sheet::new(front, &texts, ledger.key()).map(|sheet| sheet.hash());
        if again != Ok(bill.hash) {
            found.gap(None, format!("{name} is not what was handed over"));
        }
        before = Some((bill.cycle, bill.number, bill.hash));
    }
    Ok(())
}
