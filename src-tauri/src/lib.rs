//! The handheld: whatever is real. The clock, the ports, the threads, the window and the command line. It
//! decides nothing.

mod cli;
mod clock;
mod commands;
mod demo;
mod device;
mod dto;
mod failure;
mod leave;
mod probe;
mod record;
mod state;
mod sync_task;
mod texts;
mod trigger;
mod turn;
mod window;

use failure::Failure;

/// Runs the program as its arguments ask.
pub fn run() -> std::process::ExitCode {
    // Fails only where one is installed already, which serves as well.
    rustls::crypto::ring::default_provider().install_default().ok();
    cli::run()
}
