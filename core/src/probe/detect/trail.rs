//! What was tried and what came back, so that a failure can be told in plain words.

use std::fmt;

use crate::probe::{error::ReadError, way::Family};

/// Bytes that differ from what we said last, before they count as somebody else's.
const FOREIGN_MIN: usize = 4;

/// One protocol at one speed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Attempt {
    /// Which protocol.
    pub family: Family,
    /// At which speed it began, bits a second.
    pub baud: u32,
    /// Bytes that we sent.
    pub sent: usize,
    /// Bytes that came.
    pub received: usize,
    /// What that was.
    pub outcome: Outcome,
}

/// What came back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Nothing.
    Silence,
    /// Only what we had said ourselves.
    Echo,
    /// Bytes that no protocol of ours sends: light, a wrong speed, a strange meter.
    Noise,
    /// The meter answered, and then this went wrong.
    Failed(ReadError),
    /// It was read.
    Read,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Silence => "silence",
            Self::Echo => "echo",
            Self::Noise => "noise",
            Self::Failed(_) => "failed",
            Self::Read => "read",
        })
    }
}

/// Counts what comes in one attempt, and tells our own voice from others.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    said: Vec<u8>,
    at: usize,
    echoed: usize,
    pub(super) sent: usize,
    pub(super) received: usize,
}

impl Hearing {
    pub(super) fn say(&mut self, bytes: &[u8]) {
        self.sent += bytes.len();
        self.said.clear();
        self.said.extend_from_slice(bytes);
        self.at = 0;
    }

    pub(super) fn hear(&mut self, bytes: &[u8]) {
        self.received += bytes.len();
        for byte in bytes {
            // A driver may have taken the parity bit off.
            if self.said.get(self.at).is_some_and(|said| said & 0x7F == byte & 0x7F) {
                self.at += 1;
                self.echoed += 1;
            }
        }
    }

    /// The head hears itself: all of what was said came back, in order.
    pub(super) fn has_echo(&self) -> bool {
        self.echoed >= FOREIGN_MIN && self.echoed == self.sent
    }

    /// Somebody else has said something.
    pub(super) const fn is_foreign(&self) -> bool {
        self.received - self.echoed >= FOREIGN_MIN
    }

    pub(super) const fn outcome(&self) -> Outcome {
        if self.is_foreign() {
            Outcome::Noise
        } else if self.received > 0 {
            Outcome::Echo
        } else {
            Outcome::Silence
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_voice_is_told_from_others() {
        for (heard, expected, echo) in [
            (&b""[..], Outcome::Silence, false),
            (b"/?!\r\n", Outcome::Echo, true),
            (b"/?", Outcome::Echo, false),
            (b"\x00/?!\r\n", Outcome::Echo, true),
            (b"/?!\r\n/ABC5X\r\n", Outcome::Noise, true),
            (b"/ABC5X\r\n", Outcome::Noise, false),
        ] {
            let mut hearing = Hearing::default();
            hearing.say(b"/?!\r\n");
            hearing.hear(heard);
            assert_eq!((hearing.outcome(), hearing.has_echo()), (expected, echo), "{heard:?}");
        }
    }
}
