//! Transcripts in `fixtures/probe/`, played back: what was sent must be sent again, and the outcome be the same.

use std::{collections::VecDeque, fs, io, path::PathBuf, time::Duration};

use super::{
    bench::{Bench, Echo, Probe, read},
    meter::{BlockFraming, Habits},
};
use crate::probe::{
    drive::{Drive, DriveError},
    port::{Line, Settings},
    transcript::{Chunk, Direction, Transcript},
};

/// A line at whose other end a transcript speaks.
struct Replay<'a> {
    bench: &'a Bench,
    left: VecDeque<Chunk>,
    baud: u32,
    /// Add to a moment of the transcript to have a moment of the bench, in ms.
    shift_ms: u64,
}

impl<'a> Replay<'a> {
    fn new(bench: &'a Bench, transcript: &Transcript) -> Self {
        Self { bench, left: transcript.chunks().iter().cloned().collect(), baud: 0, shift_ms: 0 }
    }
}

impl Line for Replay<'_> {
    fn set(&mut self, settings: Settings) -> io::Result<()> {
        self.baud = settings.baud;
        Ok(())
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let chunk = self.left.pop_front().unwrap();
        assert_eq!(
            (chunk.direction, chunk.baud, chunk.bytes.as_slice()),
            (Direction::Sent, self.baud, bytes)
        );
        self.shift_ms = (self.bench.now_ns.get() / 1_000_000).saturating_sub(chunk.at_ms);
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], wait: Duration) -> io::Result<usize> {
        let until = self.bench.now_ns.get() + u64::try_from(wait.as_nanos()).unwrap();
        let due = |chunk: &Chunk| (chunk.at_ms + self.shift_ms) * 1_000_000;
        let next = self.left.front().filter(|chunk| chunk.direction == Direction::Received);
        if next.is_none_or(|chunk| due(chunk) > until) {
            self.bench.pass(until);
            return Ok(0);
        }
        let Some(chunk) = self.left.pop_front() else { return Ok(0) };
        self.bench.pass(due(&chunk));
        buffer[..chunk.bytes.len()].copy_from_slice(&chunk.bytes);
        Ok(chunk.bytes.len())
    }
}

/// What the fixtures were made from: a name, a meter and a probe.
fn originals() -> Vec<(&'static str, Habits, Probe)> {
    let (habits, probe) = (Habits::default(), Probe::default());
    vec![
        ("mode_a", Habits { ident: "KAM 685-382", unasked_baud: Some(300), ..habits.clone() }, probe),
        ("mode_b", Habits { ident: "ABCEX", unasked_baud: Some(9_600), ..habits.clone() }, probe),
        ("mode_c", habits.clone(), probe),
        ("mode_c_echo", habits.clone(), Probe { echo: Echo::Whole, ..probe }),
        ("mode_c_stripped_parity", habits.clone(), Probe { strips_parity: true, ..probe }),
        ("mode_c_wrong_bcc_once", Habits { wrong_bcc: 1, ..habits.clone() }, probe),
        ("mode_c_no_etx", Habits { framing: BlockFraming::NoEtx, ..habits.clone() }, probe),
        ("mode_c_stays_at_300", Habits { stays_at_300: true, ..habits.clone() }, probe),
        ("silent", Habits { ignores_requests: 9, ..habits }, probe),
    ]
}

#[test]
fn transcripts_of_the_past_end_as_they_did() {
    for (name, ..) in originals() {
        let text = fs::read_to_string(path(name)).unwrap();
        let transcript: Transcript = text.parse().unwrap();
        let bench = Bench::new();
        let mut line = Replay::new(&bench, &transcript);
        let (drive, _) = bench.run(&mut line);
        assert!(line.left.is_empty(), "{name}: {:?}", line.left);
        let expected = text.lines().find_map(|line| line.strip_prefix("# outcome: ")).unwrap();
        assert_eq!(outcome(&drive), expected, "{name}");
    }
}

#[test]
#[ignore = "writes the fixtures anew; look at the difference before it is committed"]
fn write_fixtures() {
    for (name, habits, probe) in originals() {
        let drive = read(habits, probe);
        let text = format!("# virtual meter: {name}\n# outcome: {}\n{}", outcome(&drive), drive.transcript);
        fs::write(path(name), text).unwrap();
    }
}

fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "fixtures", "probe", &format!("{name}.txt")].iter().collect()
}

fn outcome(drive: &Drive) -> String {
    match &drive.result {
        Ok(readout) => {
            let registers: Vec<String> =
                readout.registers.iter().map(|datum| format!("{}={}", datum.obis, datum.value)).collect();
            let (protocol, baud, integrity) = (readout.protocol, readout.baud, readout.integrity);
            format!("{protocol} {} {baud} {integrity:?} {}", readout.identity, registers.join(" "))
        }
        Err(DriveError::Read(error)) => format!("{error:?}"),
        Err(error) => format!("{error}"),
    }
}
