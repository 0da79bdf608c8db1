//! Listening to meters that push, SML and text, with arbitrary bytes at arbitrary moments.
#![no_main]

use lamplighter_core::{
    probe::{push, sml},
    time::Moment,
};
use libfuzzer_sys::fuzz_target;

#[path = "play.rs"]
mod play;

fuzz_target!(|bytes: &[u8]| {
    play::play(sml::Session::start(Moment(0), sml::USUAL), bytes);
    play::play(push::Session::start(Moment(0), push::P1), bytes);
});
