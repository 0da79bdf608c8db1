//! What is handed over to billing and what billing says of it, whatever engine holds it. Decides only.

use std::collections::{BTreeMap, HashMap};

use lamplighter_core::{
    evidence::chain::{Hash, Log, reading_id},
    id::{ReadingId, StopId},
    time::UtcMs,
};

use crate::error::LedgerError;

/// How far the hand-over of a cycle is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BillHead {
    /// Rises with everything that is claimed or answered.
    pub version: u64,
    /// Of the last file; 0 if there is none.
    pub number: u32,
    /// SHA-256 of the last file; zeros if there is none.
    pub hash: Hash,
}

impl BillHead {
    /// Of a cycle of which nothing was handed over.
    pub const NONE: Self = Self { version: 0, number: 0, hash: Hash([0; 32]) };
}

/// A file of entries, to be taken on for good.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claim {
    /// Whose readings.
    pub cycle: String,
    /// What was there when it was decided.
    pub seen: BillHead,
    /// When it was decided.
    pub made_at: UtcMs,
    /// SHA-256 of the whole file.
    pub hash: Hash,
    /// In the order of the file.
    pub entries: Vec<Claimed>,
}

impl Claim {
    /// Of the file.
    pub const fn number(&self) -> u32 {
        self.seen.number.saturating_add(1)
    }
}

/// What an entry does.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kind {
    /// Hands a reading over.
    Value,
    /// Takes back a reading that was handed over.
    Reversal,
}

impl Kind {
    /// Its name in files and tables.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Reversal => "reversal",
        }
    }

    /// By its name.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Value, Self::Reversal].into_iter().find(|kind| kind.code() == code)
    }

    /// The entry's name: the reading's own for a value, one made from it for a reversal.
    pub fn id(self, reading: ReadingId) -> ReadingId {
        match self {
            Self::Value => reading,
            Self::Reversal => ReadingId::derived(&[b"reversal", reading.as_bytes()]),
        }
    }
}

/// One entry of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Claimed {
    /// What it does.
    pub kind: Kind,
    /// The log of the reading that it is about.
    pub log: Log,
    /// The reading's number in it.
    pub seq: u64,
    /// Where it was read.
    pub stop: StopId,
    /// What was handed over for the stop before, and counts no more.
    pub instead_of: Option<ReadingId>,
    /// Its records in the file.
    pub text: String,
}

impl Claimed {
    /// Its name.
    pub fn id(&self) -> ReadingId {
        self.kind.id(reading_id(self.log, self.seq))
    }
}

/// What has become of an entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// Billing has not answered.
    Waiting,
    /// Billing has taken it.
    Settled,
    /// Billing has not taken it.
    Refused,
}

impl State {
    /// Its name in tables and reports.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Settled => "settled",
            Self::Refused => "refused",
        }
    }

    pub(super) fn from_code(code: &str) -> Result<Self, LedgerError> {
        let state = [Self::Waiting, Self::Settled, Self::Refused].into_iter().find(|is| is.code() == code);
        state.ok_or_else(|| LedgerError::Damaged(format!("an entry of a bill is {code}")))
    }
}

/// A reading that was handed over, of a stop where something else was read or taken back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Earlier {
    /// Its log.
    pub log: Log,
    /// Its number in it.
    pub seq: u64,
    /// Where it was read.
    pub stop: StopId,
    /// What billing said.
    pub state: State,
    /// It was taken back.
    pub reversed: bool,
    /// Its records in the file.
    pub text: String,
}

/// A reading that was not handed over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unbilled {
    /// Its log.
    pub log: Log,
    /// Its number in it.
    pub seq: u64,
    /// Its own bytes.
    pub payload: Vec<u8>,
}

/// A file that was handed over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Bill {
    /// Whose readings.
    pub cycle: String,
    /// From 1, without gaps.
    pub number: u32,
    /// When it was decided.
    pub made_at: UtcMs,
    /// SHA-256 of the file before it; zeros for the first.
    pub previous: Hash,
    /// SHA-256 of the whole file.
    pub hash: Hash,
    /// It has had its name in its folder.
    pub written: bool,
    /// Entries that billing has not answered.
    pub waiting: u64,
}

/// What billing says of one entry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Acknowledgement {
    /// The entry.
    pub id: ReadingId,
    /// Why it was not taken; nothing where it was.
    pub refused: Option<String>,
}

/// What an acknowledgement came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Heard {
    /// It is noted.
    Noted(State),
    /// It was known.
    Known,
    /// No such entry was handed over; nothing has changed.
    Unknown,
    /// Billing said otherwise before, and that stands; nothing has changed.
    Contrary,
}

/// An entry as an answer meets it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Met {
    pub(super) state: State,
    /// Something was handed over in its place.
    pub(super) replaced: bool,
}

/// What has become of entries, and why.
pub(super) type Answered<'a> = BTreeMap<ReadingId, (State, Option<&'a str>)>;

/// What each acknowledgement comes to, in order, and the rows to write: one an entry, the first that counts.
pub(super) fn hear(
    answers: &[Acknowledgement],
    mut met: HashMap<ReadingId, Met>,
) -> (Vec<Heard>, Answered<'_>) {
    let mut rows = BTreeMap::new();
    let mut heard = Vec::with_capacity(answers.len());
    for answer in answers {
        let Some(entry) = met.get_mut(&answer.id) else {
            heard.push(Heard::Unknown);
            continue;
        };
        let said = if answer.refused.is_some() { State::Refused } else { State::Settled };
        let comes_to = match (entry.state, said) {
            (State::Waiting, _) => Heard::Noted(said),
            // What was wrong at their end may have been put right, unless the next reading has gone out already.
            (State::Refused, State::Settled) if !entry.replaced => Heard::Noted(said),
            (before, _) if before == said => Heard::Known,
            (State::Settled | State::Refused, _) => Heard::Contrary,
        };
        if let Heard::Noted(state) = comes_to {
            entry.state = state;
            rows.insert(answer.id, (state, answer.refused.as_deref()));
        }
        heard.push(comes_to);
    }
    (heard, rows)
}

/// What the tables say of the events of one piece of a log.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Kept {
    /// Readings in the books.
    pub readings: Vec<u64>,
    /// Events that stand for nothing, and why.
    pub quarantined: HashMap<u64, String>,
    /// What was handed over.
    pub entries: Vec<Entered>,
}

/// An entry that was handed over, as reconciliation sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entered {
    /// The reading's number in its log.
    pub seq: u64,
    /// What the entry does.
    pub kind: Kind,
    /// Of its file.
    pub cycle: String,
    /// Of its file.
    pub number: u32,
    /// What billing said.
    pub state: State,
    /// And why.
    pub reason: Option<String>,
}

/// How much of a log a device says it holds, and how much the hub does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Said {
    /// Which.
    pub log: Log,
    /// Whose device.
    pub name: String,
    /// The last event the device spoke of, and when; nothing where it has not greeted since that is noted.
    pub said: Option<(u64, UtcMs)>,
    /// The last event held.
    pub held: u64,
}

/// What must never be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Stray {
    /// This reading was handed over, in this file, and is in no log.
    Entry(ReadingId, String, u32),
    /// The books have a reading that is in no log.
    Reading(ReadingId),
    /// More than one reading of this stop was handed over and not taken back.
    Stop(StopId),
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: ReadingId = ReadingId::new([7; 16]);

    #[track_caller]
    fn check(state: State, replaced: bool, refused: Option<&str>, expected: Heard) {
        let answers = [Acknowledgement { id: ID, refused: refused.map(str::to_owned) }];
        let (heard, rows) = hear(&answers, HashMap::from([(ID, Met { state, replaced })]));
        assert_eq!(heard, [expected]);
        assert_eq!(rows.len(), usize::from(matches!(expected, Heard::Noted(_))));
    }

    #[test]
    fn the_first_answer_stands_and_a_refusal_may_be_put_right() {
        check(State::Waiting, false, None, Heard::Noted(State::Settled));
        check(State::Waiting, true, Some("meter unknown"), Heard::Noted(State::Refused));
        check(State::Settled, false, None, Heard::Known);
        check(State::Settled, false, Some("late"), Heard::Contrary);
        check(State::Refused, false, Some("again"), Heard::Known);
        check(State::Refused, false, None, Heard::Noted(State::Settled));
        check(State::Refused, true, None, Heard::Contrary);
    }

    #[test]
    fn answers_of_one_message_are_heard_in_order() {
        let said = |refused: Option<&str>| Acknowledgement { id: ID, refused: refused.map(str::to_owned) };
        let answers = [
            said(None),
            said(None),
            said(Some("no")),
            Acknowledgement { id: ReadingId::new([8; 16]), refused: None },
        ];
        let met = HashMap::from([(ID, Met { state: State::Waiting, replaced: false })]);
        let (heard, rows) = hear(&answers, met);
        assert_eq!(heard, [Heard::Noted(State::Settled), Heard::Known, Heard::Contrary, Heard::Unknown]);
        assert_eq!(rows, BTreeMap::from([(ID, (State::Settled, None))]));
    }

    #[test]
    fn a_reversal_has_a_name_of_its_own() {
        assert_eq!(Kind::Value.id(ID), ID);
        assert_ne!(Kind::Reversal.id(ID), ID);
        assert_eq!(Kind::from_code("reversal"), Some(Kind::Reversal));
    }
}
