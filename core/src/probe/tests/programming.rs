//! Single registers, load profiles and events in programming mode, and how meters make it hard.

use std::{sync::Arc, time::Duration};

use super::{
    bench::{Bench, Echo, Probe, VirtualLine},
    meter::{Habits, Refusal},
    terminal::{Dislike, Terminal, number},
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
        way::Quirk,
    },
    time::Civil,
};

const B0: &[u8] = b"\x01B0\x03q";

#[test]
fn single_registers_are_read_in_whatever_form_the_meter_likes() {
    for dislike in [Dislike::Nak, Dislike::Ack, Dislike::Error] {
        for (commands, inside) in
            [(["R5", "R6"], ""), (["R1", "R2"], ""), (["R5", "R6"], "1"), (["R1", "R2"], "1")]
        {
            for names in [true, false] {
                for echo in [Echo::None, Echo::Whole, Echo::Cut, Echo::Garbled, Echo::Late] {
                    let commands = if commands[0] == "R5" { &["R5", "R6"] } else { &["R1", "R2"] };
                    let terminal = Terminal { commands, inside, dislike, names, ..Terminal::default() };
                    let read = read(
                        terminal,
                        single(&["1.8.0", "7.8.0", "2.8.0"]),
                        Probe { echo, ..Probe::default() },
                    );
                    assert_eq!(values(read.readout()), ["12345.670", "1.000"], "{dislike:?} {echo:?}");
                    assert!(!read.readout().way.has(Quirk::Single));
                    read.ends_with_a_break();
                }
            }
        }
    }
}

#[test]
fn single_registers_are_quick() {
    let read = read(Terminal::default(), single(&["0.0.0", "1.8.0"]), Probe::default());
    assert!(read.drive.timing.wall < Duration::from_millis(3_000), "{:?}", read.drive.timing);
    assert_eq!(read.readout().serial.as_deref(), Some("00412345"));
    assert_eq!((read.readout().retries, read.readout().baud), (0, 9_600));
}

#[test]
fn a_meter_without_programming_mode_is_read_whole() {
    for habits in [
        Habits { ident: "KAM 685", unasked_baud: Some(300), ..Habits::default() },
        Habits { ident: "ABCEX", unasked_baud: Some(9_600), ..Habits::default() },
        // It loses patience and reads out at 300.
        Habits::default(),
    ] {
        let read = Read::of(habits, single(&["1.8.0"]), Probe::default());
        assert_eq!(read.readout().registers.len(), 8, "{}", read.drive.transcript);
    }
}

#[test]
fn a_meter_with_an_empty_list_or_none_is_asked_for_registers_one_by_one() {
    for (list, refuses) in [("!\r\n", Refusal::None), ("1.8.0(1)\r\n!\r\n", Refusal::Lists)] {
        let habits =
            Habits { list: list.into(), refuses, terminal: Some(Terminal::default()), ..Habits::default() };
        let first = Read::of(habits.clone(), Config::default(), Probe::default());
        let readout = first.readout();
        assert_eq!(readout.registers.len(), 6, "{}", first.drive.transcript);
        assert_eq!(readout.clock.unwrap().to_string(), "2026-11-23T07:30:05");
        assert!(readout.way.has(Quirk::Single));
        first.ends_with_a_break();
        let known = Config { way: Some(readout.way.clone()), ..Config::default() };
        let again = Read::of(habits, known, Probe::default());
        assert_eq!(again.readout().registers, readout.registers);
        assert!(again.drive.timing.wall < first.drive.timing.wall);
    }
}

#[test]
fn a_password_is_said_only_where_one_is_at_hand() {
    let locked = |dislike| Terminal { password: Some("00112233"), dislike, ..Terminal::default() };
    let with = |password: &str| Config { keyring: ring(password), ..single(&["1.8.0"]) };
    for dislike in [Dislike::Nak, Dislike::Ack] {
        let right = read(locked(dislike), with("00112233"), Probe::default());
        assert_eq!(values(right.readout()), ["12345.670"]);
        right.ends_with_a_break();
        let wrong = read(locked(dislike), with("11111111"), Probe::default());
        assert_eq!(wrong.error(), ReadError::WrongKey);
        assert_eq!(wrong.count(b"\x01P1"), 1);
        wrong.ends_with_a_break();
        let none = read(locked(dislike), single(&["1.8.0"]), Probe::default());
        assert_eq!((none.error(), none.count(b"\x01P1")), (ReadError::Locked, 0));
        none.ends_with_a_break();
    }
}

#[test]
fn a_password_that_would_end_its_own_message_is_not_said() {
    let config = Config { keyring: ring("12)34"), ..single(&["1.8.0"]) };
    assert_eq!(read(Terminal::default(), config, Probe::default()).count(b"\x01P1"), 0);
}

#[test]
fn a_load_profile_is_read_day_by_day_in_whatever_form_the_meter_likes() {
    let span = span((1, 0, 15), (4, 0, 0));
    for (commands, season) in [
        (&["R5", "R6"] as &'static [&'static str], true),
        (&["R6"], true),
        (&["R5"], false),
        (&["R6"], false),
    ] {
        for dislike in [Dislike::Error, Dislike::Nak] {
            let terminal = Terminal { commands, season, dislike, profile: Some(span), ..Terminal::default() };
            let read = read(terminal, beside(Some(span), false), Probe::default());
            check_rows(&read, span);
            assert!(read.readout().registers.is_empty());
            read.ends_with_a_break();
        }
    }
}

#[test]
fn a_profile_comes_after_the_registers_when_both_are_wanted() {
    let span = span((1, 0, 15), (1, 12, 0));
    let config = Config {
        wants: Wants { profile: Some(span), events: true, beside_only: false },
        ..Config::default()
    };
    let terminal = Terminal { profile: Some(span), ..Terminal::default() };
    let read = read(terminal, config, Probe { echo: Echo::Whole, ..Probe::default() });
    assert_eq!(read.readout().registers.len(), 8);
    check_rows(&read, span);
    assert_eq!(read.events().len(), 2);
}

#[test]
fn registers_are_kept_where_nothing_is_told_beside_them() {
    let span = span((1, 0, 15), (1, 12, 0));
    let config = |keyring| Config {
        wants: Wants { profile: Some(span), events: true, beside_only: false },
        keyring,
        ..Config::default()
    };
    let locked = Terminal { password: Some("1"), dislike: Dislike::Nak, ..Terminal::default() };
    for (terminal, keyring) in
        [(Some(locked.clone()), Arc::default()), (Some(locked), ring("2")), (None, Arc::default())]
    {
        let habits = Habits { terminal, ..Habits::default() };
        let read = Read::of(habits, config(keyring), Probe::default());
        assert_eq!((read.readout().registers.len(), read.parts.len()), (8, 0));
    }
}

#[test]
fn only_what_was_asked_for_is_handed_over() {
    let own = span((1, 0, 15), (3, 0, 0));
    let wanted = span((2, 6, 0), (2, 7, 0));
    let terminal = Terminal { profile: Some(own), ..Terminal::default() };
    let read = read(terminal, beside(Some(wanted), false), Probe::default());
    let rows = read.rows();
    let first = rows.first().map(|row| (row.at, number(own, row.at)));
    assert_eq!((rows.len(), first), (5, Some((wanted.from, 119))));
}

#[test]
fn the_log_is_told_as_events() {
    let read = read(Terminal::default(), beside(None, true), Probe::default());
    let shown: Vec<String> = read
        .events()
        .iter()
        .map(|event| format!("{} {} {}", event.kind, event.code, event.until.is_some()))
        .collect();
    assert_eq!(shown, ["power-failed 0080 true", "clock-set 0020 false"]);
    read.ends_with_a_break();
}

#[test]
fn a_meter_with_nothing_beside_the_registers_is_no_error() {
    let terminal = Terminal { log: "", ..Terminal::default() };
    let read = read(terminal, beside(None, true), Probe::default());
    assert_eq!((read.readout().registers.len(), read.parts.len()), (0, 0));
    assert_eq!(read.readout().identity, "ABC5METER-1");
    read.ends_with_a_break();
}

#[test]
fn a_damaged_answer_is_asked_for_again() {
    let span = span((1, 0, 15), (1, 6, 0));
    for commands in [&["R5"] as &'static [&'static str], &["R6"]] {
        for answer in 1..4 {
            for echo in [Echo::None, Echo::Whole] {
                let flips = (answer, 2);
                let terminal = Terminal { commands, flips, profile: Some(span), ..Terminal::default() };
                let probe = Probe { echo, ..Probe::default() };
                check_rows(&read(terminal, beside(Some(span), false), probe), span);
                let registers = Terminal { flips, ..Terminal::default() };
                let read = read(registers, single(&["0.0.0", "1.8.0", "2.8.0"]), probe);
                assert_eq!(values(read.readout()), ["00412345", "12345.670", "1.000"]);
            }
        }
    }
}

#[test]
fn answers_that_stay_away_are_asked_for_again_and_no_row_comes_twice() {
    let span = span((1, 0, 15), (2, 0, 0));
    for commands in [&["R5"] as &'static [&'static str], &["R6"]] {
        for mute in [(1, 1), (1, 2), (3, 1), (3, 2)] {
            let terminal = Terminal { commands, mute, profile: Some(span), ..Terminal::default() };
            let read = read(terminal, beside(Some(span), false), Probe::default());
            check_rows(&read, span);
            read.ends_with_a_break();
        }
    }
}

#[test]
fn a_meter_that_answers_nothing_is_given_up_with_a_break() {
    let terminal = Terminal { mute: (1, usize::MAX), ..Terminal::default() };
    let read = read(terminal, single(&["1.8.0"]), Probe::default());
    assert_eq!(read.error(), ReadError::Garbled { attempts: 5 });
    read.ends_with_a_break();
}

#[test]
fn a_meter_that_breaks_off_is_asked_anew_once_it_has_told_something() {
    let terminal = Terminal { breaks_at: Some(2), ..Terminal::default() };
    let read = read(terminal, single(&["0.0.0", "1.8.0"]), Probe::default());
    assert_eq!(values(read.readout()), ["00412345", "12345.670"]);
    let terminal = Terminal { breaks_at: Some(1), ..Terminal::default() };
    assert_eq!(self::read(terminal, single(&["1.8.0"]), Probe::default()).error(), ReadError::Locked);
}

#[test]
fn a_meter_that_is_shut_after_an_abort_says_for_how_long() {
    // It does not hear our break, and so stays in programming mode.
    let terminal = Terminal { mute: (1, usize::MAX), ..Terminal::default() };
    let habits = Habits { terminal: Some(terminal), deaf_to_break: true, ..Habits::default() };
    let read = Read::of(habits, single(&["1.8.0"]), Probe::default());
    let ReadError::ShutFor { seconds } = read.error() else { panic!("{:?}", read.drive.result) };
    assert!((90..120).contains(&seconds), "{seconds}");
}

#[test]
fn a_slow_meter_is_read_in_programming_mode_at_300() {
    let habits = Habits { ident: "ABC0X", terminal: Some(Terminal::default()), ..Habits::default() };
    let read = Read::of(habits, single(&["1.8.0"]), Probe::default());
    assert_eq!((values(read.readout()), read.readout().baud), (vec!["12345.670".into()], 300));
}

#[test]
fn progress_counts_what_was_fetched() {
    let span = span((1, 0, 15), (2, 12, 0));
    let terminal = Terminal { profile: Some(span), ..Terminal::default() };
    let read = read(terminal, beside(Some(span), true), Probe::default());
    let fetched = read.progress.iter().filter_map(|progress| match progress {
        Progress::Fetched { done, total: None } => Some(*done),
        other => {
            assert!(!matches!(other, Progress::Fetched { .. }), "{other:?}");
            None
        }
    });
    assert_eq!(fetched.collect::<Vec<u32>>(), [96, 144, 146]);
}

/// Everything that a readout brought.
struct Read {
    drive: Drive,
    progress: Vec<Progress>,
    parts: Vec<Part>,
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
    fn of(habits: Habits, config: Config, probe: Probe) -> Self {
        let bench = Bench::new();
        let (mut keeper, session) = (Keeper::default(), Session::start(bench.now(), config));
        let mut line = VirtualLine::new(&bench, habits, probe);
        let drive = drive(session, &mut line, &|| bench.now(), &bench.cancel, &mut keeper);
        Self { drive, progress: keeper.progress, parts: keeper.parts }
    }

    #[track_caller]
    fn readout(&self) -> &Readout {
        self.drive.result.as_ref().unwrap_or_else(|error| panic!("{error}\n{}", self.drive.transcript))
    }

    #[track_caller]
    fn error(&self) -> ReadError {
        match &self.drive.result {
            Err(DriveError::Read(error)) => *error,
            other => panic!("{other:?}\n{}", self.drive.transcript),
        }
    }

    fn said(&self) -> Vec<Vec<u8>> {
        let chunks = self.drive.transcript.chunks().iter();
        let sent = chunks.filter(|chunk| chunk.direction == Direction::Sent);
        sent.map(|chunk| chunk.bytes.iter().map(|raw| raw & 0x7F).collect()).collect()
    }

    fn count(&self, head: &[u8]) -> usize {
        self.said().iter().filter(|said| said.starts_with(head)).count()
    }

    #[track_caller]
    fn ends_with_a_break(&self) {
        assert_eq!(self.said().last().map(Vec::as_slice), Some(B0), "{}", self.drive.transcript);
    }

    fn rows(&self) -> Vec<&ProfileRow> {
        let parts = self.parts.iter().filter_map(|part| match part {
            Part::Profile(profile) => Some(profile),
            Part::Events(_) => None,
        });
        parts
            .flat_map(|profile| {
                assert_eq!((profile.period_s, profile.columns.len()), (900, 2));
                &profile.rows
            })
            .collect()
    }

    fn events(&self) -> Vec<&MeterEvent> {
        let parts = self.parts.iter().filter_map(|part| match part {
            Part::Events(events) => Some(events),
            Part::Profile(_) => None,
        });
        parts.flatten().collect()
    }
}

fn read(terminal: Terminal, config: Config, probe: Probe) -> Read {
    Read::of(Habits { terminal: Some(terminal), ..Habits::default() }, config, probe)
}

fn single(names: &[&str]) -> Config {
    Config { single: names.iter().map(|&name| name.into()).collect(), ..Config::default() }
}

fn beside(profile: Option<Span>, events: bool) -> Config {
    Config { wants: Wants { profile, events, beside_only: true }, ..Config::default() }
}

fn ring(password: &str) -> Arc<Keyring> {
    let mut ring = Keyring::default();
    ring.add("*", Keys { password: Some(password.into()), ..Keys::default() });
    Arc::new(ring)
}

fn values(readout: &Readout) -> Vec<String> {
    readout.registers.iter().map(|datum| datum.value.to_string()).collect()
}

/// Days and times of November.
fn span(from: (u32, u32, u32), to: (u32, u32, u32)) -> Span {
    let at = |(day, hour, minute)| Civil::new(2026, 11, day, hour, minute, 0).unwrap();
    Span { from: at(from), to: at(to) }
}

#[track_caller]
fn check_rows(read: &Read, span: Span) {
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
