//! Registers of the times of use that change places: the registers of real days of use, with shares of night, day and peak.

use std::{collections::BTreeMap, fs, path::Path};

use lamplighter_core::audit::likelihood::{
    learn::{Record, calibrate},
    swap::{PartRead, swapped},
    trail::Trail,
};

use super::{
    report::part,
    slips::{Dice, hash},
};

const DIGITS: u8 = 8;
/// Full days that a meter must have, and from which on it is judged.
const DAYS_MIN: usize = 13;
const FROM: usize = 8;

pub(crate) fn report(path: &Path, seed: u64) {
    let Ok(text) = fs::read_to_string(path) else {
        println!("\nskipped: days of use by time are not at hand");
        return;
    };
    let mut meters: BTreeMap<&str, Vec<[f64; 3]>> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        if fields[5] == "48" {
            let number = |at: usize| fields[at].parse().unwrap();
            meters.entry(fields[0]).or_default().push([number(2), number(3), number(4)]);
        }
    }
    meters.retain(|_, days| days.len() >= DAYS_MIN);
    let mut dice = Dice::new(seed ^ hash("octopus"));
    let metered = meters.iter().map(|(name, days)| (*name, readings(days, &mut dice)));
    let (learnt, judged): (Vec<_>, Vec<_>) = metered.partition(|(name, _)| hash(name).is_multiple_of(2));
    let record = |readings: &Vec<i64>| Record { digits: DIGITS, readings: readings.clone() };
    let records: Vec<Record> = learnt.iter().flat_map(|(_, parts)| parts.iter().map(record)).collect();
    let class = calibrate("tariffs", 7, 0.01, &records).expect("enough days");
    let (mut false_alarms, mut found) = (vec![], vec![]);
    for (_, parts) in &judged {
        let mut trails = parts.clone().map(|readings| Trail::new(readings[0]));
        let days = parts[0]
            .iter()
            .zip(&parts[1])
            .zip(&parts[2])
            .map(|((first, second), third)| [*first, *second, *third]);
        for (day, truth) in days.enumerate().skip(1) {
            let judge = |read: [i64; 3]| {
                let part = |at: usize| PartRead { trail: &trails[at], digits: DIGITS, reading: read[at] };
                swapped(&[part(0), part(1), part(2)], &class, class.days())
            };
            if day > FROM {
                false_alarms.push(judge(truth).is_some_and(|swapped| swapped.is_alarm()));
                let order = [[1, 0, 2], [0, 2, 1], [2, 1, 0], [1, 2, 0], [2, 0, 1]][dice.below(5)];
                let said = judge(order.map(|from: usize| truth[from]));
                let restored = said.as_ref().is_some_and(|said| {
                    let back: Vec<i64> = said.order.iter().map(|from| truth[order[*from]]).collect();
                    back == truth
                });
                found.push((said.is_some_and(|said| said.is_alarm()), restored));
            }
            for (trail, reading) in trails.iter_mut().zip(truth) {
                trail.add(reading, 10_i64.pow(u32::from(DIGITS)), class.days());
            }
        }
    }
    println!(
        "\ntimes of use: {} meters, {} readings; swaps found {:.4}, restored {:.4}; false {:.4} (goal 0.998, 0.998)",
        judged.len(),
        found.len(),
        part(&found, |(found, _)| *found),
        part(&found, |(found, restored)| *found && *restored),
        part(&false_alarms, |alarm| *alarm)
    );
}

/// Registers in hundredths of a kilowatt-hour that ran for one to eight years at the same shares before.
fn readings(days: &[[f64; 3]], dice: &mut Dice) -> [Vec<i64>; 3] {
    let years = 1.0 + 7.0 * (dice.below(1_000) as f64 / 1_000.0);
    [0, 1, 2].map(|part: usize| {
        let all: f64 = days.iter().map(|day| day[part]).sum();
        let mut stands = all / days.len() as f64 * 365.0 * years;
        let mut readings = vec![(stands * 100.0) as i64];
        for day in days {
            stands += day[part];
            readings.push((stands * 100.0) as i64);
        }
        readings
    })
}
