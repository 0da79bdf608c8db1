//! What a reader says: the request, the option select and the wish for a repeat. IEC 62056-21, 6.3.

use std::{fmt, str::FromStr};

use super::parity;

pub(super) const SOH: u8 = 0x01;
pub(in crate::probe) const STX: u8 = 0x02;
pub(in crate::probe) const ETX: u8 = 0x03;
pub(super) const EOT: u8 = 0x04;
pub(super) const ACK: u8 = 0x06;
pub(super) const NAK: u8 = 0x15;
pub(in crate::probe) const LF: u8 = b'\n';

const ADDRESS_LENGTH_MAX: usize = 32;

/// The text cannot be a device address.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a device address has at most 32 letters, digits and blanks")]
pub struct AddressError;

/// The number under which one of several meters behind a probe or bus answers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Address(String);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let legal = text.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b' ');
        if text.is_empty() || text.len() > ADDRESS_LENGTH_MAX || !legal {
            return Err(AddressError);
        }
        Ok(Self(text.into()))
    }
}

/// `/?[address]!`, raw.
pub(super) fn request(address: Option<&Address>) -> Vec<u8> {
    let address = address.map_or("", |address| &address.0);
    parity::with_even(format!("/?{address}!\r\n").as_bytes())
}

/// What shall follow an identification.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mode {
    /// A list, by its number: 0 is the usual one, 6 to 9 are the maker's.
    List(u8),
    /// Commands.
    Programming,
    /// HDLC: mode E.
    Hdlc,
}

/// "Go on in this mode at this speed", raw.
pub(super) fn option_select(speed: u8, mode: Mode) -> Vec<u8> {
    let (protocol, mode) = match mode {
        Mode::List(list) => (b'0', list),
        Mode::Programming => (b'0', b'1'),
        Mode::Hdlc => (b'2', b'2'),
    };
    parity::with_even(&[ACK, protocol, speed, mode, b'\r', b'\n'])
}

/// "Say that again", raw.
pub(super) fn repeat() -> Vec<u8> {
    parity::with_even(&[NAK])
}

/// The block check character: all bytes after STX up to and with ETX, exclusive-or.
pub(in crate::probe) fn bcc(covered: &[u8]) -> u8 {
    covered.iter().fold(0, |sum, byte| sum ^ (byte & 0x7F))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stands_between_question_and_exclamation_mark() {
        let address: Address = "00 12Ab".parse().unwrap();
        let said: Vec<u8> = request(Some(&address)).iter().map(|byte| byte & 0x7F).collect();
        assert_eq!(said, b"/?00 12Ab!\r\n");
    }

    #[test]
    fn an_address_that_would_end_the_request_is_refused() {
        for text in ["", "12!", "1/2", "ä", "123456789012345678901234567890123"] {
            assert_eq!(text.parse::<Address>(), Err(AddressError), "{text:?}");
        }
    }

    #[test]
    fn the_check_character_is_the_exclusive_or() {
        assert_eq!(bcc(b"1.8.0(1)\r\n!\r\n\x03"), b'+');
    }
}
