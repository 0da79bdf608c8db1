//! What the store promises.

use std::fs;

use super::*;
use crate::{
    evidence::{
        chain::Log,
        event::tests::full_reading,
        seal::{PublicKey, SecretKey},
    },
    id::DeviceId,
    meter::Meter,
    probe::{
        part::{Column, Part, ProfilePart, ProfileRow, Span},
        port::Reservation,
        way::{Family, Way},
    },
    quantity::Unit,
    register::{Dials, PastReading, Register},
    round::{Hint, HintKind},
    time::Civil,
};

fn round() -> Round {
    Round {
        id: RoundId::derived(&[b"14"]),
        code: "14".into(),
        name: "Harbour".into(),
        cycle: "2026-11".into(),
    }
}

fn stop() -> Stop {
    let reading = full_reading();
    let past = PastReading { at: UtcMs(5), value: "12000.5".parse().unwrap(), actual: true };
    let register = Register {
        obis: Obis::ACTIVE_IMPORT,
        unit: Unit::KiloWattHour,
        dials: Dials::new(5, 3).unwrap(),
        multiplier: "40".parse().unwrap(),
        history: vec![past],
    };
    Stop {
        id: reading.stop,
        round: round().id,
        number: 1,
        address: "Mill Lane 18".into(),
        position: reading.fix.map(|fix| fix.position),
        hints: vec![Hint { kind: HintKind::Warning, text: "Dog".into() }],
        meter: Meter {
            id: reading.meter,
            serial: "58200417".into(),
            model: None,
            way: None,
            registers: vec![register],
        },
        outcome: Outcome::ToDo,
    }
}

fn identity() -> Identity {
    Identity {
        log: Log { device: DeviceId::new([7; 16]), epoch: 1 },
        key: SecretKey::new([8; 32]),
        hub_key: PublicKey([9; 32]),
        hub_url: "http://127.0.0.1:1".into(),
        reader: "Anna".into(),
    }
}

fn fill(mut store: Store) -> Store {
    store.enrol(&identity()).unwrap();
    store
        .take_over(UtcMs(1), &[Takeover::Round(round()), Takeover::Plan(Box::new(stop()))], 0, 2, &[])
        .unwrap();
    store
}

fn filled() -> Store {
    fill(Store::in_memory().unwrap())
}

#[test]
fn a_stop_comes_back_as_it_went_in() {
    assert_eq!(filled().stop(stop().id).unwrap(), Some(stop()));
}

#[test]
fn a_reading_is_sealed_chained_and_queued_at_once() {
    let mut store = filled();
    let recorded = store.record(full_reading(), Some("0.000 300 > 2F")).unwrap();
    assert_eq!(store.reading(recorded.id).unwrap(), Some(recorded.clone()));
    let hash = recorded.reading.transcript.unwrap();
    assert_eq!(store.transcript(hash).unwrap().as_deref(), Some("0.000 300 > 2F"));
    assert_eq!(store.standing().unwrap().waiting, 2);

    let batch = store.batch(Stretch { epoch: 1, after: 0, until: 1_000 }, 100, 10_000).unwrap();
    let head = batch.payloads.iter().fold(Head::EMPTY, |head, payload| head.next(batch.log, payload));
    assert_eq!((batch.payloads.len(), head), (2, batch.last));
    assert_eq!(identity().key.public().check_head(batch.log, head, batch.seal), Ok(()));
}

#[test]
fn only_a_receipt_for_our_own_log_shrinks_the_outbox() {
    let mut store = filled();
    store.record(full_reading(), None).unwrap();
    let head = store.standing().unwrap().head;
    assert_eq!(store.confirm(1, Head { hash: Hash::START, ..head }).unwrap(), 0);
    assert_eq!(store.confirm(1, Head { seq: 9, ..head }).unwrap(), 0);
    assert_eq!(store.confirm(1, head).unwrap(), 2);
    assert_eq!(store.confirm(1, head).unwrap(), 0);
    assert_eq!(store.standing().unwrap().acked_seq, 2);
}

#[test]
fn a_second_reading_takes_the_place_of_the_first() {
    let mut store = filled();
    let first = store.record(full_reading(), None).unwrap();
    let second = store.record(full_reading(), None).unwrap();
    assert_eq!((first.reading.supersedes, second.reading.supersedes), (None, Some(first.id)));
    assert!(matches!(
        store.skip(UtcMs(9), stop().id, SkipReason::Locked, None, None),
        Err(StoreError::AlreadyRead)
    ));
    store.withdraw(UtcMs(9), second.id).unwrap();
    assert_eq!(store.stop(stop().id).unwrap().unwrap().outcome, Outcome::ToDo);
    assert_eq!(store.reading_ids().unwrap(), [first.id, second.id]);
}

#[test]
fn a_new_plan_keeps_what_became_of_the_stop() {
    let mut store = filled();
    let recorded = store.record(full_reading(), None).unwrap();
    let moved = Stop { address: "Mill Lane 20".into(), ..stop() };
    store.take_over(UtcMs(9), &[Takeover::Plan(Box::new(moved))], 2, 3, &[]).unwrap();
    let stop = store.stop(stop().id).unwrap().unwrap();
    assert_eq!(stop.address, "Mill Lane 20");
    assert!(matches!(stop.outcome, Outcome::Read { reading, .. } if reading == recorded.id));
}

#[test]
fn events_are_never_changed_or_deleted() {
    let store = filled();
    for statement in ["UPDATE event SET payload = x''", "DELETE FROM event"] {
        assert!(store.conn.execute(statement, []).unwrap_err().to_string().contains("never"));
    }
}

#[test]
fn typed_digits_are_kept_until_the_reading_is_saved() {
    let mut store = filled();
    let drafts = [(Obis::ACTIVE_IMPORT, "0123".to_owned())];
    store.put_drafts(stop().id, &drafts).unwrap();
    assert_eq!(store.drafts(stop().id).unwrap(), drafts);
    store.record(full_reading(), None).unwrap();
    assert_eq!(store.drafts(stop().id).unwrap(), []);
}

#[test]
fn a_new_log_says_again_what_was_not_common_under_its_new_name() {
    let mut store = filled();
    let common = store.heads(1, &[1]).unwrap()[0];
    let first = store.record(full_reading(), None).unwrap();
    let second = store.record(full_reading(), None).unwrap();
    assert_eq!(second.reading.supersedes, Some(first.id));
    store.withdraw(UtcMs(6), second.id).unwrap();
    let third = store.record(full_reading(), None).unwrap();
    let left = store.standing().unwrap().head;
    // Not behind an event that is not ours, nor in a log that was written before.
    assert!(store.reopen(UtcMs(7), 1, Head { hash: Hash::START, ..common }, 2).is_err());
    assert!(store.reopen(UtcMs(7), 1, common, 1).is_err());

    assert_eq!(store.reopen(UtcMs(7), 1, common, 2).unwrap(), 4);
    let standing = store.standing().unwrap();
    assert_eq!((standing.closed, standing.acked_seq, standing.waiting), (vec![(1, common)], 0, 5));
    let events = store.batch(Stretch { epoch: 2, after: 0, until: 100 }, 100, 1_000_000).unwrap();
    let bodies: Vec<Body> =
        events.payloads.iter().map(|bytes| Event::from_bytes(bytes).unwrap().body).collect();
    assert_eq!(bodies[0], Body::Reopened { epoch: 1, common, left });
    let ids = store.reading_ids().unwrap();
    assert!(ids.len() == 3 && [first.id, second.id, third.id].iter().all(|old| !ids.contains(old)));
    assert!(matches!(&bodies[2], Body::Reading(reading) if reading.supersedes == Some(ids[0])));
    assert!(matches!(&bodies[3], Body::Withdrawn { reading, .. } if *reading == ids[1]));
    assert!(store.reading(ids[1]).unwrap().unwrap().withdrawn);
    let outcome = store.stop(stop().id).unwrap().unwrap().outcome;
    assert!(matches!(outcome, Outcome::Read { reading, .. } if reading == ids[2]));
}

#[test]
fn every_commit_is_forced_to_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("reader.db")).unwrap().store;
    let pragma = |name: &str| store.conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!((pragma("synchronous"), pragma("foreign_keys")), (2, 1));
}

#[test]
fn what_a_restart_shows_is_written_into_the_file_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reader.db");
    let mut store = fill(Store::open(&path).unwrap().store);
    store.record(full_reading(), None).unwrap();
    // As after a kill: the journal lies beside the file.
    let killed = folder.path().join("killed.db");
    for tail in ["", "-wal"] {
        fs::copy(format!("{}{tail}", path.display()), format!("{}{tail}", killed.display())).unwrap();
    }
    let opened = Store::open(&killed).unwrap().store;
    assert_eq!(opened.reading_ids().unwrap().len(), 1);
    // Without what was in the journal, as after a power cut that took it.
    let bare = folder.path().join("bare.db");
    fs::copy(&killed, &bare).unwrap();
    assert_eq!(Store::open(&bare).unwrap().store.reading_ids().unwrap().len(), 1);
    let journal = |path: &Path| fs::read(format!("{}-wal", path.display())).unwrap();
    assert_ne!(journal(&killed)[16..24], journal(&path)[16..24], "the old journal may come back");
}

#[test]
fn a_damaged_file_is_set_aside_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reader.db");
    let mut store = fill(Store::open(&path).unwrap().store);
    for _ in 0..50 {
        store.record(full_reading(), Some("text")).unwrap();
    }
    drop(store);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[4096..middle].fill(0xa5);
    fs::write(&path, &bytes).unwrap();

    let opened = Store::open(&path).unwrap();
    let aside = opened.set_aside.unwrap();
    assert!(fs::read(aside).unwrap() == bytes, "the damaged file was changed");
    assert!(opened.store.identity().unwrap().is_none());
    drop(opened.store);

    fs::write(&path, b"not a database at all, but long enough to look at").unwrap();
    assert!(Store::open(&path).unwrap().set_aside.unwrap().ends_with("reader.db.damaged-2"));
}

#[test]
fn a_newer_file_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reader.db");
    let store = Store::open(&path).unwrap().store;
    store.conn.pragma_update(None, "user_version", 99).unwrap();
    drop(store);
    assert!(matches!(Store::open(&path), Err(StoreError::TooNew { found: 99, .. })));
    assert!(path.exists());
}

#[test]
fn a_full_disk_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = fill(Store::open(&folder.path().join("reader.db")).unwrap().store);
    let pages: i64 = store.conn.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    store.conn.pragma_update(None, "max_page_count", pages).unwrap();
    let before = store.standing().unwrap();
    let long = "x".repeat(100_000);
    assert!(matches!(store.record(full_reading(), Some(&long)), Err(StoreError::DiskFull)));
    assert_eq!(store.standing().unwrap(), before);
    assert_eq!(store.stop(stop().id).unwrap().unwrap().outcome, Outcome::ToDo);
}

#[test]
fn an_event_that_no_hub_would_take_is_not_recorded() {
    let mut store = filled();
    let before = store.standing().unwrap();
    let chatter = Reading { serial_seen: Some("9".repeat(70_000)), ..full_reading() };
    assert!(matches!(store.record(chatter, None), Err(StoreError::TooLong)));
    assert_eq!(store.standing().unwrap(), before);
}

#[test]
fn plans_follow_the_cursor_or_are_not_taken() {
    let mut store = filled();
    assert!(store.take_over(UtcMs(9), &[Takeover::Remove(stop().id)], 1, 3, &[]).is_err());
    store.record(full_reading(), None).unwrap();
    store.take_over(UtcMs(9), &[Takeover::Remove(stop().id)], 2, 3, &[]).unwrap();
    assert!(store.stop(stop().id).unwrap().is_some(), "a stop that was visited went");
}

#[test]
fn an_enrolment_whose_answer_was_lost_is_repeated_with_the_same_key() {
    let mut store = Store::in_memory().unwrap();
    assert_eq!(store.enrol_seed([1; 32]).unwrap(), [1; 32]);
    assert_eq!(store.enrol_seed([2; 32]).unwrap(), [1; 32]);
    store.enrol(&identity()).unwrap();
    assert_eq!(store.setting(Setting::EnrolSeed).unwrap(), None);
}

#[test]
fn a_counter_is_never_given_out_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reader.db");
    let wanted =
        |meter: &str, at_least, count| Reservation { meter: meter.into(), key: [7; 8], at_least, count };
    let mut store = Store::open(&path).unwrap().store;
    assert_eq!(store.reserve(&wanted("A", 10, 5)).unwrap(), 10);
    // Another meter under the same key, and a meter that wants less than was used.
    assert_eq!(store.reserve(&wanted("B", 3, 1)).unwrap(), 15);
    drop(store);
    let mut store = Store::open(&path).unwrap().store;
    assert_eq!(store.reserve(&wanted("A", 0, 1)).unwrap(), 16);
    assert_eq!(store.reserve(&Reservation { key: [8; 8], ..wanted("A", 2, 1) }).unwrap(), 2);
    assert!(matches!(store.reserve(&wanted("A", u32::MAX, 1)), Err(StoreError::CounterSpent)));
}

#[test]
fn a_meter_is_reached_again_as_it_was_reached() {
    let mut store = Store::in_memory().unwrap();
    let way = |text: &str| text.parse::<Way>().unwrap();
    assert_eq!((store.way("1", "probe").unwrap(), store.lately("probe").unwrap()), (None, None));
    store.put_way("1", "probe", &way("dlms 9600 at=1.17.16"), UtcMs(1)).unwrap();
    store.put_way("1", "other", &way("sml 9600 pushes"), UtcMs(2)).unwrap();
    assert_eq!(store.way("1", "probe").unwrap(), Some(way("dlms 9600 at=1.17.16")));
    assert_eq!(store.way("1", "third").unwrap(), Some(way("sml 9600 pushes")));
    assert_eq!(store.lately("probe").unwrap(), Some(Family::Dlms));
}

#[test]
fn a_profile_that_was_broken_off_goes_on_where_it_was() {
    let mut store = Store::in_memory().unwrap();
    let at = |hour| Civil::new(2026, 11, 1, hour, 0, 0).unwrap();
    let span = Span { from: at(0), to: at(23) };
    let row = |hour| ProfileRow { at: at(hour), status: String::new(), values: vec![None] };
    let part = Part::Profile(ProfilePart {
        obis: "1-0:99.1.0".parse().unwrap(),
        period_s: 3_600,
        columns: vec![Column { obis: Obis::ACTIVE_IMPORT, unit: None }],
        rows: vec![row(0), row(1), row(2)],
    });
    store.put_part("1", Some(span.from), &part).unwrap();
    store.put_part("1", Some(span.from), &part).unwrap();
    assert_eq!(store.profile("1", span, 100).unwrap().len(), 3);
    assert_eq!(store.missing_profile("1", span).unwrap(), Span { from: at(2), to: at(23) });
    assert_eq!(store.missing_profile("2", span).unwrap(), span);
}
