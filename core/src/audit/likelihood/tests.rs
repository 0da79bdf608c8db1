//! Tests of the model as a whole: what it says of plain mistakes, of turned dials and of other meters.

use super::{
    class::Class,
    slip::Slip,
    trail::Trail,
    weigh::{Opinion, weigh},
};

/// A class like that of large, steady customers.
pub(crate) fn class() -> Class {
    Class {
        name: "all".into(),
        season: 13,
        weights: [0.25, 0.05, 0.05, 0.25, 0.0, 0.0, 0.4],
        spreads: [0.05, 0.05, 0.2, 0.1, 0.05, 0.05, 0.1],
        width: 0.6,
        stray: 0.005,
        learned: [0.0, 0.8, 0.0, -0.1, 0.2, 0.05, -0.2, 0.1],
        idle: [-1.0, 0.2, 0.0, 0.4, 0.2, -0.5, -0.5, 1.5, 0.0, 0.0, 0.0, 0.0],
        alarm_rate: 0.01,
        alarms: [1.0, 1.0, 1.0, 0.0],
    }
}

/// Uses of about 700 in a month, for two years.
fn uses() -> impl Iterator<Item = i64> {
    (0..26).map(|at| 700 + at % 13 * 8 + at % 2 * 11)
}

fn trail(first: i64, digits: u8) -> Trail {
    let turn = 10_i64.pow(u32::from(digits));
    let mut trail = Trail::new(first);
    for used in uses() {
        trail.add((trail.last() + used) % turn, turn, class().days());
    }
    trail
}

#[track_caller]
fn opinion(trail: &Trail, reading: i64, digits: u8) -> Opinion {
    weigh(trail, &class(), class().days(), reading, digits).unwrap()
}

#[test]
fn the_state_of_a_register_is_160_bytes() {
    assert_eq!(size_of::<Trail>(), 160);
}

#[test]
fn a_usual_reading_is_not_asked_about_and_a_slip_is_and_says_which() {
    let trail = trail(30_000, 5);
    let right = 50_290;
    assert!(!opinion(&trail, right, 5).is_alarm());
    let check = |reading: i64, slip: Slip, meant: Option<i64>| {
        let opinion = opinion(&trail, reading, 5);
        assert!(opinion.is_alarm(), "{reading} {opinion:?}");
        assert_eq!(opinion.slip, slip, "{reading} {opinion:?}");
        assert!(meant.is_none() || opinion.suggestion == meant, "{reading} {opinion:?}");
    };
    check(56_290, Slip::Digit, Some(right));
    check(5_029, Slip::Shift, None);
    check(52_090, Slip::Transposition, Some(right));
    check(trail.last(), Slip::Repeat, None);
    check(87_777, Slip::Unrelated, None);
}

#[test]
fn dials_that_turned_over_are_use_like_any_other() {
    let trail = trail(79_800, 5);
    let next = trail.last() + 705;
    assert!(trail.last() < 100_000 && next >= 100_000, "{next}");
    let opinion = opinion(&trail, next - 100_000, 5);
    assert!(!opinion.is_alarm(), "{opinion:?}");
}

#[test]
fn another_meter_goes_on_where_the_old_one_ended() {
    let mut trail = trail(30_000, 5);
    let end = trail.last() + 400;
    trail.exchange(end, 100_000, 12, 1.0);
    assert_eq!(trail.used(317, 1_000_000), 705);
    assert!(!opinion(&trail, 317, 6).is_alarm());
    // The same in tenths of the old unit.
    let mut finer = self::trail(30_000, 5);
    finer.exchange(end, 100_000, 120, 10.0);
    assert_eq!(finer.used(3_170, 1_000_000), 7_050);
    assert!(!opinion(&finer, 3_170, 6).is_alarm());
    assert!(opinion(&finer, 3_170 + 90_000, 6).is_alarm());
}

#[test]
fn a_longer_period_may_use_more() {
    let trail = trail(30_000, 5);
    let double = trail.last() + 1_410;
    assert!(opinion(&trail, double, 5).is_alarm());
    assert!(!weigh(&trail, &class(), 2.0 * class().days(), double, 5).unwrap().is_alarm());
}

#[test]
fn nothing_is_said_without_a_past_or_about_what_does_not_fit() {
    let mut young = Trail::new(5);
    assert_eq!(weigh(&young, &class(), 28.0, 700, 5), None);
    young.add(700, 100_000, 28.0);
    assert_eq!(weigh(&young, &class(), 28.0, 1_400, 5), None);
    young.add(1_400, 100_000, 28.0);
    assert!(weigh(&young, &class(), 28.0, 2_100, 5).is_some());
    for (reading, days) in [(100_000, 28.0), (-1, 28.0), (2_100, 0.0), (2_100, f64::NAN), (2_100, -3.0)] {
        assert_eq!(weigh(&young, &class(), days, reading, 5), None, "{reading} {days}");
    }
}

/// The bits of four thousand opinions, folded: a machine that reckons in another way fails here.
#[test]
fn opinions_are_the_same_bits_on_every_machine() {
    let (mut folded, mut dice) = (0_u64, 1_u64);
    let mut trail = Trail::new(500);
    for _ in 0..4_000 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let reading = i64::try_from(dice >> 33).unwrap() % 100_000;
        if let Some(opinion) = weigh(&trail, &class(), 28.0, reading, 5) {
            let bits = opinion.score.to_bits() ^ opinion.confidence.to_bits().rotate_left(21);
            folded = folded.rotate_left(5).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ bits;
        }
        let used = i64::try_from(dice >> 50).unwrap() % 900;
        trail.add(
            (trail.last() + if dice % 9 == 0 { 0 } else { used }) % 100_000,
            100_000,
            27.0 + (dice >> 60) as f64 / 4.0,
        );
    }
    assert_eq!(folded, 0x444f_14e9_602e_542f, "{folded:#x}");
}
