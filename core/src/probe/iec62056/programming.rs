//! A conversation in programming mode: question by question, and the password where it is wanted. Reading only.

use super::{
    agenda::{Agenda, Ask, Said},
    answer::{Answer, Heard, Reply},
    command::{self, Command},
    config::PATIENCE,
    limits::{BLOCK_WAIT, CONVERSATIONS_MAX, END_SILENCE, GAP, PROGRESS_STEP, REPEATS_MAX, SIGN_ON},
    listing::at,
    lock::Lock,
    message::{self, ACK, Mode, NAK},
    speed::{Approach, SIGN_ON_BAUD},
    tally::Tally,
    turn::{Pace, Partner, Turn, Word},
};
use crate::{
    probe::{
        error::ReadError,
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
    lock: Lock,
    step: Step,
    deadline: Moment,
    asked: Asked,
    repeats: u8,
    said_again: bool,
    retries: u32,
    place: Place,
    /// No question has been passed over in silence.
    hurries: bool,
    /// Something was refused without a reason.
    denied: bool,
    tally: Tally,
}

/// Where the meter is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    Outside,
    /// It was told to go into programming mode, and has not been heard since.
    Unknown,
    Inside,
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
    pub(super) fn new(now: Moment, agenda: Agenda, lock: Lock) -> Self {
        let tally = Tally::default();
        Self {
            agenda,
            lock,
            step: Step::Idle,
            deadline: now,
            asked: Asked::Nothing,
            repeats: 0,
            said_again: false,
            retries: 0,
            place: Place::Outside,
            hurries: true,
            denied: false,
            tally,
        }
    }

    /// Goes on from an identification whose meter waits for an option select.
    pub(super) fn begin(&mut self, now: Moment, partner: &Partner) {
        self.agenda.begin_again();
        self.tally.begin();
        self.place = Place::Outside;
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

    /// Whether the meter told something only after it had heard its password, as far as one can tell.
    pub(super) const fn needs_password(&self) -> bool {
        self.tally.told_with_password()
    }

    /// The meter may be in programming mode, and stays in it until we break off or its own time is over.
    pub(super) fn is_inside(&self) -> bool {
        self.place != Place::Outside
    }

    /// All registers that were asked for, where only what was wanted beside them is left.
    pub(super) fn take_all_registers(&mut self) -> Option<Vec<Datum>> {
        self.agenda.has_all_registers().then(|| self.agenda.take_registers())
    }

    /// Says that this is all, at once. The meter does not answer.
    pub(super) fn break_off<D>(&mut self, now: Moment, script: &mut Script<D>) {
        script.send(now, command::break_off());
        if self.place == Place::Unknown && script.settings() != SIGN_ON {
            // It was not heard at its new speed, and may have kept to that of all meters.
            script.set(SIGN_ON);
            script.send(now, command::break_off());
        }
        self.step = Step::Idle;
        self.place = Place::Outside;
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
                if self.asked == Asked::Mode {
                    self.place = Place::Unknown;
                }
                if self.asked == Asked::Nothing {
                    self.place = Place::Outside;
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
        let word = if self.hurries && asked != Asked::Mode { word.hurried(now) } else { word };
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
        self.hurries &= reply != Reply::Silent;
        match (self.asked.clone(), reply) {
            (Asked::Nothing, _) => Ok(Turn::Going),
            (Asked::Password, Reply::Break) => {
                self.place = Place::Outside;
                Err(ReadError::WrongKey)
            }
            (_, Reply::Break) => {
                self.place = Place::Outside;
                self.denied = true;
                if self.hung_up() || self.has_told() {
                    return self.converse_anew(Pace::Same, partner);
                }
                Err(self.lock.verdict(self.denied))
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
                self.place = Place::Inside;
                match self.lock.at_once() {
                    Some(password) => Ok(self.unlock(now, &password, partner)),
                    None => self.ask(now, partner),
                }
            }
            // It reads out its list, whatever it is told.
            (Asked::Mode, Reply::Data { .. }) => {
                self.place = Place::Outside;
                Ok(Turn::Over(Programmed::NoSuchMode))
            }
            (Asked::Mode, reply @ (Reply::Nak | Reply::Silent)) => {
                if reply == Reply::Nak {
                    self.place = Place::Outside;
                }
                if self.is_slow(partner) {
                    return Ok(Turn::Over(Programmed::NoSuchMode));
                }
                self.converse_anew(Pace::Slow, partner)
            }
            (Asked::Password, Reply::Ack) => {
                self.lock.opened();
                self.ask(now, partner)
            }
            (Asked::Password, Reply::Nak | Reply::Seed | Reply::Data { .. }) => Err(ReadError::WrongKey),
            (Asked::Question(_) | Asked::More, Reply::Data { text, more }) => {
                self.repeats = 0;
                self.said_again = false;
                self.hand_over(if more { Said::Some(&text) } else { Said::Last(&text) }, script);
                if !more {
                    return self.go_on(now, partner);
                }
                self.say(now, Asked::More, command::next(), vec![ACK], partner);
                Ok(Turn::Going)
            }
            (Asked::Question(_), Reply::Silent) if self.said_again && self.hung_up() => {
                self.converse_anew(Pace::Same, partner)
            }
            (Asked::Question(ask), Reply::Silent) => self.ask_again(now, ask, partner),
            // Once it has answered, a NAK may mean that it has misheard.
            (Asked::Question(ask), Reply::Nak) if self.has_told() && !self.said_again => {
                self.ask_again(now, ask, partner)
            }
            (Asked::Question(_), Reply::Nak | Reply::Ack) => {
                self.denied = true;
                self.hand_over(Said::No, script);
                self.go_on(now, partner)
            }
            (Asked::More, Reply::Silent | Reply::Nak | Reply::Ack) | (_, Reply::Seed) => {
                self.converse_anew(Pace::Same, partner)
            }
        }
    }

    /// After an answer: a meter that refuses a thing in every form may want its password first.
    fn go_on(&mut self, now: Moment, partner: &Partner) -> Result<Turn<Programmed>, ReadError> {
        if self.agenda.is_denied()
            && let Some(password) = self.lock.on_refusal()
        {
            self.agenda.start_over();
            return Ok(self.unlock(now, &password, partner));
        }
        self.ask(now, partner)
    }

    fn unlock(&mut self, now: Moment, password: &str, partner: &Partner) -> Turn<Programmed> {
        let text = format!("({password})");
        self.say(now, Asked::Password, Command::P1.with(&text), text.into_bytes(), partner);
        Turn::Going
    }

    /// Whether the meter has left us as one does that wants a password, and will hear it in the next conversation.
    const fn hung_up(&mut self) -> bool {
        !self.tally.told_here() && self.lock.hung_up()
    }

    /// A question was answered with data.
    const fn has_told(&self) -> bool {
        self.tally.told() > 0
    }

    /// Asks what is next, or ends.
    fn ask(&mut self, now: Moment, partner: &Partner) -> Result<Turn<Programmed>, ReadError> {
        self.repeats = 0;
        self.said_again = false;
        match self.agenda.ask() {
            Some(ask) => self.question(now, ask, partner),
            None if self.has_told() => {
                self.say(now, Asked::Nothing, command::break_off(), Vec::new(), partner)
            }
            None => return Err(self.lock.verdict(self.denied)),
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
        let registers = self.agenda.registers() - before;
        if self.tally.count(registers, &parts, self.lock.was_tried()) {
            parts.into_iter().for_each(|part| script.push(Output::Part(part)));
            script.tell(Progress::Fetched { done: self.tally.told(), total: None });
        }
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

    fn is_slow(&self, partner: &Partner) -> bool {
        partner.approach == Approach::Slow || partner.plan.baud == SIGN_ON_BAUD
    }
}
