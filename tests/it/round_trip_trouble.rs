//! A hub that was restored from an old backup, a device that was copied, a device that was set back: nothing that
//! was saved is lost, and who cannot be believed is told so.

use std::{fs, path::Path};

use lamplighter_core::id::ReadingId;
use lamplighter_sync::session::{Outcome, Reason};
use tempfile::tempdir;

use crate::office::{Device, Office};

#[tokio::test]
async fn a_hub_restored_from_an_old_backup_gets_everything_again() {
    let folder = tempdir().unwrap();
    let (ledger, backup) = (folder.path().join("hub.db"), folder.path().join("backup.db"));
    let office = Office::open(&ledger).await;
    office.prepare("14", 4);
    let device = Device::enrolled(&office, &folder.path().join("reader.db")).await;
    device.read("14", 1);
    device.agree(&office).await;
    office.close().await;
    copy(&ledger, &backup);

    // After the backup: readings, and a second round.
    let office = Office::open(&ledger).await;
    office.prepare("15", 2);
    device.read("14", 2);
    device.agree(&office).await;
    device.read("15", 1);
    device.read("14", 3);
    device.agree(&office).await;
    assert_eq!(office.held().len(), 4);
    office.close().await;

    copy(&backup, &ledger);
    let office = Office::open(&ledger).await;
    assert_eq!(office.held().len(), 1);
    device.read("14", 4);
    device.agree(&office).await;
    assert_eq!(office.held(), device.readings());
    assert_eq!(device.readings().len(), 5);
    // Plans that are new to the restored hub reach a device whose cursor was ahead of it.
    office.prepare("16", 1);
    device.agree(&office).await;
    device.read("16", 1);
    device.agree(&office).await;
    assert_eq!(office.held(), device.readings());
    let status = office.hub.ledger().status().unwrap();
    assert_eq!((status.forks, status.quarantined), (0, 0));
}

#[tokio::test]
async fn of_a_device_and_its_copy_one_goes_on_and_the_other_keeps_its_readings() {
    let folder = tempdir().unwrap();
    let (file, copied) = (folder.path().join("reader.db"), folder.path().join("copy.db"));
    let office = Office::open(&folder.path().join("hub.db")).await;
    office.prepare("14", 4);
    let device = Device::enrolled(&office, &file).await;
    device.read("14", 1);
    device.agree(&office).await;
    drop(device);
    copy(&file, &copied);
    let (device, twin) = (Device::open(&file), Device::open(&copied));

    device.read("14", 2);
    device.agree(&office).await;
    let alone = twin.read("14", 3);
    check_refused(&twin, &office, alone).await;
    // Also when the other is ahead, and when it asks again.
    device.read("14", 4);
    device.agree(&office).await;
    check_refused(&twin, &office, alone).await;
    assert_eq!(office.held(), device.readings());
    assert!(office.hub.ledger().status().unwrap().forks > 0, "the office is not told");
}

#[tokio::test]
async fn a_device_set_back_to_an_old_backup_is_told_so() {
    let folder = tempdir().unwrap();
    let (file, backup) = (folder.path().join("reader.db"), folder.path().join("backup.db"));
    let office = Office::open(&folder.path().join("hub.db")).await;
    office.prepare("14", 4);
    drop(Device::enrolled(&office, &file).await);
    copy(&file, &backup);
    let device = Device::open(&file);
    device.read("14", 1);
    device.read("14", 2);
    device.agree(&office).await;
    let held = office.held();
    drop(device);

    let set_back = Device::open(&backup);
    let anew = set_back.read("14", 3);
    check_refused(&set_back, &office, anew).await;
    assert_eq!(office.held(), held);
}

/// The hub says that it holds another history, and the reading stays on the device.
async fn check_refused(device: &Device, office: &Office, kept: ReadingId) {
    let (readings, waiting) = (device.readings(), device.waiting());
    for _ in 0..2 {
        assert_eq!(device.sync(&office.http()).await.outcome, Outcome::Refused(Reason::Forked));
    }
    assert_eq!((device.readings(), device.waiting()), (readings, waiting));
    assert!(device.store().reading(kept).unwrap().is_some_and(|recorded| !recorded.held_by_hub));
    assert!(!office.held().contains(&kept) || waiting > 0);
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
