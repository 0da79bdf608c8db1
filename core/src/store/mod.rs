//! The handheld's database: one file, one connection, one public method one transaction.

mod envelope;
mod error;
mod identity;
mod log;
mod migrate;
mod open;
mod probe;
mod profile;
mod reading;
mod reopen;
mod round;
mod setting;
mod sql;
mod stop;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction, TransactionBehavior};

pub use envelope::{Envelope, Recovery};
pub use error::StoreError;
pub use identity::{Identity, Standing};
pub use log::{Batch, Stretch};
pub use profile::{KeptEvent, ProfileCell};
pub use reading::Recorded;
pub use round::Shift;
pub use setting::Setting;

use crate::{
    evidence::{
        chain::{Hash, Head, Log},
        event::{Body, Event},
    },
    gnss::fix::Fix,
    id::{ReadingId, RoundId, StopId},
    obis::Obis,
    reading::{Method, Reading},
    round::{Outcome, Round, SkipReason, Stop},
    time::UtcMs,
};

/// Everything the handheld remembers.
#[derive(Debug)]
pub struct Store {
    conn: Connection,
}

/// A store, and what had to be done to open it.
#[derive(Debug)]
pub struct Opened {
    /// Ready for use.
    pub store: Store,
    /// The file was damaged and lies here now, whole; `store` is a fresh one.
    pub set_aside: Option<PathBuf>,
}

/// One change of plan that has been decided.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Takeover {
    /// A round, new or renamed.
    Round(Round),
    /// A stop's plan, new or changed. What became of the stop stays.
    Plan(Box<Stop>),
    /// A stop nobody visited goes.
    Remove(StopId),
}

impl Store {
    /// Opens the file: makes it, brings it up to date, or sets a damaged one aside, as needed.
    pub fn open(path: &Path) -> Result<Opened, StoreError> {
        let (conn, set_aside) = open::open(path)?;
        Ok(Opened { store: Self { conn }, set_aside })
    }

    /// A store that lives as long as the value, for tests and simulations.
    pub fn in_memory() -> Result<Self, StoreError> {
        Ok(Self { conn: open::prepare(Connection::open_in_memory()?)? })
    }

    /// Remembers who the hub says we are. A device is enrolled once.
    pub fn enrol(&mut self, identity: &Identity) -> Result<(), StoreError> {
        let tx = self.begin()?;
        identity::put(&tx, identity)?;
        setting::put(&tx, Setting::EnrolSeed, None)?;
        Ok(tx.commit()?)
    }

    /// The seed of the key to enrol with: `fresh`, or the one of an earlier try whose answer was lost, so that the
    /// hub knows the device again.
    pub fn enrol_seed(&mut self, fresh: [u8; 32]) -> Result<[u8; 32], StoreError> {
        let tx = self.begin()?;
        let earlier = setting::get(&tx, Setting::EnrolSeed)?.and_then(|text| text.parse::<Hash>().ok());
        let seed = earlier.unwrap_or(Hash(fresh));
        setting::put(&tx, Setting::EnrolSeed, Some(&seed.to_string()))?;
        tx.commit()?;
        Ok(seed.0)
    }

    /// Who we are, if enrolled.
    pub fn identity(&self) -> Result<Option<Identity>, StoreError> {
        identity::get(&self.conn)
    }

    /// The hub has moved.
    pub fn set_hub_url(&mut self, url: &str) -> Result<(), StoreError> {
        let tx = self.begin()?;
        identity::set_hub_url(&tx, url)?;
        Ok(tx.commit()?)
    }

    /// How far we and the hub have come.
    pub fn standing(&self) -> Result<Standing, StoreError> {
        identity::standing(&self.conn)
    }

    /// Records a reading: event, chain, seal, outbox, transcript and the stop's outcome, all or nothing, on
    /// disk when this returns. A reading of a stop that was read before takes the earlier one's place.
    pub fn record(&mut self, mut reading: Reading, transcript: Option<&str>) -> Result<Recorded, StoreError> {
        let tx = self.begin()?;
        let identity = identity::get(&tx)?.ok_or(StoreError::NotEnrolled)?;
        let stop = stop::find(&tx, reading.stop)?.ok_or(StoreError::UnknownStop(reading.stop))?;
        reading.transcript =
            transcript.map(|text| reading::insert_transcript(&tx, text)).transpose()?.map(|hash| hash.0);
        reading.supersedes = match stop.outcome {
            Outcome::Read { reading, .. } => Some(reading),
            Outcome::ToDo | Outcome::Skipped { .. } => None,
        };
        let event = Event { at: reading.taken_at, body: Body::Reading(Box::new(reading.clone())) };
        let head = log::append(&tx, &identity, &event)?;
        let id = reading::insert(&tx, identity.log, head, reading.stop)?;
        stop::set_outcome(&tx, reading.stop, stop.outcome.read(id, reading.verdict.level))?;
        stop::put_drafts(&tx, reading.stop, &[])?;
        tx.commit()?;
        Ok(Recorded { id, seq: head.seq, held_by_hub: false, withdrawn: false, reading })
    }

    /// Gives a stop up, for now.
    pub fn skip(
        &mut self,
        now: UtcMs,
        id: StopId,
        reason: SkipReason,
        note: Option<String>,
        fix: Option<Fix>,
    ) -> Result<(), StoreError> {
        let tx = self.begin()?;
        let stop = stop::find(&tx, id)?.ok_or(StoreError::UnknownStop(id))?;
        let outcome = stop.outcome.skipped(reason).ok_or(StoreError::AlreadyRead)?;
        append(&tx, now, Body::Skipped { stop: id, reason, note, fix })?;
        stop::set_outcome(&tx, id, outcome)?;
        Ok(tx.commit()?)
    }

    /// Takes a reading back: the stop is to do again. The reading stays in the log.
    pub fn withdraw(&mut self, now: UtcMs, id: ReadingId) -> Result<(), StoreError> {
        let tx = self.begin()?;
        let Some(recorded) = reading::find(&tx, id)? else {
            return Err(StoreError::BadRow("no such reading"));
        };
        if recorded.withdrawn {
            return Ok(());
        }
        let stop = recorded.reading.stop;
        append(&tx, now, Body::Withdrawn { reading: id, stop })?;
        reading::set_withdrawn(&tx, id)?;
        if let Some(outcome) = stop::find(&tx, stop)?.and_then(|stop| stop.outcome.withdrawn(id)) {
            stop::set_outcome(&tx, stop, outcome)?;
        }
        Ok(tx.commit()?)
    }

    /// A reading by its name.
    pub fn reading(&self, id: ReadingId) -> Result<Option<Recorded>, StoreError> {
        reading::find(&self.conn, id)
    }

    /// The names of all readings, oldest first.
    pub fn reading_ids(&self) -> Result<Vec<ReadingId>, StoreError> {
        reading::ids(&self.conn)
    }

    /// How the readings of a round that count were taken.
    pub fn methods(&self, round: RoundId) -> Result<Vec<Method>, StoreError> {
        let counts = self.outcomes(round)?.into_iter().filter_map(|(_, outcome)| match outcome {
            Outcome::Read { reading, .. } => Some(reading),
            Outcome::ToDo | Outcome::Skipped { .. } => None,
        });
        counts.filter_map(|id| self.reading(id).transpose()).map(|found| Ok(found?.reading.method)).collect()
    }

    /// How many readings the hub has given no receipt for.
    pub fn waiting_readings(&self) -> Result<u64, StoreError> {
        reading::waiting(&self.conn)
    }

    /// The transcript with this hash.
    pub fn transcript(&self, hash: [u8; 32]) -> Result<Option<String>, StoreError> {
        reading::transcript(&self.conn, Hash(hash))
    }

    /// The round to work on, if there is one.
    pub fn shift(&self) -> Result<Option<Shift>, StoreError> {
        round::present(&self.conn)
    }

    /// Begins, or begins anew, the shift on a round.
    pub fn start_shift(&mut self, now: UtcMs, round: RoundId) -> Result<(), StoreError> {
        let tx = self.begin()?;
        append(&tx, now, Body::ShiftStarted { round })?;
        round::set_started(&tx, round, now)?;
        Ok(tx.commit()?)
    }

    /// Ends the shift on a round.
    pub fn end_shift(&mut self, now: UtcMs, round: RoundId) -> Result<(), StoreError> {
        let tx = self.begin()?;
        append(&tx, now, Body::ShiftEnded { round })?;
        round::set_ended(&tx, round, now)?;
        Ok(tx.commit()?)
    }

    /// A stop with its meter, registers and history.
    pub fn stop(&self, id: StopId) -> Result<Option<Stop>, StoreError> {
        stop::find(&self.conn, id)
    }

    /// The stops of a round in the order of the walk.
    pub fn stops(&self, round: RoundId) -> Result<Vec<Stop>, StoreError> {
        stop::of_round(&self.conn, round)
    }

    /// The numbers of the meters of a round.
    pub fn serials(&self, round: RoundId) -> Result<Vec<(StopId, String)>, StoreError> {
        stop::serials(&self.conn, round)
    }

    /// What became of the stops of a round, in the order of the walk: all that a frame needs, every second.
    pub fn outcomes(&self, round: RoundId) -> Result<Vec<(StopId, Outcome)>, StoreError> {
        stop::outcomes(&self.conn, round)
    }

    /// Remembers the order of the walk.
    pub fn set_order(&mut self, order: &[StopId]) -> Result<(), StoreError> {
        let tx = self.begin()?;
        for (turn, id) in order.iter().enumerate() {
            stop::set_turn(&tx, *id, turn)?;
        }
        Ok(tx.commit()?)
    }

    /// Digits typed at a stop and not yet saved.
    pub fn drafts(&self, id: StopId) -> Result<Vec<(Obis, String)>, StoreError> {
        stop::drafts(&self.conn, id)
    }

    /// Remembers the digits typed so far, in place of what was remembered.
    pub fn put_drafts(&mut self, id: StopId, drafts: &[(Obis, String)]) -> Result<(), StoreError> {
        let tx = self.begin()?;
        stop::put_drafts(&tx, id, drafts)?;
        Ok(tx.commit()?)
    }

    /// A small thing remembered.
    pub fn setting(&self, setting: Setting) -> Result<Option<String>, StoreError> {
        setting::get(&self.conn, setting)
    }

    /// Remembers a small thing, or forgets it.
    pub fn put_setting(&mut self, setting: Setting, value: Option<&str>) -> Result<(), StoreError> {
        let tx = self.begin()?;
        setting::put(&tx, setting, value)?;
        Ok(tx.commit()?)
    }

    /// Events of a span for the hub: at most `count_max`, of about `bytes_max` bytes.
    pub fn batch(&self, span: Stretch, count_max: usize, bytes_max: usize) -> Result<Batch, StoreError> {
        let identity = self.identity()?.ok_or(StoreError::NotEnrolled)?;
        log::batch(&self.conn, &identity, span, count_max, bytes_max)
    }

    /// The heads after these events of one of our logs, for the hub to compare.
    pub fn heads(&self, epoch: u32, seqs: &[u64]) -> Result<Vec<Head>, StoreError> {
        let identity = self.identity()?.ok_or(StoreError::NotEnrolled)?;
        let log = Log { epoch, ..identity.log };
        let head = |seq: &u64| log::head_at(&self.conn, log, *seq).transpose();
        seqs.iter().filter_map(head).collect()
    }

    /// The hub holds log `epoch` of ours up to `head`, by a receipt that was checked: the outbox shrinks. Answers how
    /// many events left it; zero if the receipt speaks of another log than ours.
    pub fn confirm(&mut self, epoch: u32, head: Head) -> Result<u64, StoreError> {
        let tx = self.begin()?;
        let identity = identity::get(&tx)?.ok_or(StoreError::NotEnrolled)?;
        if epoch != identity.log.epoch || log::head_at(&tx, identity.log, head.seq)? != Some(head) {
            return Ok(0);
        }
        let before = identity::standing(&tx)?.waiting;
        log::shrink_outbox(&tx, epoch, head.seq)?;
        identity::set_acked(&tx, head.seq)?;
        let after = identity::standing(&tx)?.waiting;
        tx.commit()?;
        Ok(before - after)
    }

    /// The hub holds another history of log `epoch` than we do, by its own signature: behind `common` ours is said
    /// again, in log `next`. Answers how many events were.
    pub fn reopen(&mut self, now: UtcMs, epoch: u32, common: Head, next: u32) -> Result<u64, StoreError> {
        let tx = self.begin()?;
        let count = reopen::reopen(&tx, now, epoch, common, next)?;
        tx.commit()?;
        Ok(count)
    }

    /// Takes over plans that have been decided, moves the cursor from `after` to `cursor`, beside which the hub has
    /// set its `mark`, and says so to the hub.
    pub fn take_over(
        &mut self,
        now: UtcMs,
        plans: &[Takeover],
        after: u64,
        cursor: u64,
        mark: &[u8],
    ) -> Result<(), StoreError> {
        let tx = self.begin()?;
        if identity::standing(&tx)?.down_cursor != after {
            return Err(StoreError::BadRow("another cursor than these plans follow"));
        }
        for plan in plans {
            match plan {
                Takeover::Round(round) => round::put(&tx, round)?,
                Takeover::Plan(stop) => stop::put(&tx, stop)?,
                Takeover::Remove(stop) => stop::remove(&tx, *stop)?,
            }
        }
        identity::set_cursor(&tx, cursor, mark)?;
        append(&tx, now, Body::DownApplied { cursor })?;
        Ok(tx.commit()?)
    }

    fn begin(&mut self) -> Result<Transaction<'_>, StoreError> {
        Ok(self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }
}

fn append(tx: &Transaction<'_>, at: UtcMs, body: Body) -> Result<Head, StoreError> {
    let identity = identity::get(tx)?.ok_or(StoreError::NotEnrolled)?;
    log::append(tx, &identity, &Event { at, body })
}

#[cfg(test)]
mod tests;
