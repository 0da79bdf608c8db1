//! SML's transport, version 1: frames between escape sequences, found among whatever else a line delivers,
//! bounded, and held to their checksum.

use crate::probe::crc;

const ESCAPE: [u8; 4] = [0x1B; 4];
/// An escape and the version.
const START: u64 = 0x1B1B_1B1B_0101_0101;
/// An escape and what it escapes.
const SEQUENCE: usize = 8;
/// After an escape: the end, how many zeros fill the last word up, and the checksum.
const END: u8 = 0x1A;
const FILL_MAX: u8 = 3;
/// Seven times the longest telegram we know.
const BYTES_MAX: usize = 4096;

/// What a byte has brought.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Heard {
    /// Not the end of anything.
    Nothing,
    /// A frame whose checksum is right; this is in it.
    Whole(Vec<u8>, Checksum),
    /// A frame that cannot be believed, or was cut off.
    Damaged,
}

/// By which checksum a frame was right.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Checksum {
    /// X.25, as the standard says, low byte first.
    X25,
    /// KERMIT, high byte first, as some meters of Holley do. Taking either would let a few wrong bits turn one
    /// into the other, so that this one counts only together with those of the messages.
    Kermit,
}

/// Collects frames.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// The latest eight bytes.
    window: u64,
    /// The frame so far, from its start on; empty when there is none.
    raw: Vec<u8>,
    /// Escape characters in a row.
    run: u8,
    /// Bytes after an escape, where one is open.
    escaped: Option<u8>,
}

impl Frames {
    /// Takes one raw byte.
    pub(super) fn push(&mut self, byte: u8) -> Heard {
        self.window = (self.window << 8) | u64::from(byte);
        if self.raw.is_empty() {
            if self.window == START {
                self.begin();
            }
            return Heard::Nothing;
        }
        if self.raw.len() == BYTES_MAX {
            return self.give_up();
        }
        self.raw.push(byte);
        match self.escaped {
            None => {
                self.run = if byte == ESCAPE[0] { self.run + 1 } else { 0 };
                if usize::from(self.run) == ESCAPE.len() {
                    (self.run, self.escaped) = (0, Some(0));
                }
                Heard::Nothing
            }
            Some(count) if usize::from(count) + 1 < ESCAPE.len() => {
                self.escaped = Some(count + 1);
                Heard::Nothing
            }
            Some(_) => {
                self.escaped = None;
                self.unescape()
            }
        }
    }

    /// Bytes of the frame so far.
    pub(super) const fn len(&self) -> usize {
        self.raw.len()
    }

    /// Four bytes have come after an escape.
    fn unescape(&mut self) -> Heard {
        match self.window.to_be_bytes() {
            [_, _, _, _, END, fill, ..] => self.end(fill),
            [_, _, _, _, 0x1B, 0x1B, 0x1B, 0x1B] => Heard::Nothing,
            [_, _, _, _, 1, 1, 1, 1] => {
                self.begin();
                Heard::Damaged
            }
            // Nothing else is used by a meter that only talks.
            _ => self.give_up(),
        }
    }

    fn end(&mut self, fill: u8) -> Heard {
        let raw = std::mem::take(&mut self.raw);
        payload(&raw, fill).map_or(Heard::Damaged, |(payload, checksum)| Heard::Whole(payload, checksum))
    }

    fn begin(&mut self) {
        self.raw.clear();
        self.raw.extend(START.to_be_bytes());
        (self.run, self.escaped) = (0, None);
    }

    /// The window goes on: a start may already be half heard.
    fn give_up(&mut self) -> Heard {
        self.raw.clear();
        Heard::Damaged
    }
}

/// What is in a whole frame, if its checksum is right.
fn payload(raw: &[u8], fill: u8) -> Option<(Vec<u8>, Checksum)> {
    let (covered, check) = raw.split_last_chunk::<2>()?;
    let checksum = if *check == crc::x25(covered).to_le_bytes() {
        Checksum::X25
    } else if *check == crc::kermit(covered).to_be_bytes() {
        Checksum::Kermit
    } else {
        return None;
    };
    if fill > FILL_MAX {
        return None;
    }
    let mut rest = raw.get(SEQUENCE..raw.len().checked_sub(SEQUENCE)?)?;
    let mut payload = Vec::with_capacity(rest.len());
    while let [byte, tail @ ..] = rest {
        // An escape that escapes itself stands for itself.
        let next = rest.strip_prefix(&ESCAPE).and_then(|escaped| escaped.strip_prefix(&ESCAPE));
        match next {
            Some(_) => payload.extend(ESCAPE),
            None => payload.push(*byte),
        }
        rest = next.unwrap_or(tail);
    }
    payload.truncate(payload.len().checked_sub(usize::from(fill))?);
    Some((payload, checksum))
}

/// Frames for tests.
#[cfg(test)]
pub(in crate::probe) fn frame(payload: &[u8], checksum: fn(&[u8]) -> [u8; 2]) -> Vec<u8> {
    let mut raw = START.to_be_bytes().to_vec();
    let mut rest = payload;
    while let [byte, tail @ ..] = rest {
        if let Some(tail) = rest.strip_prefix(&ESCAPE) {
            raw.extend([ESCAPE, ESCAPE].concat());
            rest = tail;
        } else {
            raw.push(*byte);
            rest = tail;
        }
    }
    let fill = (4 - payload.len() % 4) % 4;
    raw.extend(&[0; 3][..fill]);
    raw.extend(ESCAPE);
    raw.extend([END, u8::try_from(fill).unwrap()]);
    raw.extend(checksum(&raw));
    raw
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_length_come_out_as_they_went_in() {
        for length in 1..40 {
            let payload: Vec<u8> = (1..=length).collect();
            check(&frame(&payload, x25), &[Heard::Whole(payload, Checksum::X25)]);
        }
    }

    #[test]
    fn either_checksum_is_right() {
        let kermit = frame(b"abcd", |bytes| crc::kermit(bytes).to_be_bytes());
        check(&kermit, &[Heard::Whole(b"abcd".into(), Checksum::Kermit)]);
        check(&frame(b"abcd", |bytes| crc::x25(bytes).to_be_bytes()), &[Heard::Damaged]);
    }

    #[test]
    fn an_escape_inside_is_doubled_on_the_line_wherever_it_stands() {
        for before in 0..5 {
            for run in 3..10 {
                let payload = [vec![7; before], vec![0x1B; run], vec![1, 1, 1, 1, 0]].concat();
                check(&frame(&payload, x25), &[Heard::Whole(payload, Checksum::X25)]);
            }
        }
    }

    #[test]
    fn listening_may_begin_anywhere() {
        let whole = frame(b"abcdefgh", x25);
        for cut in 1..whole.len() {
            check(&[&whole[cut..], &whole[..]].concat(), &[Heard::Whole(b"abcdefgh".into(), Checksum::X25)]);
        }
    }

    #[test]
    fn a_frame_cut_off_costs_only_itself() {
        let whole = frame(b"abcdefgh", x25);
        for cut in 8..whole.len() - 4 {
            let heard = [&whole[..cut], &whole[..]].concat();
            check(&heard, &[Heard::Damaged, Heard::Whole(b"abcdefgh".into(), Checksum::X25)]);
        }
    }

    #[test]
    fn what_is_longer_than_any_telegram_is_given_up() {
        let mut heard = START.to_be_bytes().to_vec();
        heard.extend([7; 5_000]);
        heard.extend(frame(b"abcd", x25));
        check(&heard, &[Heard::Damaged, Heard::Whole(b"abcd".into(), Checksum::X25)]);
    }

    #[test]
    fn no_flood_makes_it_keep_more_than_a_frame() {
        let mut frames = Frames::default();
        START.to_be_bytes().iter().cycle().take(100_000).for_each(|&byte| drop(frames.push(byte)));
        START.to_be_bytes().iter().for_each(|&byte| drop(frames.push(byte)));
        (0..100_000).for_each(|_| drop(frames.push(7)));
        assert!(frames.raw.capacity() <= 2 * BYTES_MAX, "{}", frames.raw.capacity());
    }

    #[test]
    fn an_escape_of_what_we_do_not_know_is_damage() {
        let heard = [&START.to_be_bytes()[..], &ESCAPE, &[2, 0, 0, 0]].concat();
        check(&heard, &[Heard::Damaged]);
    }

    fn x25(bytes: &[u8]) -> [u8; 2] {
        crc::x25(bytes).to_le_bytes()
    }

    #[track_caller]
    fn check(line: &[u8], expected: &[Heard]) {
        let mut frames = Frames::default();
        let heard: Vec<Heard> =
            line.iter().map(|&byte| frames.push(byte)).filter(|heard| *heard != Heard::Nothing).collect();
        assert_eq!(heard, expected);
    }
}
