//! One readout of one meter, from the request to the registers, with all second tries.
//!
//! Sign on, see who answers, choose a speed, take the block, check it. A damaged block is asked for again; if
//! that does not help, or nothing sensible comes at the chosen speed, the line is left to fall silent and a new
//! conversation goes on more slowly. Echoes need no care of their own: no echo looks like an answer.

use super::{
    agenda::Agenda,
    command,
    config::Config,
    goal::{Doing, Goal},
    identification::Identification,
    limits::{LOCK_OUT, PAUSES, QUIET, SIGN_ON},
    listing::{Listed, Listing},
    lock::Lock,
    opening::Opened,
    programming::{Programmed, Programming},
    report::{Seen, report},
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
        readout::{Datum, Integrity, Readout},
        script::Script,
        way::Quirk,
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
    programming: Option<Programming>,
    goal: Goal,
    doing: Doing,
    approach: Approach,
    partner: Option<Partner>,
    /// The registers, while more is being read.
    readout: Option<Readout>,
    /// When a meter was last left in programming mode.
    left: Option<Moment>,
    /// Why another kind of conversation is tried.
    refused: Option<ReadError>,
    signal: Signal,
    closes: Moment,
    ends: Moment,
    received: usize,
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
        if opened.refused {
            return Ok(Self::start_in_silence(now, config, opened.echo));
        }
        let Opened { echo, meter, rest, .. } = opened;
        let sign_on = SignOn::answered_already(now, config.address(), config.wakes(), echo);
        let mut session = Self::new(now, config, Script::new(now, SIGN_ON), sign_on);
        session.identified(now, meter)?;
        session.handle(now, Input::Bytes(&rest))?;
        Ok(session)
    }

    /// Opens a readout when the line is silent: of a meter that has answered before and may be in the middle of
    /// something.
    pub fn start_in_silence(now: Moment, config: Config, echo: bool) -> Self {
        let sign_on = SignOn::answered_already(now, config.address(), config.wakes(), echo);
        let mut session = Self::new(now, config, Script::new(now, SIGN_ON), sign_on);
        session.turn_to(now, session.goal);
        session
    }

    fn new(now: Moment, config: Config, script: Script<Readout>, sign_on: SignOn) -> Self {
        let goal = Goal::first(&config);
        Self {
            listing: Listing::new(now, config.list(), config.has(Quirk::WrongCheck)),
            programming: None,
            config,
            script,
            sign_on,
            goal,
            doing: Doing::SigningOn,
            approach: Approach::Offered(0),
            partner: None,
            readout: None,
            left: None,
            refused: None,
            signal: Signal::default(),
            closes: now,
            ends: now + goal.time_max(),
            received: 0,
        }
    }

    /// Moves the session on. After an error it is over.
    pub fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        self.advance(now, input).or_else(|error| self.fail(now, error))
    }

    /// The next thing to do. Ask until it says [`Output::Wait`] or [`Output::Done`].
    pub fn poll(&mut self, _now: Moment) -> Output<Readout> {
        self.script.next().unwrap_or_else(|| Output::Wait(self.deadline()))
    }

    fn deadline(&self) -> Moment {
        match (self.doing, &self.programming) {
            (Doing::SigningOn, _) => self.sign_on.deadline().min(self.ends),
            (Doing::Programming, Some(programming)) => programming.deadline().min(self.ends),
            (Doing::Listing | Doing::Programming, _) => self.listing.deadline().min(self.ends),
            (Doing::Closing(_), _) => self.closes,
            (Doing::Over, _) => Moment(u64::MAX),
        }
    }

    fn advance(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        if self.doing == Doing::Over {
            return Ok(());
        }
        if now >= self.ends && !matches!(self.doing, Doing::Closing(_)) {
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
        if self.received > self.goal.bytes_max() && !matches!(self.doing, Doing::Closing(_) | Doing::Over) {
            return Err(ReadError::TooLong);
        }
        if let Some(percent) = self.signal.hear(raw) {
            self.script.tell(Progress::Signal { percent });
        }
        match (self.doing, &self.partner, &mut self.programming) {
            (Doing::SigningOn, ..) => match self.sign_on.hear(now, raw)? {
                Some(meter) => self.identified(now, meter),
                None => Ok(()),
            },
            (Doing::Listing, Some(partner), _) => {
                let turn = self.listing.hear(now, raw, partner, &mut self.script);
                self.listing_goes_on(now, turn)
            }
            (Doing::Programming, Some(partner), Some(programming)) => {
                let turn = programming.hear(now, raw, partner, &mut self.script)?;
                self.programming_goes_on(now, turn)
            }
            (Doing::Listing | Doing::Programming | Doing::Closing(_) | Doing::Over, ..) => Ok(()),
        }
    }

    /// The deadline has passed.
    fn go_on(&mut self, now: Moment) -> Result<(), ReadError> {
        match (self.doing, &self.partner, &mut self.programming) {
            (Doing::SigningOn, ..) => self.sign_on.elapsed(now, &mut self.script),
            (Doing::Listing, Some(partner), _) => {
                let turn = self.listing.elapsed(now, partner, &mut self.script);
                self.listing_goes_on(now, turn)
            }
            (Doing::Programming, Some(partner), Some(programming)) => {
                let turn = programming.elapsed(now, partner, &mut self.script)?;
                self.programming_goes_on(now, turn)
            }
            (Doing::Closing(error), ..) => Err(error),
            (Doing::Listing | Doing::Programming | Doing::Over, ..) => Ok(()),
        }
    }

    fn identified(&mut self, now: Moment, meter: Identification) -> Result<(), ReadError> {
        let other = self.partner.as_ref().is_some_and(|before| before.meter.text != meter.text);
        if other && self.goal != Goal::List {
            // The probe sits on another meter now: what it would tell is not this one's.
            return Err(ReadError::Crowded);
        }
        let agreed = self.partner.as_ref().map_or(SIGN_ON_BAUD, |partner| partner.plan.baud);
        if self.partner.is_none() {
            self.approach = self.config.approach(meter.speed());
        } else if self.sign_on.has_overheard() && agreed != SIGN_ON_BAUD {
            self.approach = Approach::Slow;
        }
        let (approach, conversation) = (self.approach, self.sign_on.conversations());
        let plan = plan(meter.speed(), approach);
        self.script.tell(Progress::Answered { identity: meter.text.clone(), baud: plan.baud });
        let partner = &*self.partner.insert(Partner { meter, plan, approach, conversation });
        if self.goal == Goal::List {
            self.doing = Doing::Listing;
            self.listing.begin(now, partner, &mut self.script);
            return Ok(());
        }
        if !partner.takes_commands() {
            return self.without_commands(now);
        }
        let (config, readout) = (&self.config, &self.readout);
        let programming = self.programming.get_or_insert_with(|| {
            let names = if self.goal == Goal::Singles { config.names() } else { Vec::new() };
            let serial = readout.as_ref().and_then(|readout| readout.serial.as_deref());
            let lock = Lock::new(config.password(serial), config.has(Quirk::Password));
            Programming::new(now, Agenda::new(names, config.wants), lock)
        });
        self.doing = Doing::Programming;
        programming.begin(now, partner);
        Ok(())
    }

    fn listing_goes_on(
        &mut self,
        now: Moment,
        turn: Result<Turn<Listed>, ReadError>,
    ) -> Result<(), ReadError> {
        // What was tried in vain in programming mode is not tried there again.
        let commands = self.refused.is_none() && self.partner.as_ref().is_some_and(Partner::takes_commands);
        let refused = turn.as_ref().err().copied().unwrap_or(ReadError::NothingToRead);
        match turn {
            Ok(Turn::Going) => Ok(()),
            Ok(Turn::Anew(pace)) => {
                self.converse_anew(now, pace);
                Ok(())
            }
            Ok(Turn::Over(listed)) if !listed.registers.is_empty() => {
                let readout = self.report(listed.registers, listed.integrity);
                let wants = self.config.wants;
                if !(commands && (wants.profile.is_some() || wants.events)) {
                    self.done(readout);
                    return Ok(());
                }
                self.readout = readout;
                self.turn_to(now, Goal::Beside);
                Ok(())
            }
            Ok(Turn::Over(_)) | Err(ReadError::Refused) if commands => {
                self.refused = Some(refused);
                self.turn_to(now, Goal::Singles);
                Ok(())
            }
            Ok(Turn::Over(_)) => Err(ReadError::NothingToRead),
            Err(error) => Err(error),
        }
    }

    fn programming_goes_on(&mut self, now: Moment, turn: Turn<Programmed>) -> Result<(), ReadError> {
        match turn {
            Turn::Going => {}
            Turn::Anew(pace) => {
                if let Some(programming) = &self.programming {
                    // As long as each conversation brings something it is worth while.
                    if programming.has_told_here() {
                        self.sign_on.forget_tries();
                    }
                    self.left = programming.has_broken_off().then_some(now).or(self.left);
                }
                self.break_off(now);
                self.converse_anew(now, pace);
            }
            Turn::Over(Programmed::NoSuchMode) => return self.without_commands(now),
            Turn::Over(Programmed::Registers(registers)) => {
                let readout = self.readout.take().or_else(|| self.report(registers, Integrity::Checked));
                self.done(readout);
            }
        }
        Ok(())
    }

    /// The meter has no programming mode: the usual list is left, if that was not tried before.
    fn without_commands(&mut self, now: Moment) -> Result<(), ReadError> {
        self.break_off(now);
        if self.goal == Goal::Beside || self.refused.is_some() {
            return Err(self.refused.unwrap_or(ReadError::NothingToRead));
        }
        self.refused = Some(ReadError::Refused);
        self.goal = Goal::List;
        let Some(partner) = self.partner.as_ref().filter(|partner| !partner.takes_commands()) else {
            self.turn_to(now, Goal::List);
            return Ok(());
        };
        self.doing = Doing::Listing;
        self.listing.begin(now, partner, &mut self.script);
        Ok(())
    }

    /// Goes on in a conversation of another kind.
    fn turn_to(&mut self, now: Moment, goal: Goal) {
        self.goal = goal;
        if goal != Goal::List {
            self.ends = now + goal.time_max();
        }
        self.sign_on.forget_tries();
        self.sign_on.anew(now, PAUSES[0], &mut self.script);
        self.doing = Doing::SigningOn;
    }

    fn converse_anew(&mut self, now: Moment, pace: Pace) {
        if pace != Pace::Confirming {
            self.script.tell(Progress::Repeating);
        }
        self.approach = pace.after(self.approach);
        self.sign_on.anew(now, QUIET, &mut self.script);
        self.doing = Doing::SigningOn;
    }

    fn break_off(&mut self, now: Moment) -> bool {
        let inside = self.programming.as_mut().filter(|programming| programming.is_inside());
        let Some(programming) = inside else { return false };
        programming.break_off(now, &mut self.script);
        self.left = Some(now);
        true
    }

    /// Ends because of this, but not before a meter in programming mode has been told. Registers that were read
    /// are worth more than the error.
    fn fail(&mut self, now: Moment, error: ReadError) -> Result<(), ReadError> {
        if self.break_off(now) {
            self.doing = Doing::Closing(error);
            self.closes = self.script.sent_until();
            return Ok(());
        }
        // That a meter tells nothing beside its registers is no error either.
        let nothing = error == ReadError::NothingToRead && self.goal == Goal::Beside;
        let registers = self.programming.as_mut().and_then(Programming::take_all_registers);
        let registers = registers.or_else(|| nothing.then(Vec::new));
        let readout = self.readout.take().or_else(|| self.report(registers?, Integrity::Checked));
        if readout.is_some() {
            self.done(readout);
            return Ok(());
        }
        self.doing = Doing::Over;
        Err(match (error, self.left.filter(|left| now.since(*left) < LOCK_OUT)) {
            (ReadError::Silent { .. }, Some(left)) => {
                let rest = LOCK_OUT.saturating_sub(now.since(left)).as_secs();
                ReadError::ShutFor { seconds: u16::try_from(rest).unwrap_or(u16::MAX) }
            }
            _ => error,
        })
    }

    fn done(&mut self, readout: Option<Readout>) {
        self.doing = Doing::Over;
        let Some(mut readout) = readout else { return };
        // Where there was no occasion to see it, what was known holds.
        let known = self.config.has(Quirk::Password);
        if self.programming.as_ref().map_or(known, Programming::needs_password) {
            readout.way.quirks.insert(Quirk::Password);
        }
        self.script.push(Output::Done(readout));
    }

    fn report(&self, registers: Vec<Datum>, integrity: Integrity) -> Option<Readout> {
        let partner = self.partner.as_ref()?;
        let programming = self.programming.as_ref().map_or(0, Programming::retries);
        let seen = Seen {
            echo: self.sign_on.has_echo(),
            single: self.goal == Goal::Singles && self.config.single.is_empty(),
            list: self.listing.list(),
            integrity,
            retries: self.sign_on.retries() + self.listing.retries() + programming,
        };
        Some(report(&self.config, partner, registers, seen))
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

    fn farewell(&mut self) -> Option<Vec<u8>> {
        self.programming.as_ref().filter(|programming| programming.is_inside()).map(|_| command::break_off())
    }
}
