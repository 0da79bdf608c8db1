//! Captured dumps of real meters, which are not ours to ship: decoded where they are at hand and compared value by
//! value, skipped elsewhere.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value as Json;

use super::captures::folder;
use crate::{
    decimal::Decimal,
    obis::Obis,
    probe::{
        decode::{Telegram, decode},
        readout::{Datum, Integrity, Value},
        way::Family,
    },
    quantity::Unit,
};

/// Dumps of SML whose decoder of reference was wrong, and how.
const SML_DIFFERENCES: [(&str, &str); 2] = [
    // One of the meters whose power has a sign by mistake.
    ("DZG_DVS-7412.2_jmberg.bin", "1-0:16.7.0*255: 356.24 instead of -299.12"),
    // It stumbled over a register without a value, and gave up all telegrams; their checksums are right.
    ("EMH_eHZ-IW8E2A5L0EK2P_with_error.bin", "11 telegrams instead of 0"),
];

/// Text dumps that must not be believed though they look well.
const REFUSED: [(&str, &str); 4] = [
    ("lvzon_p1-example-5.0.txt", "its publisher changed numbers and left the checksum"),
    (
        "smartmeter-obis_SerialRequestResponseD0.bin",
        "its publisher changed numbers and left the check character",
    ),
    ("smartmeter-obis_SerialResponseD0DSMR.bin", "its publisher changed numbers and left the checksum"),
    ("vzlogger_ACE3000_basic.bin", "its last line ends in junk, and the check character is wrong"),
];

#[test]
fn every_value_of_captured_sml_is_decoded() {
    let Some(folder) = folder() else { return println!("skipped: no captures at hand") };
    let (mut files, mut telegrams, mut values, mut differences) = (0, 0, 0, Vec::new());
    for case in cases(&folder, "sml/") {
        let name = case["file"].as_str().unwrap();
        let found = decode(&fs::read(folder.join(name)).unwrap(), None);
        let name = name.trim_start_matches("sml/");
        assert!(found.iter().all(|telegram| telegram.family == Family::Sml), "{name}");
        assert!(found.iter().all(|telegram| telegram.readout.integrity == Integrity::Checked), "{name}");
        assert!(found.iter().all(|telegram| telegram.readout.serial.is_some()), "{name}");
        let good = usize::try_from(case["frames_good"].as_u64().unwrap()).unwrap();
        if found.len() != good {
            differences.push((name.to_owned(), format!("{} telegrams instead of {good}", found.len())));
        }
        for (expected, found) in
            [(&case["expected_first"], found.first()), (&case["expected_last"], found.last())]
        {
            let Some(expected) = expected.as_object() else { continue };
            let registers: BTreeMap<String, &Datum> = found
                .unwrap()
                .readout
                .registers
                .iter()
                .map(|datum| (datum.obis.to_string(), datum))
                .collect();
            assert_eq!(registers.len(), expected.len(), "{name}");
            for (obis, expected) in expected {
                differences
                    .extend(sml_difference(registers[obis], expected).map(|text| (name.to_owned(), text)));
                values += 1;
            }
        }
        files += 1;
        telegrams += found.len();
    }
    println!("sml: compared {values} values; {telegrams} telegrams of {files} dumps; {differences:?}");
    let known: Vec<(String, String)> =
        SML_DIFFERENCES.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
    assert_eq!(differences, known);
    assert_eq!((files, telegrams, values), (20, 101, 207));
}

fn sml_difference(datum: &Datum, expected: &Json) -> Option<String> {
    let unit = expected["unit"].as_u64().and_then(|code| Unit::of_code(code.try_into().unwrap()));
    assert_eq!(datum.unit, unit, "{}", datum.obis);
    match (&datum.value, &expected["raw"]) {
        (Value::Number(found), Json::Number(raw)) => {
            let scaler = expected["scaler"].as_i64().unwrap_or(0).try_into().unwrap();
            let expected = Decimal::of_power(raw.as_i64().unwrap(), scaler).unwrap();
            (*found != expected).then(|| format!("{}: {found} instead of {expected}", datum.obis))
        }
        (Value::Text(found), Json::String(raw)) => {
            let hex: String = found.bytes().map(|byte| format!("{byte:02x}")).collect();
            let same = found == raw || found.eq_ignore_ascii_case(raw) || hex == *raw;
            (!same).then(|| format!("{}: {found} instead of {raw}", datum.obis))
        }
        (found, raw) => Some(format!("{}: {found} instead of {raw}", datum.obis)),
    }
}

#[test]
fn every_value_of_captured_text_is_decoded() {
    let Some(folder) = folder() else { return println!("skipped: no captures at hand") };
    let mut tally = BTreeMap::<&str, (usize, usize)>::new();
    let mut refused = Vec::new();
    for kind in ["dsmr/", "iec62056-21/"] {
        for case in cases(&folder, kind) {
            let name = case["file"].as_str().unwrap();
            if name.contains("/ident_") {
                continue;
            }
            let dump = fs::read(folder.join(name)).unwrap();
            let found = believed(&dump, name);
            let name = name.trim_start_matches(kind);
            let Some(Telegram { readout, .. }) = found.first() else {
                refused.push(name.to_owned());
                continue;
            };
            let by_name: BTreeMap<Obis, &Datum> =
                readout.registers.iter().map(|datum| (datum.obis, datum)).collect();
            let (files, values) = tally.entry(kind).or_default();
            *files += 1;
            for (address, expected) in case["expected"].as_object().unwrap() {
                let Ok(obis) = address.parse::<Obis>() else { panic!("{name}: {address}") };
                let datum = by_name.get(&obis).unwrap_or_else(|| panic!("{name}: {address} is missing"));
                check_text(&format!("{name}: {address}"), datum, expected);
                *values += 1;
            }
        }
    }
    println!("compared files and values {tally:?}; refused {refused:?}");
    assert_eq!(refused, REFUSED.map(|(name, _)| name));
    assert_eq!(tally, BTreeMap::from([("dsmr/", (10, 261)), ("iec62056-21/", (2, 31))]));
}

/// What is believed of a dump; where it has no checksum, of the same sent twice.
fn believed(dump: &[u8], name: &str) -> Vec<Telegram> {
    let once = decode(dump, None);
    let checked = once.iter().all(|telegram| telegram.readout.integrity == Integrity::Checked);
    assert!(checked, "{name}");
    if !once.is_empty() {
        return once;
    }
    let twice = decode(&dump.repeat(2), Some(Family::Iec62056));
    assert!(twice.iter().all(|telegram| telegram.readout.integrity == Integrity::ReadTwice), "{name}");
    twice
}

/// The number and its unit, or all that stands in brackets.
#[track_caller]
fn check_text(case: &str, datum: &Datum, expected: &Json) {
    let fields: Vec<&Json> =
        expected.as_array().map_or_else(|| vec![expected], |fields| fields.iter().collect());
    let value = |field: &Json| field["value"].as_str().or(field.as_str()).unwrap().trim().to_owned();
    match &datum.value {
        Value::Number(number) => {
            // The first field is the value, or it is a stamp and the last one is.
            let field = if fields.len() > 1 { fields[fields.len() - 1] } else { fields[0] };
            assert_eq!(Ok(*number), value(field).parse(), "{case}");
            let unit = field["unit"].as_str().filter(|unit| !unit.is_empty());
            assert_eq!(datum.unit.as_ref().map(Unit::as_str), unit, "{case}");
            assert!(fields.len() == 1 || datum.at.is_some(), "{case}");
        }
        Value::Text(text) => {
            let expected: Vec<String> = fields.into_iter().map(value).collect();
            // The manifest knows no values that go on in the next line.
            assert!(text.starts_with(&expected.join(";")), "{case}: {text}");
        }
    }
}

fn cases(folder: &Path, kind: &str) -> Vec<Json> {
    let manifest = fs::read_to_string(folder.join("MANIFEST.json")).unwrap();
    let mut manifest: Json = serde_json::from_str(&manifest).unwrap();
    let mut cases: Vec<Json> = manifest["files"].as_array_mut().unwrap().drain(..).collect();
    cases.retain(|case| case["file"].as_str().unwrap().starts_with(kind));
    cases
}
