//! What the ledger takes, refuses, and never forgets.

use std::sync::Arc;

use lamplighter_core::{
    evidence::{chain::Head, event::Body},
    round::SkipReason,
    time::UtcMs,
};
use lamplighter_hub::{error::LedgerError, ledger::Ledger as _};
use lamplighter_sync::wire::RefusalCode;

use crate::{
    engines::{Store, on_every_engine},
    handheld::{CODE, Handheld, NOW, events, greeting, import, reading, refused, round, six_events, stop},
};

on_every_engine!(
    a_batch_sent_twice_or_overlapping_adds_nothing_twice,
    events_may_not_be_left_out,
    another_branch_is_refused_and_kept,
    a_new_epoch_is_a_new_log,
    a_seal_that_does_not_hold_stores_nothing,
    what_is_no_batch_is_refused,
    content_that_nobody_can_read_never_blocks_the_log,
    a_device_that_is_locked_out_loses_nothing,
    a_hub_says_where_two_histories_part,
    threads_and_processes_agree_on_one_log,
    stops_follow_the_rules_of_their_outcome,
    a_reading_that_came_before_its_stop_finds_it,
    a_code_is_good_once_and_not_for_ever,
    guessing_codes_is_stopped,
);

async fn a_batch_sent_twice_or_overlapping_adds_nothing_twice(store: impl Store) {
    let ledger = store.open().await;
    let handheld = six_events(&ledger).await;
    for (from, to) in [(1, 3), (1, 3), (2, 5), (1, 2), (4, 4), (1, 6), (6, 6)] {
        assert_eq!(ledger.ingest(handheld.batch(from, to), NOW).await, Ok(handheld.heads[to]));
    }
    assert_eq!(events(&ledger).await, 6);
    assert_eq!(ledger.greet(&greeting(handheld.log), NOW).await.unwrap().have, handheld.head());
}

async fn events_may_not_be_left_out(store: impl Store) {
    let ledger = store.open().await;
    let handheld = six_events(&ledger).await;
    assert_eq!(refused(ledger.ingest(handheld.batch(3, 4), NOW).await), (RefusalCode::Gap, 1));
    ledger.ingest(handheld.batch(1, 2), NOW).await.unwrap();
    assert_eq!(refused(ledger.ingest(handheld.batch(5, 6), NOW).await), (RefusalCode::Gap, 3));
    assert_eq!(events(&ledger).await, 2);
}

async fn another_branch_is_refused_and_kept(store: impl Store) {
    let ledger = store.open().await;
    let handheld = six_events(&ledger).await;
    ledger.ingest(handheld.batch(1, 4), NOW).await.unwrap();
    let mut clone = Handheld::new(1);
    clone.read(1, "10.5");
    for number in 2..=6 {
        clone.read(number, "99.9");
    }
    for (from, to) in [(1, 2), (3, 5), (5, 6), (5, 6)] {
        assert_eq!(refused(ledger.ingest(clone.batch(from, to), NOW).await).0, RefusalCode::Fork);
    }
    assert_eq!(ledger.ingest(clone.batch(1, 1), NOW).await, Ok(handheld.heads[1]));
    assert_eq!((events(&ledger).await, ledger.status().await.unwrap().forks), (4, 3));
    assert_eq!(ledger.ingest(handheld.batch(5, 6), NOW).await, Ok(handheld.head()));
}

async fn a_new_epoch_is_a_new_log(store: impl Store) {
    let ledger = store.open().await;
    let mut handheld = six_events(&ledger).await;
    ledger.ingest(handheld.batch(1, 6), NOW).await.unwrap();
    handheld = Handheld {
        log: lamplighter_core::evidence::chain::Log { epoch: 2, ..handheld.log },
        ..Handheld::new(1)
    };
    handheld.read(1, "11");
    assert_eq!(ledger.ingest(handheld.batch(1, 1), NOW).await, Ok(handheld.head()));
}

async fn a_seal_that_does_not_hold_stores_nothing(store: impl Store) {
    let ledger = store.open().await;
    let handheld = six_events(&ledger).await;
    Handheld::enrolled(&ledger, 2, "Ole").await;
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
        assert_eq!(refused(ledger.ingest(batch, NOW).await).0, RefusalCode::Unauthorised);
    }
    assert_eq!((events(&ledger).await, ledger.status().await.unwrap().forks), (0, 0));
}

async fn what_is_no_batch_is_refused(store: impl Store) {
    let ledger = store.open().await;
    let handheld = six_events(&ledger).await;
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
        assert_eq!(refused(ledger.ingest(batch, NOW).await).0, code);
    }
}

async fn content_that_nobody_can_read_never_blocks_the_log(store: impl Store) {
    let ledger = store.open().await;
    let mut handheld = Handheld::enrolled(&ledger, 1, "Mara").await;
    handheld.add(b"from a later release".to_vec());
    handheld.add(vec![]);
    handheld.read(1, "10.5");
    assert_eq!(ledger.ingest(handheld.batch(1, 3), NOW).await, Ok(handheld.head()));
    let status = ledger.status().await.unwrap();
    assert_eq!((status.quarantined, status.orphans), (2, 1));
}

async fn a_device_that_is_locked_out_loses_nothing(store: impl Store) {
    let ledger = store.open().await;
    let handheld = six_events(&ledger).await;
    ledger.ingest(handheld.batch(1, 2), NOW).await.unwrap();
    ledger.revoke("Mara", NOW).await.unwrap();
    for _ in 0..2 {
        assert_eq!(ledger.ingest(handheld.batch(3, 6), NOW).await, Ok(handheld.head()));
        assert_eq!((events(&ledger).await, ledger.status().await.unwrap().from_revoked), (6, 4));
    }
    assert_eq!(ledger.release("Mara").await, Ok(4));
    assert_eq!((ledger.release("Mara").await, ledger.status().await.unwrap().from_revoked), (Ok(0), 0));
    assert!(matches!(ledger.revoke("Mara", NOW).await, Err(LedgerError::Impossible(_))));
}

async fn a_hub_says_where_two_histories_part(store: impl Store) {
    let ledger = store.open().await;
    let handheld = six_events(&ledger).await;
    ledger.ingest(handheld.batch(1, 4), NOW).await.unwrap();
    let mut clone = Handheld::new(1);
    for (number, value) in [(1, "10.5"), (2, "10.5"), (3, "99.9"), (4, "99.9")] {
        clone.read(number, value);
    }
    for (links, common) in [
        (&clone.heads[1..], clone.heads[2]),
        (&[handheld.heads[3], handheld.heads[6]], handheld.heads[3]),
        (&[clone.heads[4]], Head::EMPTY),
    ] {
        let agreed = ledger.agree(handheld.log, links).await.unwrap();
        assert_eq!((agreed.common, agreed.have_seq, agreed.next_epoch), (common, 4, 2));
    }
}

async fn threads_and_processes_agree_on_one_log(store: impl Store) {
    let ledger = Arc::new(store.open().await);
    let mut handheld = Handheld::enrolled(&*ledger, 1, "Mara").await;
    for number in 1..=60 {
        handheld.read(number, "1.5");
    }
    let other = Arc::new(store.open_with([8; 32]).await);
    assert_eq!(other.key().public(), ledger.key().public());
    let handheld = Arc::new(handheld);
    let workers = [&ledger, &other, &ledger, &other].into_iter().enumerate().map(|(worker, ledger)| {
        let (ledger, handheld) = (Arc::clone(ledger), Arc::clone(&handheld));
        tokio::spawn(async move {
            let mut from = 1;
            while from <= 60 {
                let to = (from + 3 + worker).min(60);
                assert_eq!(ledger.ingest(handheld.batch(from, to), NOW).await, Ok(handheld.heads[to]));
                from = to + 1;
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
    assert_eq!(events(&*ledger).await, 60);
    let mut export = Vec::new();
    let totals = ledger.export(&mut export, None, NOW, |_| {}).await.unwrap();
    assert_eq!((totals.readings, totals.current), (60, 60));
}

async fn stops_follow_the_rules_of_their_outcome(store: impl Store) {
    let ledger = store.open().await;
    import(&ledger, &round(4), None).await;
    let mut mara = Handheld::enrolled(&ledger, 1, "Mara").await;
    let mut ole = Handheld::enrolled(&ledger, 2, "Ole").await;
    let first = mara.read(1, "1");
    mara.event(Body::Skipped { stop: stop(1), reason: SkipReason::Locked, note: None, fix: None });
    mara.event(Body::Skipped { stop: stop(2), reason: SkipReason::Danger, note: None, fix: None });
    let third = mara.read(3, "3");
    mara.event(Body::Withdrawn { reading: third, stop: stop(3) });
    ole.event(Body::Withdrawn { reading: first, stop: stop(1) });
    ledger.ingest(mara.batch(1, 5), NOW).await.unwrap();
    ledger.ingest(ole.batch(1, 1), NOW).await.unwrap();
    let round = &ledger.status().await.unwrap().rounds[0];
    assert_eq!((round.stops, round.read, round.skipped), (4, 1, 1));
}

async fn a_reading_that_came_before_its_stop_finds_it(store: impl Store) {
    let ledger = store.open().await;
    let mut handheld = Handheld::enrolled(&ledger, 1, "Mara").await;
    handheld.event(Body::Reading(Box::new(reading(2, "7.5", None))));
    ledger.ingest(handheld.batch(1, 1), NOW).await.unwrap();
    assert_eq!(ledger.status().await.unwrap().orphans, 1);
    import(&ledger, &round(3), None).await;
    let status = ledger.status().await.unwrap();
    assert_eq!((status.orphans, status.rounds[0].read), (0, 1));
}

async fn a_code_is_good_once_and_not_for_ever(store: impl Store) {
    let ledger = store.open().await;
    let handheld = Handheld::new(1);
    let expires = UtcMs(NOW.0 + 1_000);
    ledger.invite("Mara", handheld.log.device, CODE, expires, NOW).await.unwrap();
    let key = handheld.key.public();
    let others = Handheld::new(2).key.public();
    assert_eq!(refused(ledger.redeem("12345-67891", key, NOW).await).0, RefusalCode::BadCode);
    assert_eq!(refused(ledger.redeem("", key, NOW).await).0, RefusalCode::BadCode);
    assert_eq!(refused(ledger.redeem(CODE, key, expires).await).0, RefusalCode::BadCode);
    let enrolment = ledger.redeem(" 12345 67890", key, NOW).await.unwrap();
    assert_eq!((enrolment.device, &enrolment.name[..]), (handheld.log.device, "Mara"));
    // The reply was lost: the same device may ask again. Another may not.
    assert_eq!(ledger.redeem(CODE, key, NOW).await, Ok(enrolment));
    assert_eq!(refused(ledger.redeem(CODE, others, NOW).await).0, RefusalCode::BadCode);
    let again = ledger.invite("Mara", Handheld::new(3).log.device, "0000000000", expires, NOW).await;
    assert!(matches!(again, Err(LedgerError::Impossible(_))));
}

async fn guessing_codes_is_stopped(store: impl Store) {
    let ledger = store.open().await;
    let handheld = Handheld::new(1);
    ledger.invite("Mara", handheld.log.device, CODE, UtcMs(i64::MAX), NOW).await.unwrap();
    for _ in 0..60 {
        assert_eq!(
            refused(ledger.redeem("0000000000", handheld.key.public(), NOW).await).0,
            RefusalCode::BadCode
        );
    }
    assert_eq!(refused(ledger.redeem(CODE, handheld.key.public(), NOW).await), (RefusalCode::Busy, 3601));
    let later = UtcMs(NOW.0 + 3_600_000);
    assert!(ledger.redeem(CODE, handheld.key.public(), later).await.is_ok());
}
