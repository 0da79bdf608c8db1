//! What is so of a ledger in a file only: power cuts, damage, other programs' files, and what SQLite itself refuses.

use std::{path::Path, sync::Arc, time::Duration};

use lamplighter_hub::{
    error::LedgerError,
    ledger::{Ledger as _, Sqlite},
};
use lamplighter_sync::{export::verify, wire::RefusalCode};
use prost::Message as _;
use rusqlite::Connection;
use tokio::{
    task::{JoinSet, spawn_blocking},
    time::timeout,
};

use crate::handheld::{Handheld, NOW, events, greeting, refused, six_events};

#[tokio::test]
async fn a_torn_transaction_leaves_nothing_and_the_file_opens_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    let ledger = Sqlite::open(&path, [9; 32], NOW).unwrap();
    let handheld = six_events(&ledger).await;
    ledger.ingest(handheld.batch(1, 2), NOW).await.unwrap();
    // Copied while it is open, with its journal: what a power cut leaves.
    for name in ["hub.db", "hub.db-wal"] {
        std::fs::copy(folder.path().join(name), folder.path().join(name.replace("hub", "cut"))).unwrap();
    }
    let wal = folder.path().join("cut.db-wal");
    ledger.ingest(handheld.batch(3, 6), NOW).await.unwrap();
    let whole = std::fs::read(folder.path().join("hub.db-wal")).unwrap();
    let shorter = std::fs::metadata(&wal).unwrap().len();
    for cut in [shorter, shorter + 1000, whole.len() as u64 - 1] {
        let cut = usize::try_from(cut).unwrap();
        std::fs::write(&wal, &whole[..cut.min(whole.len())]).unwrap();
        let _ = std::fs::remove_file(folder.path().join("cut.db-shm"));
        let copy = folder.path().join(format!("copy-{cut}.db"));
        std::fs::copy(folder.path().join("cut.db"), &copy).unwrap();
        std::fs::copy(&wal, copy.with_extension("db-wal")).unwrap();
        let ledger = Sqlite::open(&copy, [8; 32], NOW).unwrap();
        assert_eq!(events(&ledger).await, 2, "{cut}");
        assert_eq!(ledger.ingest(handheld.batch(2, 6), NOW).await, Ok(handheld.head()));
    }
}

#[tokio::test]
async fn what_the_hub_shows_after_a_restart_is_written_into_the_file_first() {
    for open in [Sqlite::open, Sqlite::open_here] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.db");
        let ledger = open(&path, [9; 32], NOW).unwrap();
        let handheld = six_events(&ledger).await;
        ledger.ingest(handheld.batch(1, 6), NOW).await.unwrap();
        // As after a kill: the journal lies beside the file.
        let killed = folder.path().join("killed.db");
        for tail in ["", "-wal"] {
            std::fs::copy(format!("{}{tail}", path.display()), format!("{}{tail}", killed.display()))
                .unwrap();
        }
        let reopened = open(&killed, [8; 32], NOW).unwrap();
        assert_eq!(events(&reopened).await, 6);
        // Without what was in the journal, as after a power cut that took it.
        let bare = folder.path().join("bare.db");
        std::fs::copy(&killed, &bare).unwrap();
        assert_eq!(events(&open(&bare, [8; 32], NOW).unwrap()).await, 6);
        let journal = |path: &Path| std::fs::read(path.with_extension("db-wal")).unwrap();
        assert_ne!(journal(&killed)[16..24], journal(&path)[16..24], "the old journal may come back");
    }
}

#[tokio::test]
async fn a_command_beside_an_export_waits_for_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    let ledger = Sqlite::open(&path, [9; 32], NOW).unwrap();
    let handheld = six_events(&ledger).await;
    let export = ledger.snapshot().await.unwrap();
    ledger.ingest(handheld.batch(1, 3), NOW).await.unwrap();
    let opened = spawn_blocking(move || Sqlite::open(&path, [9; 32], NOW).unwrap());
    let opened = timeout(Duration::from_secs(5), opened).await.expect("it waits for the export").unwrap();
    assert_eq!(events(&opened).await, 3);
    drop(export);
}

#[tokio::test]
async fn what_schema_1_set_aside_of_a_locked_out_device_is_held_back_in_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    let raw = Connection::open(&path).unwrap();
    raw.execute_batch(include_str!("../../migrations/sqlite/0001_ledger.sql")).unwrap();
    raw.pragma_update(None, "application_id", 0x4c4d_504c).unwrap();
    raw.pragma_update(None, "user_version", 1).unwrap();
    let mut handheld = Handheld::new(1);
    for number in 1..=6 {
        handheld.read(number, "10.5");
    }
    let device = handheld.log.device;
    raw.execute(
        "INSERT INTO device (id, name, public_key, created_at_ms, enrolled_at_ms, revoked_at_ms)
         VALUES (?1, 'Mara', ?2, 0, 0, 0)",
        (device.as_bytes(), handheld.key.public().0),
    )
    .unwrap();
    // Sent again with what came since; and one before which something is missing.
    for (first, last) in [(1, 2), (1, 3), (6, 6)] {
        let batch = handheld.batch(first, last).encode_to_vec();
        raw.execute(
            "INSERT INTO set_aside VALUES ('revoked', ?1, 1, ?2, ?3, 0, ?4)",
            (device.as_bytes(), u32::try_from(first).unwrap(), handheld.heads[last].hash.0, batch),
        )
        .unwrap();
    }
    drop(raw);
    for _ in 0..2 {
        let ledger = Sqlite::open(&path, [9; 32], NOW).unwrap();
        let status = ledger.status().await.unwrap();
        assert_eq!((status.from_revoked, status.forks, status.orphans), (3, 1, 0));
        let mut bytes = Vec::new();
        ledger.export(&mut bytes, None, NOW, |_| {}).await.unwrap();
        let proved = verify(&bytes, Some(ledger.key().public())).unwrap();
        assert_eq!((proved.readings, proved.totals.current), (3, 0));
    }
    let ledger = Sqlite::open(&path, [9; 32], NOW).unwrap();
    assert_eq!(ledger.release("Mara").await, Ok(3));
    let status = ledger.status().await.unwrap();
    assert_eq!((status.from_revoked, status.forks, status.orphans), (0, 1, 3));
}

#[tokio::test]
async fn damaged_foreign_and_newer_files_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    drop(six_events(&Sqlite::open(&path, [9; 32], NOW).unwrap()).await);
    let good = std::fs::read(&path).unwrap();

    let mut damaged = good.clone();
    damaged[4096 * 2..4096 * 6].fill(0xa5);
    let mut newer = good;
    newer[60..64].copy_from_slice(&7_u32.to_be_bytes());
    let foreign = folder.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE notes (text)").unwrap();
    let foreign = std::fs::read(foreign).unwrap();
    for (bytes, words) in [
        (damaged, "damaged"),
        (newer, "later release"),
        (foreign, "another program"),
        (b"cycle,round,round_name\n".repeat(100), "damaged"),
    ] {
        std::fs::write(&path, &bytes).unwrap();
        let error = Sqlite::open(&path, [9; 32], NOW).err().unwrap().to_string();
        assert!(error.contains(words), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "{words}");
    }
}

#[tokio::test]
async fn the_file_itself_refuses_to_change_an_event() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    let ledger = Sqlite::open(&path, [9; 32], NOW).unwrap();
    let handheld = six_events(&ledger).await;
    ledger.ingest(handheld.batch(1, 6), NOW).await.unwrap();
    let raw = Connection::open(&path).unwrap();
    for sql in ["UPDATE event SET payload = x'00'", "DELETE FROM event", "DELETE FROM seal"] {
        assert!(raw.execute(sql, []).unwrap_err().to_string().contains("never"));
    }
    raw.execute_batch("DROP TRIGGER event_is_not_changed").unwrap();
    raw.execute("UPDATE event SET payload = CAST(payload || x'00' AS BLOB) WHERE seq = 3", []).unwrap();
    let error = ledger.export(Vec::new(), None, NOW, |_| {}).await.unwrap_err();
    assert!(matches!(error, LedgerError::Damaged(_)), "{error}");
}

/// Devices with one event each, taken in.
async fn devices(ledger: &Sqlite, count: u8) -> Vec<Handheld> {
    let mut devices = Vec::new();
    for seed in 1..=count {
        let mut handheld = Handheld::enrolled(ledger, seed, &format!("Reader {seed}")).await;
        handheld.read(u32::from(seed), "1.5");
        devices.push(handheld);
    }
    devices
}

/// Commits in the journal: frames that say how long the file is after them.
fn commits(path: &Path) -> usize {
    let journal = std::fs::read(path.with_extension("db-wal")).unwrap();
    journal[32..].chunks(24 + 4096).filter(|frame| frame[4..8] != [0; 4]).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_together_is_committed_together_and_a_bad_one_spoils_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    let ledger = Arc::new(Sqlite::open(&path, [9; 32], NOW).unwrap());
    let devices = devices(&ledger, 40).await;
    let before = commits(&path);
    // Another process writes: everything waits.
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut waiting = JoinSet::new();
    for (at, handheld) in devices.iter().enumerate() {
        let mut batch = handheld.batch(1, 1);
        if at % 4 == 3 {
            // Signed well, and what is before it is missing.
            let mut later = Handheld::new(u8::try_from(at + 1).unwrap());
            later.read(1, "1");
            later.read(2, "2");
            batch = later.batch(2, 2);
        }
        let ledger = Arc::clone(&ledger);
        waiting.spawn(async move { ledger.ingest(batch, NOW).await });
    }
    // Reads get through, behind those that every batch begins with.
    for _ in 0..50 {
        assert_eq!(events(&*ledger).await, 0);
    }
    other.execute_batch("COMMIT").unwrap();
    let (mut held, mut gaps) = (0, 0);
    while let Some(done) = waiting.join_next().await {
        match done.unwrap() {
            Ok(_) => held += 1,
            Err(LedgerError::Refused(RefusalCode::Gap, 1, _)) => gaps += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((held, gaps, events(&*ledger).await), (30, 10, 30));
    let together = commits(&path) - before;
    assert!(together < 20, "{together} commits for 40 batches");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_than_can_wait_is_sent_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    let ledger = Arc::new(Sqlite::open(&path, [9; 32], NOW).unwrap());
    let handheld = six_events(&*ledger).await;
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut waiting = JoinSet::new();
    for _ in 0..300 {
        let (ledger, greeting) = (Arc::clone(&ledger), greeting(handheld.log));
        waiting.spawn(async move { ledger.greet(&greeting, NOW).await });
    }
    let first = waiting.join_next().await.unwrap().unwrap();
    assert_eq!(refused(first).0, RefusalCode::Busy);
    other.execute_batch("COMMIT").unwrap();
    let (mut done, mut busy) = (0, 1);
    while let Some(answer) = waiting.join_next().await {
        match answer.unwrap() {
            Ok(_) => done += 1,
            Err(LedgerError::Refused(RefusalCode::Busy, _, _)) => busy += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(done >= 128 && done + busy == 300, "{done} done, {busy} sent away");
}
