//! One record of a load profile, as it stands in an answer. DL/T 645-2007, annex B.
//!
//! `A0 A0`, how many bytes, when (`YYMMDDhhmm`), six classes of values with `AA` behind each, a sum over all of
//! it, `E5`. A class that is not kept is empty. `E0 E0` in front marks a record that the meter itself calls bad.

use super::{
    bcd,
    frame::sum,
    layout::Format,
    layout::{ACTIVE_POWERS, CURRENTS, POWER, POWER_FACTORS, REACTIVE_POWERS, VOLTAGES, energy},
};
use crate::{
    obis::Obis,
    probe::{part::Column, readout::Value},
    quantity::Unit,
    time::Civil,
};

const GOOD: u8 = 0xA0;
const END: u8 = 0xE5;
const SEPARATOR: u8 = 0xAA;
const STAMP_BYTES: usize = 5;
/// Both marks and the length before what is counted; the sum and the end mark behind it.
const HEAD_BYTES: usize = 3;
pub(super) const CLASSES: usize = 6;

/// A moment and its values by class, as many as the class has; an empty class has none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Record {
    pub(super) at: Civil,
    pub(super) classes: [Vec<Option<Value>>; CLASSES],
}

/// The records of an answer to a question for one class, from 1, or for all. What is damaged, or marked as bad,
/// is passed over.
pub(super) fn records(mut content: &[u8], class: Option<usize>) -> Vec<Record> {
    let mut found = Vec::new();
    while let [_, rest @ ..] = content {
        match framed(content) {
            Some((body, behind)) => {
                found.extend(record(body, class));
                content = behind;
            }
            None => content = rest,
        }
    }
    found
}

/// What a column of this class is called and in which format and unit it comes.
pub(super) fn columns(class: usize) -> Vec<(Column, Format)> {
    let number = |bytes, places, signed| Format::Number { bytes, places, signed };
    let all = |names: &[Obis], format: Format, unit: Option<Unit>| -> Vec<(Column, Format)> {
        names.iter().map(|&obis| (Column { obis, unit: unit.clone() }, format)).collect()
    };
    let total = |c| [Obis::electricity(c, 8, 0)];
    match class {
        0 => [
            all(&VOLTAGES, number(2, 1, false), Some(Unit::Volt)),
            all(&CURRENTS, number(3, 3, true), Some(Unit::Ampere)),
            all(&[Obis::electricity(14, 7, 0)], number(2, 2, false), Some(Unit::Hertz)),
        ]
        .concat(),
        1 => [
            all(&ACTIVE_POWERS, POWER, Some(Unit::KiloWatt)),
            all(&REACTIVE_POWERS, POWER, Some(Unit::KiloVar)),
        ]
        .concat(),
        2 => all(&POWER_FACTORS, number(2, 3, true), None),
        3 => [
            all(&total(1), energy(false), Some(Unit::KiloWattHour)),
            all(&total(2), energy(false), Some(Unit::KiloWattHour)),
            all(&total(3), energy(true), Some(Unit::KiloVarHour)),
            all(&total(4), energy(true), Some(Unit::KiloVarHour)),
        ]
        .concat(),
        4 => (5..=8).flat_map(|c| all(&total(c), energy(false), Some(Unit::KiloVarHour))).collect(),
        5 => [
            all(&[Obis::electricity(1, 4, 0)], POWER, Some(Unit::KiloWatt)),
            all(&[Obis::electricity(3, 4, 0)], POWER, Some(Unit::KiloVar)),
        ]
        .concat(),
        _ => vec![],
    }
}

/// What is counted in the record that begins here, and what stands behind the record.
fn framed(content: &[u8]) -> Option<(&[u8], &[u8])> {
    let &[GOOD, GOOD, length, ..] = content else { return None };
    let (counted, behind) = content.split_at_checked(HEAD_BYTES + usize::from(length))?;
    let [check, END, behind @ ..] = behind else { return None };
    (sum(counted) == *check).then_some((counted.get(HEAD_BYTES..)?, behind))
}

fn record(body: &[u8], class: Option<usize>) -> Option<Record> {
    let (at, mut rest) = body.split_at_checked(STAMP_BYTES)?;
    let at = bcd::stamp(at)?;
    let mut classes = [const { Vec::new() }; CLASSES];
    let mut take = |class: usize, rest: &mut &[u8]| -> Option<()> {
        for (_, format) in columns(class) {
            let (value, behind) = rest.split_at_checked(format.size())?;
            let Format::Number { places, signed, .. } = format else { return None };
            classes.get_mut(class)?.push(bcd::number(value, places, signed).map(Value::Number));
            *rest = behind;
        }
        Some(())
    };
    if let Some(class) = class {
        // Some meters leave out the separators of the classes before it.
        while let [SEPARATOR, behind @ ..] = rest {
            rest = behind;
        }
        take(class, &mut rest)?;
        return Some(Record { at, classes });
    }
    for class in 0..CLASSES {
        if !matches!(rest, [SEPARATOR, ..] | []) {
            take(class, &mut rest)?;
        }
        match rest {
            [SEPARATOR, behind @ ..] => rest = behind,
            [] => break,
            _ => return None,
        }
    }
    Some(Record { at, classes })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: [u8; 5] = [0x30, 0x07, 0x23, 0x11, 0x26];
    /// 8123.45, 17.00, not available, -0.09.
    const ENERGIES: [u8; 16] =
        [0x45, 0x23, 0x81, 0x00, 0x00, 0x17, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0x09, 0, 0, 0x80];

    fn sealed(body: &[u8]) -> Vec<u8> {
        let head = [&[GOOD, GOOD, u8::try_from(body.len()).unwrap()], body].concat();
        [head.as_slice(), &[sum(&head), END]].concat()
    }

    fn shown(record: &Record) -> String {
        let value = |value: &Option<Value>| value.as_ref().map_or_else(|| "-".into(), ToString::to_string);
        let classes: Vec<String> = record
            .classes
            .iter()
            .map(|values| values.iter().map(value).collect::<Vec<_>>().join(" "))
            .collect();
        format!("{} {}", record.at, classes.join("|"))
    }

    #[test]
    fn a_class_of_its_own_is_read_with_and_without_the_separators_of_the_others() {
        let expected = "2026-11-23T07:30:00 |||8123.45 17.00 - -0.09||";
        for (before, behind) in [(3, 3), (0, 3), (0, 0), (0, 1)] {
            let (before, behind) = (vec![SEPARATOR; before], vec![SEPARATOR; behind]);
            let said = sealed(&[&AT[..], &before, &ENERGIES, &behind].concat());
            check(&[said.as_slice(), &said].concat(), Some(3), &[expected, expected]);
        }
    }

    #[test]
    fn a_full_record_is_103_bytes_and_has_29_values() {
        let full: Vec<u8> = (0..CLASSES)
            .flat_map(|class| {
                let bytes: usize = columns(class).iter().map(|(_, format)| format.size()).sum();
                [vec![0x11; bytes], vec![SEPARATOR]].concat()
            })
            .collect();
        let said = sealed(&[AT.as_slice(), &full].concat());
        assert_eq!(said.len(), 103);
        let [record] = records(&said, None).try_into().unwrap();
        let values: usize = record.classes.iter().map(Vec::len).sum();
        assert_eq!(values, 29);
    }

    #[test]
    fn classes_that_are_not_kept_are_empty() {
        let said = sealed(&[&AT[..], &[0xAA, 0xAA, 0xAA], &ENERGIES, &[0xAA, 0xAA, 0xAA]].concat());
        check(&said, None, &["2026-11-23T07:30:00 |||8123.45 17.00 - -0.09||"]);
    }

    #[test]
    fn what_is_damaged_or_called_bad_is_passed_over() {
        let good = sealed(&[&AT[..], &[0xAA; 3], &ENERGIES, &[0xAA; 3]].concat());
        for at in 0..good.len() {
            let mut said = good.clone();
            said[at] ^= 0x04;
            check(&said, None, &[]);
            said.extend_from_slice(&good);
            check(&said, None, &["2026-11-23T07:30:00 |||8123.45 17.00 - -0.09||"]);
        }
        let mut bad = good;
        bad[..2].fill(0xE0);
        check(&bad, None, &[]);
        check(&sealed(&AT[..3]), None, &[]);
        check(&sealed(&[&AT[..], &[0x11; 4]].concat()), None, &[]);
    }

    #[track_caller]
    fn check(said: &[u8], class: Option<usize>, expected: &[&str]) {
        let found: Vec<String> = records(said, class).iter().map(shown).collect();
        assert_eq!(found, expected);
    }
}
