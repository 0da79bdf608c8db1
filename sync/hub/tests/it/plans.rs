//! What devices are told: each change once, without gaps, and nobody else's.

use lamplighter_core::id::DeviceId;
use lamplighter_hub::{error::LedgerError, ledger::Ledger};
use lamplighter_sync::wire::{Change, Page};

use crate::{
    engines::{Store, on_every_engine},
    handheld::{Handheld, NOW, import, round, stop},
};

on_every_engine!(
    importing_again_tells_only_what_is_different,
    stops_that_were_read_stay_with_who_read_them,
    pages_follow_each_other_without_gaps,
    a_hub_that_was_restored_tells_everything_again,
    a_device_that_was_told_by_another_hub_is_told_everything_again_once,
    a_device_and_its_copy_with_other_cursors_are_both_told,
);

async fn page(ledger: &impl Ledger, device: DeviceId, cursor: u64) -> Page {
    ledger.page(device, cursor, &[], 0).await.unwrap()
}

fn names(page: Page) -> Vec<String> {
    page.plans
        .into_iter()
        .map(|plan| match plan.change.unwrap() {
            Change::PutRound(round) => format!("round {} {}", round.code, round.name),
            Change::PutStop(stop) => format!("stop {} {}", stop.number, stop.address),
            Change::StopGone(id) => {
                format!("gone {}", (1..9).find(|&number| stop(number).as_bytes()[..] == id).unwrap())
            }
        })
        .collect()
}

async fn importing_again_tells_only_what_is_different(store: impl Store) {
    let ledger = store.open().await;
    let device = Handheld::enrolled(&ledger, 1, "Mara").await.log.device;
    let csv = round(3);
    let done = import(&ledger, &csv, Some("Mara")).await;
    assert_eq!((done.rounds, done.added, done.plans), (1, 3, 4));
    let done = import(&ledger, &csv, Some("Mara")).await;
    assert_eq!((done.unchanged, done.changed, done.plans), (3, 0, 0));
    let done =
        import(&ledger, &csv.replace("Pier 2", "Quay 2").replace("Harbour East", "Harbour"), None).await;
    assert_eq!((done.unchanged, done.changed, done.plans), (2, 1, 2));
    let done = import(&ledger, &round(4).replace("Harbour East", "Harbour"), None).await;
    assert_eq!((done.added, done.changed, done.plans), (1, 1, 2));
    assert_eq!(
        names(page(&ledger, device, 4).await),
        ["round 14 Harbour", "stop 2 Quay 2, east", "stop 2 Pier 2, east", "stop 4 Pier 4, east"]
    );
}

async fn stops_that_were_read_stay_with_who_read_them(store: impl Store) {
    let ledger = store.open().await;
    let mut mara = Handheld::enrolled(&ledger, 1, "Mara").await;
    let ole = Handheld::enrolled(&ledger, 2, "Ole").await;
    import(&ledger, &round(3), Some("Mara")).await;
    mara.read(2, "5");
    ledger.ingest(mara.batch(1, 1), NOW).await.unwrap();
    let moved = ledger.assign("14", None, "Ole").await.unwrap();
    assert_eq!((moved.stops, moved.kept), (2, 1));
    assert_eq!(names(page(&ledger, mara.log.device, 4).await), ["gone 1", "gone 3"]);
    assert_eq!(
        names(page(&ledger, ole.log.device, 0).await),
        ["round 14 Harbour East", "stop 1 Pier 1, east", "stop 3 Pier 3, east"]
    );
    assert_eq!(ledger.assign("14", Some("2026-11"), "Ole").await.unwrap().stops, 0);
    assert!(matches!(ledger.assign("15", None, "Ole").await, Err(LedgerError::Impossible(_))));
    assert!(matches!(ledger.assign("14", None, "Per").await, Err(LedgerError::Impossible(_))));
}

async fn pages_follow_each_other_without_gaps(store: impl Store) {
    let ledger = store.open().await;
    let device = Handheld::enrolled(&ledger, 1, "Mara").await.log.device;
    import(&ledger, &round(700), Some("Mara")).await;
    let (mut cursor, mut pages) = (0, Vec::new());
    loop {
        let page = ledger.page(device, cursor, &[], 1_000_000).await.unwrap();
        assert_eq!(page.after, cursor);
        pages.push(page.plans.len());
        cursor += page.plans.len() as u64;
        if !page.more {
            break;
        }
    }
    assert_eq!((cursor, &pages[..]), (701, &[256, 256, 189][..]));
    assert_eq!(ledger.page(device, 0, &[], 1).await.unwrap().plans.len(), 1);
    assert!(page(&ledger, device, 701).await.plans.is_empty());
}

async fn a_hub_that_was_restored_tells_everything_again(store: impl Store) {
    let ledger = store.open().await;
    let device = Handheld::enrolled(&ledger, 1, "Mara").await.log.device;
    import(&ledger, &round(2), Some("Mara")).await;
    let told = page(&ledger, device, 40).await;
    assert_eq!((told.after, told.more), (40, false));
    assert_eq!(names(told), ["round 14 Harbour East", "stop 1 Pier 1, east", "stop 2 Pier 2, east"]);
    assert!(page(&ledger, device, 43).await.plans.is_empty());
    assert!(page(&ledger, device, u64::MAX).await.plans.is_empty());
}

async fn a_device_that_was_told_by_another_hub_is_told_everything_again_once(store: impl Store) {
    let ledger = store.open().await;
    let device = Handheld::enrolled(&ledger, 1, "Mara").await.log.device;
    Handheld::enrolled(&ledger, 2, "Ole").await;
    import(&ledger, &round(2), Some("Mara")).await;
    let told = page(&ledger, device, 0).await;
    assert!(ledger.page(device, 3, &told.mark, 0).await.unwrap().plans.is_empty());
    // Under the same numbers it was told something else, before the hub was set back. The round comes before its stops.
    for _ in 0..2 {
        let again = ledger.page(device, 2, b"another", 0).await.unwrap();
        assert_eq!(again.after, 2);
        assert_eq!(names(again), ["round 14 Harbour East", "stop 1 Pier 1, east", "stop 2 Pier 2, east"]);
    }
    // That stops went is not forgotten with it.
    ledger.assign("14", None, "Ole").await.unwrap();
    assert_eq!(ledger.page(device, 1, b"a third", 0).await.unwrap().plans.len(), 2);
}

async fn a_device_and_its_copy_with_other_cursors_are_both_told(store: impl Store) {
    let ledger = store.open().await;
    let device = Handheld::enrolled(&ledger, 1, "Mara").await.log.device;
    import(&ledger, &round(2), Some("Mara")).await;
    // The hub was set back: one of both had heard more than the other before.
    for cursor in [40, 10, 60, 3, 43] {
        let told = page(&ledger, device, cursor).await;
        assert_eq!((told.after, told.more), (cursor, false));
        assert_eq!(names(told), ["round 14 Harbour East", "stop 1 Pier 1, east", "stop 2 Pier 2, east"]);
    }
}
