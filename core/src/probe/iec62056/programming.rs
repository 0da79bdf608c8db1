//! A conversation in programming mode: the password, where there is one, then question by question. Reading only.

use super::{
    agenda::{Agenda, Ask, Said},
    answer::{Answer, Heard, Reply},
    command::{self, Command},
    config::PATIENCE,
    limits::{BLOCK_WAIT, CONVERSATIONS_MAX, END_SILENCE, GAP, PROGRESS_STEP, REPEATS_MAX},
    listing::at,
    message::{self, ACK, Mode, NAK},
    speed::{Approach, SIGN_ON_BAUD},
    turn::{Pace, Partner, Turn, Word},
};
use crate::{
    probe::{
        error::ReadError,
        part::Part,
        port::{Output, Progress},
        readout::Datum,
        script::Script,
    },
    time::Moment,
};

/// What came of it.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Programmed {
    /// The registers that were asked for. Parts were handed over as they came.
    Registers(Vec<Datum>),
    /// The meter has no such mode.
    NoSuchMode,
}

/// All conversations in programming mode.
#[derive(Debug)]
pub(super) struct Programming {
    agenda: Agenda,
    password: Option<String>,
    lock: Lock,
    step: Step,
    deadline: Moment,
    asked: Asked,
    repeats: u8,
    said_again: bool,
    retries: u32,
    inside: bool,
    /// A question was answered with data.
    told: bool,
    /// Something was refused without a reason.
    denied: bool,
    fetched: u32,
}

/// How it stands with the password.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Lock {
    /// It was not said.
    Untried,
    /// It was said, and nobody knows what the meter thought of it. It is not said again.
    Tried,
    /// The meter took it.
    Open,
}

#[derive(Debug)]
enum Step {
    Idle,
    Saying(Word, Vec<u8>),
    Hearing(Answer),
    /// The meter says more than we keep, and hears nothing before it has said it.
    Draining,
}

/// What the meter shall answer.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Asked {
    Mode,
    Password,
    Question(Ask),
    /// More of the answer.
    More,
    /// Nothing: we have broken off.
    Nothing,
}

impl Programming {
    pub(super) fn new(now: Moment, agenda: Agenda, password: Option<String>) -> Self {
        Self {
            agenda,
            password,
            lock: Lock::Untried,
            step: Step::Idle,
            deadline: now,
            asked: Asked::Nothing,
            repeats: 0,
            said_again: false,
            retries: 0,
            inside: false,
            told: false,
            denied: false,
            fetched: 0,
        }
    }

    /// Goes on from an identification whose meter waits for an option select.
    pub(super) fn begin(&mut self, now: Moment, partner: &Partner) {
        self.agenda.begin_again();
        self.inside = false;
        let speed = partner.plan.select.unwrap_or(b'0');
        let bytes = message::option_select(speed, Mode::Programming);
        self.say(now, Asked::Mode, bytes, Vec::new(), partner);
    }

    /// When to be told that nothing came.
    pub(super) const fn deadline(&self) -> Moment {
        self.deadline
    }

    /// How often something had to be asked for again.
    pub(super) const fn retries(&self) -> u32 {
        self.retries
    }

    /// The meter is in programming mode, and stays in it until we break off or its own time is over.
    pub(super) const fn is_inside(&self) -> bool {
        self.inside
    }

    /// All registers that were asked for, where only what was wanted beside them is left.
    pub(super) fn take_all_registers(&mut self) -> Option<Vec<Datum>> {
        self.agenda.has_all_registers().then(|| self.agenda.take_registers())
    }

    /// Says that this is all, at once. The meter does not answer.
    pub(super) fn break_off<D>(&mut self, now: Moment, script: &mut Script<D>) {
        script.send(now, command::break_off());
        self.step = Step::Idle;
        self.inside = false;
    }

    /// Takes one raw byte.
    pub(super) fn hear(
        &mut self,
        now: Moment,
        raw: u8,
        partner: &Partner,
        script: &mut Script<impl Sized>,
    ) -> Result<Turn<Programmed>, ReadError> {
        match &mut self.step {
            Step::Idle => Ok(Turn::Going),
            Step::Saying(word, _) => {
                word.hear(now);
                self.deadline = word.due;
                Ok(Turn::Going)
            }
            Step::Hearing(answer) => match answer.push(raw) {
                Heard::Junk => Ok(Turn::Going),
                Heard::Text => {
                    let short = answer.may_be_over();
                    self.deadline = if short { now + END_SILENCE } else { self.deadline.max(now + GAP) };
                    let bytes = answer.len();
                    if bytes > 0 && bytes.is_multiple_of(PROGRESS_STEP) {
                        script.tell(Progress::Receiving { bytes });
                    }
                    Ok(Turn::Going)
                }
                Heard::End(reply) => self.replied(now, reply, partner, script),
                Heard::Flood => {
                    self.hand_over(Said::TooMuch, script);
                    self.step = Step::Draining;
                    self.deadline = now + GAP;
                    Ok(Turn::Going)
                }
            },
            Step::Draining => {
                self.deadline = now + GAP;
                Ok(Turn::Going)
            }
        }
    }

    /// The deadline has passed.
    pub(super) fn elapsed(
        &mut self,
        now: Moment,
        partner: &Partner,
        script: &mut Script<impl Sized>,
    ) -> Result<Turn<Programmed>, ReadError> {
        match std::mem::replace(&mut self.step, Step::Idle) {
            Step::Idle => Ok(Turn::Going),
            Step::Saying(word, said) => {
                script.send(now, word.bytes);
                if self.asked == Asked::Nothing {
                    self.inside = false;
                    return Ok(Turn::Over(Programmed::Registers(self.agenda.take_registers())));
                }
                script.set(at(partner.plan.baud));
                self.step = Step::Hearing(Answer::new(partner.parity(), said));
                let wait = if self.asked == Asked::Mode { BLOCK_WAIT } else { PATIENCE.wait };
                self.deadline = script.sent_until() + wait;
                Ok(Turn::Going)
            }
            Step::Hearing(answer) => self.replied(now, answer.silence(), partner, script),
            Step::Draining => self.ask(now, partner),
        }
    }

    fn say(&mut self, now: Moment, asked: Asked, bytes: Vec<u8>, said: Vec<u8>, partner: &Partner) {
        let word = partner.word(now, bytes);
        self.asked = asked;
        self.deadline = word.due;
        self.step = Step::Saying(word, said);
    }

    fn replied<D>(
        &mut self,
        now: Moment,
        reply: Reply,
        partner: &Partner,
        script: &mut Script<D>,
    ) -> Result<Turn<Programmed>, ReadError> {
        match (self.asked.clone(), reply) {
            (Asked::Nothing, _) => Ok(Turn::Going),
            (_, Reply::Break) if self.told => self.converse_anew(Pace::Same, partner),
            (_, Reply::Break) => {
                self.inside = false;
                self.denied = true;
                Err(self.verdict())
            }
            // What a meter thinks of a password is asked for once, and otherwise seen by its answers.
            (Asked::Password, Reply::Damaged | Reply::Silent) => self.ask(now, partner),
            (_, Reply::Damaged) if self.repeats < REPEATS_MAX => {
                self.repeats += 1;
                self.retries += 1;
                script.tell(Progress::Repeating);
                let asked = self.asked.clone();
                self.say(now, asked, message::repeat(), vec![NAK], partner);
                Ok(Turn::Going)
            }
            (_, Reply::Damaged) => self.converse_anew(Pace::Gentler, partner),
            (Asked::Mode, Reply::Seed | Reply::Ack) => {
                self.inside = true;
                self.unlock(now, partner)
            }
            // It reads out its list, whatever it is told.
            (Asked::Mode, Reply::Data { .. }) => Ok(Turn::Over(Programmed::NoSuchMode)),
            (Asked::Mode, Reply::Nak | Reply::Silent) if self.is_slow(partner) => {
                Ok(Turn::Over(Programmed::NoSuchMode))
            }
            (Asked::Mode, Reply::Nak | Reply::Silent) => self.converse_anew(Pace::Slow, partner),
            (Asked::Password, Reply::Ack) => {
                self.lock = Lock::Open;
                self.ask(now, partner)
            }
            (Asked::Password, Reply::Nak | Reply::Seed | Reply::Data { .. }) => Err(ReadError::WrongKey),
            (Asked::Question(_) | Asked::More, Reply::Data { text, more }) => {
                self.repeats = 0;
                self.said_again = false;
                self.hand_over(if more { Said::Some(&text) } else { Said::Last(&text) }, script);
                if !more {
                    return self.ask(now, partner);
                }
                self.say(now, Asked::More, command::next(), vec![ACK], partner);
                Ok(Turn::Going)
            }
            (Asked::Question(ask), Reply::Silent) => self.ask_again(now, ask, partner),
            // Once it has answered, a NAK may mean that it has misheard.
            (Asked::Question(ask), Reply::Nak) if self.told && !self.said_again => {
                self.ask_again(now, ask, partner)
            }
            (Asked::Question(_), Reply::Nak | Reply::Ack) => {
                self.denied = true;
                self.hand_over(Said::No, script);
                self.ask(now, partner)
            }
            (Asked::More, Reply::Silent | Reply::Nak | Reply::Ack) | (_, Reply::Seed) => {
                self.converse_anew(Pace::Same, partner)
            }
        }
    }

    fn unlock(&mut self, now: Moment, partner: &Partner) -> Result<Turn<Programmed>, ReadError> {
        let password = self.password.clone().filter(|_| self.lock != Lock::Tried);
        let Some(password) = password else { return self.ask(now, partner) };
        if self.lock == Lock::Untried {
            self.lock = Lock::Tried;
        }
        let text = format!("({password})");
        self.say(now, Asked::Password, Command::P1.with(&text), text.into_bytes(), partner);
        Ok(Turn::Going)
    }

    /// Asks what is next, or ends.
    fn ask(&mut self, now: Moment, partner: &Partner) -> Result<Turn<Programmed>, ReadError> {
        self.repeats = 0;
        self.said_again = false;
        match self.agenda.ask() {
            Some(ask) => self.question(now, ask, partner),
            None if self.told => self.say(now, Asked::Nothing, command::break_off(), Vec::new(), partner),
            None => return Err(self.verdict()),
        }
        Ok(Turn::Going)
    }

    fn ask_again(&mut self, now: Moment, ask: Ask, partner: &Partner) -> Result<Turn<Programmed>, ReadError> {
        if self.said_again {
            return self.converse_anew(Pace::Gentler, partner);
        }
        self.said_again = true;
        self.retries += 1;
        self.question(now, ask, partner);
        Ok(Turn::Going)
    }

    fn question(&mut self, now: Moment, ask: Ask, partner: &Partner) {
        let (bytes, said) = (ask.command.with(&ask.text), ask.text.clone().into_bytes());
        self.say(now, Asked::Question(ask), bytes, said, partner);
    }

    fn hand_over<D>(&mut self, said: Said<'_>, script: &mut Script<D>) {
        let before = self.agenda.registers();
        let parts = self.agenda.answered(said);
        let rows: usize = parts.iter().map(rows).sum();
        let new = rows + self.agenda.registers() - before;
        if new == 0 {
            return;
        }
        self.told = true;
        self.fetched = self.fetched.saturating_add(u32::try_from(new).unwrap_or(u32::MAX));
        parts.into_iter().for_each(|part| script.push(Output::Part(part)));
        script.tell(Progress::Fetched { done: self.fetched, total: None });
    }

    fn converse_anew(&mut self, pace: Pace, partner: &Partner) -> Result<Turn<Programmed>, ReadError> {
        let attempts = partner.conversation;
        self.step = Step::Idle;
        if attempts >= CONVERSATIONS_MAX {
            return Err(ReadError::Garbled { attempts });
        }
        self.repeats = 0;
        self.said_again = false;
        self.retries += 1;
        Ok(Turn::Anew(pace))
    }

    /// Why nothing has come.
    const fn verdict(&self) -> ReadError {
        match self.lock {
            Lock::Tried => ReadError::WrongKey,
            Lock::Untried if self.denied => ReadError::Locked,
            Lock::Untried | Lock::Open => ReadError::NothingToRead,
        }
    }

    fn is_slow(&self, partner: &Partner) -> bool {
        partner.approach == Approach::Slow || partner.plan.baud == SIGN_ON_BAUD
    }
}

fn rows(part: &Part) -> usize {
    match part {
        Part::Profile(profile) => profile.rows.len(),
        Part::Events(events) => events.len(),
    }
}
