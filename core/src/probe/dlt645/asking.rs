//! A question on the wire: when it was sent, until when an answer may come, and what came instead.

use super::{
    exchange::Exchange,
    frame::{Frame, Hunt},
    limits::{ECHO_SLACK, FRAME_MIN, GAP, QUIET, REPLY_WAIT, TRIES_MAX, WAKE},
};
use crate::{
    probe::{
        error::ReadError,
        port::{Patience, Settings},
    },
    time::Moment,
};

/// A question under way, with its second tries.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) exchange: Exchange,
    patience: Patience,
    /// The last frame that went out.
    sent: Option<Frame>,
    /// How often this frame went out.
    tries: u8,
    /// How often an answer came that was damaged.
    damaged: u8,
    /// How often what came could be two answers at once.
    collided: u8,
    sent_until: Moment,
    /// Before this, what is heard may be an echo.
    late_from: Moment,
    late: bool,
    heard_at: Moment,
    deadline: Moment,
    /// The deadline is not put off beyond this, whatever is heard.
    latest: Moment,
}

/// What there was instead of an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Loss {
    pub(super) tries: u8,
    /// Something came that was damaged.
    pub(super) damaged: bool,
    /// Every time what came could be two answers at once.
    pub(super) collided: bool,
}

impl Asking {
    pub(super) fn new(now: Moment, exchange: Exchange, patience: Patience) -> Self {
        Self {
            exchange,
            patience,
            sent: None,
            tries: 0,
            damaged: 0,
            collided: 0,
            sent_until: now,
            late_from: now,
            late: false,
            heard_at: now,
            deadline: now,
            latest: now,
        }
    }

    pub(super) const fn deadline(&self) -> Moment {
        self.deadline
    }

    /// How often this frame went out.
    pub(super) const fn tries(&self) -> u8 {
        self.tries
    }

    /// A frame goes out.
    pub(super) fn sends(&mut self, frame: Frame, until: Moment, settings: Settings) {
        self.sent = Some(frame);
        self.tries = self.tries.saturating_add(1);
        self.late = false;
        self.sent_until = until;
        self.late_from = until + ECHO_SLACK;
        self.deadline = until + self.patience.wait;
        // An answer that begins in the last moment and is as long as one can be.
        self.latest = self.deadline + settings.line_time(self.exchange.longest() + WAKE.len()) + GAP;
    }

    /// Part of an answer came, and the next part is to be asked for: the meter is there.
    pub(super) const fn goes_on(&mut self) {
        self.tries = 0;
        self.patience = Patience { attempts: TRIES_MAX, wait: REPLY_WAIT };
    }

    /// When the last bit of the question was out.
    pub(super) const fn sent_until(&self) -> Moment {
        self.sent_until
    }

    /// Tells whether a frame is our own, come back.
    pub(super) fn is_echo(&self, frame: &Frame) -> bool {
        self.sent.as_ref() == Some(frame)
    }

    /// A byte is about to be looked at. What came before the meter can have answered belongs to an echo.
    pub(super) fn hears(&mut self, now: Moment, hunt: &mut Hunt) {
        if now >= self.late_from && !self.late {
            self.late = true;
            hunt.forget();
        }
    }

    /// A byte was looked at, and no frame was complete: whoever still talks is waited for.
    pub(super) fn heard(&mut self, now: Moment, hunt: &Hunt) {
        if self.late {
            self.heard_at = now;
            let pause = if hunt.is_open() { GAP } else { QUIET };
            self.deadline = self.deadline.max(now + pause).min(self.latest);
        }
    }

    /// Whether beside an answer more was heard than our own echo, damaged and late: another answer.
    pub(super) fn hears_two(&self, hunt: &Hunt) -> bool {
        self.late && hunt.junk() > self.sent_bytes()
    }

    /// The time is over. Tells whether the frame shall be sent once more.
    pub(super) fn is_worth_another_try(&mut self, now: Moment, hunt: &Hunt, tries_max: u8) -> bool {
        self.damaged = self.damaged.saturating_add(u8::from(self.late && hunt.junk() > 0));
        // A lamp does not stop.
        let stopped = now.since(self.heard_at) >= QUIET;
        let collided = self.late && stopped && hunt.strays() > self.sent_bytes();
        self.collided = self.collided.saturating_add(u8::from(collided));
        self.exchange.repeat();
        // What may have been an answer is no silence: who would ask once asks again before it is several meters.
        let attempts = if collided { TRIES_MAX } else { self.patience.attempts };
        self.tries < tries_max.min(attempts).max(1)
    }

    fn sent_bytes(&self) -> usize {
        self.sent.as_ref().map_or(0, |frame| WAKE.len() + FRAME_MIN + frame.content.len())
    }

    /// What there was in the end.
    pub(super) const fn loss(&self) -> Loss {
        Loss { tries: self.tries, damaged: self.damaged > 0, collided: self.collided >= self.tries }
    }
}

impl Loss {
    /// Counts another loss in.
    pub(super) const fn count(&mut self, other: Self) {
        self.tries = self.tries.saturating_add(other.tries);
        self.damaged |= other.damaged;
        self.collided &= other.collided;
    }

    /// What it says of the line.
    pub(super) const fn into_error(self) -> ReadError {
        let attempts = self.tries;
        match self {
            Self { collided: true, .. } => ReadError::Crowded,
            Self { damaged: true, .. } => ReadError::Garbled { attempts },
            Self { .. } => ReadError::Silent { attempts },
        }
    }
}
