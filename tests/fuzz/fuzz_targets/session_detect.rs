//! The search for a meter with arbitrary bytes at arbitrary moments.
#![no_main]

use lamplighter_core::{
    probe::detect::{Aim, Detect},
    time::Moment,
};
use libfuzzer_sys::fuzz_target;

#[path = "play.rs"]
mod play;

fuzz_target!(|bytes: &[u8]| {
    play::play(Detect::start(Moment(0), Aim::default()), bytes);
});
