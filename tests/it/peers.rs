//! `lamplighter read` against meters that nobody here wrote, at true line time and with the speed enforced: all that
//! they were given comes back, plain, through heads that echo, and through noise.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use lamplighter_core::decimal::Decimal;
use lamplighter_street::clock;
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::{judges::JudgeMeter, process::run};

/// Everything waits for a line most of the time.
const AT_ONCE: usize = 6;
const CLOCK: &str = "2026-11-23T10:00:0";
/// One bit in a thousand characters is turned, at places that follow from the seed.
const CONDITIONS: [(&str, &[&str]); 4] = [
    ("plain", &[]),
    ("echo", &["--echo", "whole"]),
    ("echo cut", &["--echo", "cut"]),
    ("noise", &["--noise", "0.001", "--seed", "7"]),
];

#[test]
fn meters_of_others_are_read_right() {
    let mut cases = VecDeque::new();
    for meter in meters() {
        for (condition, words) in CONDITIONS.into_iter().take(meter.conditions) {
            cases.push_back(Case { meter: meter.clone(), condition, words });
        }
    }
    let (cases, said) = (Mutex::new(cases), Mutex::new((Vec::new(), Vec::new())));
    let next = || cases.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = next() {
                    let outcome = case.check();
                    let (good, bad) = &mut *said.lock().unwrap();
                    match outcome {
                        Ok(words) => good.push(words),
                        Err(problem) => bad.push(problem),
                    }
                }
            });
        }
    });
    let (mut good, bad) = said.into_inner().unwrap();
    good.sort_unstable();
    println!("{}", good.join("\n"));
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

/// A meter of somebody, and what it was given.
#[derive(Clone)]
struct Given {
    name: &'static str,
    kind: &'static str,
    protocol: &'static str,
    truth: Value,
    /// What else is to be said to `read`.
    words: &'static [&'static str],
    /// So many of [`CONDITIONS`].
    conditions: usize,
}

fn meters() -> Vec<Given> {
    let dlms = json!({
        "meter": "44001122", "identity": "GRX judge", "clock": "2026-11-23T10:00:00",
        "registers": [
            { "obis": "1-0:1.8.0*255", "value": "12345.678", "unit": "Wh" },
            { "obis": "1-0:2.8.0*255", "value": "0.5", "unit": "Wh" },
            { "obis": "1-0:3.8.1*255", "value": "4000000001", "unit": "varh" },
            { "obis": "1-0:16.7.0*255", "value": "-351.2", "unit": "W" },
            { "obis": "1-0:32.7.0*255", "value": "230.1", "unit": "V" },
            { "obis": "1-0:14.7.0*255", "value": "49.98", "unit": "Hz" },
        ],
    });
    let mut locked = dlms.clone();
    locked["password"] = "12345678".into();
    let dlt645 = json!({
        "meter": "000123456789", "baud": 2400, "clock": "2026-11-23T10:00:00",
        "registers": [
            { "di": "00010000", "obis": "1-0:1.8.0*255", "value": "12345.67", "unit": "kWh" },
            { "di": "00010100", "obis": "1-0:1.8.1*255", "value": "1234.5", "unit": "kWh" },
            { "di": "00010200", "obis": "1-0:1.8.2*255", "value": "11000", "unit": "kWh" },
            { "di": "00010300", "obis": "1-0:1.8.3*255", "value": "99.99", "unit": "kWh" },
            { "di": "00010400", "obis": "1-0:1.8.4*255", "value": "11.18", "unit": "kWh" },
        ],
    });
    let iec = json!({
        "meter": "70001234", "identity": "LMPJUDGE1", "speed": "5", "clock": "2026-11-23T10:00:00",
        "registers": [
            { "name": "1-0:1.8.0", "obis": "1-0:1.8.0*255", "value": "012345.678", "unit": "kWh" },
            { "name": "1.8.1*01", "obis": "1-0:1.8.1*1", "value": "00087.5", "unit": "kWh" },
            { "name": "3.8.0", "obis": "1-0:3.8.0*255", "value": "00917.250", "unit": "kvarh" },
            { "name": "32.7", "obis": "1-0:32.7.0*255", "value": "230.1", "unit": "V" },
        ],
    });
    let c1218 = json!({
        "meter": "7712345678", "maker": "LMP", "model": "JUDGE", "clock": "2026-11-23T10:00:00",
        "registers": [
            { "tier": 0, "flow": 1, "obis": "1-0:1.8.0*255", "value": "12345.6789", "unit": "kWh" },
            { "tier": 0, "flow": 2, "obis": "1-0:2.8.0*255", "value": "77.25", "unit": "kWh" },
            { "tier": 1, "flow": 1, "obis": "1-0:1.8.1*255", "value": "10000.5", "unit": "kWh" },
            { "tier": 1, "flow": 2, "obis": "1-0:2.8.1*255", "value": "7.25", "unit": "kWh" },
        ],
    });
    let all = CONDITIONS.len();
    let given = |name, kind, protocol, truth: &Value, words, conditions| Given {
        name,
        kind,
        protocol,
        truth: truth.clone(),
        words,
        conditions,
    };
    vec![
        // It does not know blocks, so that all there may be is asked for one by one: that takes long.
        given("dlt645, all", "dlt645", "dlt645-2007", &dlt645, &[], 1),
        given("dlt645", "dlt645", "dlt645-2007", &dlt645, &["--quick"], all),
        given("c1218", "c1218", "c1218", &c1218, &[], all),
        given("dlms", "dlms", "dlms", &dlms, &[], all),
        given("dlms with a password", "dlms", "dlms", &locked, &["--password", "12345678"], all),
        given("iec", "iec", "iec62056-21/C", &iec, &[], all),
    ]
}

struct Case {
    meter: Given,
    condition: &'static str,
    words: &'static [&'static str],
}

impl Case {
    /// What was seen, or what is wrong.
    fn check(&self) -> Result<String, String> {
        let Given { name, kind, protocol, truth, words, .. } = &self.meter;
        let name = format!("{name}, {}", self.condition);
        let meter = JudgeMeter::start(kind, truth, self.words);
        let home = tempdir().unwrap();
        let home = home.path().display().to_string();
        let mut asked = vec!["read", "--json", "--protocol", "auto", "--home", &home, "--port", &meter.port];
        asked.extend_from_slice(words);
        let started = clock::now();
        let ended = run("lamplighter", asked);
        let took = started.elapsed();
        let complaint = meter.end();
        if ended.code != Some(0) || !complaint.is_empty() {
            return Err(format!("{name}: {ended:?}; the meter says {complaint:?}"));
        }
        let answer = ended.json();
        match problem(protocol, truth, &answer) {
            Some(problem) => Err(format!("{name}: {problem}\n{answer}")),
            None => Ok(told(&name, &answer, took)),
        }
    }
}

fn told(name: &str, answer: &Value, took: Duration) -> String {
    format!(
        "{name}: {} registers, {} ms in all, {} ms on the line, {} retries",
        answer["registers"].as_array().map_or(0, Vec::len),
        took.as_millis(),
        answer["line_ms"],
        answer["retries"],
    )
}

/// What is wrong with an answer, if anything.
fn problem(protocol: &str, truth: &Value, answer: &Value) -> Option<String> {
    if answer["protocol"] != protocol || answer["meter"] != truth["meter"] {
        return Some("not this protocol and this meter".into());
    }
    let shown = answer["clock"].as_str();
    if !shown.is_some_and(|shown| shown.starts_with(CLOCK)) {
        return Some(format!("the clock is {shown:?}"));
    }
    let registers = answer["registers"].as_array()?;
    truth["registers"].as_array()?.iter().find_map(|given| {
        let found: Vec<&Value> =
            registers.iter().filter(|register| register["obis"] == given["obis"]).collect();
        let right = |found: &Value| same(&found["value"], &given["value"]) && found["unit"] == given["unit"];
        let good = matches!(found[..], [found] if right(found));
        (!good).then(|| format!("{given} was read as {found:?}"))
    })
}

/// Equal as numbers, however many zeros stand at either end.
pub(crate) fn same(one: &Value, other: &Value) -> bool {
    let number = |value: &Value| value.as_str().and_then(|text| text.parse::<Decimal>().ok());
    number(one).is_some_and(|one| number(other) == Some(one))
}
