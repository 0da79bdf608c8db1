//! Text telegrams in the form of IEC 62056-21 that a meter sends unasked: mode D, the D0 interface of German
//! meters, and P1 of the Dutch and their neighbours (DSMR, eSMR). Nothing here sends.
//!
//! A telegram counts when its checksum is right; where it has none, when the next one says the same. One whose
//! checksum is wrong never counts, whatever it says.

mod agree;
mod readout;
mod telegram;

use std::time::Duration;

use self::{
    readout::Origin,
    telegram::{Collector, Heard, Telegram},
};
use super::{
    drive::Protocol,
    error::ReadError,
    iec62056::dataset,
    listen::{self, Finder, Found, Listener},
    port::{Framing, Input, Output, Patience, Settings},
    readout::{Integrity, Readout},
    way::Family,
};
use crate::time::Moment;

pub use super::listen::Config;

/// The D0 interface: 9600 Bd, every 1 to 4 s. Meters of DSMR 2 and 3 do it like this too, every 10 s.
pub const D0: Config = Config {
    settings: Settings { baud: 9_600, framing: Framing::SevenEven },
    patience: Patience { attempts: 1, wait: Duration::from_secs(12) },
};
/// P1 of DSMR 4 and 5: 115,200 Bd, every 10 s or every second.
pub const P1: Config =
    Config { settings: Settings { baud: 115_200, framing: Framing::EightNone }, patience: D0.patience };
/// Mode D of the standard: 2400 Bd, after a button was pressed or something was held to a sensor.
pub const MODE_D: Config =
    Config { settings: Settings { baud: 2_400, framing: Framing::SevenEven }, patience: D0.patience };

/// Listening to one meter, until a telegram with registers is right. Whether characters carry a parity bit is
/// told by what comes.
#[derive(Debug)]
pub struct Session(Listener<Telegrams>);

impl Session {
    /// Begins to listen.
    pub fn start(now: Moment, config: Config) -> Self {
        let origin = Origin { baud: Some(config.settings.baud), pushed: true };
        Self(Listener::start(now, config, Telegrams::new(origin)))
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

/// All telegrams of a dump that can be believed, in order. Their speed is the usual one of their form.
pub fn decode(bytes: &[u8]) -> Vec<Readout> {
    let finder = Telegrams::new(Origin { baud: None, pushed: true });
    listen::telegrams(finder, bytes).into_iter().map(|(_, readout)| readout).collect()
}

/// All telegrams and blocks of a dump that can be believed, pushed or asked for, each with where it begins.
pub(super) fn telegrams(bytes: &[u8]) -> Vec<(usize, Readout)> {
    listen::telegrams(Telegrams::new(Origin { baud: None, pushed: false }), bytes)
}

#[derive(Debug)]
struct Telegrams {
    collector: Collector,
    origin: Origin,
    /// A whole telegram without checksum, kept until the next one confirms it.
    unconfirmed: Option<Telegram>,
}

impl Telegrams {
    const fn new(origin: Origin) -> Self {
        Self { collector: Collector::new(!origin.pushed), origin, unconfirmed: None }
    }

    fn weigh(&mut self, heard: Heard) -> Option<Found> {
        let telegram = match heard {
            Heard::Nothing => return None,
            Heard::Damaged => return Some(Found::Damaged),
            Heard::Whole(telegram) => telegram,
        };
        let first = self.unconfirmed.take();
        let found = |sets: &[_], integrity| {
            readout::readout(&telegram, sets, integrity, self.origin)
                .map_or(Found::Empty, |readout| Found::Readout(readout, telegram.began))
        };
        if telegram.checked {
            return Some(found(&dataset::parse(&telegram.body), Integrity::Checked));
        }
        let sets = first.as_ref().and_then(|first| agree::confirmed(first, &telegram));
        let found = sets.map_or(Found::Unconfirmed, |sets| found(&sets, Integrity::ReadTwice));
        self.unconfirmed = Some(telegram);
        Some(found)
    }
}

impl Finder for Telegrams {
    const FAMILY: Family = Family::Iec62056;

    fn push(&mut self, raw: u8) -> Option<Found> {
        let heard = self.collector.push(raw);
        self.weigh(heard)
    }

    fn begun(&self) -> usize {
        self.collector.begun()
    }

    fn may_be_over(&self) -> bool {
        self.collector.may_be_over()
    }

    fn silence(&mut self) -> Option<Found> {
        let heard = self.collector.silence();
        self.weigh(heard)
    }
}
