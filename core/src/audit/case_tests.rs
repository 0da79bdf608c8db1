//! How many wrong readings the judgement finds among real uses with errors put in, and how often it asks for
//! nothing. Only where the folder with the cases is present; the figures are printed, and asserted loosely.

use std::{collections::BTreeMap, fs, path::PathBuf};

use super::{judge::judge, observed::Observed, verdict::Level};
use crate::{
    decimal::Decimal,
    id::MeterId,
    meter::Meter,
    obis::Obis,
    probe::readout::{Datum, Value},
    quantity::Unit,
    register::{Dials, PastReading, Register},
    time::UtcMs,
};

const DAY: i64 = 86_400_000;

/// An error of more than this part of the customer's median use matters.
const MATERIAL_PART: f64 = 0.25;

fn folder() -> PathBuf {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
    std::env::var_os("LAMPLIGHTER_DATA").map_or_else(|| here.into(), PathBuf::from).join("validation")
}

struct Customer {
    digits: u8,
    multiplier: i64,
    reads: Vec<i64>,
}

impl Customer {
    fn turn(&self) -> i64 {
        10_i64.pow(u32::from(self.digits))
    }

    fn median_use(&self) -> f64 {
        let mut uses: Vec<i64> =
            self.reads.windows(2).map(|pair| (pair[1] - pair[0]).rem_euclid(self.turn())).collect();
        uses.sort_unstable();
        f64::from(i32::try_from(uses[uses.len() / 2]).unwrap())
    }

    /// The meter as it was before read `t` + 1, which is `days` after read `t`.
    fn meter(&self, t: usize, days: i64) -> Meter {
        let history = (0..).zip(&self.reads[..=t]).map(|(index, &read): (i64, _)| PastReading {
            at: UtcMs(index * days * DAY),
            value: Decimal::new(read, 0).unwrap(),
            actual: true,
        });
        let register = Register {
            obis: Obis::ACTIVE_IMPORT,
            unit: Unit::KiloWattHour,
            dials: Dials::new(self.digits, 0).unwrap(),
            multiplier: Decimal::new(self.multiplier, 0).unwrap(),
            history: history.collect(),
        };
        Meter {
            id: MeterId::derived(&[]),
            serial: String::new(),
            model: None,
            way: None,
            registers: vec![register],
        }
    }
}

fn customers(text: &str) -> BTreeMap<&str, Customer> {
    text.lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let reads = fields[3..].iter().map(|read| read.parse().unwrap()).collect();
            let customer = Customer {
                digits: fields[1].parse().unwrap(),
                multiplier: fields[2].parse().unwrap(),
                reads,
            };
            (fields[0], customer)
        })
        .collect()
}

#[derive(Default)]
struct Count {
    cases: u32,
    asked: u32,
    blocked: u32,
}

impl Count {
    fn add(&mut self, level: Level) {
        self.cases += 1;
        self.asked += u32::from(level != Level::Right);
        self.blocked += u32::from(level == Level::Wrong);
    }

    fn percent(&self) -> (f64, f64) {
        let part = |count: u32| 100.0 * f64::from(count) / f64::from(self.cases.max(1));
        (part(self.asked), part(self.blocked))
    }
}

#[track_caller]
fn check(name: &str, days: i64, alarms_at_most: f64, found_at_least: f64) {
    let read = |kind: &str| fs::read_to_string(folder().join(format!("{name}_{kind}.csv")));
    let (Ok(registers), Ok(cases)) = (read("registers"), read("cases")) else {
        println!("skipped: no {name} cases");
        return;
    };
    let customers = customers(&registers);
    let mut genuine = Count::default();
    let mut material = Count::default();
    let mut by_kind: BTreeMap<&str, Count> = BTreeMap::new();
    for line in cases.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let (customer, t, kind) = (&customers[fields[0]], fields[1].parse::<usize>().unwrap(), fields[2]);
        let (read, true_read): (i64, i64) = (fields[3].parse().unwrap(), fields[4].parse().unwrap());
        let datum = Datum {
            obis: Obis::ACTIVE_IMPORT,
            value: Value::Number(Decimal::new(read, 0).unwrap()),
            unit: Some(Unit::KiloWattHour),
            at: None,
        };
        let now = UtcMs(i64::try_from(t + 1).unwrap() * days * DAY);
        let observed = Observed { values: vec![datum], ..Observed::default() };
        let level = judge(&customer.meter(t, days), &observed, now).level;
        let off = |read: i64| (read - customer.reads[t]).rem_euclid(customer.turn());
        let error = f64::from(i32::try_from((off(read) - off(true_read)).abs()).unwrap());
        if kind == "genuine" {
            genuine.add(level);
        } else if error > MATERIAL_PART * customer.median_use() {
            material.add(level);
            by_kind.entry(kind).or_default().add(level);
        }
    }
    let ((alarms, blocked), (found, stopped)) = (genuine.percent(), material.percent());
    println!("{name}: {} genuine, asked {alarms:.2} %, of these blocked {blocked:.2} %", genuine.cases);
    println!(
        "{name}: {} material errors, found {found:.2} %, of these blocked {stopped:.2} %",
        material.cases
    );
    for (kind, count) in &by_kind {
        println!("  {kind}: {:.1} % of {}", count.percent().0, count.cases);
    }
    assert!(alarms <= alarms_at_most && found >= found_at_least);
}

#[test]
fn most_wrong_readings_of_large_customers_are_found() {
    check("uci321", 28, 2.0, 90.0);
}

#[test]
fn most_wrong_readings_of_restless_customers_are_found() {
    check("sgcc26", 30, 15.0, 80.0);
}
