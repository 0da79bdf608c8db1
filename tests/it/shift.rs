//! Whole shifts of the real program: what it said, what the device holds, what the hub holds and what hangs in
//! the street are one and the same.

use std::{fs, path::Path, thread};

use lamplighter_core::{decimal::Decimal, id::ReadingId, round::Outcome, store::Store};
use lamplighter_sync::export;
use serde_json::Value;
use tempfile::tempdir;

use crate::{
    export_file::{Spelt, readings},
    process::{Ended, nobody_is_left, run},
};

#[test]
fn every_shift_ends_with_exactly_its_readings_at_the_hub() {
    thread::scope(|scope| {
        scope.spawn(|| check(12, 7, "mild"));
        scope.spawn(|| check(12, 3, "all"));
        scope.spawn(|| check(40, 1, "mild"));
    });
}

#[test]
fn what_is_not_asked_for_is_not_kept() {
    let folder = tempdir().unwrap();
    let export = folder.path().join("export.csv");
    // A folder for temporary files of its own shows what the shift leaves there.
    let temporary = folder.path().join("temporary");
    fs::create_dir(&temporary).unwrap();
    let mut command = std::process::Command::new(crate::process::program("lamplighter"));
    command
        .env("TMPDIR", &temporary)
        .args(["shift", "--demo", "--stops", "2", "--json", "--export"])
        .arg(&export);
    let ended = crate::process::Running::start(command.args(["--pace", "0", "--speed", "5000"])).end().well();
    assert_eq!(ended.json()["stops"], 2);
    assert!(export::verify(&fs::read(&export).unwrap(), None).is_ok());
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "the shift left files behind");
    nobody_is_left(folder.path());
}

#[track_caller]
fn check(stops: u64, seed: u64, vices: &str) {
    let folder = tempdir().unwrap();
    let (kept, export) = (folder.path().join("kept"), folder.path().join("export.csv"));
    let ended = walk(stops, seed, vices, &kept, &export);
    let tally = ended.well().json();
    check_tally(&tally, stops);
    nobody_is_left(folder.path());
    check_device(&kept, &export, &tally);
    check_truth(&kept.join("street/truth.json"), &readings(&fs::read(&export).unwrap()));
    let verified =
        run("lamplighter", ["verify".as_ref(), export.as_os_str(), "--json".as_ref()]).well().json();
    assert_eq!((&verified["verified"], &verified["readings"]), (&Value::Bool(true), &tally["saved"]));
}

fn walk(stops: u64, seed: u64, vices: &str, kept: &Path, export: &Path) -> Ended {
    let (stops, seed) = (stops.to_string(), seed.to_string());
    let day = ["--stops", &stops, "--seed", &seed, "--vices", vices, "--pace", "0", "--speed", "5000"];
    let mut words = ["shift", "--demo", "--json"].map(std::ffi::OsStr::new).to_vec();
    words.extend(day.map(std::ffi::OsStr::new));
    words.extend(["--keep".as_ref(), kept.as_os_str(), "--export".as_ref(), export.as_os_str()]);
    run("lamplighter", words)
}

#[track_caller]
fn check_tally(tally: &Value, stops: u64) {
    let number = |name: &str| tally[name].as_u64().unwrap_or_else(|| panic!("{name}: {tally}"));
    assert_eq!(number("stops"), stops, "{tally}");
    assert_eq!(number("read") + number("skipped"), stops, "{tally}");
    assert_eq!((number("lost"), number("doubled")), (0, 0), "{tally}");
    assert!(number("saved") == number("held_by_hub") && number("saved") >= number("read"), "{tally}");
    assert!(number("flagged") <= number("read") && number("ms") > 0, "{tally}");
    assert!(tally["walk_m"].as_f64().unwrap() > 0.0, "{tally}");
}

/// The device and the hub hold the same; no stop was forgotten.
#[track_caller]
fn check_device(kept: &Path, export: &Path, tally: &Value) {
    let opened = Store::open(&kept.join("reader.db")).unwrap();
    assert_eq!(opened.set_aside, None);
    let store = opened.store;
    let shift = store.shift().unwrap().unwrap();
    let stops = store.stops(shift.round.id).unwrap();
    let forgotten: Vec<_> = stops.iter().filter(|stop| stop.outcome == Outcome::ToDo).collect();
    assert!(forgotten.is_empty() && shift.ended_at.is_some(), "{forgotten:#?}");
    let skipped = stops.iter().filter(|stop| matches!(stop.outcome, Outcome::Skipped { .. })).count();
    assert_eq!(tally["skipped"], skipped);
    let hub_key = store.identity().unwrap().unwrap().hub_key;
    let verified = export::verify(&fs::read(export).unwrap(), Some(hub_key)).unwrap();
    assert_eq!(sorted(verified.reading_ids), sorted(store.reading_ids().unwrap()));
    assert_eq!(store.waiting_readings().unwrap(), 0);
}

/// Every value is the one that hangs in the street.
#[track_caller]
fn check_truth(truth: &Path, readings: &[Spelt]) {
    let truth: Value = serde_json::from_slice(&fs::read(truth).unwrap()).unwrap();
    let stops = truth["stops"].as_array().unwrap();
    for reading in readings {
        // Neighbours' meters may be swapped: the number on the plate says which one was read. A meter that was
        // exchanged has a number that nobody planned, and was read where it hangs.
        let meter = stops
            .iter()
            .find(|stop| stop["serial_found"] == reading.serial.as_str())
            .or_else(|| stops.iter().find(|stop| stop["stop"] == reading.stop))
            .unwrap();
        let registers = meter["registers"].as_object().unwrap();
        assert_eq!(reading.values.len(), registers.len(), "{reading:?}, truly {meter}");
        for (obis, value) in &reading.values {
            let shown: Decimal = registers[obis].as_str().unwrap().parse().unwrap();
            assert_eq!(
                (*value, value.scale()),
                (shown, shown.scale()),
                "{obis} of {reading:?}, truly {meter}"
            );
        }
    }
}

fn sorted(mut ids: Vec<ReadingId>) -> Vec<ReadingId> {
    ids.sort_unstable();
    ids
}
