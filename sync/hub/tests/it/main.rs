//! The hub from outside: ledger, service, HTTP, import, export, command line.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod billing;
mod billing_command;
mod bring;
mod command;
mod disk;
mod engines;
mod export;
mod handheld;
mod http;
mod import;
mod ledger;
mod plans;
mod postgres;
mod server;
mod service;
mod speed;
mod sqlite;
