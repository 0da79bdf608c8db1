//! A readout by IEC 62056-21 with arbitrary bytes at arbitrary moments.
#![no_main]

use lamplighter_core::{probe::iec62056, time::Moment};
use libfuzzer_sys::fuzz_target;

#[path = "play.rs"]
mod play;

fuzz_target!(|bytes: &[u8]| {
    play::play(iec62056::Session::start(Moment(0), iec62056::Config::default()), bytes);
});
