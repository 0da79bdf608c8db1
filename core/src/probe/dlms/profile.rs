//! Rows of a memory as their bytes come: what its columns are, when each row was, what it holds. IEC 62056-62, 4.3.6.

use std::time::Duration;

use super::{
    apdu::{Attribute, obis},
    axdr::{AxdrError, Value as Data},
    clock,
    elements::Elements,
    limits::{COLUMNS_MAX, MESSAGE_ROWS_MAX, PART_BYTES_MAX},
    objects::{Gathered, Object, Scale, class, text},
};
use crate::{
    obis::Obis,
    probe::{
        part::{Column, ProfilePart, ProfileRow, ROWS_MAX, Span},
        readout::Value,
    },
    time::Civil,
};

/// What one column of a memory is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Captured {
    pub(super) attribute: Attribute,
    pub(super) scale: Option<Scale>,
}

impl Captured {
    const fn is_time(&self) -> bool {
        self.attribute.class == class::CLOCK && self.attribute.id == 2
    }

    /// Profile status: 0-b:96.10.
    const fn is_status(&self) -> bool {
        let Obis { a, c, d, .. } = self.attribute.obis;
        a == 0 && c == 96 && d == 10
    }

    /// Whose scale its values have, where they are scaled.
    pub(super) fn scaled_by(&self) -> Option<Attribute> {
        let Attribute { class, obis, id } = self.attribute;
        let object = Object { class, obis };
        let is_value = id == 2 || (class == class::DEMAND && id == 3);
        object.scaler().filter(|_| is_value)
    }

    fn value(&self, cell: &Data) -> Option<Value> {
        let Attribute { class, obis, .. } = self.attribute;
        let is_number = matches!(cell, Data::Integer(_) | Data::Enumerated(_) | Data::Real(_));
        if self.scaled_by().is_none() || !is_number {
            // A time or a flag beside the values of a register has no scale.
            let object = Object { class: class::DATA, obis };
            return Gathered { object, value: cell.clone(), at: None, scale: None }
                .datum()
                .map(|datum| datum.value);
        }
        let object = Object { class, obis };
        let gathered = Gathered { object, value: cell.clone(), at: None, scale: self.scale.clone() };
        gathered.datum().map(|datum| datum.value)
    }
}

/// What a memory holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Shape {
    pub(super) obis: Obis,
    pub(super) period_s: u32,
    pub(super) newest_first: bool,
    pub(super) columns: Vec<Captured>,
}

impl Shape {
    /// From the meter's list of what it captures; nothing if that is no such list.
    pub(super) fn new(obis_of: Obis, captured: &Data, period_s: u32, newest_first: bool) -> Option<Self> {
        let columns = captured.members().iter().map(|column| {
            let [class, name, id, ..] = column.members() else { return None };
            let class = u16::try_from(class.integer()?).ok()?;
            let id = u8::try_from(id.integer()?).ok()?;
            Some(Captured { attribute: Attribute { class, obis: obis(name.octets()?)?, id }, scale: None })
        });
        let columns: Vec<Captured> = columns.collect::<Option<_>>()?;
        let fits = (1..=COLUMNS_MAX).contains(&columns.len());
        fits.then_some(Self { obis: obis_of, period_s, newest_first, columns })
    }

    /// The column that says when.
    pub(super) fn time(&self) -> Option<Attribute> {
        self.columns.iter().find(|column| column.is_time()).map(|column| column.attribute)
    }

    fn values(&self) -> impl Iterator<Item = &Captured> {
        self.columns.iter().filter(|column| !column.is_time() && !column.is_status())
    }

    /// Seconds and what the row holds; nothing for a row of another shape, or one whose time nobody knows.
    fn row(&self, row: &Data, before: Option<Civil>) -> Option<ProfileRow> {
        let cells = row.members();
        if cells.len() != self.columns.len() {
            return None;
        }
        let mut at = self.after(before);
        let (mut status, mut values) = (String::new(), Vec::new());
        for (column, cell) in self.columns.iter().zip(cells) {
            if column.is_time() {
                if *cell != Data::Null {
                    at = time_of(cell);
                }
            } else if column.is_status() {
                status = text(cell).unwrap_or_default();
            } else {
                values.push(column.value(cell));
            }
        }
        Some(ProfileRow { at: at?, status, values })
    }

    /// The time of a row that names none: one period after the row before.
    fn after(&self, before: Option<Civil>) -> Option<Civil> {
        let counted = self.period_s > 0 && !self.newest_first;
        before.filter(|_| counted)?.plus(Duration::from_secs(self.period_s.into()))
    }
}

/// A time of a memory's cell: twelve bytes, or seconds since 1970 of meters that save on bytes.
pub(super) fn time_of(cell: &Data) -> Option<Civil> {
    match cell.octets() {
        Some(bytes) => clock::civil(bytes),
        None => {
            let seconds = u64::try_from(cell.integer().filter(|&seconds| seconds > 0)?).ok()?;
            Civil::new(1970, 1, 1, 0, 0, 0)?.plus(Duration::from_secs(seconds))
        }
    }
}

/// A profile on its way.
#[derive(Debug)]
pub(super) struct Rows {
    shape: Shape,
    span: Span,
    pub(super) elements: Elements,
    before: Option<Civil>,
    /// Rows up to here were handed over before the link broke, and now.
    resumed: Option<Civil>,
    reached: Option<Civil>,
    waiting: Vec<ProfileRow>,
    /// Bytes of those.
    weight: usize,
    done: u32,
}

impl Rows {
    /// `resumed` is what an earlier try had reached, and `done` how many rows it had.
    pub(super) fn new(shape: Shape, span: Span, resumed: Option<Civil>, done: u32) -> Self {
        let (elements, waiting) = (Elements::default(), Vec::new());
        Self { shape, span, elements, before: None, resumed, reached: resumed, waiting, weight: 0, done }
    }

    /// Rows that were handed over.
    pub(super) const fn done(&self) -> u32 {
        self.done
    }

    /// The last of them.
    pub(super) const fn reached(&self) -> Option<Civil> {
        self.reached
    }

    /// Bytes in memory: rows that wait, and the start of the next.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.elements.held() + self.weight
    }

    /// More bytes came; hands over the parts that are full, and with the last bytes what is left.
    pub(super) fn piece(&mut self, bytes: &[u8], is_last: bool) -> Result<Vec<ProfilePart>, AxdrError> {
        self.elements.push(bytes);
        let mut parts = Vec::new();
        let mut rows = 0;
        while let Some(element) = self.elements.next()? {
            let Some(row) = self.shape.row(&element, self.before) else { continue };
            self.before = Some(row.at);
            rows += 1;
            if rows > MESSAGE_ROWS_MAX {
                return Err(AxdrError::Bad);
            }
            if self.is_fresh(row.at) && (self.span.from..=self.span.to).contains(&row.at) {
                self.weight += weight(&row);
                self.waiting.push(row);
            }
            if self.weight >= PART_BYTES_MAX || self.waiting.len() >= ROWS_MAX {
                parts.extend(self.part());
            }
        }
        if is_last {
            parts.extend(self.part());
        }
        Ok(parts)
    }

    fn is_fresh(&self, at: Civil) -> bool {
        self.resumed.is_none_or(|resumed| if self.shape.newest_first { at < resumed } else { at > resumed })
    }

    /// What is waiting, the oldest first.
    pub(super) fn part(&mut self) -> Option<ProfilePart> {
        let mut rows = std::mem::take(&mut self.waiting);
        self.weight = 0;
        if self.shape.newest_first {
            rows.reverse();
        }
        let reached = if self.shape.newest_first { rows.first() } else { rows.last() };
        self.reached = Some(reached?.at);
        self.done = self.done.saturating_add(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        let columns = self.shape.values().map(|column| Column {
            obis: column.attribute.obis,
            unit: column.scale.as_ref().and_then(|scale| scale.unit.clone()),
        });
        let (obis, period_s, columns) = (self.shape.obis, self.shape.period_s, columns.collect());
        Some(ProfilePart { obis, period_s, columns, rows })
    }
}

/// Bytes in memory.
pub(super) fn weight(row: &ProfileRow) -> usize {
    let texts = row.values.iter().flatten().map(|value| match value {
        Value::Text(text) => text.len(),
        Value::Number(_) => 0,
    });
    size_of::<ProfileRow>()
        + row.status.len()
        + row.values.len() * size_of::<Option<Value>>()
        + texts.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured() -> Data {
        let column = |class: i128, name: [u8; 6], id: i128| {
            Data::Structure(vec![
                Data::Integer(class),
                Data::Octets(name.to_vec()),
                Data::Integer(id),
                Data::Integer(0),
            ])
        };
        Data::Array(vec![
            column(8, [0, 0, 1, 0, 0, 255], 2),
            column(1, [0, 0, 96, 10, 1, 255], 2),
            column(3, [1, 0, 1, 8, 0, 255], 2),
        ])
    }

    fn rows(newest_first: bool) -> Rows {
        let mut shape = Shape::new("1-0:99.1.0".parse().unwrap(), &captured(), 900, newest_first).unwrap();
        let unit = Data::Structure(vec![Data::Integer(-1), Data::Enumerated(30)]);
        shape.columns[2].scale = Scale::of(&unit);
        let from = Civil::new(2026, 11, 1, 0, 0, 0).unwrap();
        Rows::new(shape, Span { from, to: Civil::new(2026, 11, 1, 2, 0, 0).unwrap() }, None, 0)
    }

    const AT: [u8; 14] = [9, 12, 0x07, 0xEA, 11, 1, 0xFF, 0, 15, 0, 0, 0x80, 0, 0];

    fn row(time: &[u8], value: &[u8]) -> Vec<u8> {
        [&[2, 3][..], time, &[0x11, 8], value].concat()
    }

    fn shown(mut rows: Rows, bytes: &[u8]) -> Vec<String> {
        let parts = rows.piece(bytes, true).unwrap();
        let rows = parts.iter().flat_map(|part| &part.rows);
        let one = |row: &ProfileRow| {
            let value = row.values[0].as_ref().map_or("none".into(), Value::to_string);
            format!("{} {} {value}", row.at, row.status)
        };
        rows.map(one).collect()
    }

    #[test]
    fn a_row_without_a_time_is_one_period_after_the_row_before() {
        let bytes =
            [&[1, 3][..], &row(&AT, &[0x12, 0, 7]), &row(&[0], &[0x12, 0, 8]), &row(&[0], &[0])].concat();
        assert_eq!(
            shown(rows(false), &bytes),
            ["2026-11-01T00:15:00 8 0.7", "2026-11-01T00:30:00 8 0.8", "2026-11-01T00:45:00 8 none"]
        );
    }

    #[test]
    fn a_row_whose_time_nobody_knows_is_left_out() {
        let bytes = [&[1, 2][..], &row(&[0], &[0x12, 0, 7]), &row(&AT, &[0x12, 0, 8])].concat();
        assert_eq!(shown(rows(false), &bytes), ["2026-11-01T00:15:00 8 0.8"]);
        let backwards = [&[1, 2][..], &row(&AT, &[0x12, 0, 7]), &row(&[0], &[0x12, 0, 8])].concat();
        assert_eq!(shown(rows(true), &backwards), ["2026-11-01T00:15:00 8 0.7"]);
    }

    #[test]
    fn rows_come_oldest_first_and_only_those_of_the_time_wanted() {
        let mut late = AT;
        late[8] = 30;
        let mut early = AT;
        early[4] = 10;
        let bytes =
            [&[1, 3][..], &row(&late, &[0x12, 0, 9]), &row(&AT, &[0x12, 0, 8]), &row(&early, &[0x12, 0, 7])]
                .concat();
        assert_eq!(shown(rows(true), &bytes), ["2026-11-01T00:15:00 8 0.8", "2026-11-01T00:30:00 8 0.9"]);
    }

    #[test]
    fn without_a_scale_there_is_no_number() {
        let mut rows = rows(false);
        rows.shape.columns[2].scale = None;
        let bytes = [&[1, 1][..], &row(&AT, &[0x12, 0, 7])].concat();
        assert_eq!(shown(rows, &bytes), ["2026-11-01T00:15:00 8 none"]);
    }

    #[test]
    fn a_list_that_is_none_has_no_shape() {
        let obis: Obis = "1-0:99.1.0".parse().unwrap();
        for captured in [Data::Null, Data::Array(Vec::new()), Data::Array(vec![Data::Null])] {
            assert_eq!(Shape::new(obis, &captured, 900, false), None, "{captured}");
        }
    }
}
