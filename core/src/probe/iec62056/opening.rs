//! Finding out whether a meter goes on in HDLC: IEC 62056-21 mode E, up to the first octet of the link.
//!
//! Where it does, the line is left at the agreed speed in eight bits, for HDLC to begin. Where it does not, nothing
//! was said after the identification, or the meter has said no to HDLC; [`Session`](super::Session) can take up from
//! there.

use std::time::Duration;

use super::{
    identification::Identification,
    limits::{SIGN_ON, TOTAL_BYTES_MAX, TOTAL_TIME_MAX},
    message::{self, Address, Mode, NAK, STX},
    sign_on::SignOn,
    speed::{Approach, plan},
    turn::{Partner, Word},
};
use crate::{
    probe::{
        drive,
        error::ReadError,
        port::{Framing, Input, Output, Patience, Progress, Settings},
        script::Script,
    },
    time::Moment,
};

/// From the end of our word to that of the meter's, which it says at 300 by the book; some say nothing, some
/// say it at the new speed.
const ECHO_WAIT: Duration = Duration::from_millis(300);
/// Between the characters of that word.
const ECHO_GAP: Duration = Duration::from_millis(100);
/// `ACK 2 Z 2 CR LF`.
const WORD_LENGTH: usize = 6;
/// What the meter needs for the change.
const CHANGE_WAIT: Duration = Duration::from_millis(200);

/// What must be known to open a conversation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// Which of several meters shall answer; whatever is there, when left out.
    pub address: Option<Address>,
    /// How long to wait for an answer, and how often.
    pub patience: Patience,
    /// The meter sleeps: wake it before it is asked.
    pub wake: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { address: None, patience: super::config::PATIENCE, wake: false }
    }
}

/// Who answered, and how it goes on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Opened {
    /// What the meter calls itself, as sent.
    pub identity: String,
    /// The speed it offers.
    pub baud: u32,
    /// The line is at that speed in eight bits, and the meter waits for HDLC. Otherwise the meter waits for an
    /// option select, has begun to send, or has said no to HDLC.
    pub hdlc: bool,
    /// The head hears itself.
    pub echo: bool,
    pub(super) meter: Identification,
    /// What came behind the identification.
    pub(super) rest: Vec<u8>,
    /// The meter offers HDLC and has said no to it. It waits for nothing, and may be reading out.
    pub(super) refused: bool,
}

/// A conversation being opened.
#[derive(Debug)]
pub struct Opening {
    script: Script<Opened>,
    sign_on: SignOn,
    step: Step,
    deadline: Moment,
    ends: Moment,
    received: usize,
}

#[derive(Debug)]
enum Step {
    SigningOn,
    /// The meter is owed its reaction time before it hears that we want HDLC.
    Answering(Word, Box<Opened>),
    /// The meter may say our word again, and a head may as well.
    Listening {
        opened: Box<Opened>,
        word: Vec<u8>,
        /// Characters of it in a row.
        heard: usize,
        /// What came last is a NAK.
        refused: bool,
    },
    /// The meter changes over.
    Changing(Box<Opened>),
    Over,
}

impl Opening {
    /// Opens a conversation.
    pub fn start(now: Moment, config: Config) -> Self {
        let Config { address, patience, wake } = config;
        let mut script = Script::new(now, SIGN_ON);
        let sign_on = SignOn::start(now, address, patience, wake, &mut script);
        let ends = now + TOTAL_TIME_MAX;
        Self { script, sign_on, step: Step::SigningOn, deadline: now, ends, received: 0 }
    }

    /// Moves it on. After an error it is over.
    pub fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        let outcome = self.advance(now, input);
        if outcome.is_err() {
            self.step = Step::Over;
        }
        outcome
    }

    /// The next thing to do. Ask until it says [`Output::Wait`] or [`Output::Done`].
    pub fn poll(&mut self, _now: Moment) -> Output<Opened> {
        self.script.next().unwrap_or_else(|| Output::Wait(self.deadline()))
    }

    fn deadline(&self) -> Moment {
        match self.step {
            Step::SigningOn => self.sign_on.deadline().min(self.ends),
            Step::Answering(..) | Step::Listening { .. } | Step::Changing(_) => self.deadline,
            Step::Over => Moment(u64::MAX),
        }
    }

    fn advance(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        if !matches!(self.step, Step::Over) && now >= self.ends {
            return Err(ReadError::TimedOut);
        }
        match input {
            Input::Bytes(bytes) => {
                self.received = self.received.saturating_add(bytes.len());
                if self.received > TOTAL_BYTES_MAX && !matches!(self.step, Step::Over) {
                    return Err(ReadError::TooLong);
                }
                self.hear(now, bytes)
            }
            Input::Elapsed if now < self.deadline() => Ok(()),
            Input::Elapsed => self.go_on(now),
            // It asks for no counter.
            Input::Reserved(_) => Ok(()),
        }
    }

    fn hear(&mut self, now: Moment, bytes: &[u8]) -> Result<(), ReadError> {
        for (at, &raw) in bytes.iter().enumerate() {
            match &mut self.step {
                Step::SigningOn => {
                    if let Some(meter) = self.sign_on.hear(now, raw)? {
                        self.identified(now, meter, bytes.get(at + 1..).unwrap_or_default());
                    }
                }
                Step::Answering(word, _) => {
                    word.hear(now);
                    self.deadline = word.due;
                }
                Step::Listening { opened, word, heard, refused } => {
                    let byte = raw & 0x7F;
                    let expected = word.get(*heard % WORD_LENGTH).map(|raw| raw & 0x7F);
                    let first = word.first().is_some_and(|raw| raw & 0x7F == byte);
                    *heard = if expected == Some(byte) { *heard + 1 } else { usize::from(first) };
                    let fits = opened.meter.parity.fits(raw);
                    *refused = byte == NAK && fits;
                    if byte == STX && fits {
                        // It reads out, and there is nothing to wait for.
                        self.refused();
                        return Ok(());
                    }
                    // With a head that hears itself the first such line is our own.
                    let lines = if opened.echo { 2 } else { 1 };
                    // Whoever has begun is let finish.
                    self.deadline = self.deadline.max(now + ECHO_GAP);
                    if *heard >= lines * WORD_LENGTH {
                        self.deadline = now;
                    }
                }
                Step::Changing(_) | Step::Over => {}
            }
        }
        Ok(())
    }

    /// The deadline has passed.
    fn go_on(&mut self, now: Moment) -> Result<(), ReadError> {
        match std::mem::replace(&mut self.step, Step::Over) {
            Step::SigningOn => {
                self.step = Step::SigningOn;
                return self.sign_on.elapsed(now, &mut self.script);
            }
            Step::Answering(word, opened) => {
                self.script.send(now, word.bytes.clone());
                self.deadline = self.script.sent_until() + ECHO_WAIT;
                self.step = Step::Listening { opened, word: word.bytes, heard: 0, refused: false };
            }
            step @ Step::Listening { refused: true, .. } => {
                self.step = step;
                self.refused();
            }
            Step::Listening { opened, .. } => {
                self.script.set(Settings { baud: opened.baud, framing: Framing::EightNone });
                self.deadline = now + CHANGE_WAIT;
                self.step = Step::Changing(opened);
            }
            Step::Changing(opened) => self.script.push(Output::Done(*opened)),
            Step::Over => {}
        }
        Ok(())
    }

    /// The meter said no to HDLC.
    fn refused(&mut self) {
        if let Step::Listening { opened, .. } = std::mem::replace(&mut self.step, Step::Over) {
            self.script.push(Output::Done(Opened { hdlc: false, refused: true, ..*opened }));
        }
    }

    fn identified(&mut self, now: Moment, meter: Identification, rest: &[u8]) {
        let offered = meter.speed();
        let plan = plan(offered, Approach::Offered(0));
        let select = plan.select.filter(|_| meter.speaks_hdlc());
        let (identity, echo) = (meter.text.clone(), self.sign_on.has_echo());
        self.script.tell(Progress::Answered { identity: identity.clone(), baud: plan.baud });
        let (baud, hdlc, rest) = (plan.baud, select.is_some(), rest.into());
        let opened = Opened { identity, baud, hdlc, echo, meter, rest, refused: false };
        let Some(speed) = select else {
            self.step = Step::Over;
            self.script.push(Output::Done(opened));
            return;
        };
        let partner = Partner {
            meter: opened.meter.clone(),
            plan,
            approach: Approach::Offered(0),
            conversation: self.sign_on.conversations(),
        };
        let word = partner.word(now, message::option_select(speed, Mode::Hdlc));
        self.deadline = word.due;
        self.step = Step::Answering(word, Box::new(opened));
    }
}

impl drive::Protocol for Opening {
    type Done = Opened;

    fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        self.handle(now, input)
    }

    fn poll(&mut self, now: Moment) -> Output<Opened> {
        self.poll(now)
    }
}
