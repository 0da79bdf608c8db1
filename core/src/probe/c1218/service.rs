//! The services of PSEM: what a reader may ask for, and what a meter answers. ANSI C12.18, layer 7.
//!
//! Services that write a table, or start a procedure by writing one, are not here.

use std::fmt;

use super::limits::{ANSWER_BYTES_MAX, PACKET_BASE, PACKET_BYTES_MAX, PACKET_FRAME};
use crate::probe::keys::Keys;

const IDENTIFY: u8 = 0x20;
const TERMINATE: u8 = 0x21;
const READ: u8 = 0x30;
const READ_BY_OFFSET: u8 = 0x3F;
const LOGON: u8 = 0x50;
const SECURITY: u8 = 0x51;
const LOGOFF: u8 = 0x52;
const NEGOTIATE: u8 = 0x60;

const NAME_LENGTH: usize = 10;
const PASSWORD_LENGTH: usize = 20;

/// The last speed that the book has a code for; what makers have added is understood, but not asked for.
const LAST_SPEED: u8 = 0x0A;
/// The speeds that can be agreed on, with their codes.
const SPEEDS: [(u32, u8); 12] = [
    (300, 0x01),
    (600, 0x02),
    (1_200, 0x03),
    (2_400, 0x04),
    (4_800, 0x05),
    (9_600, 0x06),
    (14_400, 0x07),
    (19_200, 0x08),
    (28_800, 0x09),
    (38_400, 0x0B),
    (57_600, 0x0A),
    (115_200, 0x0C),
];

/// What a reader says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Request {
    /// Who are you?
    Identify,
    /// The conversation is over.
    Terminate,
    /// A whole table.
    Read {
        /// Its number.
        table: u16,
    },
    /// A piece of a table.
    ReadPart {
        /// Its number.
        table: u16,
        /// Where the piece begins, in bytes; three bytes of it count.
        offset: u32,
        /// How many bytes.
        count: u16,
    },
    /// Somebody is there.
    Logon,
    /// A password, which is not kept.
    Security,
    /// Nobody is there any more.
    Logoff,
    /// Longer packets, or another speed.
    Negotiate,
    /// Something that no reader of ours says.
    Other(u8),
}

impl Request {
    /// Understands a captured message; nothing where it is empty.
    pub(super) fn of_message(message: &[u8]) -> Option<Self> {
        let (&code, rest) = message.split_first()?;
        Some(match (code, rest) {
            (IDENTIFY, _) => Self::Identify,
            (TERMINATE, _) => Self::Terminate,
            (READ, &[high, low]) => Self::Read { table: u16::from_be_bytes([high, low]) },
            (READ_BY_OFFSET, &[high, low, o2, o1, o0, c1, c0]) => Self::ReadPart {
                table: u16::from_be_bytes([high, low]),
                offset: u32::from_be_bytes([0, o2, o1, o0]),
                count: u16::from_be_bytes([c1, c0]),
            },
            (LOGON, _) => Self::Logon,
            (SECURITY, _) => Self::Security,
            (LOGOFF, _) => Self::Logoff,
            (NEGOTIATE..=0x6B, _) => Self::Negotiate,
            (other, _) => Self::Other(other),
        })
    }
}

pub(super) fn identify() -> Vec<u8> {
    vec![IDENTIFY]
}

pub(super) fn terminate() -> Vec<u8> {
    vec![TERMINATE]
}

pub(super) fn logoff() -> Vec<u8> {
    vec![LOGOFF]
}

pub(super) fn read(table: u16) -> Vec<u8> {
    let [high, low] = table.to_be_bytes();
    vec![READ, high, low]
}

/// At most 16 MiB into a table, which is all that three bytes can say.
pub(super) fn read_part(table: u16, offset: u32, count: u16) -> Vec<u8> {
    let ([high, low], [_, o2, o1, o0], [c1, c0]) =
        (table.to_be_bytes(), offset.to_be_bytes(), count.to_be_bytes());
    vec![READ_BY_OFFSET, high, low, o2, o1, o0, c1, c0]
}

/// Longer packets, and one of the speeds up to this, the highest first.
pub(super) fn negotiate(packets: u8, fastest: u32, base: u32) -> Vec<u8> {
    let wanted = SPEEDS.iter().rev().filter(|(baud, _)| (base..=fastest.max(base)).contains(baud));
    let codes: Vec<u8> = wanted.map(|&(_, code)| code).filter(|&code| code <= LAST_SPEED).collect();
    // As many codes as follow; eleven fit, and the book has ten speeds.
    let count = u8::try_from(codes.len()).unwrap_or_default();
    let mut message = vec![NEGOTIATE + count];
    message.extend(PACKET_BYTES_MAX.to_be_bytes());
    message.push(packets);
    message.extend(codes);
    message
}

/// With a name of at most ten characters.
pub(super) fn logon(user: u16, name: &str) -> Vec<u8> {
    let mut message = vec![LOGON];
    message.extend(user.to_be_bytes());
    message.extend(padded(name.as_bytes(), NAME_LENGTH, b' '));
    message
}

/// With a password of at most twenty characters, filled up with blanks, or of forty hexadecimal digits;
/// nothing where the password at hand is neither.
pub(super) fn security(keys: &Keys) -> Option<Vec<u8>> {
    let password = keys.password.as_deref()?;
    let bytes = match password.len() {
        0..=PASSWORD_LENGTH => padded(password.as_bytes(), PASSWORD_LENGTH, b' '),
        _ => of_hex(password).filter(|bytes| bytes.len() == PASSWORD_LENGTH)?,
    };
    Some([&[SECURITY][..], &bytes].concat())
}

fn padded(bytes: &[u8], length: usize, with: u8) -> Vec<u8> {
    bytes.iter().copied().chain(std::iter::repeat(with)).take(length).collect()
}

fn of_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let digit = |letter: u8| char::from(letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}

/// The first byte of an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Code {
    /// Done.
    Ok,
    /// Refused, for no reason that is told.
    Error,
    /// The meter does not know the service.
    NotSupported,
    /// A password is wanted, or a better one.
    NotSecure,
    /// It cannot be done.
    NotPossible,
    /// It does not fit what is there.
    Inappropriate,
    /// The meter has no time.
    Busy,
    /// The figures are not there yet.
    NotReady,
    /// The figures are locked.
    Locked,
    /// What was agreed on is to be agreed on anew.
    Renegotiate,
    /// Not now: another service comes first.
    OutOfSequence,
    /// Nothing that the book knows.
    Other(u8),
}

impl From<u8> for Code {
    fn from(byte: u8) -> Self {
        match byte {
            0x00 => Self::Ok,
            0x01 => Self::Error,
            0x02 => Self::NotSupported,
            0x03 => Self::NotSecure,
            0x04 => Self::NotPossible,
            0x05 => Self::Inappropriate,
            0x06 => Self::Busy,
            0x07 => Self::NotReady,
            0x08 => Self::Locked,
            0x09 => Self::Renegotiate,
            0x0A => Self::OutOfSequence,
            other => Self::Other(other),
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(byte) => write!(f, "code {byte}"),
            Self::Ok => f.write_str("ok"),
            Self::Error => f.write_str("error"),
            Self::NotSupported => f.write_str("service not supported"),
            Self::NotSecure => f.write_str("insufficient security"),
            Self::NotPossible => f.write_str("not possible"),
            Self::Inappropriate => f.write_str("inappropriate"),
            Self::Busy => f.write_str("busy"),
            Self::NotReady => f.write_str("not ready"),
            Self::Locked => f.write_str("locked"),
            Self::Renegotiate => f.write_str("renegotiate"),
            Self::OutOfSequence => f.write_str("out of sequence"),
        }
    }
}

/// The code of an answer and what is behind it; nothing where the answer is empty.
pub(super) fn code(message: &[u8]) -> Option<(Code, &[u8])> {
    message.split_first().map(|(&code, rest)| (code.into(), rest))
}

/// Whether this is what can follow the good answer to an identification: standard, version, revision,
/// features, and the end of their list.
pub(super) fn is_identification(rest: &[u8]) -> bool {
    matches!(rest, [_standard, _version, _revision, .., 0] | [_standard, _version, _revision])
}

/// What was agreed on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Agreed {
    /// Bytes of the longest packet.
    pub(super) packet: usize,
    /// Packets of one answer.
    pub(super) packets: usize,
    /// The speed, where one was named that we know.
    pub(super) baud: Option<u32>,
}

impl Agreed {
    /// What holds until something is agreed on.
    pub(super) const BASE: Self = Self { packet: PACKET_BASE, packets: 1, baud: None };

    /// Understands what is behind the code of a good answer to a negotiation.
    pub(super) fn of_answer(rest: &[u8]) -> Option<Self> {
        let (&[high, low, packets], rest) = rest.split_first_chunk::<3>()?;
        let packet =
            u16::from_be_bytes([high, low]).clamp(u16::try_from(PACKET_BASE).ok()?, PACKET_BYTES_MAX);
        let named = rest.first().and_then(|&code| SPEEDS.iter().find(|(_, known)| *known == code));
        Some(Self {
            packet: packet.into(),
            packets: usize::from(packets.max(1)),
            baud: named.map(|&(baud, _)| baud),
        })
    }

    /// How many bytes of a table fit into one answer: there are code, count and checksum around them.
    pub(super) fn capacity(self) -> usize {
        ((self.packet - PACKET_FRAME) * self.packets).min(ANSWER_BYTES_MAX) - AROUND_TABLE
    }
}

const AROUND_TABLE: usize = 4;

/// The bytes of a table, from what is behind the code of a good answer; nothing where count or checksum is
/// wrong.
pub(super) fn table(rest: &[u8]) -> Option<&[u8]> {
    let (count, rest) = rest.split_first_chunk::<2>()?;
    let (&sum, data) = rest.split_last()?;
    let right = data.iter().fold(sum, |sum, &byte| sum.wrapping_add(byte)) == 0;
    (right && data.len() == usize::from(u16::from_be_bytes(*count))).then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_written_as_the_book_has_them() {
        assert_eq!(negotiate(128, 9_600, 9_600), [0x61, 4, 0, 128, 6]);
        assert_eq!(negotiate(1, 300, 9_600), [0x61, 4, 0, 1, 6]);
        assert_eq!(negotiate(12, 57_600, 9_600), [0x65, 4, 0, 12, 0x0A, 9, 8, 7, 6]);
        assert_eq!(negotiate(1, u32::MAX, 300).len(), 14);
        assert_eq!(read(0x0817), [0x30, 8, 0x17]);
        assert_eq!(read_part(64, 0x01_02_03, 0x1FF), [0x3F, 0, 64, 1, 2, 3, 1, 0xFF]);
        assert_eq!(logon(2, "reader"), *b"\x50\x00\x02reader    ");
    }

    #[test]
    fn a_password_is_filled_up_or_given_in_hexadecimal_digits() {
        let says = |password: &str| security(&Keys { password: Some(password.into()), ..Keys::default() });
        assert_eq!(says("00000000"), Some(b"\x5100000000            ".to_vec()));
        assert_eq!(says(&"A5".repeat(20)), Some([&[0x51][..], &[0xA5; 20]].concat()));
        assert_eq!((says(&"G5".repeat(20)), says(&"5".repeat(21))), (None, None));
        assert_eq!(security(&Keys::default()), None);
    }

    #[test]
    fn captured_requests_are_understood() {
        for (message, request) in [
            (identify(), Request::Identify),
            (read(23), Request::Read { table: 23 }),
            (read_part(64, 70_000, 300), Request::ReadPart { table: 64, offset: 70_000, count: 300 }),
            (negotiate(1, 9_600, 9_600), Request::Negotiate),
            (vec![0x40, 0, 7, 0, 0], Request::Other(0x40)),
        ] {
            assert_eq!(Request::of_message(&message), Some(request));
        }
    }

    #[test]
    fn what_was_agreed_on_is_held_to_what_we_asked_for() {
        let agreed = |bytes: &[u8]| Agreed::of_answer(bytes);
        assert_eq!(agreed(&[4, 0, 2, 6]).map(Agreed::capacity), Some(1_016 * 2 - 4));
        assert_eq!(agreed(&[4, 0, 0x80, 6]).map(Agreed::capacity), Some(ANSWER_BYTES_MAX - 4));
        assert_eq!(agreed(&[0xFF, 0xFF, 0]), Some(Agreed { packet: 1_024, packets: 1, baud: None }));
        assert_eq!(agreed(&[0, 1, 1, 99]), Some(Agreed::BASE));
        assert_eq!(agreed(&[4, 0]), None);
        assert_eq!(Agreed::BASE.capacity(), 52);
    }

    #[test]
    fn a_table_is_held_to_its_count_and_checksum() {
        assert_eq!(table(&[0, 2, 0x70, 0x95, 0xFB]), Some(&[0x70, 0x95][..]));
        assert_eq!(table(&[0, 0, 0]), Some(&[][..]));
        for wrong in [&[0, 2, 0x70, 0x95, 0xFA][..], &[0, 1, 0x70, 0x95, 0xFB], &[0, 2], &[]] {
            assert_eq!(table(wrong), None);
        }
    }
}
