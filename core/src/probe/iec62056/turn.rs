//! What is known of a meter once it has said who it is, and how a conversation with it goes on.

use std::time::Duration;

use super::{
    identification::Identification,
    limits::{ANSWER_DELAY_MAX, COMMAND_DELAY, TALK_MAX},
    parity::Parity,
    speed::{Approach, Plan, SIGN_ON_BAUD},
};
use crate::time::Moment;

/// How to talk with the meter that has just said who it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Partner {
    /// As the meter wrote it.
    pub(super) meter: Identification,
    /// Speed and mode.
    pub(super) plan: Plan,
    /// What was tried before that plan.
    pub(super) approach: Approach,
    /// The how-manieth conversation this is, from 1.
    pub(super) conversation: u8,
}

impl Partner {
    pub(super) const fn parity(&self) -> Parity {
        self.meter.parity
    }

    /// Whether it waits to be told what to do, so that programming mode is worth a try.
    pub(super) fn takes_commands(&self) -> bool {
        matches!(self.meter.speed(), Some(b'0'..=b'6'))
    }

    /// It is spoken with at the speed that all meters understand.
    pub(super) fn is_slow(&self) -> bool {
        self.approach == Approach::Slow || self.plan.baud == SIGN_ON_BAUD
    }

    /// What to say after the meter's reaction time has passed.
    pub(super) fn word(&self, now: Moment, bytes: Vec<u8>) -> Word {
        let reaction = self.meter.reaction();
        Word { bytes, reaction, due: now + reaction, latest: now + ANSWER_DELAY_MAX }
    }
}

/// What we say next. The meter is owed its reaction time from its last byte on, but not for ever.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Word {
    pub(super) bytes: Vec<u8>,
    reaction: Duration,
    /// When to say it.
    pub(super) due: Moment,
    latest: Moment,
}

impl Word {
    /// The same, sooner: to a meter that hears again as soon as it has spoken.
    pub(super) fn hurried(self, now: Moment) -> Self {
        Self { due: self.due.min(now + COMMAND_DELAY), ..self }
    }

    /// The same, to a meter that waits for it a minute and may still be in the middle of an answer.
    pub(super) fn unhurried(self, now: Moment) -> Self {
        Self { latest: now + TALK_MAX, ..self }
    }

    /// Whoever still talks does not listen.
    pub(super) fn hear(&mut self, now: Moment) {
        self.due = self.due.max(now + self.reaction).min(self.latest);
    }
}

/// How a conversation goes on.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Turn<D> {
    /// As it is.
    Going,
    /// In a new conversation, at this pace.
    Anew(Pace),
    /// It is over, and this came of it.
    Over(D),
}

/// How a new conversation compares with the one that failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Pace {
    /// Nothing failed.
    Confirming,
    /// At the same speed.
    Same,
    /// One step slower.
    Gentler,
    /// At the speed that all meters understand.
    Slow,
}

impl Pace {
    pub(super) const fn after(self, approach: Approach) -> Approach {
        match self {
            Self::Confirming | Self::Same => approach,
            Self::Gentler => approach.gentler(),
            Self::Slow => Approach::Slow,
        }
    }
}
