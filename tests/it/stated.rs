//! What the manifest of the captures says that is in them, in the form in which decoders of others answer.

use std::{fs, path::Path};

use lamplighter_core::{decimal::Decimal, quantity::Unit};
use serde_json::{Map, Value, json};

/// For each file the registers of its first telegram, and where they are known, of its last one.
pub(crate) fn of(folder: &Path) -> Vec<(String, Vec<Value>)> {
    let manifest = fs::read_to_string(folder.join("MANIFEST.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    let files = manifest["files"].as_array().unwrap().iter();
    files.filter_map(|file| Some((file["file"].as_str()?.to_owned(), telegrams(file)?))).collect()
}

fn telegrams(file: &Value) -> Option<Vec<Value>> {
    let name = file["file"].as_str()?;
    if name.starts_with("sml/") {
        let some = ["expected_first", "expected_last"].map(|key| file[key].as_object().map(of_sml));
        return Some(some.into_iter().flatten().collect());
    }
    let is_list = name.starts_with("dsmr/") || name.starts_with("iec62056-21/") && !name.contains("/ident_");
    let expected = file["expected"].as_object().filter(|_| is_list)?;
    // A name with a number sign is of a telegram behind the first.
    let registers = expected.iter().filter(|(code, _)| !code.contains('#'));
    Some(vec![registers.map(|(code, fields)| of_text(code, fields)).collect()])
}

/// A number as it was sent, with its power of ten, and the code of its unit.
fn of_sml(registers: &Map<String, Value>) -> Value {
    let register = |(code, sent): (&String, &Value)| {
        let scaler = sent["scaler"].as_i64().unwrap_or(0).try_into().unwrap();
        let value = match &sent["raw"] {
            Value::Number(raw) => {
                json!(Decimal::of_power(raw.as_i64().unwrap(), scaler).unwrap().to_string())
            }
            raw @ (Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) => {
                raw.clone()
            }
        };
        let unit = sent["unit"].as_u64().and_then(|code| Unit::of_code(code.try_into().unwrap()));
        json!({ "obis": code, "value": value, "unit": unit.as_ref().map(Unit::as_str) })
    };
    registers.iter().map(register).collect()
}

/// The first field, or the value behind a moment; all of them where they are more.
fn of_text(code: &str, fields: &Value) -> Value {
    let value = |field: &Value| field["value"].as_str().or(field.as_str()).unwrap().trim().to_owned();
    let one = |field: &Value| json!({ "obis": code, "value": value(field), "unit": field["unit"].as_str().filter(|unit| !unit.is_empty()) });
    match fields.as_array().map(Vec::as_slice) {
        None => one(fields),
        Some([moment, measured]) if is_moment(&value(moment)) => one(measured),
        Some(fields) => {
            let all: Vec<String> = fields.iter().map(value).collect();
            json!({ "obis": code, "value": all.join(";"), "unit": null })
        }
    }
}

fn is_moment(text: &str) -> bool {
    let digits = text.trim_end_matches(['S', 'W']);
    digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_digit())
}
