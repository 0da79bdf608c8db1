//! Readouts out of captured dumps: what a meter pushed, and what others asked it.

use super::{
    decode::{Decoded, decode_with},
    objects::{CLOCK, SERIAL},
    push::Notification,
};
use crate::{
    obis::Obis,
    probe::{
        keys::Keys,
        readout::{Datum, Integrity, Protocol, Readout, Value},
        way::{Family, Quirk, Way},
    },
    time::Civil,
};

/// The usual speed; a dump does not tell it.
const BAUD: u32 = 9_600;

/// All readouts of a dump that something vouches for, with the byte at which each begins.
pub fn telegrams(bytes: &[u8], keys: Option<&Keys>) -> Vec<(usize, Readout)> {
    let messages = decode_with(bytes, keys).into_iter();
    let checked = messages.filter(|message| message.checked);
    checked.filter_map(|message| readout(message.said).map(|readout| (message.offset, readout))).collect()
}

fn readout(said: Decoded) -> Option<Readout> {
    let (mut registers, at, quirk) = match said {
        Decoded::Notification(Notification { at, registers, .. }) => (registers, at, Some(Quirk::Pushes)),
        Decoded::Registers(registers) => (registers, None, None),
        Decoded::Linked { .. }
        | Decoded::Association { .. }
        | Decoded::Values(_)
        | Decoded::Part { .. }
        | Decoded::Ciphered
        | Decoded::Other(_) => return None,
    };
    if registers.is_empty() {
        return None;
    }
    let mut way = Way::new(Family::Dlms, BAUD);
    way.quirks.extend(quirk);
    let serial = serial(&registers);
    let clock = at.or_else(|| clock(&registers));
    registers.retain(|datum| !is_clock(datum.obis));
    Some(Readout {
        protocol: Protocol::Dlms,
        identity: serial.clone().unwrap_or_default(),
        serial,
        clock,
        registers,
        baud: BAUD,
        integrity: Integrity::Checked,
        retries: 0,
        way,
    })
}

/// The device's number, else the one under which the supplier knows it: x-x:0.0.0 and x-x:0.0.5.
fn serial(registers: &[Datum]) -> Option<String> {
    let number = |obis: Obis| obis == SERIAL.obis || (obis.c == 0 && obis.d == 0 && matches!(obis.e, 0 | 5));
    registers.iter().filter(|datum| number(datum.obis)).find_map(|datum| match &datum.value {
        Value::Text(text) => Some(text.clone()),
        Value::Number(_) => None,
    })
}

fn clock(registers: &[Datum]) -> Option<Civil> {
    registers.iter().find(|datum| is_clock(datum.obis))?.value.to_string().parse().ok()
}

/// The clock, on whatever channel.
fn is_clock(obis: Obis) -> bool {
    Obis { b: 0, ..obis } == CLOCK.obis
}
