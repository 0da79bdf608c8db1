//! The virtual line: time passes only when somebody waits, and a head may hear itself.

use std::{
    cell::Cell,
    io,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use super::{habits::Habits, meter::Meter};
use crate::{
    probe::{
        c1218::{Config, Session},
        drive::{Attendant, Drive, drive},
        part::Part,
        port::{Framing, Line, Progress, Settings},
    },
    time::Moment,
};

/// What a head does to the bytes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Echo {
    #[default]
    None,
    Whole,
    /// Only the first half of each message.
    Cut,
    /// A wrong bit here and there.
    Garbled,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Probe {
    pub(super) echo: Echo,
    /// What comes is handed on this much later.
    pub(super) delay_ms: u64,
    /// A lamp flickers all the time.
    pub(super) lamp: bool,
}

/// What was told while a meter was read.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) progress: Vec<Progress>,
    pub(super) parts: Vec<Part>,
}

impl Attendant for Told {
    fn progress(&mut self, progress: Progress) {
        self.progress.push(progress);
    }

    fn part(&mut self, part: Part) -> io::Result<()> {
        self.parts.push(part);
        Ok(())
    }
}

/// What came of a readout.
pub(super) struct Run {
    pub(super) drive: Drive,
    pub(super) told: Told,
    pub(super) meter: Meter,
    /// The shortest time between the meter's last bit and our next.
    pub(super) least_turn: Duration,
}

/// Reads a virtual meter.
pub(super) fn read(habits: Habits, probe: Probe, config: Config) -> Run {
    read_until(habits, probe, config, None)
}

/// Reads a virtual meter until somebody wants to stop.
pub(super) fn read_until(habits: Habits, probe: Probe, config: Config, cancel_at_ms: Option<u64>) -> Run {
    let (now, cancel) = (Cell::new(0), AtomicBool::new(false));
    let mut line = VirtualLine {
        now: &now,
        cancel: &cancel,
        cancel_at: cancel_at_ms.map_or(u64::MAX, |at| at * 1_000_000),
        probe,
        meter: Meter::new(habits),
        settings: Settings { baud: 300, framing: Framing::SevenEven },
        sent_until: 0,
        echo: Vec::new(),
        lamp_at: 0,
        least_turn: u64::MAX,
    };
    let clock = || Moment(now.get() / 1_000);
    let mut told = Told::default();
    let session = Session::start(clock(), config);
    let drive = drive(session, &mut line, &clock, &cancel, &mut told);
    Run { drive, told, meter: line.meter, least_turn: Duration::from_nanos(line.least_turn) }
}

struct VirtualLine<'a> {
    now: &'a Cell<u64>,
    cancel: &'a AtomicBool,
    /// When somebody wants to stop.
    cancel_at: u64,
    probe: Probe,
    meter: Meter,
    settings: Settings,
    sent_until: u64,
    echo: Vec<(u64, u8)>,
    lamp_at: u64,
    least_turn: u64,
}

impl Line for VirtualLine<'_> {
    fn set(&mut self, settings: Settings) -> io::Result<()> {
        assert!(self.now.get() >= self.sent_until, "the speed changed while bits were on the wire");
        assert_eq!(settings.framing, Framing::EightNone);
        self.settings = settings;
        Ok(())
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut at = self.now.get().max(self.sent_until);
        self.meter.pass(at);
        if self.meter.said_until() > 0 {
            self.least_turn = self.least_turn.min(at.saturating_sub(self.meter.said_until()));
        }
        for (place, &byte) in bytes.iter().enumerate() {
            at += 10 * 1_000_000_000 / u64::from(self.settings.baud);
            match self.probe.echo {
                Echo::Whole => self.echo.push((at, byte)),
                Echo::Cut if place < bytes.len() / 2 => self.echo.push((at, byte)),
                Echo::Garbled => self.echo.push((at, if place % 3 == 2 { byte ^ 0x21 } else { byte })),
                Echo::None | Echo::Cut => {}
            }
            self.meter.hear(at, byte, self.settings.baud);
        }
        self.sent_until = at;
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<usize> {
        if self.now.get() >= self.cancel_at {
            self.cancel.store(true, Ordering::Relaxed);
        }
        let until = self.now.get() + u64::try_from(wait.as_nanos()).unwrap();
        self.meter.pass(until);
        let delay = self.probe.delay_ms * 1_000_000;
        let echo = self.echo.first().map_or(u64::MAX, |&(at, _)| at + delay);
        let said = self.meter.said.front().map_or(u64::MAX, |&(at, ..)| at + delay);
        let lamp = if self.probe.lamp { self.lamp_at } else { u64::MAX };
        let at = echo.min(said).min(lamp);
        if at > until {
            self.now.set(until);
            return Ok(0);
        }
        let byte = if at == lamp {
            self.lamp_at += 3_000_000;
            [0xEE, 0x06, 0x00, 0x15, 0xFF][(at / 3_000_000 % 5) as usize]
        } else if at == echo {
            self.echo.remove(0).1
        } else {
            let (_, byte, baud) = self.meter.said.pop_front().unwrap();
            if baud == self.settings.baud { byte } else { byte.rotate_left(3) ^ 0x55 }
        };
        self.now.set(self.now.get().max(at));
        buffer[0] = byte;
        Ok(1)
    }
}
