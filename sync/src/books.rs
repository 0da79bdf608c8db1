//! Names in the utility's books to ids: the same names, the same ids, on every machine and after every import.

use lamplighter_core::id::{MeterId, RoundId, StopId};

/// The round of this code in this cycle.
pub fn round_id(cycle: &str, code: &str) -> RoundId {
    RoundId::derived(&[cycle.as_bytes(), code.as_bytes()])
}

/// The stop of this number in that round. The number counts as written in digits.
pub fn stop_id(cycle: &str, code: &str, number: u32) -> StopId {
    StopId::derived(&[cycle.as_bytes(), code.as_bytes(), number.to_string().as_bytes()])
}

/// The meter with this number on its face.
pub fn meter_id(serial: &str) -> MeterId {
    MeterId::derived(&[serial.as_bytes()])
}
