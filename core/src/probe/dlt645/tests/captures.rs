//! Captures of real meters, which are not ours to ship: compared where they are at hand, skipped elsewhere.

use std::{env, fs, path::PathBuf};

use serde_json::Value as Json;

use crate::probe::dlt645::{Decoded, Edition, decode};

#[test]
fn every_frame_of_real_captures_is_understood() {
    let Some(folder) = folder() else {
        return println!("skipped: no captures at hand (LAMPLIGHTER_DATA names their folder)");
    };
    let (mut frames, mut answers, mut values) = (0, 0, 0);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files {
        let json: Json = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        for case in json.as_array().unwrap() {
            frames += 1;
            let bytes = hex(case["frame"].as_str().unwrap());
            let decoded = decode(&bytes);
            let control = u8::from_str_radix(case["ctrl"].as_str().unwrap(), 16).unwrap();
            if control & 0x80 == 0 {
                assert_eq!(decoded, [], "a question is no answer: {case}");
                continue;
            }
            let [decoded] = decoded.as_slice() else { panic!("{case}: {decoded:?}") };
            answers += 1;
            values += check(case, decoded);
        }
    }
    println!("{frames} frames, {answers} answers, {values} values compared");
    assert!(frames > 0 && values > 0);
}

/// All frames of a file as one stream, with junk between them.
#[test]
fn captured_frames_are_found_in_a_stream() {
    let Some(folder) = folder() else { return println!("skipped: no captures at hand") };
    let (mut stream, mut answers) = (Vec::new(), 0);
    for entry in fs::read_dir(folder).unwrap() {
        let json: Json = serde_json::from_str(&fs::read_to_string(entry.unwrap().path()).unwrap()).unwrap();
        for case in json.as_array().unwrap() {
            stream.extend([0x68, 0x00, 0x16]);
            stream.extend(hex(case["frame"].as_str().unwrap()));
            let control = case["ctrl"].as_str().unwrap();
            answers += usize::from(u8::from_str_radix(control, 16).unwrap() & 0x80 != 0);
        }
    }
    let decoded = decode(&stream);
    let found: usize = decoded.iter().map(|meter| meter.frames).sum();
    println!("{found} answers of {} meters in one stream", decoded.len());
    assert_eq!(found, answers);
}

/// Compares with what the capture is said to mean; tells how many values that were.
#[track_caller]
fn check(case: &Json, decoded: &Decoded) -> usize {
    let meaning = case["meaning"].as_str().unwrap();
    assert_eq!(decoded.address.to_string(), case["addr"].as_str().unwrap(), "{case}");
    let edition = if case["ctrl"].as_str().unwrap().starts_with(['8', 'A', 'C']) {
        Edition::Y1997
    } else {
        Edition::Y2007
    };
    assert_eq!(decoded.edition, edition, "{case}");
    let data = hex(case["data"].as_str().unwrap_or_default());
    if let Some(error) = meaning.strip_prefix("error ") {
        let error = u8::from_str_radix(&error[..2], 16).unwrap();
        assert_eq!((decoded.refusals.as_slice(), decoded.registers.len()), ([error].as_slice(), 0), "{case}");
        return 1;
    }
    if let Some(address) = meaning.strip_prefix("address ") {
        assert_eq!(decoded.told.unwrap().to_string(), address, "{case}");
        return 1;
    }
    assert_eq!(decoded.unknown, [], "{case}");
    let found: Vec<String> = decoded.registers.iter().map(|datum| datum.value.to_string()).collect();
    // Numbers that stand in the meaning, apart from names of registers; the first one's unit is behind it.
    let words: Vec<&str> = meaning.split([' ', ',']).collect();
    let is_number = |word: &&&str| -> bool { word.parse::<f64>().is_ok() && word.len() < 8 };
    let numbers: Vec<&str> = words.iter().filter(is_number).copied().collect();
    if numbers.is_empty() {
        return check_digits(case, decoded, &data, &found);
    }
    let plain = |text: &str| text.parse::<crate::decimal::Decimal>().unwrap();
    let (found, numbers): (Vec<_>, Vec<_>) =
        (found.iter().map(|text| plain(text)).collect(), numbers.iter().map(|text| plain(text)).collect());
    assert_eq!(found, numbers, "{case}");
    let unit = words.iter().skip_while(|word| !is_number(word)).nth(1).copied();
    let found = decoded.registers.iter().map(|datum| datum.unit.as_ref().map(ToString::to_string));
    assert!(found.into_iter().all(|found| found.as_deref() == unit), "{case}");
    numbers.len()
}

/// Where the meaning has no number: the digits of the value are those of the line, the lowest byte first; or
/// there is none, because a digit is above nine.
#[track_caller]
fn check_digits(case: &Json, decoded: &Decoded, data: &[u8], found: &[String]) -> usize {
    let digits: String = data.iter().rev().map(|byte| format!("{byte:02X}")).collect();
    if digits.bytes().any(|digit| digit.is_ascii_alphabetic()) {
        assert_eq!(decoded.registers, [], "{case}");
        return 1;
    }
    let [found] = found else { panic!("{case}: {found:?}") };
    let found: String = found.chars().filter(char::is_ascii_digit).collect();
    let meant = if case["meaning"].as_str().unwrap().ends_with("date") { &digits[..6] } else { &digits };
    assert_eq!(found.trim_start_matches('0'), meant.trim_start_matches('0'), "{case}");
    1
}

fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.chars().filter(|letter| letter.is_ascii_hexdigit()).collect();
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn folder() -> Option<PathBuf> {
    let root = env::var_os("LAMPLIGHTER_DATA")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data").into(), PathBuf::from);
    Some(root.join("meters/dlt645")).filter(|folder| folder.is_dir())
}
