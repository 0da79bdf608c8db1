//! Frames, and how one is found in what a line delivers. DL/T 645-2007, 5.2.

use std::collections::VecDeque;

use super::{
    address::Address,
    limits::{FRAME_MAX, FRAME_MIN, WAKE},
};

const START: u8 = 0x68;
const END: u8 = 0x16;
/// Added to every byte of the content on the line.
const OFFSET: u8 = 0x33;
const FROM_METER: u8 = 0x80;
const REFUSED: u8 = 0x40;
const MORE: u8 = 0x20;
const FUNCTION: u8 = 0x1F;
/// From the start of a frame to its second start mark, and to the length.
const SECOND_START_AT: usize = 7;
const LENGTH_AT: usize = 9;

/// A frame in either direction.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Frame {
    pub(super) address: Address,
    pub(super) control: u8,
    /// Without the offset.
    pub(super) content: Vec<u8>,
}

impl Frame {
    /// As it is on the line, with the bytes that wake a meter before it.
    pub(super) fn encode(&self) -> Vec<u8> {
        let length = u8::try_from(self.content.len()).unwrap_or(u8::MAX);
        let content = self.content.iter().take(length.into()).map(|byte| byte.wrapping_add(OFFSET));
        let head = [[START].as_slice(), &self.address.wire(), &[START, self.control, length]].concat();
        let body: Vec<u8> = head.into_iter().chain(content).collect();
        let check = sum(&body);
        [WAKE.as_slice(), &body, &[check, END]].concat()
    }

    /// Not our own.
    pub(super) const fn is_from_meter(&self) -> bool {
        self.control & FROM_METER != 0
    }

    /// The meter says no; the content says why.
    pub(super) const fn is_refusal(&self) -> bool {
        self.control & REFUSED != 0
    }

    /// The rest comes in further frames.
    pub(super) const fn has_more(&self) -> bool {
        self.control & MORE != 0
    }

    /// What was asked for.
    pub(super) const fn function(&self) -> u8 {
        self.control & FUNCTION
    }

    /// The frame that begins with these bytes and fills them, if its marks, length and checksum are right.
    fn decode(bytes: &[u8]) -> Option<Self> {
        let &[START, a, b, c, d, e, f, START, control, length, ref rest @ ..] = bytes else { return None };
        let (content, tail) = rest.split_at_checked(length.into())?;
        let &[check, END] = tail else { return None };
        if sum(bytes.get(..bytes.len().checked_sub(2)?)?) != check {
            return None;
        }
        let content = content.iter().map(|byte| byte.wrapping_sub(OFFSET)).collect();
        Some(Self { address: Address::of_wire([a, b, c, d, e, f]), control, content })
    }
}

pub(super) fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, &byte| sum.wrapping_add(byte))
}

/// Looks for frames among echoes, junk and the bytes that wake a receiver. Every start mark is a chance: one
/// in junk, which promises a length that never comes, does not hide the frame behind it.
#[derive(Debug, Default)]
pub(super) struct Hunt {
    recent: VecDeque<u8>,
    /// Bytes that belong to no frame, as far as is known; and those of them that wake nobody.
    strays: usize,
    junk: usize,
}

impl Hunt {
    /// Takes a byte; answers the frame it completes.
    pub(super) fn push(&mut self, byte: u8) -> Option<Frame> {
        if self.recent.len() >= FRAME_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(byte);
        self.strays += 1;
        self.junk += usize::from(!is_wake(byte));
        if byte != END || self.recent.len() < FRAME_MIN {
            return None;
        }
        let recent = self.recent.make_contiguous();
        let (at, frame) = (0..=recent.len() - FRAME_MIN)
            .find_map(|at| recent.get(at..).and_then(Frame::decode).map(|frame| (at, frame)))?;
        let claimed = recent.iter().skip(at);
        self.strays = self.strays.saturating_sub(claimed.len());
        self.junk = self.junk.saturating_sub(claimed.filter(|&&byte| !is_wake(byte)).count());
        self.recent.clear();
        Some(frame)
    }

    /// Whether something has begun that may yet become a frame.
    pub(super) fn is_open(&self) -> bool {
        (0..self.recent.len()).any(|at| {
            let byte = |offset: usize| self.recent.get(at + offset).copied();
            byte(0) == Some(START)
                && byte(SECOND_START_AT).is_none_or(|second| second == START)
                && byte(LENGTH_AT)
                    .is_none_or(|length| at + FRAME_MIN + usize::from(length) > self.recent.len())
        })
    }

    /// Bytes that belong to no frame, since they were last forgotten.
    pub(super) const fn strays(&self) -> usize {
        self.strays
    }

    /// The same, without those that wake a receiver.
    pub(super) const fn junk(&self) -> usize {
        self.junk
    }

    /// What came before belongs to nobody any more.
    pub(super) const fn forget(&mut self) {
        self.strays = 0;
        self.junk = 0;
    }
}

const fn is_wake(byte: u8) -> bool {
    byte == WAKE[0]
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn sample() -> Frame {
        let address = "204617583902".parse().unwrap();
        Frame { address, control: 0x91, content: vec![0x00, 0x00, 0x01, 0x00, 0x47, 0x13, 0x05, 0x00] }
    }

    fn hunt(bytes: &[u8]) -> Vec<Frame> {
        let mut hunt = Hunt::default();
        bytes.iter().filter_map(|&byte| hunt.push(byte)).collect()
    }

    #[test]
    fn a_request_of_the_book_is_built_byte_by_byte() {
        let frame = Frame { address: Address::ANY, control: 0x13, content: vec![] };
        let sent = [0xFE, 0xFE, 0xFE, 0xFE, 0x68, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0x68, 0x13, 0x00, 0xDF];
        assert_eq!(frame.encode(), [sent.as_slice(), &[0x16]].concat());
    }

    #[test]
    fn wake_bytes_and_junk_are_passed_over_however_many_there_are() {
        let bare = &sample().encode()[4..];
        for before in [&[][..], &[0xFE], &[0xFE; 9], &[0x68, 0x16, 0x00], &[0x68; 7], &[0x68, 0xFE, 0x68]] {
            assert_eq!(hunt(&[before, bare, bare].concat()), [sample(), sample()], "{before:02X?}");
        }
    }

    #[test]
    fn a_false_start_that_promises_much_hides_nothing() {
        let promise = [0x68, 1, 2, 3, 4, 5, 6, 0x68, 0x91, 0xFF, 0x33, 0x16];
        assert_eq!(hunt(&[promise.as_slice(), &sample().encode()].concat()), [sample()]);
    }

    #[test]
    fn a_frame_under_way_is_known_and_so_is_what_belongs_to_none() {
        let mut hunt = Hunt::default();
        let said = sample().encode();
        assert!(!hunt.is_open());
        for &byte in [0x11, 0x22].iter().chain(&said[..said.len() - 1]) {
            assert_eq!(hunt.push(byte), None);
        }
        assert!(hunt.is_open());
        assert!(hunt.push(0x16).is_some() && !hunt.is_open());
        assert_eq!((hunt.strays(), hunt.junk()), (6, 2));
    }

    proptest! {
        #[test]
        fn one_wrong_bit_anywhere_is_no_frame(at in 4..24_usize, bit in 0..8_u32) {
            let mut said = sample().encode();
            prop_assert_eq!(said.len(), 24);
            said[at] ^= 1 << bit;
            prop_assert_eq!(hunt(&said), []);
        }

        #[test]
        fn frame_and_back(wire: [u8; 6], control: u8, content in vec(any::<u8>(), 0..201)) {
            let frame = Frame { address: Address::of_wire(wire), control, content };
            prop_assert_eq!(hunt(&frame.encode()), [frame]);
        }

        #[test]
        fn arbitrary_bytes_stay_within_bounds(said in vec(any::<u8>(), 0..2_000)) {
            let mut hunt = Hunt::default();
            for byte in said {
                hunt.push(byte);
                prop_assert!(hunt.recent.len() <= FRAME_MAX);
                hunt.is_open();
            }
        }
    }
}
