//! One test for each problem that people report from the field.

use std::time::Duration;

use super::{
    bench::{Bench, Echo, Probe, Read, fails, good, ring, shown},
    meter::{Door, Habits, OldCounter, aare},
    station::{LinkHabits, two},
};
use crate::probe::{
    dlms::{Address, Config, Scope, is_goodbye},
    drive::DriveError,
    error::ReadError,
    keys::Keys,
    port::Progress,
};

/// It was read whole, with so many questions asked again, and the last word was goodbye.
#[track_caller]
fn check(bench: Bench, retries: u32) -> Read {
    let read = bench.read();
    let readout = good(&read);
    assert_eq!(shown(readout).len(), 12, "{:?}\n{}", shown(readout), read.drive.transcript);
    assert!(shown(readout).contains(&"1-0:1.8.0*255 12345670 Wh".into()));
    assert_eq!(readout.retries, retries, "{}", read.drive.transcript);
    assert_eq!(read.controls.last(), Some(&0x53), "{}", read.drive.transcript);
    read
}

fn probe(probe: Probe) -> Bench {
    Bench { probe, ..Bench::new(Habits::default()) }
}

fn link(link: LinkHabits) -> Bench {
    Bench { link, ..Bench::new(Habits::default()) }
}

#[test]
fn a_head_that_echoes_is_read() {
    for (echo, is_told) in
        [(Echo::None, false), (Echo::Whole, true), (Echo::Cut, true), (Echo::Garbled, false)]
    {
        for delay_ms in [0, 80] {
            let read = check(probe(Probe { echo, delay_ms, ..Probe::default() }), 0);
            assert_eq!(good(&read).way.echo, is_told, "{echo:?}");
            let timing = read.drive.timing;
            let least = timing.line + super::bench::THINKS * timing.turn_arounds;
            assert!(delay_ms > 0 || timing.wall <= least.mul_f64(1.02), "{echo:?} costs time: {timing:?}");
        }
    }
}

#[test]
fn an_echo_is_told_from_an_answer_where_both_ends_have_the_same_address() {
    let mut bench = probe(Probe { echo: Echo::Whole, ..Probe::default() });
    bench.config.addresses = vec![Address::one(1)];
    bench.config.client = Some(1);
    bench.link = LinkHabits { hears: vec![vec![0x03]], own: vec![0x03], ..LinkHabits::default() };
    check(bench, 0);
}

#[test]
fn an_echo_alone_is_no_meter() {
    for echo in [Echo::Whole, Echo::Cut, Echo::Garbled] {
        let mut bench = probe(Probe { echo, ..Probe::default() });
        bench.link.hears.clear();
        fails(&bench.read(), ReadError::Silent { attempts: 17 });
    }
}

#[test]
fn a_line_still_at_seven_bits_is_never_believed() {
    let read = probe(Probe { parity: true, ..Probe::default() }).read();
    fails(&read, ReadError::Garbled { attempts: 20 });
    assert!(!read.keeper.seen.iter().any(|seen| matches!(seen, Progress::Answered { .. })));
}

#[test]
fn a_meter_at_an_unknown_address_is_told_by_its_serial() {
    // 412345 % 10000 + 1000.
    let own = super::station::four(1, 3_345);
    let mut bench = Bench::new(Habits::default());
    bench.link.hears = vec![own.clone()];
    bench.link.own = own;
    bench.config.addresses.extend([Address::four(1, 3_345)]);
    check(bench, 0);
}

#[test]
fn a_meter_that_does_not_like_wishes_is_asked_without() {
    check(link(LinkHabits { hates_wishes: true, clients: vec![16], ..LinkHabits::default() }), 0);
    check(link(LinkHabits { rejects_wishes: true, ..LinkHabits::default() }), 0);
}

#[test]
fn a_lost_frame_is_asked_for_again() {
    for lost in 1..9 {
        check(link(LinkHabits { loses: vec![lost], ..LinkHabits::default() }), 1);
        check(link(LinkHabits { misses: vec![lost], ..LinkHabits::default() }), 1);
        check(link(LinkHabits { loses: vec![lost], confirms_repeats: true, ..LinkHabits::default() }), 1);
    }
    // The first is asked for at the next address.
    check(link(LinkHabits { loses: vec![0], ..LinkHabits::default() }), 0);
}

#[test]
fn a_slow_meter_is_heard_while_others_are_asked() {
    let mut bench = Bench::new(Habits::default());
    bench.thinks = std::time::Duration::from_millis(900);
    let read = bench.read();
    let readout = good(&read);
    assert_eq!(shown(readout).len(), 12, "{}", read.drive.transcript);
    // It answers whom it heard first when it has heard another already; then it is asked as one again.
    let links = read.controls.iter().filter(|&&control| control == 0x93).count();
    assert_eq!((links, &read.meter.doors_tried[..]), (3, &[1][..]), "{:02X?}", read.controls);
}

#[test]
fn a_damaged_frame_is_asked_for_again_and_at_once() {
    for garbled in 1..9 {
        let read = check(link(LinkHabits { garbles: vec![garbled], ..LinkHabits::default() }), 1);
        assert!(read.keeper.seen.contains(&Progress::Repeating));
        assert!(read.keeper.seen.iter().any(|seen| matches!(seen, Progress::Signal { percent: 1..=99 })));
        let slow = check(link(LinkHabits { loses: vec![garbled], ..LinkHabits::default() }), 1);
        assert!(read.drive.timing.wall < slow.drive.timing.wall, "{garbled}");
    }
}

/// Whichever way the meter takes a question that comes twice.
#[track_caller]
fn check_mended(lost: usize, bench: impl Fn() -> Bench) {
    for (confirms_repeats, passes_over_repeats) in [(false, false), (true, false), (false, true)] {
        let habits = LinkHabits { confirms_repeats, passes_over_repeats, ..LinkHabits::default() };
        mended(&bench, LinkHabits { loses: vec![lost], ..habits.clone() });
        mended(&bench, LinkHabits { misses: vec![lost], ..habits.clone() });
        mended(&bench, LinkHabits { garbles: vec![lost], ..habits });
    }
}

/// The meter was entered as often as without the fault, and it took no longer than by a wait and the second one.
#[track_caller]
fn mended(bench: impl Fn() -> Bench, habits: LinkHabits) {
    let (clean, read) = (bench().read(), Bench { link: habits.clone(), ..bench() }.read());
    assert_eq!(shown(good(&read)), shown(good(&clean)), "{habits:?}\n{}", read.drive.transcript);
    assert_eq!(read.meter.doors_tried, clean.meter.doors_tried, "{habits:?}\n{}", read.drive.transcript);
    let least = if habits.passes_over_repeats { 3_200 } else { 2_500 };
    let more = read.drive.timing.wall - clean.drive.timing.wall;
    assert!(more < Duration::from_millis(least), "{habits:?} {more:?}\n{}", read.drive.transcript);
}

#[test]
fn what_is_lost_on_the_way_there_or_back_is_mended_within_the_link() {
    // A counter that came twice would end the test: a repeated question is the same to the bit.
    let quick = |mut bench: Bench| {
        bench.config.scope = Scope::Usual;
        bench
    };
    for lost in 1..12 {
        check_mended(lost, || quick(Bench::new(Habits::default())));
        check_mended(lost, || quick(Bench::with_keys(Habits::locked())));
    }
    // The object list is in the fourth frame, which the meter may have to search for, and in those behind it.
    for lost in 4..7 {
        check_mended(lost, || Bench::new(Habits::default()));
    }
    // One block a frame.
    for lost in 4..12 {
        check_mended(lost, || Bench::new(Habits { pdu: 128, ..Habits::default() }));
    }
}

#[test]
fn a_frame_that_never_comes_through_is_asked_for_on_a_new_link() {
    for nth in [4, 6] {
        let loses = vec![nth, nth + 1, nth + 2, nth + 3];
        let read = link(LinkHabits { loses: loses.clone(), ..LinkHabits::default() }).read();
        assert_eq!(shown(good(&read)).len(), 12, "{}", read.drive.transcript);
        assert!(read.controls.iter().filter(|&&control| control == 0x93).count() > 1);
        check(link(LinkHabits { garbles: loses, ..LinkHabits::default() }), 4);
    }
}

#[test]
fn a_request_to_associate_that_noise_damaged_is_made_anew() {
    let keys = Keys { password: Some("secret12".into()), ..Keys::default() };
    let bench = |link: LinkHabits| {
        let habits = Habits { management: Door::Password("secret12"), ..Habits::locked() };
        let mut bench = Bench { link, ..Bench::new(habits) };
        bench.config.keyring = ring(keys.clone());
        bench.config.serial = Some("00412345".into());
        bench.read()
    };
    // The first frame asks for the link. The meter weighs no frame that it rejects.
    let read = bench(LinkHabits { rejects: vec![1], ..LinkHabits::default() });
    assert_eq!((shown(good(&read)).len(), read.meter.doors_tried), (12, vec![1]));
    let rejects = vec![1, 4, 7];
    fails(&bench(LinkHabits { rejects, ..LinkHabits::default() }), ReadError::Garbled { attempts: 3 });
    // It cannot say its answer again.
    let damaged = LinkHabits { garbles: vec![1], passes_over_repeats: true, ..LinkHabits::default() };
    let read = bench(damaged.clone());
    assert_eq!(shown(good(&read)).len(), 12, "{}", read.drive.transcript);
    let read = bench(LinkHabits { garbles: (1..40).collect(), ..damaged });
    fails(&read, ReadError::Garbled { attempts: 3 });
    assert!(read.meter.doors_tried.len() <= 2, "a password is not said often: {:?}", read.meter.doors_tried);
}

#[test]
fn a_meter_that_is_not_ready_is_waited_for() {
    check(link(LinkHabits { not_ready: 3, ..LinkHabits::default() }), 0);
}

#[test]
fn a_ciphered_conversation_survives_a_broken_link() {
    let mut bench = Bench::with_keys(Habits::locked());
    bench.link.loses = vec![10, 11, 12, 13];
    let read = bench.read();
    assert_eq!(shown(good(&read)).len(), 12, "{}", read.drive.transcript);
    assert_eq!(read.meter.doors_tried, [16, 1, 1]);
    assert_eq!(read.keeper.reservations.len(), 1, "there were counters left");
}

#[test]
fn a_counter_out_of_step_is_read_again_once() {
    for old_counter in [OldCounter::Tells, OldCounter::HangsUp, OldCounter::Silent] {
        // The meter has told a counter that is long past.
        let habits = Habits { old_counter, tells_counter: Some(7), counter: 40_000, ..Habits::locked() };
        let read = Bench::with_keys(habits.clone()).read();
        match old_counter {
            OldCounter::Tells => {
                assert_eq!(shown(good(&read)).len(), 12, "{}", read.drive.transcript);
                let least: Vec<u32> = read.keeper.reservations.iter().map(|one| one.at_least).collect();
                assert_eq!(least, [8, 40_001]);
            }
            OldCounter::HangsUp | OldCounter::Silent => {
                fails(&read, ReadError::WrongKey);
                // It tells the same counter again, so that it can only be the key, which is not offered twice.
                assert_eq!(read.meter.doors_tried, [16, 1, 16], "{old_counter:?}");
            }
        }
        // The device knows better than the meter says.
        let mut bench = Bench::with_keys(habits);
        bench.keeper.next = 40_001;
        check(bench, 0);
    }
}

#[test]
fn a_counter_that_jumps_while_reading_is_followed() {
    let habits = Habits { jumps_after: Some(4), ..Habits::locked() };
    check(Bench::with_keys(habits), 0);
}

#[test]
fn a_meter_that_closes_the_conversation_is_entered_again() {
    // It hangs up on the first ciphered message after the fourth request.
    let habits = Habits { jumps_after: Some(4), old_counter: OldCounter::HangsUp, ..Habits::locked() };
    let read = Bench::with_keys(habits).read();
    // The new counters are below those that the meter now expects; it hangs up again, and is asked for them.
    assert_eq!(shown(good(&read)).len(), 12, "{}", read.drive.transcript);
}

#[test]
fn a_reply_whose_tag_is_wrong_or_whose_counter_is_old_is_not_believed() {
    for nth in 2..5 {
        check(Bench::with_keys(Habits { wrong_tags: vec![nth], ..Habits::locked() }), 1);
        check(Bench::with_keys(Habits { old_counters: vec![nth], ..Habits::locked() }), 1);
    }
    let all = (2..200).collect();
    let read = Bench::with_keys(Habits { wrong_tags: all, ..Habits::locked() }).read();
    fails(&read, ReadError::Garbled { attempts: 5 });
    assert_eq!(read.controls.last(), Some(&0x53));
}

#[test]
fn a_meter_that_cannot_prove_itself_is_not_believed() {
    for habits in [
        Habits { impostor: true, ..Habits::locked() },
        Habits { wrong_tags: vec![0], ..Habits::locked() },
        Habits { wrong_tags: vec![1], ..Habits::locked() },
    ] {
        let read = Bench::with_keys(habits).read();
        fails(&read, ReadError::WrongKey);
        assert!(read.meter.asked.iter().all(|request| request[8..12] != [1, 8, 0, 255]));
    }
}

#[test]
fn nothing_is_sealed_where_no_counter_can_be_kept() {
    let mut bench = Bench::with_keys(Habits::locked());
    bench.keeper.refuses = true;
    let read = bench.read();
    assert!(matches!(read.drive.result, Err(DriveError::Keep(_))));
    assert!(read.meter.counters_seen.is_empty());
}

#[test]
fn an_answer_to_another_question_is_not_taken() {
    check(Bench::new(Habits { wrong_ids: 1, ..Habits::default() }), 1);
    fails(
        &Bench::new(Habits { wrong_ids: 99, ..Habits::default() }).read(),
        ReadError::Garbled { attempts: 5 },
    );
}

#[test]
fn a_meter_that_is_shut_after_a_broken_conversation_says_for_how_long() {
    // Closing what was left open helps.
    check(link(LinkHabits { absent: 1, ..LinkHabits::default() }), 0);
    let shut = link(LinkHabits { absent: 99, ..LinkHabits::default() }).read();
    fails(&shut, ReadError::ShutFor { seconds: 120 });
    for door in [Door::Busy, Door::Mute] {
        let habits = Habits { public: door.clone(), management: door, ..Habits::default() };
        let read = Bench::new(habits).read();
        fails(&read, ReadError::ShutFor { seconds: 120 });
        assert_eq!(read.controls.last(), Some(&0x53));
    }
}

#[test]
fn a_meter_that_lets_nobody_in_refuses() {
    let habits = Habits { public: Door::Shut, management: Door::Shut, ..Habits::default() };
    fails(&Bench::new(habits).read(), ReadError::Refused);
}

#[test]
fn who_shows_too_little_is_told_so_however_the_meter_puts_it() {
    let reasons = [0, 1, 11, 12, 13, 14].map(|reason| aare(1, reason, &[], &[])).into_iter();
    // An exception, an error of the service, and the half of an answer to another request, as a server of Gurux
    // sends it when it stumbles.
    let others = [&[0xD8, 1, 2][..], &[0x0E, 1, 6, 1], &[0x00, 0x01, 0xC1, 0x01]].map(Into::into);
    for words in reasons.chain(others) {
        let habits = Habits { management: Door::Says(words.clone()), ..Habits::locked() };
        fails(&Bench::new(habits.clone()).read(), ReadError::Locked);
        fails(&Bench::new(Habits { public: Door::Says(words), ..habits }).read(), ReadError::Locked);
    }
    let names = Door::Says(aare(1, 2, &[], &[]));
    let habits = Habits { public: names.clone(), management: names, ..Habits::default() };
    fails(&Bench::new(habits).read(), ReadError::Refused);
}

#[test]
fn a_probe_that_slips_off_ends_in_silence_and_says_goodbye_in_vain() {
    for slips_after in [1, 2, 4, 7] {
        let read = probe(Probe { slips_after: Some(slips_after), ..Probe::default() }).read();
        let silent = matches!(read.drive.result, Err(DriveError::Read(ReadError::Silent { .. })));
        assert!(silent, "{:?}", read.drive.result);
        assert!(read.drive.timing.wall.as_secs() < 60, "{:?}", read.drive.timing);
    }
}

#[test]
fn where_there_is_no_meter_it_is_known_soon() {
    let mut bench = Bench::new(Habits::default());
    bench.link.hears = vec![two(9, 9)];
    bench.config.addresses.truncate(2);
    let patience = crate::probe::port::Patience { attempts: 1, wait: std::time::Duration::from_millis(400) };
    bench.config = Config { patience, ..bench.config };
    let read = bench.read();
    fails(&read, ReadError::Silent { attempts: 3 });
    assert!(read.drive.timing.wall.as_millis() < 950, "{:?}", read.drive.timing);
    assert!(read.controls.is_empty());
}

#[test]
fn a_lamp_that_flickers_before_every_answer_is_passed_over() {
    check(probe(Probe { lamp: true, ..Probe::default() }), 0);
}

#[test]
fn a_bluetooth_probe_that_hands_on_late_is_read() {
    for delay_ms in [50, 200] {
        check(probe(Probe { delay_ms, ..Probe::default() }), 0);
    }
}

#[test]
fn who_stops_a_reading_says_goodbye_to_the_meter() {
    let mut bench = Bench::new(Habits::default());
    bench.keeper.stops = true;
    let read = bench.read();
    assert!(matches!(read.drive.result, Err(DriveError::Cancelled)), "{:?}", read.drive.result);
    assert!(is_goodbye(&read.drive.transcript.chunks().last().unwrap().bytes), "{}", read.drive.transcript);
}
