//! A readout by ANSI C12.18 with arbitrary bytes at arbitrary moments.
#![no_main]

use lamplighter_core::{probe::c1218, time::Moment};
use libfuzzer_sys::fuzz_target;

#[path = "play.rs"]
mod play;

fuzz_target!(|bytes: &[u8]| {
    play::play(c1218::Session::start(Moment(0), c1218::Config::default()), bytes);
});
