//! How much memory the session of each family holds while it is fed a whole readout, with a day of the load profile
//! and the events where the meter has them. The goal: less than 64 KiB. First the real binary reads a meter of the
//! street; then its transcript is played to a session alone, and what is allocated is looked at after every step.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench says its figures, and one whose stage cannot be set has failed"
)]

use std::{
    alloc::System,
    fs,
    path::Path,
    process::{Command, ExitCode},
};

use cap::Cap;
use lamplighter_core::{
    probe::{
        detect::{Aim, Detect},
        drive::Protocol as _,
        part::{Span, Wants},
        port::{Input, Output},
        transcript::{Direction, Transcript},
        way::Family,
    },
    time::Moment,
};
use lamplighter_street::{
    Meter, MeterSettings,
    day::Day,
    meter::{
        C1218Machine, C1218Settings, DlmsMachine, DlmsSettings, Dlt645Machine, Dlt645Settings, Edition,
        ListLength, Machine, MeterMachine, Mode, PushMachine, PushProtocol, PushSettings,
    },
};

#[global_allocator]
static ALLOCATED: Cap<System> = Cap::new(System, usize::MAX);

const GOAL: usize = 64 * 1024;
const SERIAL: &str = "501234567890";
const SPAN: [&str; 2] = ["2026-11-22T00:00:00", "2026-11-23T00:00:00"];

fn main() -> ExitCode {
    println!("{:<14}{:>12}{:>12}{:>8}  goal {GOAL}", "family", "bytes heard", "most held", "parts");
    let mut reached = true;
    for (family, machine) in meters() {
        let transcript = transcript(family, machine);
        let Held { heard, most, parts } = play(family, &transcript);
        reached &= most < GOAL;
        println!("{:<14}{heard:>12}{most:>12}{parts:>8}", family.as_str());
    }
    if reached { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn meters() -> Vec<(Family, Box<dyn Machine>)> {
    let day = Day::parse("2026-11-23").expect("a day");
    let mut iec = MeterSettings::on_day(Mode::C, SERIAL, day);
    (iec.pace, iec.list) = (0.0, ListLength::Long);
    let mut dlms = DlmsSettings::on_day(SERIAL, day);
    dlms.nature.pace = 0.0;
    let mut dlt645 = Dlt645Settings::on_day(Edition::Y2007, SERIAL, day);
    dlt645.nature.pace = 0.0;
    let mut c1218 = C1218Settings::on_day(SERIAL, day);
    c1218.nature.pace = 0.0;
    let sml = PushSettings::on_day(PushProtocol::Sml, SERIAL, day);
    vec![
        (Family::Iec62056, Box::new(MeterMachine::new(iec))),
        (Family::Dlms, Box::new(DlmsMachine::new(dlms))),
        (Family::Dlt645, Box::new(Dlt645Machine::new(dlt645))),
        (Family::C1218, Box::new(C1218Machine::new(c1218))),
        (Family::Sml, Box::new(PushMachine::new(sml))),
    ]
}

/// What the binary and the meter said to each other.
fn transcript(family: Family, machine: Box<dyn Machine>) -> Transcript {
    let own = std::env::current_exe().expect("a path");
    let binary = own.ancestors().nth(3).expect("target").join("debug/lamplighter");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("transcript");
    let meter = Meter::spawn(machine).expect("a meter");
    let mut command = Command::new(binary);
    command.args(["read", "--json", "--protocol", family.as_str(), "--home"]).arg(folder.path().join("home"));
    command.arg("--transcript").arg(&path).arg("--port").arg(meter.path().expect("a terminal"));
    if family != Family::Sml {
        command.args(["--events", "--profile"]).args(SPAN);
    }
    let output = command.output().expect("build the workspace first");
    assert!(output.status.success(), "{family}: {}", String::from_utf8_lossy(&output.stderr));
    read(&path)
}

fn read(path: &Path) -> Transcript {
    fs::read_to_string(path).unwrap().parse().unwrap()
}

struct Held {
    heard: usize,
    most: usize,
    /// Handed over beside the registers.
    parts: usize,
}

fn play(family: Family, transcript: &Transcript) -> Held {
    let [from, to] = SPAN.map(|moment| moment.parse().unwrap());
    let wants = Wants { profile: Some(Span { from, to }), events: true, beside_only: false };
    let wants = if family == Family::Sml { Wants::default() } else { wants };
    let aim = Aim { family: Some(family), full: true, wants, ..Aim::default() };
    let before = ALLOCATED.allocated();
    let mut player = Player {
        session: Detect::start(Moment(0), aim),
        now: Moment(0),
        until: Moment(0),
        before,
        sent: 0,
        held: Held { heard: 0, most: 0, parts: 0 },
        done: false,
    };
    for chunk in transcript.chunks() {
        match chunk.direction {
            Direction::Sent => player.until_sent(chunk.bytes.len()),
            Direction::Received => player.hears(&chunk.bytes),
        }
    }
    while !player.done {
        player.step();
    }
    player.held
}

struct Player {
    session: Detect,
    now: Moment,
    /// Until then it has nothing to do.
    until: Moment,
    before: usize,
    /// Bytes of the session that the transcript has not come to yet.
    sent: usize,
    held: Held,
    done: bool,
}

impl Player {
    fn until_sent(&mut self, count: usize) {
        while self.sent < count && !self.done {
            self.step();
        }
        self.sent = self.sent.saturating_sub(count);
    }

    fn hears(&mut self, bytes: &[u8]) {
        if !self.done {
            // What is due before they come is asked for first.
            while !self.poll() {}
            self.session.handle(self.now, Input::Bytes(bytes)).expect("as it was when it was written down");
            self.held.heard += bytes.len();
            self.look();
        }
    }

    /// Asks what is to be done; when that is to wait, the time passes.
    fn step(&mut self) {
        if self.poll() && !self.done {
            self.now = self.now.max(self.until);
            self.session.handle(self.now, Input::Elapsed).expect("as it was when it was written down");
            self.look();
        }
    }

    /// Whether there is nothing more to do now.
    fn poll(&mut self) -> bool {
        let output = self.session.poll(self.now);
        self.look();
        match output {
            Output::Send(bytes) => self.sent += bytes.len(),
            Output::Part(_) => self.held.parts += 1,
            Output::Reserve(_) => panic!("there is no key"),
            Output::Set(_) | Output::Progress(_) => {}
            Output::Wait(until) => {
                self.until = until;
                return true;
            }
            Output::Done(_) => {
                self.done = true;
                return true;
            }
        }
        false
    }

    fn look(&mut self) {
        self.held.most = self.held.most.max(ALLOCATED.allocated().saturating_sub(self.before));
    }
}
