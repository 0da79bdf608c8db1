//! Tests that stand above every crate: house rules, real processes, round trips.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so by a panic")]
#![allow(clippy::print_stdout, reason = "a seed is told, so that what failed can be walked again")]

mod bits;
mod c1219;
mod conformance;
mod conformance_links;
mod dice;
mod export_file;
mod gmac;
mod gmac_meter;
mod gps;
mod help;
mod judges;
mod kill;
mod liar;
mod office;
mod peers;
mod peers_client;
mod process;
mod read;
mod read_refused;
mod round_trip;
mod round_trip_trouble;
mod shift;
mod sources;
mod stated;
mod tidy;
mod tidy_arrows;
mod upgrade;
mod wire;
