//! What is left, and what stays.

use std::cell::RefCell;

use lamplighter_core::{
    evidence::{
        chain::Log,
        envelope::RecoverySecret,
        seal::{PublicKey, SecretKey},
    },
    id::DeviceId,
    store::Identity,
    time::UtcMs,
};
use lamplighter_sync::parcel::Parcel;

use super::*;

fn utility() -> RecoverySecret {
    RecoverySecret::new([1; 32])
}

/// A device on which so many events wait.
fn device(events: usize, enclosed: bool) -> Mutex<Store> {
    let mut store = Store::in_memory().unwrap();
    let identity = Identity {
        log: Log { device: DeviceId::new([7; 16]), epoch: 1 },
        key: SecretKey::new([8; 32]),
        hub_key: PublicKey([9; 32]),
        hub_url: String::new(),
        reader: "Ana".into(),
    };
    store.enrol(&identity).unwrap();
    if enclosed {
        store.keep_recovery(Recovery { key: utility().public(), since: UtcMs(1) }).unwrap();
    }
    for cursor in 0..events as u64 {
        store.take_over(UtcMs(2), &[], cursor, cursor + 1, &[]).unwrap();
    }
    Mutex::new(store)
}

fn events_in(path: &Path) -> u64 {
    let secret = utility();
    let mut parcel = Parcel::open(File::open(path).unwrap(), &secret).unwrap();
    let mut events = 0;
    while parcel.next_event().unwrap().is_some() {
        events += 1;
    }
    events
}

#[track_caller]
fn refused(store: &Mutex<Store>, path: &Path) -> CommandError {
    leave(store, path, |_, _| {}).unwrap_err()
}

#[test]
fn everything_that_waits_is_left_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("day.parcel");
    let store = device(600, true);
    let told = RefCell::new(Vec::new());
    let left = leave(&store, &path, |done, total| told.borrow_mut().push((done, total))).unwrap();
    assert_eq!(
        (events_in(&path), left.packed.label.events(), left.to()),
        (600, 600, utility().public().fingerprint())
    );
    assert_eq!(told.into_inner(), [(256, 600), (512, 600), (600, 600)]);
    let bytes = fs::read(&path).unwrap();
    assert_eq!((left.packed.hash, left.packed.bytes), (Hash::of(&bytes), bytes.len() as u64));
    assert_eq!(lock(&store).standing().unwrap().waiting, 600);
    assert_eq!(refused(&store, &path), CommandError::FileThere { path: path.display().to_string() });
    assert_eq!(fs::read(&path).unwrap(), bytes);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn receipts_that_come_while_it_is_written_leave_a_shorter_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("day.parcel");
    let store = device(600, true);
    let heads = lock(&store).heads(1, &[500]).unwrap();
    let left = leave(&store, &path, |done, total| {
        if (done, total) == (256, 600) {
            lock(&store).confirm(1, heads[0]).unwrap();
        }
    });
    assert_eq!((left.unwrap().packed.label.after, events_in(&path)), (500, 100));
}

#[test]
fn without_a_key_or_without_anything_waiting_there_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("day.parcel");
    assert_eq!(refused(&device(3, false), &path), CommandError::NoRecoveryKey);
    assert_eq!(refused(&device(0, true), &path), CommandError::NothingToLeave);
    assert_eq!(refused(&Mutex::new(Store::in_memory().unwrap()), &path), CommandError::NotEnrolled);
    let nowhere = folder.path().join("none/day.parcel");
    assert!(matches!(refused(&device(1, true), &nowhere), CommandError::CannotWrite { .. }));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
