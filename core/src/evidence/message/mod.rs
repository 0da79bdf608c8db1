//! The protobuf form of events. Numbers are never used again; fields are only added.

mod fix;
mod number;
mod reading;
mod verdict;

use prost::{Message, Oneof};

use self::{fix::Fix, reading::Reading};
use super::{
    chain::Head,
    event::{self, Body, EventError},
};
use crate::{id::StopId, round::SkipReason, time::UtcMs};

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

fn id<'a, T: TryFrom<&'a [u8]>>(bytes: &'a [u8]) -> Result<T, EventError> {
    bytes.try_into().map_err(|_| EventError("not an id"))
}
