//! One readout of one meter: find its address, be let in, read, and say goodbye whatever happened.

use super::{
    access::{Access, Approach, Denial},
    address::{Address, Ends},
    association::Agreed,
    channel::{Channel, Event},
    config::Config,
    dialogue::{Dialogue, Told},
    limits::{STRANGE_MAX, TOTAL_BYTES_MAX, TOTAL_TIME_MAX},
    linking::Knock,
    objects,
    tour::{Next, Tour},
};
use crate::{
    probe::{
        drive::Protocol as Sessions,
        error::ReadError,
        keys::Keys,
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
    pub(super) config: Config,
    pub(super) script: Script<Readout>,
    pub(super) dialogue: Dialogue,
    pub(super) stage: Stage,
    pub(super) approach: Approach,
    pub(super) access: Access,
    pub(super) tour: Tour,
    /// Which address is tried, and where the meter answered.
    pub(super) knock: Knock,
    /// The link is open again after it broke in the middle of reading.
    pub(super) resumes: bool,
    pub(super) reconnects: u8,
    pub(super) strange: u8,
    /// What was agreed on with the meter, and its system title.
    pub(super) agreed: Agreed,
    pub(super) title: Option<[u8; 8]>,
    /// How often a request to associate was made again because no answer to it could be believed.
    pub(super) asked_again: u8,
    /// The meter's counter was read a second time, or it asked for another one.
    pub(super) recounted: bool,
    /// Our counter when the keys were offered, until the meter takes them.
    pub(super) offered: Option<u32>,
    pub(super) corrected: bool,
    pub(super) counters_read: bool,
    /// The name under which counters are kept.
    pub(super) counted_as: Option<String>,
    greeted: bool,
    received: usize,
    ends: Moment,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Stage {
    /// SNRM is out.
    Linking,
    /// Counters are being put on disk, for this.
    Reserving(Purpose),
    /// AARQ is out.
    Associating,
    /// Our proof is out.
    Proving,
    Reading,
    /// DISC is out.
    Leaving(After),
    Over,
}

/// What counters are for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Purpose {
    Entering,
    Reading,
}

/// What follows a goodbye.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum After {
    Link,
    End(Result<(), ReadError>),
}

const NEVER: Moment = Moment(u64::MAX);
/// Of a meter that there are none for.
static NO_KEYS: Keys = Keys { client: None, password: None, encryption_key: None, authentication_key: None };

impl Session {
    /// Opens a readout.
    pub fn start(now: Moment, config: Config) -> Self {
        let approach = Approach::new(config.client);
        let first = config.addresses.first().copied().unwrap_or(Address::ALL_STATIONS);
        let mut session = Self {
            script: Script::new(now, config.settings),
            dialogue: Dialogue::new(Channel::new(Ends { server: first, client: 0 })),
            stage: Stage::Over,
            approach,
            access: Access::Public,
            tour: Tour::new(config.wants, config.scope),
            knock: Knock::default(),
            resumes: false,
            reconnects: 0,
            strange: 0,
            agreed: Agreed::default(),
            title: None,
            recounted: false,
            asked_again: 0,
            offered: None,
            corrected: false,
            counters_read: false,
            counted_as: None,
            greeted: false,
            received: 0,
            ends: now + TOTAL_TIME_MAX,
            config,
        };
        session.access = session.approach.next(session.keys()).unwrap_or(Access::Public);
        session.link(now);
        session
    }

    /// Moves the session on. After an error it is over.
    pub fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        let outcome = self.advance(now, input);
        if outcome.is_err() {
            self.stage = Stage::Over;
        }
        outcome
    }

    /// The next thing to do. Ask until it says [`Output::Wait`] or [`Output::Done`].
    pub fn poll(&mut self, _now: Moment) -> Output<Readout> {
        let until = if self.stage == Stage::Over { NEVER } else { self.deadline() };
        self.script.next().unwrap_or(Output::Wait(until))
    }

    fn deadline(&self) -> Moment {
        self.dialogue.channel.deadline().min(self.ends)
    }

    fn advance(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        if self.stage == Stage::Over {
            return Ok(());
        }
        if now >= self.ends {
            self.ends = NEVER;
            return self.cut_off(now, ReadError::TimedOut);
        }
        match input {
            Input::Bytes(bytes) => bytes.iter().try_for_each(|&byte| self.hear(now, byte)),
            Input::Elapsed if now < self.deadline() => Ok(()),
            Input::Elapsed => match self.dialogue.channel.elapsed(now, &mut self.script) {
                Some(event) => self.on(now, event),
                None => Ok(()),
            },
            Input::Reserved(first) => self.reserved(now, first),
        }
    }

    fn hear(&mut self, now: Moment, byte: u8) -> Result<(), ReadError> {
        if self.stage == Stage::Over {
            return Ok(());
        }
        self.received += 1;
        if self.received > TOTAL_BYTES_MAX && !matches!(self.stage, Stage::Leaving(_)) {
            return self.cut_off(now, ReadError::TooLong);
        }
        match self.dialogue.channel.hear(now, byte, &mut self.script) {
            Some(event) => self.on(now, event),
            None => Ok(()),
        }
    }

    /// It takes too long. Registers that are there are not given up for a profile without end.
    fn cut_off(&mut self, now: Moment, error: ReadError) -> Result<(), ReadError> {
        if matches!(self.stage, Stage::Leaving(_)) {
            return Ok(());
        }
        let done = self.tour.is_beside() && self.stage == Stage::Reading;
        self.leave(now, After::End(if done { Ok(()) } else { Err(error) }))
    }

    fn on(&mut self, now: Moment, event: Event) -> Result<(), ReadError> {
        match (self.stage, event) {
            (Stage::Leaving(after), Event::Closed | Event::Lost(_)) => self.left(now, after),
            (Stage::Linking, Event::Up) => self.linked(now),
            (Stage::Linking, Event::Lost(lost)) => self.not_linked(now, lost),
            (Stage::Associating, Event::Apdu(apdu)) => self.answered(now, &apdu),
            (Stage::Proving, Event::Apdu(apdu)) => self.proved(now, &apdu),
            (Stage::Associating | Stage::Proving, Event::Lost(lost)) => self.not_answered(now, lost),
            (Stage::Associating | Stage::Proving, Event::TooLong) => self.deny(now, Denial::Refused),
            (Stage::Reading, Event::Apdu(apdu)) => self.take(now, &apdu),
            (Stage::Reading, Event::TooLong) => {
                self.dialogue.forget();
                self.tour.refused(&mut self.script);
                self.read_on(now)
            }
            (Stage::Reading, Event::Lost(lost)) => self.broken(now, lost),
            (
                Stage::Linking
                | Stage::Reserving(_)
                | Stage::Associating
                | Stage::Proving
                | Stage::Reading
                | Stage::Leaving(_)
                | Stage::Over,
                _,
            ) => Ok(()),
        }
    }

    /// Asks for what comes next.
    pub(super) fn read_on(&mut self, now: Moment) -> Result<(), ReadError> {
        self.stage = Stage::Reading;
        loop {
            let asked = if self.dialogue.has_more() {
                self.dialogue.ask_more(now, &mut self.script)
            } else {
                match self.tour.next() {
                    Next::Ask(ask) => {
                        let searching = self.tour.is_searching();
                        self.dialogue.ask(now, &ask, searching, &mut self.script)
                    }
                    Next::Named if self.is_only_to_look(now)? => return Ok(()),
                    Next::Named => {
                        self.tour.read_registers();
                        continue;
                    }
                    Next::Done => return self.finish(now),
                }
            };
            if !asked {
                self.reserve(Purpose::Reading);
            }
            return Ok(());
        }
    }

    fn take(&mut self, now: Moment, apdu: &[u8]) -> Result<(), ReadError> {
        match self.dialogue.understand(apdu) {
            Told::Piece { bytes, is_last } => {
                if !self.tour.piece(&bytes, is_last, &mut self.script) {
                    self.dialogue.forget();
                }
            }
            Told::Refused => self.tour.refused(&mut self.script),
            Told::Counter(expected) => return self.correct_counter(now, expected, Purpose::Reading),
            Told::Strange => {
                self.strange += 1;
                if self.strange > STRANGE_MAX {
                    let attempts = self.strange;
                    return self.leave(now, After::End(Err(ReadError::Garbled { attempts })));
                }
                self.tour.lost(&mut self.script);
            }
        }
        self.read_on(now)
    }

    /// It is known now who the meter is. Tells whether that was all we came for as the public client, and goes
    /// on as somebody else.
    fn is_only_to_look(&mut self, now: Moment) -> Result<bool, ReadError> {
        self.greet();
        self.approach.tried(self.access);
        let keys = self.keys();
        let opens = keys.is_some_and(|keys| *keys != Keys::default());
        let other = self.approach.next(keys).filter(|_| opens && self.access == Access::Public);
        match other {
            Some(Access::Ciphered(_)) if self.tour.found.counter.is_none() && !self.counters_read => {
                self.counters_read = true;
                self.tour.read_counters();
                self.read_on(now)?;
                Ok(true)
            }
            Some(Access::Ciphered(_)) if self.is_key_wrong() => {
                self.wrong_key(now)?;
                Ok(true)
            }
            Some(other) => {
                self.approach.looked();
                self.access = other;
                self.leave(now, After::Link)?;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    pub(super) fn greet(&mut self) {
        if !std::mem::replace(&mut self.greeted, true) {
            let (identity, baud) = (self.identity(), self.config.settings.baud);
            self.script.tell(Progress::Answered { identity, baud });
        }
    }

    fn finish(&mut self, now: Moment) -> Result<(), ReadError> {
        let more = self.approach.next(self.keys()).is_some() || self.approach.was_denied();
        if !self.tour.found.measures && (more || self.tour.found.registers.is_empty()) {
            return self.deny(now, Denial::Empty);
        }
        self.leave(now, After::End(Ok(())))
    }

    /// As whom we came gets nothing; the next, or the end.
    pub(super) fn deny(&mut self, now: Moment, denial: Denial) -> Result<(), ReadError> {
        self.approach.denied(self.access, denial);
        let after = match self.approach.next(self.keys()) {
            Some(other) => {
                self.access = other;
                After::Link
            }
            None => After::End(Err(self.approach.error())),
        };
        self.leave(now, after)
    }

    /// All that was read.
    pub(super) fn readout(&mut self) -> Readout {
        let mut way = Way::new(Family::Dlms, self.config.settings.baud);
        way.address = self.dialogue.channel.ends().to_string();
        way.echo = self.dialogue.channel.echoes();
        way.quirks = self.config.quirks.clone();
        if self.tour.one_by_one {
            way.quirks.insert(Quirk::OneByOne);
        }
        Readout {
            protocol: Protocol::Dlms,
            identity: self.identity(),
            serial: self.tour.found.serial.clone(),
            clock: self.tour.found.clock,
            registers: std::mem::take(&mut self.tour.found.registers),
            baud: self.config.settings.baud,
            integrity: Integrity::Checked,
            retries: self.dialogue.channel.retries() + u32::from(self.reconnects) + u32::from(self.strange),
            way,
        }
    }

    /// Bytes in memory, as far as they depend on what is heard.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        size_of::<Self>() + self.dialogue.channel.held() + self.tour.held()
    }

    fn identity(&self) -> String {
        let told = self.tour.found.device_name.clone().or_else(|| self.tour.found.serial.clone());
        told.or_else(|| objects::device_name(&self.title?)).unwrap_or_default()
    }

    /// The keys of this meter, as soon as it is known which it is, or that it does not say so, or that this makes
    /// no difference.
    pub(super) fn keys(&self) -> Option<&Keys> {
        let (ring, found) = (&self.config.keyring, &self.tour.found);
        let numbers = [&self.config.serial, &found.serial, &found.device_name];
        let told = found.serial.is_some() || found.device_name.is_some();
        let settled = ring.count().0 == 0 || told || self.approach.was_tried(Access::Public);
        let any = ring.of(None).filter(|_| settled || self.config.serial.is_some());
        let mut own = numbers.into_iter().flatten().filter_map(|number| ring.of(Some(number)));
        own.find(|keys| Some(*keys) != ring.of(None)).or(any).or(settled.then_some(&NO_KEYS))
    }
}

impl Sessions for Session {
    type Done = Readout;

    fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        self.handle(now, input)
    }

    fn poll(&mut self, now: Moment) -> Output<Readout> {
        self.poll(now)
    }

    /// A link that is left open shuts the next reader out for two minutes.
    fn farewell(&mut self) -> Option<Vec<u8>> {
        match self.stage {
            Stage::Leaving(_) | Stage::Over => None,
            // It may just be opening the link.
            Stage::Linking | Stage::Reserving(_) | Stage::Associating | Stage::Proving | Stage::Reading => {
                Some(self.dialogue.channel.goodbye())
            }
        }
    }
}
