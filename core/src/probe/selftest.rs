//! Trying a probe without a meter: does it hear itself on white paper, and does it hear light where there is
//! nothing to hear?

use std::time::Duration;

use super::{
    drive::Protocol,
    error::ReadError,
    port::{Framing, Input, Output, Progress, Settings},
    script::Script,
};
use crate::time::Moment;

/// All bits in all neighbourhoods: the eye is slowest where one bit stands alone.
const PATTERN: [u8; Health::SENT as usize] =
    [0x00, 0xFF, 0x55, 0xAA, 0x01, 0x80, 0x7F, 0xFE, 0x33, 0xCC, 0x2F, 0xD0];
/// Listening to the light of the room.
const QUIET: Duration = Duration::from_millis(600);
/// After the last bit of the pattern, for what USB and Bluetooth add.
const ECHO_WAIT: Duration = Duration::from_millis(250);
const SPEEDS: [u32; 2] = [300, 9_600];
/// At the room, and at the echo at each speed.
const LOOKS: u32 = 3;
/// A line that delivers more than this while it should be silent is not looked at more closely.
const BYTES_MAX: u32 = 4_096;

/// What a probe can do.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Health {
    /// Bytes that came though nobody sent: light that flickers, or a meter that pushes.
    pub ambient: u32,
    /// Bytes of the pattern that came back, at 300 and 9,600 Bd.
    pub echoed: [u32; 2],
    /// Bytes that came back as something else.
    pub damaged: u32,
}

/// What that means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It hears all that it says: lamp and eye work.
    Good,
    /// It hears nothing of itself: no paper in front of it, a head that takes its own echo off, or a dead lamp.
    Deaf,
    /// It hears itself badly: dirt, distance, or a weak lamp.
    Weak,
    /// It hears what nobody says.
    Dazzled,
}

impl Health {
    /// Bytes sent at each speed.
    pub const SENT: u32 = 12;

    /// What it means.
    pub fn verdict(self) -> Verdict {
        let echoed: u32 = self.echoed.iter().sum();
        if self.ambient > 0 {
            Verdict::Dazzled
        } else if echoed == 2 * Self::SENT && self.damaged == 0 {
            Verdict::Good
        } else if echoed == 0 && self.damaged == 0 {
            Verdict::Deaf
        } else {
            Verdict::Weak
        }
    }
}

/// The trial, under way.
#[derive(Debug)]
pub struct SelfTest {
    script: Script<Health>,
    /// 0 while listening to the room, then the how-manieth speed, from 1.
    stage: usize,
    at: usize,
    health: Health,
    deadline: Moment,
}

impl SelfTest {
    /// Begins by listening.
    pub fn start(now: Moment) -> Self {
        let script = Script::new(now, settings(9_600));
        Self { script, stage: 0, at: 0, health: Health::default(), deadline: now + QUIET }
    }

    fn hear(&mut self, bytes: &[u8]) {
        let Some(echoed) = self.stage.checked_sub(1).and_then(|speed| self.health.echoed.get_mut(speed))
        else {
            let count = u32::try_from(bytes.len()).unwrap_or(BYTES_MAX);
            self.health.ambient = self.health.ambient.saturating_add(count).min(BYTES_MAX);
            return;
        };
        for byte in bytes {
            if PATTERN.get(self.at) == Some(byte) {
                *echoed += 1;
            } else {
                self.health.damaged = (self.health.damaged + 1).min(BYTES_MAX);
            }
            self.at += 1;
        }
    }

    fn next_stage(&mut self, now: Moment) {
        self.at = 0;
        self.script.tell(Progress::Fetched { done: self.looks(), total: Some(LOOKS) });
        match SPEEDS.get(self.stage) {
            Some(&baud) => {
                self.script.set(settings(baud));
                self.script.send(now, PATTERN.to_vec());
                self.deadline = self.script.sent_until() + ECHO_WAIT;
            }
            None => {
                self.script.push(Output::Done(self.health));
                self.deadline = Moment(u64::MAX);
            }
        }
        self.stage += 1;
    }
}

impl SelfTest {
    /// Of the room, and of each speed, done so far.
    fn looks(&self) -> u32 {
        u32::try_from(self.stage + 1).unwrap_or(LOOKS)
    }
}

impl Protocol for SelfTest {
    type Done = Health;

    fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        match input {
            Input::Bytes(bytes) => self.hear(bytes),
            Input::Elapsed if now >= self.deadline => self.next_stage(now),
            Input::Elapsed | Input::Reserved(_) => {}
        }
        Ok(())
    }

    fn poll(&mut self, _now: Moment) -> Output<Health> {
        self.script.next().unwrap_or(Output::Wait(self.deadline))
    }
}

const fn settings(baud: u32) -> Settings {
    Settings { baud, framing: Framing::EightNone }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_on_white_paper_hears_itself() {
        check(b"", |said| said.to_vec(), Verdict::Good);
    }

    #[test]
    fn a_probe_in_the_air_hears_nothing() {
        check(b"", |_| vec![], Verdict::Deaf);
    }

    #[test]
    fn a_weak_lamp_loses_bits() {
        check(b"", |said| said.iter().map(|byte| byte | 0x10).collect(), Verdict::Weak);
        check(b"", |said| said[..5].to_vec(), Verdict::Weak);
    }

    #[test]
    fn light_that_flickers_dazzles() {
        check(b"\x00\xff", |said| said.to_vec(), Verdict::Dazzled);
    }

    #[track_caller]
    fn check(ambient: &[u8], reflected: impl Fn(&[u8]) -> Vec<u8>, expected: Verdict) {
        let mut now = Moment(0);
        let mut test = SelfTest::start(now);
        test.handle(now, Input::Bytes(ambient)).unwrap();
        let health = loop {
            match test.poll(now) {
                Output::Send(bytes) => test.handle(now, Input::Bytes(&reflected(&bytes))).unwrap(),
                Output::Wait(until) => {
                    now = until;
                    test.handle(now, Input::Elapsed).unwrap();
                }
                Output::Done(health) => break health,
                Output::Set(_) | Output::Progress(_) | Output::Reserve(_) | Output::Part(_) => {}
            }
        };
        assert_eq!(health.verdict(), expected, "{health:?}");
    }
}
