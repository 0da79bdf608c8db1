//! A reading: a fact that is added and never changed.

use crate::{
    audit::verdict::Verdict,
    decimal::Decimal,
    gnss::fix::Fix,
    id::{MeterId, ReadingId, StopId},
    obis::Obis,
    quantity::Unit,
    time::{Civil, UtcMs},
};

/// What was read at one stop at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Where.
    pub stop: StopId,
    /// Of which meter, as planned.
    pub meter: MeterId,
    /// When, by the handheld's clock.
    pub taken_at: UtcMs,
    /// How.
    pub method: Method,
    /// What the registers showed.
    pub values: Vec<RegisterValue>,
    /// The number that the meter gave, where it gave one.
    pub serial_seen: Option<String>,
    /// The meter's own clock, where it told one.
    pub meter_clock: Option<Civil>,
    /// Where the reader stood, if that was known.
    pub fix: Option<Fix>,
    /// What the rules made of it.
    pub verdict: Verdict,
    /// SHA-256 of the transcript of the exchange, where a probe made one.
    pub transcript: Option<[u8; 32]>,
    /// The reading that this one takes the place of.
    pub supersedes: Option<ReadingId>,
}

/// How a value came in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Method {
    /// By the optical probe.
    Probe,
    /// Typed from the display.
    Keypad,
}

/// What one register showed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RegisterValue {
    /// Which.
    pub obis: Obis,
    /// How much, as shown: no multiplier applied.
    pub value: Decimal,
    /// Of what.
    pub unit: Unit,
}
