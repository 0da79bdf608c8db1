//! What a device leaves as a file comes home by hand: real programs, a hub out of reach, a device that is gone.

use std::{
    collections::HashMap,
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
};

use lamplighter_core::{
    evidence::{envelope::RecoverySecret, seal::SecretKey},
    id::{DeviceId, ReadingId},
    store::Recovery,
};
use lamplighter_hub::ledger::Ledger as _;
use lamplighter_sync::{
    exchange::{Reply, Request},
    export,
    session::Outcome,
    signed,
    wire::{HelloReply, Signed},
};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::{
    liar::{answer, between, body},
    office::{Device, NOW, Office, http},
    process::{Ended, Running, program, run},
};

/// Readings that are saved after the hub is gone.
const ALONE: usize = 3;

#[test]
fn a_day_without_a_hub_comes_home_from_a_device_that_is_wiped() {
    let desk = Desk::open();
    desk.ask(["recovery-key", "new", &desk.path("office.key")]).well();
    let mut hub = desk.hub();
    let mut shift = desk.shift();
    let mut said = saved(&shift, 1);
    hub.kill();
    said.extend(saved(&shift, ALONE));
    shift.kill();
    // Its street writes into the folder that is to go.
    shift.wait_for_children();

    let file = desk.path("day.parcel");
    let home = desk.path("kept");
    let left = run("lamplighter", ["leave", &file, "--json", "--home", &home]).well().json();
    assert!(left["events"].as_u64().unwrap() >= ALONE as u64, "{left}");
    let shown = desk.ask(["recovery-key", "show", "--json"]).well().json();
    assert_eq!(left["recovery_key"], shown["present"]["fingerprint"]);
    run("lamplighter", ["leave", &file, "--home", &home]).failed_saying("already");
    // Gone with all that was on it, but for the file.
    fs::remove_dir_all(&home).unwrap();
    let bytes = fs::read(&file).unwrap();
    assert_eq!(left["bytes"], bytes.len());

    for at in (0..bytes.len()).step_by(bytes.len() / 12) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x04;
        desk.refuses(&changed, "the file");
        desk.refuses(&bytes[..at], "the file");
    }
    let other = Desk::open();
    other.ask(["recovery-key", "new", &other.path("office.key")]).well();
    let wrong = desk.ask(["bring", &file, "--key", &other.path("office.key")]);
    wrong.failed_saying("is for the recovery key");
    // That office knows neither the device nor its key.
    other.ask(["bring", &file, "--key", &desk.path("office.key")]).failed_saying("is not known to this hub");

    let brought = desk.bring(&file);
    assert_eq!((&brought["name"], &brought["held_back"]), (&"Walker".into(), &false.into()));
    assert_eq!(brought["sha256"], left["sha256"]);
    let (new, known) = (brought["new"].as_u64().unwrap(), brought["known"].as_u64().unwrap());
    assert!(new >= ALONE as u64 && new + known == left["events"].as_u64().unwrap(), "{brought}");
    let again = desk.bring(&file);
    assert_eq!((&again["new"], again["known"].as_u64().unwrap()), (&0.into(), new + known));
    let held = desk.held();
    for id in said {
        assert_eq!(held.get(&id), Some(&1), "{id} was said to be saved");
    }
    assert!(held.values().all(|times| *times == 1), "{held:?}");
}

#[tokio::test]
async fn a_device_hears_by_its_next_sync_that_what_it_left_was_brought() {
    let folder = tempdir().unwrap();
    let (ledger, home) = (folder.path().join("hub.db"), folder.path().join("home"));
    fs::create_dir(&home).unwrap();
    let office = Office::open(&ledger).await;
    office.prepare("14", 4).await;
    let device = Device::enrolled(&office, &home.join("reader.db")).await;
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (home, file, key) = (home.display().to_string(), path("day.parcel"), path("office.key"));
    let leave = || run("lamplighter", ["leave", &file, "--home", &home]);
    device.read("14", 1);
    leave().failed_saying("no recovery key");
    ask(&ledger, ["recovery-key", "new", &key]).well();
    device.agree(&office).await;
    leave().failed_saying("Nothing waits on this device");

    device.read("14", 2);
    device.read("14", 3);
    let said = leave().well().out;
    assert!(said.contains("2 events for recovery key ") && said.contains("\nSHA-256 "), "{said}");
    assert_eq!(device.standing().waiting, 2, "a file is no receipt");
    let brought = ask(&ledger, ["bring", &file, "--key", &key]).well().out;
    assert!(brought.contains("2 new, 0 known already"), "{brought}");
    assert_eq!(device.standing().waiting, 2, "nobody has told the device yet");
    device.agree(&office).await;
    let brought = ask(&ledger, ["bring", &file, "--key", &key]).well().out;
    assert!(brought.contains("0 new, 2 known already"), "{brought}");
    assert_eq!(office.held().await, device.readings());
    office.close().await;
}

#[tokio::test]
async fn what_was_left_under_an_earlier_recovery_key_opens_with_that_one() {
    let folder = tempdir().unwrap();
    let (ledger, home) = (folder.path().join("hub.db"), folder.path().join("home"));
    fs::create_dir(&home).unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let office = Office::open(&ledger).await;
    office.prepare("14", 3).await;
    ask(&ledger, ["recovery-key", "new", &path("first.key")]).well();
    let device = Device::enrolled(&office, &home.join("reader.db")).await;
    let home = home.display().to_string();
    let leave = |name: &str| run("lamplighter", ["leave", &path(name), "--home", &home]).well();
    let bring = |file: &str, key: &str| ask(&ledger, ["bring", &path(file), "--key", &path(key), "--json"]);
    device.read("14", 1);
    leave("one.parcel");
    ask(&ledger, ["recovery-key", "new", &path("second.key"), "--replace"]).well();
    bring("one.parcel", "second.key").failed_saying("is for the recovery key");
    assert_eq!(bring("one.parcel", "first.key").well().json()["new"], 1);
    device.agree(&office).await;

    // The office locks the device out before what it left arrives.
    device.read("14", 2);
    leave("two.parcel");
    ask(&ledger, ["revoke", "Mara"]).well();
    let brought = bring("two.parcel", "second.key").well().json();
    assert_eq!((&brought["new"], &brought["held_back"]), (&1.into(), &true.into()));
    assert!(ask(&ledger, ["release", "Mara"]).well().out.starts_with("1 event"));
    assert_eq!(office.held().await, device.readings());
    office.close().await;
}

#[tokio::test]
async fn a_recovery_key_that_is_not_the_hub_s_is_not_taken() {
    let folder = tempdir().unwrap();
    let office = Office::open(&folder.path().join("hub.db")).await;
    office.prepare("14", 2).await;
    let device = Device::enrolled(&office, &folder.path().join("reader.db")).await;
    let log = device.store().identity().unwrap().unwrap().log;
    let told = Recovery { key: RecoverySecret::new([1; 32]).public(), since: NOW };
    let somebody = SecretKey::new([6; 32]);
    let other = DeviceId::new([9; 16]);
    let own = office.hub.ledger().key().clone();
    for signed in [signed::recovery(&somebody, log.device, told), signed::recovery(&own, other, told)] {
        let proxy = between(Some(office.address), move |path, real| {
            let reply = Request::Hello(Signed::default()).reply(body(&real));
            let Ok(Reply::Hello(hello)) = reply else { return real };
            assert_eq!(path, "/v1/hello");
            let hello = HelloReply { recovery: Some(signed.clone()), ..hello };
            answer("application/x-protobuf", &Reply::Hello(hello).to_bytes())
        });
        let synced = device.sync(&http(proxy.await)).await;
        assert_eq!(synced.outcome, Outcome::Unreachable);
        assert_eq!(device.standing().recovery, None);
    }
    office.close().await;
}

fn ask<const N: usize>(ledger: &Path, words: [&str; N]) -> Ended {
    let mut command = Command::new(program("lamplighter-hub"));
    Running::start(command.arg("--ledger").arg(ledger).args(words)).end()
}

/// The names of the next so many readings that the app says are saved.
#[track_caller]
fn saved(shift: &Running, count: usize) -> Vec<ReadingId> {
    let mut said = Vec::new();
    while said.len() < count {
        let line = shift.line().unwrap_or_else(|| panic!("no step: {}", shift.wait_for_children()));
        let step: Value = serde_json::from_str(&line).unwrap();
        said.extend(step["saved"].as_str().map(|id| id.parse::<ReadingId>().unwrap()));
    }
    said
}

/// An office with a round for one reader, at an address that stays.
struct Desk {
    folder: TempDir,
    address: String,
    code: String,
}

impl Desk {
    fn open() -> Self {
        let folder = tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let mut desk = Self { folder, address, code: String::new() };
        let round = desk.path("round.csv");
        run("lamplighter-street", ["town", "--stops", "12", "--seed", "5", "--out", &round]).well();
        let enrolled = desk.ask(["enrol", "Walker", "--json"]).well().json();
        desk.code = enrolled["code"].as_str().unwrap().into();
        desk.ask(["import", &round, "--for", "Walker"]).well();
        desk
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn ledger(&self) -> PathBuf {
        self.folder.path().join("hub.db")
    }

    fn ask<const N: usize>(&self, words: [&str; N]) -> Ended {
        ask(&self.ledger(), words)
    }

    /// Ready for devices when this returns.
    #[track_caller]
    fn hub(&self) -> Running {
        let mut command = Command::new(program("lamplighter-hub"));
        command.arg("--ledger").arg(self.ledger()).args(["serve", "--until-stdin-closes", "--listen"]);
        let hub = Running::start(command.arg(&self.address));
        assert_eq!(hub.line(), Some(format!("listening on http://{}", self.address)));
        hub
    }

    fn shift(&self) -> Running {
        let mut command = Command::new(program("lamplighter"));
        command.args(["shift", "--demo", "--follow", "--json", "--pace", "0", "--speed", "5000"]);
        command.args(["--seed", "5", "--stops", "12", "--vices", "none", "--code", &self.code]);
        command.arg("--hub").arg(format!("http://{}", self.address));
        Running::start(command.arg("--keep").arg(self.path("kept")))
    }

    #[track_caller]
    fn bring(&self, file: &str) -> Value {
        self.ask(["bring", file, "--key", &self.path("office.key"), "--json"]).well().json()
    }

    /// Nothing of such a file is taken in.
    #[track_caller]
    fn refuses(&self, bytes: &[u8], words: &str) {
        let before = self.held();
        fs::write(self.path("bad.parcel"), bytes).unwrap();
        let (file, key) = (self.path("bad.parcel"), self.path("office.key"));
        self.ask(["bring", &file, "--key", &key]).failed_saying(words);
        assert_eq!(self.held(), before);
    }

    /// How often each reading is in the export, which proves itself.
    #[track_caller]
    fn held(&self) -> HashMap<ReadingId, usize> {
        let path = self.path("export.csv");
        self.ask(["export", &path]).well();
        let verified = export::verify(&fs::read(path).unwrap(), None).unwrap();
        let mut held = HashMap::new();
        verified.reading_ids.into_iter().for_each(|id| *held.entry(id).or_default() += 1);
        held
    }
}
