//! Numbers and OBIS codes, in protobuf.

use prost::Message;

use crate::{decimal::Decimal, evidence::event::EventError, obis::Obis};

#[derive(Clone, PartialEq, Message)]
pub(super) struct Number {
    #[prost(sint64, tag = "1")]
    mantissa: i64,
    #[prost(uint32, tag = "2")]
    scale: u32,
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

pub(super) fn obis_number(obis: Obis) -> u64 {
    let Obis { a, b, c, d, e, f } = obis;
    u64::from_be_bytes([0, 0, a, b, c, d, e, f])
}

pub(super) fn obis(number: u64) -> Obis {
    let [_, _, a, b, c, d, e, f] = number.to_be_bytes();
    Obis { a, b, c, d, e, f }
}
