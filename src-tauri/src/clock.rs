//! The only clock of the handheld.

use std::{
    sync::OnceLock,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use lamplighter_core::time::{Moment, UtcMs};

/// What time it is in the world, as far as this device knows.
#[expect(clippy::disallowed_methods, reason = "this file is where time comes from")]
pub(crate) fn now() -> UtcMs {
    let ms = |span: std::time::Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(after) => UtcMs(ms(after)),
        Err(before) => UtcMs(-ms(before.duration())),
    }
}

/// A clock that only runs forward, since the program began.
#[expect(clippy::disallowed_methods, reason = "this file is where time comes from")]
pub(crate) fn moment() -> Moment {
    static START: OnceLock<Instant> = OnceLock::new();
    Moment::default() + START.get_or_init(Instant::now).elapsed()
}
