//! From a telegram's data sets to a readout.

use super::telegram::Telegram;
use crate::{
    obis::Obis,
    probe::{
        iec62056::{Approach, dataset::DataSet, datum, find_clock, plan, serial},
        readout::{Datum, Integrity, Protocol, Readout, Value},
        way::{Family, Quirk, Way},
    },
};

/// DSMR writes the characters of the meter's number here in hexadecimal.
const EQUIPMENT_ID: Obis = Obis { a: 0, b: 0, c: 96, d: 1, e: 1, f: 255 };
/// Fewer digits than ten characters take may be a decimal number.
const EQUIPMENT_ID_DIGITS_MIN: usize = 20;

/// How a telegram got here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    /// The speed, where it is known.
    pub(super) baud: Option<u32>,
    /// It was pushed; else that is for the telegram to tell.
    pub(super) pushed: bool,
}

/// Puts the readout together; nothing, where there is no register.
pub(super) fn readout(
    telegram: &Telegram,
    sets: &[DataSet<'_>],
    integrity: Integrity,
    origin: Origin,
) -> Option<Readout> {
    let registers: Vec<Datum> = sets.iter().filter_map(datum).collect();
    if registers.is_empty() {
        return None;
    }
    let (mode, mut way) = how(telegram, origin);
    way.quirks.extend((integrity == Integrity::ReadTwice).then_some(Quirk::NoCheck));
    Some(Readout {
        protocol: Protocol::Iec62056(mode),
        identity: telegram.head.clone(),
        serial: serial(&registers).map(|serial| equipment_id(&registers, &serial).unwrap_or(serial)),
        clock: find_clock(&registers),
        registers,
        baud: way.baud,
        integrity,
        retries: 0,
        way,
    })
}

/// The mode's letter, and the way back to the meter. A block between STX and ETX was asked for, as far as one can
/// tell; the identification says in which mode, and without one it is the usual mode C.
fn how(telegram: &Telegram, origin: Origin) -> (char, Way) {
    if telegram.in_block && !origin.pushed {
        let offered = telegram.head.as_bytes().get(3).copied();
        let asked = plan(offered, Approach::Offered(0));
        let mode = if telegram.head.is_empty() { 'C' } else { asked.mode };
        return (mode, Way::new(Family::Iec62056, asked.baud));
    }
    // A checksum behind the exclamation mark came into use together with the higher speed.
    let usual = if telegram.checked && !telegram.in_block { 115_200 } else { 9_600 };
    let mut way = Way::new(Family::Iec62056, origin.baud.unwrap_or(usual));
    way.quirks.insert(Quirk::Pushes);
    ('D', way)
}

/// The number in plain characters, where it was written in hexadecimal.
fn equipment_id(registers: &[Datum], serial: &str) -> Option<String> {
    let named = |datum: &Datum| {
        datum.obis == EQUIPMENT_ID && matches!(&datum.value, Value::Text(text) if text == serial)
    };
    if serial.len() < EQUIPMENT_ID_DIGITS_MIN || !registers.iter().any(named) {
        return None;
    }
    let (pairs, []) = serial.as_bytes().as_chunks::<2>() else { return None };
    let letter = |pair: &[u8; 2]| {
        let byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        byte.is_ascii_alphanumeric().then(|| char::from(byte))
    };
    pairs.iter().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::iec62056::dataset;

    #[test]
    fn an_equipment_id_in_hexadecimal_is_shown_in_plain_characters() {
        check("0-0:96.1.1(4C494748543030303132333435)", "LIGHT00012345");
    }

    #[test]
    fn what_is_not_plain_or_may_be_decimal_stays_as_it_is() {
        for (set, serial) in [
            ("0-0:96.1.1(41424344)", "41424344"),
            ("0-0:96.1.1(4C4947485430303031323334350)", "4C4947485430303031323334350"),
            ("0-0:96.1.1(4C494748540030303132333435)", "4C494748540030303132333435"),
            ("0-0:96.1.1(ADC31000001584913030)", "ADC31000001584913030"),
            ("1-0:0.0.0(30303030313233343536)", "30303030313233343536"),
        ] {
            check(set, serial);
        }
    }

    #[track_caller]
    fn check(set: &str, expected: &str) {
        let telegram =
            Telegram { head: "ABC5X".into(), body: set.into(), in_block: false, checked: true, began: 0 };
        let sets = dataset::parse(&telegram.body);
        let readout =
            readout(&telegram, &sets, Integrity::Checked, Origin { baud: None, pushed: true }).unwrap();
        assert_eq!(readout.serial.as_deref(), Some(expected));
    }
}
