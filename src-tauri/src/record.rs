//! The record of one conversation with a meter, as one file for whoever is to find out what went wrong. The
//! transcript of it can be decoded and replayed; no password or key is in it.

use std::{
    fmt::{self, Write as _},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use lamplighter_core::{
    id::ReadingId,
    probe::{
        detect::Attempt,
        drive::{Drive, DriveError},
        keys::Keyring,
        secrets::blanked,
        transcript::Transcript,
    },
    store::Recorded,
    time::UtcMs,
};

use crate::{device::ProbeProfile, probe::Tried};

/// The folder of records, in the device's own.
const FOLDER: &str = "transcripts";
/// As much of a number as a file name takes.
const SERIAL_MAX: usize = 40;

/// One conversation.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    /// When it began.
    pub(crate) began: UtcMs,
    /// The number of the meter that should have been there.
    pub(crate) serial: String,
    /// The port, and how the probe on it was treated, where that is known.
    pub(crate) probe: Option<(String, ProbeProfile)>,
    /// What was tried.
    pub(crate) trail: Vec<Attempt>,
    /// What came of it.
    pub(crate) outcome: String,
    /// What was said.
    pub(crate) transcript: Transcript,
    /// The reading that came of it.
    pub(crate) reading: Option<ReadingId>,
    /// The keys of then, whose passwords are not shown.
    pub(crate) keyring: Arc<Keyring>,
}

impl Conversation {
    /// Of a readout that has just ended.
    pub(crate) fn of(
        began: UtcMs,
        serial: &str,
        (port, profile): (&str, &ProbeProfile),
        tried: &Tried,
        keyring: Arc<Keyring>,
    ) -> Self {
        let Tried { drive: Drive { result, transcript, .. }, trail } = tried;
        let outcome = match result {
            Ok(readout) => {
                let told = readout.serial.as_deref().unwrap_or("-");
                format!("read {} {} Bd, {}, meter {told}", readout.protocol, readout.baud, readout.identity)
            }
            Err(DriveError::Line(error)) => format!("the probe's line failed: {error}"),
            Err(error) => error.to_string(),
        };
        Self {
            began,
            serial: serial.into(),
            probe: Some((port.into(), *profile)),
            trail: trail.clone(),
            outcome,
            transcript: transcript.clone(),
            reading: None,
            keyring,
        }
    }

    /// Of a reading that was taken before; nothing where its transcript is none.
    pub(crate) fn kept(
        recorded: &Recorded,
        serial: String,
        transcript: &str,
        keyring: Arc<Keyring>,
    ) -> Option<Self> {
        Some(Self {
            began: recorded.reading.taken_at,
            serial,
            probe: None,
            trail: Vec::new(),
            outcome: format!("recorded as {}", recorded.id),
            transcript: transcript.parse().ok()?,
            reading: Some(recorded.id),
            keyring,
        })
    }

    /// Writes it into the device's folder, in place of itself where it was written before. Answers where.
    pub(crate) fn save(&self, home: &Path) -> io::Result<PathBuf> {
        let folder = home.join(FOLDER);
        fs::create_dir_all(&folder)?;
        let path = folder.join(self.file_name());
        let text = Text { said: self, shown: blanked(&self.transcript, &self.keyring) };
        fs::write(&path, text.to_string())?;
        Ok(path)
    }

    /// Sorted by time, and legal in every file system.
    fn file_name(&self) -> String {
        let at = self.began.to_string();
        let at = at.split('.').next().unwrap_or_default().replace(':', "-");
        let serial: String =
            self.serial.chars().filter(char::is_ascii_alphanumeric).take(SERIAL_MAX).collect();
        format!("{at}-{}.txt", if serial.is_empty() { "unknown" } else { &serial })
    }
}

struct Text<'a> {
    said: &'a Conversation,
    shown: Transcript,
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Conversation { began, serial, probe, trail, outcome, .. } = self.said;
        let mut head = format!("lamplighter {}\n", env!("CARGO_PKG_VERSION"));
        writeln!(head, "began {began}")?;
        writeln!(head, "planned meter {}", one_line(serial))?;
        if let Some((port, profile)) = probe {
            writeln!(head, "port {}\nprobe {profile}", one_line(port))?;
        }
        for Attempt { family, baud, sent, received, outcome } in trail {
            writeln!(head, "tried {family} {baud} Bd: sent {sent}, received {received}, {outcome}")?;
        }
        writeln!(head, "outcome {}", one_line(outcome))?;
        head.push_str("passwords are blanked with 2A\n");
        head.lines().try_for_each(|line| writeln!(f, "# {line}"))?;
        self.shown.fmt(f)
    }
}

/// What a meter calls itself may be anything.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '.' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use lamplighter_core::probe::{detect::Outcome, keys::Keys, transcript::Direction, way::Family};

    use super::*;

    #[test]
    fn a_record_names_what_was_tried_and_is_a_transcript_still() {
        let (path, text) = check("0452 118/207", b"/ABC5X\r\n", "no known protocol was answered");
        assert!(path.ends_with("transcripts/2026-11-24T12-00-00-0452118207.txt"), "{}", path.display());
        for line in [
            "# planned meter 0452 118/207",
            "# port /dev/ttyUSB0",
            "# probe contact wake=300",
            "# tried dlms 9600 Bd: sent 12, received 0, silence",
            "# outcome no known protocol was answered",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} is missing in {text}");
        }
    }

    #[test]
    fn no_password_is_in_a_record() {
        let (_, text) = check("1", b"\x01P1\x02(12345678)\x03a", "stopped on request");
        assert!(!text.contains("31 32 33 34"), "{text}");
        let (_, text) = check("1", b"\x51open sesame", "stopped on request");
        assert!(!text.contains("73 65 73 61 6D 65"), "{text}");
    }

    #[test]
    fn what_a_meter_calls_itself_stays_on_its_line() {
        let (path, text) = check("../../etc", b"x", "read x\n0.000 300 > FF\r\n/ABC");
        assert!(path.ends_with("2026-11-24T12-00-00-etc.txt"), "{}", path.display());
        assert!(text.contains("# outcome read x.0.000 300 > FF../ABC\n"), "{text}");
    }

    /// Saves, and answers where and what.
    #[track_caller]
    fn check(serial: &str, sent: &[u8], outcome: &str) -> (PathBuf, String) {
        let mut transcript = Transcript::default();
        transcript.record(0, 300, Direction::Sent, sent);
        let (family, heard) = (Family::Dlms, Outcome::Silence);
        let mut keyring = Keyring::default();
        keyring.add("*", Keys { password: Some("open sesame".into()), ..Keys::default() });
        let conversation = Conversation {
            began: "2026-11-24T12:00:00.250Z".parse().unwrap(),
            serial: serial.into(),
            probe: Some(("/dev/ttyUSB0".into(), "contact wake=300".parse().unwrap())),
            trail: vec![Attempt { family, baud: 9_600, sent: 12, received: 0, outcome: heard }],
            outcome: outcome.into(),
            transcript,
            reading: None,
            keyring: Arc::new(keyring),
        };
        let home = tempfile::tempdir().unwrap();
        let path = conversation.save(home.path()).unwrap();
        assert!(path.starts_with(home.path().join(FOLDER)));
        let text = fs::read_to_string(&path).unwrap();
        let read: Transcript = text.parse().unwrap();
        assert_eq!(read.chunks().len(), 1);
        assert_eq!(read.chunks()[0].bytes.len(), sent.len());
        (path, text)
    }
}
