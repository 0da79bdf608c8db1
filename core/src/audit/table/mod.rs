//! Registers and cases as the office's spreadsheets have them: a customer a line with all its readings, and a reading a line
//! that is to be judged. Bytes from outside: bounded, and the first thing that cannot be is named by line and column.

mod cells;
mod fault;

use std::collections::BTreeMap;

use self::cells::{Header, Row, Rows};
pub use self::fault::{Fault, Problem};
use super::likelihood::learn::Record;

/// Longest file.
pub const BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Most readings of one register.
pub const READINGS_MAX: usize = 4_096;
/// Most lines.
pub const ROWS_MAX: usize = 5_000_000;

/// Most digits of a register: nine before the point and six behind it.
const DIGITS_MAX: i64 = 15;
/// A number that is judged may be one that no register shows; longer ones are no readings.
const READ_MAX: i64 = 999_999_999_999_999_999;
const MULTIPLIER_MAX: i64 = 1_000_000_000;

/// Of customers of whom nothing else is said.
pub const CLASS: &str = "all";

/// One customer's register.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// Whose.
    pub customer: String,
    /// Of which class.
    pub class: String,
    /// What one unit stands for.
    pub multiplier: i64,
    /// Digits and readings.
    pub record: Record,
}

/// One reading to be judged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Case {
    /// Which line of the registers it belongs to.
    pub register: usize,
    /// The previous reading is the one of this number; none after it is known.
    pub t: usize,
    /// What was written down.
    pub read: i64,
}

/// Reads registers: `customer,digits,multiplier`, perhaps `class`, and `r00,r01,…`, oldest first. A line may end early.
pub fn registers(bytes: &[u8]) -> Result<Vec<Line>, Problem> {
    let (header, rows) = Rows::open(bytes)?;
    let readings = header.numbered();
    let known = ["customer", "digits", "multiplier", "class"];
    header.check(&known[..3], &known, readings.clone())?;
    if readings.is_empty() {
        return Err(Problem { line: 1, column: "r00".into(), fault: Fault::MissingColumn });
    }
    if readings.len() > READINGS_MAX {
        let column = format!("r{READINGS_MAX}");
        return Err(Problem { line: 1, column, fault: Fault::TooMany(READINGS_MAX) });
    }
    let mut lines: Vec<Line> = vec![];
    let mut seen = BTreeMap::new();
    for row in rows {
        let row = row?;
        let line = line(&header, &row, readings.clone())?;
        if seen.insert(line.customer.clone(), row.line).is_some() {
            return Err(row.problem("customer", Fault::Twice(line.customer)));
        }
        lines.push(line);
    }
    if lines.is_empty() { Err(Problem::of_line(2, Fault::NoRows)) } else { Ok(lines) }
}

fn line(header: &Header, row: &Row<'_>, readings: std::ops::Range<usize>) -> Result<Line, Problem> {
    let customer = row.text(header, "customer")?;
    let class = if header.has("class") { row.text(header, "class")? } else { CLASS.to_owned() };
    let digits = row.number(header, "digits", 1, DIGITS_MAX)?;
    let multiplier = row.number(header, "multiplier", 1, MULTIPLIER_MAX)?;
    let digits = u8::try_from(digits).unwrap_or(1);
    let most = 10_i64.pow(u32::from(digits)) - 1;
    let mut values = vec![];
    let mut ended = None;
    for at in readings {
        let (name, cell) = (header.name(at), row.cell(at));
        if cell.is_empty() {
            ended.get_or_insert_with(|| name.to_owned());
        } else if let Some(gap) = ended {
            return Err(row.problem(&gap, Fault::Gap));
        } else {
            values.push(row.number(header, name, 0, most)?);
        }
    }
    Ok(Line { customer, class, multiplier, record: Record { digits, readings: values } })
}

/// Reads cases: `customer,t,read`; `kind` and `true_read` may be there and are not looked at.
pub fn cases(bytes: &[u8], registers: &[Line]) -> Result<Vec<Case>, Problem> {
    let (header, rows) = Rows::open(bytes)?;
    let known = ["customer", "t", "read", "kind", "true_read"];
    header.check(&known[..3], &known, 0..0)?;
    let whose = registers.iter().enumerate().map(|(at, line)| (line.customer.as_str(), at));
    let whose: BTreeMap<&str, usize> = whose.collect();
    let mut cases = vec![];
    for row in rows {
        let row = row?;
        let customer = row.text(&header, "customer")?;
        let found = whose.get(customer.as_str()).and_then(|at| Some((*at, registers.get(*at)?)));
        let Some((register, line)) = found else {
            return Err(row.problem("customer", Fault::Unknown(customer)));
        };
        let last = i64::try_from(line.record.readings.len()).unwrap_or(0) - 1;
        let t = row.number(&header, "t", 0, last)?;
        let read = row.number(&header, "read", 0, READ_MAX)?;
        cases.push(Case { register, t: usize::try_from(t).unwrap_or(0), read });
    }
    Ok(cases)
}

#[cfg(test)]
mod tests;
