//! A round, its stops, and the only legal changes of a stop.

use crate::{
    audit::verdict::Level,
    id::{ReadingId, RoundId, StopId},
    meter::Meter,
    place::Position,
};

/// A walk of one reader in one cycle.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Round {
    /// Its id.
    pub id: RoundId,
    /// Its short name in the utility's books, such as `14`.
    pub code: String,
    /// Its name, such as `Harbour East`.
    pub name: String,
    /// The cycle it belongs to, such as `2026-11`.
    pub cycle: String,
}

/// One place of a round with one meter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stop {
    /// Its id.
    pub id: StopId,
    /// The round it belongs to.
    pub round: RoundId,
    /// Its number in the order of the office, from 1.
    pub number: u32,
    /// Street and house, as on a letter.
    pub address: String,
    /// Where the meter is, if anybody noted it.
    pub position: Option<Position>,
    /// What helps to reach the meter: where it hangs, the dog, the key.
    pub hints: Vec<Hint>,
    /// What hangs there.
    pub meter: Meter,
    /// What became of it.
    pub outcome: Outcome,
}

/// Something to know before going in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hint {
    /// What it is about.
    pub kind: HintKind,
    /// In the words of the office.
    pub text: String,
}

/// What a hint is about; it chooses the sign beside the words.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HintKind {
    /// Where in the building the meter hangs.
    Location,
    /// A danger: the dog, the stairs.
    Warning,
    /// A key or a code to take along.
    Key,
    /// Anything else.
    Note,
}

/// What became of a stop.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Nobody was there yet.
    ToDo,
    /// The meter was read.
    Read {
        /// The latest reading.
        reading: ReadingId,
        /// What the verdict was.
        level: Level,
    },
    /// The meter could not be read.
    Skipped {
        /// Why.
        reason: SkipReason,
    },
}

/// Why a meter was not read.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum SkipReason {
    /// Nobody opened.
    NoAccess,
    /// The way is locked or the key does not fit.
    Locked,
    /// A dog, or another danger.
    Danger,
    /// There is no meter.
    MeterMissing,
    /// The meter is broken, or its display is dark.
    MeterFaulty,
    /// The meter cannot be reached or seen.
    Obstructed,
    /// The customer refused.
    Refused,
    /// The probe got no answer and the display could not be read.
    NoAnswer,
}

impl SkipReason {
    /// All of them, in the order of the skip screen.
    pub const ALL: [Self; 8] = [
        Self::NoAccess,
        Self::Locked,
        Self::Danger,
        Self::MeterMissing,
        Self::MeterFaulty,
        Self::Obstructed,
        Self::Refused,
        Self::NoAnswer,
    ];

    /// Its name in files and events.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoAccess => "no-access",
            Self::Locked => "locked",
            Self::Danger => "danger",
            Self::MeterMissing => "meter-missing",
            Self::MeterFaulty => "meter-faulty",
            Self::Obstructed => "obstructed",
            Self::Refused => "refused",
            Self::NoAnswer => "no-answer",
        }
    }

    /// The reason of that name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

impl Outcome {
    /// After a reading: always legal, for the latest reading counts.
    #[must_use]
    pub const fn read(self, reading: ReadingId, level: Level) -> Self {
        Self::Read { reading, level }
    }

    /// After a skip, or nothing where the meter has been read: a reading is not given up for a skip.
    pub const fn skipped(self, reason: SkipReason) -> Option<Self> {
        match self {
            Self::ToDo | Self::Skipped { .. } => Some(Self::Skipped { reason }),
            Self::Read { .. } => None,
        }
    }

    /// After the reading was withdrawn, or nothing where it is not the one that counts.
    pub fn withdrawn(self, withdrawn: ReadingId) -> Option<Self> {
        match self {
            Self::Read { reading, .. } if reading == withdrawn => Some(Self::ToDo),
            Self::Read { .. } | Self::ToDo | Self::Skipped { .. } => None,
        }
    }

    /// Somebody was there.
    pub const fn is_visited(self) -> bool {
        !matches!(self, Self::ToDo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_not_given_up_for_a_skip() {
        let reading = ReadingId::derived(&[b"1"]);
        let read = Outcome::ToDo.read(reading, Level::Right);
        assert_eq!(read.skipped(SkipReason::Locked), None);
        assert_eq!(read.withdrawn(ReadingId::derived(&[b"2"])), None);
        assert_eq!(read.withdrawn(reading), Some(Outcome::ToDo));
        assert!(Outcome::ToDo.skipped(SkipReason::Locked).is_some_and(Outcome::is_visited));
    }

    #[test]
    fn every_reason_has_its_own_code() {
        for reason in SkipReason::ALL {
            assert_eq!(SkipReason::from_code(reason.code()), Some(reason));
        }
    }
}
