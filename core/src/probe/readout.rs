//! What a meter said, in one form for every protocol.

use std::fmt;

use super::way::Way;
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
    /// How to reach the meter at once the next time.
    pub way: Way,
}

/// A protocol and its mode.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// IEC 62056-21, by the letter of its mode; D is whatever is pushed.
    Iec62056(char),
    /// DLMS/COSEM over HDLC.
    Dlms,
    /// DL/T 645, by its edition, 1997 or 2007.
    Dlt645(u16),
    /// SML.
    Sml,
    /// ANSI C12.18 and C12.19.
    C1218,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Iec62056(mode) => write!(f, "iec62056-21/{mode}"),
            Self::Dlms => f.write_str("dlms"),
            Self::Dlt645(edition) => write!(f, "dlt645-{edition}"),
            Self::Sml => f.write_str("sml"),
            Self::C1218 => f.write_str("c1218"),
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
    /// When the value came about, on the meter's clock, where it says so: the time of a maximum demand.
    pub at: Option<Civil>,
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
    /// The checksum is of a kind that this maker alone counts, or an outer one was right and an inner one not.
    Tolerated,
}
