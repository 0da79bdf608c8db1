//! Cases of a spreadsheet judged one by one, each with what was known before it only, and said in lines that are the same
//! bytes wherever they are made.

use std::fmt::Write as _;

use super::{
    likelihood::{
        class::Class,
        slip::Slip,
        trail::{PERIODS, Trail},
        weigh::{Opinion, weigh},
    },
    table::{Case, Line},
};

/// What is said of a number that the register cannot show: no use explains it.
const IMPOSSIBLE_MILLI: i64 = 999_000;

/// What is said about one case.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Said {
    /// In thousandths: how much likelier an error is than a right reading, as a natural logarithm.
    pub score_milli: i64,
    /// Whether to ask.
    pub alarm: bool,
    /// The likeliest way to be wrong, or why nothing can be said.
    pub reason: &'static str,
    /// What was probably meant, in units of the register.
    pub suggestion: Option<i64>,
    /// How sure that is, in thousandths.
    pub confidence_milli: i64,
}

/// Judges a case; what its register showed after `t` is not looked at.
pub fn judge(line: &Line, case: &Case, class: &Class) -> Said {
    let digits = line.record.digits;
    let turn = 10_i64.pow(u32::from(digits));
    if case.read >= turn {
        let alarm = true;
        return Said {
            score_milli: IMPOSSIBLE_MILLI,
            alarm,
            reason: "digits",
            suggestion: None,
            confidence_milli: 0,
        };
    }
    let opinion = trail(line, case.t, class.days())
        .and_then(|trail| weigh(&trail, class, class.days(), case.read, digits));
    opinion.as_ref().map_or(
        Said { score_milli: 0, alarm: false, reason: "no-past", suggestion: None, confidence_milli: 0 },
        Said::of,
    )
}

/// The past up to the reading `t`, as far as it counts.
fn trail(line: &Line, t: usize, days: f64) -> Option<Trail> {
    let readings = line.record.readings.get(t.saturating_sub(PERIODS)..=t)?;
    let (first, later) = readings.split_first()?;
    let mut trail = Trail::new(*first);
    for reading in later {
        trail.add(*reading, 10_i64.pow(u32::from(line.record.digits)), days);
    }
    Some(trail)
}

impl Said {
    /// An opinion in thousandths.
    pub fn of(opinion: &Opinion) -> Self {
        Self {
            score_milli: milli(opinion.score),
            alarm: opinion.is_alarm(),
            reason: Slip::code(opinion.slip),
            suggestion: opinion.suggestion,
            confidence_milli: milli(opinion.confidence),
        }
    }

    /// The case in one line of JSON.
    pub fn json(&self, customer: &str, t: usize) -> String {
        let mut text = String::from("{\"customer\":");
        quote(&mut text, customer);
        let suggestion = self.suggestion.map_or_else(|| "null".to_owned(), |reading| reading.to_string());
        // Writing to a text does not fail.
        let _ = write!(
            text,
            ",\"t\":{t},\"score\":{},\"alarm\":{},\"reason\":\"{}\",\"suggestion\":{suggestion},\"confidence\":{}}}",
            thousandths(self.score_milli),
            self.alarm,
            self.reason,
            thousandths(self.confidence_milli),
        );
        text
    }
}

/// A text as JSON has it.
fn quote(text: &mut String, word: &str) {
    text.push('"');
    for letter in word.chars() {
        match letter {
            '"' | '\\' => text.extend(['\\', letter]),
            _ if letter.is_control() => {
                let _ = write!(text, "\\u{:04x}", u32::from(letter));
            }
            _ => text.push(letter),
        }
    }
    text.push('"');
}

fn thousandths(milli: i64) -> String {
    let sign = if milli < 0 { "-" } else { "" };
    format!("{sign}{}.{:03}", milli.abs() / 1_000, milli.abs() % 1_000)
}

#[expect(clippy::cast_possible_truncation, reason = "scores are logarithms, below a few thousand")]
fn milli(number: f64) -> i64 {
    (number * 1_000.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::likelihood::{learn::Record, tests::class};

    fn line() -> Line {
        let readings = (0..20).map(|at| 10_000 + at * 700 + at % 3 * 20).collect();
        Line {
            customer: "A\"\\\u{1}中".into(),
            class: "all".into(),
            multiplier: 1,
            record: Record { digits: 5, readings },
        }
    }

    #[track_caller]
    fn check(read: i64, expected: &str) {
        let said = judge(&line(), &Case { register: 0, t: 18, read }, &class());
        assert_eq!(said.json("A", 18), expected);
    }

    #[test]
    fn a_case_is_said_in_one_line() {
        check(
            23_320,
            r#"{"customer":"A","t":18,"score":-6.963,"alarm":false,"reason":"unrelated","suggestion":23230,"confidence":0.033}"#,
        );
        check(
            32_320,
            r#"{"customer":"A","t":18,"score":9.060,"alarm":true,"reason":"transposition","suggestion":23320,"confidence":0.548}"#,
        );
        check(
            123_320,
            r#"{"customer":"A","t":18,"score":999.000,"alarm":true,"reason":"digits","suggestion":null,"confidence":0.000}"#,
        );
    }

    #[test]
    fn nothing_after_t_is_looked_at() {
        let mut later = line();
        later.record.readings.truncate(19);
        later.record.readings.push(99_999);
        let case = Case { register: 0, t: 18, read: 32_320 };
        assert_eq!(judge(&later, &case, &class()), judge(&line(), &case, &class()));
    }

    #[test]
    fn a_name_is_quoted() {
        let mut text = String::new();
        quote(&mut text, &line().customer);
        assert_eq!(text, "\"A\\\"\\\\\\u0001中\"");
    }
}
