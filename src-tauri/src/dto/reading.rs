//! Readings and verdicts, as the screens show them.

use lamplighter_core::{
    audit::verdict::{Finding, Level, Severity, Usual, Verdict},
    probe::{drive::Timing, port::Progress, readout::Readout},
    reading::Method,
    round::Stop,
    store,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Held, StopRow};

/// A number that a sentence shows.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NumberView {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// One rule that spoke. `sentence` is a text id that takes the numbers as variables.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FindingView {
    pub(crate) sentence: String,
    #[ts(type = "\"strong\" | \"urgent\" | \"ask\"")]
    pub(crate) severity: &'static str,
    pub(crate) obis: Option<String>,
    pub(crate) numbers: Vec<NumberView>,
}

/// What would be usual.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UsualView {
    pub(crate) low: String,
    pub(crate) expected: String,
    pub(crate) high: String,
}

/// The judgement.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VerdictView {
    #[ts(type = "\"right\" | \"doubtful\" | \"wrong\"")]
    pub(crate) level: &'static str,
    pub(crate) findings: Vec<FindingView>,
    pub(crate) consumption: Option<String>,
    pub(crate) since_ms: Option<i64>,
    pub(crate) usual: Option<UsualView>,
}

/// What one register showed.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValueView {
    pub(crate) obis: String,
    pub(crate) value: String,
    pub(crate) unit: String,
    pub(crate) integers: u8,
    pub(crate) decimals: u8,
}

/// How the probe got it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProbeTiming {
    pub(crate) protocol: String,
    pub(crate) baud: u32,
    pub(crate) wall_ms: u64,
    pub(crate) bytes_received: usize,
    pub(crate) retries: u32,
}

/// What was saved. It is on disk when the screen gets this.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Recorded {
    pub(crate) reading: String,
    pub(crate) stop: String,
    pub(crate) taken_at_ms: i64,
    #[ts(type = "\"probe\" | \"keypad\"")]
    pub(crate) method: &'static str,
    pub(crate) values: Vec<ValueView>,
    pub(crate) verdict: VerdictView,
    pub(crate) held: Held,
    pub(crate) timing: Option<ProbeTiming>,
}

/// What came of pressing the key. With `wrong-meter` nothing was saved; `belongs_to` is the stop of the meter
/// that answered, when it is on this round.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub(crate) enum ReadResult {
    Recorded { recorded: Box<Recorded> },
    WrongMeter { seen: String, belongs_to: Option<Box<StopRow>> },
}

/// What came of reading on after the registers. Errors are told as such; what came before them is kept.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub(crate) enum BesideResult {
    Nothing,
    Done { rows: u32, events: u32 },
}

/// Where the record of a conversation lies.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SavedRecord {
    pub(crate) path: String,
}

/// What has been reached while a meter is being read.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub(crate) enum ReadProgress {
    Opening,
    Asking { attempt: u8 },
    Answered { identity: String, baud: u32 },
    Receiving { bytes: usize },
    Repeating,
    Trying { family: String, baud: u32 },
    Fetched { done: u32, total: Option<u32> },
    Signal { percent: u8 },
    KeyRefused,
    Judging,
}

/// Digits typed for one register.
#[derive(Clone, Debug, Deserialize, PartialEq, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    pub(crate) obis: String,
    pub(crate) digits: String,
}

impl Recorded {
    pub(crate) fn new(recorded: &store::Recorded, stop: &Stop, timing: Option<ProbeTiming>) -> Self {
        let reading = &recorded.reading;
        let value = |value: &lamplighter_core::reading::RegisterValue| {
            let dials = stop.meter.register(value.obis).map(|register| register.dials);
            ValueView {
                obis: value.obis.to_string(),
                value: value.value.to_string(),
                unit: value.unit.to_string(),
                integers: dials.map_or(6, |dials| dials.integers()),
                decimals: dials.map_or(value.value.scale(), |dials| dials.decimals()),
            }
        };
        Self {
            reading: recorded.id.to_string(),
            stop: reading.stop.to_string(),
            taken_at_ms: reading.taken_at.0,
            method: match reading.method {
                Method::Probe => "probe",
                Method::Keypad => "keypad",
            },
            values: reading.values.iter().map(value).collect(),
            verdict: (&reading.verdict).into(),
            held: Held::of(recorded),
            timing,
        }
    }
}

impl From<&Verdict> for VerdictView {
    fn from(verdict: &Verdict) -> Self {
        Self {
            level: match verdict.level {
                Level::Right => "right",
                Level::Doubtful => "doubtful",
                Level::Wrong => "wrong",
            },
            findings: verdict.findings.iter().map(Into::into).collect(),
            consumption: verdict.consumption.map(|used| used.to_string()),
            since_ms: verdict.since.map(|since| since.0),
            usual: verdict.usual.map(Into::into),
        }
    }
}

impl From<&Finding> for FindingView {
    fn from(finding: &Finding) -> Self {
        let number =
            |(name, value): &(String, String)| NumberView { name: name.clone(), value: value.clone() };
        Self {
            sentence: format!("verdict-{}", finding.rule.code()),
            severity: match finding.rule.severity() {
                Severity::Strong => "strong",
                Severity::Urgent => "urgent",
                Severity::Ask => "ask",
            },
            obis: finding.obis.map(|obis| obis.to_string()),
            numbers: finding.numbers.iter().map(number).collect(),
        }
    }
}

impl From<Usual> for UsualView {
    fn from(usual: Usual) -> Self {
        let Usual { low, expected, high } = usual;
        Self { low: low.to_string(), expected: expected.to_string(), high: high.to_string() }
    }
}

impl ProbeTiming {
    pub(crate) fn new(readout: &Readout, timing: &Timing) -> Self {
        Self {
            protocol: readout.protocol.to_string(),
            baud: readout.baud,
            wall_ms: u64::try_from(timing.wall.as_millis()).unwrap_or(u64::MAX),
            bytes_received: timing.bytes_received,
            retries: readout.retries,
        }
    }
}

impl From<Progress> for ReadProgress {
    fn from(progress: Progress) -> Self {
        match progress {
            Progress::Asking { attempt } => Self::Asking { attempt },
            Progress::Answered { identity, baud } => Self::Answered { identity, baud },
            Progress::Receiving { bytes } => Self::Receiving { bytes },
            Progress::Repeating => Self::Repeating,
            Progress::Trying { family, baud } => Self::Trying { family: family.to_string(), baud },
            Progress::Fetched { done, total } => Self::Fetched { done, total },
            Progress::Signal { percent } => Self::Signal { percent },
            Progress::KeyRefused => Self::KeyRefused,
        }
    }
}
