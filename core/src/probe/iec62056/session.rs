//! One readout of one meter, from the request to the registers, with all second tries.
//!
//! Sign on, see who answers, choose a speed, take the block, check it. A damaged block is asked for again; if
//! that does not help, or nothing sensible comes at the chosen speed, the line is left to fall silent and a new
//! conversation goes on more slowly. Echoes need no care of their own: no echo looks like an answer.

use super::{
    clock,
    config::Config,
    identification::Identification,
    limits::{QUIET, SIGN_ON, TOTAL_BYTES_MAX, TOTAL_TIME_MAX},
    listing::{Listed, Listing},
    opening::Opened,
    registers,
    sign_on::SignOn,
    signal::Signal,
    speed::{Approach, SIGN_ON_BAUD, plan},
    turn::{Pace, Partner, Turn},
};
use crate::{
    probe::{
        drive,
        error::ReadError,
        port::{Input, Output, Progress},
        readout::{Integrity, Protocol, Readout},
        script::Script,
        way::{Family, Quirk, Way},
    },
    time::Moment,
};

/// A readout under way.
#[derive(Debug)]
pub struct Session {
    config: Config,
    script: Script<Readout>,
    sign_on: SignOn,
    listing: Listing,
    doing: Doing,
    approach: Approach,
    partner: Option<Partner>,
    signal: Signal,
    ends: Moment,
    received: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Doing {
    SigningOn,
    Listing,
    Over,
}

impl Session {
    /// Opens a readout.
    pub fn start(now: Moment, config: Config) -> Self {
        let mut script = Script::new(now, SIGN_ON);
        let sign_on = SignOn::start(now, config.address(), config.patience, config.wakes(), &mut script);
        Self::new(now, config, script, sign_on)
    }

    /// Takes up the conversation that [`Opening`](super::Opening) has begun, at once: the meter waits 1.5 s. An
    /// error is as one of [`Session::handle`].
    pub fn after_identification(now: Moment, config: Config, opened: Opened) -> Result<Self, ReadError> {
        let Opened { echo, meter, rest, .. } = opened;
        let sign_on = SignOn::answered_already(now, config.address(), echo);
        let mut session = Self::new(now, config, Script::new(now, SIGN_ON), sign_on);
        session.identified(now, meter);
        session.handle(now, Input::Bytes(&rest))?;
        Ok(session)
    }

    fn new(now: Moment, config: Config, script: Script<Readout>, sign_on: SignOn) -> Self {
        Self {
            listing: Listing::new(now, config.list),
            config,
            script,
            sign_on,
            doing: Doing::SigningOn,
            approach: Approach::Offered(0),
            partner: None,
            signal: Signal::default(),
            ends: now + TOTAL_TIME_MAX,
            received: 0,
        }
    }

    /// Moves the session on. After an error it is over.
    pub fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        let outcome = self.advance(now, input);
        if outcome.is_err() {
            self.doing = Doing::Over;
        }
        outcome
    }

    /// The next thing to do. Ask until it says [`Output::Wait`] or [`Output::Done`].
    pub fn poll(&mut self, _now: Moment) -> Output<Readout> {
        self.script.next().unwrap_or_else(|| Output::Wait(self.deadline()))
    }

    fn deadline(&self) -> Moment {
        match self.doing {
            Doing::SigningOn => self.sign_on.deadline().min(self.ends),
            Doing::Listing => self.listing.deadline().min(self.ends),
            Doing::Over => Moment(u64::MAX),
        }
    }

    fn advance(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        if self.doing == Doing::Over {
            return Ok(());
        }
        if now >= self.ends {
            return Err(ReadError::TimedOut);
        }
        match input {
            Input::Bytes(bytes) => bytes.iter().try_for_each(|&raw| self.hear(now, raw)),
            Input::Elapsed if now < self.deadline() => Ok(()),
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
        if let Some(percent) = self.signal.hear(raw) {
            self.script.tell(Progress::Signal { percent });
        }
        match (self.doing, &self.partner) {
            (Doing::SigningOn, _) => {
                let found = self.sign_on.hear(now, raw)?;
                found.into_iter().for_each(|meter| self.identified(now, meter));
                Ok(())
            }
            (Doing::Listing, Some(partner)) => {
                let turn = self.listing.hear(now, raw, partner, &mut self.script)?;
                self.listing_goes_on(now, turn)
            }
            (Doing::Listing, None) | (Doing::Over, _) => Ok(()),
        }
    }

    /// The deadline has passed.
    fn go_on(&mut self, now: Moment) -> Result<(), ReadError> {
        match (self.doing, &self.partner) {
            (Doing::SigningOn, _) => self.sign_on.elapsed(now, &mut self.script),
            (Doing::Listing, Some(partner)) => {
                let turn = self.listing.elapsed(now, partner, &mut self.script)?;
                self.listing_goes_on(now, turn)
            }
            (Doing::Listing, None) | (Doing::Over, _) => Ok(()),
        }
    }

    fn identified(&mut self, now: Moment, meter: Identification) {
        let agreed = self.partner.as_ref().map_or(SIGN_ON_BAUD, |partner| partner.plan.baud);
        if self.partner.is_none() {
            self.approach = self.config.approach(meter.speed());
        } else if self.sign_on.has_overheard() && agreed != SIGN_ON_BAUD {
            self.approach = Approach::Slow;
        }
        let (approach, conversation) = (self.approach, self.sign_on.conversations());
        let plan = plan(meter.speed(), approach);
        self.script.tell(Progress::Answered { identity: meter.text.clone(), baud: plan.baud });
        let partner = self.partner.insert(Partner { meter, plan, approach, conversation });
        self.doing = Doing::Listing;
        self.listing.begin(now, partner, &mut self.script);
    }

    fn listing_goes_on(&mut self, now: Moment, turn: Turn<Listed>) -> Result<(), ReadError> {
        match turn {
            Turn::Going => {}
            Turn::Anew(pace) => self.converse_anew(now, pace),
            Turn::Over(listed) if listed.registers.is_empty() => return Err(ReadError::NothingToRead),
            Turn::Over(listed) => self.done(listed),
        }
        Ok(())
    }

    fn converse_anew(&mut self, now: Moment, pace: Pace) {
        if pace != Pace::Confirming {
            self.script.tell(Progress::Repeating);
        }
        self.approach = pace.after(self.approach);
        self.sign_on.anew(now, QUIET, &mut self.script);
        self.doing = Doing::SigningOn;
    }

    fn done(&mut self, listed: Listed) {
        let Some(partner) = &self.partner else { return };
        let readout = Readout {
            protocol: Protocol::Iec62056(partner.plan.mode),
            identity: partner.meter.text.clone(),
            serial: registers::serial(&listed.registers),
            clock: clock::find(&listed.registers),
            registers: listed.registers,
            baud: partner.plan.baud,
            integrity: listed.integrity,
            retries: self.sign_on.retries() + self.listing.retries(),
            way: self.way(partner, listed.integrity),
        };
        self.doing = Doing::Over;
        self.script.push(Output::Done(readout));
    }

    /// How to reach this meter at once the next time.
    fn way(&self, partner: &Partner, integrity: Integrity) -> Way {
        let mut way = Way::new(Family::Iec62056, partner.plan.baud);
        // A way is written as words.
        let address = self.config.address().map(|address| address.to_string());
        way.address = address.filter(|address| !address.contains(' ')).unwrap_or_default();
        way.echo = self.sign_on.has_echo();
        let offered = plan(partner.meter.speed(), Approach::Offered(0)).baud;
        for (quirk, seen) in [
            (Quirk::Slow, partner.plan.baud == SIGN_ON_BAUD && offered != SIGN_ON_BAUD),
            (Quirk::NoCheck, integrity == Integrity::ReadTwice),
            (Quirk::WrongCheck, integrity == Integrity::Tolerated),
            (Quirk::Sleeps, self.config.wakes()),
        ] {
            if seen {
                way.quirks.insert(quirk);
            }
        }
        way
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
