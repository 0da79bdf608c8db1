//! `lamplighter read` against every mode and every bad habit of the virtual street: all registers are right.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    thread,
};

use lamplighter_core::{decimal::Decimal, obis::Obis};
use lamplighter_street::{
    Meter, MeterSettings, RunningMeter,
    day::Day,
    meter::{ListLength, Mode, Parity, Port, Shown, Vice},
};
use serde_json::Value;
use tempfile::tempdir;

use crate::process::run;

const SERIAL: &str = "50123456";
/// Everything waits for a line most of the time.
const AT_ONCE: usize = 12;
const KEYS: [&str; 14] = [
    "baud",
    "bytes_received",
    "bytes_sent",
    "clock",
    "identity",
    "integrity",
    "line_ms",
    "meter",
    "protocol",
    "registers",
    "retries",
    "turn_arounds",
    "wall_ms",
    "way",
];

#[test]
fn every_mode_with_every_bad_habit_is_read_right() {
    let mut cases = VecDeque::new();
    for mode in [Mode::A, Mode::B, Mode::C] {
        cases.push_back(Case { name: "plain".into(), settings: meter(mode), tcp: false });
        cases.push_back(Case { name: "tcp".into(), settings: meter(mode), tcp: true });
        let settings = MeterSettings { parity: Parity::Stripped, ..meter(mode) };
        cases.push_back(Case { name: "parity stripped".into(), settings, tcp: false });
        let settings = MeterSettings { list: ListLength::Long, ..industry(mode) };
        cases.push_back(Case { name: "industry".into(), settings, tcp: false });
        for vice in vices() {
            cases.push_back(Case { name: vice.to_string(), settings: meter(mode).with(vice), tcp: false });
        }
    }
    let (cases, failures) = (Mutex::new(cases), Mutex::new(Vec::new()));
    let next = || cases.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = next() {
                    if let Err(problem) = case.check() {
                        failures.lock().unwrap().push(problem);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_transcript_is_written_with_success_and_with_failure() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("transcript.txt");
    for (settings, code) in [(meter(Mode::C), 0), (meter(Mode::C).with(Vice::Silent), 1)] {
        let running = Meter::spawn(settings).unwrap();
        let words = [
            "read".into(),
            "--transcript".into(),
            path.display().to_string(),
            "--port".into(),
            port(&running),
        ];
        assert_eq!(run("lamplighter", words).code, Some(code));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(" 300 > AF 3F 21 8D 0A"), "the request is not there: {text}");
        assert_eq!(text.contains(" 9600 < "), code == 0, "{text}");
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_person_gets_words_and_columns() {
    let running = Meter::spawn(meter(Mode::C)).unwrap();
    let ended = run("lamplighter", ["read".into(), "--port".into(), port(&running)]).well();
    for words in
        ["LGZ5ZMD120  iec62056-21/C  9600 Bd", "Meter 50123456", "Clock 2026-11-23T10:00:0", "12345.6 kWh"]
    {
        assert!(ended.out.contains(words), "{words:?} is missing: {}", ended.out);
    }
    assert!(ended.err.contains("Asking the meter"), "{}", ended.err);
}

struct Case {
    name: String,
    settings: MeterSettings,
    tcp: bool,
}

impl Case {
    fn check(self) -> Result<(), String> {
        let Self { name, settings, tcp } = self;
        let name = format!("mode {:?}, {name}", settings.mode);
        let running = if tcp {
            Meter::listen(settings.clone(), SocketAddr::from(([127, 0, 0, 1], 0)))
        } else {
            Meter::spawn(settings.clone())
        };
        let running = running.map_err(|error| format!("{name}: {error}"))?;
        let ended = run("lamplighter", ["read".into(), "--json".into(), "--port".into(), port(&running)]);
        if ended.code != Some(0) || !ended.err.is_empty() {
            return Err(format!("{name}: {ended:?}"));
        }
        let answer: Value = serde_json::from_str(&ended.out).map_err(|error| format!("{name}: {error}"))?;
        problems(&settings, &answer).map_or(Ok(()), |problem| Err(format!("{name}: {problem}\n{answer}")))
    }
}

/// What is wrong with an answer, if anything.
fn problems(settings: &MeterSettings, answer: &Value) -> Option<String> {
    let mut keys: Vec<&str> = answer.as_object()?.keys().map(String::as_str).collect();
    keys.sort_unstable();
    if keys != KEYS {
        return Some(format!("the keys are {keys:?}"));
    }
    let protocol = format!("iec62056-21/{:?}", settings.mode);
    if answer["protocol"] != protocol.as_str() || answer["meter"] != SERIAL {
        return Some("not this protocol and this meter".into());
    }
    // Two readouts must agree where there is no checksum, and the time went on in between.
    let twice = settings.vices.contains(&Vice::NoBcc);
    let clock = answer["clock"].as_str();
    if !clock.is_some_and(|clock| clock.starts_with("2026-11-23T10:0")) && !twice {
        return Some(format!("the clock is {clock:?}"));
    }
    for count in ["baud", "wall_ms", "line_ms", "bytes_sent", "bytes_received", "retries"] {
        if !answer[count].is_u64() {
            return Some(format!("{count} is no count"));
        }
    }
    if settings.vices.is_empty() && (answer["baud"] != settings.offered_baud() || answer["retries"] != 0) {
        return Some("a plain meter is read at its speed and at once".into());
    }
    let registers = answer["registers"].as_array()?;
    settings.registers.iter().find_map(|shown| wrong(shown, registers))
}

/// Whether a register is there once, with its very value and unit.
fn wrong(shown: &Shown, registers: &[Value]) -> Option<String> {
    let obis = shown.code.parse::<Obis>().unwrap().to_string();
    let value = shown.value.parse::<Decimal>().unwrap().to_string();
    let found: Vec<&Value> = registers.iter().filter(|register| register["obis"] == obis.as_str()).collect();
    let right = |found: &Value| found["value"] == value.as_str() && found["unit"] == shown.unit.as_str();
    let good = matches!(found[..], [found] if right(found) && found.as_object().is_some_and(|all| all.len() == 3 + usize::from(shown.stamp.is_some())));
    (!good).then(|| format!("{obis} is truly {value} {} and was read as {found:?}", shown.unit))
}

fn vices() -> [Vice; 16] {
    [
        Vice::Echo,
        Vice::EchoCut,
        Vice::EchoGarbled,
        Vice::Noise(0.001),
        Vice::Junk,
        Vice::BadBcc(1),
        Vice::NoBcc,
        Vice::LateSwitch,
        Vice::EarlySwitch,
        Vice::Stays300,
        Vice::IgnoreNak,
        Vice::Slow,
        Vice::Sleepy(1),
        Vice::LfLf,
        Vice::Cut(1),
        Vice::NoParity,
    ]
}

pub(crate) fn meter(mode: Mode) -> MeterSettings {
    let settings = MeterSettings::on_day(mode, SERIAL, Day::new(2026, 11, 23).unwrap());
    MeterSettings { pace: 0.0, ..settings }
}

/// With reactive energy, a maximum with its date, and export.
fn industry(mode: Mode) -> MeterSettings {
    let mut settings = meter(mode);
    let register = |code: &str, value: &str, unit: &str, stamp: Option<&str>| Shown {
        code: code.into(),
        value: value.into(),
        unit: unit.into(),
        stamp: stamp.map(Into::into),
        past: vec![value.into()],
    };
    settings.registers.push(register("2.8.0", "000000.0", "kWh", None));
    settings.registers.push(register("3.8.0", "00917.250", "kvarh", None));
    settings.registers.push(register("1.6.0", "023.875", "kW", Some("2611111815")));
    settings
}

pub(crate) fn port(running: &RunningMeter) -> String {
    match running.port() {
        Port::Terminal(path) => path.display().to_string(),
        Port::Socket(address) => format!("tcp://{address}"),
    }
}
