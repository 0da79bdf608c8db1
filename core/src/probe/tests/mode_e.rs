//! Into HDLC by way of 300 Bd, and back where a meter has none.

use std::time::Duration;

use super::{
    bench::{Bench, Echo, Probe, VirtualLine},
    meter::{Habits, ModeE},
};
use crate::{
    probe::{
        dlms,
        drive::{Drive, DriveError, Protocol},
        error::ReadError,
        iec62056::{Config, Opened, Opening, OpeningConfig, Session},
        mode_e,
        port::{Framing, Input, Output, Patience, Settings},
        readout::Readout,
    },
    time::Moment,
};

/// Opens, and then says one octet in HDLC or reads the list: as whoever uses an opening does.
enum Composed {
    Opening(Opening),
    /// What is still to be said, and what has come in HDLC.
    Hdlc(Opened, Vec<Output<(Opened, Found)>>),
    Session(Opened, Box<Session>),
}

#[derive(Debug)]
enum Found {
    Octet(u8),
    Readout(Box<Readout>),
}

impl Protocol for Composed {
    type Done = (Opened, Found);

    fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        match self {
            Self::Opening(opening) => opening.handle(now, input),
            Self::Session(_, session) => session.handle(now, input),
            Self::Hdlc(opened, outputs) => {
                match input {
                    Input::Bytes(&[first, ..]) => {
                        outputs.push(Output::Done((opened.clone(), Found::Octet(first))));
                    }
                    Input::Bytes(_) | Input::Elapsed | Input::Reserved(_) => {
                        return Err(ReadError::Silent { attempts: 1 });
                    }
                }
                Ok(())
            }
        }
    }

    fn poll(&mut self, now: Moment) -> Output<Self::Done> {
        match self {
            Self::Opening(opening) => match opening.poll(now) {
                Output::Done(opened) if opened.hdlc => {
                    *self = Self::Hdlc(opened, vec![Output::Send(vec![0x7E])]);
                    self.poll(now)
                }
                Output::Done(opened) => {
                    let session = Session::after_identification(now, Config::default(), opened.clone());
                    *self = Self::Session(opened, Box::new(session.unwrap()));
                    self.poll(now)
                }
                other @ (Output::Send(_)
                | Output::Set(_)
                | Output::Progress(_)
                | Output::Reserve(_)
                | Output::Part(_)
                | Output::Wait(_)) => other.map(|_| unreachable!()),
            },
            Self::Hdlc(_, outputs) => {
                outputs.pop().unwrap_or(Output::Wait(now + std::time::Duration::from_millis(100)))
            }
            Self::Session(opened, session) => {
                let opened = opened.clone();
                session.poll(now).map(|readout| (opened, Found::Readout(Box::new(readout))))
            }
        }
    }
}

impl<D> Output<D> {
    fn map<E>(self, done: impl FnOnce(D) -> E) -> Output<E> {
        match self {
            Self::Send(bytes) => Output::Send(bytes),
            Self::Set(settings) => Output::Set(settings),
            Self::Progress(progress) => Output::Progress(progress),
            Self::Reserve(reservation) => Output::Reserve(reservation),
            Self::Part(part) => Output::Part(part),
            Self::Wait(until) => Output::Wait(until),
            Self::Done(it) => Output::Done(done(it)),
        }
    }
}

const IDENT: &str = "LGZ5\\2ZMD310";

#[test]
fn a_mode_e_meter_is_left_waiting_for_hdlc_however_it_says_yes() {
    for mode_e in [ModeE::Mute, ModeE::At300, ModeE::AtNewSpeed] {
        for echo in [Echo::None, Echo::Whole, Echo::Cut, Echo::Garbled, Echo::Late] {
            let probe = Probe { echo, ..Probe::default() };
            let (opened, found) = open(Habits { ident: IDENT, mode_e, ..Habits::default() }, probe);
            assert!(opened.hdlc && opened.identity == IDENT && opened.baud == 9_600, "{opened:?}");
            let Found::Octet(octet) = found else { panic!("{found:?}") };
            assert!(octet == 0x7E || echo != Echo::None, "{mode_e:?} {echo:?}: {octet:02X}");
        }
    }
}

#[test]
fn the_line_ends_in_eight_bits_at_the_speed_of_the_meter() {
    let habits = Habits { ident: "LGZ4\\2ZMD310", mode_e: ModeE::At300, ..Habits::default() };
    let bench = Bench::new();
    let mut line = VirtualLine::new(&bench, habits, Probe::default());
    let opening = Opening::start(bench.now(), OpeningConfig::default());
    let drive = bench.run_any(opening, &mut line).0;
    assert_eq!(drive.result.as_ref().unwrap().baud, 4_800);
    assert_eq!(line.settings, Some(Settings { baud: 4_800, framing: Framing::EightNone }));
    assert_eq!(said(&drive).last().unwrap(), &b"\x06242\r\n".map(even));
}

#[test]
fn a_meter_of_another_mode_is_read_with_no_second_sign_on() {
    for (ident, unasked_baud, reaction_ms, mode) in [
        ("ABC5METER", None, 200, 'C'),
        ("ABCEMETER", Some(9_600), 200, 'B'),
        ("KAM 685", Some(300), 200, 'A'),
        ("KAM 685", Some(300), 0, 'A'),
    ] {
        let habits = Habits { ident, unasked_baud, reaction_ms, ..Habits::default() };
        let plain = Bench::new().read(habits.clone(), Probe::default()).0;
        let (bench, composed) = (Bench::new(), Composed::Opening(opening()));
        let mut line = VirtualLine::new(&bench, habits, Probe::default());
        let drive = bench.run_any(composed, &mut line).0;
        let (opened, Found::Readout(readout)) = drive.result.unwrap() else { panic!("no readout") };
        assert!(!opened.hdlc);
        assert_eq!(readout.protocol.to_string(), format!("iec62056-21/{mode}"));
        assert_eq!(*readout, plain.result.unwrap());
        assert!(drive.timing.wall <= plain.timing.wall + std::time::Duration::from_millis(20));
    }
}

#[test]
fn a_meter_that_says_no_to_hdlc_is_read_at_once_and_at_its_speed() {
    for (mode_e, within_ms) in [(ModeE::Refused, 4_600), (ModeE::ReadsOut, 15_000)] {
        for echo in [Echo::None, Echo::Whole, Echo::Cut, Echo::Garbled] {
            let habits = Habits { ident: IDENT, mode_e, ..Habits::default() };
            let (bench, composed) = (Bench::new(), Composed::Opening(opening()));
            let probe = Probe { echo, ..Probe::default() };
            let drive = bench.run_any(composed, &mut VirtualLine::new(&bench, habits, probe)).0;
            let requests = said(&drive).iter().filter(|said| said.ends_with(&b"!\r\n".map(even))).count();
            let (opened, found) =
                drive.result.unwrap_or_else(|error| panic!("{error}\n{}", drive.transcript));
            let Found::Readout(readout) = found else { panic!("{mode_e:?} {echo:?} {found:?}") };
            assert!(!opened.hdlc);
            assert_eq!((readout.registers.len(), readout.baud, readout.retries, requests), (8, 9_600, 0, 2));
            assert!(drive.timing.wall < Duration::from_millis(within_ms), "{echo:?} {:?}", drive.timing);
        }
    }
}

#[test]
fn a_meter_that_is_silent_about_hdlc_is_read_after_its_readout() {
    let habits = Habits { ident: IDENT, mode_e: ModeE::None, ..Habits::default() };
    let mut hdlc = dlms::Config::new(*b"LMP12345", [7; 16]);
    hdlc.patience = Patience { attempts: 1, wait: Duration::from_millis(400) };
    let config = mode_e::Config { text: Config::default(), hdlc, hdlc_first: true };
    let bench = Bench::new();
    let session = mode_e::Session::start(bench.now(), config);
    let drive = bench.run_any(session, &mut VirtualLine::new(&bench, habits, Probe::default())).0;
    let requests = said(&drive).iter().filter(|said| said.ends_with(&b"!\r\n".map(even))).count();
    let readout = drive.result.unwrap_or_else(|error| panic!("{error}\n{}", drive.transcript));
    assert_eq!((readout.registers.len(), readout.baud, readout.retries, requests), (8, 9_600, 0, 2));
}

#[test]
fn what_came_together_with_an_identification_is_not_lost() {
    let mut composed = Composed::Opening(opening());
    let mut said = b"/KAM 685\r\n\x021.8.0(1)\r\n!\r\n\x03+".as_slice();
    let readout = loop {
        match composed.poll(Moment(0)) {
            Output::Done((_, Found::Readout(readout))) => break readout,
            Output::Wait(_) => composed.handle(Moment(1), Input::Bytes(std::mem::take(&mut said))).unwrap(),
            Output::Send(_)
            | Output::Set(_)
            | Output::Progress(_)
            | Output::Reserve(_)
            | Output::Part(_)
            | Output::Done(_) => {}
        }
    };
    assert_eq!(readout.registers.len(), 1);
}

#[test]
fn a_mode_e_meter_asked_in_mode_c_is_read() {
    let habits = Habits { ident: IDENT, mode_e: ModeE::At300, ..Habits::default() };
    let readout = Bench::new().read(habits, Probe::default()).0.result.unwrap();
    assert_eq!((readout.protocol.to_string().as_str(), readout.baud), ("iec62056-21/C", 9_600));
}

#[test]
fn nobody_there_is_silence() {
    let habits = Habits { ignores_requests: 9, ..Habits::default() };
    let bench = Bench::new();
    let mut line = VirtualLine::new(&bench, habits, Probe::default());
    let result = bench.run_any(opening(), &mut line).0.result;
    assert!(matches!(result, Err(DriveError::Read(ReadError::Silent { attempts: 3 }))), "{result:?}");
}

#[test]
fn a_sleeping_meter_is_woken_for_hdlc() {
    let habits = Habits { ident: IDENT, mode_e: ModeE::Mute, sleeps: true, ..Habits::default() };
    let bench = Bench::new();
    let mut line = VirtualLine::new(&bench, habits, Probe::default());
    let config = OpeningConfig { wake: true, ..OpeningConfig::default() };
    assert!(bench.run_any(Opening::start(Moment(0), config), &mut line).0.result.unwrap().hdlc);
}

fn opening() -> Opening {
    Opening::start(Moment(0), OpeningConfig::default())
}

fn even(byte: u8) -> u8 {
    let byte = byte & 0x7F;
    if byte.count_ones().is_multiple_of(2) { byte } else { byte | 0x80 }
}

fn said<D>(drive: &Drive<D>) -> Vec<Vec<u8>> {
    let chunks = drive.transcript.chunks().iter();
    let sent = chunks.filter(|chunk| chunk.direction == crate::probe::transcript::Direction::Sent);
    sent.map(|chunk| chunk.bytes.clone()).collect()
}

#[track_caller]
fn open(habits: Habits, probe: Probe) -> (Opened, Found) {
    let bench = Bench::new();
    let drive = bench.run_any(Composed::Opening(opening()), &mut VirtualLine::new(&bench, habits, probe)).0;
    drive.result.unwrap_or_else(|error| panic!("{error}\n{}", drive.transcript))
}
