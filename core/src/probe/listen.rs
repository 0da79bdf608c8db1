//! Waiting for a telegram that a meter sends unasked: what SML and the text telegrams have in common.

use std::time::Duration;

use super::{
    drive::Protocol,
    error::ReadError,
    port::{Input, Output, Patience, Progress, Settings},
    readout::Readout,
    script::Script,
    way::Family,
};
use crate::time::Moment;

/// After a telegram has begun, also for the next one: DSMR 4 sends every 10 s.
const NEXT_WAIT: Duration = Duration::from_secs(12);
/// The longest pause inside a telegram, and what a USB bridge or Bluetooth adds.
const GAP: Duration = Duration::from_millis(1_500);
/// After a telegram has said all but a checksum.
const END_SILENCE: Duration = Duration::from_millis(500);
/// Two lists of 5 kB at 2400 Bd and one that was damaged, with their pauses.
const TOTAL_TIME_MAX: Duration = Duration::from_secs(120);
/// What 115,200 Bd deliver in 45 s. No meter sends without a rest.
const TOTAL_BYTES_MAX: usize = 512 * 1024;
/// Telegrams of each kind that brought nothing, before giving up.
const VAIN_MAX: u8 = 5;
/// Fewer bytes than this are a lamp or the remains of an echo and not a meter at another speed.
const NOISE_MIN: usize = 32;
/// Bytes between two progress reports.
const PROGRESS_STEP: usize = 64;

/// How to listen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Config {
    /// Speed and framing of the meter.
    pub settings: Settings,
    /// `wait` is how long to listen for the beginning of a telegram. There are no requests, so `attempts`
    /// counts for nothing.
    pub patience: Patience,
}

/// What came of a telegram.
#[derive(Debug)]
pub(super) enum Found {
    /// Whole, to be believed, with registers. It began with this byte, from 0.
    Readout(Readout, usize),
    /// Whole, with no checksum: another one must say the same.
    Unconfirmed,
    /// Whole and right, and no register is in it.
    Empty,
    /// Not to be believed.
    Damaged,
}

/// Looks for telegrams in what a line delivers.
pub(super) trait Finder {
    /// Whose telegrams.
    const FAMILY: Family;

    /// Takes one raw byte.
    fn push(&mut self, raw: u8) -> Option<Found>;

    /// Bytes of the telegram that has begun for certain; 0 while there is none.
    fn begun(&self) -> usize;

    /// All has been said but a checksum, so that a short silence ends the telegram.
    fn may_be_over(&self) -> bool;

    /// Nothing more comes.
    fn silence(&mut self) -> Option<Found>;
}

/// All telegrams of a dump in order, each with where it began.
pub(super) fn telegrams(mut finder: impl Finder, bytes: &[u8]) -> Vec<(usize, Readout)> {
    let mut found: Vec<(usize, Readout)> = Vec::new();
    let mut keep = |one: Option<Found>| {
        if let Some(Found::Readout(readout, at)) = one {
            found.push((at, readout));
        }
    };
    bytes.iter().for_each(|&raw| keep(finder.push(raw)));
    keep(finder.silence());
    found
}

/// Listens until there is a telegram, and never sends.
#[derive(Debug)]
pub(super) struct Listener<F> {
    finder: F,
    script: Script<Readout>,
    deadline: Moment,
    /// When silence ends a telegram that may be over.
    silent_at: Option<Moment>,
    ends: Moment,
    heard: usize,
    begun: bool,
    damaged: u8,
    unconfirmed: u8,
    empty: u8,
    over: bool,
}

impl<F: Finder> Listener<F> {
    pub(super) fn start(now: Moment, config: Config, finder: F) -> Self {
        let mut script = Script::new(now, config.settings);
        script.tell(Progress::Trying { family: F::FAMILY, baud: config.settings.baud });
        Self {
            finder,
            script,
            deadline: now + config.patience.wait,
            silent_at: None,
            ends: now + TOTAL_TIME_MAX,
            heard: 0,
            begun: false,
            damaged: 0,
            unconfirmed: 0,
            empty: 0,
            over: false,
        }
    }

    fn advance(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        if self.over {
            return Ok(());
        }
        if now >= self.ends {
            return Err(self.why_nothing());
        }
        match input {
            Input::Bytes(bytes) => bytes.iter().try_for_each(|&raw| self.hear(now, raw)),
            Input::Elapsed => self.go_on(now),
            // It asks for no counter.
            Input::Reserved(_) => Ok(()),
        }
    }

    fn hear(&mut self, now: Moment, raw: u8) -> Result<(), ReadError> {
        if self.over {
            return Ok(());
        }
        self.heard += 1;
        if self.heard > TOTAL_BYTES_MAX {
            return Err(ReadError::TooLong);
        }
        let before = self.finder.begun();
        if let Some(found) = self.finder.push(raw) {
            self.weigh(now, found)?;
            if self.over {
                return Ok(());
            }
        }
        let bytes = self.finder.begun();
        if bytes > before {
            self.begun = true;
            self.deadline = self.deadline.max(now + if before == 0 { NEXT_WAIT } else { GAP });
            if bytes.is_multiple_of(PROGRESS_STEP) {
                self.script.tell(Progress::Receiving { bytes });
            }
        }
        self.silent_at = self.finder.may_be_over().then(|| now + END_SILENCE);
        Ok(())
    }

    /// A moment we waited for has passed.
    fn go_on(&mut self, now: Moment) -> Result<(), ReadError> {
        if self.silent_at.is_some_and(|at| now >= at) {
            self.silent_at = None;
            if let Some(found) = self.finder.silence() {
                self.weigh(now, found)?;
            }
        }
        if now >= self.deadline && !self.over { Err(self.why_nothing()) } else { Ok(()) }
    }

    fn weigh(&mut self, now: Moment, found: Found) -> Result<(), ReadError> {
        let vain = match found {
            Found::Readout(readout, _) => {
                let retries = u32::from(self.damaged);
                self.finish();
                self.script.push(Output::Done(Readout { retries, ..readout }));
                return Ok(());
            }
            Found::Damaged => {
                self.script.tell(Progress::Repeating);
                &mut self.damaged
            }
            Found::Unconfirmed => &mut self.unconfirmed,
            Found::Empty => &mut self.empty,
        };
        *vain += 1;
        if *vain >= VAIN_MAX {
            return Err(self.why_nothing());
        }
        self.deadline = self.deadline.max(now + NEXT_WAIT);
        Ok(())
    }

    fn why_nothing(&self) -> ReadError {
        let bad = self.damaged + self.unconfirmed;
        if bad == 0 && self.empty > 0 {
            ReadError::NothingToRead
        } else if bad > 0 || self.begun || self.heard >= NOISE_MIN {
            ReadError::Garbled { attempts: bad.max(1) }
        } else {
            ReadError::Silent { attempts: 1 }
        }
    }

    const fn finish(&mut self) {
        self.over = true;
        self.silent_at = None;
        self.deadline = Moment(u64::MAX);
        self.ends = self.deadline;
    }
}

impl<F: Finder> Protocol for Listener<F> {
    type Done = Readout;

    fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        let outcome = self.advance(now, input);
        if outcome.is_err() {
            self.finish();
        }
        outcome
    }

    fn poll(&mut self, _now: Moment) -> Output<Readout> {
        let until = self.deadline.min(self.ends).min(self.silent_at.unwrap_or(self.ends));
        self.script.next().unwrap_or(Output::Wait(until))
    }
}
