//! Load profiles and event logs as VDEW meters write them: a head that names the columns, and rows of values.
//!
//! `P.01(stamp)(status)(minutes)(columns)(name)(unit)(name)(unit)` and then so many values a row, each in
//! brackets, up to the next head. Heads come in parts of any size; what is in neither is passed over.

use std::time::Duration;

use super::{clock, dataset::next_field};
use crate::{obis::Obis, probe::part::Column, time::Civil};

/// More columns than a meter has.
const COLUMNS_MAX: usize = 32;
/// What is longer and has no bracket closed is no field.
const FIELD_MAX: usize = 128;
/// The longest period: a day.
const MINUTES_MAX: u64 = 24 * 60;

/// What stands before values.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Head {
    /// The list's own name.
    pub(super) obis: Obis,
    /// When: of the first row.
    pub(super) at: Civil,
    /// In summer time.
    pub(super) summer: bool,
    /// The status word, as sent.
    pub(super) status: String,
    /// From one row to the next; none where the meter does not say.
    pub(super) period: Option<Duration>,
    /// What the values are.
    pub(super) columns: Vec<Column>,
}

/// What came.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Item<'a> {
    /// A head is complete.
    Head(&'a Head),
    /// A row under it.
    Row(&'a Head, &'a [String]),
    /// The meter says that there is an error, or nothing of that name.
    Error,
}

/// Takes a list to pieces.
#[derive(Debug, Default)]
pub(super) struct Heads {
    /// A field that has begun and not ended.
    open: String,
    /// Fields of a head that has begun.
    fields: Vec<String>,
    name: Option<Obis>,
    head: Option<Head>,
    row: Vec<String>,
}

impl Heads {
    /// Takes the next text.
    pub(super) fn feed(&mut self, text: &str, sink: &mut dyn FnMut(Item<'_>)) {
        let mut whole = std::mem::take(&mut self.open);
        whole.push_str(text);
        let mut rest = whole.as_str();
        while let Some((before, field, tail)) = next_field(rest) {
            let name = before.trim_matches(|letter: char| letter.is_ascii_control() || letter == ' ');
            if !name.is_empty() {
                self.begin(name);
            }
            self.take(field.value, sink);
            rest = tail;
        }
        if rest.len() <= FIELD_MAX {
            self.open = rest.into();
        }
    }

    fn begin(&mut self, name: &str) {
        self.name = name.parse().ok().filter(|obis: &Obis| matches!(obis.c, 98 | 99));
        self.head = None;
        self.fields.clear();
        self.row.clear();
    }

    fn take(&mut self, value: &str, sink: &mut dyn FnMut(Item<'_>)) {
        let value = value.trim();
        if self.head.is_none() && self.fields.is_empty() && is_error(value) {
            return sink(Item::Error);
        }
        if let Some(head) = &self.head {
            if head.columns.is_empty() {
                return;
            }
            self.row.push(value.into());
            if self.row.len() == head.columns.len() {
                sink(Item::Row(head, &self.row));
                self.row.clear();
            }
        } else if let Some(obis) = self.name {
            self.fields.push(value.into());
            match head(obis, &self.fields) {
                Complete::No => {}
                Complete::Yes(head) => {
                    self.fields.clear();
                    sink(Item::Head(self.head.insert(head)));
                }
                Complete::Never => self.name = None,
            }
        }
    }
}

enum Complete {
    No,
    Yes(Head),
    /// This is none.
    Never,
}

fn head(obis: Obis, fields: &[String]) -> Complete {
    let [stamp, status, minutes, count, names @ ..] = fields else { return Complete::No };
    let (Some(at), Ok(count)) = (clock::stamp(stamp), count.parse::<usize>()) else { return Complete::Never };
    if count > COLUMNS_MAX {
        return Complete::Never;
    }
    if names.len() < 2 * count {
        return Complete::No;
    }
    let columns: Option<Vec<Column>> = names
        .chunks_exact(2)
        .map(|pair| {
            let [name, unit] = pair else { return None };
            let unit = (!unit.is_empty()).then(|| unit.parse().unwrap_or_else(|never| match never {}));
            Some(Column { obis: name.parse().ok()?, unit })
        })
        .collect();
    let minutes = minutes.parse().ok().filter(|minutes| (1..=MINUTES_MAX).contains(minutes));
    columns.map_or(Complete::Never, |columns| {
        let period = minutes.map(Duration::from_mins);
        let summer = clock::is_summer(stamp);
        Complete::Yes(Head { obis, at, summer, status: status.clone(), period, columns })
    })
}

/// `(ER01)`, `(ERROR)`: the rest is the maker's.
pub(super) fn is_error(value: &str) -> bool {
    value.trim_start().starts_with("ER")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "P.01(1260701001500)(00)(15)(2)(1.5)(kW)(0-0:C.7.0)()\r\n(0.1)(2)\r\n(--)(3)\r\n\
        P.01(2607010100)(0080)(05)(1)(1-1:2.29)(kWh)(7)\r\n";

    #[test]
    fn heads_and_rows_whatever_the_split() {
        let expected = [
            "1-0:99.1.0*255 2026-07-01T00:15:00 [00] 900 1-0:1.5.0*255=kW 0-0:96.7.0*255=",
            "0.1|2",
            "--|3",
            "1-0:99.1.0*255 2026-07-01T01:00:00 [0080] 300 1-1:2.29.0*255=kWh",
            "7",
        ];
        for size in [1, 2, 7, 40, 500] {
            let parts: Vec<&str> =
                LIST.as_bytes().chunks(size).map(|part| str::from_utf8(part).unwrap()).collect();
            check(&parts, &expected);
        }
    }

    #[test]
    fn a_head_without_columns_has_no_rows() {
        check(
            &["P.98(0260701001500)(2080)()(0)\r\nP.98(0260701001600)(0040)()(0)"],
            &[
                "1-0:99.98.0*255 2026-07-01T00:15:00 [2080] - ",
                "1-0:99.98.0*255 2026-07-01T00:16:00 [0040] - ",
            ],
        );
    }

    #[test]
    fn errors_are_told_and_rubbish_is_passed_over() {
        check(&["(ER07)"], &["error"]);
        check(&["P.01(ERROR)"], &["error"]);
        check(&["P.01()", "P.01(2613010000)(00)(15)(1)(1.5)(kW)(1)", "1.8.0(5)", "(((", ")"], &[]);
        check(&["P.01(2607010000)(00)(15)(99)(1.5)(kW)(1)", &"x".repeat(1_000), "\r\n)"], &[]);
    }

    #[track_caller]
    fn check(parts: &[&str], expected: &[&str]) {
        let (mut heads, mut found) = (Heads::default(), Vec::new());
        for part in parts {
            heads.feed(part, &mut |item| {
                found.push(match item {
                    Item::Error => "error".into(),
                    Item::Row(_, values) => values.join("|"),
                    Item::Head(head) => {
                        let columns = head.columns.iter().map(|column| {
                            let unit = column.unit.as_ref().map_or(String::new(), ToString::to_string);
                            format!("{}={unit}", column.obis)
                        });
                        let period = head.period.map_or("-".into(), |period| period.as_secs().to_string());
                        let columns = columns.collect::<Vec<_>>().join(" ");
                        format!("{} {} [{}] {period} {columns}", head.obis, head.at, head.status)
                    }
                });
            });
        }
        assert_eq!(found, expected);
    }
}
