//! A hub that was restored from an old backup, a device that was copied, a device that was set back: nothing that
//! was saved is lost, and nothing is there twice.

use std::{collections::BTreeSet, fs, path::Path};

use lamplighter_core::id::ReadingId;
use lamplighter_hub::ledger::Ledger as _;
use lamplighter_sync::session::Outcome;
use tempfile::tempdir;

use crate::office::{Device, Office};

#[tokio::test]
async fn a_hub_restored_from_an_old_backup_gets_everything_again() {
    let folder = tempdir().unwrap();
    let (ledger, backup) = (folder.path().join("hub.db"), folder.path().join("backup.db"));
    let office = Office::open(&ledger).await;
    office.prepare("14", 4).await;
    let device = Device::enrolled(&office, &folder.path().join("reader.db")).await;
    device.read("14", 1);
    device.agree(&office).await;
    office.close().await;
    copy(&ledger, &backup);

    // After the backup: readings, and a second round.
    let office = Office::open(&ledger).await;
    office.prepare("15", 2).await;
    device.read("14", 2);
    device.agree(&office).await;
    device.read("15", 1);
    device.read("14", 3);
    device.agree(&office).await;
    assert_eq!(office.held().await.len(), 4);
    office.close().await;

    copy(&backup, &ledger);
    let office = Office::open(&ledger).await;
    assert_eq!(office.held().await.len(), 1);
    device.read("14", 4);
    device.agree(&office).await;
    assert_eq!(office.held().await, device.readings());
    assert_eq!(device.readings().len(), 5);
    // Plans that are new to the restored hub reach a device whose cursor was ahead of it.
    office.prepare("16", 1).await;
    device.agree(&office).await;
    device.read("16", 1);
    device.agree(&office).await;
    assert_eq!(office.held().await, device.readings());
    let status = office.hub.ledger().status().await.unwrap();
    assert_eq!((status.forks, status.quarantined), (0, 0));
}

#[tokio::test]
async fn a_hub_set_back_and_planned_anew_hides_no_plan() {
    let folder = tempdir().unwrap();
    let (ledger, backup) = (folder.path().join("hub.db"), folder.path().join("backup.db"));
    let office = Office::open(&ledger).await;
    office.prepare("14", 2).await;
    let device = Device::enrolled(&office, &folder.path().join("reader.db")).await;
    device.agree(&office).await;
    office.close().await;
    copy(&ledger, &backup);
    let office = Office::open(&ledger).await;
    office.prepare("15", 3).await;
    device.agree(&office).await;
    office.close().await;

    copy(&backup, &ledger);
    let office = Office::open(&ledger).await;
    // Under the numbers that the device has heard already.
    office.prepare("16", 5).await;
    device.agree(&office).await;
    device.read("16", 2);
    device.agree(&office).await;
    assert_eq!(office.held().await, device.readings());
}

#[tokio::test]
async fn a_device_and_its_copy_both_hand_over_everything_once() {
    let folder = tempdir().unwrap();
    let (file, copied) = (folder.path().join("reader.db"), folder.path().join("copy.db"));
    let office = Office::open(&folder.path().join("hub.db")).await;
    office.prepare("14", 8).await;
    let device = Device::enrolled(&office, &file).await;
    device.read("14", 1);
    device.agree(&office).await;
    drop(device);
    copy(&file, &copied);
    let (device, twin) = (Device::open(&file), Device::open(&copied));

    device.read("14", 2);
    device.agree(&office).await;
    twin.read("14", 3);
    twin.read("14", 4);
    let synced = twin.sync(&office.http()).await;
    assert_eq!((synced.outcome, twin.waiting()), (Outcome::Agreed, 0));
    assert_eq!(synced.repeated, 2, "the copy begins a log of its own with what the office lacks");
    // Both go on, each in its own log.
    for (who, number) in [(&device, 5), (&twin, 6), (&device, 7), (&twin, 8)] {
        who.read("14", number);
        who.agree(&office).await;
    }
    check_all_held(&office, &[&device, &twin]).await;
    let status = office.hub.ledger().status().await.unwrap();
    assert_eq!(status.reopened, 1, "the office is not told");
}

#[tokio::test]
async fn a_device_set_back_to_an_old_backup_begins_a_new_log() {
    let folder = tempdir().unwrap();
    let (file, backup) = (folder.path().join("reader.db"), folder.path().join("backup.db"));
    let office = Office::open(&folder.path().join("hub.db")).await;
    office.prepare("14", 5).await;
    drop(Device::enrolled(&office, &file).await);
    copy(&file, &backup);
    let device = Device::open(&file);
    device.read("14", 1);
    device.read("14", 2);
    device.agree(&office).await;
    let before = device.readings();
    drop(device);

    // Once with something new, once with nothing.
    let set_back = Device::open(&backup);
    set_back.read("14", 3);
    set_back.agree(&office).await;
    set_back.read("14", 4);
    set_back.agree(&office).await;
    let held: BTreeSet<ReadingId> = office.held().await.into_iter().collect();
    let wanted: BTreeSet<ReadingId> = before.into_iter().chain(set_back.readings()).collect();
    assert_eq!((&held, held.len()), (&wanted, 4));
    drop(set_back);
    copy(&file, &backup);
    Device::open(&backup).agree(&office).await;
}

#[tokio::test]
async fn a_hub_set_back_before_a_log_was_closed_gets_both_logs_again() {
    let folder = tempdir().unwrap();
    let (ledger, old) = (folder.path().join("hub.db"), folder.path().join("old.db"));
    let (file, backup) = (folder.path().join("reader.db"), folder.path().join("backup.db"));
    let office = Office::open(&ledger).await;
    office.prepare("14", 5).await;
    drop(Device::enrolled(&office, &file).await);
    office.close().await;
    copy(&ledger, &old);
    let office = Office::open(&ledger).await;
    let device = Device::open(&file);
    device.read("14", 1);
    device.agree(&office).await;
    drop(device);
    copy(&file, &backup);
    let device = Device::open(&file);
    device.read("14", 2);
    device.agree(&office).await;
    drop(device);
    let device = Device::open(&backup);
    device.read("14", 3);
    device.agree(&office).await;
    office.close().await;

    copy(&old, &ledger);
    let office = Office::open(&ledger).await;
    assert!(office.held().await.is_empty());
    device.read("14", 4);
    device.agree(&office).await;
    check_all_held(&office, &[&device]).await;
}

/// The hub holds just what these devices have saved, each once.
async fn check_all_held(office: &Office, devices: &[&Device]) {
    let saved: BTreeSet<ReadingId> = devices.iter().flat_map(|device| device.readings()).collect();
    let held = office.held().await;
    assert_eq!(held.len(), saved.len(), "something is there twice, or not at all");
    assert_eq!(held.into_iter().collect::<BTreeSet<_>>(), saved);
}

/// A file that nobody has open, without what lies beside it.
fn copy(from: &Path, to: &Path) {
    for tail in ["-wal", "-shm"] {
        let beside = |path: &Path| format!("{}{tail}", path.display());
        assert!(
            fs::metadata(beside(from)).map_or(0, |file| file.len()) == 0,
            "{} is still open",
            from.display()
        );
        fs::remove_file(beside(to)).ok();
    }
    fs::copy(from, to).unwrap();
}
