//! What the window may ask for. Each command parses, calls one thing, converts.

pub(crate) mod device;
pub(crate) mod leave;
pub(crate) mod probe;
pub(crate) mod reading;
pub(crate) mod shift;
pub(crate) mod stop;

use lamplighter_core::id::StopId;

use crate::dto::CommandError;

fn stop_id(text: &str) -> Result<StopId, CommandError> {
    text.parse().map_err(|_| CommandError::UnknownStop)
}
