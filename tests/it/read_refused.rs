//! `lamplighter read` where there is nothing to read: one clear line, and an exit code that tells failure from
//! wrong use.

use std::{net::TcpListener, process::Command};

use lamplighter_street::{
    Meter,
    meter::{Mode, Vice},
};

use crate::{
    process::{Running, program, run},
    read::{meter, port},
};

#[test]
fn a_silent_meter_is_named_and_its_port_is_busy_meanwhile() {
    let silent = Meter::spawn(meter(Mode::C).with(Vice::Silent)).unwrap();
    let mut first =
        Running::start(Command::new(program("lamplighter")).args(["read", "--port", &port(&silent)]));
    assert_eq!(first.error_line().as_deref(), Some("Trying dlms at 9600 Bd …"));
    run("lamplighter", ["read", "--json", "--port", &port(&silent)])
        .failed_saying("Another program uses the probe");
    let mut last = String::new();
    while let Some(line) = first.error_line() {
        last = line;
    }
    assert_eq!((first.wait().code(), first.line()), (Some(1), None));
    assert!(last.starts_with("lamplighter: No meter answered in any protocol we know. "), "{last}");
    run("lamplighter", ["read", "--json", "--port", &port(&silent)])
        .failed_saying("iec62056-21 300 Bd: silence; dlt645 1200 Bd: silence");
}

#[test]
fn a_port_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("probe").display().to_string();
    run("lamplighter", ["read", "--json", "--port", &nowhere])
        .failed_saying(&format!("No probe found at {nowhere}"));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let closed = format!("tcp://{closed}");
    run("lamplighter", ["read", "--json", "--port", &closed]).failed_saying(&closed);
    let file = folder.path().join("file");
    std::fs::write(&file, "no probe").unwrap();
    run("lamplighter", ["read", "--json", "--port", &file.display().to_string()])
        .failed_saying("cannot be opened");
}

#[test]
fn wrong_use_is_told_from_failure() {
    check("lamplighter", &["read"]);
    check("lamplighter", &["read", "--port"]);
    check("lamplighter", &["read", "--port", "x", "--protocol", "morse"]);
    check("lamplighter", &["shift"]);
    check("lamplighter", &["shift", "--demo", "--stops", "0"]);
    check("lamplighter", &["shift", "--demo", "--code", "12345-67890"]);
    check("lamplighter", &["verify"]);
    check("lamplighter", &["verify", "x", "--hub-key", "abc"]);
    check("lamplighter", &["gps"]);
    check("lamplighter", &["gps", "x", "--port", "y"]);
    check("lamplighter", &["fly"]);
    check("lamplighter-hub", &["fly"]);
    check("lamplighter-street", &["fly"]);
    run("lamplighter", ["read", "--port", "x", "--address", "no!address"]).failed_saying("lamplighter: ");
    run("lamplighter", ["verify", "no-such-file"]).failed_saying("no-such-file");
    run("lamplighter", ["gps", "no-such-file"]).failed_saying("no-such-file");
}

#[track_caller]
fn check(name: &str, words: &[&str]) {
    let ended = run(name, words);
    assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{name} {words:?}: {ended:?}");
    assert!(ended.err.starts_with("error: ") && ended.err.contains("--help"), "{name} {words:?}: {ended:?}");
}
