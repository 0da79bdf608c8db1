//! Reads a virtual meter in programming mode, and keeps all that comes of it.

use std::sync::Arc;

use super::{
    bench::{Bench, Probe, VirtualLine},
    meter::Habits,
    terminal::{Terminal, number},
};
use crate::{
    probe::{
        drive::{Attendant, Drive, DriveError, drive},
        error::ReadError,
        iec62056::{Config, Session},
        keys::{Keyring, Keys},
        part::{MeterEvent, Part, ProfileRow, Span, Wants},
        port::Progress,
        readout::Readout,
        transcript::Direction,
    },
    time::Civil,
};

const B0: &[u8] = b"\x01B0\x03q";

/// Everything that a readout brought.
pub(super) struct Read {
    pub(super) drive: Drive,
    pub(super) progress: Vec<Progress>,
    pub(super) parts: Vec<Part>,
}

#[derive(Default)]
struct Keeper {
    progress: Vec<Progress>,
    parts: Vec<Part>,
}

impl Attendant for Keeper {
    fn progress(&mut self, progress: Progress) {
        self.progress.push(progress);
    }

    fn part(&mut self, part: Part) -> std::io::Result<()> {
        self.parts.push(part);
        Ok(())
    }
}

impl Read {
    pub(super) fn of(habits: Habits, config: Config, probe: Probe) -> Self {
        let bench = Bench::new();
        let (mut keeper, session) = (Keeper::default(), Session::start(bench.now(), config));
        let mut line = VirtualLine::new(&bench, habits, probe);
        let drive = drive(session, &mut line, &|| bench.now(), &bench.cancel, &mut keeper);
        Self { drive, progress: keeper.progress, parts: keeper.parts }
    }

    #[track_caller]
    pub(super) fn readout(&self) -> &Readout {
        self.drive.result.as_ref().unwrap_or_else(|error| panic!("{error}\n{}", self.drive.transcript))
    }

    #[track_caller]
    pub(super) fn error(&self) -> ReadError {
        match &self.drive.result {
            Err(DriveError::Read(error)) => *error,
            other => panic!("{other:?}\n{}", self.drive.transcript),
        }
    }

    pub(super) fn said(&self) -> Vec<Vec<u8>> {
        let chunks = self.drive.transcript.chunks().iter();
        let sent = chunks.filter(|chunk| chunk.direction == Direction::Sent);
        sent.map(|chunk| chunk.bytes.iter().map(|raw| raw & 0x7F).collect()).collect()
    }

    pub(super) fn count(&self, head: &[u8]) -> usize {
        self.said().iter().filter(|said| said.starts_with(head)).count()
    }

    #[track_caller]
    pub(super) fn ends_with_a_break(&self) {
        assert_eq!(self.said().last().map(Vec::as_slice), Some(B0), "{}", self.drive.transcript);
    }

    pub(super) fn rows(&self) -> Vec<&ProfileRow> {
        let parts = self.parts.iter().filter_map(|part| match part {
            Part::Profile(profile) => Some(profile),
            Part::Events(_) => None,
        });
        parts
            .flat_map(|profile| {
                assert!(profile.period_s == 900 && profile.columns.len() > 1);
                &profile.rows
            })
            .collect()
    }

    pub(super) fn events(&self) -> Vec<&MeterEvent> {
        let parts = self.parts.iter().filter_map(|part| match part {
            Part::Events(events) => Some(events),
            Part::Profile(_) => None,
        });
        parts.flatten().collect()
    }
}

pub(super) fn read(terminal: Terminal, config: Config, probe: Probe) -> Read {
    Read::of(Habits { terminal: Some(terminal), ..Habits::default() }, config, probe)
}

pub(super) fn single(names: &[&str]) -> Config {
    Config { single: names.iter().map(|&name| name.into()).collect(), ..Config::default() }
}

pub(super) fn beside(profile: Option<Span>, events: bool) -> Config {
    Config { wants: Wants { profile, events, beside_only: true }, ..Config::default() }
}

pub(super) fn ring(password: &str) -> Arc<Keyring> {
    let mut ring = Keyring::default();
    ring.add("*", Keys { password: Some(password.into()), ..Keys::default() });
    Arc::new(ring)
}

pub(super) fn values(readout: &Readout) -> Vec<String> {
    readout.registers.iter().map(|datum| datum.value.to_string()).collect()
}

/// Days and times of November.
pub(super) fn span(from: (u32, u32, u32), to: (u32, u32, u32)) -> Span {
    let at = |(day, hour, minute)| Civil::new(2026, 11, day, hour, minute, 0).unwrap();
    Span { from: at(from), to: at(to) }
}

#[track_caller]
pub(super) fn check_rows(read: &Read, span: Span) {
    read.readout();
    let rows = read.rows();
    assert_eq!(rows.len(), usize::try_from(number(span, span.to)).unwrap() + 1, "{}", read.drive.transcript);
    for (count, row) in rows.iter().enumerate() {
        let count = u32::try_from(count).unwrap();
        assert_eq!((number(span, row.at), row.status.as_str()), (count, "00"));
        let [Some(value), None] = row.values.as_slice() else { panic!("{row:?}") };
        assert_eq!(value.to_string(), format!("{:.2}", f64::from(count) / 100.0));
    }
}
