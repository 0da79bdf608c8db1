//! The command line as the office uses it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Command, Output, Stdio},
};

use crate::{handheld::round, server::database};

pub(crate) const IN_FILE: &[&str] = &["--ledger", "hub.db"];

pub(crate) fn hub(folder: &Path, place: &[&str], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lamplighter-hub"));
    command.current_dir(folder).args(place).args(arguments).env_remove("LAMPLIGHTER_DATABASE_URL");
    command
}

#[track_caller]
fn check(folder: &Path, arguments: &[&str], exit: i32, says: &str) -> Output {
    answers(&mut hub(folder, IN_FILE, arguments), exit, says)
}

#[track_caller]
pub(crate) fn answers(command: &mut Command, exit: i32, says: &str) -> Output {
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(exit), "{command:?}\n{out}\n{err}");
    assert!(if exit == 0 { &out } else { &err }.contains(says), "{command:?}\n{out}\n{err}");
    output
}

#[test]
fn a_month_in_the_office() {
    let folder = tempfile::tempdir().unwrap();
    check(folder.path(), &["status"], 1, "no ledger");
    a_month(folder.path(), IN_FILE);
}

#[tokio::test]
async fn a_month_in_the_office_with_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let url = database().await.url();
    a_month(folder.path(), &["--database-url", &url]);
    let mut status = hub(folder.path(), &[], &["status"]);
    answers(status.env("LAMPLIGHTER_DATABASE_URL", &url), 0, "0 of 3 read, 0 skipped, Ole");
    let secret = "postgres://hub:secret@db.example/ledger";
    let mut refused = hub(folder.path(), &[], &["status"]);
    answers(refused.env("LAMPLIGHTER_DATABASE_URL", secret), 1, "needs sslmode");
    let help =
        answers(hub(folder.path(), &[], &["--help"]).env("LAMPLIGHTER_DATABASE_URL", secret), 0, "URL");
    assert!(!String::from_utf8_lossy(&help.stdout).contains("secret"));
}

fn a_month(folder: &Path, place: &[&str]) {
    let check = |arguments: &[&str], exit, says: &str| {
        answers(&mut hub(folder, place, arguments), exit, says);
    };
    std::fs::write(folder.join("round.csv"), round(3)).unwrap();
    std::fs::write(folder.join("bad.csv"), round(3).replace("1.8.0", "main")).unwrap();
    check(&["import", "bad.csv"], 1, "3 problems, nothing was imported\nline 2, column obis");
    check(&["import", "none.csv"], 1, "none.csv");
    check(&["enrol", "Mara"], 0, "good for one device of Mara until");
    check(&["enrol", "Ole", "--json", "--valid-hours", "1"], 0, "\"code\":\"");
    check(&["import", "round.csv", "--for", "Per"], 1, "no device for Per");
    check(&["import", "round.csv", "--for", "Mara"], 0, "3 stops added");
    check(&["import", "round.csv", "--for", "Mara"], 0, "3 as they were; 0 plans");
    check(&["assign", "14", "--for", "Ole"], 0, "3 stops are Ole's now");
    check(&["revoke", "Mara"], 0, "locked out");
    check(&["status"], 0, "0 of 3 read, 0 skipped, Ole");
    check(&["status", "--json"], 0, "\"stops\":3");
    check(&["export", "readings.csv"], 0, "0 readings");
    check(&["verify", "readings.csv"], 0, "0 readings");
    check(&["verify", "readings.csv", "--hub-key", &"00".repeat(32)], 1, "another hub's");
    check(&["verify", "round.csv"], 1, "not proved: line 1");
}

#[test]
fn the_recovery_key_is_made_once_and_its_file_is_its_owners() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    check(folder, &["recovery-key", "show"], 1, "no ledger");
    check(folder, &["enrol", "Mara"], 0, "Mara");
    check(folder, &["recovery-key", "show"], 1, "`recovery-key new` makes one");
    check(folder, &["recovery-key", "new", "office.key"], 0, "keep it away from the hub");
    let made = std::fs::read_to_string(folder.join("office.key")).unwrap();
    let fingerprint = made.lines().find_map(|line| line.strip_prefix("fingerprint ")).unwrap();
    check(folder, &["recovery-key", "show"], 0, &format!("recovery key {fingerprint} since 2"));
    check(folder, &["recovery-key", "new", "other.key"], 1, "--replace puts a new one in its place");
    check(folder, &["recovery-key", "new", "office.key", "--replace"], 1, "there already");
    assert_eq!(std::fs::read_to_string(folder.join("office.key")).unwrap(), made);
    check(folder, &["recovery-key", "new", "other.key", "--replace"], 0, "recovery key ");
    check(folder, &["recovery-key", "show"], 0, &format!("earlier      {fingerprint} since 2"));
    check(folder, &["recovery-key", "show", "--json"], 0, "\"present\":{\"fingerprint\":\"");
    for name in ["office.key", "other.key"] {
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(folder.join(name)).unwrap());
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    check(folder, &["bring", "none.lmp", "--key", "office.key"], 1, "none.lmp");
    check(folder, &["bring", "office.key", "--key", "office.key"], 1, "no parcel of a handheld");
    check(folder, &["bring", "office.key", "--key", "hub.db"], 1, "no file of a recovery key");
    check(folder, &["bring", "office.key"], 2, "--key");
}

#[test]
fn wrong_use_is_told_apart_and_every_command_helps() {
    let folder = tempfile::tempdir().unwrap();
    check(folder.path(), &["enroll"], 2, "unrecognized");
    check(folder.path(), &["assign", "14"], 2, "--for");
    check(folder.path(), &["enrol", "Mara", "--valid-hours", "0"], 2, "valid-hours");
    check(folder.path(), &["status", "--database-url", "postgres:///x"], 2, "cannot be used with");
    for command in [
        "serve",
        "import",
        "assign",
        "enrol",
        "revoke",
        "release",
        "status",
        "export",
        "bill",
        "settle",
        "reconcile",
        "verify",
        "bring",
        "recovery-key",
        "calibrate",
    ] {
        check(folder.path(), &[command, "--help"], 0, "Usage: lamplighter-hub");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_server_says_where_it_listens_and_stops_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = hub(folder.path(), IN_FILE, &["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok\n"), "{answer}");
    Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    assert_eq!(server.wait().unwrap().code(), Some(0));
}
