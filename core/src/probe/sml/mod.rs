//! SML (Smart Message Language) as meters push it. Nothing here sends.
//!
//! A telegram counts when the checksum of its frame is right. A wrong checksum of a message in it is a habit of
//! some makers: the readout then says [`Integrity::Tolerated`](super::readout::Integrity). Status words that
//! are registers of their own (`1-0:96.5.0`) come as numbers, those beside other values are passed over. Meters
//! that wait for their PIN show energy in whole kilowatt-hours: a scaler of 3.

mod element;
mod frame;
mod message;
mod register;

use std::time::Duration;

use self::{
    frame::{Checksum, Frames, Heard},
    message::Telegram,
};
use super::{
    drive::Protocol,
    error::ReadError,
    listen::{self, Finder, Found, Listener},
    port::{Framing, Input, Output, Patience, Settings},
    readout::Readout,
    way::Family,
};
use crate::time::Moment;

pub use super::listen::Config;
#[cfg(test)]
pub(super) use frame::frame;

/// As all meters that push SML do it: every 1 to 4 s.
pub const USUAL: Config = Config {
    settings: Settings { baud: 9_600, framing: Framing::EightNone },
    patience: Patience { attempts: 1, wait: Duration::from_secs(5) },
};

/// Listening to one meter, until a telegram with registers is right.
#[derive(Debug)]
pub struct Session(Listener<Telegrams>);

impl Session {
    /// Begins to listen.
    pub fn start(now: Moment, config: Config) -> Self {
        Self(Listener::start(now, config, Telegrams::new(config.settings)))
    }
}

impl Protocol for Session {
    type Done = Readout;

    fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        self.0.handle(now, input)
    }

    fn poll(&mut self, now: Moment) -> Output<Readout> {
        self.0.poll(now)
    }
}

/// All telegrams of a dump whose checksum is right, in order.
pub fn decode(bytes: &[u8]) -> Vec<Readout> {
    telegrams(bytes).into_iter().map(|(_, readout)| readout).collect()
}

/// As [`decode`], each with where it begins.
pub(super) fn telegrams(bytes: &[u8]) -> Vec<(usize, Readout)> {
    listen::telegrams(Telegrams::new(USUAL.settings), bytes)
}

#[derive(Debug)]
struct Telegrams {
    settings: Settings,
    frames: Frames,
    heard: usize,
    began: usize,
}

impl Telegrams {
    fn new(settings: Settings) -> Self {
        Self { settings, frames: Frames::default(), heard: 0, began: 0 }
    }
}

impl Finder for Telegrams {
    const FAMILY: Family = Family::Sml;

    fn push(&mut self, raw: u8) -> Option<Found> {
        let (heard, began) = (self.frames.push(raw), self.began);
        self.heard += 1;
        self.began = self.heard - self.frames.len();
        match heard {
            Heard::Nothing => None,
            Heard::Damaged => Some(Found::Damaged),
            Heard::Whole(payload, checksum) => {
                let telegram = Telegram::read(&payload);
                let sure = |telegram: &Telegram<'_>| checksum == Checksum::X25 || !telegram.tolerated;
                Some(telegram.filter(sure).map_or(Found::Damaged, |telegram| {
                    register::readout(&telegram, self.settings)
                        .map_or(Found::Empty, |readout| Found::Readout(readout, began))
                }))
            }
        }
    }

    fn begun(&self) -> usize {
        self.frames.len()
    }

    fn may_be_over(&self) -> bool {
        false
    }

    fn silence(&mut self) -> Option<Found> {
        None
    }
}
