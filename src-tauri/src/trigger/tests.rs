//! The trigger, over a socket on which nobody answers.

use std::{
    fs,
    io::Read as _,
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread::{self, ScopedJoinHandle},
    time::Duration,
};

use lamplighter_core::{
    evidence::{
        chain::Log,
        seal::{PublicKey, SecretKey},
    },
    id::{DeviceId, MeterId, RoundId, StopId},
    meter::Meter,
    probe::{
        transcript::Transcript,
        way::{Family, Way},
    },
    round::{Outcome, Round, Stop},
    store::{Identity, Setting, Store, Takeover},
    time::UtcMs,
};

use super::*;
use crate::{
    clock,
    dto::{BesideResult, CommandError, ReadProgress},
    state::{App, Home, JustRead, lock},
    turn::Purpose,
};

const NOTICED: Duration = Duration::from_millis(100);

#[test]
fn a_cancelled_reading_frees_the_port_at_once_and_leaves_a_record() {
    let stage = Stage::open();
    thread::scope(|scope| {
        let reading = scope.spawn(|| read_stop(&stage.app, stage.stop, false, &quiet));
        let mut meter = stage.meter();
        stage.app.cancel(Purpose::Asked);
        assert!(matches!(ended(reading, &mut meter), Err(CommandError::Cancelled)));
    });
    let conversation = stage.app.conversation_of(None).unwrap().unwrap();
    let path = conversation.save(stage.folder.path()).unwrap();
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains("# outcome stopped on request"), "{text}");
    assert!(!text.parse::<Transcript>().unwrap().chunks().is_empty());
}

#[test]
fn what_is_read_beside_makes_room_for_the_next_reading() {
    let stage = Stage::open();
    stage.just_read("profile=7 events=on");
    thread::scope(|scope| {
        let beside = scope.spawn(|| read_beside(&stage.app, stage.stop, &quiet));
        let mut meter = stage.meter();
        let turn = stage.app.take_turn(Purpose::Asked).map(|turn| turn.cancel.clone());
        assert!(turn.is_ok());
        assert!(matches!(ended(beside, &mut meter), Err(CommandError::Cancelled)));
    });
}

#[test]
fn nothing_is_asked_where_nothing_more_is_wanted() {
    let stage = Stage::open();
    stage.just_read("profile=0 events=off");
    assert_eq!(read_beside(&stage.app, stage.stop, &quiet), Ok(BesideResult::Nothing));
    // Only of the stop that was read last, and once.
    stage.just_read("profile=7 events=on");
    assert_eq!(read_beside(&stage.app, StopId::derived(&[b"2"]), &quiet), Ok(BesideResult::Nothing));
    lock(&stage.app.just_read).take().unwrap();
    assert_eq!(read_beside(&stage.app, stage.stop, &quiet), Ok(BesideResult::Nothing));
}

/// A device with one stop, and a socket for its probe.
struct Stage {
    app: App,
    stop: StopId,
    line: TcpListener,
    folder: tempfile::TempDir,
}

impl Stage {
    fn open() -> Self {
        let line = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut store = Store::in_memory().unwrap();
        store.enrol(&identity()).unwrap();
        let plans = [Takeover::Round(round()), Takeover::Plan(Box::new(stop()))];
        store.take_over(UtcMs(1), &plans, 0, 1, &[]).unwrap();
        let port = format!("tcp://{}", line.local_addr().unwrap());
        store.put_setting(Setting::ProbePort, Some(&port)).unwrap();
        store.put_way(&stop().meter.serial, &port, &Way::new(Family::Dlms, 9_600), UtcMs(1)).unwrap();
        let app = App::new(Arc::new(Mutex::new(store)), Home::default(), None);
        Self { app, stop: stop().id, line, folder: tempfile::tempdir().unwrap() }
    }

    fn just_read(&self, wanted: &str) {
        self.app.store().put_setting(Setting::ReadBeside, Some(wanted)).unwrap();
        *lock(&self.app.just_read) = Some(JustRead { stop: self.stop, clock: None });
    }

    /// The other end of the line, once something was asked.
    fn meter(&self) -> TcpStream {
        let mut meter = self.line.accept().unwrap().0;
        meter.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        assert!(meter.read(&mut [0; 64]).unwrap() > 0);
        meter
    }
}

/// What came of it, after the line was released in time.
#[track_caller]
fn ended<T>(under_way: ScopedJoinHandle<'_, T>, meter: &mut TcpStream) -> T {
    let asked = clock::moment();
    while meter.read(&mut [0; 64]).unwrap() > 0 {}
    assert!(clock::moment().since(asked) < NOTICED);
    under_way.join().unwrap()
}

fn quiet(_: ReadProgress) {}

fn identity() -> Identity {
    Identity {
        log: Log { device: DeviceId::new([7; 16]), epoch: 1 },
        key: SecretKey::new([8; 32]),
        hub_key: PublicKey([9; 32]),
        hub_url: String::new(),
        reader: "Anna".into(),
    }
}

fn round() -> Round {
    Round { id: RoundId::derived(&[b"14"]), code: "14".into(), name: "Mill".into(), cycle: "2026-11".into() }
}

fn stop() -> Stop {
    let serial = "50123456".to_owned();
    Stop {
        id: StopId::derived(&[b"1"]),
        round: round().id,
        number: 1,
        address: "Mill Lane 1".into(),
        position: None,
        hints: Vec::new(),
        meter: Meter {
            id: MeterId::derived(&[serial.as_bytes()]),
            serial,
            model: None,
            way: None,
            registers: Vec::new(),
        },
        outcome: Outcome::ToDo,
    }
}
