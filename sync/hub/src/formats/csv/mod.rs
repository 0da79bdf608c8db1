//! Rounds from a spreadsheet: one row a register, the rows of a stop together, the main register first.

mod assemble;
mod columns;
mod fields;

use std::fmt;

use csv::{ByteRecord, ReaderBuilder};

use self::{assemble::Assembly, columns::Columns, fields::Fields};
use crate::ledger::Books;

/// Longest file.
pub const BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Most problems that are spelt out.
const SHOWN_MAX: usize = 20;

/// Something in the file that cannot be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// Line of the file, from 1.
    pub line: u64,
    /// Name of the column; empty for the whole line.
    pub column: String,
    /// What is wrong with it.
    pub what: String,
}

/// Everything in the file that cannot be.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    pub(crate) fn add(&mut self, line: u64, column: &str, what: impl Into<String>) {
        self.0.push(Problem { line, column: column.into(), what: what.into() });
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column[..] {
            "" => write!(f, "line {}: {}", self.line, self.what),
            column => write!(f, "line {}, column {column}: {}", self.line, self.what),
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().take(SHOWN_MAX).enumerate() {
            write!(f, "{}{problem}", if at > 0 { "\n" } else { "" })?;
        }
        match self.0.len().saturating_sub(SHOWN_MAX) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for Problems {}

/// Reads a file. Either all of it is rounds, or the answer is everything that is wrong with it.
pub fn read(bytes: &[u8]) -> Result<Books, Problems> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter(bytes)).flexible(true).has_headers(false).from_reader(bytes);
    let mut problems = Problems::default();
    let mut record = ByteRecord::new();
    if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
        problems.add(1, "", "the file is empty");
        return Err(problems);
    }
    let Some(columns) = Columns::new(&record, &mut problems) else { return Err(problems) };
    let mut assembly = Assembly::default();
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
        if record.len() != columns.width() {
            let what = format!("{} fields, the header has {}", record.len(), columns.width());
            problems.add(line, "", what);
            continue;
        }
        assembly.row(&mut Fields::new(line, &columns, &record, &mut problems));
    }
    let books = assembly.finish();
    if problems.0.is_empty() && books.rounds.is_empty() {
        problems.add(2, "", "there is no row below the header");
    }
    if problems.0.is_empty() { Ok(books) } else { Err(problems) }
}

/// What separates the names in the first line.
pub(crate) fn delimiter(bytes: &[u8]) -> u8 {
    let line = bytes.split(|&letter| letter == b'\n').next().unwrap_or_default();
    if line.contains(&b';') && !line.contains(&b',') { b';' } else { b',' }
}
