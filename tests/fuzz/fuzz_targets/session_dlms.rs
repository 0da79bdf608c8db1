//! A readout by DLMS with arbitrary bytes at arbitrary moments.
#![no_main]

use lamplighter_core::{probe::dlms, time::Moment};
use libfuzzer_sys::fuzz_target;

#[path = "play.rs"]
mod play;

fuzz_target!(|bytes: &[u8]| {
    play::play(dlms::Session::start(Moment(0), dlms::Config::new([7; 8], [9; 16])), bytes);
});
