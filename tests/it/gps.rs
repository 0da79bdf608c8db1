//! `lamplighter gps` on recorded logs.

use std::path::{Path, PathBuf};

use lamplighter_street::{Street, StreetSettings, Town, day::Day};
use serde_json::Value;

use crate::process::run;

#[test]
fn a_walk_is_five_positions_with_their_accuracy() {
    let events = events("walk.nmea");
    assert_eq!(events.len(), 5, "{events:#?}");
    for fix in &events {
        assert!(near_helsinki(fix) && fix["accuracy_m"] == 5.0, "{fix}");
    }
}

#[test]
fn a_cold_start_tells_no_position_until_there_is_one() {
    let events = events("cold-start.nmea");
    let first = events.iter().position(near_helsinki).unwrap();
    assert!(events[..first].iter().all(|event| event["fix"] == false), "{events:#?}");
    assert_eq!(events.iter().filter(|event| near_helsinki(event)).count(), 3, "{events:#?}");
    assert_eq!(events.last().unwrap()["fix"], false, "the last position is void: {events:#?}");
}

#[test]
fn midnight_turns_the_date() {
    let times: Vec<String> =
        events("midnight.nmea").iter().map(|fix| fix["time"].as_str().unwrap().into()).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_ne!(times[0].split('T').next(), times.last().unwrap().split('T').next(), "{times:?}");
}

#[test]
fn a_live_receiver_is_heard_until_enough_positions_have_come() {
    let town = Town::generate(1, 2, Day::new(2026, 11, 23).unwrap()).unwrap();
    let (street, _replies) = Street::open(town.into(), StreetSettings::default()).unwrap();
    let port = street.gnss().display().to_string();
    let ended = run("lamplighter", ["gps", "--port", &port, "--count", "2", "--json"]).well();
    let fixes = ended.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    assert_eq!(fixes.filter(near_helsinki).count(), 2, "{ended:?}");
}

fn events(log: &str) -> Vec<Value> {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/nmea").join(log);
    let ended = run("lamplighter", ["gps".as_ref(), path.as_os_str(), "--json".as_ref()]).well();
    ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn near_helsinki(event: &Value) -> bool {
    let near = |name: &str, degrees: f64| event[name].as_f64().is_some_and(|at| (at - degrees).abs() < 0.1);
    near("lat", 60.17) && near("lon", 24.94)
}
