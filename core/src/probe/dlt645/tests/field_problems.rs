//! One test for each problem that people report from the field.

use std::time::Duration;

use super::{
    beam::{Echo, Outcome, Probe, config, known, read},
    meter::{Meter, bcd},
};
use crate::probe::{
    dlt645::{Config, Edition, Opening},
    error::ReadError,
    port::Patience,
};

const ADDRESS: &str = "204617583902";

fn ask(meters: Vec<Meter>, opening: Opening) -> Outcome {
    read(meters, Probe::default(), config(opening))
}

#[test]
fn a_probe_that_hears_itself_is_no_meter() {
    for echo in [Echo::Whole, Echo::Cut, Echo::Garbled] {
        for reaction_ms in [20, 490] {
            let meter = Meter { reaction_ms, ..Meter::of_2007(ADDRESS) };
            let outcome = read(vec![meter], Probe { echo, ..Probe::default() }, config(Opening::Ask2007));
            check(&outcome, "12345.67 kWh", 0);
            assert_eq!(outcome.readout().way.echo, echo == Echo::Whole);
        }
        let outcome = read(vec![], Probe { echo, ..Probe::default() }, config(Opening::Ask2007));
        assert_eq!(outcome.error(), ReadError::Silent { attempts: 3 }, "{echo:?}");
    }
}

#[test]
fn a_bluetooth_probe_that_hands_on_late_is_read() {
    for delay_ms in [5, 50, 150] {
        for echo in [Echo::None, Echo::Whole, Echo::Garbled] {
            let probe = Probe { echo, delay_ms, ..Probe::default() };
            check(&read(vec![Meter::of_2007(ADDRESS)], probe, config(Opening::Ask2007)), "12345.67 kWh", 0);
        }
    }
}

#[test]
fn a_meter_that_wakes_us_with_any_number_of_bytes_is_read() {
    for wakes in [0, 1, 4, 9] {
        check(&ask(vec![Meter { wakes, ..Meter::of_2007(ADDRESS) }], Opening::Ask2007), "12345.67 kWh", 0);
    }
}

#[test]
fn junk_before_an_answer_is_passed_over() {
    for junk in [1, 7, 40] {
        check(&ask(vec![Meter { junk, ..Meter::of_2007(ADDRESS) }], known(ADDRESS)), "12345.67 kWh", 0);
    }
    check(&ask(vec![Meter { junk: 7, ..Meter::of_2007(ADDRESS) }], Opening::Ask2007), "12345.67 kWh", 0);
}

#[test]
fn two_meters_that_answer_at_once_are_too_many() {
    let other = Meter::of_2007("204617583903");
    let old = Meter::of_1997("180500291647");
    for reaction_ms in [30, 33, 60, 90, 150, 200, 250, 290] {
        let meters = vec![Meter::of_2007(ADDRESS), Meter { reaction_ms, ..other.clone() }];
        assert_eq!(ask(meters, Opening::Ask2007).error(), ReadError::Crowded, "{reaction_ms}");
        let meters = vec![Meter::of_1997(ADDRESS), Meter { reaction_ms, ..old.clone() }];
        assert_eq!(ask(meters, Opening::Ask1997).error(), ReadError::Crowded, "{reaction_ms}");
    }
}

#[test]
fn two_meters_that_answer_one_after_another_are_too_many() {
    let other = Meter { reaction_ms: 280, ..Meter::of_2007("204617583903") };
    let outcome = ask(vec![Meter::of_2007(ADDRESS), other], Opening::Ask2007);
    assert_eq!(outcome.error(), ReadError::Crowded);
    let meters = vec![Meter::of_1997(ADDRESS), Meter { edition: Edition::Y1997, ..Meter::of_1997("7") }];
    let meters = meters.into_iter().zip([30, 280]).map(|(meter, reaction_ms)| Meter { reaction_ms, ..meter });
    assert_eq!(ask(meters.collect(), Opening::Ask1997).error(), ReadError::Crowded);
}

#[test]
fn a_known_meter_is_read_among_others() {
    let mut other = Meter::of_2007("204617583903");
    other.known.insert(0x0001_0000, bcd("000000.01"));
    check(&ask(vec![other, Meter::of_2007(ADDRESS)], known(ADDRESS)), "12345.67 kWh", 0);
}

#[test]
fn a_meter_that_answers_to_its_address_only_is_read_by_it_only() {
    let meter = Meter { wildcard: false, ..Meter::of_2007(ADDRESS) };
    check(&ask(vec![meter.clone()], known(ADDRESS)), "12345.67 kWh", 0);
    assert_eq!(ask(vec![meter], Opening::Ask2007).error(), ReadError::Silent { attempts: 3 });
}

#[test]
fn an_office_number_without_its_zeros_finds_its_meter() {
    check(&ask(vec![Meter::of_2007("000000000731")], known("731")), "12345.67 kWh", 0);
}

#[test]
fn a_meter_that_tells_its_address_backwards_is_found_by_the_other_order() {
    for wildcard in [true, false] {
        let meter = Meter { reversed: true, wakes: 0, ..Meter::of_2007(ADDRESS) };
        // It answers the question for an address in any case, or it would not have been found.
        let meter = Meter { nameless: wildcard, ..meter };
        let outcome = ask(vec![meter], Opening::Ask2007);
        assert_eq!(outcome.register("1.8.0").as_deref(), Some("12345.67 kWh"));
        assert_eq!(outcome.readout().way.address, ADDRESS);
        assert_eq!(outcome.readout().identity, "DL/T 645-2007 204617583902");
    }
}

#[test]
fn a_meter_of_1997_that_answers_from_the_address_for_all_is_called_by_its_number() {
    let meter = Meter { nameless: true, ..Meter::of_1997(ADDRESS) };
    let outcome = ask(vec![meter.clone()], Opening::Ask1997);
    check(&outcome, "1426.79 kWh", 0);
    assert_eq!(outcome.readout().serial.as_deref(), Some(ADDRESS));
    assert_eq!(outcome.meters[0].asked[..3], ["01 9010", "01 C032", "01 901F"]);
    check(&ask(vec![meter.clone()], known(ADDRESS)), "1426.79 kWh", 2);
    let mut unnamed = meter;
    unnamed.known.remove(&0xC032);
    let outcome = ask(vec![unnamed], Opening::Ask1997);
    check(&outcome, "1426.79 kWh", 0);
    assert_eq!((outcome.readout().serial.clone(), outcome.readout().way.address.as_str()), (None, ""));
}

#[test]
fn a_meter_without_blocks_is_asked_one_by_one() {
    let mut meter = Meter { knows_blocks: false, ..Meter::of_2007(ADDRESS) };
    meter.known.remove(&0x0001_0300);
    meter.known.remove(&0x0001_0400);
    let outcome = ask(vec![meter], Opening::Ask2007);
    check(&outcome, "12345.67 kWh", 0);
    assert_eq!(outcome.register("1.8.2").as_deref(), Some("4000.07 kWh"));
    let asked = &outcome.meters[0].asked;
    assert_eq!(asked[2..6], ["11 00010000", "11 00010100", "11 00010200", "11 00010300"]);
    assert_eq!(asked[6], "11 00900200");
}

#[test]
fn what_a_cut_block_lacks_is_asked_for_one_by_one() {
    let meter = Meter { block_max: 10, ..Meter::of_2007(ADDRESS) };
    let outcome = ask(vec![meter], Opening::Ask2007);
    check(&outcome, "12345.67 kWh", 0);
    assert_eq!(outcome.register("1.8.4").as_deref(), Some("2000.00 kWh"));
    assert_eq!(outcome.meters[0].asked[2..5], ["11 00010200", "11 00010300", "11 00010400"]);
}

#[test]
fn separators_behind_a_block_are_no_values() {
    let outcome = ask(vec![Meter { separates: true, ..Meter::of_1997(ADDRESS) }], Opening::Ask1997);
    check(&outcome, "1426.79 kWh", 0);
    assert_eq!(outcome.register("1.8.4").as_deref(), Some("500.00 kWh"));
}

#[test]
fn what_follows_on_is_put_together_also_when_a_part_is_lost() {
    for lost in [vec![], vec![3], vec![4], vec![3, 4]] {
        for loses in [true, false] {
            let lost = lost.iter().copied().collect();
            let mut meter = Meter { frame_max: 7, ..Meter::of_2007(ADDRESS) };
            *(if loses { &mut meter.loses } else { &mut meter.deaf_to }) = lost;
            let outcome = ask(vec![meter], Opening::Ask2007);
            assert_eq!(outcome.register("1.8.4").as_deref(), Some("2000.00 kWh"));
            let lost = lost_of(&outcome);
            assert_eq!(usize::try_from(outcome.readout().retries), Ok(lost), "{loses}");
        }
    }
}

#[test]
fn what_follows_on_in_1997_is_put_together_also_when_a_part_is_lost() {
    for lost in [vec![], vec![3], vec![4]] {
        for loses in [true, false] {
            let mut meter = Meter { frame_max: 7, ..Meter::of_1997(ADDRESS) };
            *(if loses { &mut meter.loses } else { &mut meter.deaf_to }) = lost.iter().copied().collect();
            let outcome = ask(vec![meter], Opening::Ask1997);
            assert_eq!(outcome.register("1.8.4").as_deref(), Some("500.00 kWh"), "{lost:?} {loses}");
            assert_eq!(outcome.register("1.8.1").as_deref(), Some("26.79 kWh"), "{lost:?} {loses}");
        }
    }
}

fn lost_of(outcome: &Outcome) -> usize {
    outcome.meters[0].deaf_to.len() + outcome.meters[0].loses.len()
}

#[test]
fn a_wrong_checksum_is_never_believed() {
    for at in 0..40 {
        let damages = [(2, at)].into();
        let outcome = ask(vec![Meter { damages, wakes: 0, ..Meter::of_2007(ADDRESS) }], Opening::Ask2007);
        check(&outcome, "12345.67 kWh", 1);
    }
    let damages = (2..9).map(|number| (number, 15)).collect();
    let outcome = ask(vec![Meter { damages, ..Meter::of_2007(ADDRESS) }], known(ADDRESS));
    assert_eq!(outcome.error(), ReadError::Garbled { attempts: 3 });
}

#[test]
fn questions_that_get_lost_are_asked_again() {
    let deaf_to = [1, 2, 4, 5, 8].into();
    check(&ask(vec![Meter { deaf_to, ..Meter::of_2007(ADDRESS) }], Opening::Ask2007), "12345.67 kWh", 5);
}

#[test]
fn a_meter_whose_answers_are_all_damaged_is_not_read() {
    let damages = (1..99).map(|number| (number, 11)).collect();
    let meter = Meter { damages, ..Meter::of_2007(ADDRESS) };
    assert_eq!(ask(vec![meter], known(ADDRESS)).error(), ReadError::Garbled { attempts: 6 });
}

#[test]
fn a_meter_that_goes_away_is_told_from_one_that_lacks_something() {
    let meter = Meter { gone_from: 4, ..Meter::of_2007(ADDRESS) };
    assert_eq!(ask(vec![meter], known(ADDRESS)).error(), ReadError::Silent { attempts: 3 });
    let mut meter = Meter { mute: true, ..Meter::of_2007(ADDRESS) };
    for code in [0x0090_0200, 0x0400_010C, 0x0400_0501] {
        meter.known.remove(&code);
    }
    let outcome = ask(vec![meter], known(ADDRESS));
    assert_eq!(outcome.register("96.20.0").as_deref(), Some("2"));
    assert_eq!(outcome.readout().clock, None);
}

#[test]
fn a_lamp_is_no_meter() {
    for opening in [Opening::Ask2007, Opening::Ask1997] {
        let outcome = read(vec![], Probe { lamp: true, ..Probe::default() }, config(opening));
        assert_eq!(outcome.error(), ReadError::Garbled { attempts: 3 });
        assert!(outcome.drive.timing.wall < Duration::from_secs(20));
    }
}

#[test]
fn a_meter_that_refuses_all_is_left_alone() {
    let mut meter = Meter::of_2007(ADDRESS);
    meter.known.clear();
    assert_eq!(ask(vec![meter.clone()], Opening::Ask2007).error(), ReadError::NothingToRead);
    meter.refusal = 0x04;
    assert_eq!(ask(vec![meter], Opening::Ask2007).error(), ReadError::Locked);
}

#[test]
fn a_meter_at_another_speed_is_silent() {
    let meter = Meter { baud: 2_400, ..Meter::of_2007(ADDRESS) };
    assert_eq!(ask(vec![meter], Opening::Ask2007).error(), ReadError::Silent { attempts: 3 });
}

#[test]
fn who_has_little_patience_is_told_soon() {
    let patience = Patience { attempts: 1, wait: Duration::from_millis(550) };
    let outcome = read(vec![], Probe::default(), Config { patience, ..config(Opening::Ask2007) });
    assert_eq!(outcome.error(), ReadError::Silent { attempts: 1 });
    assert!(outcome.drive.timing.wall <= Duration::from_millis(700), "{:?}", outcome.drive.timing.wall);
}

#[test]
fn one_damaged_answer_is_not_several_meters_to_who_has_little_patience() {
    let patience = Patience { attempts: 1, wait: Duration::from_millis(550) };
    for at in 0..20 {
        let meter = Meter { damages: [(1, at)].into(), ..Meter::of_2007(ADDRESS) };
        let config = Config { patience, ..config(Opening::Ask2007) };
        check(&read(vec![meter], Probe::default(), config), "12345.67 kWh", 1);
    }
}

#[track_caller]
fn check(outcome: &Outcome, energy: &str, retries: u32) {
    assert_eq!(outcome.register("1.8.0").as_deref(), Some(energy));
    assert_eq!(outcome.readout().retries, retries, "{:?}", outcome.meters);
}
