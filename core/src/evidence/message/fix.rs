//! Where the reader stood, in protobuf.

use prost::Message;

use crate::{
    evidence::event::EventError,
    gnss::fix::{self, FixQuality},
    place::Position,
    time::UtcMs,
};

#[derive(Clone, PartialEq, Message)]
pub(super) struct Fix {
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
