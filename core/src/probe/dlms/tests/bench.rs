//! The bench: a virtual meter on a line with true times, a probe with its faults, and somebody who keeps counters.

use std::{
    cell::Cell,
    collections::VecDeque,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{
    keys::{CLIENT, KEYS},
    meter::{Habits, Meter},
    station::{LinkHabits, Station},
};
use crate::{
    probe::{
        dlms::{Config, Session},
        drive::{Attendant, Drive, DriveError, drive},
        error::ReadError,
        keys::{Keyring, Keys},
        part::Part,
        port::{Line, Progress, Reservation, Settings},
        readout::{Readout, Value},
    },
    time::Moment,
};

/// What a probe does to the bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Probe {
    pub(super) echo: Echo,
    /// What comes is handed on this much later.
    pub(super) delay_ms: u64,
    /// The meter speaks with even parity in seven bits.
    pub(super) parity: bool,
    /// A lamp flickers before every answer.
    pub(super) lamp: bool,
    /// One bit of all that the meter says is wrong: which.
    pub(super) flips_bit: Option<usize>,
    /// After so many answers the probe is off the meter.
    pub(super) slips_after: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Echo {
    #[default]
    None,
    Whole,
    Cut,
    Garbled,
}

/// How long the meter thinks.
pub(super) const THINKS: Duration = Duration::from_millis(30);

pub(super) struct VirtualLine<'a> {
    now_us: &'a Cell<u64>,
    probe: Probe,
    pub(super) station: Station<Meter>,
    thinks: Duration,
    byte_us: u64,
    sent_until: u64,
    coming: VecDeque<(u64, u8)>,
    bits: usize,
    answers: usize,
}

impl VirtualLine<'_> {
    fn put(&mut self, mut at: u64, bytes: &[u8]) {
        for &byte in bytes {
            at += self.byte_us;
            self.coming.push_back((at + self.probe.delay_ms * 1_000, byte));
        }
        self.coming.make_contiguous().sort_by_key(|(at, _)| *at);
    }

    fn spoil(&mut self, answer: &mut [u8]) {
        for byte in answer {
            if self.probe.flips_bit.is_some_and(|bit| (self.bits..self.bits + 8).contains(&bit)) {
                *byte ^= 1 << (self.probe.flips_bit.unwrap() - self.bits);
            }
            self.bits += 8;
            if self.probe.parity {
                *byte = (*byte & 0x7F) | if (*byte & 0x7F).count_ones() % 2 == 1 { 0x80 } else { 0 };
            }
        }
    }
}

impl Line for VirtualLine<'_> {
    fn set(&mut self, settings: Settings) -> io::Result<()> {
        self.byte_us = 10_000_000 / u64::from(settings.baud);
        Ok(())
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let from = self.now_us.get().max(self.sent_until);
        self.sent_until = from + bytes.len() as u64 * self.byte_us;
        match self.probe.echo {
            Echo::None => {}
            Echo::Whole => self.put(from, bytes),
            Echo::Cut => self.put(from, &bytes[..bytes.len() * 2 / 3]),
            Echo::Garbled => {
                let garbled: Vec<u8> = bytes.iter().map(|byte| byte.rotate_left(3) ^ 0x11).collect();
                self.put(from, &garbled);
            }
        }
        if self.probe.slips_after.is_some_and(|after| self.answers >= after) {
            return Ok(());
        }
        if let Some(mut answer) = self.station.hear(bytes) {
            self.answers += 1;
            self.spoil(&mut answer);
            let at = self.sent_until + u64::try_from(self.thinks.as_micros()).unwrap();
            if self.probe.lamp {
                self.put(at - 20_000, &[0x00, 0x7E, 0xA5]);
            }
            self.put(at, &answer);
        }
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<usize> {
        let until = self.now_us.get() + u64::try_from(wait.as_micros()).unwrap();
        match self.coming.front().copied() {
            Some((at, byte)) if at <= until => {
                self.coming.pop_front();
                self.now_us.set(self.now_us.get().max(at));
                buffer[0] = byte;
                Ok(1)
            }
            _ => {
                self.now_us.set(until);
                Ok(0)
            }
        }
    }
}

/// Somebody who keeps what must be kept.
#[derive(Default)]
pub(super) struct Keeper {
    pub(super) next: u32,
    pub(super) reservations: Vec<Reservation>,
    pub(super) parts: Vec<Part>,
    pub(super) seen: Vec<Progress>,
    pub(super) refuses: bool,
    /// Stops the reading as soon as the meter has answered.
    pub(super) stops: bool,
    pub(super) cancel: Arc<AtomicBool>,
}

impl Attendant for Keeper {
    fn progress(&mut self, progress: Progress) {
        let stop = self.stops && matches!(progress, Progress::Answered { .. });
        self.cancel.fetch_or(stop, Ordering::Relaxed);
        self.seen.push(progress);
    }

    fn reserve(&mut self, reservation: &Reservation) -> io::Result<u32> {
        if self.refuses {
            return Err(io::Error::other("the disk is full"));
        }
        self.reservations.push(reservation.clone());
        let first = self.next.max(reservation.at_least);
        self.next = first + reservation.count;
        Ok(first)
    }

    fn part(&mut self, part: Part) -> io::Result<()> {
        self.parts.push(part);
        Ok(())
    }
}

/// What came of a reading.
pub(super) struct Read {
    pub(super) drive: Drive,
    pub(super) meter: Meter,
    pub(super) controls: Vec<u8>,
    pub(super) keeper: Keeper,
}

#[track_caller]
pub(super) fn good(read: &Read) -> &Readout {
    read.drive.result.as_ref().unwrap_or_else(|error| panic!("{error}\n{}", read.drive.transcript))
}

#[track_caller]
pub(super) fn fails(read: &Read, expected: ReadError) {
    match &read.drive.result {
        Err(DriveError::Read(error)) => assert_eq!(*error, expected, "{}", read.drive.transcript),
        other => panic!("{other:?}\n{}", read.drive.transcript),
    }
}

/// Its registers, one a line.
pub(super) fn shown(readout: &Readout) -> Vec<String> {
    let registers = readout.registers.iter().map(|datum| {
        let value = match &datum.value {
            Value::Number(number) => number.to_string(),
            Value::Text(text) => format!("{text:?}"),
        };
        let unit = datum.unit.as_ref().map_or(String::new(), |unit| format!(" {unit}"));
        let at = datum.at.map_or(String::new(), |at| format!(" at {at}"));
        format!("{} {value}{unit}{at}", datum.obis)
    });
    registers.collect()
}

/// A meter, a probe, and what is known.
pub(super) struct Bench {
    pub(super) link: LinkHabits,
    pub(super) habits: Habits,
    pub(super) probe: Probe,
    pub(super) config: Config,
    pub(super) keeper: Keeper,
    pub(super) thinks: Duration,
    /// More registers than usual.
    pub(super) crowd: u8,
}

pub(super) fn config() -> Config {
    Config::new(CLIENT, *b"a fixed one here")
}

pub(super) fn ring(keys: Keys) -> Arc<Keyring> {
    let mut ring = Keyring::default();
    ring.add("00412345", keys);
    Arc::new(ring)
}

pub(super) fn right_keys() -> Keys {
    Keys {
        encryption_key: Some(KEYS.encryption),
        authentication_key: Some(KEYS.authentication),
        ..Keys::default()
    }
}

impl Bench {
    pub(super) fn new(habits: Habits) -> Self {
        Self {
            link: LinkHabits::default(),
            habits,
            probe: Probe::default(),
            config: config(),
            keeper: Keeper::default(),
            thinks: THINKS,
            crowd: 0,
        }
    }

    /// With the keys of this meter.
    pub(super) fn with_keys(habits: Habits) -> Self {
        Self { config: Config { keyring: ring(right_keys()), ..config() }, ..Self::new(habits) }
    }

    pub(super) fn read(self) -> Read {
        let now_us = Cell::new(0);
        let Self { link, habits, probe, config, mut keeper, thinks, crowd } = self;
        let mut meter = Meter::new(habits);
        if crowd > 0 {
            meter.objects.crowd(crowd);
        }
        let mut line = VirtualLine {
            now_us: &now_us,
            probe,
            station: Station::new(link, meter),
            thinks,
            byte_us: 1_000,
            sent_until: 0,
            coming: VecDeque::new(),
            bits: 0,
            answers: 0,
        };
        let clock = || Moment(now_us.get());
        let session = Session::start(clock(), config);
        let cancel = keeper.cancel.clone();
        let drive = drive(session, &mut line, &clock, &cancel, &mut keeper);
        Read { drive, meter: line.station.application, controls: line.station.controls, keeper }
    }
}
