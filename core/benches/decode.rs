//! How quickly captured telegrams become readouts. Run with `cargo bench`.
#![allow(clippy::unwrap_used, reason = "a benchmark with wrong telegrams shall stop")]

mod telegrams;

use divan::{Bencher, black_box, counter::BytesCount};
use lamplighter_core::probe::{push, sml};
use telegrams::{p1_telegram, sml_telegram};

fn main() {
    divan::main();
}

/// Sixteen telegrams, as a dump of half a minute has them.
const TELEGRAMS: usize = 16;

#[divan::bench]
fn sml_telegrams(bencher: Bencher<'_, '_>) {
    let dump = sml_telegram().repeat(TELEGRAMS);
    assert_eq!(sml::decode(&dump).len(), TELEGRAMS);
    bencher.counter(BytesCount::of_slice(&dump)).bench(|| sml::decode(black_box(&dump)));
}

#[divan::bench]
fn p1_telegrams(bencher: Bencher<'_, '_>) {
    let dump = p1_telegram().repeat(TELEGRAMS);
    assert_eq!(push::decode(&dump).len(), TELEGRAMS);
    bencher.counter(BytesCount::of_slice(&dump)).bench(|| push::decode(black_box(&dump)));
}
