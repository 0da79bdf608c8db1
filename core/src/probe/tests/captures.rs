//! Captures of real meters, which are not ours to ship: compared where they are at hand, skipped elsewhere.

use std::{collections::BTreeMap, env, fs, path::PathBuf};

use serde_json::Value as Json;

use crate::{
    obis::Obis,
    probe::{
        error::ReadError,
        iec62056::{
            Config, Session,
            dataset::{self, DataSet},
        },
        port::{Input, Output},
        readout::{Integrity, Readout, Value},
    },
    time::Moment,
};

#[test]
fn every_register_of_real_captures_is_understood() {
    let Some(folder) = folder() else {
        return println!("skipped: no captures at hand (LAMPLIGHTER_DATA names their folder)");
    };
    let manifest: Json =
        serde_json::from_str(&fs::read_to_string(folder.join("MANIFEST.json")).unwrap()).unwrap();
    let (mut captures, mut registers) = (0, 0);
    for case in manifest["files"].as_array().unwrap() {
        let name = case["file"].as_str().unwrap();
        let (true, Some(expected)) = (has_list(name), case["expected"].as_object()) else { continue };
        let bytes: Vec<u8> =
            fs::read(folder.join(name)).unwrap().into_iter().map(|byte| byte & 0x7F).collect();
        let block = String::from_utf8(after_identification(&bytes).into()).unwrap();
        let sets: BTreeMap<&str, DataSet<'_>> =
            dataset::parse(&block).into_iter().map(|set| (set.address, set)).collect();
        // A name with `#2` is from a second telegram in the same file.
        for (address, fields) in expected.iter().filter(|(address, _)| !address.contains('#')) {
            let set = sets.get(address.as_str()).unwrap_or_else(|| panic!("{name}: {address} is missing"));
            check(name, set, fields);
            registers += 1;
        }
        captures += 1;
    }
    println!("compared {registers} registers of {captures} captures");
    assert!(captures > 0);
}

/// The whole session, not only the block: junk, echoes, line ends and missing checksums as captured.
#[test]
fn sessions_with_captured_meters_end_as_their_checksums_demand() {
    let Some(folder) = folder() else { return println!("skipped: no captures at hand") };
    let mut played = 0;
    for (name, expected) in [
        ("vzlogger_LandisGyr_basic.bin", Some((Integrity::ReadTwice, 8))),
        ("vzlogger_LuG_E350.bin", Some((Integrity::ReadTwice, 23))),
        // Its publisher changed the numbers and left the checksum.
        ("smartmeter-obis_SerialRequestResponseD0.bin", None),
    ] {
        let Ok(bytes) = fs::read(folder.join("iec62056-21").join(name)) else { continue };
        let found = play(&bytes).ok().map(|readout| (readout.integrity, readout.registers.len()));
        assert_eq!(found, expected, "{name}");
        played += 1;
    }
    println!("played {played} captured sessions");
}

/// Answers every request with what the capture has up to the identification, and every select with the rest.
fn play(capture: &[u8]) -> Result<Readout, ReadError> {
    let rest = after_identification(capture);
    let head = &capture[..capture.len() - rest.len() + 1];
    let (mut now, mut heard) = (Moment(0), Vec::new());
    let mut session = Session::start(now, Config::default());
    loop {
        match session.poll(now) {
            Output::Send(bytes) if bytes.len() > 1 && bytes[0] & 0x7F == b'/' => heard = head.to_vec(),
            Output::Send(bytes) if bytes.len() > 1 => heard = rest.to_vec(),
            Output::Send(_) | Output::Set(_) | Output::Progress(_) | Output::Part(_) | Output::Reserve(_) => {
            }
            Output::Done(readout) => return Ok(readout),
            Output::Wait(_) if !heard.is_empty() => {
                session.handle(now, Input::Bytes(&std::mem::take(&mut heard)))?
            }
            Output::Wait(until) => {
                now = until;
                session.handle(now, Input::Elapsed)?;
            }
        }
    }
}

#[track_caller]
fn check(name: &str, set: &DataSet<'_>, expected: &Json) {
    let expected: Vec<(String, Option<String>)> = expected
        .as_array()
        .map_or_else(|| vec![field(expected)], |fields| fields.iter().map(field).collect());
    let found: Vec<(String, Option<String>)> =
        set.fields.iter().map(|field| (field.value.into(), field.unit.map(Into::into))).collect();
    // The manifest knows no data that go on in the next line.
    assert_eq!(found.get(..expected.len()), Some(expected.as_slice()), "{name}: {}", set.address);
    let Ok(obis) = set.address.parse::<Obis>() else { return };
    let datum = crate::probe::iec62056::datum(set).unwrap();
    assert_eq!(datum.obis, obis);
    if let ([(value, Some(unit))], Value::Number(number)) = (expected.as_slice(), &datum.value) {
        assert_eq!(Ok(*number), value.parse(), "{name}: {}", set.address);
        assert!(datum.unit.unwrap().as_str().eq_ignore_ascii_case(unit));
    }
}

fn field(json: &Json) -> (String, Option<String>) {
    let text = |json: &Json| json.as_str().unwrap().to_owned();
    match json.get("value") {
        Some(value) => (text(value), Some(text(&json["unit"])).filter(|unit| !unit.is_empty())),
        None => (text(json), None),
    }
}

fn has_list(name: &str) -> bool {
    (name.starts_with("iec62056-21/") && !name.contains("ident_")) || name.starts_with("dsmr/")
}

/// All behind the line that begins with a slash and is no echo.
fn after_identification(bytes: &[u8]) -> &[u8] {
    let start = bytes.windows(2).position(|pair| pair[0] == b'/' && pair[1] != b'?').unwrap_or(0);
    let end = bytes[start..].iter().position(|&byte| byte == b'\n').unwrap_or(0);
    &bytes[start + end..]
}

pub(super) fn folder() -> Option<PathBuf> {
    let root = env::var_os("LAMPLIGHTER_DATA")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data").into(), PathBuf::from);
    Some(root.join("meters")).filter(|folder| folder.join("MANIFEST.json").is_file())
}
