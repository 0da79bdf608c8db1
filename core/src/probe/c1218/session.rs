//! One readout of one meter by ANSI C12.18: who is there, longer packets, a name, a password where the meter
//! wants one, the tables, and goodbye. It only reads: no service that writes is known here.
//!
//! A conversation that is lost is begun anew, and goes on with what has come. Whatever happens after a meter
//! has answered, it is told that the conversation is over.

use super::{
    channel::{Channel, Event},
    config::Config,
    limits::*,
    reading::{Next, Reading},
    service::{self, Agreed, Code},
    trying::Trying,
};
use crate::{
    probe::{
        drive,
        error::ReadError,
        port::{Input, Output, Progress, Settings},
        readout::Readout,
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
    channel: Channel,
    reading: Reading,
    step: Step,
    /// When the next step is taken, while the line rests.
    next_at: Moment,
    ends: Moment,
    /// The time for what is not needed has begun.
    extras: bool,
    conversations: u8,
    /// How often this step was taken without a usable answer, and how often the meter had no time for it.
    asked: u8,
    busy: u8,
    received: usize,
    /// Answers that were whole and wrong.
    wrong: u32,
    /// A higher speed was agreed on and did not work.
    is_slow: bool,
    /// Whoever asks this meter for longer packets gets no answer.
    is_plain: bool,
    /// Why there will be no readout, once that is certain.
    failed: Option<ReadError>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    /// Ends what somebody else has begun.
    Clear,
    /// Goes back to where conversations begin.
    Restart,
    Identify,
    Negotiate,
    /// Both ends change to what they have agreed on.
    Switch(Agreed),
    Logon,
    Unlock,
    Read,
    Logoff,
    Terminate,
    /// Our last acknowledgement is on its way.
    Leave,
    Over,
}

impl Session {
    /// Opens a readout.
    pub fn start(now: Moment, config: Config) -> Self {
        let mut session = Self {
            script: Script::new(now, config.settings),
            channel: Channel::new(now, config.turn_around),
            reading: Reading::new(config.keyring.clone(), config.serial.clone(), config.wants),
            step: Step::Identify,
            next_at: now,
            ends: now + REGISTERS_TIME_MAX,
            extras: false,
            conversations: 1,
            asked: 0,
            busy: 0,
            received: 0,
            wrong: 0,
            is_slow: false,
            is_plain: false,
            failed: None,
            config,
        };
        session.say(now);
        session
    }

    /// Moves the session on. After an error it is over.
    pub fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        let outcome = self.advance(now, input);
        if outcome.is_err() {
            self.step = Step::Over;
        }
        outcome
    }

    /// The next thing to do. Ask until it says [`Output::Wait`] or [`Output::Done`].
    pub fn poll(&mut self, _now: Moment) -> Output<Readout> {
        self.script.next().unwrap_or_else(|| Output::Wait(self.deadline()))
    }

    fn deadline(&self) -> Moment {
        let next = if self.channel.is_idle() { self.next_at } else { self.channel.deadline() };
        if self.step == Step::Over { Moment(u64::MAX) } else { next.min(self.ends) }
    }

    fn advance(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        if self.step == Step::Over {
            return Ok(());
        }
        if now >= self.ends {
            return self.out_of_time(now);
        }
        let event = match input {
            Input::Bytes(bytes) => {
                self.received = self.received.saturating_add(bytes.len());
                if self.received > RECEIVED_MAX {
                    return Err(ReadError::TooLong);
                }
                self.channel.hear(now, &mut self.script, bytes)
            }
            Input::Elapsed if now < self.deadline() => None,
            Input::Elapsed if self.channel.is_idle() => return self.go_on(now),
            Input::Elapsed => self.channel.elapsed(now, &mut self.script),
            // It asks for no counter.
            Input::Reserved(_) => None,
        };
        match event {
            None => {
                // Nothing is done before the last word has left.
                self.next_at = self.next_at.max(self.script.sent_until());
                Ok(())
            }
            Some(Event::Answer(message)) => self.answered(now, &message),
            Some(Event::Broken) => self.again(now),
            Some(Event::Lost { heard }) => self.lost(now, heard),
            Some(Event::Flood) => self.fail(now, ReadError::TooLong),
        }
    }

    /// Takes the next step: the line rests.
    fn go_on(&mut self, now: Moment) -> Result<(), ReadError> {
        match self.step {
            Step::Restart => {
                self.script.set(self.config.settings);
                self.channel.begin_anew();
                return self.take(now, Step::Identify);
            }
            Step::Switch(agreed) => {
                let baud = agreed.baud.unwrap_or(self.script.settings().baud);
                self.script.set(Settings { baud, ..self.config.settings });
                self.reading.begin(agreed, baud);
                self.next_at = now + SWITCH_PAUSE;
                self.step = Step::Logon;
            }
            Step::Leave => return self.finish(),
            Step::Over => {}
            Step::Clear | Step::Identify | Step::Negotiate | Step::Logon | Step::Unlock => self.say(now),
            Step::Read | Step::Logoff | Step::Terminate => self.say(now),
        }
        Ok(())
    }

    /// Says what belongs to this step.
    fn say(&mut self, now: Moment) {
        let patience = self.config.patience;
        let (message, trying) = match self.step {
            Step::Identify if self.conversations == 1 => (
                Some(service::identify()),
                Trying { wait: patience.wait, times: patience.attempts, told: true },
            ),
            Step::Identify => (Some(service::identify()), Trying { told: true, ..Trying::BOOK }),
            Step::Negotiate => {
                let fastest = if self.is_slow { 0 } else { self.config.fastest };
                let message = service::negotiate(PACKETS_MAX, fastest, self.config.settings.baud);
                (Some(message), Trying::BOOK)
            }
            Step::Logon => (Some(service::logon(self.config.user, &self.config.name)), Trying::BOOK),
            Step::Unlock => (self.reading.password(), Trying::BOOK),
            Step::Read => (self.reading.request(), Trying::BOOK),
            Step::Logoff => (Some(service::logoff()), Trying::FAREWELL),
            Step::Clear | Step::Terminate => (Some(service::terminate()), Trying::FAREWELL),
            Step::Restart | Step::Switch(_) | Step::Leave | Step::Over => (None, Trying::BOOK),
        };
        // There is always something to say, or the step would not have been taken.
        if let Some(message) = message {
            self.channel.ask(now, &mut self.script, &message, trying);
        }
    }

    fn last_packet(&self) -> Option<Vec<u8>> {
        Some(self.channel.farewell(&service::terminate()))
    }

    fn take(&mut self, now: Moment, step: Step) -> Result<(), ReadError> {
        self.step = step;
        (self.asked, self.busy) = (0, 0);
        self.go_on(now)
    }

    /// Acknowledges, and takes the step when that has left.
    fn take_after_acknowledging(&mut self, now: Moment, step: Step) -> Result<(), ReadError> {
        self.channel.acknowledge(now, &mut self.script);
        self.step = step;
        self.next_at = now;
        Ok(())
    }

    /// An answer has come, whole.
    fn answered(&mut self, now: Moment, message: &[u8]) -> Result<(), ReadError> {
        let Some((code, rest)) = service::code(message) else { return self.again(now) };
        match (self.step, code) {
            (Step::Clear, _) => self.take_after_acknowledging(now, Step::Restart),
            (Step::Logoff, _) => self.take(now, Step::Terminate),
            (Step::Terminate, _) => self.take_after_acknowledging(now, Step::Leave),
            (_, Code::Busy | Code::NotReady) if self.busy < BUSY_MAX => {
                self.busy += 1;
                self.channel.acknowledge(now, &mut self.script);
                self.next_at = now + BUSY_PAUSE;
                Ok(())
            }
            (_, Code::OutOfSequence | Code::Renegotiate) => self.begin_anew(now, Step::Clear, true),
            (Step::Identify, Code::Ok) if !service::is_identification(rest) => self.again(now),
            (Step::Identify, Code::Ok) if self.is_plain => self.negotiated(now, Code::NotSupported, &[]),
            (Step::Identify, Code::Ok) => self.take(now, Step::Negotiate),
            (Step::Negotiate, _) => self.negotiated(now, code, rest),
            (Step::Logon, Code::Ok) => self.follow(now, Reading::next),
            (Step::Unlock, Code::Ok) => {
                self.reading.unlocked();
                self.take(now, Step::Read)
            }
            // Locked up altogether, or never any time for us: that says nothing of the password.
            (Step::Unlock, Code::Locked | Code::Busy | Code::NotReady) => self.fail(now, ReadError::Refused),
            (Step::Unlock, _) => self.fail(now, ReadError::WrongKey),
            (Step::Identify | Step::Logon, _) => self.fail(now, ReadError::Refused),
            (Step::Read, Code::Ok) => self.follow(now, |reading, script| reading.fetched(script, rest)),
            (Step::Read, code) => self.follow(now, |reading, script| reading.refused(script, code)),
            (Step::Restart | Step::Switch(_) | Step::Leave | Step::Over, _) => Ok(()),
        }
    }

    /// Who refuses to negotiate is talked to in short packets.
    fn negotiated(&mut self, now: Moment, code: Code, rest: &[u8]) -> Result<(), ReadError> {
        let agreed = Some(rest).filter(|_| code == Code::Ok).and_then(Agreed::of_answer);
        let agreed = agreed.unwrap_or(Agreed::BASE);
        let baud = self.script.settings().baud;
        if agreed.baud.is_some_and(|other| other != baud) {
            return self.take_after_acknowledging(now, Step::Switch(agreed));
        }
        self.reading.begin(agreed, baud);
        self.take(now, Step::Logon)
    }

    /// Lets the reading decide what comes next, and does it.
    fn follow(
        &mut self,
        now: Moment,
        decide: impl FnOnce(&mut Reading, &mut Script<Readout>) -> Next,
    ) -> Result<(), ReadError> {
        let next = decide(&mut self.reading, &mut self.script);
        if !self.extras && self.reading.has_registers() {
            self.extras = true;
            self.ends = now + EXTRAS_TIME_MAX;
        }
        match next {
            Next::Ask => self.take(now, Step::Read),
            Next::Unlock => self.take(now, Step::Unlock),
            Next::Again => self.again(now),
            Next::Done => self.take(now, Step::Logoff),
            Next::Fail(error) => self.fail(now, error),
        }
    }

    /// The answer was whole and cannot be right.
    fn again(&mut self, now: Moment) -> Result<(), ReadError> {
        self.asked += 1;
        self.wrong += 1;
        self.script.tell(Progress::Repeating);
        if self.asked >= ASKED_MAX {
            return self.lost(now, true);
        }
        self.say(now);
        Ok(())
    }

    /// The conversation is lost.
    fn lost(&mut self, now: Moment, heard: bool) -> Result<(), ReadError> {
        match self.step {
            Step::Clear => self.take(now, Step::Restart),
            Step::Logoff => self.take(now, Step::Terminate),
            Step::Terminate | Step::Leave => self.finish(),
            // Nobody is there, or not any more.
            Step::Identify if !heard && self.reading.has_registers() => self.finish(),
            Step::Identify if !heard => {
                Err(ReadError::Silent { attempts: self.config.patience.attempts.max(1) })
            }
            // A password is said once. Whether it came, and was right, nobody knows.
            Step::Unlock => self.fail(now, unheard(TRIES_MAX, heard)),
            Step::Identify | Step::Negotiate | Step::Logon | Step::Read => {
                self.is_slow |= self.script.settings() != self.config.settings;
                self.is_plain |= self.step == Step::Negotiate;
                self.begin_anew(now, Step::Restart, heard)
            }
            Step::Restart | Step::Switch(_) | Step::Over => Ok(()),
        }
    }

    fn begin_anew(&mut self, now: Moment, step: Step, heard: bool) -> Result<(), ReadError> {
        if self.extras && self.conversations > 1 {
            return self.cut_short(now);
        }
        if self.conversations >= CONVERSATIONS_MAX {
            return self.fail(now, unheard(self.conversations, heard));
        }
        self.conversations += 1;
        self.script.tell(Progress::Repeating);
        self.take(now, step)
    }

    /// No time is left: what has come is kept.
    fn out_of_time(&mut self, now: Moment) -> Result<(), ReadError> {
        if matches!(self.step, Step::Logoff | Step::Terminate | Step::Leave) {
            return self.finish();
        }
        self.ends = now + 4 * FAREWELL_WAIT;
        if self.extras { self.cut_short(now) } else { self.fail(now, ReadError::TimedOut) }
    }

    fn cut_short(&mut self, now: Moment) -> Result<(), ReadError> {
        self.reading.give_up(&mut self.script);
        self.take(now, Step::Terminate)
    }

    /// Ends without a readout, after the meter has been told.
    fn fail(&mut self, now: Moment, error: ReadError) -> Result<(), ReadError> {
        self.failed = Some(error);
        self.take(now, Step::Terminate)
    }

    fn finish(&mut self) -> Result<(), ReadError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let retries = self.channel.retries() + self.wrong;
        let readout = self.reading.readout(self.channel.has_echo(), retries);
        let mut readout = readout.ok_or(ReadError::NothingToRead)?;
        if self.is_slow {
            readout.way.quirks.insert(Quirk::Slow);
        }
        self.step = Step::Over;
        self.script.push(Output::Done(readout));
        Ok(())
    }
}

/// Nothing that could be understood has come so many times.
const fn unheard(attempts: u8, heard: bool) -> ReadError {
    if heard { ReadError::Garbled { attempts } } else { ReadError::Silent { attempts } }
}

impl drive::Protocol for Session {
    type Done = Readout;

    fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        self.handle(now, input)
    }

    fn poll(&mut self, now: Moment) -> Output<Readout> {
        self.poll(now)
    }

    /// A conversation that nobody ends shuts the next reader out for six seconds.
    fn farewell(&mut self) -> Option<Vec<u8>> {
        match self.step {
            // The meter waits for our acknowledgement, and for nothing else.
            Step::Restart | Step::Leave => self.channel.unsaid(),
            // The speed is not the same at both ends yet.
            Step::Switch(_) | Step::Over => None,
            Step::Clear | Step::Identify | Step::Negotiate | Step::Logon | Step::Unlock => self.last_packet(),
            Step::Read | Step::Logoff | Step::Terminate => self.last_packet(),
        }
    }

    /// The meter repeats its answer until that has been acknowledged, and only then is the conversation over.
    fn last_word(&mut self) -> Option<Vec<u8>> {
        Some(Channel::acknowledgement())
    }
}
