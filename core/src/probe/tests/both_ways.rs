//! Meters that sign on in text and offer HDLC, read one way or the other.

use std::{io, time::Duration};

use super::{
    bench::{Bench, Probe, VirtualLine},
    meter::{Habits, ModeE, Refusal},
    terminal::Terminal,
};
use crate::probe::{
    dlms::{
        self,
        tests::guest::{Guest, Lock, guest_config, guest_keys},
    },
    drive::{Attendant, Drive, DriveError, drive},
    error::ReadError,
    iec62056,
    keys::Keys,
    mode_e::{Config, Session},
    port::{Patience, Progress, Reservation},
    readout::{Protocol, Readout},
    transcript::Direction,
    way::Quirk,
};

#[test]
fn text_is_first_where_nobody_has_keys() {
    let read = read(habits(), config(None, false));
    assert_eq!(read.readout().protocol.to_string(), "iec62056-21/C");
    assert!(read.took() < ms(1_700), "{:?}", read.took());
    read.ends_free(0);
}

#[test]
fn hdlc_is_second_where_text_leads_nowhere() {
    for text in [
        Habits { list: "!\r\n".into(), ..habits() },
        Habits { refuses: Refusal::All, ..habits() },
        Habits { keeps_list: true, ..habits() },
    ] {
        let read = read(text, config(None, false));
        assert_eq!(read.readout().protocol, Protocol::Dlms, "{}", read.drive.transcript);
        assert!(read.readout().way.has(Quirk::ModeE));
        assert!(read.took() < ms(35_000), "{:?}", read.took());
        read.ends_free(1);
    }
}

#[test]
fn hdlc_is_first_where_there_are_keys() {
    let read = read(locked(Lock::Keys), config(Some(guest_keys()), true));
    assert_eq!(read.readout().protocol, Protocol::Dlms);
    assert!(read.readout().way.has(Quirk::ModeE) && read.readout().registers.len() == 12);
    // Once as the public client and once with the keys, and a sign-on before each.
    assert_eq!((read.count(b"/?!"), read.readout().retries), (2, 0));
    assert!(read.took() < ms(7_600), "{:?}", read.took());
    assert!(!read.seen.contains(&Progress::KeyRefused));
    read.ends_free(1);
}

#[test]
fn a_known_way_goes_into_hdlc_at_once() {
    let first = read(habits(), config(None, true));
    let way = &first.readout().way;
    let known = config(None, true);
    let hdlc = known.hdlc.clone().along(way).unwrap();
    let again = read(habits(), Config { hdlc, ..known });
    assert_eq!(again.readout().registers, first.readout().registers);
    assert!(again.count(b"/?!") == 1 && again.took() <= first.took(), "{:?}", again.took());
    again.ends_free(1);
}

#[test]
fn a_meter_that_offers_no_hdlc_is_read_with_no_second_sign_on() {
    for ident in ["LGZ5ZMD310", "LGZ5\\3ZMD310"] {
        let plain = || Habits { ident, mode_e: ModeE::None, ..habits() };
        let text = Bench::new().read(plain(), Probe::default()).0;
        let read = read(plain(), config(Some(guest_keys()), true));
        assert_eq!(read.readout(), text.result.as_ref().unwrap(), "{ident}");
        assert_eq!((read.count(b"/?!"), read.count(b"\x062")), (1, 0));
        assert!(read.took() <= text.timing.wall + ms(20), "{:?}", read.took());
    }
}

#[test]
fn time_stands_still_for_the_session_while_the_meter_signs_on_again() {
    let read = read(locked(Lock::Keys), config(Some(guest_keys()), true));
    // That takes 3 s, and the session would ask for its link again after one.
    assert_eq!((read.readout().retries, read.count(b"/?!"), read.links()), (0, 2, 2));
    read.ends_free(1);
}

#[test]
fn a_meter_that_goes_on_in_hdlc_after_a_goodbye_is_asked_there() {
    let stays = Habits { stays_binary: true, ..locked(Lock::Keys) };
    let read = read(stays, config(Some(guest_keys()), true));
    assert_eq!((read.readout().protocol, read.links()), (Protocol::Dlms, 2), "{}", read.drive.transcript);
    assert!(read.took() < ms(11_000), "{:?}", read.took());
}

#[test]
fn a_meter_that_says_no_to_hdlc_is_read_in_text_at_once() {
    let read = read(Habits { mode_e: ModeE::Refused, ..habits() }, config(Some(guest_keys()), true));
    assert_eq!(read.readout().protocol, Protocol::Iec62056('C'), "{}", read.drive.transcript);
    assert!(read.links() == 0 && read.took() < ms(5_500), "{:?}", read.took());
}

#[test]
fn a_meter_that_passes_over_hdlc_is_read_in_text() {
    for mode_e in [ModeE::None, ModeE::Mute] {
        // In the second case it talks HDLC, but not to us, and goes back by itself.
        let deaf = Habits { mode_e, binary: Some(Lock::NoLink), binary_ms: 6_000, ..habits() };
        let read = read(deaf, config(Some(guest_keys()), true));
        assert_eq!(read.readout().registers.len(), 8, "{}", read.drive.transcript);
        assert!(read.took() < ms(22_000), "{mode_e:?} {:?}", read.took());
    }
}

#[test]
fn a_wrong_key_is_offered_once_and_told_and_text_follows_soon() {
    for (lock, longest) in [(Lock::Keys, ms(8_600)), (Lock::DeafKeys, ms(16_700))] {
        let read = read(locked(lock), config(Some(wrong_keys()), true));
        assert_eq!(read.readout().protocol, Protocol::Iec62056('C'));
        assert_eq!(read.seen.iter().filter(|seen| **seen == Progress::KeyRefused).count(), 1);
        assert!(read.took() < longest, "{lock:?} {:?}", read.took());
        read.ends_free(1);
    }
}

#[test]
fn a_wrong_key_is_the_error_where_text_leads_nowhere_either() {
    let mute = Habits { keeps_list: true, ..locked(Lock::Keys) };
    let read = read(mute, config(Some(wrong_keys()), true));
    assert_eq!(read.error(), ReadError::WrongKey);
    read.ends_free(1);
}

#[test]
fn a_password_that_text_did_not_take_is_not_shown_in_hdlc() {
    let terminal = Terminal { password: Some("00112233"), ..Terminal::default() };
    let locked =
        Habits { list: "!\r\n".into(), terminal: Some(terminal), ..locked(Lock::Password("00112233")) };
    let wrong = Keys { password: Some("11111111".into()), ..Keys::default() };
    let mut config = config(Some(wrong), false);
    config.text.serial = Some("00412345".into());
    let read = read(locked, config);
    assert_eq!(read.error(), ReadError::WrongKey, "{}", read.drive.transcript);
    assert_eq!((read.count(b"\x01P1"), read.count(b"11111111")), (1, 1), "{}", read.drive.transcript);
}

#[test]
fn where_both_ways_lead_nowhere_the_first_error_is_told() {
    let nothing = |binary| Habits { list: "!\r\n".into(), binary: Some(binary), ..habits() };
    let text_first = read(nothing(Lock::NoLink), config(None, false));
    assert_eq!(text_first.error(), ReadError::NothingToRead);
    let hdlc_first = read(nothing(Lock::NoLink), config(None, true));
    assert_eq!(hdlc_first.error(), ReadError::Silent { attempts: 12 });
    assert!(hdlc_first.took().max(text_first.took()) < ms(40_000));
}

#[test]
fn who_stops_does_not_leave_the_meter_with_an_open_link() {
    let mut stopped = 0;
    for (lock, keys) in [(Lock::Keys, guest_keys()), (Lock::Keys, wrong_keys()), (Lock::Open, guest_keys())] {
        for at_ms in (0..10_000).step_by(37) {
            let bench = Bench { cancel_at_ms: Some(at_ms), ..Bench::new() };
            let read = read_on(&bench, locked(lock), config(Some(keys.clone()), true));
            if matches!(read.drive.result, Err(DriveError::Cancelled)) {
                stopped += 1;
                // While a meter talks it does not hear; it is told all the same.
                let last = said(&read.drive).last().unwrap_or_default();
                assert!(!read.shut || dlms::is_goodbye(&last), "{at_ms} ms\n{}", read.drive.transcript);
            }
        }
    }
    assert!(stopped > 600, "{stopped}");
}

struct Read {
    drive: Drive,
    seen: Vec<Progress>,
    offers: usize,
    shut: bool,
    binary: bool,
}

impl Read {
    #[track_caller]
    fn readout(&self) -> &Readout {
        let error = |error| panic!("{error}\n{}", self.drive.transcript);
        self.drive.result.as_ref().unwrap_or_else(error)
    }

    #[track_caller]
    fn error(&self) -> ReadError {
        match &self.drive.result {
            Err(DriveError::Read(error)) => *error,
            other => panic!("{other:?}\n{}", self.drive.transcript),
        }
    }

    const fn took(&self) -> Duration {
        self.drive.timing.wall
    }

    /// How often this was part of what we said.
    fn count(&self, wanted: &[u8]) -> usize {
        let part = |said: &Vec<u8>| said.windows(wanted.len()).any(|window| window == wanted);
        said(&self.drive).map(|said| said.iter().map(|byte| byte & 0x7F).collect()).filter(part).count()
    }

    /// How often a link was asked for.
    fn links(&self) -> usize {
        let asks = |said: &Vec<u8>| {
            said.first() == Some(&0x7E) && said.get(6..9).is_some_and(|at| at.contains(&0x93))
        };
        said(&self.drive).filter(asks).count()
    }

    /// The keys were offered so many times, and the next reader finds the meter as if nobody had been there.
    #[track_caller]
    fn ends_free(&self, offers: usize) {
        assert_eq!(
            (self.offers, self.shut, self.binary),
            (offers, false, false),
            "{}",
            self.drive.transcript
        );
    }
}

fn said(drive: &Drive) -> impl Iterator<Item = Vec<u8>> {
    let sent = drive.transcript.chunks().iter().filter(|chunk| chunk.direction == Direction::Sent);
    sent.map(|chunk| chunk.bytes.clone())
}

const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// A meter of mode E with HDLC behind it.
fn habits() -> Habits {
    Habits { ident: "LGZ5\\2ZMD310", mode_e: ModeE::At300, binary: Some(Lock::Open), ..Habits::default() }
}

fn locked(binary: Lock) -> Habits {
    Habits { binary: Some(binary), ..habits() }
}

fn wrong_keys() -> Keys {
    Keys { encryption_key: Some([0x55; 16]), ..guest_keys() }
}

/// As a search for meters has it.
fn config(keys: Option<Keys>, hdlc_first: bool) -> Config {
    let hdlc = guest_config(keys);
    let wait = Duration::from_millis(500);
    let hdlc = dlms::Config { patience: Patience { attempts: 2, wait }, ..hdlc };
    let patience = Patience { attempts: 2, wait: Duration::from_millis(1_600) };
    let text = iec62056::Config { patience, keyring: hdlc.keyring.clone(), ..iec62056::Config::default() };
    Config { text, hdlc, hdlc_first }
}

#[track_caller]
fn read(habits: Habits, config: Config) -> Read {
    read_on(&Bench::new(), habits, config)
}

fn read_on(bench: &Bench, habits: Habits, config: Config) -> Read {
    let mut line = VirtualLine::new(bench, habits, Probe::default());
    let mut desk = Desk::default();
    let session = Session::start(bench.now(), config);
    let drive = drive(session, &mut line, &|| bench.now(), &bench.cancel, &mut desk);
    let offers = line.meter.guest.as_ref().map_or(0, Guest::offers);
    Read { drive, seen: desk.seen, offers, shut: line.meter.is_shut(), binary: line.meter.is_binary() }
}

/// Sees what happens, and counts.
#[derive(Default)]
struct Desk {
    seen: Vec<Progress>,
    next: u32,
}

impl Attendant for Desk {
    fn progress(&mut self, progress: Progress) {
        self.seen.push(progress);
    }

    fn reserve(&mut self, reservation: &Reservation) -> io::Result<u32> {
        let first = self.next.max(reservation.at_least);
        self.next = first + reservation.count;
        Ok(first)
    }
}
