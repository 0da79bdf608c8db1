//! What meters send unasked: DataNotification, in clear or under general ciphering, with registers in the forms in
//! which makers put them. IEC 62056-53, 7.3.13, and the customer interfaces of the Nordic and Alpine countries.

use super::{
    apdu::obis,
    axdr::{Value as Data, parse_all},
    cipher::{CipherError, SuiteKeys},
    clock,
    cursor::Cursor,
    objects::{Gathered, Object, Scale, class},
};
use crate::{
    probe::{keys::Keys, readout::Datum},
    time::Civil,
};

/// Why a message tells nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PushError {
    /// It is no notification, or a damaged one.
    #[error("not a notification")]
    Foreign,
    /// It is ciphered, and there is no key.
    #[error("the notification is ciphered")]
    Locked,
    /// The key is another one.
    #[error("the key does not fit")]
    WrongKey,
}

/// Something sent unasked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notification {
    /// When, on the meter's clock.
    pub at: Option<Civil>,
    /// What has a name in it. Where a meter sends no unit, a number is as it was sent: its scale is in the maker's
    /// papers only.
    pub registers: Vec<Datum>,
    /// All of it.
    pub body: Data,
}

const NOTIFICATION: u8 = 0x0F;
const GENERAL_GLO: u8 = 0xDB;

/// Reads a message.
pub fn notification(apdu: &[u8], keys: Option<&Keys>) -> Result<Notification, PushError> {
    match apdu.first() {
        Some(&NOTIFICATION) => in_clear(apdu).ok_or(PushError::Foreign),
        Some(&GENERAL_GLO) => {
            let keys = keys.and_then(SuiteKeys::of).ok_or(PushError::Locked)?;
            let plain = open(apdu, &keys)?;
            in_clear(&plain).ok_or(PushError::Foreign)
        }
        Some(_) | None => Err(PushError::Foreign),
    }
}

/// What is inside of general ciphering, whoever sent it.
pub(super) fn open(apdu: &[u8], keys: &SuiteKeys) -> Result<Vec<u8>, PushError> {
    let mut cursor = Cursor(apdu.strip_prefix(&[GENERAL_GLO]).ok_or(PushError::Foreign)?);
    let title = cursor.counted().and_then(|title| title.try_into().ok()).ok_or(PushError::Foreign)?;
    let sealed = cursor.counted().ok_or(PushError::Foreign)?;
    match keys.open(title, sealed) {
        Ok((_, plain)) => Ok(plain),
        Err(CipherError::Tag | CipherError::Counter) => Err(PushError::WrongKey),
        Err(CipherError::Foreign) => Err(PushError::Foreign),
    }
}

fn in_clear(apdu: &[u8]) -> Option<Notification> {
    let mut cursor = Cursor(apdu.strip_prefix(&[NOTIFICATION])?);
    cursor.u32()?;
    // The time is a string without a tag; some write one with a tag.
    if cursor.0.starts_with(&[0x09, 12]) {
        cursor.byte()?;
    }
    let at = clock::civil(cursor.counted()?);
    let body = parse_all(cursor.0).ok()?;
    let mut registers = Vec::new();
    find(&body, &mut registers);
    Some(Notification { at, registers, body })
}

/// A name, its value, and perhaps its unit, one behind the other, on whatever floor.
fn find(tree: &Data, registers: &mut Vec<Datum>) {
    let mut members = tree.members().iter().peekable();
    while let Some(member) = members.next() {
        let Some(obis) = member.octets().and_then(obis) else {
            find(member, registers);
            continue;
        };
        let Some(value) = members.next_if(|value| value.members().is_empty()) else { continue };
        let scale = members.peek().and_then(|unit| Scale::of(unit));
        if scale.is_some() {
            members.next();
        }
        let class = if scale.is_some() { class::REGISTER } else { class::DATA };
        let object = Object { class, obis };
        registers.extend(Gathered { object, value: value.clone(), at: None, scale }.datum());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::readout::Value;

    const ENERGY: &[u8] = &[9, 6, 1, 0, 1, 8, 0, 255];
    const POWER: &[u8] = &[9, 6, 1, 0, 1, 7, 0, 255];
    const HEAD: &[u8] = &[0x0F, 0, 0, 0, 7, 0];

    #[track_caller]
    fn check(body: &[&[u8]], expected: &[&str]) {
        let apdu = [HEAD, &body.concat()].concat();
        let found = notification(&apdu, None).unwrap();
        let shown: Vec<String> = found
            .registers
            .iter()
            .map(|datum| {
                let value = match &datum.value {
                    Value::Number(number) => number.to_string(),
                    Value::Text(text) => format!("{text:?}"),
                };
                let unit = datum.unit.as_ref().map_or(String::new(), |unit| format!(" {unit}"));
                format!("{} {value}{unit}", datum.obis)
            })
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_list_of_structures_with_units_is_read() {
        let unit: &[u8] = &[2, 2, 0x0F, 0xFF, 0x16, 27];
        check(
            &[
                &[1, 2, 2, 3],
                ENERGY,
                &[6, 0, 0, 4, 0],
                &[2, 2, 0x0F, 1, 0x16, 30],
                &[2, 3],
                POWER,
                &[0x12, 0, 5],
                unit,
            ],
            &["1-0:1.8.0*255 10240 Wh", "1-0:1.7.0*255 0.5 W"],
        );
    }

    #[test]
    fn names_and_values_in_turn_are_read() {
        let id: &[u8] = &[9, 6, 1, 1, 0, 0, 5, 255, 0x0A, 4, b'5', b'7', b'0', b'1'];
        check(
            &[&[2, 7, 0x0A, 3, b'L', b'M', b'P'], id, ENERGY, &[6, 0, 0, 0, 9], POWER, &[6, 0, 0, 0, 1]],
            &["1-1:0.0.5*255 \"5701\"", "1-0:1.8.0*255 9", "1-0:1.7.0*255 1"],
        );
    }

    #[test]
    fn a_name_without_a_value_is_none() {
        check(&[&[2, 3], ENERGY, &[2, 1, 0x11, 1], ENERGY], &[]);
        check(&[&[2, 2], ENERGY, &[0]], &[]);
    }

    #[test]
    fn the_time_is_read_with_and_without_a_tag() {
        let time = [0x07, 0xEA, 11, 23, 1, 10, 5, 0, 0xFF, 0x80, 0, 0];
        for head in [&[0x0F, 0, 0, 0, 1, 12][..], &[0x0F, 0, 0, 0, 1, 9, 12]] {
            let apdu = [head, &time, &[0x02, 0]].concat();
            assert_eq!(notification(&apdu, None).unwrap().at.unwrap().to_string(), "2026-11-23T10:05:00");
        }
    }

    #[test]
    fn a_ciphered_one_takes_the_right_key() {
        let keys = |byte| Keys {
            encryption_key: Some([byte; 16]),
            authentication_key: Some([9; 16]),
            ..Keys::default()
        };
        let plain = [HEAD, &[2, 2], ENERGY, &[0x11, 5]].concat();
        let sealed = SuiteKeys::of(&keys(1)).unwrap().seal(*b"LMPmeter", 0x30, 5, &plain).unwrap();
        let length = u8::try_from(sealed.len()).unwrap();
        let apdu = [&[0xDB, 8][..], b"LMPmeter", &[length], &sealed].concat();
        assert_eq!(notification(&apdu, Some(&keys(1))).unwrap().registers.len(), 1);
        assert_eq!(notification(&apdu, Some(&keys(2))), Err(PushError::WrongKey));
        assert_eq!(notification(&apdu, None), Err(PushError::Locked));
        assert_eq!(notification(&apdu[..20], Some(&keys(1))), Err(PushError::Foreign));
        assert_eq!(notification(&[0xC4, 1, 1, 0, 0], None), Err(PushError::Foreign));
    }
}
