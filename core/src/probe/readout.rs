//! What a meter said, in one form for every protocol.

use std::fmt;

use crate::{decimal::Decimal, obis::Obis, quantity::Unit, time::Civil};

/// Everything one readout brought.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Readout {
    /// How it was read.
    pub protocol: Protocol,
    /// What the meter calls itself, as sent.
    pub identity: String,
    /// The meter's number, where it told one.
    pub serial: Option<String>,
    /// The meter's own clock, where it told one.
    pub clock: Option<Civil>,
    /// What its registers hold, in the meter's order.
    pub registers: Vec<Datum>,
    /// The speed of the data.
    pub baud: u32,
    /// Whether the bytes were protected.
    pub integrity: Integrity,
    /// How many times something had to be asked for again.
    pub retries: u32,
}

/// A protocol and its mode.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// IEC 62056-21, modes A, B and C: by the letter.
    Iec62056(char),
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Iec62056(mode) => write!(f, "iec62056-21/{mode}"),
        }
    }
}

/// One named value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Datum {
    /// Its name.
    pub obis: Obis,
    /// What it holds.
    pub value: Value,
    /// Its unit, where one was sent.
    pub unit: Option<Unit>,
}

/// What a register holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// An exact number.
    Number(Decimal),
    /// Anything else, blanks around it removed.
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(value) => value.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// How the bytes were protected on their way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Integrity {
    /// The block's own checksum was right.
    Checked,
    /// The meter sends no checksum; two readouts agreed.
    ReadTwice,
}
