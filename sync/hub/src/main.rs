//! `lamplighter-hub`: the office's server and its command line. The only place that reads the clock and draws
//! random bytes.

mod cli;

use std::{
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::Parser as _;
use lamplighter_core::time::UtcMs;

fn main() -> ExitCode {
    let world = cli::World { now, random };
    match cli::run(cli::Arguments::parse(), &world) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

#[expect(clippy::disallowed_methods, reason = "the hub's one clock")]
fn now() -> UtcMs {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    UtcMs(i64::try_from(millis).unwrap_or(i64::MAX))
}

fn random(bytes: &mut [u8]) -> Result<(), String> {
    getrandom::fill(bytes).map_err(|error| format!("no random bytes: {error}"))
}
