//! A conversation in programming mode: question by question, and the password where it is wanted. Reading only.

use super::{
    agenda::{Agenda, Ask, Asked, Said},
    answer::Reply,
    command::{self, Command},
    config::PATIENCE,
    dialogue::{Dialogue, Event},
    doubt::{Again, Doubt, Weight},
    limits::{BLOCK_WAIT, CONVERSATIONS_MAX, REPEATS_MAX, SIGN_ON},
    listing::at,
    lock::Lock,
    message::{self, ACK, Mode, NAK},
    tally::Tally,
    turn::{Pace, Partner, Turn},
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

/// How it goes on.
type Next = Result<Turn<Programmed>, ReadError>;

/// All conversations in programming mode.
#[derive(Debug)]
pub(super) struct Programming {
    agenda: Agenda,
    lock: Lock,
    dialogue: Dialogue,
    asked: Asked,
    repeats: u8,
    doubt: Doubt,
    retries: u32,
    place: Place,
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

impl Programming {
    pub(super) fn new(now: Moment, agenda: Agenda, lock: Lock) -> Self {
        Self {
            agenda,
            lock,
            dialogue: Dialogue::new(now),
            asked: Asked::Nothing(None),
            repeats: 0,
            doubt: Doubt::default(),
            retries: 0,
            place: Place::Outside,
            denied: false,
            tally: Tally::default(),
        }
    }

    /// Goes on from an identification whose meter waits for an option select.
    pub(super) fn begin(&mut self, now: Moment, partner: &Partner) {
        self.agenda.begin_again();
        self.tally.begin();
        self.doubt = Doubt::default();
        self.place = Place::Outside;
        let speed = partner.plan.select.unwrap_or(b'0');
        let bytes = message::option_select(speed, Mode::Programming);
        self.say(now, Asked::Mode, bytes, Vec::new(), partner);
    }

    /// When to be told that nothing came.
    pub(super) const fn deadline(&self) -> Moment {
        self.dialogue.deadline()
    }

    /// How often something had to be asked for again.
    pub(super) const fn retries(&self) -> u32 {
        self.retries
    }

    /// Whether the meter told something only after it had heard its password, as far as one can tell.
    pub(super) const fn needs_password(&self) -> bool {
        self.tally.told_with_password()
    }

    /// The conversation brings something, whatever else goes wrong.
    pub(super) const fn has_told_here(&self) -> bool {
        self.tally.told_here()
    }

    /// It was told that we break off.
    pub(super) const fn has_broken_off(&self) -> bool {
        matches!(self.asked, Asked::Nothing(_)) && !self.is_inside()
    }

    /// The meter may be in programming mode, and stays in it until we break off or its own time is over.
    pub(super) const fn is_inside(&self) -> bool {
        !matches!(self.place, Place::Outside)
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
        self.dialogue.rest();
        self.place = Place::Outside;
    }

    /// Takes one raw byte.
    pub(super) fn hear(
        &mut self,
        now: Moment,
        raw: u8,
        partner: &Partner,
        script: &mut Script<impl Sized>,
    ) -> Next {
        let event = self.dialogue.hear(now, raw, script);
        self.happened(now, event, partner, script)
    }

    /// The deadline has passed.
    pub(super) fn elapsed(
        &mut self,
        now: Moment,
        partner: &Partner,
        script: &mut Script<impl Sized>,
    ) -> Next {
        let event = self.dialogue.elapsed();
        self.happened(now, event, partner, script)
    }

    fn happened<D>(
        &mut self,
        now: Moment,
        event: Option<Event>,
        partner: &Partner,
        script: &mut Script<D>,
    ) -> Next {
        match event {
            None => Ok(Turn::Going),
            Some(Event::Say(bytes, said)) => {
                script.send(now, bytes);
                if let Asked::Nothing(next) = self.asked {
                    self.place = Place::Outside;
                    let over = || Turn::Over(Programmed::Registers(self.agenda.take_registers()));
                    return Ok(next.map_or_else(over, Turn::Anew));
                }
                if self.asked == Asked::Mode {
                    self.place = Place::Unknown;
                }
                script.set(at(partner.plan.baud));
                let wait = if self.asked == Asked::Mode { BLOCK_WAIT } else { PATIENCE.wait };
                self.dialogue.listen(script.sent_until(), wait, said, partner);
                Ok(Turn::Going)
            }
            Some(Event::Replied(reply)) => self.replied(now, reply, partner, script),
            Some(Event::Flooded) => {
                self.doubt.settle(false);
                self.hand_over(Said::TooMuch, script);
                Ok(Turn::Going)
            }
            Some(Event::Drained) => self.ask(now, partner),
        }
    }

    fn say(&mut self, now: Moment, asked: Asked, bytes: Vec<u8>, said: Vec<u8>, partner: &Partner) {
        self.dialogue.say(now, bytes, said, asked != Asked::Mode, partner);
        self.asked = asked;
    }

    fn replied<D>(&mut self, now: Moment, reply: Reply, partner: &Partner, script: &mut Script<D>) -> Next {
        match (&self.asked, self.doubt.weigh(&reply, |text| self.agenda.is_named(text))) {
            (Asked::Question(_) | Asked::More, Weight::Unsure) => {
                return self.converse_anew(now, Pace::Same, partner);
            }
            (Asked::Question(_), Weight::PasswordRefused) => return Err(ReadError::WrongKey),
            (Asked::Question(ask), Weight::PasswordTaken) => {
                let said = ask.text.clone().into_bytes();
                self.lock.opened();
                self.doubt.password_answered();
                self.dialogue.listen(now, PATIENCE.wait, said, partner);
                return Ok(Turn::Going);
            }
            (Asked::Mode | Asked::Password | Asked::Question(_) | Asked::More | Asked::Nothing(_), _) => {}
        }
        match (self.asked.clone(), reply) {
            (Asked::Nothing(_), _) => Ok(Turn::Going),
            (Asked::Password, Reply::Break) => {
                self.place = Place::Outside;
                Err(ReadError::WrongKey)
            }
            (_, Reply::Break) => {
                self.place = Place::Outside;
                self.denied = true;
                if self.hung_up() || self.has_told() {
                    return self.converse_anew(now, Pace::Same, partner);
                }
                Err(self.lock.verdict(self.denied))
            }
            // What a meter thinks of a password is asked for once, and otherwise seen by its answers.
            (Asked::Password, Reply::Damaged | Reply::Noise | Reply::Silent) => {
                self.doubt.password_unanswered();
                self.ask(now, partner)
            }
            (_, reply @ (Reply::Damaged | Reply::Noise)) if self.repeats < REPEATS_MAX => {
                self.repeats += 1;
                self.retries += 1;
                if reply == Reply::Noise {
                    self.doubt.noise();
                }
                script.tell(Progress::Repeating);
                let asked = self.asked.clone();
                self.say(now, asked, message::repeat(), vec![NAK], partner);
                Ok(Turn::Going)
            }
            (_, Reply::Damaged | Reply::Noise) => self.converse_anew(now, Pace::Gentler, partner),
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
                if partner.is_slow() {
                    return Ok(Turn::Over(Programmed::NoSuchMode));
                }
                self.converse_anew(now, Pace::Slow, partner)
            }
            (Asked::Password, Reply::Ack) => {
                self.lock.opened();
                self.ask(now, partner)
            }
            (Asked::Password, Reply::Nak | Reply::Seed | Reply::Data { .. }) => Err(ReadError::WrongKey),
            (Asked::Question(_) | Asked::More, Reply::Data { text, more }) => {
                self.repeats = 0;
                self.doubt.settle(false);
                self.hand_over(if more { Said::Some(&text) } else { Said::Last(&text) }, script);
                if !more {
                    return self.go_on(now, partner);
                }
                self.say(now, Asked::More, command::next(), vec![ACK], partner);
                Ok(Turn::Going)
            }
            (Asked::Question(_), Reply::Silent) if !self.doubt.may_ask_again() && self.hung_up() => {
                self.converse_anew(now, Pace::Same, partner)
            }
            (Asked::Question(ask), Reply::Silent) => self.ask_again(now, ask, Again::AfterSilence, partner),
            // Once it has answered, a NAK may mean that it has misheard.
            (Asked::Question(ask), Reply::Nak) if self.has_told() && self.doubt.may_ask_again() => {
                self.ask_again(now, ask, Again::AfterRefusal, partner)
            }
            (Asked::Question(_), Reply::Nak | Reply::Ack) => {
                self.denied = true;
                self.doubt.settle(true);
                self.hand_over(Said::No, script);
                self.go_on(now, partner)
            }
            (Asked::More, Reply::Silent | Reply::Nak | Reply::Ack) | (_, Reply::Seed) => {
                self.converse_anew(now, Pace::Same, partner)
            }
        }
    }

    /// After an answer: a meter that refuses a thing in every form may want its password first.
    fn go_on(&mut self, now: Moment, partner: &Partner) -> Next {
        if !self.agenda.is_denied() {
            return self.ask(now, partner);
        }
        if self.doubt.owes_answer() {
            // What came then could be taken for what the meter thinks of its password.
            if self.lock.hung_up() {
                self.agenda.start_over();
                return self.converse_anew(now, Pace::Same, partner);
            }
        } else if let Some(password) = self.lock.on_refusal() {
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
    fn ask(&mut self, now: Moment, partner: &Partner) -> Next {
        self.repeats = 0;
        match self.agenda.ask() {
            Some(ask) => self.question(now, ask, partner),
            None if self.has_told() => {
                self.say(now, Asked::Nothing(None), command::break_off(), Vec::new(), partner)
            }
            None => return Err(self.lock.verdict(self.denied)),
        }
        Ok(Turn::Going)
    }

    fn ask_again(&mut self, now: Moment, ask: Ask, again: Again, partner: &Partner) -> Next {
        if !self.doubt.may_ask_again() {
            return self.converse_anew(now, Pace::Gentler, partner);
        }
        self.doubt.ask_again(again);
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

    /// Leaves for a new conversation, with the word for it where the meter is known to hear.
    fn converse_anew(&mut self, now: Moment, pace: Pace, partner: &Partner) -> Next {
        let attempts = partner.conversation;
        self.dialogue.rest();
        if attempts >= CONVERSATIONS_MAX && !self.tally.told_here() {
            return Err(ReadError::Garbled { attempts });
        }
        self.repeats = 0;
        self.retries += 1;
        if self.place != Place::Inside {
            return Ok(Turn::Anew(pace));
        }
        self.say(now, Asked::Nothing(Some(pace)), command::break_off(), Vec::new(), partner);
        Ok(Turn::Going)
    }
}
