//! One readout of one meter on its line: sends what is next on the agenda, finds the answer among echoes, junk
//! and other meters, and asks again where none comes.

use super::{
    address::Address,
    agenda::Agenda,
    asking::Asking,
    exchange::{Answer, Ask, Exchange, Taken},
    frame::{Frame, Hunt},
    identifier::Edition,
    limits::{
        ALIAS_TRIES_MAX, EXTRAS_TIME_MAX, FAR_BAUD, FRAME_MAX, GAP, MUTE_TRIES_MAX, QUIET, RECEIVED_MAX,
        REGISTERS_TIME_MAX, REPLY_WAIT, SECOND_WAIT, TRIES_MAX, TURN,
    },
    link::Link,
};
use crate::{
    probe::{
        drive,
        error::ReadError,
        part::{Part, Wants},
        port::{Input, Output, Patience, Progress, Settings},
        readout::{Integrity, Protocol, Readout},
        script::Script,
        way::{Family, Quirk, Way},
    },
    time::Moment,
};

/// Whom to ask first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Opening {
    /// The meter of this address; others may be in sight.
    Known(Address),
    /// Whoever is there, by the function of the edition of 2007 that asks for an address.
    Ask2007,
    /// Whoever is there, by asking for energy under the address for all, in the edition of 1997.
    Ask1997,
}

/// What must be known before a readout.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// Speed and framing; the book has eight bits with even parity.
    pub settings: Settings,
    /// Whom to ask first.
    pub opening: Opening,
    /// Which edition a known meter speaks; where it is not known, 2007 is tried first, then 1997, each as often
    /// as the patience says.
    pub edition: Option<Edition>,
    /// How long to wait for a first answer, and how often.
    pub patience: Patience,
    /// What shall be read beside the registers.
    pub wants: Wants,
    /// All registers, not only those that a round needs.
    pub full: bool,
}

/// A readout under way.
#[derive(Debug)]
pub struct Session {
    patience: Patience,
    script: Script<Readout>,
    hunt: Hunt,
    link: Link,
    agenda: Agenda,
    asking: Option<Asking>,
    /// The meter has just spoken, and is given time until then before it must hear.
    turning_until: Option<Moment>,
    /// That time is not made longer than this, whoever else is heard.
    turning_latest: Moment,
    ends: Moment,
    /// The registers are there, and the time for the rest has begun.
    extras: bool,
    /// Somebody was told who answered.
    introduced: bool,
    over: bool,
    echo: bool,
    retries: u32,
    attempts: u8,
    received: usize,
    /// Rows and events.
    fetched: u32,
}

impl Session {
    /// Opens a readout.
    pub fn start(now: Moment, config: Config) -> Self {
        let Config { settings, opening, edition, patience, wants, full } = config;
        let link = match opening {
            Opening::Known(address) => Link::to(address, edition.unwrap_or(Edition::Y2007)),
            Opening::Ask2007 => Link::to_anyone(Edition::Y2007),
            Opening::Ask1997 => Link::to_anyone(Edition::Y1997),
        };
        let both = matches!(opening, Opening::Known(_)) && edition.is_none();
        let others = if both { vec![Edition::Y1997] } else { vec![] };
        let mut session = Self {
            patience,
            script: Script::new(now, settings),
            hunt: Hunt::default(),
            agenda: Agenda::new(&link, others, full, wants),
            link,
            asking: None,
            turning_until: None,
            turning_latest: now,
            ends: now + REGISTERS_TIME_MAX,
            extras: false,
            introduced: false,
            over: false,
            echo: false,
            retries: 0,
            attempts: 0,
            received: 0,
            fetched: 0,
        };
        // There is always something to ask first.
        if let Ok(Some(ask)) = session.agenda.next(session.link.edition) {
            session.ask(now, ask);
        }
        session
    }

    /// Moves the session on. After an error it is over.
    pub fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        let outcome = self.advance(now, input);
        self.over |= outcome.is_err();
        outcome
    }

    /// The next thing to do. Ask until it says [`Output::Wait`] or [`Output::Done`].
    pub fn poll(&mut self, _now: Moment) -> Output<Readout> {
        self.script.next().unwrap_or_else(|| Output::Wait(self.deadline()))
    }

    fn deadline(&self) -> Moment {
        if self.over {
            return Moment(u64::MAX);
        }
        let listening = self.asking.as_ref().map(Asking::deadline);
        self.turning_until.or(listening).unwrap_or(self.ends).min(self.ends)
    }

    fn advance(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        if self.over {
            return Ok(());
        }
        if now >= self.ends {
            return self.out_of_time();
        }
        match input {
            Input::Bytes(bytes) => bytes.iter().try_for_each(|&byte| self.hear(now, byte)),
            Input::Elapsed if now < self.deadline() => Ok(()),
            Input::Elapsed => self.go_on(now),
            // It asks for no counter.
            Input::Reserved(_) => Ok(()),
        }
    }

    fn out_of_time(&mut self) -> Result<(), ReadError> {
        if !self.agenda.has_registers() {
            return Err(ReadError::TimedOut);
        }
        let part = self.agenda.give_up();
        self.hand_over(part);
        self.finish();
        Ok(())
    }

    fn hear(&mut self, now: Moment, byte: u8) -> Result<(), ReadError> {
        self.received += 1;
        if self.received > RECEIVED_MAX {
            return Err(ReadError::TooLong);
        }
        if let Some(asking) = &mut self.asking {
            asking.hears(now, &mut self.hunt);
        }
        let frame = self.hunt.push(byte);
        match (frame, &mut self.asking) {
            (Some(frame), _) if frame.is_from_meter() => self.hear_meter(now, &frame),
            (Some(frame), Some(asking)) => {
                self.echo |= asking.is_echo(&frame);
                Ok(())
            }
            (None, Some(asking)) => {
                asking.heard(now, &self.hunt);
                Ok(())
            }
            (_, None) => {
                self.wait_for_second(now);
                Ok(())
            }
        }
    }

    /// Somebody talks on after an answer to an open question.
    fn wait_for_second(&mut self, now: Moment) {
        if let Some(until) = self.turning_until.filter(|_| self.link.is_open()) {
            let pause = if self.hunt.is_open() { GAP } else { QUIET };
            self.turning_until = Some(until.max(now + pause).min(self.turning_latest));
        }
    }

    fn hear_meter(&mut self, now: Moment, frame: &Frame) -> Result<(), ReadError> {
        let ours = self.link.recognises(frame.address)?;
        let Some(asking) = self.asking.as_mut().filter(|_| ours && self.turning_until.is_none()) else {
            return Ok(());
        };
        if self.agenda.is_opening() && asking.hears_two(&self.hunt) {
            // The other one was heard as well, and was the louder one for a while.
            return Ok(());
        }
        let wide = self.agenda.is_opening() && self.script.settings().baud <= FAR_BAUD;
        let second = if wide { asking.sent_until() + SECOND_WAIT } else { now };
        let answer = match asking.exchange.take(frame) {
            Taken::Foreign => return Ok(()),
            Taken::Partly => {
                asking.goes_on();
                None
            }
            Taken::Wholly(answer) => Some(answer),
        };
        self.turning_until = Some(second.max(now + TURN));
        self.turning_latest = now + self.script.settings().line_time(FRAME_MAX);
        if let Some(answer) = answer {
            self.asking = None;
            self.answered(frame.address, &answer);
        }
        Ok(())
    }

    /// The deadline has passed.
    fn go_on(&mut self, now: Moment) -> Result<(), ReadError> {
        let turned = self.turning_until.take().is_some();
        let Some(asking) = &mut self.asking else { return self.next(now) };
        if turned {
            self.send(now);
            return Ok(());
        }
        let tries_max = if self.agenda.is_mute() { MUTE_TRIES_MAX } else { u8::MAX };
        if asking.is_worth_another_try(now, &self.hunt, tries_max) {
            self.retries += 1;
            self.send(now);
            return Ok(());
        }
        let (loss, rest) = (asking.loss(), asking.exchange.give_up());
        self.asking = None;
        match rest {
            Some(answer) => self.answered(self.link.address, &answer),
            None => {
                let part = self.agenda.lost(&mut self.link, loss)?;
                self.hand_over(part);
            }
        }
        self.next(now)
    }

    fn next(&mut self, now: Moment) -> Result<(), ReadError> {
        let ask = self.agenda.next(self.link.edition)?;
        if self.agenda.has_registers() && !self.extras {
            self.extras = true;
            self.ends = now + EXTRAS_TIME_MAX;
        }
        match ask {
            Some(ask) => self.ask(now, ask),
            None => self.finish(),
        }
        Ok(())
    }

    fn ask(&mut self, now: Moment, ask: Ask) {
        let patience = match (self.link.is_proven(), self.link.has_aliases()) {
            (true, _) => Patience { attempts: TRIES_MAX, wait: REPLY_WAIT },
            (false, true) => Patience { attempts: ALIAS_TRIES_MAX, wait: REPLY_WAIT },
            (false, false) => self.patience,
        };
        self.asking = Some(Asking::new(now, Exchange::new(ask), patience));
        self.send(now);
    }

    fn send(&mut self, now: Moment) {
        let Some(asking) = &mut self.asking else { return };
        let frame = asking.exchange.frame(self.link.address);
        if !self.link.is_proven() {
            self.attempts = self.attempts.saturating_add(1);
            self.script.tell(Progress::Asking { attempt: self.attempts });
        } else if asking.tries() > 0 {
            self.script.tell(Progress::Repeating);
        }
        self.script.send(now, frame.encode());
        asking.sends(frame, self.script.sent_until(), self.script.settings());
    }

    fn answered(&mut self, from: Address, answer: &Answer) {
        let part = self.agenda.answered(&mut self.link, from, answer);
        self.hand_over(part);
        if self.link.is_proven() && !self.introduced && self.link.name().is_some() {
            self.introduced = true;
            self.script
                .tell(Progress::Answered { identity: self.identity(), baud: self.script.settings().baud });
        }
        if let Some((done, total)) = self.agenda.progress() {
            self.script.tell(Progress::Fetched { done, total: Some(total) });
        }
    }

    fn hand_over(&mut self, part: Option<Part>) {
        let Some(part) = part else { return };
        let count = match &part {
            Part::Profile(part) => part.rows.len(),
            Part::Events(events) => events.len(),
        };
        self.fetched = self.fetched.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        self.script.push(Output::Part(part));
        self.script.tell(Progress::Fetched { done: self.fetched, total: None });
    }

    fn identity(&self) -> String {
        let year = self.link.edition.year();
        match self.link.name() {
            Some(name) => format!("DL/T 645-{year} {name}"),
            None => format!("DL/T 645-{year}"),
        }
    }

    fn finish(&mut self) {
        self.over = true;
        let registers = std::mem::take(&mut self.agenda.registers);
        let number = registers.number().map(Into::into);
        let (registers, clock) = registers.finish();
        let own = self.link.own_address();
        let baud = self.script.settings().baud;
        let mut way = Way::new(Family::Dlt645, baud);
        way.address = own.map(|address| address.to_string()).unwrap_or_default();
        way.echo = self.echo;
        if self.link.edition == Edition::Y1997 {
            way.quirks.insert(Quirk::Edition1997);
        }
        self.script.push(Output::Done(Readout {
            protocol: Protocol::Dlt645(self.link.edition.year()),
            identity: self.identity(),
            serial: number.or_else(|| self.link.name().map(|name| name.to_string())),
            clock,
            registers,
            baud,
            integrity: Integrity::Checked,
            retries: self.retries,
            way,
        }));
    }
}

impl drive::Protocol for Session {
    type Done = Readout;

    fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        self.handle(now, input)
    }

    fn poll(&mut self, now: Moment) -> Output<Readout> {
        self.poll(now)
    }
}
