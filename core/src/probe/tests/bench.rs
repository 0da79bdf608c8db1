//! The bench: a virtual meter, a probe with its faults, and time that passes only when somebody waits.

use std::{
    cell::Cell,
    io,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use super::{
    meter::{Habits, Meter},
    wire::{Receiver, Wire},
};
use crate::{
    probe::{
        drive::{Drive, Protocol, drive},
        iec62056::{Config, Session},
        port::{Line, Progress, Settings},
    },
    time::Moment,
};

/// A whole readout of mode A, without parity bits.
const OLD_ANSWER: &[u8] = b"/OLD X\r\n\x021.8.0(1)\r\n!\r\n\x03+";

/// What a probe does to the bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Probe {
    pub(super) echo: Echo,
    /// The port takes the parity bit off.
    pub(super) strips_parity: bool,
    /// What comes is handed on this much later, as Bluetooth does.
    pub(super) delay_ms: u64,
    /// The line fails after this much time.
    pub(super) unplugged_after_ms: Option<u64>,
    /// The port still holds the answer of an earlier meter.
    pub(super) keeps_old: bool,
    /// A lamp flickers all the time, without rest.
    pub(super) lamp: bool,
    /// This bit of the how-manieth byte is heard wrong.
    pub(super) flip: Option<(usize, u32)>,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Echo {
    #[default]
    None,
    Whole,
    /// Only the first bytes.
    Cut,
    Garbled,
    /// Still coming when the speed has changed.
    Late,
}

pub(super) struct Bench {
    pub(super) now_ns: Cell<u64>,
    /// Somebody asks to stop at this moment.
    pub(super) cancel_at_ms: Option<u64>,
    pub(super) cancel: AtomicBool,
    pub(super) config: Config,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with(Config::default())
    }

    pub(super) const fn with(config: Config) -> Self {
        Self { now_ns: Cell::new(0), cancel_at_ms: None, cancel: AtomicBool::new(false), config }
    }

    pub(super) fn now(&self) -> Moment {
        Moment(self.now_ns.get() / 1_000)
    }

    /// Time goes to `until_ns`, if it is not later already.
    pub(super) fn pass(&self, until_ns: u64) {
        self.now_ns.set(self.now_ns.get().max(until_ns));
        if self.cancel_at_ms.is_some_and(|at| self.now_ns.get() >= at * 1_000_000) {
            self.cancel.store(true, Ordering::Relaxed);
        }
    }

    /// Drives a readout on any line.
    pub(super) fn run(&self, line: &mut dyn Line) -> (Drive, Vec<Progress>) {
        self.run_any(Session::start(self.now(), self.config.clone()), line)
    }

    /// Drives anything on any line.
    pub(super) fn run_any<P: Protocol>(
        &self,
        protocol: P,
        line: &mut dyn Line,
    ) -> (Drive<P::Done>, Vec<Progress>) {
        let mut seen = Vec::new();
        let drive = drive(protocol, line, &|| self.now(), &self.cancel, &mut |progress| seen.push(progress));
        (drive, seen)
    }

    /// Reads a virtual meter.
    pub(super) fn read(&self, habits: Habits, probe: Probe) -> (Drive, Vec<Progress>) {
        self.run(&mut VirtualLine::new(self, habits, probe))
    }
}

/// Reads a virtual meter on a bench of its own.
pub(super) fn read(habits: Habits, probe: Probe) -> Drive {
    Bench::new().read(habits, probe).0
}

pub(super) struct VirtualLine<'a> {
    bench: &'a Bench,
    probe: Probe,
    pub(super) meter: Meter,
    wire: Wire,
    receiver: Receiver,
    sent_until: u64,
    lamp_until: u64,
    heard: usize,
    pub(super) settings: Option<Settings>,
}

impl<'a> VirtualLine<'a> {
    pub(super) fn new(bench: &'a Bench, habits: Habits, probe: Probe) -> Self {
        let mut wire = Wire::default();
        let meter = Meter::new(habits, &mut wire);
        Self {
            bench,
            probe,
            meter,
            wire,
            receiver: Receiver::new(300),
            sent_until: 0,
            lamp_until: 0,
            heard: 0,
            settings: None,
        }
    }

    fn echo(&mut self, from: u64, bytes: &[u8]) {
        let baud = self.receiver.baud;
        match self.probe.echo {
            Echo::None => {}
            Echo::Whole => _ = self.wire.say(from, baud, bytes),
            Echo::Cut => _ = self.wire.say(from, baud, &bytes[..bytes.len() / 2]),
            Echo::Garbled => {
                let garbled: Vec<u8> = bytes.iter().map(|byte| byte.rotate_left(3) ^ 0x11).collect();
                self.wire.say(from, baud, &garbled);
            }
            Echo::Late => _ = self.wire.say(from + 90_000_000, baud, bytes),
        }
    }
}

impl Line for VirtualLine<'_> {
    fn set(&mut self, settings: Settings) -> io::Result<()> {
        let now = self.bench.now_ns.get();
        assert!(now >= self.sent_until, "the speed changed while bits were on the wire");
        self.receiver.set(now, settings.baud);
        self.settings = Some(settings);
        Ok(())
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (now, baud) = (self.bench.now_ns.get(), self.receiver.baud);
        let from = now.max(self.sent_until);
        self.meter.pass(&mut self.wire, from);
        self.sent_until = from + bytes.len() as u64 * 10 * super::wire::bit_ns(baud);
        self.echo(from, bytes);
        self.meter.hear(&mut self.wire, bytes, baud, self.sent_until);
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<usize> {
        let until = self.bench.now_ns.get() + u64::try_from(wait.as_nanos()).unwrap();
        if self.probe.unplugged_after_ms.is_some_and(|at| until > at * 1_000_000) {
            return Err(io::ErrorKind::NotConnected.into());
        }
        if std::mem::take(&mut self.probe.keeps_old) {
            buffer[..OLD_ANSWER.len()].copy_from_slice(OLD_ANSWER);
            return Ok(OLD_ANSWER.len());
        }
        while self.probe.lamp && self.lamp_until <= until {
            self.lamp_until = self.wire.say(self.lamp_until + 7_000_000, 300, &[0x5A]);
        }
        self.meter.pass(&mut self.wire, until);
        let delay = self.probe.delay_ms * 1_000_000;
        let Some((byte, at)) = self.receiver.next(&self.wire, until.saturating_sub(delay)) else {
            self.bench.pass(until);
            return Ok(0);
        };
        self.bench.pass(at + delay);
        let flip = self.probe.flip.filter(|(number, _)| *number == self.heard);
        let byte = byte ^ flip.map_or(0, |(_, bit)| 1 << bit);
        self.heard += 1;
        buffer[0] = if self.probe.strips_parity { byte & 0x7F } else { byte };
        Ok(1)
    }
}
