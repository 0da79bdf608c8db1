//! One readout of one meter, from the request to the registers, with all second tries.
//!
//! Sign on, see who answers, choose a speed, take the block, check it. A damaged block is asked for again; if
//! that does not help, or nothing sensible comes at the chosen speed, the line is left to fall silent and a new
//! conversation goes on more slowly. Echoes need no care of their own: no echo looks like an answer.

use std::{collections::VecDeque, time::Duration};

use super::{
    block::{Block, Ending, Heard},
    identification::{Hunt, Identification},
    limits::*,
    message::{self, Address},
    quiet::Quiet,
    registers,
    speed::{Approach, Plan, SIGN_ON_BAUD, plan},
};
use crate::{
    probe::{
        drive::Protocol,
        error::ReadError,
        port::{Input, Output, Progress, Settings},
        readout::{Integrity, Readout},
    },
    time::Moment,
};

/// What must be known before a readout.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Config {
    /// Which of several meters shall answer; whatever is there, when left out.
    pub address: Option<Address>,
}

/// A readout under way.
#[derive(Debug)]
pub struct Session {
    config: Config,
    step: Step,
    approach: Approach,
    meter: Option<(Identification, Plan)>,
    /// A whole block without checksum, kept until a second one confirms it.
    unconfirmed: Option<String>,
    settings: Settings,
    sent_until: Moment,
    deadline: Moment,
    ends: Moment,
    received: usize,
    attempts: u8,
    conversations: u8,
    repeats: u8,
    retries: u32,
    pending: VecDeque<Output<Readout>>,
}

#[derive(Debug)]
enum Step {
    Identifying(Hunt),
    /// The meter is owed its reaction time before it hears this, from its last byte on, but not for ever.
    Answering {
        bytes: Vec<u8>,
        latest: Moment,
    },
    Reading(Block),
    /// Letting the line fall silent before a new request.
    Quieting(Quiet),
    Over,
}

impl Session {
    /// Opens a readout.
    pub fn start(now: Moment, config: Config) -> Self {
        let mut session = Self {
            config,
            step: Step::Over,
            approach: Approach::Offered(0),
            meter: None,
            unconfirmed: None,
            settings: SIGN_ON,
            sent_until: now,
            deadline: now,
            ends: now + TOTAL_TIME_MAX,
            received: 0,
            attempts: 0,
            conversations: 0,
            repeats: 0,
            retries: 0,
            pending: VecDeque::from([Output::Set(SIGN_ON)]),
        };
        session.sign_on(now);
        session
    }

    /// Moves the session on. After an error it is over.
    pub fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        let outcome = self.advance(now, input);
        if outcome.is_err() {
            self.finish();
        }
        outcome
    }

    /// The next thing to do. Ask until it says [`Output::Wait`] or [`Output::Done`].
    pub fn poll(&mut self, _now: Moment) -> Output<Readout> {
        self.pending.pop_front().unwrap_or(Output::Wait(self.deadline.min(self.ends)))
    }

    fn advance(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        if matches!(self.step, Step::Over) {
            return Ok(());
        }
        if now >= self.ends {
            return Err(ReadError::TimedOut);
        }
        match input {
            Input::Bytes(bytes) => bytes.iter().try_for_each(|&raw| self.hear(now, raw)),
            Input::Elapsed if now < self.deadline => Ok(()),
            Input::Elapsed => self.go_on(now),
            // It asks for no counter.
            Input::Reserved(_) => Ok(()),
        }
    }

    fn hear(&mut self, now: Moment, raw: u8) -> Result<(), ReadError> {
        self.received += 1;
        if self.received > TOTAL_BYTES_MAX {
            return Err(ReadError::TooLong);
        }
        match &mut self.step {
            Step::Identifying(hunt) => {
                let found = hunt.push(raw);
                if hunt.is_open() {
                    self.deadline = self.deadline.max(now + GAP);
                }
                found.into_iter().for_each(|meter| self.identified(now, meter));
                Ok(())
            }
            // Whoever still talks does not listen.
            Step::Answering { latest, .. } => {
                let latest = *latest;
                self.deadline = self.deadline.max(now + self.reaction()).min(latest);
                Ok(())
            }
            Step::Reading(block) => {
                let heard = block.push(raw);
                self.weigh(now, heard)
            }
            Step::Quieting(quiet) => {
                self.deadline = now + quiet.hear(raw);
                let attempts = self.conversations.max(self.attempts);
                if quiet.is_hopeless() { Err(ReadError::Garbled { attempts }) } else { Ok(()) }
            }
            Step::Over => Ok(()),
        }
    }

    fn weigh(&mut self, now: Moment, heard: Heard) -> Result<(), ReadError> {
        match heard {
            Heard::Junk => Ok(()),
            Heard::Text => {
                self.keep_listening(now);
                Ok(())
            }
            Heard::End(ending) => self.block_ended(now, ending),
            Heard::Noise => self.converse_anew(now, &Ending::Lost),
            Heard::Flood => Err(ReadError::TooLong),
        }
    }

    fn keep_listening(&mut self, now: Moment) {
        let Step::Reading(block) = &self.step else { return };
        let bytes = block.len();
        self.deadline = if block.may_be_over() { now + END_SILENCE } else { self.deadline.max(now + GAP) };
        if bytes > 0 && bytes.is_multiple_of(PROGRESS_STEP) {
            self.pending.push_back(Output::Progress(Progress::Receiving { bytes }));
        }
    }

    /// The deadline has passed.
    fn go_on(&mut self, now: Moment) -> Result<(), ReadError> {
        match &mut self.step {
            Step::Identifying(hunt) => {
                let damaged = hunt.is_damaged();
                self.unanswered(now, damaged)
            }
            Step::Answering { bytes, .. } => {
                let bytes = std::mem::take(bytes);
                self.answer(now, bytes);
                Ok(())
            }
            Step::Reading(block) => {
                let ending = block.silence();
                self.block_ended(now, ending)
            }
            Step::Quieting(quiet) => {
                let agreed = self.meter.as_ref().map_or(SIGN_ON_BAUD, |(_, plan)| plan.baud);
                if quiet.was_text() && agreed != SIGN_ON_BAUD {
                    // The meter talks at 300, whatever was agreed on.
                    self.approach = Approach::Slow;
                }
                self.sign_on(now);
                Ok(())
            }
            Step::Over => Ok(()),
        }
    }

    fn sign_on(&mut self, now: Moment) {
        self.attempts += 1;
        self.send(now, message::request(self.config.address.as_ref()));
        self.pending.push_back(Output::Progress(Progress::Asking { attempt: self.attempts }));
        self.step = Step::Identifying(Hunt::default());
        self.deadline = self.sent_until + ANSWER_WAIT;
    }

    fn unanswered(&mut self, now: Moment, damaged: bool) -> Result<(), ReadError> {
        let attempts = self.attempts;
        match PAUSES.get(usize::from(attempts.saturating_sub(1))) {
            _ if attempts >= ATTEMPTS_MAX && damaged => Err(ReadError::Garbled { attempts }),
            Some(&pause) if attempts < ATTEMPTS_MAX => {
                self.retries += 1;
                self.fall_quiet(now, if damaged { QUIET } else { pause });
                Ok(())
            }
            _ => Err(ReadError::Silent { attempts }),
        }
    }

    fn identified(&mut self, now: Moment, meter: Identification) {
        self.attempts = 0;
        self.repeats = 0;
        self.conversations += 1;
        let plan = plan(meter.speed(), self.approach);
        let identity = meter.text.clone();
        self.pending.push_back(Output::Progress(Progress::Answered { identity, baud: plan.baud }));
        let parity = meter.parity;
        if self.meter.as_ref().is_some_and(|(before, _)| before.text != meter.text) {
            // The probe sits on another meter now, or one of both names was damaged.
            self.unconfirmed = None;
        }
        self.meter = Some((meter, plan));
        if let Some(speed) = plan.select {
            self.prepare_answer(now, message::option_select(speed));
        } else {
            self.set(plan.baud);
            self.step = Step::Reading(Block::new(parity));
            self.deadline = now + BLOCK_WAIT;
        }
    }

    fn prepare_answer(&mut self, now: Moment, bytes: Vec<u8>) {
        self.step = Step::Answering { bytes, latest: now + ANSWER_DELAY_MAX };
        self.deadline = now + self.reaction();
    }

    /// Says what the meter was owed time for, and listens for the block.
    fn answer(&mut self, now: Moment, bytes: Vec<u8>) {
        let Some((meter, plan)) = &self.meter else { return };
        let (parity, baud) = (meter.parity, plan.baud);
        let block =
            if bytes == message::repeat() { Block::after_our_nak(parity) } else { Block::new(parity) };
        self.send(now, bytes);
        self.set(baud);
        self.step = Step::Reading(block);
        self.deadline = self.sent_until + BLOCK_WAIT;
    }

    fn block_ended(&mut self, now: Moment, ending: Ending) -> Result<(), ReadError> {
        match (ending, self.unconfirmed.take()) {
            (Ending::Checked(text), _) => {
                self.done(&text, None);
                Ok(())
            }
            (Ending::Unchecked(text), Some(first)) if registers::agree(&first, &text) => {
                self.done(&text, Some(&first));
                Ok(())
            }
            (Ending::Unchecked(text), _) => {
                if self.conversations >= CONVERSATIONS_MAX {
                    return Err(ReadError::Garbled { attempts: self.conversations });
                }
                self.unconfirmed = Some(text);
                self.set(SIGN_ON_BAUD);
                self.fall_quiet(now, QUIET);
                Ok(())
            }
            (Ending::Damaged, kept) if self.repeats < REPEATS_MAX => {
                self.unconfirmed = kept;
                self.repeats += 1;
                self.retries += 1;
                self.pending.push_back(Output::Progress(Progress::Repeating));
                self.prepare_answer(now, message::repeat());
                Ok(())
            }
            (ending, kept) => {
                self.unconfirmed = kept;
                self.converse_anew(now, &ending)
            }
        }
    }

    fn converse_anew(&mut self, now: Moment, reason: &Ending) -> Result<(), ReadError> {
        let slow = self.approach == Approach::Slow || self.settings.baud == SIGN_ON_BAUD;
        // A NAK to a request for the speed of all meters leaves nothing to ask for.
        if *reason == Ending::Refused && slow {
            return Err(ReadError::Refused);
        }
        if self.conversations >= CONVERSATIONS_MAX {
            let attempts = self.conversations;
            let empty = *reason == Ending::Empty && self.repeats == 0;
            return Err(if empty { ReadError::Silent { attempts } } else { ReadError::Garbled { attempts } });
        }
        let mode = self.meter.as_ref().map(|(_, plan)| plan.mode);
        let unasked = matches!(mode, Some('A' | 'B'));
        self.approach = match reason {
            // A block began, so the speed was right, and in modes A and B there is no other.
            Ending::Damaged if unasked => self.approach,
            Ending::Empty if unasked && self.repeats > 0 => self.approach,
            // A meter that said no, or did not like what it was told: all meters understand 300.
            Ending::Refused | Ending::Empty => Approach::Slow,
            Ending::Damaged | Ending::Lost | Ending::Checked(_) | Ending::Unchecked(_) => {
                self.approach.gentler()
            }
        };
        self.retries += 1;
        self.pending.push_back(Output::Progress(Progress::Repeating));
        self.set(SIGN_ON_BAUD);
        self.fall_quiet(now, QUIET);
        Ok(())
    }

    fn fall_quiet(&mut self, now: Moment, pause: Duration) {
        self.step = Step::Quieting(Quiet::new(pause));
        self.deadline = now + pause;
    }

    fn done(&mut self, text: &str, first: Option<&str>) {
        let Some((meter, plan)) = &self.meter else { return };
        let integrity = if first.is_some() { Integrity::ReadTwice } else { Integrity::Checked };
        let readout = registers::Block { text, confirms: first }.into_readout(
            &meter.text,
            plan,
            integrity,
            self.retries,
        );
        // A meter that offers a repeat waits for our word before it hears another sign-on.
        let acknowledged = plan.mode == 'C' && integrity == Integrity::Checked;
        self.finish();
        if acknowledged {
            self.pending.push_back(Output::Send(vec![message::ACK]));
        }
        self.pending.push_back(Output::Done(readout));
    }

    fn finish(&mut self) {
        self.step = Step::Over;
        self.deadline = Moment(u64::MAX);
        self.ends = self.deadline;
    }

    fn reaction(&self) -> Duration {
        self.meter.as_ref().map_or(Duration::ZERO, |(meter, _)| meter.reaction())
    }

    fn send(&mut self, now: Moment, bytes: Vec<u8>) {
        self.sent_until = self.sent_until.max(now) + self.settings.line_time(bytes.len());
        self.pending.push_back(Output::Send(bytes));
    }

    fn set(&mut self, baud: u32) {
        if self.settings.baud != baud {
            self.settings.baud = baud;
            self.pending.push_back(Output::Set(self.settings));
        }
    }
}

impl Protocol for Session {
    type Done = Readout;

    fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        self.handle(now, input)
    }

    fn poll(&mut self, now: Moment) -> Output<Readout> {
        self.poll(now)
    }
}
