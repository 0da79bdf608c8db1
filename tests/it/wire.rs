//! A wire in memory between our reader and a machine of the street, with a clock of its own: nobody waits. It may lose
//! what goes over it.

use std::{cell::Cell, collections::VecDeque, io, sync::atomic::AtomicBool, time::Duration};

use lamplighter_core::{
    probe::{
        drive::{Attendant, Drive, Protocol, drive},
        part::Part,
        port::{Framing, Line, Progress, Settings},
        readout::Readout,
    },
    time::Moment,
};
use lamplighter_street::meter::{Deed, Heard, Machine};

/// What is lost on the way, counted in both directions together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    Nothing,
    /// Of so many messages the one with this number, from 0 on.
    Burst {
        of: usize,
        number: usize,
    },
    /// Of so many bytes the one with this number, from 0 on.
    Byte {
        of: usize,
        number: usize,
    },
}

/// What came of a reading.
pub(crate) struct Read {
    pub(crate) drive: Drive<Readout>,
    pub(crate) parts: Vec<Part>,
    /// How much was lost.
    pub(crate) lost: usize,
}

/// Reads a machine.
pub(crate) fn read<P: Protocol<Done = Readout>>(
    machine: &mut dyn Machine,
    loss: Loss,
    session: impl FnOnce(Moment) -> P,
) -> Read {
    let now = Cell::new(Duration::ZERO);
    let settings = Settings { baud: 300, framing: Framing::SevenEven };
    let (to_meter, to_us) = (VecDeque::new(), VecDeque::new());
    let mut wire =
        Wire { now: &now, machine, settings, to_meter, to_us, speaks_until: None, loss, said: 0, lost: 0 };
    let clock = || Moment(u64::try_from(now.get().as_micros()).unwrap());
    let mut parts = Parts(Vec::new());
    let drive = drive(session(clock()), &mut wire, &clock, &AtomicBool::new(false), &mut parts);
    Read { drive, parts: parts.0, lost: wire.lost }
}

struct Parts(Vec<Part>);

impl Attendant for Parts {
    fn progress(&mut self, _: Progress) {}

    fn part(&mut self, part: Part) -> io::Result<()> {
        self.0.push(part);
        Ok(())
    }
}

struct Wire<'a> {
    now: &'a Cell<Duration>,
    machine: &'a mut dyn Machine,
    settings: Settings,
    /// Bytes on their way, with the moment of their last bit and their speed.
    to_meter: VecDeque<(Duration, u8, u32)>,
    to_us: VecDeque<(Duration, u8, u32)>,
    speaks_until: Option<Duration>,
    loss: Loss,
    /// Messages or bytes so far.
    said: usize,
    lost: usize,
}

impl Wire<'_> {
    /// Puts a message on the wire from a moment on, and says when it is over.
    fn put(&mut self, from: Duration, bytes: &[u8], baud: u32) -> (Duration, Vec<(Duration, u8, u32)>) {
        let span = Duration::from_secs(10) / baud;
        let burst_is_lost = match self.loss {
            Loss::Burst { of, number } => self.count() % of == number,
            Loss::Nothing | Loss::Byte { .. } => false,
        };
        let (mut at, mut put) = (from, Vec::new());
        for &byte in bytes {
            at += span;
            let byte_is_lost = match self.loss {
                Loss::Byte { of, number } => self.count() % of == number,
                Loss::Nothing | Loss::Burst { .. } => false,
            };
            if burst_is_lost || byte_is_lost {
                self.lost += 1;
            } else {
                put.push((at, byte, baud));
            }
        }
        (at, put)
    }

    fn count(&mut self) -> usize {
        self.said += 1;
        self.said - 1
    }

    /// When something next happens at the meter.
    fn next(&self) -> Option<Duration> {
        let own = if self.speaks_until.is_some() { self.speaks_until } else { self.machine.deadline() };
        [self.to_meter.front().map(|(at, ..)| *at), own].into_iter().flatten().min()
    }

    fn happen(&mut self, at: Duration) {
        if self.speaks_until.is_some_and(|until| until <= at) {
            self.speaks_until = None;
            self.machine.spoke(at);
        }
        if let Some((_, byte, baud)) = self.to_meter.pop_front_if(|(arrives, ..)| *arrives <= at) {
            let is_right = baud == self.machine.baud();
            self.machine.hear(at, if is_right { Heard::Byte(byte) } else { Heard::Damaged });
        }
        while self.speaks_until.is_none() {
            match self.machine.poll(at) {
                Some(Deed::Say(bytes)) => {
                    let (over, put) = self.put(at, &bytes, self.machine.baud());
                    self.to_us.extend(put);
                    self.speaks_until = Some(over);
                }
                Some(Deed::Speed(_)) => {}
                None => return,
            }
        }
    }
}

impl Line for Wire<'_> {
    fn set(&mut self, settings: Settings) -> io::Result<()> {
        self.settings = settings;
        Ok(())
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let from = self.to_meter.back().map_or(self.now.get(), |(at, ..)| self.now.get().max(*at));
        let put = self.put(from, bytes, self.settings.baud).1;
        self.to_meter.extend(put);
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<usize> {
        let until = self.now.get() + wait;
        loop {
            let (next, comes) = (self.next(), self.to_us.front().map(|(at, ..)| *at));
            match (next, comes) {
                (next, Some(comes)) if comes <= until && next.is_none_or(|next| comes <= next) => {
                    let (at, byte, baud) = self.to_us.pop_front().unwrap();
                    self.now.set(self.now.get().max(at));
                    buffer[0] = if baud == self.settings.baud { byte } else { !byte };
                    return Ok(1);
                }
                (Some(next), _) if next <= until => self.happen(next),
                _ => {
                    self.now.set(until);
                    return Ok(0);
                }
            }
        }
    }
}
