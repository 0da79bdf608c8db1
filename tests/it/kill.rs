//! SIGKILL of the app and of the hub at random moments of a shift: nothing that was said to be saved is lost,
//! nothing is there twice.

use std::{
    collections::{HashMap, HashSet},
    fs,
    net::TcpListener,
    path::PathBuf,
    process::Command,
    time::Duration,
};

use lamplighter_core::{id::ReadingId, round::Outcome, store::Store};
use lamplighter_street::clock;
use lamplighter_sync::export;
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::{
    dice::Dice,
    export_file::readings,
    process::{Ended, Heard, Running, nobody_is_left, program, run},
};

const SEED: u64 = 30;
const KILLS: usize = 30;
const STOPS: &str = "28";
/// From one start to the next blow: long enough for a stop or two.
const WAIT_MS_MAX: usize = 2_600;

#[derive(Clone, Copy)]
enum Victim {
    App,
    Hub,
    Both,
}

#[test]
fn thirty_kills_at_random_moments_lose_and_double_nothing() {
    let office = Office::open();
    let mut dice = Dice::new(SEED);
    let mut hub = office.hub();
    let mut shift = Shift::begin(&office);
    shift.hear_until_first_step();
    let mut kills = 0;
    while kills < KILLS && shift.hear(Duration::from_millis(dice.below(WAIT_MS_MAX) as u64)) {
        let victim = [Victim::App, Victim::Hub, Victim::Both][kills % 3];
        if matches!(victim, Victim::Hub | Victim::Both) {
            hub.kill();
            hub = office.hub();
        }
        if matches!(victim, Victim::App | Victim::Both) {
            shift.kill_and_go_on(&office);
        }
        kills += 1;
    }
    assert_eq!(kills, KILLS, "the shift was over too soon: give it more stops");
    let (said, tally) = shift.end();
    assert!(hub.close().success());
    nobody_is_left(office.folder.path());
    check(&office, &said, &tally);
}

/// What the app said was saved, what the device holds and what the hub holds are the same.
#[track_caller]
fn check(office: &Office, said: &[ReadingId], tally: &Value) {
    assert_eq!((&tally["lost"], &tally["doubled"]), (&0.into(), &0.into()), "{tally}");
    let path = office.folder.path().join("export.csv");
    office.ask(["export".as_ref(), path.as_os_str()]).well();
    let bytes = fs::read(path).unwrap();
    let store = Store::open(&office.kept().join("reader.db")).unwrap().store;
    let verified = export::verify(&bytes, Some(store.identity().unwrap().unwrap().hub_key)).unwrap();
    let mut held: HashMap<ReadingId, usize> = HashMap::new();
    verified.reading_ids.iter().for_each(|id| *held.entry(*id).or_default() += 1);
    for id in said {
        assert_eq!(held.get(id), Some(&1), "{id} was said to be saved");
    }
    let on_device = store.reading_ids().unwrap();
    assert_eq!(held.len(), on_device.len());
    assert!(on_device.iter().all(|id| held.get(id) == Some(&1)), "{on_device:?}, {held:?}");
    let shift = store.shift().unwrap().unwrap();
    let stops = store.stops(shift.round.id).unwrap();
    assert_eq!(stops.len().to_string(), STOPS);
    for stop in &stops {
        assert_ne!(stop.outcome, Outcome::ToDo, "stop {} was forgotten", stop.number);
    }
    let mut read = HashSet::new();
    for reading in readings(&bytes) {
        assert!(
            reading.status != "current" || read.insert(reading.stop),
            "stop {} counts twice",
            reading.stop
        );
    }
}

/// A hub that has a round for one reader, at an address that stays.
struct Office {
    folder: TempDir,
    address: String,
    code: String,
}

impl Office {
    fn open() -> Self {
        let folder = tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let mut office = Self { folder, address, code: String::new() };
        let round = office.folder.path().join("round.csv");
        let town = ["town", "--stops", STOPS, "--seed", "30", "--out"].map(std::ffi::OsStr::new);
        run("lamplighter-street", town.into_iter().chain([round.as_os_str()])).well();
        let enrolled = office.ask(["enrol", "Walker", "--json"]).well().json();
        office.code = enrolled["code"].as_str().unwrap().into();
        office.ask(["import".as_ref(), round.as_os_str(), "--for".as_ref(), "Walker".as_ref()]).well();
        office
    }

    fn kept(&self) -> PathBuf {
        self.folder.path().join("kept")
    }

    fn ledger(&self) -> PathBuf {
        self.folder.path().join("hub.db")
    }

    fn ask<S: AsRef<std::ffi::OsStr>, const N: usize>(&self, words: [S; N]) -> Ended {
        let mut command = Command::new(program("lamplighter-hub"));
        Running::start(command.arg("--ledger").arg(self.ledger()).args(words)).end()
    }

    /// Ready for devices when this returns.
    #[track_caller]
    fn hub(&self) -> Running {
        let mut command = Command::new(program("lamplighter-hub"));
        command.arg("--ledger").arg(self.ledger()).args(["serve", "--until-stdin-closes", "--listen"]);
        let hub = Running::start(command.arg(&self.address));
        assert_eq!(hub.line(), Some(format!("listening on http://{}", self.address)));
        hub
    }

    fn app(&self) -> Running {
        let mut command = Command::new(program("lamplighter"));
        command.args(["shift", "--demo", "--follow", "--json", "--pace", "0", "--speed", "5000"]);
        command.args(["--seed", "30", "--stops", STOPS, "--code", &self.code]);
        command.arg("--hub").arg(format!("http://{}", self.address));
        Running::start(command.arg("--keep").arg(self.kept()))
    }
}

/// A shift that is broken off and goes on, and all it has said.
struct Shift {
    app: Running,
    broken_off: Vec<Running>,
    said: Vec<ReadingId>,
    tally: Option<Value>,
}

impl Shift {
    fn begin(office: &Office) -> Self {
        Self { app: office.app(), broken_off: Vec::new(), said: Vec::new(), tally: None }
    }

    /// The device is enrolled and the walk has begun.
    #[track_caller]
    fn hear_until_first_step(&mut self) {
        let line = self.app.line().unwrap_or_else(|| panic!("no step: {}", self.app.wait_for_children()));
        self.note(&line);
    }

    /// Hears the app for so long; false when its shift has ended.
    fn hear(&mut self, wait: Duration) -> bool {
        let until = clock::now() + wait;
        loop {
            match self.app.line_within(until.saturating_duration_since(clock::now())) {
                Heard::Line(line) => self.note(&line),
                Heard::Nothing => return true,
                Heard::End => return false,
            }
        }
    }

    fn kill_and_go_on(&mut self, office: &Office) {
        self.app.kill();
        // What it said before it died is said.
        while let Some(line) = self.app.line() {
            self.note(&line);
        }
        self.broken_off.push(std::mem::replace(&mut self.app, office.app()));
    }

    /// Hears the shift to its end. The children of every app that was killed have ended by then.
    #[track_caller]
    fn end(mut self) -> (Vec<ReadingId>, Value) {
        while let Some(line) = self.app.line() {
            self.note(&line);
        }
        let errors = self.app.wait_for_children();
        assert!(self.app.wait().success(), "{errors}");
        self.broken_off.iter().for_each(|app| drop(app.wait_for_children()));
        (self.said, self.tally.unwrap())
    }

    /// A line that was cut by the kill says nothing.
    fn note(&mut self, line: &str) {
        let Ok(step) = serde_json::from_str::<Value>(line) else { return };
        if let Some(id) = step["saved"].as_str().and_then(|id| id.parse().ok()) {
            self.said.push(id);
        } else if step["stops"].is_number() {
            self.tally = Some(step);
        }
    }
}
