//! Captures of real meters, which are not ours to ship: compared where they are at hand, skipped elsewhere.

use std::{collections::BTreeMap, env, fs, path::PathBuf};

use serde_json::Value as Json;

use crate::{
    obis::Obis,
    probe::{
        iec62056::dataset::{self, DataSet},
        readout::Value,
    },
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

fn folder() -> Option<PathBuf> {
    let root = env::var_os("LAMPLIGHTER_DATA")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data").into(), PathBuf::from);
    Some(root.join("meters")).filter(|folder| folder.join("MANIFEST.json").is_file())
}
