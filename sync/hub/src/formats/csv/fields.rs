//! The fields of one row to the words of core. Whatever cannot be is put on the list, and reading goes on.

use std::str::FromStr;

use csv::ByteRecord;
use lamplighter_core::{
    decimal::Decimal,
    obis::Obis,
    place::Position,
    probe::way::Way,
    quantity::Unit,
    register::{Dials, PastReading, Register},
    round::{Hint, HintKind},
    time::UtcMs,
};

use super::{Problems, columns::Columns};

/// Most earlier readings of one register.
const HISTORY_MAX: usize = 64;
const STOP_MAX: u32 = 999_999;

/// One row.
pub(super) struct Fields<'a> {
    pub(super) line: u64,
    columns: &'a Columns,
    record: &'a ByteRecord,
    problems: &'a mut Problems,
}

impl<'a> Fields<'a> {
    pub(super) const fn new(
        line: u64,
        columns: &'a Columns,
        record: &'a ByteRecord,
        problems: &'a mut Problems,
    ) -> Self {
        Self { line, columns, record, problems }
    }

    pub(super) fn problem(&mut self, column: &str, what: impl Into<String>) {
        self.problems.add(self.line, column, what);
    }

    /// The text without blanks around it; empty where the column is not there.
    pub(super) fn text(&mut self, column: &str, letters_max: usize) -> String {
        let field = self.columns.position(column).and_then(|at| self.record.get(at)).unwrap_or_default();
        let Ok(text) = std::str::from_utf8(field) else {
            self.problem(column, "not UTF-8; save the file as UTF-8");
            return String::new();
        };
        let text = text.trim();
        if text.contains(char::is_control) {
            self.problem(column, "a line break or another letter that cannot be shown");
        } else if text.chars().count() > letters_max {
            self.problem(column, format!("longer than {letters_max} letters"));
        }
        text.to_owned()
    }

    /// The text as it is, whatever is wrong with it; for comparing.
    pub(super) fn quietly(&self, column: &str) -> String {
        let field = self.columns.position(column).and_then(|at| self.record.get(at)).unwrap_or_default();
        String::from_utf8_lossy(field).trim().to_owned()
    }

    pub(super) fn needed(&mut self, column: &str, letters_max: usize) -> Option<String> {
        let before = self.problems.0.len();
        let text = self.text(column, letters_max);
        if text.is_empty() && self.problems.0.len() == before {
            self.problem(column, "empty");
        }
        (self.problems.0.len() == before).then_some(text)
    }

    pub(super) fn stop_number(&mut self) -> Option<u32> {
        let text = self.needed("stop", 20)?;
        let number = digits(&text).filter(|number| (1..=STOP_MAX).contains(number));
        if number.is_none() {
            self.problem("stop", format!("{text} is not a number from 1 to {STOP_MAX}"));
        }
        number
    }

    pub(super) fn position(&mut self) -> Option<Position> {
        let (lat, lon) = (self.text("lat", 30), self.text("lon", 30));
        match (&lat[..], &lon[..]) {
            ("", "") => return None,
            ("", _) => self.problem("lat", "empty, though there is a longitude"),
            (_, "") => self.problem("lon", "empty, though there is a latitude"),
            (_, _) => {
                let (north, east) = (degrees(&lat), degrees(&lon));
                if north.is_none_or(|north| north.abs() > 90.0) {
                    self.problem("lat", format!("{lat} is not a latitude in degrees"));
                } else if east.is_none_or(|east| east.abs() > 180.0) {
                    self.problem("lon", format!("{lon} is not a longitude in degrees"));
                }
                return Position::from_degrees(north?, east?);
            }
        }
        None
    }

    pub(super) fn hints(&mut self) -> Vec<Hint> {
        [
            ("hint_location", HintKind::Location),
            ("hint_warning", HintKind::Warning),
            ("hint_key", HintKind::Key),
            ("hint_note", HintKind::Note),
        ]
        .into_iter()
        .map(|(column, kind)| Hint { kind, text: self.text(column, 500) })
        .filter(|hint| !hint.text.is_empty())
        .collect()
    }

    /// How the meter is reached; every word of it must be known, or a misspelt one would be passed over.
    pub(super) fn way(&mut self) -> Option<Way> {
        let text = self.text("way", 100);
        if text.is_empty() {
            return None;
        }
        let words = |text: &str| text.split(' ').count();
        let way = text.parse::<Way>().ok().filter(|way| words(&way.to_string()) == words(&text));
        if way.is_none() {
            self.problem("way", format!("{text} is not a way such as: dlms 9600 at=1.17.16"));
        }
        way
    }

    /// The register of this row. All its columns are looked at, so that all problems are found at once.
    pub(super) fn register(&mut self) -> Option<Register> {
        let obis = self.parsed::<Obis>("obis", 30, "is not an OBIS code such as 1.8.0");
        let unit = self.parsed::<Unit>("unit", 16, "is not a unit");
        let dials = self.dials();
        let multiplier = self.multiplier();
        let history = dials.map(|dials| self.history(dials));
        Some(Register { obis: obis?, unit: unit?, dials: dials?, multiplier: multiplier?, history: history? })
    }

    fn dials(&mut self) -> Option<Dials> {
        let integers = self.digits_of("integers", 1..=9);
        let decimals = self.digits_of("decimals", 0..=6);
        Dials::new(integers?, decimals?)
    }

    fn digits_of(&mut self, column: &str, range: std::ops::RangeInclusive<u32>) -> Option<u8> {
        let text = self.needed(column, 20)?;
        let count = digits(&text).filter(|count| range.contains(count));
        if count.is_none() {
            let (from, to) = (range.start(), range.end());
            self.problem(column, format!("{text} is not a number from {from} to {to}"));
        }
        count.and_then(|count| u8::try_from(count).ok())
    }

    fn multiplier(&mut self) -> Option<Decimal> {
        let text = self.text("multiplier", 30);
        let value = if text.is_empty() { Decimal::new(1, 0).ok() } else { text.parse().ok() };
        let value = value.filter(|&value| value > Decimal::ZERO);
        if value.is_none() {
            self.problem("multiplier", format!("{text} is not a number above 0"));
        }
        value
    }

    /// `2025-10-21=10234.5;2025-11-20=10311.0e`, oldest first; `e` means estimated.
    fn history(&mut self, dials: Dials) -> Vec<PastReading> {
        let text = self.text("history", 4_000);
        let mut history: Vec<PastReading> = Vec::new();
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let Some(past) = past_reading(part) else {
                self.problem("history", format!("{part} is not a date, =, and a number"));
                continue;
            };
            if past.value.is_negative() || past.value >= dials.capacity() {
                self.problem("history", format!("{part} does not fit the digits of the register"));
            }
            if history.last().is_some_and(|last| last.at >= past.at) {
                self.problem("history", format!("{part} is not later than the one before it"));
            }
            history.push(past);
        }
        if history.len() > HISTORY_MAX {
            self.problem("history", format!("more than {HISTORY_MAX} earlier readings"));
        }
        history
    }

    fn parsed<T: FromStr>(&mut self, column: &str, letters_max: usize, what: &str) -> Option<T> {
        let text = self.needed(column, letters_max)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.problem(column, format!("{text} {what}"));
        }
        parsed
    }
}

fn past_reading(part: &str) -> Option<PastReading> {
    let (date, value) = part.split_once('=')?;
    let (value, actual) = match value.trim().strip_suffix('e') {
        Some(value) => (value, false),
        None => (value.trim(), true),
    };
    let at: UtcMs = date.trim().parse().ok()?;
    Some(PastReading { at, value: value.parse().ok()?, actual })
}

/// Digits only: no sign, no point.
fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|letter| letter.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Degrees with a point or a comma; no exponents and no names of numbers.
fn degrees(text: &str) -> Option<f64> {
    let plain = |letter: char| letter.is_ascii_digit() || matches!(letter, '-' | '+' | '.' | ',');
    text.chars().all(plain).then(|| text.replace(',', ".").parse().ok()).flatten()
}
