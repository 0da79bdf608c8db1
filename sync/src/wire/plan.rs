//! What a device is to do.

use prost::{Message, Oneof};

/// One change of what the device is to do.
#[derive(Clone, PartialEq, Message)]
pub struct Plan {
    /// Which.
    #[prost(oneof = "Change", tags = "1, 2, 3")]
    pub change: Option<Change>,
}

/// The kinds of change.
#[derive(Clone, PartialEq, Oneof)]
pub enum Change {
    /// A round, new or with another name.
    #[prost(message, tag = "1")]
    PutRound(Round),
    /// A stop, new or as it now is.
    #[prost(message, tag = "2")]
    PutStop(Stop),
    /// A stop that is no longer this device's: 16 bytes.
    #[prost(bytes, tag = "3")]
    StopGone(Vec<u8>),
}

/// A round.
#[derive(Clone, PartialEq, Message)]
pub struct Round {
    /// 16 bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub id: Vec<u8>,
    /// Such as `14`.
    #[prost(string, tag = "2")]
    pub code: String,
    /// Such as `Harbour East`.
    #[prost(string, tag = "3")]
    pub name: String,
    /// Such as `2026-11`.
    #[prost(string, tag = "4")]
    pub cycle: String,
}

/// A stop and its meter.
#[derive(Clone, PartialEq, Message)]
pub struct Stop {
    /// 16 bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub id: Vec<u8>,
    /// 16 bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub round: Vec<u8>,
    /// In the order of the office, from 1.
    #[prost(uint32, tag = "3")]
    pub number: u32,
    /// Street and house.
    #[prost(string, tag = "4")]
    pub address: String,
    /// Latitude in 1e-7 degrees; both or neither.
    #[prost(sint32, optional, tag = "5")]
    pub lat_e7: Option<i32>,
    /// Longitude in 1e-7 degrees.
    #[prost(sint32, optional, tag = "6")]
    pub lon_e7: Option<i32>,
    /// What helps to reach the meter.
    #[prost(message, repeated, tag = "7")]
    pub hints: Vec<Hint>,
    /// 16 bytes.
    #[prost(bytes = "vec", tag = "8")]
    pub meter: Vec<u8>,
    /// On the meter's face.
    #[prost(string, tag = "9")]
    pub serial: String,
    /// Maker and type.
    #[prost(string, optional, tag = "10")]
    pub model: Option<String>,
    /// What to read, the main register first.
    #[prost(message, repeated, tag = "11")]
    pub registers: Vec<Register>,
    /// How the meter is reached, as the text of a way.
    #[prost(string, optional, tag = "12")]
    pub way: Option<String>,
}

/// Something to know before going in.
#[derive(Clone, PartialEq, Message)]
pub struct Hint {
    /// 1 location, 2 warning, 3 key, 4 note.
    #[prost(uint32, tag = "1")]
    pub kind: u32,
    /// In the words of the office.
    #[prost(string, tag = "2")]
    pub text: String,
}

/// A register that is to be read.
#[derive(Clone, PartialEq, Message)]
pub struct Register {
    /// Full text form.
    #[prost(string, tag = "1")]
    pub obis: String,
    /// Such as `kWh`.
    #[prost(string, tag = "2")]
    pub unit: String,
    /// Digits before the point.
    #[prost(uint32, tag = "3")]
    pub integers: u32,
    /// Digits behind it.
    #[prost(uint32, tag = "4")]
    pub decimals: u32,
    /// Decimal text; empty means 1.
    #[prost(string, tag = "5")]
    pub multiplier: String,
    /// Oldest first.
    #[prost(message, repeated, tag = "6")]
    pub history: Vec<PastReading>,
}

/// An earlier reading.
#[derive(Clone, PartialEq, Message)]
pub struct PastReading {
    /// Milliseconds since 1970.
    #[prost(sint64, tag = "1")]
    pub at_ms: i64,
    /// Decimal text.
    #[prost(string, tag = "2")]
    pub value: String,
    /// The office guessed it.
    #[prost(bool, tag = "3")]
    pub estimated: bool,
}
