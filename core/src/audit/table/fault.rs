//! What can be wrong with a spreadsheet, and where.

use std::fmt;

/// The first thing in a file that cannot be.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct Problem {
    /// Line of the file, from 1.
    pub line: u64,
    /// Name of the column; empty for the whole line.
    pub column: String,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fault {
    /// The file has no line.
    Empty,
    /// There is nothing below the header.
    NoRows,
    /// A column that is needed is not there.
    MissingColumn,
    /// A column that nobody knows.
    UnknownColumn,
    /// A column is there twice.
    ColumnTwice,
    /// So many fields, where the header has so many.
    Width(usize, usize),
    /// Letters that are not UTF-8.
    NotUtf8,
    /// A quotation mark that does not close, or closes within a field.
    Quote,
    /// A field of more than so many letters, or a letter that cannot be shown.
    TooLong(usize),
    /// Nothing where something must be.
    Missing,
    /// Not a whole number between these two.
    Number(String, i64, i64),
    /// A reading is missing between others.
    Gap,
    /// The customer was there before.
    Twice(String),
    /// There is no such customer among the registers.
    Unknown(String),
    /// More than so many.
    TooMany(usize),
}

impl Fault {
    /// Its name, and the id of its sentence: `table-` and this.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NoRows => "no-rows",
            Self::MissingColumn => "missing-column",
            Self::UnknownColumn => "unknown-column",
            Self::ColumnTwice => "column-twice",
            Self::Width(..) => "width",
            Self::NotUtf8 => "not-utf8",
            Self::Quote => "quote",
            Self::TooLong(_) => "too-long",
            Self::Missing => "missing",
            Self::Number(..) => "number",
            Self::Gap => "gap",
            Self::Twice(_) => "twice",
            Self::Unknown(_) => "unknown",
            Self::TooMany(_) => "too-many",
        }
    }

    /// What its sentence shows, by name.
    pub fn words(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Width(found, wanted) => vec![("found", found.to_string()), ("wanted", wanted.to_string())],
            Self::TooLong(most) | Self::TooMany(most) => vec![("most", most.to_string())],
            Self::Number(text, least, most) => {
                vec![("text", text.clone()), ("least", least.to_string()), ("most", most.to_string())]
            }
            Self::Twice(text) | Self::Unknown(text) => vec![("text", text.clone())],
            Self::Empty
            | Self::NoRows
            | Self::MissingColumn
            | Self::UnknownColumn
            | Self::ColumnTwice
            | Self::NotUtf8
            | Self::Quote
            | Self::Missing
            | Self::Gap => vec![],
        }
    }
}

impl Problem {
    pub(super) const fn of_line(line: u64, fault: Fault) -> Self {
        Self { line, column: String::new(), fault }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column[..] {
            "" => write!(f, "line {}: {}", self.line, self.fault),
            column => write!(f, "line {}, column {column}: {}", self.line, self.fault),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the file is empty"),
            Self::NoRows => f.write_str("there is no row below the header"),
            Self::MissingColumn => f.write_str("the column is missing"),
            Self::UnknownColumn => f.write_str("there is no such column"),
            Self::ColumnTwice => f.write_str("the column is there twice"),
            Self::Width(found, wanted) => write!(f, "{found} fields, the header has {wanted}"),
            Self::NotUtf8 => f.write_str("not UTF-8; save the file as UTF-8"),
            Self::Quote => f.write_str("a quotation mark in the wrong place"),
            Self::TooLong(most) => write!(f, "more than {most} letters, or one that cannot be shown"),
            Self::Missing => f.write_str("empty"),
            Self::Number(text, least, most) => {
                write!(f, "{text} is not a whole number from {least} to {most}")
            }
            Self::Gap => f.write_str("empty, though there are readings after it"),
            Self::Twice(text) => write!(f, "{text} is there twice"),
            Self::Unknown(text) => write!(f, "{text} is not among the registers"),
            Self::TooMany(most) => write!(f, "more than {most}"),
        }
    }
}
