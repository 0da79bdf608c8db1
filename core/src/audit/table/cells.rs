//! Lines and fields of a file whose first line names its columns.

use std::{borrow::Cow, ops::Range};

use super::{Fault, Problem, ROWS_MAX};

/// Longest field, in letters.
const LETTERS_MAX: usize = 64;
/// Of a field that is wrong, so many letters are shown.
const SHOWN_MAX: usize = 24;
/// Most columns.
const COLUMNS_MAX: usize = 8_192;

/// The names of the columns.
pub(super) struct Header(Vec<String>);

/// The lines below the header.
pub(super) struct Rows<'a> {
    rest: &'a [u8],
    line: u64,
    delimiter: u8,
    width: usize,
}

/// One line.
pub(super) struct Row<'a> {
    pub(super) line: u64,
    cells: Vec<Cow<'a, str>>,
}

impl Header {
    /// A misspelt name must not drop a column in silence.
    pub(super) fn check(
        &self,
        needed: &[&str],
        known: &[&str],
        numbered: Range<usize>,
    ) -> Result<(), Problem> {
        let fault = |column: &str, fault| Err(Problem { line: 1, column: column.into(), fault });
        for needed in needed {
            if !self.has(needed) {
                return fault(needed, Fault::MissingColumn);
            }
        }
        for (at, name) in self.0.iter().enumerate().filter(|(at, _)| !numbered.contains(at)) {
            if !known.contains(&name.as_str()) {
                return fault(&shown(name), Fault::UnknownColumn);
            }
            if self.0.iter().take(at).any(|earlier| earlier == name) {
                return fault(name, Fault::ColumnTwice);
            }
        }
        Ok(())
    }

    /// Where the columns `r00`, `r01` and so on stand, in their order and side by side.
    pub(super) fn numbered(&self) -> Range<usize> {
        let number = |name: &String| name.strip_prefix('r').and_then(|digits| digits.parse::<usize>().ok());
        let Some(first) = self.0.iter().position(|name| number(name) == Some(0)) else { return 0..0 };
        let after = self.0.iter().skip(first).enumerate();
        first..first + after.take_while(|(nth, name)| number(name) == Some(*nth)).count()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|column| column == name)
    }

    pub(super) fn name(&self, at: usize) -> &str {
        self.0.get(at).map_or("", String::as_str)
    }
}

impl<'a> Rows<'a> {
    /// Opens a file at its first row.
    pub(super) fn open(bytes: &'a [u8]) -> Result<(Header, Self), Problem> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let first = bytes.split(|letter| *letter == b'\n').next().unwrap_or_default();
        let delimiter = if first.contains(&b';') && !first.contains(&b',') { b';' } else { b',' };
        let mut rows = Self { rest: bytes, line: 0, delimiter, width: COLUMNS_MAX };
        let Some(header) = rows.row(true) else { return Err(Problem::of_line(1, Fault::Empty)) };
        let names: Vec<String> = header?.cells.into_iter().map(Cow::into_owned).collect();
        rows.width = names.len();
        Ok((Header(names), rows))
    }

    /// The next line that is not blank.
    fn row(&mut self, is_header: bool) -> Option<Result<Row<'a>, Problem>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let end = self.rest.iter().position(|letter| *letter == b'\n').unwrap_or(self.rest.len());
            let (line, rest) = self.rest.split_at(end);
            self.rest = rest.get(1..).unwrap_or_default();
            self.line += 1;
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if !line.is_empty() {
                return Some(self.split(line, is_header));
            }
        }
    }

    fn split(&self, line: &'a [u8], is_header: bool) -> Result<Row<'a>, Problem> {
        let fault = |fault| Problem::of_line(self.line, fault);
        if usize::try_from(self.line).is_ok_and(|line| line > ROWS_MAX) {
            return Err(fault(Fault::TooMany(ROWS_MAX)));
        }
        let text = std::str::from_utf8(line).map_err(|_| fault(Fault::NotUtf8))?;
        let mut cells = vec![];
        let mut rest = Some(text);
        while let Some(left) = rest {
            if cells.len() == COLUMNS_MAX {
                return Err(fault(Fault::TooMany(COLUMNS_MAX)));
            }
            let (cell, after) = self.cell(left).ok_or_else(|| fault(Fault::Quote))?;
            if cell.chars().count() > LETTERS_MAX || cell.chars().any(char::is_control) {
                return Err(fault(Fault::TooLong(LETTERS_MAX)));
            }
            cells.push(cell);
            rest = after;
        }
        if !is_header && cells.len() != self.width {
            return Err(fault(Fault::Width(cells.len(), self.width)));
        }
        Ok(Row { line: self.line, cells })
    }

    /// The first field of a text, without the blanks around it, and what comes after it, if anything does.
    fn cell(&self, text: &'a str) -> Option<(Cow<'a, str>, Option<&'a str>)> {
        let delimiter = char::from(self.delimiter);
        let Some(mut quoted) = text.strip_prefix('"') else {
            let (cell, rest) =
                text.split_once(delimiter).map_or((text, None), |(cell, rest)| (cell, Some(rest)));
            return Some((Cow::Borrowed(cell.trim()), rest));
        };
        let mut cell = String::new();
        loop {
            let (before, after) = quoted.split_once('"')?;
            cell.push_str(before);
            if let Some(more) = after.strip_prefix('"') {
                cell.push('"');
                quoted = more;
            } else if after.is_empty() {
                return Some((Cow::Owned(cell), None));
            } else {
                return Some((Cow::Owned(cell), Some(after.strip_prefix(delimiter)?)));
            }
        }
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Result<Row<'a>, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        self.row(false)
    }
}

impl Row<'_> {
    pub(super) fn problem(&self, column: &str, fault: Fault) -> Problem {
        Problem { line: self.line, column: column.into(), fault }
    }

    pub(super) fn cell(&self, at: usize) -> &str {
        self.cells.get(at).map_or("", |cell| cell)
    }

    pub(super) fn text(&self, header: &Header, column: &str) -> Result<String, Problem> {
        match self.named(header, column) {
            "" => Err(self.problem(column, Fault::Missing)),
            text => Ok(text.to_owned()),
        }
    }

    /// A whole number without a sign.
    pub(super) fn number(
        &self,
        header: &Header,
        column: &str,
        least: i64,
        most: i64,
    ) -> Result<i64, Problem> {
        let text = self.named(header, column);
        if text.is_empty() {
            return Err(self.problem(column, Fault::Missing));
        }
        let digits = text.bytes().all(|letter| letter.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        let fault = || Fault::Number(shown(text), least, most);
        digits.filter(|number| (least..=most).contains(number)).ok_or_else(|| self.problem(column, fault()))
    }

    fn named(&self, header: &Header, column: &str) -> &str {
        header.0.iter().position(|name| name == column).map_or("", |at| self.cell(at))
    }
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN_MAX).collect()
}
