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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_2007_have_their_name_places_sign_and_unit() {
        for (code, bytes, expected) in [
            (0x0000_0000, &[0x50, 0x03, 0x00, 0x80][..], "1-0:15.8.0*255 -3.50 kWh"),
            (0x0001_0000, &[0x67, 0x45, 0x23, 0x01], "1-0:1.8.0*255 12345.67 kWh"),
            (0x0001_3F0C, &[0x67, 0x45, 0x23, 0x01], "1-0:1.8.63*12 12345.67 kWh"),
            (0x0003_0000, &[0x01, 0x00, 0x00, 0x80], "1-0:3.8.0*255 -0.01 kvarh"),
            (0x0005_0000, &[0x01, 0x00, 0x00, 0x00], "1-0:5.8.0*255 0.01 kvarh"),
            (0x0008_0200, &[0x01, 0x00, 0x00, 0x00], "1-0:8.8.2*255 0.01 kvarh"),
            (0x000A_0000, &[0x01, 0x00, 0x00, 0x00], "1-0:10.8.0*255 0.01 kVAh"),
            (0x0015_0000, &[0x01, 0x00, 0x00, 0x00], "1-0:21.8.0*255 0.01 kWh"),
            (0x0018_0000, &[0x01, 0x00, 0x00, 0x80], "1-0:24.8.0*255 -0.01 kvarh"),
            (0x0046_0001, &[0x01, 0x00, 0x00, 0x00], "1-0:70.8.0*1 0.01 kVAh"),
            (0x0090_0100, &[0x01, 0x00, 0x00, 0x00], "0-0:19.10.1*255 0.01 kWh"),
            (0x0090_0201, &[0x01, 0x00, 0x00, 0x00], "0-0:19.10.2*255 0.01 CNY"),
            (
                0x0102_0001,
                &[0x40, 0x06, 0x03, 0x15, 0x18, 0x22, 0x11, 0x26],
                "1-0:2.6.0*1 3.0640 kW 2026-11-22T18:15:00",
            ),
            (0x0103_0000, &[0x40, 0x06, 0x83, 0, 0, 0, 0, 0], "1-0:3.6.0*255 -3.0640 kvar"),
            (0x0201_0200, &[0x01, 0x23], "1-0:52.7.0*255 230.1 V"),
            (0x0202_0300, &[0x88, 0x01, 0x80], "1-0:71.7.0*255 -0.188 A"),
            (0x0203_0000, &[0x12, 0x25, 0x00], "1-0:16.7.0*255 0.2512 kW"),
            (0x0204_0100, &[0x12, 0x25, 0x80], "1-0:23.7.0*255 -0.2512 kvar"),
            (0x0205_0000, &[0x12, 0x25, 0x00], "1-0:9.7.0*255 0.2512 kVA"),
            (0x0206_0300, &[0x98, 0x89], "1-0:73.7.0*255 -0.998"),
            (0x0207_0200, &[0x01, 0x12], "1-0:81.7.15*255 120.1 \u{b0}"),
            (0x0280_0001, &[0x88, 0x01, 0x00], "1-0:91.7.0*255 0.188 A"),
            (0x0280_0004, &[0x88, 0x01, 0x00], "1-0:1.4.0*255 0.0188 kW"),
            (0x0280_0007, &[0x55, 0x80], "0-0:96.9.0*255 -5.5 \u{b0}C"),
            (0x0280_000A, &[0x12, 0x00, 0x00, 0x00], "0-0:96.6.0*255 12 min"),
            (0x0335_0000, &[0x12, 0x00, 0x00], "0-0:96.20.15*255 12"),
            (0x0400_0102, &[0x05, 0x30, 0x07], "1-0:0.9.1*255 073005"),
            (0x0400_0401, &[0x02, 0x39, 0x58, 0x17, 0x46, 0x20], "0-0:96.1.1*255 204617583902"),
            (0x0400_0404, b"\0V022\0", "1-0:0.6.0*255 220V"),
            (0x0400_0409, &[0x00, 0x12, 0x00], "1-0:0.3.0*255 1200 imp/kWh"),
            (0x0400_0507, &[0x01, 0xA0], "0-0:96.5.7*255 A001"),
        ] {
            check(Identifier::of_2007(code), bytes, &[expected]);
        }
    }

    #[test]
    fn values_of_1997_have_their_name_places_and_unit() {
        for (code, bytes, expected) in [
            (0x9020, &[0x79, 0x26, 0x14, 0x00][..], "1-0:2.8.0*255 1426.79 kWh"),
            (0x9412, &[0x79, 0x26, 0x14, 0x00], "1-0:1.8.2*1 1426.79 kWh"),
            (0x9110, &[0x79, 0x26, 0x14, 0x00], "1-0:3.8.0*255 1426.79 kvarh"),
            (0x9130, &[0x79, 0x26, 0x14, 0x00], "1-0:5.8.0*255 1426.79 kvarh"),
            (0x9140, &[0x79, 0x26, 0x14, 0x00], "1-0:8.8.0*255 1426.79 kvarh"),
            (0x9150, &[0x79, 0x26, 0x14, 0x00], "1-0:6.8.0*255 1426.79 kvarh"),
            (0x9960, &[0x79, 0x26, 0x14, 0x00], "1-0:7.8.0*2 1426.79 kvarh"),
            (0xA510, &[0x40, 0x06, 0x03], "1-0:3.6.0*1 3.0640 kvar"),
            (0xB622, &[0x88, 0x01], "1-0:51.7.0*255 1.88 A"),
            (0xB630, &[0x12, 0x25, 0x80], "1-0:16.7.0*255 -0.2512 kW"),
            (0xB640, &[0x88, 0x01], "1-0:3.7.0*255 1.88 kvar"),
            (0xB650, &[0x98, 0x09], "1-0:13.7.0*255 0.998"),
            (0xB213, &[0x12, 0x00], "1-0:0.1.0*255 12"),
            (0xC021, &[0x0F], "0-0:96.5.2*255 0F"),
            (0xC034, &[0x02, 0x39, 0x58, 0x17, 0x46, 0x00], "0-0:96.1.2*255 004617583902"),
        ] {
            check(Identifier::of_1997(code), bytes, &[expected]);
        }
    }

    #[test]
    fn a_block_goes_on_by_tariff_or_by_settlement_day() {
        let bytes = [[0x01, 0, 0, 0], [0xFF; 4], [0x03, 0, 0, 0]].concat();
        check(Identifier::of_2007(0x0001_FF02), &bytes, &["1-0:1.8.0*2 0.01 kWh", "1-0:1.8.2*2 0.03 kWh"]);
        check(Identifier::of_2007(0x0001_01FF), &bytes, &["1-0:1.8.1*255 0.01 kWh", "1-0:1.8.1*2 0.03 kWh"]);
    }

    #[test]
    fn separators_are_left_out_and_what_is_cut_is_no_value() {
        let name = Identifier::of_1997(0x901F);
        let two = ["1-0:1.8.0*255 0.01 kWh", "1-0:1.8.1*255 0.02 kWh"];
        check(name, &[1, 0, 0, 0, 2, 0, 0, 0, 0xAA], &two);
        check(name, &[1, 0, 0, 0, 0xAA, 2, 0, 0, 0, 0xAA], &two);
        check(name, &[1, 0, 0, 0, 2, 0, 0], &two[..1]);
        check(Identifier::of_1997(0x9010), &[1, 0, 0, 0, 0xAA], &two[..1]);
        check(Identifier::of_1997(0x9010), &[1, 0, 0], &[]);
        check(Identifier::of_1997(0x9010), &[1, 0, 0, 0, 2, 0, 0, 0], &[]);
        check(Identifier::of_2007(0x0201_0100), &[0x01, 0x23, 0x00], &[]);
    }

    #[track_caller]
    fn check(name: Identifier, content: &[u8], expected: &[&str]) {
        let mut registers = Registers::default();
        assert!(registers.take(name, content).is_some(), "{name}");
        let (data, _) = registers.finish();
        let shown = |datum: &Datum| {
            let unit = datum.unit.as_ref().map(|unit| format!(" {unit}")).unwrap_or_default();
            let at = datum.at.map(|at| format!(" {at}")).unwrap_or_default();
            format!("{} {}{unit}{at}", datum.obis, datum.value)
        };
        assert_eq!(data.iter().map(shown).collect::<Vec<_>>(), expected, "{name}");
    }
}
