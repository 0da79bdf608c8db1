//! A word and its answer in programming mode: said when the meter hears again, and heard until it is over.

use std::time::Duration;

use super::{
    answer::{Answer, Heard, Reply},
    limits::{END_SILENCE, GAP, PROGRESS_STEP},
    turn::{Partner, Word},
};
use crate::{
    probe::{port::Progress, script::Script},
    time::Moment,
};

/// Where a dialogue stands.
#[derive(Debug)]
pub(super) struct Dialogue {
    step: Step,
    deadline: Moment,
    /// No word has been passed over in silence.
    hurries: bool,
}

#[derive(Debug)]
enum Step {
    Idle,
    /// Our word, and what of it an echo may say again.
    Saying(Word, Vec<u8>),
    Hearing(Answer),
    /// The meter says more than we keep, and hears nothing before it has said it.
    Draining,
}

/// What has happened.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Event {
    /// It is time for our word; what of it an echo may say again.
    Say(Vec<u8>, Vec<u8>),
    Replied(Reply),
    /// The answer is longer than we keep, and still goes on.
    Flooded,
    /// It is over.
    Drained,
}

impl Dialogue {
    pub(super) const fn new(now: Moment) -> Self {
        Self { step: Step::Idle, deadline: now, hurries: true }
    }

    /// When to be told that nothing came.
    pub(super) const fn deadline(&self) -> Moment {
        self.deadline
    }

    /// Nothing is to be said or heard.
    pub(super) fn rest(&mut self) {
        self.step = Step::Idle;
    }

    /// Has this said, without haste where the meter is not known to hear so soon. `said` is what an echo may say
    /// again.
    pub(super) fn say(
        &mut self,
        now: Moment,
        bytes: Vec<u8>,
        said: Vec<u8>,
        inside: bool,
        partner: &Partner,
    ) {
        let word = partner.word(now, bytes);
        let word = if inside { word.unhurried(now) } else { word };
        let word = if inside && self.hurries { word.hurried(now) } else { word };
        self.deadline = word.due;
        self.step = Step::Saying(word, said);
    }

    /// Waits for an answer so long from this moment on.
    pub(super) fn listen(&mut self, from: Moment, wait: Duration, said: Vec<u8>, partner: &Partner) {
        self.step = Step::Hearing(Answer::new(partner.parity(), said));
        self.deadline = from + wait;
    }

    /// Takes one raw byte.
    pub(super) fn hear<D>(&mut self, now: Moment, raw: u8, script: &mut Script<D>) -> Option<Event> {
        match &mut self.step {
            Step::Idle => {}
            Step::Saying(word, _) => {
                word.hear(now);
                self.deadline = word.due;
            }
            Step::Hearing(answer) => match answer.push(raw) {
                Heard::Junk => {}
                Heard::Text => {
                    let short = answer.may_be_over();
                    self.deadline = if short { now + END_SILENCE } else { self.deadline.max(now + GAP) };
                    let bytes = answer.len();
                    if bytes > 0 && bytes.is_multiple_of(PROGRESS_STEP) {
                        script.tell(Progress::Receiving { bytes });
                    }
                }
                Heard::End(reply) => return Some(self.replied(reply)),
                Heard::Flood => {
                    self.step = Step::Draining;
                    self.deadline = now + GAP;
                    return Some(Event::Flooded);
                }
            },
            Step::Draining => self.deadline = now + GAP,
        }
        None
    }

    /// The deadline has passed.
    pub(super) fn elapsed(&mut self) -> Option<Event> {
        match std::mem::replace(&mut self.step, Step::Idle) {
            Step::Idle => None,
            Step::Saying(word, said) => Some(Event::Say(word.bytes, said)),
            Step::Hearing(answer) => Some(self.replied(answer.silence())),
            Step::Draining => Some(Event::Drained),
        }
    }

    fn replied(&mut self, reply: Reply) -> Event {
        self.step = Step::Idle;
        self.hurries &= reply != Reply::Silent;
        Event::Replied(reply)
    }
}
