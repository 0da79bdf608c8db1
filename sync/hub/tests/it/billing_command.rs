//! The hand-over as the office does it, with the real program, over both engines; and killed in the middle of it.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use lamplighter_core::id::ReadingId;
use lamplighter_hub::ledger::{Ledger, Sqlite};

use crate::{
    billing::proved,
    command::{IN_FILE, answers, hub},
    engines::Store as _,
    handheld::{Handheld, NOW, import, round},
    server::database,
};

const BILL: [&str; 5] = ["bill", "--cycle", "2026-11", "--into", "bills"];

async fn readings(ledger: &impl Ledger, stops: u32) -> Vec<ReadingId> {
    import(ledger, &round(stops), None).await;
    let mut mara = Handheld::enrolled(ledger, 1, "Mara").await;
    let read = (1..=stops).map(|number| mara.read(number, "10.5")).collect();
    ledger.ingest(mara.batch(1, stops as usize), NOW).await.unwrap();
    read
}

#[tokio::test]
async fn billing_gets_files_and_answers() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Sqlite::open(&folder.path().join("hub.db"), [9; 32], NOW).unwrap();
    let read = readings(&ledger, 3).await;
    drop(ledger);
    a_month(folder.path(), IN_FILE, &read);
}

#[tokio::test]
async fn billing_gets_files_and_answers_from_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let store = database().await;
    let read = readings(&store.open().await, 3).await;
    a_month(folder.path(), &["--database-url", &store.url()], &read);
}

#[track_caller]
fn a_month(folder: &Path, place: &[&str], read: &[ReadingId]) {
    let check = |arguments: &[&str], exit, says: &str| -> Output {
        answers(&mut hub(folder, place, arguments), exit, says)
    };
    let bills = folder.join("bills");
    check(&BILL, 1, "bills: No such file");
    check(&["reconcile"], 0, "due: 3");
    fs::create_dir(&bills).unwrap();
    // A name that cannot be written: the readings are claimed, and go into the very same file later.
    let blocked = bills.join(".2026-11-0001.csv.part");
    fs::create_dir(&blocked).unwrap();
    check(&BILL, 1, "2026-11-0001.csv: ");
    check(&["reconcile"], 0, "waiting: 3");
    fs::remove_dir(blocked).unwrap();
    check(&BILL, 0, "2026-11-0001.csv: 3 readings, 0 taken back");
    let file = bills.join("2026-11-0001.csv");
    let bytes = fs::read(&file).unwrap();
    check(&BILL, 0, "nothing new in 2026-11; 1 files so far");
    fs::remove_file(&file).unwrap();
    check(&BILL, 0, "nothing new");
    check(&[&BILL[..], &["--again", "1"]].concat(), 0, "3 readings");
    assert_eq!(fs::read(&file).unwrap(), bytes);
    check(&[&BILL[..], &["--again", "2"]].concat(), 1, "2026-11-0002 was never handed over");
    fs::write(&file, "another").unwrap();
    check(&[&BILL[..], &["--again", "1"]].concat(), 1, "another file has this name");
    fs::write(bills.join("2026-11-0002.csv"), "from before").unwrap();
    check(&BILL, 1, "set back to a backup");
    let said = format!("reading,answer,reason\n{},accepted,\n{},refused,no contract\n", read[0], read[1]);
    fs::write(folder.join("answers.csv"), &said).unwrap();
    fs::write(folder.join("bad.csv"), said.replace("accepted", "maybe")).unwrap();
    check(&["settle", "bad.csv"], 1, "1 problem, nothing was settled\nline 2, column answer");
    check(&["settle", "answers.csv"], 0, "1 settled, 1 refused, 0 known before");
    check(&["settle", "answers.csv"], 0, "0 settled, 0 refused, 2 known before");
    let unknown = format!("{said}{},accepted,\n{},refused,late\n", "00".repeat(16), read[0]);
    fs::write(folder.join("unknown.csv"), unknown).unwrap();
    check(&["settle", "unknown.csv"], 1, "2 answers changed nothing\nline 4: 00000000-");
    check(&["reconcile", "--cycle", "2026-11"], 0, "3 handed over: 1 settled, 1 refused, 1 wait");
    check(&["reconcile", "--json"], 0, "\"gaps\":0");
    check(&["reconcile", "--cycle", "2027-01"], 1, "there is no cycle 2027-01");
}

#[tokio::test]
async fn a_reading_that_nobody_can_explain_is_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let store = database().await;
    readings(&store.open().await, 3).await;
    let url = store.url();
    let place = ["--database-url", &url[..]];
    fs::create_dir(folder.path().join("bills")).unwrap();
    answers(&mut hub(folder.path(), &place, &BILL), 0, "3 readings");
    assert!(store.refuses("UPDATE bill_entry SET text = 'x'").contains("permission denied"));
    assert!(store.refuses("DELETE FROM bill_entry").contains("permission denied"));
    store.force("DELETE FROM reading WHERE seq = 2; UPDATE bill_entry SET text = replace(text, '10.5', '90.5') WHERE seq = 3");
    let output = answers(&mut hub(folder.path(), &place, &["reconcile"]), 1, "2 gaps that no queue explains");
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains("it is in its log and not in the books"), "{out}");
    assert!(out.contains("2026-11-0001 is not what was handed over"), "{out}");
}

#[tokio::test]
async fn a_hand_over_that_is_killed_anywhere_loses_and_doubles_nothing() {
    let works = Command::new("strace").args(["-o", "/dev/null", "true"]).status();
    if !works.is_ok_and(|status| status.success()) {
        println!("this machine lets nobody trace a process: it cannot be killed at a chosen moment");
        return;
    }
    let mut kills = 0;
    for call in ["rename,renameat,renameat2", "fsync,fdatasync", "pwrite64", "write"] {
        for at in 1..=6 {
            let folder = tempfile::tempdir().unwrap();
            let ledger = Sqlite::open(&folder.path().join("hub.db"), [9; 32], NOW).unwrap();
            let read = readings(&ledger, 5).await;
            drop(ledger);
            fs::create_dir(folder.path().join("bills")).unwrap();
            let mut command = Command::new("strace");
            command.args(["-f", "-o", "/dev/null", "-e", &format!("inject={call}:signal=KILL:when={at}")]);
            command
                .current_dir(folder.path())
                .arg(env!("CARGO_BIN_EXE_lamplighter-hub"))
                .args(IN_FILE)
                .args(BILL);
            kills += u32::from(!command.output().unwrap().status.success());
            let claimed_already = proved(&folder.path().join("bills"));
            answers(&mut hub(folder.path(), IN_FILE, &BILL), 0, "");
            let sheets = proved(&folder.path().join("bills"));
            assert!(sheets.starts_with(&claimed_already), "{call} {at}: a file has changed");
            let ids: Vec<ReadingId> =
                sheets.iter().flat_map(|sheet| &sheet.entries).map(|entry| entry.id).collect();
            assert_eq!(ids, read, "killed at {call} {at}");
            answers(&mut hub(folder.path(), IN_FILE, &["reconcile"]), 0, "5 handed over: 0 settled");
        }
    }
    assert!(kills >= 8, "it was killed {kills} times only");
}
