//! How long an order takes, and how much shorter it is than the nearest neighbour. Run with `cargo bench`.
#![allow(clippy::print_stdout, reason = "a benchmark tells its figures")]

use divan::{Bencher, black_box};
use lamplighter_core::{
    place::Position,
    route::order::{length_m, nearest_neighbour, order},
};

fn main() {
    for size in [100, 500, 2_000] {
        let (start, stops) = town(size);
        let length = |order: &[usize]| length_m(Some(start), &stops, order);
        let (ours, greedy) =
            (length(&order(Some(start), &stops)), length(&nearest_neighbour(Some(start), &stops)));
        println!("{size} stops: {ours:.0} m, {:.3} of the nearest neighbour", ours / greedy);
    }
    divan::main();
}

/// Doors along crooked streets, from a fixed seed.
fn town(size: u32) -> (Position, Vec<Position>) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ u64::from(size);
    let mut below = |limit: i32| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        i32::try_from(state % u64::from(limit.unsigned_abs())).unwrap_or_default()
    };
    let side = 20_000;
    let place = |north: i32, east: i32| Position::from_e7(601_700_000 + north, 249_400_000 + 2 * east);
    let mut stops = vec![];
    while stops.len() < size as usize {
        let (north, east, along, step) = (below(side), below(side), below(2), 1_000 + below(1_000));
        for door in 0..20 {
            let (away, aside) = (door * step, below(400));
            stops.extend(if along == 0 {
                place(north + away, east + aside)
            } else {
                place(north + aside, east + away)
            });
        }
    }
    stops.truncate(size as usize);
    (place(0, 0).unwrap_or(stops[0]), stops)
}

#[divan::bench(args = [100, 500, 2_000])]
fn nearest(bencher: Bencher<'_, '_>, size: u32) {
    let (start, stops) = town(size);
    bencher.bench(|| nearest_neighbour(Some(black_box(start)), black_box(&stops)));
}

#[divan::bench(args = [100, 500, 2_000])]
fn improved(bencher: Bencher<'_, '_>, size: u32) {
    let (start, stops) = town(size);
    bencher.bench(|| order(Some(black_box(start)), black_box(&stops)));
}

#[divan::bench(args = [2_000])]
fn without_a_start(bencher: Bencher<'_, '_>, size: u32) {
    let (_, stops) = town(size);
    bencher.bench(|| order(None, black_box(&stops)));
}
