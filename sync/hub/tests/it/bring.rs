//! What devices left in parcels, brought in.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use lamplighter_core::{
    evidence::{chain::Hash, envelope::RecoverySecret},
    store::{Envelope, Recovery, Stretch},
    time::UtcMs,
};
use lamplighter_hub::{
    bring::{BringError, Brought, bring},
    ledger::Ledger,
};
use lamplighter_sync::{
    export,
    parcel::{Label, Packer},
};

use crate::{
    engines::{Store, on_every_engine},
    handheld::{Handheld, NOW, import, round},
};

on_every_engine!(
    a_parcel_brings_what_the_hub_lacks_and_brings_it_once,
    what_a_sync_brought_before_is_known,
    a_parcel_of_many_batches_is_taken_in_whole,
    nothing_of_a_damaged_parcel_is_taken_in,
    a_file_that_changes_between_two_looks_is_found_out,
    a_wrong_key_is_said_plainly,
    who_knows_the_recovery_key_can_still_make_no_event,
    a_parcel_that_comes_too_early_is_refused_until_what_lies_before_it_came,
    another_history_is_kept_aside_as_a_sync_keeps_it,
    what_a_device_left_that_is_locked_out_is_held_back,
    a_new_recovery_key_is_always_later_than_the_one_before,
);

fn utility() -> RecoverySecret {
    RecoverySecret::new([1; 32])
}

/// Events behind `after` up to `until`, as the device leaves them.
fn parcel(handheld: &Handheld, after: u64, until: u64) -> Vec<u8> {
    let key = utility().public();
    let span = Stretch { epoch: handheld.log.epoch, after, until };
    let label = Label::new(key.fingerprint(), handheld.log.device, span);
    let mut packer = Packer::new(Vec::new(), key, label).unwrap();
    for seq in after + 1..=until {
        let at = usize::try_from(seq).unwrap() - 1;
        let (before, payload) = (handheld.heads[at], &handheld.payloads[at]);
        let bytes = key.enclose(&handheld.key, handheld.log, before, payload).unwrap();
        packer.put(&Envelope { seq, bytes }).unwrap();
    }
    packer.finish([9; 32]).unwrap().0
}

async fn take_in(ledger: &impl Ledger, parcel: &[u8]) -> Result<Brought, BringError> {
    bring(ledger, &mut Cursor::new(parcel), &utility(), NOW, |_| {}).await
}

#[track_caller]
fn counts(brought: Result<Brought, BringError>) -> (u64, u64) {
    brought.map(|brought| (brought.new, brought.known)).unwrap()
}

#[track_caller]
fn refusal(brought: Result<Brought, BringError>) -> String {
    brought.unwrap_err().to_string()
}

/// Readings in the export, and how many of them count.
async fn exported(ledger: &impl Ledger) -> (u64, u64) {
    let mut bytes = Vec::new();
    ledger.export(&mut bytes, None, NOW, |_| {}).await.unwrap();
    let verified = export::verify(&bytes, Some(ledger.key().public())).unwrap();
    (verified.readings, verified.totals.current)
}

/// An office with a round, and Mara, who read some of it without a network.
async fn day<S: Store>(store: &S, stops: u32) -> (S::Ledger, Handheld) {
    let ledger = store.open().await;
    let mut handheld = Handheld::enrolled(&ledger, 1, "Mara").await;
    import(&ledger, &round(stops), Some("Mara")).await;
    for number in 1..=stops {
        handheld.read(number, "100.5");
    }
    (ledger, handheld)
}

async fn a_parcel_brings_what_the_hub_lacks_and_brings_it_once<S: Store>(store: S) {
    let (ledger, handheld) = day(&store, 5).await;
    let all = parcel(&handheld, 0, 5);
    assert_eq!(counts(take_in(&ledger, &all).await), (5, 0));
    assert_eq!(counts(take_in(&ledger, &all).await), (0, 5));
    assert_eq!(exported(&ledger).await, (5, 5));
    // The device, which knows of nothing, sends them, too.
    ledger.ingest(handheld.batch(1, 5), NOW).await.unwrap();
    assert_eq!(exported(&ledger).await, (5, 5));
}

async fn what_a_sync_brought_before_is_known<S: Store>(store: S) {
    let (ledger, handheld) = day(&store, 5).await;
    ledger.ingest(handheld.batch(1, 3), NOW).await.unwrap();
    assert_eq!(counts(take_in(&ledger, &parcel(&handheld, 1, 5)).await), (2, 2));
    assert_eq!(exported(&ledger).await, (5, 5));
}

async fn a_parcel_of_many_batches_is_taken_in_whole<S: Store>(store: S) {
    let (ledger, mut handheld) = day(&store, 3).await;
    (0..1_200).for_each(|_| handheld.add(b"what no release understands".to_vec()));
    assert_eq!(counts(take_in(&ledger, &parcel(&handheld, 0, 1_203)).await), (1_203, 0));
    assert_eq!(counts(take_in(&ledger, &parcel(&handheld, 0, 1_203)).await), (0, 1_203));
    assert_eq!((exported(&ledger).await, ledger.status().await.unwrap().quarantined), ((3, 3), 1_200));
}

async fn nothing_of_a_damaged_parcel_is_taken_in<S: Store>(store: S) {
    let (ledger, handheld) = day(&store, 2).await;
    let whole = parcel(&handheld, 0, 2);
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x10;
        assert!(take_in(&ledger, &changed).await.is_err(), "byte {at}");
        assert!(take_in(&ledger, &whole[..at]).await.is_err(), "{at} bytes");
    }
    assert_eq!(exported(&ledger).await, (0, 0));
    assert_eq!(counts(take_in(&ledger, &whole).await), (2, 0));
}

/// One file when it is looked at, another when it is taken in.
struct Fickle([Cursor<Vec<u8>>; 2], usize);

impl Read for Fickle {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.0[self.1].read(to)
    }
}

impl Seek for Fickle {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if matches!(to, SeekFrom::Start(_)) {
            self.1 = 1;
        }
        self.0[self.1].seek(to)
    }
}

async fn a_file_that_changes_between_two_looks_is_found_out<S: Store>(store: S) {
    let (ledger, handheld) = day(&store, 2).await;
    let whole = parcel(&handheld, 0, 2);
    for cut in 0..whole.len() {
        let mut file = Fickle([Cursor::new(whole.clone()), Cursor::new(whole[..cut].to_vec())], 0);
        let told = bring(&ledger, &mut file, &utility(), NOW, |_| {}).await;
        assert!(matches!(told, Err(BringError::Changed(_))), "{told:?}");
    }
    assert_eq!(exported(&ledger).await, (0, 0));
    let brought = take_in(&ledger, &whole).await.unwrap();
    assert_eq!((brought.new, brought.hash), (2, Hash::of(&whole)));
}

async fn a_wrong_key_is_said_plainly<S: Store>(store: S) {
    let (ledger, handheld) = day(&store, 1).await;
    let other = RecoverySecret::new([2; 32]);
    let told = bring(&ledger, &mut Cursor::new(parcel(&handheld, 0, 1)), &other, NOW, |_| {}).await;
    let told = refusal(told);
    assert!(told.starts_with("the file is for the recovery key "), "{told}");
    assert!(told.contains(&other.public().fingerprint().to_string()), "{told}");
}

async fn who_knows_the_recovery_key_can_still_make_no_event<S: Store>(store: S) {
    let (ledger, handheld) = day(&store, 2).await;
    let mut forger = Handheld::new(9);
    forger.log = handheld.log;
    forger.read(1, "1");
    assert!(refusal(take_in(&ledger, &parcel(&forger, 0, 1)).await).contains("event 1 was not sealed"));
    let mut stranger = Handheld::new(7);
    stranger.read(1, "1");
    assert!(refusal(take_in(&ledger, &parcel(&stranger, 0, 1)).await).contains("is not known to this hub"));
    assert_eq!(exported(&ledger).await, (0, 0));
}

async fn a_parcel_that_comes_too_early_is_refused_until_what_lies_before_it_came<S: Store>(store: S) {
    let (ledger, handheld) = day(&store, 4).await;
    let later = parcel(&handheld, 2, 4);
    assert!(refusal(take_in(&ledger, &later).await).contains("the hub waits for event 1"));
    assert_eq!(counts(take_in(&ledger, &parcel(&handheld, 0, 2)).await), (2, 0));
    assert_eq!(counts(take_in(&ledger, &later).await), (2, 0));
}

async fn another_history_is_kept_aside_as_a_sync_keeps_it<S: Store>(store: S) {
    let (ledger, mut handheld) = day(&store, 2).await;
    let mut copy = Handheld::new(1);
    copy.read(1, "777.5");
    ledger.ingest(copy.batch(1, 1), NOW).await.unwrap();
    handheld.read(2, "9");
    let told = take_in(&ledger, &parcel(&handheld, 0, 3)).await;
    assert!(matches!(told, Err(BringError::Fork(1))), "{told:?}");
    assert_eq!((ledger.status().await.unwrap().forks, exported(&ledger).await), (1, (1, 1)));
}

async fn what_a_device_left_that_is_locked_out_is_held_back<S: Store>(store: S) {
    let (ledger, handheld) = day(&store, 2).await;
    ledger.revoke("Mara", NOW).await.unwrap();
    let brought = take_in(&ledger, &parcel(&handheld, 0, 2)).await.unwrap();
    assert_eq!((brought.new, brought.held_back), (2, true));
    assert_eq!((ledger.status().await.unwrap().from_revoked, exported(&ledger).await.1), (2, 0));
    assert_eq!(ledger.release("Mara").await.unwrap(), 2);
    assert_eq!(exported(&ledger).await, (2, 2));
}

async fn a_new_recovery_key_is_always_later_than_the_one_before<S: Store>(store: S) {
    let ledger = store.open().await;
    let keys = [3, 4, 5].map(|seed| RecoverySecret::new([seed; 32]).public());
    ledger.set_recovery_key(keys[0], NOW).await.unwrap();
    // Its clock was set back.
    ledger.set_recovery_key(keys[1], UtcMs(NOW.0 - 5_000)).await.unwrap();
    ledger.set_recovery_key(keys[2], NOW).await.unwrap();
    let told = |at: usize| Recovery { key: keys[at], since: UtcMs(NOW.0 + i64::try_from(at).unwrap()) };
    assert_eq!(ledger.recovery_keys().await.unwrap(), [told(0), told(1), told(2)]);
    assert!(ledger.set_recovery_key(keys[0], NOW).await.is_err());
}
