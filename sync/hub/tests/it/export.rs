//! The export proves itself, and one changed bit is enough to break the proof.

use lamplighter_core::{
    evidence::{event::Body, seal::SecretKey},
    round::SkipReason,
};
use lamplighter_hub::{export::write_file, ledger::Ledger};
use lamplighter_sync::export::verify;

use crate::{
    engines::{Store, on_every_engine},
    handheld::{Handheld, NOW, import, round, stop},
};

on_every_engine!(
    an_export_proves_itself,
    a_stop_that_two_have_read_counts_once_or_not_at_all,
    an_export_with_events_of_a_locked_out_device_proves_itself,
    every_single_changed_bit_is_found,
    whole_lines_cannot_be_moved_added_or_dropped,
    the_hub_itself_cannot_bend_a_reading,
    one_cycle_spells_out_its_own_readings_and_keeps_every_event,
    a_file_has_its_name_only_when_it_is_whole,
);

async fn text(ledger: &impl Ledger, cycle: Option<&str>) -> String {
    let mut bytes = Vec::new();
    ledger.export(&mut bytes, cycle, NOW, |_| {}).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Two devices, a correction, a withdrawal, a skip, bytes that nobody can read, a stop that nobody knows.
async fn busy_day<S: Store>(store: &S) -> S::Ledger {
    let ledger = store.open().await;
    import(&ledger, &round(4).replace(",6,1,,", ",6,1,40,"), None).await;
    let mut mara = Handheld::enrolled(&ledger, 1, "Mara, \"the\" first").await;
    let mut ole = Handheld::enrolled(&ledger, 2, "Ole").await;
    let first = mara.read(1, "100.50");
    mara.read_again(1, "100.75", Some(first));
    ledger.ingest(mara.batch(1, 2), NOW).await.unwrap();
    let third = mara.read(3, "3");
    mara.event(Body::Withdrawn { reading: third, stop: stop(3) });
    mara.add(b"from a later release".to_vec());
    ledger.ingest(mara.batch(2, 5), NOW).await.unwrap();
    ole.event(Body::Withdrawn { reading: first, stop: stop(1) });
    ole.event(Body::Skipped { stop: stop(2), reason: SkipReason::Locked, note: None, fix: None });
    ole.read(4, "0.25");
    ole.read(77, "9");
    ledger.ingest(ole.batch(1, 4), NOW).await.unwrap();
    ledger
}

async fn an_export_proves_itself(store: impl Store) {
    let ledger = busy_day(&store).await;
    let text = text(&ledger, None).await;
    let proved = verify(text.as_bytes(), Some(ledger.key().public())).unwrap();
    assert_eq!((proved.readings, proved.events, proved.devices), (5, 9, 2));
    let totals: Vec<String> = proved
        .totals
        .registers
        .iter()
        .map(|((obis, unit), total)| format!("{obis} {unit} {} {}", total.count, total.sum))
        .collect();
    assert_eq!((proved.totals.current, &totals[..]), (3, &["1-0:1.8.0*255 kWh 3 110.00".to_owned()][..]));
    check_statuses(&ledger, &["superseded", "current", "withdrawn", "current", "current"]).await;
    assert!(text.contains(",14,2026-11,4,\"Pier 4, east\",58204,"), "{text}");
    assert!(text.contains(",1-0:1.8.0*255,0.25,kWh,40\n"), "{text}");
    assert!(text.ends_with('\n') && !text.ends_with("\n\n"));
}

async fn a_stop_that_two_have_read_counts_once_or_not_at_all(store: impl Store) {
    let ledger = store.open().await;
    import(&ledger, &round(4), None).await;
    let mut mara = Handheld::enrolled(&ledger, 1, "Mara").await;
    let mut ole = Handheld::enrolled(&ledger, 2, "Ole").await;
    let mut per = Handheld::enrolled(&ledger, 3, "Per").await;
    for (number, mara_s, ole_s) in [(1, "100.0", "104.5"), (2, "100.0", "870.0")] {
        mara.read(number, mara_s);
        ole.read(number, ole_s);
    }
    per.read(1, "500.0");
    let third = per.read(3, "7");
    per.event(Body::Withdrawn { reading: third, stop: stop(3) });
    ledger.ingest(mara.batch(1, 2), NOW).await.unwrap();
    ledger.ingest(ole.batch(1, 2), NOW).await.unwrap();
    ledger.revoke("Per", NOW).await.unwrap();
    ledger.ingest(per.batch(1, 3), NOW).await.unwrap();
    check_statuses(&ledger, &["current", "contested", "duplicate", "contested", "held", "held"]).await;
    assert_eq!(ledger.status().await.unwrap().contested, 1);
    // What the office lets count may contest as well.
    ledger.release("Per").await.unwrap();
    check_statuses(&ledger, &["contested", "contested", "contested", "contested", "contested", "withdrawn"])
        .await;
}

/// Of every reading in the export, which is proved, in its order.
async fn check_statuses(ledger: &impl Ledger, expected: &[&str]) {
    let text = text(ledger, None).await;
    verify(text.as_bytes(), Some(ledger.key().public())).unwrap();
    let statuses: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("R,"))
        .filter_map(|line| line.rsplit(',').next())
        .collect();
    assert_eq!(statuses, expected);
}

async fn an_export_with_events_of_a_locked_out_device_proves_itself(store: impl Store) {
    let ledger = store.open().await;
    import(&ledger, &round(2), None).await;
    let mut mara = Handheld::enrolled(&ledger, 1, "Mara").await;
    let first = mara.read(1, "100.5");
    ledger.ingest(mara.batch(1, 1), NOW).await.unwrap();
    ledger.revoke("Mara", NOW).await.unwrap();
    mara.read_again(1, "101.5", Some(first));
    ledger.ingest(mara.batch(2, 2), NOW).await.unwrap();
    assert_eq!(verify(text(&ledger, None).await.as_bytes(), None).unwrap().readings, 2);
}

async fn every_single_changed_bit_is_found(store: impl Store) {
    let ledger = store.open().await;
    import(&ledger, &round(2), None).await;
    let mut mara = Handheld::enrolled(&ledger, 1, "Mara").await;
    let first = mara.read(1, "100.5");
    mara.event(Body::Withdrawn { reading: first, stop: stop(1) });
    mara.add(b"x".to_vec());
    ledger.ingest(mara.batch(1, 3), NOW).await.unwrap();
    let mut bytes = text(&ledger, None).await.into_bytes();
    assert!(verify(&bytes, None).is_ok());
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            assert!(verify(&bytes, None).is_err(), "bit {bit} of byte {at}");
            bytes[at] ^= 1 << bit;
        }
    }
    assert!(verify(&bytes, None).is_ok());
}

async fn whole_lines_cannot_be_moved_added_or_dropped(store: impl Store) {
    let ledger = busy_day(&store).await;
    let text = text(&ledger, None).await;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for at in 0..lines.len() {
        let without = [&lines[..at], &lines[at + 1..]].concat().concat();
        assert!(verify(without.as_bytes(), None).is_err(), "without line {}", at + 1);
        let doubled = [&lines[..=at], &lines[at..]].concat().concat();
        assert!(verify(doubled.as_bytes(), None).is_err(), "line {} twice", at + 1);
        assert!(verify(lines[..at].concat().as_bytes(), None).is_err(), "{at} lines only");
        if at > 0 && lines[at - 1] != lines[at] {
            let mut swapped = lines.clone();
            swapped.swap(at - 1, at);
            assert!(verify(swapped.concat().as_bytes(), None).is_err(), "line {} moved", at + 1);
        }
    }
    for cut in [0, 1, text.len() / 2, text.len() - 1] {
        assert!(verify(&text.as_bytes()[..cut], None).is_err());
    }
    for more in ["\n", " ", "\r\n", "T,0,0\n"] {
        assert!(verify(format!("{text}{more}").as_bytes(), None).is_err());
    }
}

async fn the_hub_itself_cannot_bend_a_reading(store: impl Store) {
    let ledger = busy_day(&store).await;
    let text = text(&ledger, None).await;
    let key = ledger.key();
    // A hub that signs what it likes: the devices' seals still stand against it.
    for (from, to, words) in [
        (",100.75,", ",900.75,", "evidence"),
        (",current\n", ",withdrawn\n", "evidence"),
        (",2026-11,4,", ",2026-11,3,", "another stop"),
        (",58204,", ",58203,", "another meter"),
    ] {
        let bent = text.replacen(from, to, 1);
        assert_ne!(bent, text);
        let error = verify(resigned(&bent, key).as_bytes(), None).unwrap_err();
        assert!(error.what.contains(words), "{from}: {error}");
    }
    let address = resigned(&text.replace("Pier", "Quay"), key);
    assert!(verify(address.as_bytes(), Some(key.public())).is_ok(), "the address is the hub's word");
    let other = SecretKey::new([3; 32]).public();
    assert_eq!(verify(text.as_bytes(), Some(other)).unwrap_err().line, 1);
}

/// The text with a trailer that fits.
fn resigned(text: &str, key: &SecretKey) -> String {
    use lamplighter_core::evidence::{chain::Hash, seal::Purpose};
    let end = text.rfind("\nT,").unwrap() + 1;
    let hash = Hash::of(&text.as_bytes()[..end]);
    let seal = key.sign(Purpose::Export, &hash.0).0;
    let seal: String = seal.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}T,{hash},{seal}\n", &text[..end])
}

async fn one_cycle_spells_out_its_own_readings_and_keeps_every_event(store: impl Store) {
    let ledger = busy_day(&store).await;
    import(&ledger, &round(1).replace("2026-11", "2026-12").replace("58201", "601"), None).await;
    let proved = verify(text(&ledger, Some("2026-11")).await.as_bytes(), None).unwrap();
    assert_eq!((proved.readings, proved.events, &proved.cycle[..]), (4, 9, "2026-11"));
    let proved = verify(text(&ledger, Some("2026-12")).await.as_bytes(), None).unwrap();
    assert_eq!((proved.readings, proved.events), (0, 9));
    assert!(ledger.export(Vec::new(), Some("2027-01"), NOW, |_| {}).await.is_err());
}

async fn a_file_has_its_name_only_when_it_is_whole(store: impl Store) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("readings.csv");
    let ledger = busy_day(&store).await;
    std::fs::write(&path, "old").unwrap();
    assert!(write_file(&ledger, &path, Some("2027-01"), NOW, |_| {}).await.is_err());
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    let proved = write_file(&ledger, &path, None, NOW, |_| {}).await.unwrap();
    assert_eq!(verify(&std::fs::read(&path).unwrap(), None), Ok(proved));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
