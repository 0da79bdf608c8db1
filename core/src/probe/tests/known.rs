//! What a readout is told beforehand, and what it tells for the next time.

use std::time::Duration;

use super::{
    bench::{Bench, Echo, Probe},
    meter::{BlockFraming, Habits, Refusal},
};
use crate::probe::{
    drive::{Drive, DriveError},
    error::ReadError,
    iec62056::Config,
    port::Patience,
    way::Way,
};

#[test]
fn a_readout_tells_the_way_to_its_meter() {
    check(Habits::default(), "iec62056-21 9600");
    check(Habits { stays_at_300: true, ..Habits::default() }, "iec62056-21 300 slow-once");
    check(Habits { ident: "ABC0X", ..Habits::default() }, "iec62056-21 300");
    let without_check = Habits { framing: BlockFraming::NoEtx, ..Habits::default() };
    check(without_check, "iec62056-21 9600 no-check");
    let letter = Habits { ident: "ABCETYPE", unasked_baud: Some(300), ..Habits::default() };
    check(letter, "iec62056-21 300 slow");
}

#[test]
fn the_way_has_the_address_and_whether_the_head_hears_itself() {
    let config = Config { address: Some("00412345".parse().unwrap()), ..Config::default() };
    let echoing = Probe { echo: Echo::Whole, ..Probe::default() };
    let drive = Bench::with(config).read(Habits::default(), echoing).0;
    assert_eq!(drive.result.unwrap().way.to_string(), "iec62056-21 9600 at=00412345 echo");
}

#[test]
fn a_known_meter_is_asked_at_the_speed_that_worked() {
    for habits in [
        Habits { stays_at_300: true, ..Habits::default() },
        Habits { refuses: Refusal::Fast, ..Habits::default() },
        Habits { ident: "ABCETYPE", unasked_baud: Some(300), ..Habits::default() },
    ] {
        let first = Bench::new().read(habits.clone(), Probe::default()).0;
        let config = Config { way: Some(first.result.unwrap().way), ..Config::default() };
        // Once may have been a bad line.
        let way = Bench::with(config).read(habits.clone(), Probe::default()).0.result.unwrap().way;
        let config = Config { way: Some(way.clone()), ..Config::default() };
        let again = Bench::with(config).read(habits, Probe::default()).0;
        let readout = again.result.unwrap();
        assert_eq!((readout.retries, &readout.way), (0, &way));
        assert!(again.timing.wall + Duration::from_secs(2) < first.timing.wall);
    }
}

#[test]
fn a_bad_line_does_not_make_a_meter_slow_for_good() {
    let way: Way = "iec62056-21 300 slow-once".parse().unwrap();
    let drive = Bench::with(Config { way: Some(way), ..Config::default() });
    let readout = drive.read(Habits::default(), Probe::default()).0.result.unwrap();
    assert_eq!(readout.way.to_string(), "iec62056-21 9600");
}

#[test]
fn a_known_speed_between_the_offered_and_the_slowest_is_taken_at_once() {
    let way: Way = "iec62056-21 4800 slow".parse().unwrap();
    let drive = Bench::with(Config { way: Some(way), ..Config::default() });
    // This meter keeps to 300 where anything else than its offer is asked for.
    let readout = drive.read(Habits::default(), Probe::default()).0.result.unwrap();
    assert_eq!(readout.baud, 300);
}

#[test]
fn a_meter_that_sleeps_is_woken_when_that_is_wanted() {
    let sleeper = || Habits { sleeps: true, ..Habits::default() };
    for echo in [Echo::None, Echo::Whole, Echo::Cut] {
        let probe = Probe { echo, ..Probe::default() };
        let woken = Bench::with(Config { wake: true, ..Config::default() }).read(sleeper(), probe).0;
        let readout = woken.result.unwrap();
        assert!(readout.way.to_string().ends_with("sleeps") && readout.retries == 0, "{}", readout.way);
        let known = Config { way: Some(readout.way), ..Config::default() };
        assert!(Bench::with(known).read(sleeper(), probe).0.result.is_ok());
    }
    assert_eq!(error(Config::default(), sleeper()), ReadError::Silent { attempts: 3 });
}

#[test]
fn a_silent_line_is_given_up_when_patience_ends() {
    let silent = Habits { ignores_requests: 9, ..Habits::default() };
    let patience = Patience { attempts: 1, wait: Duration::from_millis(1_200) };
    let config = Config { patience, ..Config::default() };
    let Drive { result, timing, .. } = Bench::with(config).read(silent, Probe::default()).0;
    assert!(matches!(result, Err(DriveError::Read(ReadError::Silent { attempts: 1 }))));
    assert!((1_360..1_400).contains(&timing.wall.as_millis()), "{timing:?}");
}

#[test]
fn a_meter_that_has_answered_once_is_given_all_the_time_of_the_book() {
    let patience = Patience { attempts: 1, wait: Duration::from_millis(1_200) };
    let habits = Habits { framing: BlockFraming::NoEtx, late_again: true, ..Habits::default() };
    let drive = Bench::with(Config { patience, ..Config::default() }).read(habits, Probe::default()).0;
    assert!(drive.result.is_ok(), "{}", drive.transcript);
}

#[test]
fn a_short_list_of_the_makers_own_is_read_where_there_is_one() {
    let config = || Config { list: Some(b'7'), ..Config::default() };
    let read = |own_lists| {
        let habits = Habits { own_lists, ..Habits::default() };
        Bench::with(config()).read(habits, Probe::default()).0.result.unwrap()
    };
    let short = read(&[(b'7', "C.1.0(00412345)\r\n1.8.0(012345.670*kWh)\r\n!\r\n")]);
    assert_eq!((short.registers.len(), short.baud, short.retries), (2, 9_600, 0));
    assert_eq!(short.way.to_string(), "iec62056-21 9600 list=7");
    for without in [&[] as &[(u8, &str)], &[(b'7', "!\r\n")]] {
        let usual = read(without);
        assert_eq!((usual.registers.len(), usual.baud, usual.retries), (8, 9_600, 1));
        assert_eq!(usual.way.to_string(), "iec62056-21 9600 list=0");
    }
}

#[test]
fn a_known_meter_is_asked_for_the_list_that_it_gives() {
    let own_lists: &[(u8, &str)] = &[(b'7', "C.1.0(00412345)\r\n1.8.0(012345.670*kWh)\r\n!\r\n")];
    for (way, list, registers) in [
        ("iec62056-21 9600 list=7", None, 2),
        ("iec62056-21 9600 list=0", Some(b'7'), 8),
        ("iec62056-21 9600 list=200", Some(b'7'), 8),
    ] {
        let config = Config { way: Some(way.parse().unwrap()), list, ..Config::default() };
        let habits = Habits { own_lists, ..Habits::default() };
        let readout = Bench::with(config).read(habits, Probe::default()).0.result.unwrap();
        assert_eq!((readout.registers.len(), readout.retries), (registers, 0), "{way}");
    }
}

#[track_caller]
fn check(habits: Habits, way: &str) {
    let drive = Bench::new().read(habits, Probe::default()).0;
    assert_eq!(drive.result.unwrap().way.to_string(), way);
}

#[track_caller]
fn error(config: Config, habits: Habits) -> ReadError {
    match Bench::with(config).read(habits, Probe::default()).0.result {
        Err(DriveError::Read(error)) => error,
        other => panic!("{other:?}"),
    }
}
