//! What is so of a ledger in a file only: power cuts, damage, other programs' files, and what SQLite itself refuses.

use lamplighter_hub::{
    error::LedgerError,
    ledger::{Ledger as _, Sqlite},
};

use crate::handheld::{NOW, events, six_events};

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
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE notes (text)").unwrap();
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
    let raw = rusqlite::Connection::open(&path).unwrap();
    for sql in ["UPDATE event SET payload = x'00'", "DELETE FROM event", "DELETE FROM seal"] {
        assert!(raw.execute(sql, []).unwrap_err().to_string().contains("never"));
    }
    raw.execute_batch("DROP TRIGGER event_is_not_changed").unwrap();
    raw.execute("UPDATE event SET payload = CAST(payload || x'00' AS BLOB) WHERE seq = 3", []).unwrap();
    let error = ledger.export(Vec::new(), None, NOW, |_| {}).await.unwrap_err();
    assert!(matches!(error, LedgerError::Damaged(_)), "{error}");
}
