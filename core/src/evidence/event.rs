//! Events: what happened on a device, and the bytes that say so for good.
//!
//! The bytes are written once. They are stored, hashed and sent as they are and never written anew, so that
//! an older hub keeps what it does not understand.

use prost::Message as _;

use super::{chain::Head, message};
use crate::{
    gnss::fix::Fix,
    id::{ReadingId, RoundId, StopId},
    reading::Reading,
    round::SkipReason,
    time::UtcMs,
};

/// Longest payload of one event, in bytes.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// The bytes are no event that this release understands.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not an event: {0}")]
pub struct EventError(pub(super) &'static str);

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When, by the device's clock.
    pub at: UtcMs,
    /// What.
    pub body: Body,
}

/// What may happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A meter was read.
    Reading(Box<Reading>),
    /// A stop was given up, for now.
    Skipped {
        /// Which.
        stop: StopId,
        /// Why.
        reason: SkipReason,
        /// In the reader's own words.
        note: Option<String>,
        /// Where the reader stood.
        fix: Option<Fix>,
    },
    /// The reader took a reading back. The reading itself stays.
    Withdrawn {
        /// Which.
        reading: ReadingId,
        /// Of which stop.
        stop: StopId,
    },
    /// A shift began.
    ShiftStarted {
        /// On which round.
        round: RoundId,
    },
    /// A shift ended.
    ShiftEnded {
        /// On which round.
        round: RoundId,
    },
    /// Plans of the hub were taken over, up to this number.
    DownApplied {
        /// The hub's number.
        cursor: u64,
    },
    /// An earlier log parted from the one that the hub holds: the device was copied, or restored from a backup.
    /// What the hub did not hold of it follows once more in this log.
    Reopened {
        /// Of the earlier log.
        epoch: u32,
        /// Up to here both are the same.
        common: Head,
        /// Where the device's own ended.
        left: Head,
    },
}

impl Event {
    /// The canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        message::Event::from(self).encode_to_vec()
    }

    /// Reads canonical bytes. Fields of later releases are passed over.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EventError> {
        if bytes.len() > PAYLOAD_BYTES_MAX {
            return Err(EventError("too long"));
        }
        message::Event::decode(bytes).map_err(|_| EventError("torn"))?.try_into()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        audit::verdict::{Finding, Level, Rule, Usual, Verdict},
        evidence::chain::Hash,
        gnss::fix::FixQuality,
        id::MeterId,
        obis::Obis,
        place::Position,
        quantity::Unit,
        reading::{Method, RegisterValue},
        time::Civil,
    };

    /// A reading with something in every field.
    pub(crate) fn full_reading() -> Reading {
        let decimal = |text: &str| text.parse().unwrap();
        Reading {
            stop: StopId::derived(&[b"stop"]),
            meter: MeterId::derived(&[b"meter"]),
            taken_at: UtcMs(1_795_427_381_250),
            method: Method::Probe,
            values: vec![
                RegisterValue {
                    obis: Obis::ACTIVE_IMPORT,
                    value: decimal("12345.670"),
                    unit: Unit::KiloWattHour,
                },
                RegisterValue {
                    obis: Obis::ACTIVE_EXPORT,
                    value: decimal("0.000"),
                    unit: Unit::Other("kXh".into()),
                },
            ],
            serial_seen: Some("58200417".into()),
            meter_clock: Civil::new(2026, 11, 23, 10, 0, 0),
            fix: Some(Fix {
                position: Position::from_degrees(60.1699, 24.9384).unwrap(),
                seen_at: UtcMs(1_795_427_380_000),
                taken_at: Some(UtcMs(1_795_427_379_000)),
                quality: FixQuality::Corrected,
                accuracy_m: Some(3.5),
                satellites: Some(9),
                hdop: Some(0.9),
                speed_mps: Some(1.25),
                course_deg: Some(270.0),
            }),
            verdict: Verdict {
                level: Level::Doubtful,
                findings: vec![Finding {
                    rule: Rule::High,
                    obis: Some(Obis::ACTIVE_IMPORT),
                    numbers: vec![("use".into(), "900".into())],
                }],
                consumption: Some(decimal("900.5")),
                since: Some(UtcMs(1_792_835_381_250)),
                usual: Some(Usual { low: decimal("200"), expected: decimal("300"), high: decimal("450") }),
            },
            transcript: Some([9; 32]),
            supersedes: Some(ReadingId::derived(&[b"before"])),
        }
    }

    #[track_caller]
    fn check(body: Body) {
        let event = Event { at: UtcMs(1_795_427_381_250), body };
        assert_eq!(Event::from_bytes(&event.to_bytes()), Ok(event));
    }

    #[test]
    fn every_kind_survives_its_bytes() {
        let stop = StopId::derived(&[b"stop"]);
        let round = RoundId::derived(&[b"round"]);
        check(Body::Reading(Box::new(full_reading())));
        check(Body::Skipped {
            stop,
            reason: SkipReason::Danger,
            note: Some("两只狗".into()),
            fix: full_reading().fix,
        });
        check(Body::Withdrawn { reading: ReadingId::derived(&[b"r"]), stop });
        check(Body::ShiftStarted { round });
        check(Body::ShiftEnded { round });
        check(Body::DownApplied { cursor: 41 });
        let common = Head { seq: 7, hash: Hash([4; 32]) };
        check(Body::Reopened { epoch: 3, common, left: Head { seq: 9, hash: Hash([5; 32]) } });
    }

    #[test]
    fn torn_bytes_are_no_event() {
        let bytes = Event { at: UtcMs(1), body: Body::Reading(Box::new(full_reading())) }.to_bytes();
        assert!(Event::from_bytes(&[]).is_err());
        assert!(Event::from_bytes(&bytes[..bytes.len() - 3]).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_panic(bytes: Vec<u8>) {
            let _ = Event::from_bytes(&bytes);
        }
    }
}
