//! Load profiles that are kept in other ways than most.

use super::{
    habits::Habits,
    line::{Probe, read},
    writer::{Style, Writer},
};
use crate::{
    probe::{
        c1218::Config,
        part::{Part, Span, Wants},
    },
    time::Civil,
};

/// How a profile of one channel is kept: three blocks of five half hours in four slots, the newest of which
/// has two. Everything stands the other way round than usual, in the first edition of the tables.
#[derive(Clone, Copy)]
struct Kept {
    style: Style,
    /// Code of the format of intervals.
    item: u8,
    /// Source of the channel.
    source: u8,
    scalar: i64,
    divisor: i64,
}

const PLAIN: Kept = Kept { style: STYLE, item: 32, source: 1, scalar: 1, divisor: 1 };
const STYLE: Style = Style { big: true, sums: 10, demands: 8, time: 3, digits: false, access: 1 };

impl Kept {
    fn habits(self) -> Habits {
        let mut habits = Habits::of(self.style);
        let mut to = Writer::new(self.style);
        // The edition of 1997.
        habits.tables.get_mut(&0).unwrap()[11] = 1;
        // Readings and pulses at the end, scalars, simple status, and how each channel was closed.
        to.whole(9_999, 4).whole(0b1_1000_0111_0000, 2).raw(&[0xFF]).whole(4, 2).whole(5, 2).raw(&[1, 30]);
        habits.tables.insert(61, to.done());
        to.raw(&[1, self.source, self.source, self.item]).whole(self.scalar, 2).whole(self.divisor, 2);
        habits.tables.insert(62, to.done());
        to.raw(&[0b1_0001]).whole(3, 2).whole(2, 2).whole(7, 4).whole(0, 2).whole(2, 2);
        habits.tables.insert(63, to.done());
        // The newest block in slot 2, the one before in slot 3, the oldest in slot 0.
        let blocks = [Some((5, 5)), None, Some((12, 2)), Some((10, 5))].map(|block| {
            let Some((last, valid)) = block else { return vec![0xFF; 4 + 6 + 4 + 2 + 1 + 5 * self.size()] };
            to.minute(&half_hour(last)).sum("77").whole(78, 4).whole(0, 2);
            // The third interval of the oldest block does not count.
            let set = if last == 5 { 0b1_1011 } else { (1 << valid) - 1 };
            to.raw(&[set]);
            for back in 0..5 {
                self.write(&mut to, if back < valid { last - back } else { 0 });
            }
            to.done()
        });
        habits.tables.insert(64, blocks.concat());
        habits
    }

    const fn size(self) -> usize {
        match self.item {
            1 | 8 => 1,
            2 | 16 => 2,
            64 => 6,
            _ => 4,
        }
    }

    fn write(self, to: &mut Writer, value: i64) {
        match self.item {
            64 => to.sum(&value.to_string()),
            128 => to.demand(&value.to_string()),
            _ => to.whole(value, self.size()),
        };
    }
}

/// When a row ends: 26-11-20, in the small hours.
fn half_hour(row: i64) -> String {
    format!("261120{:02}{:02}", row / 2, row % 2 * 30)
}

#[test]
fn a_profile_that_stands_the_other_way_round_is_read_from_the_oldest_row_on() {
    for item in [1, 2, 4, 8, 16, 32, 64, 128] {
        for packets in [Some((512, 20)), None] {
            let habits = Habits { packets, ..Kept { item, ..PLAIN }.habits() };
            check(
                habits,
                &["1 1", "2 2", "4 4", "5 5", "6 6", "7 7", "8 8", "9 9", "10 10", "11 11", "12 12"],
                "kWh",
            );
        }
    }
}

#[test]
fn a_channel_is_multiplied_by_its_divisor_and_divided_by_its_scalar() {
    for (scalar, divisor, expected) in [(8, 5, "1 0.625"), (1, 200, "1 200"), (3, 9, "1 3")] {
        check(Kept { scalar, divisor, ..PLAIN }.habits(), &[expected], "kWh");
    }
    // Nobody can write a third.
    for (scalar, divisor) in [(3, 1), (0, 1)] {
        check(Kept { scalar, divisor, ..PLAIN }.habits(), &["1 1"], "pulse");
    }
}

#[test]
fn a_channel_without_a_source_is_told_as_it_is() {
    check(Kept { source: 0xFF, ..PLAIN }.habits(), &["1 1", "2 2"], "nothing");
}

#[test]
fn a_profile_without_times_is_not_read() {
    let forever = Span { from: Civil::of_unix(0).unwrap(), to: Civil::of_unix(4_000_000_000).unwrap() };
    let wants = Wants { events: true, profile: Some(forever), ..Wants::default() };
    let habits = Habits::of(Style { time: 0, ..Style::default() });
    let run = read(habits, Probe::default(), Config { wants, ..Config::default() });
    assert_eq!(run.drive.result.unwrap().retries, 0);
    assert!(run.told.parts.iter().all(|part| matches!(part, Part::Events(_))), "{:?}", run.told.parts);
}

/// The first rows, by their number and their value.
#[track_caller]
fn check(habits: Habits, expected: &[&str], unit: &str) {
    let midnight = "2026-11-20T00:00:00".parse::<Civil>().unwrap();
    let span = Span { from: midnight, to: Civil::of_unix(midnight.to_unix() + 12 * 1_800).unwrap() };
    let wants = Wants { events: false, profile: Some(span), ..Wants::default() };
    let run = read(habits, Probe::default(), Config { wants, ..Config::default() });
    assert!(run.drive.result.is_ok(), "{}", run.drive.transcript);
    let mut rows = Vec::new();
    for part in run.told.parts {
        let Part::Profile(part) = part else { panic!("no events were wanted") };
        assert_eq!(part.columns[0].unit.as_ref().unwrap().as_str(), unit);
        rows.extend(part.rows.into_iter().map(|row| {
            let number = (row.at.to_unix() - midnight.to_unix()) / 1_800;
            format!("{number} {}", row.values[0].as_ref().unwrap())
        }));
    }
    assert_eq!(rows.get(..expected.len()).unwrap(), expected);
    assert_eq!(rows.len(), 11);
}
