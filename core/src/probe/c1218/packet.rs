//! The packet of ANSI C12.18, `EE`, identity, control, sequence, length, data, check: how it is written, and
//! how it is found among acknowledgements, echoes and junk.

use super::limits::{PACKET_BYTES_MAX, PACKET_FRAME};
use crate::probe::crc::x25;

/// Begins every packet.
const START: u8 = 0xEE;
/// A packet has come, whole.
pub(super) const ACK: u8 = 0x06;
/// A packet has come, damaged.
pub(super) const NAK: u8 = 0x15;

/// In the control byte: one of several packets of one message.
const SEVERAL: u8 = 0x80;
/// In the control byte: the first of them.
const FIRST: u8 = 0x40;
/// In the control byte: the other way round in every new packet.
const TOGGLE: u8 = 0x20;

/// Start, identity, control, sequence and length.
const HEAD: usize = 6;
/// All services have codes from here on, all answers have less.
const SERVICES_FROM: u8 = 0x20;

/// One packet, its check right.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Packet {
    /// The control byte.
    control: u8,
    /// How many packets of the message are still to come.
    pub(super) to_come: u8,
    /// A message or a piece of one.
    pub(super) data: Vec<u8>,
    /// Its check.
    pub(super) check: u16,
}

impl Packet {
    /// One of several packets of one message.
    pub(super) const fn is_piece(&self) -> bool {
        self.control & SEVERAL != 0
    }

    /// A message begins with it.
    pub(super) const fn is_first(&self) -> bool {
        !self.is_piece() || self.control & FIRST != 0
    }

    /// Differs from one packet to the next.
    pub(super) const fn toggle(&self) -> bool {
        self.control & TOGGLE != 0
    }

    /// A reader said it, not a meter.
    pub(super) fn is_request(&self) -> bool {
        self.is_first() && self.data.first().is_some_and(|&code| code >= SERVICES_FROM)
    }
}

/// A message that fits into one packet, with everything around it. All that a reader says does.
pub(super) fn single(toggle: bool, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut bytes = vec![START, 0, if toggle { TOGGLE } else { 0 }, 0];
    bytes.extend(length);
    bytes.extend(data);
    bytes.extend(x25(&bytes).to_le_bytes());
    bytes
}

/// What was found on the line.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Heard {
    /// An acknowledgement.
    Ack,
    /// The wish for a repeat.
    Nak,
    /// A packet whose check is right.
    Packet(Packet),
    /// Something that began like a packet and is none.
    Damaged,
}

/// Finds what is said. Everything after a false start is looked at again.
#[derive(Debug, Default)]
pub(super) struct Hunt {
    /// Never longer than one packet: what cannot become one is dropped at once.
    buffer: Vec<u8>,
    /// What we said last, which a head may hand back, whole or not.
    own: Vec<u8>,
}

impl Hunt {
    /// Drops what is left of before, because we have just said this.
    pub(super) fn after(&mut self, own: &[u8]) {
        self.buffer.clear();
        self.own = own.iter().copied().skip_while(|&byte| byte != START).collect();
    }

    /// Takes one byte; ask for what it brought with [`Self::next`].
    pub(super) fn push(&mut self, byte: u8) {
        self.buffer.push(byte);
    }

    /// What has been found, one after another.
    pub(super) fn next(&mut self) -> Option<Heard> {
        loop {
            match *self.buffer.first()? {
                START => match look(&self.buffer) {
                    Look::Whole(packet, length) => {
                        self.buffer.drain(..length);
                        return Some(Heard::Packet(packet));
                    }
                    Look::Wrong => {
                        self.buffer.remove(0);
                        return Some(Heard::Damaged);
                    }
                    Look::Open if self.is_cut_echo() => {
                        self.buffer.remove(0);
                    }
                    Look::Open => return None,
                },
                other => {
                    self.buffer.remove(0);
                    match other {
                        ACK => return Some(Heard::Ack),
                        NAK => return Some(Heard::Nak),
                        _ => {}
                    }
                }
            }
        }
    }

    /// A packet has begun and is not yet whole.
    pub(super) fn is_open(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// Nothing more comes of the packet that has begun.
    pub(super) fn give_up(&mut self) {
        if self.is_open() {
            self.buffer.remove(0);
        }
    }

    /// What looks like our own packet ends in a whole one: the head handed back only the beginning of ours.
    fn is_cut_echo(&self) -> bool {
        let seems_own = self.buffer.iter().zip(&self.own).take(HEAD).all(|(heard, own)| heard == own);
        let whole = |from: usize| {
            let rest = self.buffer.get(from..).unwrap_or_default();
            matches!(look(rest), Look::Whole(_, length) if length == rest.len())
        };
        !self.own.is_empty() && seems_own && (1..self.buffer.len()).any(whole)
    }
}

enum Look {
    Open,
    Whole(Packet, usize),
    Wrong,
}

/// Looks at bytes that may begin a packet.
fn look(bytes: &[u8]) -> Look {
    let &[start, _, control, to_come, high, low, ..] = bytes else { return Look::Open };
    let length = usize::from(u16::from_be_bytes([high, low]));
    if start != START || length == 0 || length > usize::from(PACKET_BYTES_MAX) {
        return Look::Wrong;
    }
    let whole = length + PACKET_FRAME;
    let Some((covered, check)) = bytes.get(..whole).and_then(<[u8]>::split_last_chunk::<2>) else {
        return Look::Open;
    };
    let check = u16::from_le_bytes(*check);
    if x25(covered) != check {
        return Look::Wrong;
    }
    let data = covered.get(HEAD..).unwrap_or_default().to_vec();
    Look::Whole(Packet { control, to_come, data, check }, whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(bytes: &[u8], own: &[u8]) -> Vec<Heard> {
        let mut hunt = Hunt::default();
        hunt.after(own);
        let mut all = Vec::new();
        for &byte in bytes {
            hunt.push(byte);
            all.extend(std::iter::from_fn(|| hunt.next()));
        }
        all
    }

    fn answer(toggle: bool, data: &[u8]) -> Heard {
        let bytes = single(toggle, data);
        let check = u16::from_le_bytes([bytes[bytes.len() - 2], bytes[bytes.len() - 1]]);
        let control = if toggle { TOGGLE } else { 0 };
        Heard::Packet(Packet { control, to_come: 0, data: data.into(), check })
    }

    #[test]
    fn the_packet_of_an_identification_is_written_as_the_book_has_it() {
        assert_eq!(single(false, &[0x20]), [0xEE, 0, 0, 0, 0, 1, 0x20, 0x13, 0x10]);
    }

    #[test]
    fn acknowledgement_and_packet_in_one_go_are_two_things() {
        let bytes = [&[ACK][..], &single(true, &[0, 1, 2])].concat();
        assert_eq!(heard(&bytes, &[]), [Heard::Ack, answer(true, &[0, 1, 2])]);
    }

    #[test]
    fn junk_before_and_between_is_passed_over() {
        let bytes = [&[0x7F, 0, 0xFF][..], &single(false, &[0]), &[0xFF, NAK]].concat();
        assert_eq!(heard(&bytes, &[]), [answer(false, &[0]), Heard::Nak]);
    }

    #[test]
    fn a_packet_after_a_false_start_is_found() {
        let bytes = [&[START, 0, 0, 0, 0, 2][..], &single(false, &[0, 5]), &[0; 4]].concat();
        let found = heard(&bytes, &[]);
        assert!(found.contains(&answer(false, &[0, 5])), "{found:?}");
        assert_eq!(found.first(), Some(&Heard::Damaged));
    }

    #[test]
    fn a_cut_echo_holds_nothing_up() {
        let own = single(false, &[0x51; 21]);
        for cut in 1..own.len() {
            let bytes = [&own[..cut], &[ACK], &single(false, &[0])].concat();
            assert_eq!(heard(&bytes, &own).last(), Some(&answer(false, &[0])), "{cut}");
        }
    }

    #[test]
    fn a_wrong_bit_is_never_a_packet() {
        let bytes = single(false, &[0, 0, 2, 7, 9, 0xF0]);
        for bit in 0..bytes.len() * 8 {
            let mut wrong = bytes.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            let found = heard(&wrong, &[]);
            assert!(!found.iter().any(|heard| matches!(heard, Heard::Packet(_))), "{bit}: {found:?}");
        }
    }
}
