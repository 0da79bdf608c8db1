//! From SML's values to registers, and the meter's number in the form that is printed on it.

use super::{
    element::{Element, signed, unsigned},
    message::{Entry, Telegram},
};
use crate::{
    decimal::Decimal,
    obis::Obis,
    probe::{
        port::Settings,
        readout::{Datum, Integrity, Protocol, Readout, Value},
        way::{Family, Quirk, Way},
    },
    quantity::Unit,
};

/// Where meters write who made them.
const MAKERS: [Obis; 2] = [obis([129, 129, 199, 130, 3, 255]), obis([1, 0, 96, 50, 1, 1])];
/// Where meters keep their number, the best first.
const SERIALS: [Obis; 5] = [
    obis([1, 0, 96, 1, 0, 255]),
    obis([0, 0, 96, 1, 0, 255]),
    obis([1, 0, 0, 0, 0, 255]),
    obis([1, 0, 0, 0, 9, 255]),
    obis([0, 0, 96, 1, 255, 255]),
];
/// The sum of active power of all phases.
const POWER: Obis = obis([1, 0, 16, 7, 0, 255]);

/// DZG's DVS74 with these numbers write a power without sign as a number with one, in as few bytes as it takes.
/// Found out by the makers of libsml.
const UNSIGNED_POWER: [std::ops::RangeInclusive<u32>; 2] = [42_000_000..=48_999_999, 55_000_000..=58_999_999];
/// What is really negative they write in four bytes.
const UNSIGNED_POWER_BYTES_MAX: usize = 3;

/// Puts the readout together; nothing, where no register holds a number.
pub(super) fn readout(telegram: &Telegram<'_>, settings: Settings) -> Option<Readout> {
    let unsigned_power = has_unsigned_power(telegram.server);
    let registers: Vec<Datum> =
        telegram.entries.iter().filter_map(|entry| datum(entry, unsigned_power)).collect();
    if !registers.iter().any(|datum| matches!(datum.value, Value::Number(_))) {
        return None;
    }
    let serial = serial(telegram);
    let mut way = Way::new(Family::Sml, settings.baud);
    way.quirks.insert(Quirk::Pushes);
    way.quirks.extend(telegram.tolerated.then_some(Quirk::WrongCheck));
    let integrity = if telegram.tolerated { Integrity::Tolerated } else { Integrity::Checked };
    Some(Readout {
        protocol: Protocol::Sml,
        identity: maker(&registers).or_else(|| serial.clone()).unwrap_or_default(),
        serial,
        clock: telegram.clock,
        registers,
        baud: settings.baud,
        integrity,
        retries: 0,
        way,
    })
}

/// The register, unless it has no value.
fn datum(entry: &Entry<'_>, unsigned_power: bool) -> Option<Datum> {
    let number = |raw: i128| {
        let exact = i64::try_from(raw).ok().and_then(|raw| Decimal::of_power(raw, entry.scaler).ok());
        // What no decimal of ours can hold is still shown.
        exact.map_or_else(|| Value::Text(format!("{raw}e{}", entry.scaler)), Value::Number)
    };
    let value = match entry.value {
        // Left out: the meter has the register but no value for it.
        Element::Octets([]) => return None,
        Element::Octets(octets) => Value::Text(text(octets)),
        Element::Flag(flag) => Value::Text(flag.to_string()),
        Element::Signed(content)
            if unsigned_power && entry.name == POWER && content.len() <= UNSIGNED_POWER_BYTES_MAX =>
        {
            number(unsigned(content).into())
        }
        Element::Signed(content) => number(signed(content).into()),
        Element::Unsigned(content) => number(unsigned(content).into()),
        Element::List(_) | Element::End => return None,
    };
    let unit = entry.unit.and_then(Unit::of_code);
    Some(Datum { obis: entry.name, value, unit, at: entry.at })
}

fn maker(registers: &[Datum]) -> Option<String> {
    MAKERS.iter().find_map(|maker| {
        let found = registers.iter().find(|datum| datum.obis == *maker)?;
        Some(found.value.to_string())
    })
}

/// The first number that is not blank; at last that of whoever speaks.
fn serial(telegram: &Telegram<'_>) -> Option<String> {
    let named =
        SERIALS.iter().flat_map(|name| telegram.entries.iter().filter(move |entry| entry.name == *name));
    let octets = named.filter_map(|entry| match entry.value {
        Element::Octets(octets) => Some(octets),
        Element::Flag(_) | Element::Signed(_) | Element::Unsigned(_) | Element::List(_) | Element::End => {
            None
        }
    });
    octets
        .chain([telegram.server])
        .map(printed)
        .find(|text| text.bytes().any(|letter| !b" 0-".contains(&letter)))
}

/// A number as it is printed on the meter.
fn printed(octets: &[u8]) -> String {
    din_43863_5(octets).unwrap_or_else(|| text(octets))
}

/// The form of DIN 43863-5 for electricity: medium, maker, block in two hexadecimal digits and eight decimal
/// ones, `1EMH0012345678`. As bytes it is `0A 01`, the maker, the block and a number; `09 01` of older meters says
/// the same.
fn din_43863_5(octets: &[u8]) -> Option<String> {
    let (&[0x09 | 0x0A, 1, ref maker @ .., block], number) = octets.split_last_chunk::<4>()? else {
        return None;
    };
    let number = u32::from_be_bytes(*number);
    let maker = std::str::from_utf8(maker).ok().filter(|maker| maker.len() == 3)?;
    let legal = maker.bytes().all(|letter| letter.is_ascii_uppercase()) && number < 100_000_000;
    legal.then(|| format!("1{maker}{block:02X}{number:08}"))
}

/// Printable characters as they are, without blanks around them; anything else in hexadecimal.
fn text(octets: &[u8]) -> String {
    match std::str::from_utf8(octets) {
        Ok(text) if text.bytes().all(|letter| matches!(letter, b' '..=b'~')) => text.trim().into(),
        _ => octets.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]).map(hex).collect(),
    }
}

fn hex(digit: u8) -> char {
    char::from_digit(digit.into(), 16).map_or('?', |letter| letter.to_ascii_uppercase())
}

fn has_unsigned_power(server: &[u8]) -> bool {
    let Some((b"\x0A\x01DZG\0", number)) = server.split_last_chunk::<4>() else { return false };
    UNSIGNED_POWER.iter().any(|range| range.contains(&u32::from_be_bytes(*number)))
}

const fn obis([a, b, c, d, e, f]: [u8; 6]) -> Obis {
    Obis { a, b, c, d, e, f }
}
