//! Stops, as the screens show them.

use lamplighter_core::{
    audit::verdict::Level,
    place::Position,
    register::Register,
    round::{Hint, HintKind, Outcome, Stop},
    store,
    time::UtcMs,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Recorded;

/// What became of a stop.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    Todo,
    Right,
    Doubtful,
    Wrong,
    Skipped,
}

/// Which stops a list shows.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, TS)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Filter {
    Todo,
    Check,
    All,
}

/// Who holds a reading.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Held {
    Device,
    Office,
}

/// One row of the list. `metres` is from where the reader stands; `use` is what was used, when read.
/// `reason` is why it was skipped, or the text id of the first finding.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StopRow {
    pub(crate) id: String,
    pub(crate) number: u32,
    pub(crate) address: String,
    pub(crate) serial: String,
    pub(crate) status: Status,
    pub(crate) held: Option<Held>,
    pub(crate) metres: Option<f64>,
    #[serde(rename = "use")]
    pub(crate) used: Option<String>,
    pub(crate) unit: String,
    pub(crate) reason: Option<String>,
}

/// Part of a list.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StopsPage {
    pub(crate) total: usize,
    pub(crate) offset: usize,
    pub(crate) current_index: Option<usize>,
    pub(crate) rows: Vec<StopRow>,
}

/// Something to know before going in.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HintView {
    #[ts(type = "\"location\" | \"warning\" | \"key\" | \"note\"")]
    pub(crate) kind: &'static str,
    pub(crate) text: String,
}

/// A register to read. `previous` is what its digits showed.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RegisterView {
    pub(crate) obis: String,
    pub(crate) unit: String,
    pub(crate) integers: u8,
    pub(crate) decimals: u8,
    pub(crate) multiplier: String,
    pub(crate) previous: Option<String>,
    pub(crate) previous_at_ms: Option<i64>,
}

/// Use of the main register over one earlier period.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BarView {
    pub(crate) at_ms: i64,
    #[serde(rename = "use")]
    pub(crate) used: String,
}

/// Digits typed and not yet saved.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DraftView {
    pub(crate) obis: String,
    pub(crate) digits: String,
}

/// One stop, whole.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StopView {
    pub(crate) row: StopRow,
    pub(crate) hints: Vec<HintView>,
    pub(crate) model: Option<String>,
    pub(crate) bearing_deg: Option<f64>,
    pub(crate) registers: Vec<RegisterView>,
    pub(crate) bars: Vec<BarView>,
    pub(crate) drafts: Vec<DraftView>,
    pub(crate) recorded: Option<Recorded>,
}

impl StopRow {
    pub(crate) fn new(stop: &Stop, recorded: Option<&store::Recorded>, here: Option<Position>) -> Self {
        let status = match stop.outcome {
            Outcome::ToDo => Status::Todo,
            Outcome::Read { level: Level::Right, .. } => Status::Right,
            Outcome::Read { level: Level::Doubtful, .. } => Status::Doubtful,
            Outcome::Read { level: Level::Wrong, .. } => Status::Wrong,
            Outcome::Skipped { .. } => Status::Skipped,
        };
        let finding = recorded.and_then(|recorded| recorded.reading.verdict.findings.first());
        let reason = match stop.outcome {
            Outcome::Skipped { reason } => Some(reason.code().to_owned()),
            Outcome::Read { .. } => finding.map(|finding| format!("verdict-{}", finding.rule.code())),
            Outcome::ToDo => None,
        };
        Self {
            id: stop.id.to_string(),
            number: stop.number,
            address: stop.address.clone(),
            serial: stop.meter.serial.clone(),
            status,
            held: recorded.map(Held::of),
            metres: here.zip(stop.position).map(|(here, there)| here.metres_to(there)),
            used: recorded
                .and_then(|recorded| recorded.reading.verdict.consumption)
                .map(|used| used.to_string()),
            unit: stop.meter.registers.first().map_or_else(String::new, |register| register.unit.to_string()),
            reason,
        }
    }
}

impl Held {
    pub(crate) const fn of(recorded: &store::Recorded) -> Self {
        if recorded.held_by_hub { Self::Office } else { Self::Device }
    }
}

impl From<&Hint> for HintView {
    fn from(hint: &Hint) -> Self {
        let kind = match hint.kind {
            HintKind::Location => "location",
            HintKind::Warning => "warning",
            HintKind::Key => "key",
            HintKind::Note => "note",
        };
        Self { kind, text: hint.text.clone() }
    }
}

impl From<&Register> for RegisterView {
    fn from(register: &Register) -> Self {
        let previous = register.previous();
        let digits = |value: lamplighter_core::decimal::Decimal| {
            value.rescaled(register.dials.decimals()).unwrap_or(value).to_string()
        };
        Self {
            obis: register.obis.to_string(),
            unit: register.unit.to_string(),
            integers: register.dials.integers(),
            decimals: register.dials.decimals(),
            multiplier: register.multiplier.to_string(),
            previous: previous.map(|past| digits(past.value)),
            previous_at_ms: previous.map(|past| past.at.0),
        }
    }
}

impl BarView {
    /// Use from each earlier reading to the next.
    pub(crate) fn of(register: &Register) -> Vec<Self> {
        let pairs = register.history.iter().zip(register.history.iter().skip(1));
        let bar = |(before, after): (_, &lamplighter_core::register::PastReading)| {
            let before: &lamplighter_core::register::PastReading = before;
            let advance = register.dials.advance(before.value, after.value).ok()?;
            let used = advance.forward.times(register.multiplier).ok()?;
            let UtcMs(at_ms) = after.at;
            Some(Self { at_ms, used: used.to_string() })
        };
        pairs.filter_map(bar).collect()
    }
}
