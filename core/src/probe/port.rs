//! What every probe protocol asks of the world, what the world tells it, and the line between them.
//!
//! A protocol is a value that never touches a port. [`drive`](super::drive) hands it an [`Input`], then polls
//! it for [`Output`]s until it answers [`Output::Wait`].

use std::{io, time::Duration};

use super::{part::Part, way::Family};
use crate::time::Moment;

/// How characters look on the wire.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Framing {
    /// Seven data bits, even parity, one stop bit: IEC 62056-21. Always done in software over an eight-bit
    /// line, because drivers drop parity silently: bytes go out with the parity bit set, and come in raw.
    SevenEven,
    /// Eight data bits, no parity, one stop bit: DLMS/HDLC, SML, C12.18.
    EightNone,
    /// Eight data bits, even parity, one stop bit: DL/T 645.
    EightEven,
}

impl Framing {
    /// Bits on the wire for one character, with start and stop.
    pub const fn bits(self) -> u32 {
        match self {
            Self::SevenEven | Self::EightNone => 10,
            Self::EightEven => 11,
        }
    }
}

/// Speed and look of the characters on a line.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Settings {
    /// Bits a second.
    pub baud: u32,
    /// Their look.
    pub framing: Framing,
}

impl Settings {
    /// How long `count` characters take on the wire.
    pub fn line_time(self, count: usize) -> Duration {
        let bits = (count as u64).saturating_mul(u64::from(self.framing.bits()));
        Duration::from_micros(bits.saturating_mul(1_000_000) / u64::from(self.baud.max(1)))
    }

    /// How many characters fill this time on the wire.
    pub fn characters_in(self, time: Duration) -> usize {
        let bits = time.as_millis().saturating_mul(u128::from(self.baud)) / 1_000;
        usize::try_from(bits / u128::from(self.framing.bits())).unwrap_or(usize::MAX)
    }
}

/// A half-duplex line with a meter at its end: a serial port, a socket, or a test.
pub trait Line {
    /// Changes speed and framing at once. What was sent before must have left by now.
    fn set(&mut self, settings: Settings) -> io::Result<()>;

    /// Hands bytes to the port; returns when the port has taken them, not when they are on the wire.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Waits at most `wait` for bytes; returns how many came, 0 when none did. An error means the line is gone.
    fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<usize>;
}

/// What the world tells a session.
#[derive(Debug)]
pub enum Input<'a> {
    /// The line delivered these bytes, in any split.
    Bytes(&'a [u8]),
    /// The moment of the last [`Output::Wait`] has passed.
    Elapsed,
    /// What [`Output::Reserve`] asked for is on disk; this is the number to use.
    Reserved(u32),
}

/// An invocation counter to be used, which no message under the same key may ever have used before.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reservation {
    /// Whose: the meter's system title, or its number.
    pub meter: String,
    /// Under which key, [`super::keys::Keys::fingerprint`].
    pub key: [u8; 8],
    /// At least this: what the meter wants to hear next.
    pub at_least: u32,
    /// How many numbers may be used from the answer on.
    pub count: u32,
}

/// How long a protocol tries before it takes a silent line for no meter of its own. Once a meter has answered,
/// each protocol has limits of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Patience {
    /// First requests, at least one.
    pub attempts: u8,
    /// From the last bit of a request to the first of an answer.
    pub wait: Duration,
}

/// What a session asks of the world. `D` is what it has to show in the end.
#[derive(Debug, Eq, PartialEq)]
pub enum Output<D> {
    /// Write these bytes, after what was asked before is on the wire.
    Send(Vec<u8>),
    /// Change the line as soon as all that was sent has left it.
    Set(Settings),
    /// Tell the person what has been reached.
    Progress(Progress),
    /// Put this on disk before anything else is done, and answer with [`Input::Reserved`].
    Reserve(Reservation),
    /// Something that was wanted beside the registers. What came is kept, also when the rest does not come.
    Part(Part),
    /// Nothing to do until bytes arrive or this moment passes.
    Wait(Moment),
    /// Over, and well.
    Done(D),
}

/// What a person wants to know while a meter is being read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Progress {
    /// Looking whether the meter speaks this.
    Trying {
        /// Which protocol.
        family: Family,
        /// At this speed.
        baud: u32,
    },
    /// A request went out; this is the how-manieth try, from 1.
    Asking {
        /// From 1.
        attempt: u8,
    },
    /// The meter said who it is.
    Answered {
        /// What the meter calls itself: maker and type.
        identity: String,
        /// The speed agreed on.
        baud: u32,
    },
    /// Data is coming in.
    Receiving {
        /// Bytes of this block so far.
        bytes: usize,
    },
    /// The block was damaged; it is asked for again.
    Repeating,
    /// Registers, rows or records that have come so far.
    Fetched {
        /// So many.
        done: u32,
        /// Of so many, where that is known.
        total: Option<u32>,
    },
    /// How well the probe hears: characters or frames that came undamaged lately, in a hundred.
    Signal {
        /// 0 to 100.
        percent: u8,
    },
    /// The meter did not take the password or key at hand. It is read without, as far as it lets us.
    KeyRefused,
}
