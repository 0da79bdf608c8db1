//! HDLC frames of type 3: taken from the line by their length, believed by their checksum. IEC 62056-46, 6.4.
//!
//! Nothing is stuffed, so flags occur inside frames. Every flag that a frame type follows is tried as a beginning,
//! so that a frame cut short (the echo of some heads) does not swallow the next one.

use super::{address::Address, cursor::Cursor};
use crate::probe::crc;

/// Begins and ends a frame; one may do both.
pub(super) const FLAG: u8 = 0x7E;
/// Frame type 3 in the upper four bits of the format.
const TYPE: u8 = 0xA0;
const SEGMENTED: u8 = 0x08;
/// Format, two addresses, control, checksum.
const LENGTH_MIN: usize = 7;
/// Eleven bits of length and two flags.
pub(super) const FRAME_BYTES_MAX: usize = 0x7FF + 2;
/// Beginnings on trial at a time. An honest frame has a few flags inside that look like one.
const STARTS_MAX: usize = 32;
const POLL: u8 = 0x10;

/// What a frame is for, with the numbers of its sender.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Control {
    /// Information: its own number, and the number of the frame that is expected next.
    I { send: u8, receive: u8 },
    /// Ready to receive the frame of this number.
    Rr { receive: u8 },
    /// Not ready, though it has received what came before this number.
    Rnr { receive: u8 },
    /// Opens a link.
    Snrm,
    /// Agrees to SNRM or DISC.
    Ua,
    /// Closes a link.
    Disc,
    /// There is no link.
    Dm,
    /// The frame before made no sense.
    Frmr,
    /// Information outside of a link.
    Ui,
}

impl Control {
    const fn byte(self) -> u8 {
        POLL | match self {
            Self::I { send, receive } => ((receive & 7) << 5) | ((send & 7) << 1),
            Self::Rr { receive } => ((receive & 7) << 5) | 0x01,
            Self::Rnr { receive } => ((receive & 7) << 5) | 0x05,
            Self::Snrm => 0x83,
            Self::Ua => 0x63,
            Self::Disc => 0x43,
            Self::Dm => 0x0F,
            Self::Frmr => 0x87,
            Self::Ui => 0x03,
        }
    }

    const fn of(byte: u8) -> Option<Self> {
        let (send, receive) = ((byte >> 1) & 7, byte >> 5);
        Some(match byte & !POLL {
            _ if byte & 0x01 == 0 => Self::I { send, receive },
            _ if byte & 0x0F == 0x01 => Self::Rr { receive },
            _ if byte & 0x0F == 0x05 => Self::Rnr { receive },
            0x83 => Self::Snrm,
            0x63 => Self::Ua,
            0x43 => Self::Disc,
            0x0F => Self::Dm,
            0x87 => Self::Frmr,
            0x03 => Self::Ui,
            _ => return None,
        })
    }
}

/// A frame whose checksums are right.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Frame<'a> {
    pub(super) destination: Address,
    pub(super) source: Address,
    pub(super) control: Control,
    /// More of the same message follows.
    pub(super) segmented: bool,
    /// The sender waits for an answer.
    pub(super) is_final: bool,
    pub(super) information: &'a [u8],
}

/// Whether what a session sends ends its link.
pub(in crate::probe) fn is_goodbye(sent: &[u8]) -> bool {
    let content = sent.strip_prefix(&[FLAG]).and_then(|rest| rest.strip_suffix(&[FLAG]));
    content.and_then(Frame::read).is_some_and(|frame| frame.control == Control::Disc)
}

impl<'a> Frame<'a> {
    /// Reads what stands between two flags.
    pub(super) fn read(content: &'a [u8]) -> Option<Self> {
        let (body, check) = content.split_last_chunk::<2>()?;
        let (format, rest) = body.split_first_chunk::<2>()?;
        if format[0] & 0xF0 != TYPE || crc::x25(body) != u16::from_le_bytes(*check) {
            return None;
        }
        let mut cursor = Cursor(rest);
        let (destination, source) = (Address::read(&mut cursor)?, Address::read(&mut cursor)?);
        let control = cursor.byte()?;
        let head = body.get(..body.len() - cursor.0.len())?;
        if !cursor.is_empty() && crc::x25(head) != u16::from_le_bytes(cursor.array()?) {
            return None;
        }
        Some(Self {
            destination,
            source,
            control: Control::of(control)?,
            segmented: format[0] & SEGMENTED != 0,
            is_final: control & POLL != 0,
            information: cursor.0,
        })
    }

    /// As it goes out, flags included.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = vec![FLAG, 0, 0];
        self.destination.write(&mut out);
        self.source.write(&mut out);
        out.push(self.control.byte());
        let checks = if self.information.is_empty() { 2 } else { 4 };
        let length = u16::try_from(out.len() - 1 + self.information.len() + checks).unwrap_or(u16::MAX);
        let [high, low] = length.to_be_bytes();
        let segmented = if self.segmented { SEGMENTED } else { 0 };
        for (place, byte) in out.iter_mut().skip(1).zip([TYPE | segmented | (high & 0x07), low]) {
            *place = byte;
        }
        if !self.information.is_empty() {
            seal(&mut out);
            out.extend_from_slice(self.information);
        }
        seal(&mut out);
        out.push(FLAG);
        out
    }
}

/// Puts the checksum over all since the flag behind it.
fn seal(out: &mut Vec<u8>) {
    let check = crc::x25(out.get(1..).unwrap_or_default());
    out.extend(check.to_le_bytes());
}

/// What one more byte made of a stream.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Found {
    /// Nothing yet.
    Nothing,
    /// Something that looked like a frame is none.
    Damaged,
    /// The content of a frame whose checksum is right.
    Frame(Vec<u8>),
}

/// Finds frames in a stream of bytes.
#[derive(Debug, Default)]
pub(super) struct Framer {
    held: Vec<u8>,
    /// Where frames may begin: the places of their flags.
    starts: Vec<usize>,
}

impl Framer {
    /// Whether a frame may be under way.
    pub(super) fn is_open(&self) -> bool {
        !self.starts.is_empty()
    }

    /// Bytes in memory.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.held.capacity() + self.starts.capacity() * size_of::<usize>()
    }

    /// Takes one byte.
    pub(super) fn push(&mut self, byte: u8) -> Found {
        let at = self.held.len();
        if self.held.last() == Some(&FLAG) && byte & 0xF0 == TYPE && self.starts.len() < STARTS_MAX {
            self.starts.push(at - 1);
        }
        self.held.push(byte);
        let mut found = Found::Nothing;
        let mut starts = std::mem::take(&mut self.starts);
        starts.retain(|&start| match self.ends_at(start) {
            Some(end) if at > end || (at == end && byte != FLAG) => {
                found = Found::Damaged;
                false
            }
            Some(end) if at == end => {
                let content = self.held.get(start + 1..end).unwrap_or_default();
                if !matches!(found, Found::Frame(_)) {
                    let good = Frame::read(content).is_some();
                    found = if good { Found::Frame(content.to_vec()) } else { Found::Damaged };
                }
                false
            }
            Some(_) | None => true,
        });
        if matches!(found, Found::Frame(_)) {
            starts.clear();
        }
        match starts.first().copied() {
            Some(0) => {}
            Some(first) => {
                self.held.drain(..first);
                starts.iter_mut().for_each(|start| *start -= first);
            }
            // The flag that ended a frame may begin the next.
            None => {
                self.held.clear();
                self.held.extend((byte == FLAG).then_some(FLAG));
            }
        }
        self.starts = starts;
        found
    }

    /// Where the flag behind the frame that begins at `start` must be, once its length is known.
    fn ends_at(&self, start: usize) -> Option<usize> {
        let (high, low) = (self.held.get(start + 1)?, self.held.get(start + 2)?);
        let length = (usize::from(high & 0x07) << 8) | usize::from(*low);
        Some(if length < LENGTH_MIN { start } else { start + 1 + length })
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn frame(information: &[u8]) -> Frame<'_> {
        Frame {
            destination: Address::one(16),
            source: Address::two(1, 17),
            control: Control::I { send: 2, receive: 5 },
            segmented: true,
            is_final: true,
            information,
        }
    }

    fn found(bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut framer = Framer::default();
        let frames = bytes.iter().filter_map(|&byte| match framer.push(byte) {
            Found::Frame(content) => Some(content),
            Found::Nothing | Found::Damaged => None,
        });
        frames.collect()
    }

    #[test]
    fn control_bytes_are_those_of_the_book() {
        for (control, byte) in [
            (Control::Snrm, 0x93),
            (Control::Ua, 0x73),
            (Control::Disc, 0x53),
            (Control::Dm, 0x1F),
            (Control::Frmr, 0x97),
            (Control::Ui, 0x13),
            (Control::Rr { receive: 1 }, 0x31),
            (Control::I { send: 0, receive: 0 }, 0x10),
            (Control::I { send: 1, receive: 2 }, 0x52),
        ] {
            assert_eq!((control.byte(), Control::of(byte)), (byte, Some(control)));
        }
    }

    #[test]
    fn an_empty_snrm_is_the_known_one() {
        let snrm = Frame {
            destination: Address::two(1, 17),
            source: Address::one(16),
            control: Control::Snrm,
            segmented: false,
            is_final: true,
            information: &[],
        };
        let bytes = snrm.write();
        assert_eq!(bytes[..7], [0x7E, 0xA0, 0x08, 0x02, 0x23, 0x21, 0x93]);
        assert_eq!(found(&bytes), [bytes[1..bytes.len() - 1].to_vec()]);
    }

    #[test]
    fn two_frames_may_share_a_flag_and_flags_may_stand_inside() {
        let (one, other) = (frame(&[0x7E, 0xA0, 0x7E, 0x7E, 0xA7]).write(), frame(&[1, 2]).write());
        let mut line = vec![0x00, 0x7E, 0x7E];
        line.extend(&one);
        line.extend(&other[1..]);
        assert_eq!(found(&line).len(), 2);
    }

    #[test]
    fn a_frame_that_was_cut_short_does_not_swallow_the_next() {
        let (echo, answer) = (frame(&[7; 60]).write(), frame(&[1, 2]).write());
        for cut in 0..echo.len() {
            let line = [&echo[..cut], &answer].concat();
            assert!(found(&line).contains(&answer[1..answer.len() - 1].to_vec()), "{cut}");
        }
    }

    proptest! {
        #[test]
        fn a_frame_comes_back_as_it_was_written(information in vec(any::<u8>(), 0..300), junk in vec(any::<u8>(), 0..40)) {
            let bytes = frame(&information).write();
            prop_assert_eq!(Frame::read(&bytes[1..bytes.len() - 1]), Some(frame(&information)));
            let line = [junk, bytes.clone()].concat();
            prop_assert!(found(&line).contains(&bytes[1..bytes.len() - 1].to_vec()));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn whatever_comes_no_more_is_held_than_a_frame(bytes in vec(prop_oneof![Just(0x7E), Just(0xA7), any::<u8>()], 0..6_000)) {
            let mut framer = Framer::default();
            for byte in bytes {
                framer.push(byte);
                prop_assert!(framer.held.len() <= FRAME_BYTES_MAX && framer.starts.len() <= STARTS_MAX);
            }
        }
    }
}
