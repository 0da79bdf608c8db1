//! All that went over a line, when, which way and how fast: evidence of a reading, and a test to be.
//!
//! The text form has one line a chunk, `0.412 300 < 2F 41 42`: seconds since the start, bits a second, `>` for
//! what we sent and `<` for what came, the raw bytes. Lines that begin with `#` say something to people.

use std::{fmt, fmt::Write as _, str::FromStr};

use sha2::{Digest, Sha256};

/// As many bytes as a transcript keeps; a readout has a hundredth of it.
pub const BYTES_MAX: usize = 256 * 1024;
/// Chunks this close, one way at one speed, are one.
const JOIN_MS: u64 = 50;
/// Bytes in one chunk.
const CHUNK_MAX: usize = 64;
const CUT: &str = "# cut: more was said than is kept";

/// The text is no transcript; this line is the first wrong one, from 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {0} is not a line of a transcript")]
pub struct TranscriptError(pub usize);

/// Which way bytes went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// To the meter.
    Sent,
    /// From the line: the meter, an echo, a lamp.
    Received,
}

/// Bytes that went one way in one go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Chunk {
    /// Since the start.
    pub at_ms: u64,
    /// Bits a second our end was set to.
    pub baud: u32,
    /// Which way.
    pub direction: Direction,
    /// As on the line, eight bits.
    pub bytes: Vec<u8>,
}

/// One conversation.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Transcript {
    chunks: Vec<Chunk>,
    kept: usize,
    cut: bool,
}

impl Transcript {
    /// Adds what was just said. Beyond [`BYTES_MAX`] it only notes that there was more.
    pub fn record(&mut self, at_ms: u64, baud: u32, direction: Direction, bytes: &[u8]) {
        if self.cut || self.kept + bytes.len() > BYTES_MAX {
            self.cut = true;
            return;
        }
        self.kept += bytes.len();
        let joins = |last: &Chunk| {
            let here = last.direction == direction && last.baud == baud && direction == Direction::Received;
            here && at_ms.saturating_sub(last.at_ms) <= JOIN_MS && last.bytes.len() + bytes.len() <= CHUNK_MAX
        };
        match self.chunks.last_mut() {
            Some(last) if joins(last) => last.bytes.extend_from_slice(bytes),
            _ => self.chunks.push(Chunk { at_ms, baud, direction, bytes: bytes.into() }),
        }
    }

    /// In order.
    pub fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    /// For blanking what others must not see.
    pub(super) fn chunks_mut(&mut self) -> &mut [Chunk] {
        &mut self.chunks
    }

    /// SHA-256 of the text form.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.to_string()).into()
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Chunk { at_ms, baud, direction, bytes } in &self.chunks {
            let arrow = if *direction == Direction::Sent { '>' } else { '<' };
            write!(f, "{}.{:03} {baud} {arrow}", at_ms / 1_000, at_ms % 1_000)?;
            bytes.iter().try_for_each(|byte| write!(f, " {byte:02X}"))?;
            f.write_char('\n')?;
        }
        if self.cut { writeln!(f, "{CUT}") } else { Ok(()) }
    }
}

impl FromStr for Transcript {
    type Err = TranscriptError;

    fn from_str(text: &str) -> Result<Self, TranscriptError> {
        let mut transcript = Self::default();
        for (number, line) in text.lines().enumerate() {
            if line == CUT {
                transcript.cut = true;
            } else if !line.starts_with('#') && !line.is_empty() {
                let chunk = chunk(line).ok_or(TranscriptError(number + 1))?;
                transcript.kept += chunk.bytes.len();
                transcript.chunks.push(chunk);
            }
        }
        Ok(transcript)
    }
}

fn chunk(line: &str) -> Option<Chunk> {
    let mut words = line.split(' ');
    let (seconds, thousandths) = words.next()?.split_once('.')?;
    let baud = words.next()?.parse().ok()?;
    let direction = match words.next()? {
        ">" => Direction::Sent,
        "<" => Direction::Received,
        _ => return None,
    };
    let bytes = words.map(hex).collect::<Option<_>>()?;
    if thousandths.len() != 3 {
        return None;
    }
    let at_ms = seconds.parse::<u64>().ok()?.checked_mul(1_000)?.checked_add(thousandths.parse().ok()?)?;
    Some(Chunk { at_ms, baud, direction, bytes })
}

fn hex(word: &str) -> Option<u8> {
    (word.len() == 2).then(|| u8::from_str_radix(word, 16).ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bytes_that_come_together_stand_together() {
        let mut transcript = Transcript::default();
        transcript.record(0, 300, Direction::Sent, b"/?!\r\n");
        for (at, byte) in [(412, b'/'), (445, b'A'), (600, b'B')] {
            transcript.record(at, 300, Direction::Received, &[byte]);
        }
        let text = "0.000 300 > 2F 3F 21 0D 0A\n0.412 300 < 2F 41\n0.600 300 < 42\n";
        assert_eq!(transcript.to_string(), text);
        assert_eq!(transcript.digest(), <[u8; 32]>::from(Sha256::digest(text)));
    }

    #[test]
    fn remarks_are_for_people() {
        let transcript: Transcript = "# a meter\n\n1.002 9600 < 02\n".parse().unwrap();
        assert_eq!(transcript.to_string(), "1.002 9600 < 02\n");
    }

    #[test]
    fn what_is_no_transcript_is_refused() {
        for line in ["x", "1 300 < 00", "1.0 300 < 00", "1.000 fast < 00", "1.000 300 = 00", "1.000 300 < 0"]
        {
            let text = format!("# remark\n{line}\n");
            assert_eq!(text.parse::<Transcript>(), Err(TranscriptError(2)), "{line}");
        }
    }

    #[test]
    fn a_transcript_never_grows_without_end() {
        let mut transcript = Transcript::default();
        for at in 0..10 {
            transcript.record(at * 1_000, 300, Direction::Received, &[0; 64 * 1024]);
        }
        assert_eq!(transcript.chunks().len(), 4);
        assert_eq!(transcript.to_string().parse(), Ok(transcript));
    }

    proptest! {
        #[test]
        fn text_and_back(said in proptest::collection::vec((0..100_000_u64, any::<bool>(), proptest::collection::vec(any::<u8>(), 1..80)), 0..20)) {
            let mut transcript = Transcript::default();
            for (at, sent, bytes) in said {
                let direction = if sent { Direction::Sent } else { Direction::Received };
                transcript.record(at, 300, direction, &bytes);
            }
            prop_assert_eq!(transcript.to_string().parse(), Ok(transcript));
        }
    }
}
