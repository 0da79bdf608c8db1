//! What billing answers, as a CSV file: one row an entry. All of it can be read, or the answer is everything that is wrong
//! with it.

use csv::{ByteRecord, ReaderBuilder};

use crate::{
    formats::csv::{Problems, delimiter},
    ledger::Acknowledgement,
};

/// Longest file: half a million answers with a reason each.
pub const ANSWERS_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Longest reason.
const REASON_LETTERS_MAX: usize = 300;
const COLUMNS: [&str; 3] = ["reading", "answer", "reason"];

/// Answers, each with its line.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Answers(pub Vec<(u64, Acknowledgement)>);

/// Reads a file with the columns reading, answer (accepted or refused) and reason, in any order; others are left alone.
pub fn read(bytes: &[u8]) -> Result<Answers, Problems> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter(bytes)).flexible(true).has_headers(false).from_reader(bytes);
    let (mut answers, mut problems) = (Answers::default(), Problems::default());
    let mut record = ByteRecord::new();
    if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
        problems.add(1, "", "the file is empty");
        return Err(problems);
    }
    let column =
        |name: &str| record.iter().position(|field| field.trim_ascii().eq_ignore_ascii_case(name.as_bytes()));
    let [at_reading, at_answer, at_reason] = COLUMNS.map(column);
    let (Some(at_reading), Some(at_answer)) = (at_reading, at_answer) else {
        problems.add(1, "", "the first line must name the columns reading and answer");
        return Err(problems);
    };
    let width = record.len();
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                problems.add(reader.position().line(), "", error.to_string());
                break;
            }
        }
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != width {
            problems.add(line, "", format!("{} fields, the header has {width}", record.len()));
            continue;
        }
        let field = |at: usize| std::str::from_utf8(record.get(at).unwrap_or_default()).map(str::trim);
        let id = field(at_reading).ok().and_then(|text| text.parse().ok());
        if id.is_none() {
            problems.add(line, COLUMNS[0], "not the name of a reading: 32 hexadecimal digits");
        }
        let reason = at_reason.map_or(Ok(""), field);
        let refused = match (field(at_answer), reason) {
            (Ok(answer), Ok(reason)) => refused(answer, reason),
            (Err(_), _) => Err((COLUMNS[1], "not UTF-8; save the file as UTF-8".into())),
            (_, Err(_)) => Err((COLUMNS[2], "not UTF-8; save the file as UTF-8".into())),
        };
        let refused = match refused {
            Ok(refused) => Some(refused),
            Err((column, what)) => {
                problems.add(line, column, what);
                None
            }
        };
        answers.0.extend(id.zip(refused).map(|(id, refused)| (line, Acknowledgement { id, refused })));
    }
    if problems.0.is_empty() { Ok(answers) } else { Err(problems) }
}

/// Why it was refused, or nothing where it was accepted; the column that cannot be, and why.
pub(super) fn refused(answer: &str, reason: &str) -> Result<Option<String>, (&'static str, String)> {
    if reason.contains(char::is_control) {
        return Err((COLUMNS[2], "a line break or another letter that cannot be shown".into()));
    }
    if reason.chars().count() > REASON_LETTERS_MAX {
        return Err((COLUMNS[2], format!("longer than {REASON_LETTERS_MAX} letters")));
    }
    match answer {
        "accepted" => Ok(None),
        "refused" if reason.is_empty() => Err((COLUMNS[2], "a refusal needs a reason".into())),
        "refused" => Ok(Some(reason.to_owned())),
        _ => Err((COLUMNS[1], "neither accepted nor refused".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "00112233-4455-6677-8899-aabbccddeeff";

    #[track_caller]
    fn check(text: &str, says: &str) {
        let problems = read(text.as_bytes()).unwrap_err().to_string();
        assert!(problems.contains(says), "{text:?}: {problems}");
    }

    #[test]
    fn answers_are_read_whatever_the_order_of_the_columns() {
        let text =
            format!("\u{feff}answer;note;Reading;reason\naccepted;x;{ID};\nrefused;;{ID};\"no, never\"\n");
        let Answers(read) = read(text.as_bytes()).unwrap();
        let said: Vec<_> = read.iter().map(|(line, said)| (*line, said.refused.as_deref())).collect();
        assert_eq!(said, [(2, None), (3, Some("no, never"))]);
    }

    #[test]
    fn what_cannot_be_an_answer_is_told_with_line_and_column() {
        check("", "line 1: the file is empty");
        check("reading,reason\n", "line 1: the first line must name the columns");
        check(
            &format!("reading,answer\n{ID},accepted\nx,accepted\n"),
            "line 3, column reading: not the name",
        );
        check(&format!("reading,answer\n{ID},yes\n"), "line 2, column answer: neither");
        check(&format!("reading,answer\n{ID}\n"), "line 2: 1 fields, the header has 2");
        check(&format!("reading,answer,reason\n{ID},refused,\n"), "line 2, column reason: a refusal needs");
        check(&format!("reading,answer,reason\n{ID},refused,{}\n", "x".repeat(301)), "longer than 300");
        check(&format!("reading,answer,reason\n{ID},refused,\"a\nb\"\n"), "cannot be shown");
    }
}
