//! Tries one step after another; what it runs is a family's own session.

use std::{collections::VecDeque, time::Duration};

use super::{
    aim::{Aim, Head},
    ears::Ears,
    open,
    steps::{self, Kind, Step},
    trail::{Attempt, Hearing, Outcome},
};
use crate::{
    probe::{
        drive::Protocol,
        error::ReadError,
        port::{Input, Output, Progress},
        readout::Readout,
        way::Family,
    },
    time::Moment,
};

/// Somebody is talking in no form that was asked for: it may be a push, heard from its middle on.
const LISTEN_ON: Duration = Duration::from_millis(4_500);
/// A telegram has begun, and the next one may be 10 s away.
const LISTEN_ON_BEGUN: Duration = Duration::from_secs(12);
/// Most attempts that are told.
const TRAIL_MAX: usize = 32;

/// A search for the meter's language, and the readout in it.
pub struct Detect {
    aim: Aim,
    steps: VecDeque<Step>,
    now: Option<Running>,
    trail: Vec<Attempt>,
    pending: VecDeque<Output<Readout>>,
    /// Bursts were heard that may have been several meters at once.
    crowded: bool,
    /// Noise was followed by listening already, and by listening at other speeds.
    listened: bool,
    listened_elsewhere: bool,
    over: bool,
}

struct Running {
    step: Step,
    phase: Phase,
    ears: Option<Ears>,
    hearing: Hearing,
}

enum Phase {
    /// Leaving the line silent until then.
    Pausing(Moment),
    /// Asking.
    Asking {
        session: Box<dyn Protocol<Done = Readout>>,
        /// The meter has answered in this protocol: there is no other way for it.
        answered: bool,
        /// Without an answer by then, whatever is heard is not for us.
        until: Moment,
    },
    /// Only the ears are at work, from then on.
    Listening(Moment),
}

impl Detect {
    /// Begins with the way that is known.
    pub fn start(now: Moment, aim: Aim) -> Self {
        let steps = steps::steps(&aim).into();
        let mut detect = Self {
            aim,
            steps,
            now: None,
            trail: Vec::new(),
            pending: VecDeque::new(),
            crowded: false,
            listened: false,
            listened_elsewhere: false,
            over: false,
        };
        detect.next_step(now);
        detect
    }

    /// What was tried so far, in order.
    pub fn trail(&self) -> &[Attempt] {
        &self.trail
    }

    fn next_step(&mut self, now: Moment) {
        self.now = self.steps.pop_front().map(|step| {
            let ears = Ears::of(now, &step);
            let pause = if self.trail.is_empty() { Duration::ZERO } else { step.pause };
            let phase = Phase::Pausing(now + pause);
            Running { step, phase, ears, hearing: Hearing::default() }
        });
        if self.now.as_ref().is_some_and(|running| running.phase.is_due(now)) {
            self.begin(now);
        }
    }

    /// The pause is over.
    fn begin(&mut self, now: Moment) {
        let Some(running) = &mut self.now else { return };
        let (family, baud) = (running.step.kind.family(), running.step.baud);
        self.pending.push_back(Output::Progress(Progress::Trying { family, baud }));
        let session = open::open(now, &self.aim, &running.step);
        let until = now + running.step.longest();
        running.phase = Phase::Asking { session, answered: false, until };
    }

    fn advance(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        let Some(running) = &mut self.now else { return Ok(()) };
        if let Input::Bytes(bytes) = input {
            running.hearing.hear(bytes);
            if let Some(ears) = &mut running.ears {
                ears.hear(now, bytes);
            }
        } else if let Some(ears) = &mut running.ears {
            ears.wait(now);
        }
        match &mut running.phase {
            Phase::Pausing(until) => {
                if now >= *until {
                    self.begin(now);
                }
                Ok(())
            }
            Phase::Asking { session, answered, until } => {
                let (answered, late) = (*answered, now >= *until);
                match session.handle(now, input) {
                    Ok(()) if late && !answered => self.failed(now, ReadError::TimedOut, false),
                    Ok(()) => Ok(()),
                    Err(error) => self.failed(now, error, answered),
                }
            }
            Phase::Listening(since) => {
                if now >= *since + running.listens_for() {
                    self.leave(now, None)?;
                }
                Ok(())
            }
        }
    }

    fn failed(&mut self, now: Moment, error: ReadError, answered: bool) -> Result<(), ReadError> {
        let Some(running) = &mut self.now else { return Err(error) };
        if answered || is_final(error) {
            return self.leave(now, Some(error));
        }
        self.crowded |= error == ReadError::Crowded;
        if let Some(ears) = running.ears.as_ref().filter(|_| running.hearing.is_foreign()) {
            self.listened = true;
            // A step that listens has done so for as long already.
            if ears.has_begun() || running.step.kind != Kind::Listen {
                running.phase = Phase::Listening(now);
                return Ok(());
            }
        }
        self.leave(now, None)
    }

    /// This step is over: with an error that ends all, or to go on with the next.
    fn leave(&mut self, now: Moment, error: Option<ReadError>) -> Result<(), ReadError> {
        self.note(error.map(Outcome::Failed));
        if let Some(error) = error {
            return Err(error);
        }
        self.listen_next();
        self.next_step(now);
        if self.now.is_some() {
            return Ok(());
        }
        let noisy = |attempt: &&Attempt| attempt.outcome == Outcome::Noise;
        let heard = self.trail.iter().any(|attempt| noisy(&attempt));
        // Bursts that only one family has called up are its meters, all speaking at once.
        if self.crowded && self.trail.iter().filter(noisy).all(|attempt| attempt.family == Family::Dlt645) {
            return Err(ReadError::Crowded);
        }
        Err(ReadError::Unrecognised { heard, slow_left: steps::has_slow(&self.aim) })
    }

    /// Somebody talks whom nobody asked in this language: it may be a push, so the next thing is to listen. Where
    /// that was done and only noise came, the speed was another one.
    fn listen_next(&mut self) {
        let noise = self.trail.last().is_some_and(|attempt| attempt.outcome == Outcome::Noise);
        if !noise || self.aim.family.is_some() || self.aim.head == Head::FarInfrared {
            return;
        }
        let here = self.now.as_ref().is_some_and(|running| running.ears.is_some());
        if !self.listened {
            self.listened = true;
            self.steps.push_front(steps::listening(self.aim.slow));
        } else if here && !self.listened_elsewhere {
            self.listened_elsewhere = true;
            let [first, second] = steps::listening_elsewhere(self.aim.slow);
            self.steps.push_front(second);
            self.steps.push_front(first);
        }
    }

    fn note(&mut self, outcome: Option<Outcome>) {
        let Some(running) = &self.now else { return };
        if self.trail.len() < TRAIL_MAX {
            let Hearing { sent, received, .. } = running.hearing;
            self.trail.push(Attempt {
                family: running.step.kind.family(),
                baud: running.step.baud,
                sent,
                received,
                outcome: outcome.unwrap_or_else(|| running.hearing.outcome()),
            });
        }
    }

    fn done(&mut self, mut readout: Readout) -> Output<Readout> {
        self.note(Some(Outcome::Read));
        readout.way.echo |= self.now.as_ref().is_some_and(|running| running.hearing.has_echo());
        self.over = true;
        Output::Done(readout)
    }
}

impl Protocol for Detect {
    type Done = Readout;

    fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        if self.over {
            return Ok(());
        }
        let outcome = self.advance(now, input);
        self.over |= outcome.is_err();
        outcome
    }

    fn poll(&mut self, now: Moment) -> Output<Readout> {
        if let Some(output) = self.pending.pop_front() {
            return output;
        }
        let Some(running) = &mut self.now else { return Output::Wait(Moment(u64::MAX)) };
        if let Some(readout) = running.ears.as_mut().and_then(Ears::take) {
            return self.done(readout);
        }
        let ears = running.ears.as_ref().map_or(Moment(u64::MAX), Ears::deadline);
        let listens = running.listens_for();
        match &mut running.phase {
            Phase::Pausing(until) => Output::Wait((*until).min(ears)),
            Phase::Listening(since) => Output::Wait((*since + listens).min(ears)),
            Phase::Asking { session, answered, until: limit } => match session.poll(now) {
                Output::Wait(until) if *answered => Output::Wait(until.min(ears)),
                Output::Wait(until) => Output::Wait(until.min(ears).min(*limit)),
                Output::Done(readout) => self.done(readout),
                Output::Send(bytes) => {
                    running.hearing.say(&bytes);
                    Output::Send(bytes)
                }
                Output::Progress(progress) => {
                    *answered |= matches!(progress, Progress::Answered { .. });
                    Output::Progress(progress)
                }
                other @ (Output::Set(_) | Output::Reserve(_) | Output::Part(_)) => other,
            },
        }
    }

    fn farewell(&mut self) -> Option<Vec<u8>> {
        match &mut self.now.as_mut()?.phase {
            // A meter that has not answered has nothing open, and nobody waits for it.
            Phase::Asking { session, answered: true, .. } => session.farewell(),
            Phase::Asking { .. } | Phase::Pausing(_) | Phase::Listening(_) => None,
        }
    }

    fn last_word(&mut self) -> Option<Vec<u8>> {
        match &mut self.now.as_mut()?.phase {
            Phase::Asking { session, .. } => session.last_word(),
            Phase::Pausing(_) | Phase::Listening(_) => None,
        }
    }
}

impl Running {
    fn listens_for(&self) -> Duration {
        if self.ears.as_ref().is_some_and(Ears::has_begun) { LISTEN_ON_BEGUN } else { LISTEN_ON }
    }
}

impl Phase {
    fn is_due(&self, now: Moment) -> bool {
        matches!(self, Self::Pausing(until) if now >= *until)
    }
}

/// Errors that no other protocol would mend.
const fn is_final(error: ReadError) -> bool {
    match error {
        ReadError::Locked | ReadError::WrongKey | ReadError::ShutFor { .. } | ReadError::NothingToRead => {
            true
        }
        ReadError::Silent { .. }
        | ReadError::Garbled { .. }
        | ReadError::Refused
        | ReadError::Crowded
        | ReadError::Unrecognised { .. }
        | ReadError::TooLong
        | ReadError::TimedOut => false,
    }
}

impl std::fmt::Debug for Detect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Detect")
            .field("steps", &self.steps)
            .field("trail", &self.trail)
            .finish_non_exhaustive()
    }
}
