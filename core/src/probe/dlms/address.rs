//! HDLC addresses: which of the meter's devices is asked, and by whom. IEC 62056-46, 6.4.2.

use std::{fmt, str::FromStr};

use super::cursor::Cursor;

/// The text is not an HDLC address.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not an HDLC address")]
pub struct AddressError;

/// The address of a station, in the form in which it stands in frames: one byte, two or four. A meter hears
/// only the form it was made for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Address {
    logical: u16,
    physical: Option<u16>,
    long: bool,
}

const SHORT_MAX: u16 = 0x7F;
const LONG_MAX: u16 = 0x3FFF;

impl Address {
    /// Whatever meter is there: the management device of every station, in four bytes.
    pub const ALL_STATIONS: Self = Self::four(1, LONG_MAX);
    /// The same in two bytes.
    pub const ALL_STATIONS_SHORT: Self = Self { logical: 1, physical: Some(SHORT_MAX), long: false };

    /// A logical device, or a client, in one byte. Only the low seven bits count.
    pub const fn one(logical: u8) -> Self {
        Self { logical: logical as u16 & SHORT_MAX, physical: None, long: false }
    }

    /// A logical and a physical device in two bytes, seven bits each.
    pub const fn two(logical: u8, physical: u8) -> Self {
        let (logical, physical) = (logical as u16 & SHORT_MAX, physical as u16 & SHORT_MAX);
        Self { logical, physical: Some(physical), long: false }
    }

    /// A logical and a physical device in four bytes, fourteen bits each.
    pub const fn four(logical: u16, physical: u16) -> Self {
        Self { logical: logical & LONG_MAX, physical: Some(physical & LONG_MAX), long: true }
    }

    /// What a meter at an optical head most probably hears, the best first.
    pub fn usual() -> Vec<Self> {
        vec![Self::ALL_STATIONS, Self::ALL_STATIONS_SHORT, Self::two(1, 17), Self::two(1, 16), Self::one(1)]
    }

    /// Whether every station hears it.
    pub const fn is_all_stations(self) -> bool {
        matches!((self.physical, self.long), (Some(LONG_MAX), true) | (Some(SHORT_MAX), false))
    }

    /// Whether what comes from `source` may be the answer of whom we asked here: meters answer in a longer or
    /// shorter form than they were asked in, and by their own name when all were asked.
    pub(super) fn may_answer_as(self, source: Self) -> bool {
        let physical = self.is_all_stations()
            || self.physical.zip(source.physical).is_none_or(|(asked, answers)| asked == answers);
        physical && self.logical == source.logical
    }

    pub(super) fn write(self, out: &mut Vec<u8>) {
        let seven = |value: u16| value.to_le_bytes()[0] << 1;
        match (self.physical, self.long) {
            (None, _) => out.push(seven(self.logical) | 1),
            (Some(physical), false) => out.extend([seven(self.logical), seven(physical) | 1]),
            (Some(physical), true) => out.extend([
                seven(self.logical >> 7),
                seven(self.logical),
                seven(physical >> 7),
                seven(physical) | 1,
            ]),
        }
    }

    /// The last byte of an address has its lowest bit set.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        let length = 1 + cursor.0.iter().take(4).position(|byte| byte & 1 == 1)?;
        let part = |byte: u8| u16::from(byte >> 1);
        match *cursor.take(length)? {
            [logical] => Some(Self { logical: part(logical), physical: None, long: false }),
            [logical, physical] => {
                Some(Self { logical: part(logical), physical: Some(part(physical)), long: false })
            }
            [a, b, c, d] => Some(Self::four((part(a) << 7) | part(b), (part(c) << 7) | part(d))),
            _ => None,
        }
    }
}

/// Both ends of a link: `1.17.16` is logical device 1 of physical device 17, asked by client 16. `1.16` leaves
/// out the physical device, `0001.0017.16` is the four-byte form.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Ends {
    /// The meter's.
    pub server: Address,
    /// Ours: the client that we come as.
    pub client: u8,
}

impl fmt::Display for Ends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Address { logical, physical, long } = self.server;
        match physical {
            None => write!(f, "{logical}.{}", self.client),
            Some(physical) if long => write!(f, "{logical:04}.{physical:04}.{}", self.client),
            Some(physical) => write!(f, "{logical}.{physical}.{}", self.client),
        }
    }
}

impl FromStr for Ends {
    type Err = AddressError;

    /// A number above 127, or one written with four digits, makes it the four-byte form.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let parts: Vec<&str> = text.split('.').collect();
        let (server, client) = match *parts.as_slice() {
            [logical, client] => (Address::one(number(logical, SHORT_MAX)?.to_le_bytes()[0]), client),
            [logical, physical, client] => {
                let (first, second) = (number(logical, LONG_MAX)?, number(physical, LONG_MAX)?);
                let long = logical.len().max(physical.len()) > 3 || first.max(second) > SHORT_MAX;
                (Address { logical: first, physical: Some(second), long }, client)
            }
            _ => return Err(AddressError),
        };
        Ok(Self { server, client: number(client, SHORT_MAX)?.to_le_bytes()[0] })
    }
}

fn number(text: &str, most: u16) -> Result<u16, AddressError> {
    if text.is_empty() || text.len() > 5 || !text.bytes().all(|letter| letter.is_ascii_digit()) {
        return Err(AddressError);
    }
    text.parse().ok().filter(|&number| number <= most).ok_or(AddressError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stand_in_frames_as_in_the_book() {
        check(Address::one(16), &[0x21]);
        check(Address::two(1, 17), &[0x02, 0x23]);
        check(Address::four(1, 17), &[0x00, 0x02, 0x00, 0x23]);
        check(Address::ALL_STATIONS, &[0x00, 0x02, 0xFE, 0xFF]);
        check(Address::ALL_STATIONS_SHORT, &[0x02, 0xFF]);
        for bytes in [&[][..], &[0x02], &[0x02, 0x02, 0x03], &[2, 2, 2, 2, 3]] {
            assert_eq!(Address::read(&mut Cursor(bytes)), None, "{bytes:02X?}");
        }
    }

    #[track_caller]
    fn check(address: Address, bytes: &[u8]) {
        let mut written = Vec::new();
        address.write(&mut written);
        assert_eq!(written, bytes);
        assert_eq!(Address::read(&mut Cursor(bytes)), Some(address));
    }

    #[test]
    fn both_ends_have_a_text_for_every_form() {
        for text in ["1.17.16", "1.16", "0001.0017.16", "0001.16383.1", "127.127.127", "0001.1234.32"] {
            assert_eq!(text.parse::<Ends>().unwrap().to_string(), text);
        }
        assert_eq!("1.1234.1".parse::<Ends>().unwrap().to_string(), "0001.1234.1");
        for text in ["", "1", "1.2.3.4", "1.17.128", "128.1", "1.16384.1", "1.+7.1", "a.b.c", "1..1"] {
            assert_eq!(text.parse::<Ends>(), Err(AddressError), "{text:?}");
        }
    }

    #[test]
    fn an_answer_may_come_in_another_form_but_not_from_another_station() {
        let asked = Address::two(1, 17);
        for (source, answers) in [
            (Address::two(1, 17), true),
            (Address::four(1, 17), true),
            (Address::one(1), true),
            (Address::two(1, 18), false),
            (Address::two(2, 17), false),
        ] {
            assert_eq!(asked.may_answer_as(source), answers, "{source:?}");
        }
        assert!(Address::ALL_STATIONS.may_answer_as(Address::two(1, 18)));
        assert!(Address::ALL_STATIONS_SHORT.may_answer_as(Address::four(1, 4_711)));
    }
}
