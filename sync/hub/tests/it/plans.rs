//! What devices are told: each change once, without gaps, and nobody else's.

use lamplighter_core::id::DeviceId;
use lamplighter_hub::{error::LedgerError, ledger::Ledger};
use lamplighter_sync::wire::{Change, Page};

use crate::handheld::{Handheld, NOW, import, ledger, round, stop};

fn page(ledger: &Ledger, device: DeviceId, cursor: u64) -> Page {
    ledger.page(device, cursor, &[], 0).unwrap()
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

#[test]
fn importing_again_tells_only_what_is_different() {
    let ledger = ledger();
    let device = Handheld::enrolled(&ledger, 1, "Mara").log.device;
    let csv = round(3);
    let done = import(&ledger, &csv, Some("Mara"));
    assert_eq!((done.rounds, done.added, done.plans), (1, 3, 4));
    let done = import(&ledger, &csv, Some("Mara"));
    assert_eq!((done.unchanged, done.changed, done.plans), (3, 0, 0));
    let done = import(&ledger, &csv.replace("Pier 2", "Quay 2").replace("Harbour East", "Harbour"), None);
    assert_eq!((done.unchanged, done.changed, done.plans), (2, 1, 2));
    let done = import(&ledger, &round(4).replace("Harbour East", "Harbour"), None);
    assert_eq!((done.added, done.changed, done.plans), (1, 1, 2));
    assert_eq!(
        names(page(&ledger, device, 4)),
        ["round 14 Harbour", "stop 2 Quay 2, east", "stop 2 Pier 2, east", "stop 4 Pier 4, east"]
    );
}

#[test]
fn stops_that_were_read_stay_with_who_read_them() {
    let ledger = ledger();
    let mut mara = Handheld::enrolled(&ledger, 1, "Mara");
    let ole = Handheld::enrolled(&ledger, 2, "Ole");
    import(&ledger, &round(3), Some("Mara"));
    mara.read(2, "5");
    ledger.ingest(&mara.batch(1, 1), NOW).unwrap();
    let moved = ledger.assign("14", None, "Ole").unwrap();
    assert_eq!((moved.stops, moved.kept), (2, 1));
    assert_eq!(names(page(&ledger, mara.log.device, 4)), ["gone 1", "gone 3"]);
    assert_eq!(
        names(page(&ledger, ole.log.device, 0)),
        ["round 14 Harbour East", "stop 1 Pier 1, east", "stop 3 Pier 3, east"]
    );
    assert_eq!(ledger.assign("14", Some("2026-11"), "Ole").unwrap().stops, 0);
    assert!(matches!(ledger.assign("15", None, "Ole"), Err(LedgerError::Impossible(_))));
    assert!(matches!(ledger.assign("14", None, "Per"), Err(LedgerError::Impossible(_))));
}

#[test]
fn pages_follow_each_other_without_gaps() {
    let ledger = ledger();
    let device = Handheld::enrolled(&ledger, 1, "Mara").log.device;
    import(&ledger, &round(700), Some("Mara"));
    let (mut cursor, mut pages) = (0, Vec::new());
    loop {
        let page = ledger.page(device, cursor, &[], 1_000_000).unwrap();
        assert_eq!(page.after, cursor);
        pages.push(page.plans.len());
        cursor += page.plans.len() as u64;
        if !page.more {
            break;
        }
    }
    assert_eq!((cursor, &pages[..]), (701, &[256, 256, 189][..]));
    assert_eq!(ledger.page(device, 0, &[], 1).unwrap().plans.len(), 1);
    assert!(page(&ledger, device, 701).plans.is_empty());
}

#[test]
fn a_hub_that_was_restored_tells_everything_again() {
    let ledger = ledger();
    let device = Handheld::enrolled(&ledger, 1, "Mara").log.device;
    import(&ledger, &round(2), Some("Mara"));
    let told = page(&ledger, device, 40);
    assert_eq!((told.after, told.more), (40, false));
    assert_eq!(names(told), ["round 14 Harbour East", "stop 1 Pier 1, east", "stop 2 Pier 2, east"]);
    assert!(page(&ledger, device, 43).plans.is_empty());
    assert!(page(&ledger, device, u64::MAX).plans.is_empty());
}

#[test]
fn a_device_that_was_told_by_another_hub_is_told_everything_again_once() {
    let ledger = ledger();
    let device = Handheld::enrolled(&ledger, 1, "Mara").log.device;
    Handheld::enrolled(&ledger, 2, "Ole");
    import(&ledger, &round(2), Some("Mara"));
    let told = page(&ledger, device, 0);
    assert!(ledger.page(device, 3, &told.mark, 0).unwrap().plans.is_empty());
    // Under the same numbers it was told something else, before the hub was set back. The round comes before its stops.
    for _ in 0..2 {
        let again = ledger.page(device, 2, b"another", 0).unwrap();
        assert_eq!(again.after, 2);
        assert_eq!(names(again), ["round 14 Harbour East", "stop 1 Pier 1, east", "stop 2 Pier 2, east"]);
    }
    // That stops went is not forgotten with it.
    ledger.assign("14", None, "Ole").unwrap();
    assert_eq!(ledger.page(device, 1, b"a third", 0).unwrap().plans.len(), 2);
}

#[test]
fn a_device_and_its_copy_with_other_cursors_are_both_told() {
    let ledger = ledger();
    let device = Handheld::enrolled(&ledger, 1, "Mara").log.device;
    import(&ledger, &round(2), Some("Mara"));
    // The hub was set back: one of both had heard more than the other before.
    for cursor in [40, 10, 60, 3, 43] {
        let told = page(&ledger, device, cursor);
        assert_eq!((told.after, told.more), (cursor, false));
        assert_eq!(names(told), ["round 14 Harbour East", "stop 1 Pier 1, east", "stop 2 Pier 2, east"]);
    }
}
