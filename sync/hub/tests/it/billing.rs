//! What billing gets: every reading that counts once, corrections as reversals, and nothing twice whatever breaks.

use std::path::Path;

use lamplighter_core::{evidence::event::Body, id::ReadingId};
use lamplighter_hub::{
    billing::{self, Entry, Queue, Sheet, claim, reconcile},
    ledger::{Acknowledgement, Heard, Kind, Ledger, Snapshot as _, State},
};

use crate::{
    engines::{Store, on_every_engine},
    handheld::{Handheld, NOW, greeting, import, round, stop},
};

const CYCLE: &str = "2026-11";

on_every_engine!(
    a_reading_is_handed_over_once,
    a_correction_goes_out_as_a_reversal_and_a_new_value,
    what_was_handed_over_stays_while_it_stands,
    a_refused_reading_may_be_put_right_until_another_took_its_place,
    two_who_claim_at_once_claim_nothing_twice,
    what_counts_for_nothing_is_not_handed_over,
    a_difference_stands_in_its_queue,
);

/// The next file, if there is one.
async fn next(ledger: &impl Ledger) -> Option<Sheet> {
    let bill = claim(ledger, CYCLE, NOW, |_| {}).await.unwrap()?;
    let folder = tempfile::tempdir().unwrap();
    let (path, sheet) = billing::write(ledger, &bill, folder.path(), NOW).await.unwrap();
    assert_eq!(std::fs::read(path).unwrap(), sheet.bytes);
    assert_eq!(billing::check(&sheet.bytes, Some(ledger.key().public())).unwrap(), sheet);
    Some(sheet)
}

async fn answer(ledger: &impl Ledger, id: ReadingId, refused: Option<&str>) -> Heard {
    let said = Acknowledgement { id, refused: refused.map(str::to_owned) };
    ledger.acknowledge(vec![said], NOW).await.unwrap()[0]
}

#[track_caller]
fn check_entries(sheet: Option<Sheet>, expected: &[(Kind, ReadingId, Option<ReadingId>)]) {
    let entry = |entry: &Entry| (entry.kind, entry.reading, entry.instead_of);
    let entries: Vec<_> = sheet.iter().flat_map(|sheet| &sheet.entries).map(entry).collect();
    assert_eq!(entries, expected);
}

async fn office<S: Store>(store: &S, stops: u32) -> (S::Ledger, Handheld, Handheld) {
    let ledger = store.open().await;
    import(&ledger, &round(stops), None).await;
    let mara = Handheld::enrolled(&ledger, 1, "Mara").await;
    let ole = Handheld::enrolled(&ledger, 2, "Ole").await;
    (ledger, mara, ole)
}

async fn a_reading_is_handed_over_once(store: impl Store) {
    let (ledger, mut mara, _) = office(&store, 4).await;
    let first = mara.read(1, "100.50");
    let second = mara.read(2, "0.25");
    ledger.ingest(mara.batch(1, 2), NOW).await.unwrap();
    let one = next(&ledger).await.unwrap();
    assert_eq!((one.front.number, one.front.previous.0), (1, [0; 32]));
    let register = one.totals.registers.values().next().unwrap();
    assert_eq!((register.values.count, register.values.sum.to_string()), (2, "100.75".to_owned()));
    check_entries(Some(one.clone()), &[(Kind::Value, first, None), (Kind::Value, second, None)]);
    check_entries(next(&ledger).await, &[]);
    let third = mara.read(3, "7");
    ledger.ingest(mara.batch(3, 3), NOW).await.unwrap();
    // Whatever the books say later, what was claimed is what is written.
    import(&ledger, &round(4).replace("Pier", "Quay"), None).await;
    let bill = ledger.snapshot().await.unwrap().bills(Some(CYCLE)).await.unwrap().remove(0);
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(billing::write(&ledger, &bill, folder.path(), NOW).await.unwrap().1, one);
    let two = next(&ledger).await.unwrap();
    assert_eq!((two.front.number, two.front.previous), (2, one.hash()));
    check_entries(Some(two), &[(Kind::Value, third, None)]);
    assert!(claim(&ledger, "2027-01", NOW, |_| {}).await.is_err());
}

async fn a_correction_goes_out_as_a_reversal_and_a_new_value(store: impl Store) {
    let (ledger, mut mara, _) = office(&store, 4).await;
    let wrong = mara.read(1, "100");
    let taken_back = mara.read(2, "200");
    ledger.ingest(mara.batch(1, 2), NOW).await.unwrap();
    check_entries(next(&ledger).await, &[(Kind::Value, wrong, None), (Kind::Value, taken_back, None)]);
    let right = mara.read_again(1, "101", Some(wrong));
    mara.event(Body::Withdrawn { reading: taken_back, stop: stop(2) });
    ledger.ingest(mara.batch(3, 4), NOW).await.unwrap();
    let found = reconcile(&ledger, None, |_| {}).await.unwrap();
    assert_eq!(found.items.iter().filter(|item| item.queue == Queue::DueBack).count(), 2);
    let sheet = next(&ledger).await.unwrap();
    let register = sheet.totals.registers.values().next().unwrap();
    assert_eq!(
        (register.values.sum.to_string(), register.reversals.sum.to_string()),
        ("101".into(), "300".into())
    );
    check_entries(
        Some(sheet),
        &[
            (Kind::Reversal, wrong, None),
            (Kind::Value, right, Some(wrong)),
            (Kind::Reversal, taken_back, None),
        ],
    );
    check_entries(next(&ledger).await, &[]);
    for id in [wrong, right, Kind::Reversal.id(wrong)] {
        assert_eq!(answer(&ledger, id, None).await, Heard::Noted(State::Settled));
    }
}

async fn what_was_handed_over_stays_while_it_stands(store: impl Store) {
    let (ledger, mut mara, mut ole) = office(&store, 4).await;
    let (first, second) = (mara.read(1, "100"), mara.read(2, "100"));
    ledger.ingest(mara.batch(1, 2), NOW).await.unwrap();
    check_entries(next(&ledger).await, &[(Kind::Value, first, None), (Kind::Value, second, None)]);
    let agrees = ole.read(1, "100");
    ole.read(2, "900");
    ledger.ingest(ole.batch(1, 2), NOW).await.unwrap();
    check_entries(next(&ledger).await, &[]);
    assert_eq!(reconcile(&ledger, None, |_| {}).await.unwrap().gaps(), 0);
    // Who is left alone with a stop counts for it.
    mara.event(Body::Withdrawn { reading: first, stop: stop(1) });
    ledger.ingest(mara.batch(3, 3), NOW).await.unwrap();
    check_entries(next(&ledger).await, &[(Kind::Reversal, first, None), (Kind::Value, agrees, Some(first))]);
}

async fn a_refused_reading_may_be_put_right_until_another_took_its_place(store: impl Store) {
    let (ledger, mut mara, _) = office(&store, 4).await;
    let (first, second) = (mara.read(1, "100"), mara.read(2, "100"));
    ledger.ingest(mara.batch(1, 2), NOW).await.unwrap();
    next(&ledger).await.unwrap();
    for id in [first, second] {
        assert_eq!(answer(&ledger, id, Some("no contract")).await, Heard::Noted(State::Refused));
        assert_eq!(answer(&ledger, id, Some("no contract")).await, Heard::Known);
    }
    assert_eq!(answer(&ledger, second, None).await, Heard::Noted(State::Settled));
    assert_eq!(answer(&ledger, second, Some("no")).await, Heard::Contrary);
    let again = mara.read_again(1, "101", Some(first));
    ledger.ingest(mara.batch(3, 3), NOW).await.unwrap();
    // What billing never took is not taken back.
    check_entries(next(&ledger).await, &[(Kind::Value, again, Some(first))]);
    assert_eq!(answer(&ledger, first, None).await, Heard::Contrary);
    assert_eq!(answer(&ledger, ReadingId::new([5; 16]), None).await, Heard::Unknown);
}

async fn two_who_claim_at_once_claim_nothing_twice(store: impl Store) {
    let (ledger, mut mara, _) = office(&store, 40).await;
    let read: Vec<ReadingId> = (1..=40).map(|number| mara.read(number, "1.5")).collect();
    let other = store.open_with([8; 32]).await;
    let mut ids = Vec::new();
    for from in (1..=40).step_by(10) {
        ledger.ingest(mara.batch(from, from + 9), NOW).await.unwrap();
        let (mine, others) = tokio::join!(hand_over(&ledger), hand_over(&other));
        ids.extend([mine, others].concat());
    }
    assert_eq!(ids, read);
    let found = reconcile(&ledger, Some(CYCLE), |_| {}).await.unwrap();
    assert_eq!((found.gaps(), found.rounds[&(CYCLE.into(), "14".into())].handed_over), (0, 40));
}

/// The names of everything that is claimed until nothing is due.
async fn hand_over(ledger: &impl Ledger) -> Vec<ReadingId> {
    let mut ids = Vec::new();
    while let Some(bill) = claim(ledger, CYCLE, NOW, |_| {}).await.unwrap() {
        let texts = ledger.snapshot().await.unwrap().bill_texts(CYCLE, bill.number).await.unwrap();
        ids.extend(texts.iter().map(|text| Entry::next(text.as_bytes()).unwrap().0.id));
    }
    ids
}

async fn what_counts_for_nothing_is_not_handed_over(store: impl Store) {
    let (ledger, mut mara, mut ole) = office(&store, 4).await;
    let first = mara.read(1, "100");
    let counts = mara.read_again(1, "101", Some(first));
    mara.read(2, "100");
    mara.read(77, "9");
    mara.add(b"from a later release".to_vec());
    ole.read(2, "900");
    let taken_back = ole.read(3, "5");
    ole.event(Body::Withdrawn { reading: taken_back, stop: stop(3) });
    ledger.ingest(mara.batch(1, 5), NOW).await.unwrap();
    ledger.ingest(ole.batch(1, 3), NOW).await.unwrap();
    ledger.revoke("Ole", NOW).await.unwrap();
    let held = ole.read(4, "8");
    ledger.ingest(ole.batch(4, 4), NOW).await.unwrap();
    check_entries(next(&ledger).await, &[(Kind::Value, counts, None)]);
    ledger.release("Ole").await.unwrap();
    check_entries(next(&ledger).await, &[(Kind::Value, held, None)]);
}

async fn a_difference_stands_in_its_queue(store: impl Store) {
    let (ledger, mut mara, mut ole) = office(&store, 9).await;
    let wrong = mara.read(1, "100");
    let settled = mara.read(2, "100");
    let refused = mara.read(3, "100");
    let contested = mara.read(4, "100");
    ledger.ingest(mara.batch(1, 4), NOW).await.unwrap();
    next(&ledger).await.unwrap();
    answer(&ledger, settled, None).await;
    answer(&ledger, refused, Some("no contract")).await;
    let right = mara.read_again(1, "101", Some(wrong));
    let due = mara.read(5, "5");
    let orphan = mara.read(77, "9");
    mara.add(b"from a later release".to_vec());
    mara.read(6, "6");
    ledger.ingest(mara.batch(5, 8), NOW).await.unwrap();
    let against = ole.read(4, "900");
    ledger.ingest(ole.batch(1, 1), NOW).await.unwrap();
    let says = lamplighter_hub::ledger::Greeting { head_seq: 9, ..greeting(mara.log) };
    ledger.greet(&says, NOW).await.unwrap();
    let found = reconcile(&ledger, None, |_| {}).await.unwrap();
    let of = |queue| found.items.iter().filter(move |item| item.queue == queue).map(|item| item.reading);
    let ids = |queue| of(queue).flatten().collect::<Vec<_>>();
    assert_eq!(found.gaps(), 0, "{:?}", found.items);
    assert_eq!(found.items.iter().find(|item| item.queue == Queue::OnDevice).unwrap().reading, None);
    assert_eq!(ids(Queue::Due), [right, due]);
    assert_eq!((ids(Queue::DueBack), ids(Queue::Refused)), (vec![wrong], vec![refused]));
    assert_eq!((ids(Queue::Waiting), ids(Queue::Orphan)), (vec![wrong, contested], vec![orphan]));
    assert_eq!((ids(Queue::Contested), of(Queue::Unread).count()), (vec![contested, against], 1));
    let tally = found.rounds[&(CYCLE.into(), "14".into())];
    assert_eq!(
        (tally.readings, tally.handed_over, tally.settled, tally.refused, tally.waiting),
        (7, 4, 1, 1, 2)
    );
}

/// The files of a folder and the readings in them, each proved and following the one before.
pub(crate) fn proved(folder: &Path) -> Vec<Sheet> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "csv"));
    paths.sort();
    let mut sheets: Vec<Sheet> = Vec::new();
    for path in paths {
        let sheet = billing::check(&std::fs::read(path).unwrap(), None).unwrap();
        let before = sheets.last().map_or([0; 32], |sheet| sheet.hash().0);
        assert_eq!((sheet.front.number as usize, sheet.front.previous.0), (sheets.len() + 1, before));
        sheets.push(sheet);
    }
    sheets
}
