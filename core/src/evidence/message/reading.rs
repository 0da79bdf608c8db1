//! A reading, in protobuf.

use prost::Message;

use super::{
    fix::Fix,
    id,
    number::{Number, obis, obis_number},
    verdict::Verdict,
};
use crate::{
    evidence::event::EventError,
    quantity::Unit,
    reading::{self, Method},
    time::UtcMs,
};

#[derive(Clone, PartialEq, Message)]
pub(super) struct Reading {
    #[prost(bytes = "vec", tag = "1")]
    stop: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    meter: Vec<u8>,
    /// After the event's own time, which is nearly always the same.
    #[prost(sint64, tag = "3")]
    taken_after_ms: i64,
    #[prost(uint32, tag = "4")]
    method: u32,
    #[prost(message, repeated, tag = "5")]
    values: Vec<RegisterValue>,
    #[prost(string, optional, tag = "6")]
    serial_seen: Option<String>,
    #[prost(string, optional, tag = "7")]
    meter_clock: Option<String>,
    #[prost(message, optional, tag = "8")]
    fix: Option<Fix>,
    #[prost(message, optional, tag = "9")]
    verdict: Option<Verdict>,
    #[prost(bytes = "vec", optional, tag = "10")]
    transcript: Option<Vec<u8>>,
    #[prost(bytes = "vec", optional, tag = "11")]
    supersedes: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
struct RegisterValue {
    /// The six groups, A first, as one big-endian number.
    #[prost(uint64, tag = "1")]
    obis: u64,
    #[prost(message, optional, tag = "2")]
    value: Option<Number>,
    #[prost(string, tag = "3")]
    unit: String,
}

impl Reading {
    pub(super) fn new(reading: &reading::Reading, at: UtcMs) -> Self {
        let value = |value: &reading::RegisterValue| RegisterValue {
            obis: obis_number(value.obis),
            value: Some(value.value.into()),
            unit: value.unit.as_str().into(),
        };
        Self {
            stop: reading.stop.as_bytes().to_vec(),
            meter: reading.meter.as_bytes().to_vec(),
            taken_after_ms: reading.taken_at.since(at),
            method: match reading.method {
                Method::Probe => 1,
                Method::Keypad => 2,
            },
            values: reading.values.iter().map(value).collect(),
            serial_seen: reading.serial_seen.clone(),
            meter_clock: reading.meter_clock.map(|clock| clock.to_string()),
            fix: reading.fix.as_ref().map(Fix::from),
            verdict: Some((&reading.verdict).into()),
            transcript: reading.transcript.map(Into::into),
            supersedes: reading.supersedes.map(|id| id.as_bytes().to_vec()),
        }
    }

    pub(super) fn parse(self, at: UtcMs) -> Result<reading::Reading, EventError> {
        let value = |value: RegisterValue| {
            Ok(reading::RegisterValue {
                obis: obis(value.obis),
                value: value.value.ok_or(EventError("a register without a value"))?.try_into()?,
                unit: unit(&value.unit),
            })
        };
        let hash = |bytes: Vec<u8>| bytes.try_into().map_err(|_| EventError("not a hash"));
        Ok(reading::Reading {
            stop: id(&self.stop)?,
            meter: id(&self.meter)?,
            taken_at: UtcMs(at.0.saturating_add(self.taken_after_ms)),
            method: match self.method {
                1 => Method::Probe,
                2 => Method::Keypad,
                _ => return Err(EventError("unknown method")),
            },
            values: self.values.into_iter().map(value).collect::<Result<_, _>>()?,
            serial_seen: self.serial_seen,
            meter_clock: match self.meter_clock {
                Some(text) => Some(text.parse().map_err(|_| EventError("not a meter clock"))?),
                None => None,
            },
            fix: self.fix.map(TryInto::try_into).transpose()?,
            verdict: self.verdict.ok_or(EventError("a reading without a verdict"))?.try_into()?,
            transcript: self.transcript.map(hash).transpose()?,
            supersedes: self.supersedes.map(|bytes| id(&bytes)).transpose()?,
        })
    }
}

fn unit(text: &str) -> Unit {
    match text.parse() {
        Ok(unit) => unit,
    }
}
