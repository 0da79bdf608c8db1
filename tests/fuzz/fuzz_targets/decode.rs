//! The door for captured dumps, for every family by turns.
#![no_main]

use lamplighter_core::probe::{decode::decode, way::Family};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let [choice, dump @ ..] = bytes {
        decode(dump, Family::ALL.get(usize::from(*choice)).copied());
    }
});
