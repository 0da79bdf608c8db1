//! How good the judge is: errors put into readings of customers that it was not calibrated on, beside rules that utilities
//! use and beside gradient boosting, in one run. Says nothing where the registers are not at hand.
//!
//! `LAMPLIGHTER_DATA` names their folder; `SEED` draws other errors.
#![allow(clippy::disallowed_methods, reason = "a bench measures time")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a bench says its figures, and one whose stage cannot be set has failed"
)]

mod report;
mod rivals;
mod slips;
mod tariffs;
mod turns;

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Instant,
};

use lamplighter_core::audit::{
    likelihood::{
        class::Class,
        learn::{Record, calibrate},
        slip::Slip,
        trail::Trail,
        weigh::{Opinion, weigh},
    },
    table::{Line, registers},
};
use slips::{Dice, slipped};

/// The errors of a day nobody has tuned on.
const SEED: u64 = 2_026_112_401;
const ALARM_RATE: f64 = 0.01;
/// An error of more than this part of the customer's median use matters.
const MATERIAL_PART: f64 = 0.25;

/// One folder of registers.
struct Set {
    name: &'static str,
    season: u16,
    /// Readings are judged from this number of earlier ones on.
    from: usize,
    /// What has to be found at one and two percent of false alarms.
    goals: [f64; 2],
}

const SETS: [Set; 2] = [
    Set { name: "uci321", season: 13, from: 14, goals: [0.994, 0.996] },
    Set { name: "sgcc26", season: 7, from: 19, goals: [0.83, 0.885] },
];

/// A reading as it was shown to all judges.
struct Shown {
    customer: usize,
    /// Nothing where it is right.
    slip: Option<Slip>,
    /// Whether the error matters.
    material: bool,
    truth: i64,
    opinion: Opinion,
    rivals: [f64; 3],
    known: [f64; rivals::KNOWN],
}

fn main() {
    let data = env::var_os("LAMPLIGHTER_DATA").map_or_else(|| root().join("../shared/data"), PathBuf::from);
    let seed = env::var("SEED").ok().map_or(SEED, |seed| seed.parse().expect("SEED is a number"));
    println!("seed {seed}; a register's past takes {} bytes", size_of::<Trail>());
    bits();
    for set in SETS {
        let Ok(text) = fs::read(data.join(format!("validation/{}_registers.csv", set.name))) else {
            println!("skipped: {} is not at hand", set.name);
            continue;
        };
        let lines = registers(&text).expect("registers");
        // Whoever tuned the judge looked at the first three parts only.
        let (learnt, judged): (Vec<Line>, Vec<Line>) =
            lines.into_iter().partition(|line| slips::hash(&line.customer) % 4 != 3);
        realised(&set, learnt.iter().chain(&judged));
        let records: Vec<Record> = learnt.iter().map(|line| line.record.clone()).collect();
        let began = Instant::now();
        let class = calibrate("all", set.season, ALARM_RATE, &records).expect("enough readings");
        println!(
            "\n{}: learnt from {} customers in {:.1} s, judged {}",
            set.name,
            learnt.len(),
            began.elapsed().as_secs_f64(),
            judged.len()
        );
        let mut dice = Dice::new(seed ^ slips::hash(set.name));
        let taught = show(&learnt, &class, set.from, &mut dice);
        let shown = show(&judged, &class, set.from, &mut dice);
        let boosting = rivals::boosting(&root(), &taught, &shown, ALARM_RATE);
        report::methods(&shown, boosting.as_ref(), set.goals);
        report::slips(&shown);
        report::speed(&judged, &class);
        turns::report(&judged, &class, set.from, &mut dice);
    }
    tariffs::report(&data.join("validation/octopus_tou_daily.csv"), seed);
}

/// A million opinions on random readings, folded: printed where it is what every machine must make of them.
fn bits() {
    const FOLDED: u64 = 0x5a25_e570_6e2a_9cd1;
    let class = Class {
        name: "all".into(),
        season: 13,
        weights: [0.25, 0.05, 0.05, 0.25, 0.0, 0.0, 0.4],
        spreads: [0.05, 0.05, 0.2, 0.1, 0.05, 0.05, 0.1],
        width: 0.6,
        stray: 0.005,
        learned: [0.0, 0.8, 0.0, -0.1, 0.2, 0.05, -0.2, 0.1],
        idle: [-1.0, 0.2, 0.0, 0.4, 0.2, -0.5, -0.5, 1.5, 0.0, 0.0, 0.0, 0.0],
        alarm_rate: 0.01,
        alarms: [1.0; 4],
    };
    let (mut folded, mut dice, began) = (0_u64, Dice::new(1), Instant::now());
    let mut trail = Trail::new(500);
    for _ in 0..1_000_000 {
        let reading = i64::try_from(dice.next() % 100_000).unwrap();
        if let Some(opinion) = weigh(&trail, &class, 28.0, reading, 5) {
            let bits = opinion.score.to_bits() ^ opinion.confidence.to_bits().rotate_left(21);
            folded = folded.rotate_left(5).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ bits;
        }
        let used = if dice.below(9) == 0 { 0 } else { i64::try_from(dice.below(900)).unwrap() };
        trail.add((trail.last() + used) % 100_000, 100_000, 27.0 + dice.below(16) as f64 / 4.0);
    }
    assert_eq!(folded, FOLDED, "{folded:#x}: this machine reckons in another way");
    println!(
        "1,000,000 random readings: the same bits as everywhere, {:.1} µs each",
        began.elapsed().as_secs_f64()
    );
}

/// False alarms at the pack's own threshold, each quarter of the customers judged by what the other three taught.
fn realised<'a>(set: &Set, lines: impl Iterator<Item = &'a Line> + Clone) {
    let (mut alarms, mut rights) = (0_u32, 0_u32);
    for quarter in 0..4 {
        let quarter_of = |line: &&Line| slips::hash(&line.customer) % 4 == quarter;
        let records: Vec<Record> =
            lines.clone().filter(|line| !quarter_of(line)).map(|line| line.record.clone()).collect();
        let class = calibrate("all", set.season, ALARM_RATE, &records).expect("enough readings");
        for Line { record, .. } in lines.clone().filter(|line| quarter_of(line)) {
            let mut trail = Trail::new(record.readings[0]);
            for (t, reading) in record.readings[1..].iter().enumerate() {
                if t >= set.from {
                    let opinion = weigh(&trail, &class, class.days(), *reading, record.digits);
                    rights += 1;
                    alarms += u32::from(opinion.expect("a past").is_alarm());
                }
                trail.add(*reading, 10_i64.pow(u32::from(record.digits)), class.days());
            }
        }
    }
    let part = 100.0 * f64::from(alarms) / f64::from(rights);
    println!(
        "\n{}: {part:.2} % of {rights} right readings asked about at a nominal 1 % (goal 0.7 to 1.3)",
        set.name
    );
}

/// Every reading that is old enough, right and with one error of each kind.
fn show(lines: &[Line], class: &Class, from: usize, dice: &mut Dice) -> Vec<Shown> {
    let mut shown = vec![];
    for (customer, line) in lines.iter().enumerate() {
        let Record { digits, readings } = &line.record;
        let turn = 10_i64.pow(u32::from(*digits));
        let used = |from: i64, to: i64| (to - from).rem_euclid(turn);
        let mut uses: Vec<i64> = readings.windows(2).map(|pair| used(pair[0], pair[1])).collect();
        let all = uses.clone();
        uses.sort_unstable();
        let material = MATERIAL_PART * uses[uses.len() / 2] as f64;
        let mut trail = Trail::new(readings[0]);
        for t in 0..readings.len() - 1 {
            let (previous, truth) = (readings[t], readings[t + 1]);
            if t >= from {
                let slips = [None].into_iter().chain(Slip::ALL.map(Some));
                for slip in slips {
                    let read =
                        slip.map_or(truth, |slip| slipped(slip, truth, previous, *digits, lines, dice));
                    if slip.is_some() && read == truth {
                        continue;
                    }
                    let off = (used(previous, read) - used(previous, truth)).abs() as f64;
                    let here = used(previous, read) as f64;
                    shown.push(Shown {
                        customer,
                        slip,
                        material: off > material,
                        truth,
                        opinion: weigh(&trail, class, class.days(), read, *digits).expect("a past"),
                        rivals: rivals::scores(&all[..t], here),
                        known: rivals::known(&all[..t], here, usize::from(class.season), turn as f64),
                    });
                }
            }
            trail.add(truth, turn, class.days());
        }
    }
    shown
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}
