//! Readouts of meters that behave, each in its own way.

use std::{sync::Arc, time::Duration};

use super::{
    bench::{Bench, Read, THINKS, fails, good, right_keys, ring, shown},
    meter::{Door, Habits, OldCounter, Refusal},
    station::{LinkHabits, four, one, two},
};
use crate::probe::{
    dlms::{Address, Config, Scope},
    error::ReadError,
    keys::{Keyring, Keys},
    port::{Patience, Progress},
    readout::{Integrity, Protocol},
    way::{Quirk, Way},
};

/// All that the virtual meter has.
const REGISTERS: [&str; 12] = [
    "0-0:42.0.0*255 \"LMP0000000412345\"",
    "0-0:96.1.0*255 \"00412345\"",
    "1-0:0.2.0*255 \"V1.23\"",
    "0-0:96.7.21*255 7",
    "1-0:32.7.0*255 230.12 V",
    "1-0:1.6.0*255 3.064 W at 2026-11-22T11:45:00",
    "1-0:1.4.0*255 3000 W",
    "1-0:1.8.61*255 61000 Wh",
    "1-0:1.8.0*255 12345670 Wh",
    "1-0:1.8.1*255 10000000 Wh",
    "1-0:1.8.2*255 2345670 Wh",
    "1-0:2.8.0*255 1000 Wh",
];

/// It was read whole, at this way.
#[track_caller]
fn check(read: &Read, way: &str) {
    let readout = good(read);
    assert_eq!(shown(readout), REGISTERS, "{}", read.drive.transcript);
    assert_eq!(readout.identity, "LMP0000000412345");
    assert_eq!(readout.serial.as_deref(), Some("00412345"));
    assert_eq!(readout.clock.unwrap().to_string(), "2026-11-23T10:03:00");
    assert_eq!((readout.protocol, readout.integrity), (Protocol::Dlms, Integrity::Checked));
    assert_eq!(readout.way.to_string(), way);
    assert_eq!(read.controls.last(), Some(&0x53), "it says goodbye");
}

#[test]
fn a_meter_is_read_with_all_its_registers() {
    let read = Bench::new(Habits::default()).read();
    check(&read, "dlms 9600 at=1.17.1");
    assert_eq!(good(&read).retries, 0);
    let identity = "LMP0000000412345".into();
    assert!(read.keeper.seen.contains(&Progress::Answered { identity, baud: 9_600 }));
    assert!(read.keeper.seen.contains(&Progress::Asking { attempt: 1 }));
    assert!(read.keeper.seen.contains(&Progress::Signal { percent: 100 }));
    assert!(
        read.keeper.seen.iter().any(|seen| matches!(seen, Progress::Fetched { done: 14, total: Some(14) }))
    );
}

#[test]
fn it_takes_hardly_longer_than_the_line_and_the_meter() {
    for (habits, keys) in [(Habits::default(), None), (Habits::locked(), Some(right_keys()))] {
        let mut bench = Bench::new(habits);
        bench.config.keyring = ring(keys.unwrap_or_default());
        let read = bench.read();
        good(&read);
        let timing = read.drive.timing;
        let least = timing.line + THINKS * timing.turn_arounds;
        assert!(timing.wall <= least.mul_f64(1.02), "{timing:?}");
    }
}

#[test]
fn usual_registers_are_read_without_asking_which_there_are() {
    let mut bench = Bench::new(Habits::default());
    bench.config.scope = Scope::Usual;
    let read = bench.read();
    let registers = shown(good(&read));
    assert_eq!(registers.len(), 10, "{registers:?}");
    assert!(!registers.iter().any(|register| register.contains("1.8.61")));
    let whole = Bench { crowd: 60, ..Bench::new(Habits::default()) }.read();
    assert!(read.drive.timing.wall * 3 < whole.drive.timing.wall, "{:?}", read.drive.timing);
}

#[test]
fn a_meter_that_keeps_no_list_is_asked_for_the_usual() {
    for object_list in [Refusal::Error, Refusal::Exception, Refusal::Silence, Refusal::HangUp] {
        let read = Bench::new(Habits { object_list, ..Habits::default() }).read();
        assert_eq!(shown(good(&read)).len(), 10, "{object_list:?}");
    }
}

#[test]
fn a_meter_that_refuses_lists_is_asked_one_by_one() {
    for lists in [Refusal::Error, Refusal::Exception, Refusal::Silence, Refusal::HangUp] {
        let read = Bench::new(Habits { lists, ..Habits::default() }).read();
        check(&read, "dlms 9600 at=1.17.1 one-by-one");
        let mut bench = Bench::new(Habits { lists, ..Habits::default() });
        bench.config.quirks = [Quirk::OneByOne].into();
        let again = bench.read();
        check(&again, "dlms 9600 at=1.17.1 one-by-one");
        assert!(again.meter.asked.iter().all(|request| request[1] == 1), "it is known by now");
    }
}

#[test]
fn a_meter_that_says_it_takes_no_lists_is_asked_one_by_one() {
    let habits = Habits { conformance: [0, 0x10, 0x10], lists: Refusal::Exception, ..Habits::default() };
    check(&Bench::new(habits).read(), "dlms 9600 at=1.17.1");
}

#[test]
fn short_frames_and_short_messages_are_put_together() {
    for (information, pdu, plain_ua) in
        [(128, 1_000, true), (64, 128, false), (128, 96, true), (248, 60, false)]
    {
        let mut bench = Bench::new(Habits { pdu, ..Habits::default() });
        bench.link = LinkHabits { information, plain_ua, ..LinkHabits::default() };
        check(&bench.read(), "dlms 9600 at=1.17.1");
    }
}

#[test]
fn a_request_longer_than_a_frame_goes_in_segments() {
    let mut bench = Bench::with_keys(Habits::locked());
    bench.link.information = 32;
    check(&bench.read(), "dlms 9600 at=1.17.1");
}

#[test]
fn a_meter_is_found_at_any_of_the_usual_addresses_and_learned() {
    for (hears, own, at) in [
        (four(1, 0x3FFF), four(1, 4_711), "0001.4711.1"),
        (four(1, 0x3FFF), two(1, 17), "1.17.1"),
        (two(1, 0x7F), two(1, 33), "1.33.1"),
        (two(1, 17), two(1, 17), "1.17.16"),
        (two(1, 16), two(1, 16), "1.16.16"),
        (one(1), one(1), "1.16"),
    ] {
        let mut bench = Bench::new(Habits::default());
        bench.link.hears = vec![hears, own.clone()];
        bench.link.own = own;
        check(&bench.read(), &format!("dlms 9600 at={at}"));
    }
}

#[test]
fn a_meter_that_was_read_before_is_read_at_once() {
    let way: Way = "dlms 9600 at=0001.4711.1 one-by-one".parse().unwrap();
    let mut bench = Bench::new(Habits { public: Door::Shut, ..Habits::default() });
    bench.config = bench.config.along(&way).unwrap();
    bench.link.hears = vec![four(1, 4_711)];
    bench.link.own = four(1, 4_711);
    let read = bench.read();
    check(&read, &way.to_string());
    assert_eq!(read.meter.doors_tried, [1]);
}

#[test]
fn a_meter_that_nobody_knows_and_that_is_open_is_entered_once() {
    // As the search has it, with the registers of a round.
    let bench = |along: Option<&Way>| {
        let mut bench = Bench::new(Habits { public_sees_all: false, ..Habits::default() });
        bench.config.addresses = vec![Address::ALL_STATIONS, Address::two(1, 17)];
        bench.config.patience = Patience { attempts: 1, wait: Duration::from_millis(400) };
        bench.config.scope = Scope::Usual;
        bench.config = along.map_or(bench.config.clone(), |way| bench.config.clone().along(way).unwrap());
        bench
    };
    let cold = bench(None).read();
    assert_eq!(cold.meter.doors_tried, [1]);
    let known = bench(Some(&good(&cold).way)).read();
    let more = cold.drive.timing.wall - known.drive.timing.wall;
    assert!(more < Duration::from_millis(50), "the search takes {more:?}");
}

#[test]
fn the_public_client_comes_where_the_management_one_is_not_wanted_or_not_known() {
    for management in [Door::Shut, Door::Password("secret12"), Door::Keys] {
        let read = Bench::new(Habits { management, ..Habits::default() }).read();
        check(&read, "dlms 9600 at=1.17.16");
        assert_eq!(read.meter.doors_tried, [1, 16]);
    }
    // Nothing comes back to a client that the meter does not know: the other is asked for at once.
    let mut deaf = Bench::new(Habits::default());
    deaf.link.clients = vec![16];
    let deaf = deaf.read();
    check(&deaf, "dlms 9600 at=1.17.16");
    assert_eq!(deaf.meter.doors_tried, [16]);
    let open = Bench::new(Habits::default()).read();
    let more = deaf.drive.timing.wall - open.drive.timing.wall;
    assert!(more < Duration::from_millis(950), "{more:?}");
    let mut unknown = Bench::new(Habits::default());
    unknown.link.clients = vec![1];
    check(&unknown.read(), "dlms 9600 at=1.17.1");
    // Who is deaf to one and blind as the other has nothing to show.
    let mut blind = Bench::new(Habits { public_sees_all: false, ..Habits::default() });
    blind.link.clients = vec![16];
    fails(&blind.read(), ReadError::NothingToRead);
}

#[test]
fn a_password_opens_what_it_opens() {
    let habits = Habits { management: Door::Password("secret12"), ..Habits::locked() };
    let keys = |password: &str| Keys { password: Some(password.into()), ..Keys::default() };
    let mut bench = Bench::new(habits.clone());
    bench.config.keyring = ring(keys("secret12"));
    bench.config.serial = Some("00412345".into());
    let read = bench.read();
    check(&read, "dlms 9600 at=1.17.1");
    assert_eq!(read.meter.doors_tried, [1], "straight in");
    // The meter's own number finds the password where nobody knew it before.
    let mut bench = Bench::new(habits.clone());
    bench.config.keyring = ring(keys("secret12"));
    check(&bench.read(), "dlms 9600 at=1.17.1");
    let mut bench = Bench::new(habits.clone());
    bench.config.keyring = ring(keys("wrong"));
    let read = bench.read();
    fails(&read, ReadError::WrongKey);
    assert_eq!(read.meter.doors_tried, [16, 1], "tried once");
    fails(&Bench::new(habits).read(), ReadError::Locked);
}

#[test]
fn a_password_for_every_meter_is_said_at_once_and_once() {
    let any = |password: &str, others: &[&str]| {
        let mut ring = Keyring::default();
        ring.add("*", Keys { password: Some(password.into()), ..Keys::default() });
        others.iter().for_each(|serial| ring.add(serial, right_keys()));
        let mut bench = Bench::new(Habits { management: Door::Password("secret12"), ..Habits::locked() });
        bench.config.keyring = Arc::new(ring);
        bench.read()
    };
    let read = any("secret12", &[]);
    check(&read, "dlms 9600 at=1.17.1");
    assert_eq!(read.meter.doors_tried, [1]);
    let read = any("wrong", &[]);
    fails(&read, ReadError::WrongKey);
    assert_eq!(read.meter.doors_tried, [1]);
    // This might be the one that has keys of its own.
    let read = any("secret12", &["99999999"]);
    check(&read, "dlms 9600 at=1.17.1");
    assert_eq!(read.meter.doors_tried, [16, 1]);
}

#[test]
fn a_password_is_not_said_to_a_meter_that_it_does_not_belong_to() {
    for (serial, doors) in [(None, [16, 1]), (Some("00412345"), [16, 1])] {
        let mut ring = Keyring::default();
        ring.add("99999999", Keys { password: Some("secret12".into()), ..Keys::default() });
        let mut bench = Bench::new(Habits { management: Door::Password("secret12"), ..Habits::locked() });
        bench.config.keyring = Arc::new(ring);
        bench.config.serial = serial.map(Into::into);
        let read = bench.read();
        fails(&read, ReadError::Locked);
        assert_eq!(read.meter.doors_tried, doors);
        let said: Vec<u8> =
            read.drive.transcript.chunks().iter().flat_map(|chunk| chunk.bytes.clone()).collect();
        assert!(!said.windows(8).any(|window| window == b"secret12"));
    }
}

#[test]
fn the_public_client_is_heard_where_a_password_is_not_wanted() {
    let mut bench = Bench::new(Habits { management: Door::Shut, ..Habits::default() });
    bench.config.keyring = ring(Keys { password: Some("secret12".into()), ..Keys::default() });
    bench.config.serial = Some("00412345".into());
    let read = bench.read();
    check(&read, "dlms 9600 at=1.17.16");
    assert_eq!(read.meter.doors_tried, [1, 16]);
}

#[test]
fn who_was_inside_with_keys_goes_straight_in_again() {
    let known = |next: u32, habits: Habits| {
        let mut bench = Bench::with_keys(habits);
        bench.config.serial = Some("00412345".into());
        bench.config = bench.config.along(&"dlms 9600 at=1.17.1".parse().unwrap()).unwrap();
        bench.keeper.next = next;
        bench.read()
    };
    let read = known(5_000, Habits::locked());
    check(&read, "dlms 9600 at=1.17.1");
    assert_eq!((read.meter.doors_tried, read.meter.counters_seen[0]), (vec![1], 5_000));
    // Nobody has counted on this device: the meter is asked.
    let read = known(0, Habits::locked());
    check(&read, "dlms 9600 at=1.17.1");
    assert_eq!(read.meter.doors_tried, [16, 1]);
    assert!(read.meter.counters_seen[0] > 40, "{:?}", read.meter.counters_seen);
    // Another device has counted further meanwhile.
    for (old_counter, doors) in [
        (OldCounter::Tells, vec![1, 1]),
        (OldCounter::HangsUp, vec![1, 16, 1]),
        (OldCounter::Silent, vec![1, 16, 1]),
    ] {
        let read = known(30, Habits { old_counter, counter: 5_000, ..Habits::locked() });
        check(&read, "dlms 9600 at=1.17.1");
        assert_eq!(read.meter.doors_tried, doors, "{old_counter:?}");
    }
}

#[test]
fn keys_open_a_ciphered_conversation() {
    for (general, control) in [(false, 0x30), (true, 0x30), (false, 0x10), (true, 0x20)] {
        let read = Bench::with_keys(Habits { general, control, ..Habits::locked() }).read();
        check(&read, "dlms 9600 at=1.17.1");
        assert_eq!(read.meter.doors_tried, [16, 1]);
        let [reservation] = &read.keeper.reservations[..] else { panic!("{:?}", read.keeper.reservations) };
        assert_eq!((reservation.meter.as_str(), reservation.at_least), ("00412345", 41));
        assert_eq!(Some(reservation.key), right_keys().fingerprint());
        assert_eq!(read.meter.counters_seen[0], 41);
        let seen = &read.meter.counters_seen;
        assert!(seen.iter().all(|counter| (41..41 + reservation.count).contains(counter)), "{seen:?}");
    }
}

#[test]
fn counters_go_on_where_the_device_had_got_to() {
    let mut bench = Bench::with_keys(Habits::locked());
    bench.keeper.next = 5_000;
    let read = bench.read();
    good(&read);
    assert_eq!(read.meter.counters_seen[0], 5_000);
}

#[test]
fn more_counters_are_put_on_disk_when_they_run_out() {
    let mut bench = Bench::with_keys(Habits { pdu: 64, ..Habits::locked() });
    bench.crowd = 60;
    bench.config.quirks = [Quirk::OneByOne].into();
    let read = bench.read();
    assert_eq!(good(&read).registers.len(), REGISTERS.len() + 120);
    let firsts: Vec<u32> = read.keeper.reservations.iter().map(|reservation| reservation.at_least).collect();
    assert!(firsts.len() > 1 && firsts.is_sorted(), "{firsts:?}");
}

#[test]
fn without_keys_a_locked_meter_is_locked() {
    fails(&Bench::new(Habits::locked()).read(), ReadError::Locked);
    let half = Keys { authentication_key: None, ..right_keys() };
    let mut bench = Bench::new(Habits::locked());
    bench.config.keyring = ring(half);
    fails(&bench.read(), ReadError::Locked);
}

#[test]
fn wrong_keys_are_tried_once() {
    for (encryption_key, authentication_key) in
        [(Some([1; 16]), right_keys().authentication_key), (right_keys().encryption_key, Some([1; 16]))]
    {
        let mut bench = Bench::new(Habits::locked());
        bench.config.keyring = ring(Keys { encryption_key, authentication_key, ..Keys::default() });
        let read = bench.read();
        fails(&read, ReadError::WrongKey);
        assert_eq!(read.meter.doors_tried, [16, 1]);
        assert_eq!(read.controls.last(), Some(&0x53));
    }
}

#[test]
fn a_meter_that_nobody_has_keys_for_is_read_as_far_as_it_shows_itself() {
    let mut bench = Bench::with_keys(Habits { management: Door::Shut, ..Habits::default() });
    bench.config.keyring = ring(Keys::default());
    bench.config.addresses = vec![Address::two(1, 17)];
    check(&bench.read(), "dlms 9600 at=1.17.16");
    // There are keys, and nobody is let in with them.
    check(&Bench::with_keys(Habits::default()).read(), "dlms 9600 at=1.17.16");
    // The office has another number for it; the meter's own finds the keys.
    let config = Config { serial: Some("99999999".into()), ..Bench::with_keys(Habits::default()).config };
    check(&Bench { config, ..Bench::new(Habits::locked()) }.read(), "dlms 9600 at=1.17.1");
}
