//! A readout by DL/T 645 with arbitrary bytes at arbitrary moments.
#![no_main]

use std::time::Duration;

use lamplighter_core::{
    probe::{
        dlt645,
        part::Wants,
        port::{Framing, Patience, Settings},
    },
    time::Moment,
};
use libfuzzer_sys::fuzz_target;

#[path = "play.rs"]
mod play;

fuzz_target!(|bytes: &[u8]| {
    let config = dlt645::Config {
        settings: Settings { baud: 1_200, framing: Framing::EightEven },
        opening: dlt645::Opening::Ask2007,
        edition: None,
        patience: Patience { attempts: 2, wait: Duration::from_millis(650) },
        wants: Wants { events: true, ..Wants::default() },
        full: true,
    };
    play::play(dlt645::Session::start(Moment(0), config), bytes);
});
