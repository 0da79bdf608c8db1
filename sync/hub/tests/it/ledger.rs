//! What the ledger takes, refuses, and never forgets.

use std::thread;

use lamplighter_core::{
    evidence::{chain::Head, event::Body},
    round::SkipReason,
    time::UtcMs,
};
use lamplighter_hub::{error::LedgerError, ledger::Ledger};
use lamplighter_sync::wire::RefusalCode;

use crate::handheld::{CODE, Handheld, NOW, greeting, import, ledger, reading, round, stop};

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, LedgerError>) -> (RefusalCode, u64) {
    match result {
        Err(LedgerError::Refused(code, number, _)) => (code, number),
        other => panic!("{other:?}"),
    }
}

fn events(ledger: &Ledger) -> u64 {
    ledger.status().unwrap().devices.iter().map(|device| device.events).sum()
}

fn six_events(ledger: &Ledger) -> Handheld {
    let mut handheld = Handheld::enrolled(ledger, 1, "Mara");
    for number in 1..=6 {
        handheld.read(number, "10.5");
    }
    handheld
}

#[test]
fn a_batch_sent_twice_or_overlapping_adds_nothing_twice() {
    let ledger = ledger();
    let handheld = six_events(&ledger);
    for (from, to) in [(1, 3), (1, 3), (2, 5), (1, 2), (4, 4), (1, 6), (6, 6)] {
        assert_eq!(ledger.ingest(&handheld.batch(from, to), NOW), Ok(handheld.heads[to]));
    }
    assert_eq!(events(&ledger), 6);
    assert_eq!(ledger.greet(&greeting(handheld.log), NOW).unwrap().have, handheld.head());
}

#[test]
fn events_may_not_be_left_out() {
    let ledger = ledger();
    let handheld = six_events(&ledger);
    assert_eq!(refused(ledger.ingest(&handheld.batch(3, 4), NOW)), (RefusalCode::Gap, 1));
    ledger.ingest(&handheld.batch(1, 2), NOW).unwrap();
    assert_eq!(refused(ledger.ingest(&handheld.batch(5, 6), NOW)), (RefusalCode::Gap, 3));
    assert_eq!(events(&ledger), 2);
}

#[test]
fn another_branch_is_refused_and_kept() {
    let ledger = ledger();
    let handheld = six_events(&ledger);
    ledger.ingest(&handheld.batch(1, 4), NOW).unwrap();
    let mut clone = Handheld::new(1);
    clone.read(1, "10.5");
    for number in 2..=6 {
        clone.read(number, "99.9");
    }
    for (from, to) in [(1, 2), (3, 5), (5, 6), (5, 6)] {
        assert_eq!(refused(ledger.ingest(&clone.batch(from, to), NOW)).0, RefusalCode::Fork);
    }
    assert_eq!(ledger.ingest(&clone.batch(1, 1), NOW), Ok(handheld.heads[1]));
    assert_eq!((events(&ledger), ledger.status().unwrap().forks), (4, 3));
    assert_eq!(ledger.ingest(&handheld.batch(5, 6), NOW), Ok(handheld.head()));
}

#[test]
fn a_new_epoch_is_a_new_log() {
    let ledger = ledger();
    let mut handheld = six_events(&ledger);
    ledger.ingest(&handheld.batch(1, 6), NOW).unwrap();
    handheld = Handheld {
        log: lamplighter_core::evidence::chain::Log { epoch: 2, ..handheld.log },
        ..Handheld::new(1)
    };
    handheld.read(1, "11");
    assert_eq!(ledger.ingest(&handheld.batch(1, 1), NOW), Ok(handheld.head()));
}

#[test]
fn a_seal_that_does_not_hold_stores_nothing() {
    let ledger = ledger();
    let handheld = six_events(&ledger);
    Handheld::enrolled(&ledger, 2, "Ole");
    let mut torn = handheld.batch(1, 3);
    torn.payloads[1][4] ^= 1;
    let mut forged = handheld.batch(1, 3);
    forged.seal[0] ^= 1;
    let mut others = handheld.batch(1, 3);
    others.device = vec![2; 16];
    let mut unknown = handheld.batch(1, 3);
    unknown.device = vec![7; 16];
    let mut short = handheld.batch(1, 3);
    short.payloads.pop();
    for batch in [torn, forged, others, unknown, short] {
        assert_eq!(refused(ledger.ingest(&batch, NOW)).0, RefusalCode::Unauthorised);
    }
    assert_eq!((events(&ledger), ledger.status().unwrap().forks), (0, 0));
}

#[test]
fn what_is_no_batch_is_refused() {
    let ledger = ledger();
    let handheld = six_events(&ledger);
    let good = handheld.batch(1, 2);
    let mut cases = vec![(good.clone(), RefusalCode::Malformed); 6];
    cases[0].0.payloads.clear();
    cases[1].0.first_seq = 0;
    cases[2].0.first_seq = u64::MAX;
    cases[3].0.epoch = 0;
    cases[4].0.prev_hash = vec![1; 32];
    cases[5].0.seal.pop();
    let mut many = good.clone();
    many.payloads = vec![vec![]; 501];
    cases.push((many, RefusalCode::TooLarge));
    let mut long = good;
    long.payloads[0] = vec![0; 64 * 1024 + 1];
    cases.push((long, RefusalCode::TooLarge));
    for (batch, code) in cases {
        assert_eq!(refused(ledger.ingest(&batch, NOW)).0, code);
    }
}

#[test]
fn content_that_nobody_can_read_never_blocks_the_log() {
    let ledger = ledger();
    let mut handheld = Handheld::enrolled(&ledger, 1, "Mara");
    handheld.add(b"from a later release".to_vec());
    handheld.add(vec![]);
    handheld.read(1, "10.5");
    assert_eq!(ledger.ingest(&handheld.batch(1, 3), NOW), Ok(handheld.head()));
    let status = ledger.status().unwrap();
    assert_eq!((status.quarantined, status.orphans), (2, 1));
}

#[test]
fn a_device_that_is_locked_out_loses_nothing() {
    let ledger = ledger();
    let handheld = six_events(&ledger);
    ledger.ingest(&handheld.batch(1, 2), NOW).unwrap();
    ledger.revoke("Mara", NOW).unwrap();
    let status = || ledger.status().unwrap();
    for _ in 0..2 {
        assert_eq!(ledger.ingest(&handheld.batch(3, 6), NOW), Ok(handheld.head()));
        assert_eq!((events(&ledger), status().from_revoked), (6, 4));
    }
    assert_eq!(ledger.release("Mara"), Ok(4));
    assert_eq!((ledger.release("Mara"), status().from_revoked), (Ok(0), 0));
    assert!(matches!(ledger.revoke("Mara", NOW), Err(LedgerError::Impossible(_))));
}

#[test]
fn a_hub_says_where_two_histories_part() {
    let ledger = ledger();
    let handheld = six_events(&ledger);
    ledger.ingest(&handheld.batch(1, 4), NOW).unwrap();
    let mut clone = Handheld::new(1);
    for (number, value) in [(1, "10.5"), (2, "10.5"), (3, "99.9"), (4, "99.9")] {
        clone.read(number, value);
    }
    let agree = |links: &[Head]| ledger.agree(handheld.log, links).unwrap();
    let agreed = agree(&[clone.heads[1], clone.heads[2], clone.heads[3], clone.heads[4]]);
    assert_eq!((agreed.common, agreed.have_seq, agreed.next_epoch), (clone.heads[2], 4, 2));
    assert_eq!(agree(&[handheld.heads[3], handheld.heads[6]]).common, handheld.heads[3]);
    assert_eq!(agree(&[clone.heads[4]]).common, Head::EMPTY);
}

#[test]
fn threads_and_processes_agree_on_one_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    let ledger = Ledger::open(&path, [9; 32], NOW).unwrap();
    let mut handheld = Handheld::enrolled(&ledger, 1, "Mara");
    for number in 1..=60 {
        handheld.read(number, "1.5");
    }
    let other = Ledger::open(&path, [8; 32], NOW).unwrap();
    assert_eq!(other.key().public(), ledger.key().public());
    thread::scope(|scope| {
        for (worker, ledger) in [&ledger, &other, &ledger, &other].into_iter().enumerate() {
            let handheld = &handheld;
            scope.spawn(move || {
                let mut from = 1;
                while from <= 60 {
                    let to = (from + 3 + worker).min(60);
                    assert_eq!(ledger.ingest(&handheld.batch(from, to), NOW), Ok(handheld.heads[to]));
                    from = to + 1;
                }
            });
        }
    });
    assert_eq!(events(&ledger), 60);
    let mut export = Vec::new();
    let totals = ledger.export(&mut export, None, NOW, |_| {}).unwrap();
    assert_eq!((totals.readings, totals.current), (60, 60));
}

#[test]
fn a_torn_transaction_leaves_nothing_and_the_file_opens_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    let ledger = Ledger::open(&path, [9; 32], NOW).unwrap();
    let handheld = six_events(&ledger);
    ledger.ingest(&handheld.batch(1, 2), NOW).unwrap();
    // Copied while it is open, with its journal: what a power cut leaves.
    for name in ["hub.db", "hub.db-wal"] {
        std::fs::copy(folder.path().join(name), folder.path().join(name.replace("hub", "cut"))).unwrap();
    }
    let wal = folder.path().join("cut.db-wal");
    ledger.ingest(&handheld.batch(3, 6), NOW).unwrap();
    let whole = std::fs::read(folder.path().join("hub.db-wal")).unwrap();
    let shorter = std::fs::metadata(&wal).unwrap().len();
    for cut in [shorter, shorter + 1000, whole.len() as u64 - 1] {
        let cut = usize::try_from(cut).unwrap();
        std::fs::write(&wal, &whole[..cut.min(whole.len())]).unwrap();
        let _ = std::fs::remove_file(folder.path().join("cut.db-shm"));
        let copy = folder.path().join(format!("copy-{cut}.db"));
        std::fs::copy(folder.path().join("cut.db"), &copy).unwrap();
        std::fs::copy(&wal, copy.with_extension("db-wal")).unwrap();
        let ledger = Ledger::open(&copy, [8; 32], NOW).unwrap();
        assert_eq!(events(&ledger), 2, "{cut}");
        assert_eq!(ledger.ingest(&handheld.batch(2, 6), NOW), Ok(handheld.head()));
    }
}

#[test]
fn damaged_foreign_and_newer_files_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    drop(six_events(&Ledger::open(&path, [9; 32], NOW).unwrap()));
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
        let error = Ledger::open(&path, [9; 32], NOW).err().unwrap().to_string();
        assert!(error.contains(words), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "{words}");
    }
}

#[test]
fn the_file_itself_refuses_to_change_an_event() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub.db");
    let ledger = Ledger::open(&path, [9; 32], NOW).unwrap();
    let handheld = six_events(&ledger);
    ledger.ingest(&handheld.batch(1, 6), NOW).unwrap();
    let raw = rusqlite::Connection::open(&path).unwrap();
    for sql in ["UPDATE event SET payload = x'00'", "DELETE FROM event", "DELETE FROM seal"] {
        assert!(raw.execute(sql, []).unwrap_err().to_string().contains("never"));
    }
    raw.execute_batch("DROP TRIGGER event_is_not_changed").unwrap();
    raw.execute("UPDATE event SET payload = CAST(payload || x'00' AS BLOB) WHERE seq = 3", []).unwrap();
    let error = ledger.export(Vec::new(), None, NOW, |_| {}).unwrap_err();
    assert!(matches!(error, LedgerError::Damaged(_)), "{error}");
}

#[test]
fn stops_follow_the_rules_of_their_outcome() {
    let ledger = ledger();
    import(&ledger, &round(4), None);
    let mut mara = Handheld::enrolled(&ledger, 1, "Mara");
    let mut ole = Handheld::enrolled(&ledger, 2, "Ole");
    let first = mara.read(1, "1");
    mara.event(Body::Skipped { stop: stop(1), reason: SkipReason::Locked, note: None, fix: None });
    mara.event(Body::Skipped { stop: stop(2), reason: SkipReason::Danger, note: None, fix: None });
    let third = mara.read(3, "3");
    mara.event(Body::Withdrawn { reading: third, stop: stop(3) });
    ole.event(Body::Withdrawn { reading: first, stop: stop(1) });
    ledger.ingest(&mara.batch(1, 5), NOW).unwrap();
    ledger.ingest(&ole.batch(1, 1), NOW).unwrap();
    let round = &ledger.status().unwrap().rounds[0];
    assert_eq!((round.stops, round.read, round.skipped), (4, 1, 1));
}

#[test]
fn a_reading_that_came_before_its_stop_finds_it() {
    let ledger = ledger();
    let mut handheld = Handheld::enrolled(&ledger, 1, "Mara");
    handheld.event(Body::Reading(Box::new(reading(2, "7.5", None))));
    ledger.ingest(&handheld.batch(1, 1), NOW).unwrap();
    assert_eq!(ledger.status().unwrap().orphans, 1);
    import(&ledger, &round(3), None);
    let status = ledger.status().unwrap();
    assert_eq!((status.orphans, status.rounds[0].read), (0, 1));
}

#[test]
fn a_code_is_good_once_and_not_for_ever() {
    let ledger = ledger();
    let handheld = Handheld::new(1);
    let expires = UtcMs(NOW.0 + 1_000);
    ledger.invite("Mara", handheld.log.device, CODE, expires, NOW).unwrap();
    let key = handheld.key.public();
    let others = Handheld::new(2).key.public();
    assert_eq!(refused(ledger.redeem("12345-67891", key, NOW)).0, RefusalCode::BadCode);
    assert_eq!(refused(ledger.redeem("", key, NOW)).0, RefusalCode::BadCode);
    assert_eq!(refused(ledger.redeem(CODE, key, expires)).0, RefusalCode::BadCode);
    let enrolment = ledger.redeem(" 12345 67890", key, NOW).unwrap();
    assert_eq!((enrolment.device, &enrolment.name[..]), (handheld.log.device, "Mara"));
    // The reply was lost: the same device may ask again. Another may not.
    assert_eq!(ledger.redeem(CODE, key, NOW), Ok(enrolment));
    assert_eq!(refused(ledger.redeem(CODE, others, NOW)).0, RefusalCode::BadCode);
    let again = ledger.invite("Mara", Handheld::new(3).log.device, "0000000000", expires, NOW);
    assert!(matches!(again, Err(LedgerError::Impossible(_))));
}

#[test]
fn guessing_codes_is_stopped() {
    let ledger = ledger();
    let handheld = Handheld::new(1);
    ledger.invite("Mara", handheld.log.device, CODE, UtcMs(i64::MAX), NOW).unwrap();
    for _ in 0..60 {
        assert_eq!(refused(ledger.redeem("0000000000", handheld.key.public(), NOW)).0, RefusalCode::BadCode);
    }
    assert_eq!(refused(ledger.redeem(CODE, handheld.key.public(), NOW)), (RefusalCode::Busy, 3601));
    let later = UtcMs(NOW.0 + 3_600_000);
    assert!(ledger.redeem(CODE, handheld.key.public(), later).is_ok());
}
