//! The protobuf form of events. Numbers are never used again; fields are only added.

use prost::{Message, Oneof};

use super::{
    chain::Head,
    event::{self, Body, EventError},
};
use crate::{
    audit::verdict::{self, Level, Rule},
    decimal::Decimal,
    gnss::fix::{self, FixQuality},
    id::StopId,
    obis::Obis,
    place::Position,
    quantity::Unit,
    reading::{self, Method},
    round::SkipReason,
    time::UtcMs,
};

#[derive(Clone, PartialEq, Message)]
pub(super) struct Event {
    #[prost(sint64, tag = "1")]
    at_ms: i64,
    #[prost(oneof = "Kind", tags = "2, 3, 4, 5, 6, 7, 8")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, Oneof)]
#[expect(clippy::large_enum_variant, reason = "nearly every event is a reading")]
enum Kind {
    #[prost(message, tag = "2")]
    Reading(Reading),
    #[prost(message, tag = "3")]
    Skipped(Skipped),
    #[prost(message, tag = "4")]
    Withdrawn(Withdrawn),
    #[prost(bytes, tag = "5")]
    ShiftStarted(Vec<u8>),
    #[prost(bytes, tag = "6")]
    ShiftEnded(Vec<u8>),
    #[prost(uint64, tag = "7")]
    DownApplied(u64),
    #[prost(message, tag = "8")]
    Reopened(Reopened),
}

#[derive(Clone, PartialEq, Message)]
struct Reading {
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

#[derive(Clone, PartialEq, Message)]
struct Number {
    #[prost(sint64, tag = "1")]
    mantissa: i64,
    #[prost(uint32, tag = "2")]
    scale: u32,
}

#[derive(Clone, PartialEq, Message)]
struct Fix {
    #[prost(sint32, tag = "1")]
    lat_e7: i32,
    #[prost(sint32, tag = "2")]
    lon_e7: i32,
    #[prost(sint64, tag = "3")]
    seen_at_ms: i64,
    #[prost(sint64, optional, tag = "4")]
    taken_at_ms: Option<i64>,
    #[prost(uint32, tag = "5")]
    quality: u32,
    #[prost(double, optional, tag = "6")]
    accuracy_m: Option<f64>,
    #[prost(uint32, optional, tag = "7")]
    satellites: Option<u32>,
    #[prost(double, optional, tag = "8")]
    hdop: Option<f64>,
    #[prost(double, optional, tag = "9")]
    speed_mps: Option<f64>,
    #[prost(double, optional, tag = "10")]
    course_deg: Option<f64>,
}

#[derive(Clone, PartialEq, Message)]
struct Verdict {
    #[prost(uint32, tag = "1")]
    level: u32,
    #[prost(message, repeated, tag = "2")]
    findings: Vec<Finding>,
    #[prost(message, optional, tag = "3")]
    consumption: Option<Number>,
    #[prost(sint64, optional, tag = "4")]
    since_ms: Option<i64>,
    #[prost(message, repeated, tag = "5")]
    usual: Vec<Number>,
}

#[derive(Clone, PartialEq, Message)]
struct Finding {
    #[prost(string, tag = "1")]
    rule: String,
    #[prost(uint64, optional, tag = "2")]
    obis: Option<u64>,
    #[prost(string, repeated, tag = "3")]
    names: Vec<String>,
    #[prost(string, repeated, tag = "4")]
    values: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
struct Skipped {
    #[prost(bytes = "vec", tag = "1")]
    stop: Vec<u8>,
    #[prost(string, tag = "2")]
    reason: String,
    #[prost(string, optional, tag = "3")]
    note: Option<String>,
    #[prost(message, optional, tag = "4")]
    fix: Option<Fix>,
}

#[derive(Clone, PartialEq, Message)]
struct Withdrawn {
    #[prost(bytes = "vec", tag = "1")]
    reading: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    stop: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Reopened {
    #[prost(uint32, tag = "1")]
    epoch: u32,
    #[prost(message, optional, tag = "2")]
    common: Option<Link>,
    #[prost(message, optional, tag = "3")]
    left: Option<Link>,
}

#[derive(Clone, PartialEq, Message)]
struct Link {
    #[prost(uint64, tag = "1")]
    seq: u64,
    #[prost(bytes = "vec", tag = "2")]
    hash: Vec<u8>,
}

impl From<Head> for Link {
    fn from(head: Head) -> Self {
        Self { seq: head.seq, hash: head.hash.0.to_vec() }
    }
}

impl Link {
    fn parse(link: Option<Self>) -> Result<Head, EventError> {
        let Self { seq, hash } = link.ok_or(EventError("a link is missing"))?;
        Ok(Head { seq, hash: hash[..].try_into().map_err(|_| EventError("a hash of the wrong length"))? })
    }
}

impl From<&event::Event> for Event {
    fn from(event: &event::Event) -> Self {
        let kind = match &event.body {
            Body::Reading(reading) => Kind::Reading(Reading::new(reading, event.at)),
            Body::Skipped { stop, reason, note, fix } => Kind::Skipped(Skipped {
                stop: stop.as_bytes().to_vec(),
                reason: reason.code().into(),
                note: note.clone(),
                fix: fix.as_ref().map(Fix::from),
            }),
            Body::Withdrawn { reading, stop } => Kind::Withdrawn(Withdrawn {
                reading: reading.as_bytes().to_vec(),
                stop: stop.as_bytes().to_vec(),
            }),
            Body::ShiftStarted { round } => Kind::ShiftStarted(round.as_bytes().to_vec()),
            Body::ShiftEnded { round } => Kind::ShiftEnded(round.as_bytes().to_vec()),
            Body::DownApplied { cursor } => Kind::DownApplied(*cursor),
            Body::Reopened { epoch, common, left } => Kind::Reopened(Reopened {
                epoch: *epoch,
                common: Some((*common).into()),
                left: Some((*left).into()),
            }),
        };
        Self { at_ms: event.at.0, kind: Some(kind) }
    }
}

impl TryFrom<Event> for event::Event {
    type Error = EventError;

    fn try_from(event: Event) -> Result<Self, EventError> {
        let at = UtcMs(event.at_ms);
        let body = match event.kind.ok_or(EventError("of a kind that is not known"))? {
            Kind::Reading(reading) => Body::Reading(Box::new(reading.parse(at)?)),
            Kind::Skipped(skipped) => Body::Skipped {
                stop: id(&skipped.stop)?,
                reason: SkipReason::from_code(&skipped.reason).ok_or(EventError("unknown reason"))?,
                note: skipped.note,
                fix: skipped.fix.map(TryInto::try_into).transpose()?,
            },
            Kind::Withdrawn(withdrawn) => {
                Body::Withdrawn { reading: id(&withdrawn.reading)?, stop: id::<StopId>(&withdrawn.stop)? }
            }
            Kind::ShiftStarted(round) => Body::ShiftStarted { round: id(&round)? },
            Kind::ShiftEnded(round) => Body::ShiftEnded { round: id(&round)? },
            Kind::DownApplied(cursor) => Body::DownApplied { cursor },
            Kind::Reopened(Reopened { epoch, common, left }) => {
                Body::Reopened { epoch, common: Link::parse(common)?, left: Link::parse(left)? }
            }
        };
        Ok(Self { at, body })
    }
}

impl Reading {
    fn new(reading: &reading::Reading, at: UtcMs) -> Self {
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

    fn parse(self, at: UtcMs) -> Result<reading::Reading, EventError> {
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

impl From<&fix::Fix> for Fix {
    fn from(fix: &fix::Fix) -> Self {
        Self {
            lat_e7: fix.position.lat_e7(),
            lon_e7: fix.position.lon_e7(),
            seen_at_ms: fix.seen_at.0,
            taken_at_ms: fix.taken_at.map(|at| at.0),
            quality: match fix.quality {
                FixQuality::Autonomous => 1,
                FixQuality::Corrected => 2,
                FixQuality::Estimated => 3,
            },
            accuracy_m: fix.accuracy_m,
            satellites: fix.satellites.map(Into::into),
            hdop: fix.hdop,
            speed_mps: fix.speed_mps,
            course_deg: fix.course_deg,
        }
    }
}

impl TryFrom<Fix> for fix::Fix {
    type Error = EventError;

    fn try_from(fix: Fix) -> Result<Self, EventError> {
        Ok(Self {
            position: Position::from_e7(fix.lat_e7, fix.lon_e7).ok_or(EventError("off the earth"))?,
            seen_at: UtcMs(fix.seen_at_ms),
            taken_at: fix.taken_at_ms.map(UtcMs),
            quality: match fix.quality {
                1 => FixQuality::Autonomous,
                2 => FixQuality::Corrected,
                3 => FixQuality::Estimated,
                _ => return Err(EventError("unknown quality")),
            },
            accuracy_m: fix.accuracy_m,
            satellites: fix.satellites.map(|count| u8::try_from(count).unwrap_or(u8::MAX)),
            hdop: fix.hdop,
            speed_mps: fix.speed_mps,
            course_deg: fix.course_deg,
        })
    }
}

impl From<&verdict::Verdict> for Verdict {
    fn from(verdict: &verdict::Verdict) -> Self {
        let finding = |finding: &verdict::Finding| {
            let (names, values) = finding.numbers.iter().cloned().unzip();
            Finding { rule: finding.rule.code().into(), obis: finding.obis.map(obis_number), names, values }
        };
        Self {
            level: match verdict.level {
                Level::Right => 1,
                Level::Doubtful => 2,
                Level::Wrong => 3,
            },
            findings: verdict.findings.iter().map(finding).collect(),
            consumption: verdict.consumption.map(Into::into),
            since_ms: verdict.since.map(|since| since.0),
            usual: verdict.usual.map_or_else(Vec::new, |usual| {
                [usual.low, usual.expected, usual.high].map(Into::into).into()
            }),
        }
    }
}

impl TryFrom<Verdict> for verdict::Verdict {
    type Error = EventError;

    fn try_from(verdict: Verdict) -> Result<Self, EventError> {
        let finding = |finding: Finding| {
            Ok(verdict::Finding {
                rule: Rule::from_code(&finding.rule).ok_or(EventError("unknown rule"))?,
                obis: finding.obis.map(obis),
                numbers: finding.names.into_iter().zip(finding.values).collect(),
            })
        };
        Ok(Self {
            level: match verdict.level {
                1 => Level::Right,
                2 => Level::Doubtful,
                3 => Level::Wrong,
                _ => return Err(EventError("unknown level")),
            },
            findings: verdict.findings.into_iter().map(finding).collect::<Result<_, _>>()?,
            consumption: verdict.consumption.map(TryInto::try_into).transpose()?,
            since: verdict.since_ms.map(UtcMs),
            usual: match <[Number; 3]>::try_from(verdict.usual) {
                Ok([low, expected, high]) => Some(verdict::Usual {
                    low: low.try_into()?,
                    expected: expected.try_into()?,
                    high: high.try_into()?,
                }),
                Err(none) if none.is_empty() => None,
                Err(_) => return Err(EventError("not three numbers")),
            },
        })
    }
}

impl From<Decimal> for Number {
    fn from(value: Decimal) -> Self {
        Self { mantissa: value.mantissa(), scale: value.scale().into() }
    }
}

impl TryFrom<Number> for Decimal {
    type Error = EventError;

    fn try_from(number: Number) -> Result<Self, EventError> {
        let scale = u8::try_from(number.scale).map_err(|_| EventError("not a decimal"))?;
        Self::new(number.mantissa, scale).map_err(|_| EventError("not a decimal"))
    }
}

fn id<'a, T: TryFrom<&'a [u8]>>(bytes: &'a [u8]) -> Result<T, EventError> {
    bytes.try_into().map_err(|_| EventError("not an id"))
}

fn unit(text: &str) -> Unit {
    match text.parse() {
        Ok(unit) => unit,
    }
}

fn obis_number(obis: Obis) -> u64 {
    let Obis { a, b, c, d, e, f } = obis;
    u64::from_be_bytes([0, 0, a, b, c, d, e, f])
}

fn obis(number: u64) -> Obis {
    let [_, _, a, b, c, d, e, f] = number.to_be_bytes();
    Obis { a, b, c, d, e, f }
}
