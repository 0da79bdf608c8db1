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

use crate::handheld::{Handheld, NOW, import, ledger, round};

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

fn take_in(ledger: &Ledger, parcel: &[u8]) -> Result<Brought, BringError> {
    bring(ledger, &mut Cursor::new(parcel), &utility(), NOW, |_| {})
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
#[track_caller]
fn exported(ledger: &Ledger) -> (u64, u64) {
    let mut bytes = Vec::new();
    ledger.export(&mut bytes, None, NOW, |_| {}).unwrap();
    let verified = export::verify(&bytes, Some(ledger.key().public())).unwrap();
    (verified.readings, verified.totals.current)
}

/// An office with a round, and Mara, who read some of it without a network.
fn day(stops: u32) -> (Ledger, Handheld) {
    let ledger = ledger();
    let mut handheld = Handheld::enrolled(&ledger, 1, "Mara");
    import(&ledger, &round(stops), Some("Mara"));
    for number in 1..=stops {
        handheld.read(number, "100.5");
    }
    (ledger, handheld)
}

#[test]
fn a_parcel_brings_what_the_hub_lacks_and_brings_it_once() {
    let (ledger, handheld) = day(5);
    let all = parcel(&handheld, 0, 5);
    assert_eq!(counts(take_in(&ledger, &all)), (5, 0));
    assert_eq!(counts(take_in(&ledger, &all)), (0, 5));
    assert_eq!(exported(&ledger), (5, 5));
    // The device, which knows of nothing, sends them, too.
    ledger.ingest(&handheld.batch(1, 5), NOW).unwrap();
    assert_eq!(exported(&ledger), (5, 5));
}

#[test]
fn what_a_sync_brought_before_is_known() {
    let (ledger, handheld) = day(5);
    ledger.ingest(&handheld.batch(1, 3), NOW).unwrap();
    assert_eq!(counts(take_in(&ledger, &parcel(&handheld, 1, 5))), (2, 2));
    assert_eq!(exported(&ledger), (5, 5));
}

#[test]
fn a_parcel_of_many_batches_is_taken_in_whole() {
    let (ledger, mut handheld) = day(3);
    (0..1_200).for_each(|_| handheld.add(b"what no release understands".to_vec()));
    assert_eq!(counts(take_in(&ledger, &parcel(&handheld, 0, 1_203))), (1_203, 0));
    assert_eq!(counts(take_in(&ledger, &parcel(&handheld, 0, 1_203))), (0, 1_203));
    assert_eq!((exported(&ledger), ledger.status().unwrap().quarantined), ((3, 3), 1_200));
}

#[test]
fn nothing_of_a_damaged_parcel_is_taken_in() {
    let (ledger, handheld) = day(2);
    let whole = parcel(&handheld, 0, 2);
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x10;
        assert!(take_in(&ledger, &changed).is_err(), "byte {at}");
        assert!(take_in(&ledger, &whole[..at]).is_err(), "{at} bytes");
    }
    assert_eq!(exported(&ledger), (0, 0));
    assert_eq!(counts(take_in(&ledger, &whole)), (2, 0));
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

#[test]
fn a_file_that_changes_between_two_looks_is_found_out() {
    let (ledger, handheld) = day(2);
    let whole = parcel(&handheld, 0, 2);
    for cut in 0..whole.len() {
        let mut file = Fickle([Cursor::new(whole.clone()), Cursor::new(whole[..cut].to_vec())], 0);
        let told = bring(&ledger, &mut file, &utility(), NOW, |_| {});
        assert!(matches!(told, Err(BringError::Changed(_))), "{told:?}");
    }
    assert_eq!(exported(&ledger), (0, 0));
    let brought = take_in(&ledger, &whole).unwrap();
    assert_eq!((brought.new, brought.hash), (2, Hash::of(&whole)));
}

#[test]
fn a_wrong_key_is_said_plainly() {
    let (ledger, handheld) = day(1);
    let other = RecoverySecret::new([2; 32]);
    let told = bring(&ledger, &mut Cursor::new(parcel(&handheld, 0, 1)), &other, NOW, |_| {});
    let told = refusal(told);
    assert!(told.starts_with("the file is for the recovery key "), "{told}");
    assert!(told.contains(&other.public().fingerprint().to_string()), "{told}");
}

#[test]
fn who_knows_the_recovery_key_can_still_make_no_event() {
    let (ledger, handheld) = day(2);
    let mut forger = Handheld::new(9);
    forger.log = handheld.log;
    forger.read(1, "1");
    assert!(refusal(take_in(&ledger, &parcel(&forger, 0, 1))).contains("event 1 was not sealed"));
    let mut stranger = Handheld::new(7);
    stranger.read(1, "1");
    assert!(refusal(take_in(&ledger, &parcel(&stranger, 0, 1))).contains("is not known to this hub"));
    assert_eq!(exported(&ledger), (0, 0));
}

#[test]
fn a_parcel_that_comes_too_early_is_refused_until_what_lies_before_it_came() {
    let (ledger, handheld) = day(4);
    let later = parcel(&handheld, 2, 4);
    assert!(refusal(take_in(&ledger, &later)).contains("the hub waits for event 1"));
    assert_eq!(counts(take_in(&ledger, &parcel(&handheld, 0, 2))), (2, 0));
    assert_eq!(counts(take_in(&ledger, &later)), (2, 0));
}

#[test]
fn another_history_is_kept_aside_as_a_sync_keeps_it() {
    let (ledger, mut handheld) = day(2);
    let mut copy = Handheld::new(1);
    copy.read(1, "777.5");
    ledger.ingest(&copy.batch(1, 1), NOW).unwrap();
    handheld.read(2, "9");
    let told = take_in(&ledger, &parcel(&handheld, 0, 3));
    assert!(matches!(told, Err(BringError::Fork(1))), "{told:?}");
    assert_eq!((ledger.status().unwrap().forks, exported(&ledger)), (1, (1, 1)));
}

#[test]
fn what_a_device_left_that_is_locked_out_is_held_back() {
    let (ledger, handheld) = day(2);
    ledger.revoke("Mara", NOW).unwrap();
    let brought = take_in(&ledger, &parcel(&handheld, 0, 2)).unwrap();
    assert_eq!((brought.new, brought.held_back), (2, true));
    assert_eq!((ledger.status().unwrap().from_revoked, exported(&ledger).1), (2, 0));
    assert_eq!(ledger.release("Mara").unwrap(), 2);
    assert_eq!(exported(&ledger), (2, 2));
}

#[test]
fn a_new_recovery_key_is_always_later_than_the_one_before() {
    let ledger = ledger();
    let keys = [3, 4, 5].map(|seed| RecoverySecret::new([seed; 32]).public());
    ledger.set_recovery_key(keys[0], NOW).unwrap();
    // Its clock was set back.
    ledger.set_recovery_key(keys[1], UtcMs(NOW.0 - 5_000)).unwrap();
    ledger.set_recovery_key(keys[2], NOW).unwrap();
    let told = |at: usize| Recovery { key: keys[at], since: UtcMs(NOW.0 + i64::try_from(at).unwrap()) };
    assert_eq!(ledger.recovery_keys().unwrap(), [told(0), told(1), told(2)]);
    assert!(ledger.set_recovery_key(keys[0], NOW).is_err());
}
