//! Captured dumps as people keep them: bytes, hexadecimal digits, or a transcript of ours.

use std::borrow::Cow;

use super::transcript::{Direction, Transcript};

/// What came from the line, without what we sent ourselves.
pub(super) fn received(dump: &[u8]) -> Cow<'_, [u8]> {
    let came = |direction| direction == Direction::Received;
    let text = std::str::from_utf8(dump).ok();
    let found = text.and_then(|text| of_transcript(text, came).or_else(|| of_hex(text)));
    found.map_or(Cow::Borrowed(dump), Cow::Owned)
}

/// What went over the line, both ways, in order.
pub(super) fn both_ways(dump: &[u8]) -> Cow<'_, [u8]> {
    let text = std::str::from_utf8(dump).ok();
    let found = text.and_then(|text| of_transcript(text, |_| true).or_else(|| of_hex(text)));
    found.map_or(Cow::Borrowed(dump), Cow::Owned)
}

fn of_transcript(text: &str, wanted: fn(Direction) -> bool) -> Option<Vec<u8>> {
    let transcript: Transcript = text.parse().ok()?;
    let chunks = transcript.chunks().iter().filter(|chunk| wanted(chunk.direction));
    let bytes = chunks.flat_map(|chunk| chunk.bytes.iter().copied()).collect();
    (!transcript.chunks().is_empty()).then_some(bytes)
}

/// Pairs of digits, with blanks, line ends, colons or `0x` between them; nothing, where anything else is there.
fn of_hex(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    for word in text.split(|letter: char| letter.is_ascii_whitespace() || letter == ':') {
        let digits = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
        let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
        for pair in pairs {
            let legal = pair.iter().all(u8::is_ascii_hexdigit);
            let pair = std::str::from_utf8(pair).ok().filter(|_| legal)?;
            bytes.push(u8::from_str_radix(pair, 16).ok()?);
        }
    }
    (!bytes.is_empty()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_may_stand_together_or_apart() {
        for text in [
            "1b1B00ff",
            "1B 1B 00 FF\r\n",
            "0x1B 0x1b 0x00 0xFF",
            "1b:1b:00:ff",
            "1b1b\n\n00ff\n",
            "0x1b1b00ff",
        ] {
            check(text.as_bytes(), b"\x1b\x1b\x00\xff");
        }
    }

    #[test]
    fn anything_else_is_taken_as_it_is() {
        for dump in [
            &b"1b1"[..],
            b"1b 1",
            b"1g",
            b"/ABC5\r\n",
            b"",
            b"\n",
            b"\x1b\x1b\x1b\x1b",
            b"+1",
            b"# remark\n",
            b"\xff\xfe",
        ] {
            check(dump, dump);
        }
    }

    #[test]
    fn of_a_transcript_only_what_came_counts() {
        check(b"# a meter\n0.000 300 > 2F 3F 21\n0.400 300 < 41 42\n0.500 9600 < 43\n", b"ABC");
        assert_eq!(both_ways(b"0.000 300 > 2F\n0.400 300 < 41 42\n").as_ref(), b"/AB");
    }

    #[track_caller]
    fn check(dump: &[u8], expected: &[u8]) {
        assert_eq!(received(dump).as_ref(), expected);
    }
}
