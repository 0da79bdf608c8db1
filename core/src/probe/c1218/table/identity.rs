//! Tables 1, 3 and 5: who made the meter, how it is, and what it is called.

use super::{cursor::Cursor, general::General};
use crate::{
    obis::Obis,
    probe::{
        part::{EventKind, MeterEvent},
        readout::{Datum, Value},
    },
};

/// The maker's number of a meter.
const MAKERS_NUMBER: Obis = abstract_object(96, 1, 0);
/// The owner's number of a meter.
const OWNERS_NUMBER: Obis = abstract_object(96, 1, 1);
/// What is wrong with a meter.
const ERRORS: Obis = abstract_object(97, 97, 0);

/// Bits of the standard status that name an event, with the words for it. C12.19, table 3.
const FLAGS: [(u16, EventKind, &str); 14] = [
    (0, EventKind::Other, "unprogrammed"),
    (1, EventKind::Other, "configuration-error"),
    (2, EventKind::Other, "self-check-error"),
    (3, EventKind::Other, "ram-failure"),
    (4, EventKind::Other, "rom-failure"),
    (5, EventKind::Other, "memory-failure"),
    (6, EventKind::Other, "clock-error"),
    (7, EventKind::Other, "measurement-error"),
    (8, EventKind::BatteryLow, "low-battery"),
    (9, EventKind::PhaseFailed, "low-potential"),
    (10, EventKind::Other, "demand-overload"),
    (11, EventKind::PowerFailed, "power-failure"),
    (12, EventKind::Other, "tamper"),
    (13, EventKind::Reversed, "reverse-rotation"),
];

const fn abstract_object(c: u8, d: u8, e: u8) -> Obis {
    Obis { a: 0, b: 0, c, d, e, f: 255 }
}

/// What table 1 says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Maker {
    /// Maker and model.
    pub(crate) identity: String,
    /// The maker's number.
    pub(crate) serial: Option<String>,
}

/// Understands table 1.
pub(crate) fn maker(table: &[u8], general: &General) -> Option<Maker> {
    let (maker, rest) = table.split_at_checked(4)?;
    let (model, rest) = rest.split_at_checked(8)?;
    let words = [general.text(maker), general.text(model)];
    let identity = words.iter().filter(|word| !word.is_empty()).cloned().collect::<Vec<_>>().join(" ");
    // Behind versions and revisions of hardware and firmware.
    let serial = rest.get(4..).and_then(|rest| rest.get(..maker_name_length(general)));
    Some(Maker { identity, serial: serial.and_then(|bytes| general.name(bytes)) })
}

/// Bytes of the maker's number in table 1.
const fn maker_name_length(general: &General) -> usize {
    if general.digits_for_names { 8 } else { 16 }
}

/// Bytes of table 1.
pub(crate) const fn maker_length(general: &General) -> usize {
    16 + maker_name_length(general)
}

/// Bytes of table 5.
pub(crate) const fn device_length(general: &General) -> usize {
    if general.digits_for_names { 10 } else { 20 }
}

/// Bytes of table 3.
pub(crate) const fn status_length(general: &General) -> usize {
    4 + general.own_status
}

/// The flags of table 3.
pub(crate) fn status(table: &[u8], general: &General) -> Option<u16> {
    let mut cursor = Cursor::new(table, general.format);
    // In which mode the meter is.
    cursor.byte()?;
    cursor.word()
}

/// What the flags tell as events. The meter does not say since when.
pub(crate) fn events(status: u16) -> Vec<MeterEvent> {
    let set = FLAGS.iter().filter(|(bit, ..)| status >> bit & 1 == 1);
    set.map(|&(_, kind, words)| MeterEvent { at: None, until: None, kind, code: words.into() }).collect()
}

/// The numbers and the state of a meter as registers: 96.1.0 the maker's number, 96.1.1 the owner's, 97.97.0
/// the flags of table 3 in hexadecimal digits.
pub(crate) fn registers(maker: Option<&str>, owner: Option<&str>, status: Option<u16>) -> Vec<Datum> {
    let text = |obis, text: &str| Datum { obis, value: Value::Text(text.into()), unit: None, at: None };
    let maker = maker.map(|number| text(MAKERS_NUMBER, number));
    let owner = owner.map(|number| text(OWNERS_NUMBER, number));
    let status = status.map(|flags| text(ERRORS, &format!("{flags:04X}")));
    [maker, owner, status].into_iter().flatten().collect()
}
