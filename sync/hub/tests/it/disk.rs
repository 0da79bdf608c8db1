//! A disk that is full, and one that fails in mid-sync, under a real hub: what it acknowledged it holds.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use lamplighter_core::evidence::chain::Head;
use lamplighter_hub::ledger::{Ledger as _, Sqlite};
use lamplighter_sync::{exchange::Request, signed};

use crate::handheld::{Handheld, NOW, greeting};

const EVENTS: usize = 1500;
const BATCH: usize = 5;

/// What was acknowledged, and how often it was not.
#[derive(Default)]
struct Told {
    acknowledged: usize,
    refused: usize,
}

/// A hub behind `wrapper`, which is given events until it has them all or says no five times in a row.
async fn tell(folder: &Path, wrapper: &[&str]) -> (Told, Handheld, Head) {
    let path = folder.join("hub.db");
    let ledger = Sqlite::open(&path, [9; 32], NOW).unwrap();
    let mut handheld = Handheld::enrolled(&ledger, 1, "Mara").await;
    drop(ledger);
    for number in 1..=EVENTS {
        handheld.read(u32::try_from(number).unwrap(), "12345.6");
    }
    let (mut hub, address) = start(&path, wrapper);
    let (mut told, mut in_a_row) = (Told::default(), 0);
    while told.acknowledged < EVENTS && in_a_row < 5 {
        let from = told.acknowledged + 1;
        let up = Request::Up(signed::pack(&handheld.batch(from, from + BATCH - 1)).unwrap());
        if post(&address, &up) == 200 {
            told.acknowledged += BATCH;
            in_a_row = 0;
        } else {
            told.refused += 1;
            in_a_row += 1;
        }
    }
    // As if the power went: it may tidy up nothing.
    let wrapped = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", hub.id())).unwrap();
    for process in wrapped.split_whitespace() {
        Command::new("kill").args(["-9", process]).status().unwrap();
    }
    hub.kill().unwrap();
    hub.wait().unwrap();
    let ledger = Sqlite::open(&path, [9; 32], NOW).unwrap();
    let held = ledger.greet(&greeting(handheld.log), NOW).await.unwrap().have;
    ledger.export(Vec::new(), None, NOW, |_| {}).await.unwrap();
    (told, handheld, held)
}

fn start(path: &Path, wrapper: &[&str]) -> (Child, String) {
    let mut command = Command::new(wrapper[0]);
    command.args(&wrapper[1..]).arg(env!("CARGO_BIN_EXE_lamplighter-hub")).arg("--ledger").arg(path);
    command.args(["serve", "--listen", "127.0.0.1:0", "--until-stdin-closes"]);
    let mut hub = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(hub.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on http://").unwrap().to_owned();
    (hub, address)
}

fn post(address: &str, request: &Request) -> u16 {
    let (path, body) = (request.path(), request.to_bytes());
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: hub\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), &body].concat()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).split(' ').nth(1).unwrap().parse().unwrap()
}

#[track_caller]
fn check_held(told: &Told, handheld: &Handheld, held: Head) {
    let seq = usize::try_from(held.seq).unwrap();
    assert!(seq >= told.acknowledged, "{} were acknowledged, {seq} are held", told.acknowledged);
    assert_eq!(held, handheld.heads[seq]);
}

#[tokio::test]
async fn a_full_disk_is_not_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    // No file longer than 600 blocks of 512 bytes; a write beyond fails, as on a disk that is full.
    let limited = ["sh", "-c", "trap '' XFSZ; ulimit -f 600; exec \"$@\"", "sh"];
    let (told, handheld, held) = tell(folder.path(), &limited).await;
    assert!(
        told.acknowledged > 0 && told.acknowledged < EVENTS && told.refused >= 5,
        "{} acknowledged, {} refused",
        told.acknowledged,
        told.refused
    );
    check_held(&told, &handheld, held);
}

#[tokio::test]
async fn a_sync_that_fails_is_not_acknowledged_and_the_hub_goes_on() {
    let works = Command::new("strace").args(["-o", "/dev/null", "true"]).status();
    if !works.is_ok_and(|status| status.success()) {
        println!("this machine lets nobody trace a process: a sync cannot be made to fail");
        return;
    }
    for failing in [7, 20] {
        let folder = tempfile::tempdir().unwrap();
        let inject = format!("inject=fsync,fdatasync:error=EIO:when={failing}");
        let (told, handheld, held) =
            tell(folder.path(), &["strace", "-f", "-o", "/dev/null", "-e", &inject]).await;
        assert!(told.refused > 0, "no sync failed");
        assert_eq!(told.acknowledged, EVENTS, "the hub did not come back");
        check_held(&told, &handheld, held);
    }
}
