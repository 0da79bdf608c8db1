//! A probe and the meters in its beam, and time that passes only when somebody waits.

use std::{cell::Cell, io, sync::atomic::AtomicBool, time::Duration};

use super::{
    light::{Light, Receiver, bit_ns},
    meter::Meter,
};
use crate::{
    probe::{
        dlt645::{Config, Opening, Session},
        drive::{Attendant, Drive, DriveError, drive},
        error::ReadError,
        part::{Part, Wants},
        port::{Framing, Line, Patience, Progress, Settings},
        readout::Readout,
    },
    time::Moment,
};

/// What a probe does to the bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Probe {
    pub(super) echo: Echo,
    /// What comes is handed on this much later, as Bluetooth does.
    pub(super) delay_ms: u64,
    /// A lamp flickers all the time.
    pub(super) lamp: bool,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Echo {
    #[default]
    None,
    Whole,
    /// Only the first bytes.
    Cut,
    Garbled,
}

/// What came of a readout.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) drive: Drive,
    pub(super) progress: Vec<Progress>,
    pub(super) parts: Vec<Part>,
    pub(super) meters: Vec<Meter>,
}

impl Outcome {
    #[track_caller]
    pub(super) fn readout(&self) -> &Readout {
        self.drive.result.as_ref().unwrap()
    }

    #[track_caller]
    pub(super) fn error(&self) -> ReadError {
        match &self.drive.result {
            Err(DriveError::Read(error)) => *error,
            result => panic!("{result:?}"),
        }
    }

    /// A register by its shortened code, with its unit.
    pub(super) fn register(&self, code: &str) -> Option<String> {
        let obis = code.parse().unwrap();
        let datum = self.readout().registers.iter().find(|datum| datum.obis == obis)?;
        let unit = datum.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
        let at = datum.at.map(|at| format!(" {at}")).unwrap_or_default();
        Some(format!("{}{unit}{at}", datum.value))
    }
}

pub(super) fn config(opening: Opening) -> Config {
    Config {
        settings: Settings { baud: 1_200, framing: Framing::EightEven },
        opening,
        edition: None,
        patience: Patience { attempts: 3, wait: Duration::from_millis(600) },
        wants: Wants::default(),
        full: false,
    }
}

pub(super) fn known(address: &str) -> Opening {
    Opening::Known(address.parse().unwrap())
}

/// Reads what is in the beam.
pub(super) fn read(meters: Vec<Meter>, probe: Probe, config: Config) -> Outcome {
    let now_ns = Cell::new(0);
    let now = || Moment(now_ns.get() / 1_000);
    let mut beam = Beam {
        now_ns: &now_ns,
        probe,
        meters,
        light: Light::default(),
        receiver: Receiver::new(300),
        sent_until: 0,
        lamp_until: 0,
    };
    let mut book = Book::default();
    let session = Session::start(now(), config);
    let drive = drive(session, &mut beam, &now, &AtomicBool::new(false), &mut book);
    Outcome { drive, progress: book.progress, parts: book.parts, meters: beam.meters }
}

#[derive(Default)]
struct Book {
    progress: Vec<Progress>,
    parts: Vec<Part>,
}

impl Attendant for Book {
    fn progress(&mut self, progress: Progress) {
        self.progress.push(progress);
    }

    fn part(&mut self, part: Part) -> io::Result<()> {
        self.parts.push(part);
        Ok(())
    }
}

struct Beam<'a> {
    now_ns: &'a Cell<u64>,
    probe: Probe,
    meters: Vec<Meter>,
    light: Light,
    receiver: Receiver,
    sent_until: u64,
    lamp_until: u64,
}

impl Line for Beam<'_> {
    fn set(&mut self, settings: Settings) -> io::Result<()> {
        assert_eq!(settings.framing, Framing::EightEven);
        self.receiver.baud = settings.baud;
        Ok(())
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let baud = self.receiver.baud;
        let from = self.now_ns.get().max(self.sent_until);
        self.sent_until = from + bytes.len() as u64 * 11 * bit_ns(baud);
        match self.probe.echo {
            Echo::None => {}
            Echo::Whole => _ = self.light.say(from, baud, bytes),
            Echo::Cut => _ = self.light.say(from, baud, &bytes[..bytes.len() / 2]),
            Echo::Garbled => {
                let garbled: Vec<u8> = bytes.iter().map(|byte| byte.rotate_left(3) ^ 0x11).collect();
                self.light.say(from, baud, &garbled);
            }
        }
        for meter in self.meters.iter_mut().filter(|meter| meter.baud == baud) {
            if let Some(reply) = meter.hear(bytes) {
                let at = self.sent_until + meter.reaction_ms * 1_000_000;
                self.light.say(at, meter.baud, &reply);
            }
        }
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<usize> {
        let until = self.now_ns.get() + u64::try_from(wait.as_nanos()).unwrap();
        while self.probe.lamp && self.lamp_until <= until {
            self.lamp_until = self.light.say(self.lamp_until + 7_000_000, 1_200, &[0x5A]);
        }
        let delay = self.probe.delay_ms * 1_000_000;
        let heard = self.receiver.next(&self.light, until.saturating_sub(delay));
        let at = heard.map_or(until, |(_, at)| at + delay);
        self.now_ns.set(self.now_ns.get().max(at));
        let Some((byte, _)) = heard else { return Ok(0) };
        buffer[0] = byte;
        Ok(1)
    }
}
