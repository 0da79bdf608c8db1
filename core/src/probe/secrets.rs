//! Blanks passwords in a transcript that others will see. Keys never travel; passwords do, in clear.

use std::collections::BTreeSet;

use super::{
    keys::Keyring,
    transcript::{Direction, Transcript},
};

/// What stands in the place of a password's bytes.
pub const BLANK: u8 = b'*';
/// A shorter secret may well be part of a value, so in what came it counts only behind what we sent before it.
const LONG: usize = 6;
/// Bytes before a secret by which its echo is known.
const CONTEXT: usize = 3;
/// No operand of a password command is longer.
const OPERAND_MAX: usize = 64;

/// The transcript with every password blanked, those of the keyring and those that IEC 62056-21 names as such,
/// in what was sent and in what the head heard of it. As long as before, and as readable for a decoder.
#[must_use]
pub fn blanked(transcript: &Transcript, keyring: &Keyring) -> Transcript {
    let mut shown = transcript.clone();
    let known: BTreeSet<Vec<u8>> = keyring.passwords().map(plain).filter(|it| !it.is_empty()).collect();
    let sent = Stream::of(&shown, Direction::Sent);
    let mut spans = sent.operands();
    spans.extend(sent.all_of(&known));
    let received = Stream::of(&shown, Direction::Received);
    let mut echoes = received.operands();
    for &span in &spans {
        echoes.extend(received.echoes(&sent, span));
    }
    let places: Vec<_> = sent.places(&spans).chain(received.places(&echoes)).collect();
    let chunks = shown.chunks_mut();
    for (chunk, at) in places {
        if let Some(byte) = chunks.get_mut(chunk).and_then(|chunk| chunk.bytes.get_mut(at)) {
            *byte = BLANK;
        }
    }
    shown
}

/// From one byte to before another.
type Span = (usize, usize);

/// All that went one way, parity bits off, and where each byte stands.
struct Stream {
    bytes: Vec<u8>,
    places: Vec<(usize, usize)>,
}

impl Stream {
    fn of(transcript: &Transcript, direction: Direction) -> Self {
        let mut stream = Self { bytes: Vec::new(), places: Vec::new() };
        for (number, chunk) in transcript.chunks().iter().enumerate() {
            if chunk.direction == direction {
                stream.bytes.extend(plain(&chunk.bytes));
                stream.places.extend((0..chunk.bytes.len()).map(|at| (number, at)));
            }
        }
        stream
    }

    /// What stands in the brackets of the commands P1 and P2.
    fn operands(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        for (at, window) in self.bytes.windows(5).enumerate() {
            if let [0x01, b'P', b'1' | b'2', 0x02, b'('] = window {
                let from = at + 5;
                let rest = self.bytes.get(from..).unwrap_or_default();
                let length = rest.iter().take(OPERAND_MAX).position(|byte| matches!(byte, b')' | 0x03));
                spans.push((from, from + length.unwrap_or_else(|| rest.len().min(OPERAND_MAX))));
            }
        }
        spans
    }

    fn all_of(&self, secrets: &BTreeSet<Vec<u8>>) -> Vec<Span> {
        let lengths: BTreeSet<usize> = secrets.iter().map(Vec::len).collect();
        let of_length = |length: usize| {
            let windows = self.bytes.windows(length).enumerate();
            windows.filter(|(_, window)| secrets.contains(*window)).map(move |(at, _)| (at, at + length))
        };
        lengths.into_iter().flat_map(of_length).collect()
    }

    /// Where the secret that was sent from there to there is heard again.
    fn echoes(&self, sent: &Self, (from, to): Span) -> Vec<Span> {
        let chunk = sent.places.get(from).map(|place| place.0);
        let before = (1..=CONTEXT)
            .take_while(|back| {
                let at = from.checked_sub(*back);
                at.and_then(|at| sent.places.get(at)).map(|place| place.0) == chunk
            })
            .count();
        let context = if to - from < LONG { before } else { 0 };
        let needle = sent.bytes.get(from - context..to).unwrap_or_default();
        if needle.is_empty() || (to - from < LONG && context == 0) {
            return Vec::new();
        }
        let windows = self.bytes.windows(needle.len()).enumerate();
        let found = windows.filter(|(_, window)| *window == needle);
        found.map(|(at, window)| (at + context, at + window.len())).collect()
    }

    fn places<'a>(&'a self, spans: &'a [Span]) -> impl Iterator<Item = (usize, usize)> + 'a {
        spans.iter().filter_map(|&(from, to)| self.places.get(from..to)).flatten().copied()
    }
}

fn plain(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    bytes.as_ref().iter().map(|byte| byte & 0x7F).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::keys::Keys;

    const LOGON: &[u8] = b"\x01P1\x02(secret)\x03a";

    #[test]
    fn the_password_of_iec_is_blanked_though_nobody_knows_it() {
        check("", &[('>', LOGON), ('<', b"\x06")], &[('>', b"\x01P1\x02(******)\x03a"), ('<', b"\x06")]);
    }

    #[test]
    fn parity_bits_hide_no_password() {
        let with_parity: Vec<u8> =
            LOGON.iter().map(|byte| if byte.count_ones() % 2 == 1 { byte | 0x80 } else { *byte }).collect();
        let shown = blank("", &[('>', &with_parity)]);
        assert_eq!(shown.chunks()[0].bytes[5..11], [BLANK; 6]);
        assert_eq!(shown.chunks()[0].bytes[..5], with_parity[..5]);
    }

    #[test]
    fn an_echo_is_blanked_also_where_it_comes_in_pieces_or_damaged() {
        check(
            "",
            &[('>', LOGON), ('<', b"\x01P1\x02(sec"), ('<', b"ret)\x03a\x06")],
            &[('>', b"\x01P1\x02(******)\x03a"), ('<', b"\x01P1\x02(***"), ('<', b"***)\x03a\x06")],
        );
        check(
            "",
            &[('>', LOGON), ('<', b"P1(secret)")],
            &[('>', b"\x01P1\x02(******)\x03a"), ('<', b"P1(******)")],
        );
    }

    #[test]
    fn a_password_of_the_keyring_is_blanked_in_any_protocol() {
        check(
            "0000",
            &[('>', b"\x8b\x040000\xbe"), ('<', b"\x8b\x040000\xbe1.8.0(000000*kWh)")],
            &[('>', b"\x8b\x04****\xbe"), ('<', b"\x8b\x04****\xbe1.8.0(000000*kWh)")],
        );
        check(
            "0000",
            &[('>', b"/?!\r\n"), ('<', b"1.8.0(000000)")],
            &[('>', b"/?!\r\n"), ('<', b"1.8.0(000000)")],
        );
    }

    #[test]
    fn a_password_cut_off_at_the_end_is_blanked() {
        check("", &[('>', b"\x01P1\x02(sec")], &[('>', b"\x01P1\x02(***")]);
        check("", &[('>', b"\x01P1\x02(")], &[('>', b"\x01P1\x02(")]);
    }

    type Said<'a> = &'a [(char, &'a [u8])];

    #[track_caller]
    fn check(password: &str, said: Said<'_>, expected: Said<'_>) {
        assert_eq!(blank(password, said), transcript(expected));
    }

    fn blank(password: &str, said: Said<'_>) -> Transcript {
        let mut ring = Keyring::default();
        ring.add("50123456", Keys { password: Some(password.into()), ..Keys::default() });
        blanked(&transcript(said), &ring)
    }

    fn transcript(said: Said<'_>) -> Transcript {
        let mut transcript = Transcript::default();
        for (at, (arrow, bytes)) in (0..).zip(said) {
            let direction = if *arrow == '>' { Direction::Sent } else { Direction::Received };
            transcript.record(at * 100, 300, direction, bytes);
        }
        transcript
    }
}
