//! The registers that have come so far.

use super::{
    bcd, clock,
    clock::YearlessStamp,
    identifier::Identifier,
    layout::{DATE, Format, Layout, NUMBER, Names, TIME},
    limits::REGISTERS_MAX,
};
use crate::{
    obis::Obis,
    probe::readout::{Datum, Value},
    time::Civil,
};

/// Stands between the values of an answer, or behind the last, with some meters.
const SEPARATOR: u8 = 0xAA;
const STAMP_BYTES: usize = 5;

/// Registers, each once.
#[derive(Debug, Default)]
pub(super) struct Registers {
    data: Vec<Datum>,
    /// When maxima came about, as far as the edition of 1997 tells.
    demand_times: Vec<(Obis, YearlessStamp)>,
}

/// How much an answer held.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Extent {
    /// Whole values, those that are not available included.
    pub(super) values: u8,
    /// It ended in the middle of one, or holds something else than its name says.
    pub(super) cut: bool,
}

impl Registers {
    /// Takes what stands behind a name. What has no layout is not taken.
    pub(super) fn take(&mut self, name: Identifier, content: &[u8]) -> Option<Extent> {
        let Layout { names, format, unit } = Layout::of(name)?;
        let size = format.size();
        let content = without_separators(content, size);
        let values = content.chunks_exact(size);
        let cut = !values.remainder().is_empty() || content.is_empty();
        if matches!(names, Names::One(_)) && content.len() != size {
            return Some(Extent { values: 0, cut: true });
        }
        let mut extent = Extent { values: 0, cut };
        for (place, value) in values.enumerate() {
            let Some(obis) = names.name(place) else { break };
            extent.values = extent.values.saturating_add(1);
            match format {
                Format::DemandTime => self.demand_times.extend(YearlessStamp::of(value).map(|at| (obis, at))),
                Format::DateTime => {
                    let (time, date) = value.split_at(3);
                    self.put(datum(TIME, Format::Time, time));
                    self.put(datum(DATE, Format::Date, date));
                }
                Format::Number { .. }
                | Format::Demand { .. }
                | Format::Digits(_)
                | Format::Letters(_)
                | Format::Flags(_)
                | Format::Date
                | Format::Time => {
                    self.put(datum(obis, format, value).map(|datum| Datum { unit: unit.clone(), ..datum }));
                }
            }
        }
        Some(extent)
    }

    /// All of them, the times of demands filled in, and the clock.
    pub(super) fn finish(mut self) -> (Vec<Datum>, Option<Civil>) {
        let clock = clock::find(&self.data);
        for (obis, at) in self.demand_times {
            let datum = self.data.iter_mut().find(|datum| datum.obis == obis);
            if let Some(datum) = datum {
                datum.at = clock.and_then(|clock| at.last_before(clock));
            }
        }
        (self.data, clock)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// The meter's own number, unless it was never written.
    pub(super) fn number(&self) -> Option<&str> {
        self.data.iter().find_map(|datum| match &datum.value {
            Value::Text(text) if datum.obis == NUMBER && text.bytes().any(|digit| digit != b'0') => {
                Some(text.as_str())
            }
            Value::Text(_) | Value::Number(_) => None,
        })
    }

    fn put(&mut self, datum: Option<Datum>) {
        let Some(datum) = datum else { return };
        if let Some(known) = self.data.iter_mut().find(|known| known.obis == datum.obis) {
            *known = datum;
        } else if self.data.len() < REGISTERS_MAX {
            self.data.push(datum);
        }
    }
}

/// One value; nothing where the meter has none.
fn datum(obis: Obis, format: Format, bytes: &[u8]) -> Option<Datum> {
    let text = |text: Option<String>| text.map(Value::Text);
    let (value, at) = match format {
        Format::Number { places, signed, .. } => {
            (bcd::number(bytes, places, signed).map(Value::Number), None)
        }
        Format::Demand { signed } => {
            let (number, at) = bytes.split_at_checked(bytes.len().checked_sub(STAMP_BYTES)?)?;
            (bcd::number(number, 4, signed).map(Value::Number), bcd::stamp(at))
        }
        Format::Digits(_) => (text(bcd::text(bytes)), None),
        Format::Letters(_) => (text(bcd::letters(bytes)), None),
        Format::Flags(_) => {
            let flags = bytes.iter().rev().map(|byte| format!("{byte:02X}")).collect();
            (Some(Value::Text(flags)), None)
        }
        // The first byte is the day of the week.
        Format::Date => (text(bytes.get(1..).and_then(bcd::text)), None),
        Format::Time => (text(bcd::text(bytes)), None),
        Format::DateTime | Format::DemandTime => (None, None),
    };
    Some(Datum { obis, value: value?, unit: None, at })
}

/// Takes the separators out. None of them can be part of a value, because it is no decimal digit; still they
/// are only looked for where the length shows that there are some.
fn without_separators(content: &[u8], size: usize) -> Vec<u8> {
    let spaced = content.chunks(size + 1);
    if spaced.clone().all(|value| value.len() == size + 1 && value.last() == Some(&SEPARATOR)) {
        return spaced.flat_map(|value| value.iter().take(size)).copied().collect();
    }
    match content {
        [values @ .., SEPARATOR] if size > 1 && content.len() % size == 1 => values.into(),
        values => values.into(),
    }
}
