//! What the virtual meter shows, in A-XDR written by hand.

use super::meter::{Habits, Refusal};

/// One row of its load profile: minutes since the first of November 2026, and a value; no time where it is told
/// by counting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) minutes: Option<u32>,
    pub(super) value: u32,
}

type Name = [u8; 6];

pub(super) struct Objects {
    /// Class, name, attribute, value; whether the public client sees it in any case.
    values: Vec<(u16, Name, u8, Vec<u8>, bool)>,
    rows: Vec<Row>,
    profile: Name,
}

pub(super) const CLOCK: Name = [0, 0, 1, 0, 0, 255];
pub(super) const PROFILE: Name = [1, 0, 99, 1, 0, 255];
const EVENTS: Name = [0, 0, 99, 98, 1, 255];
const ASSOCIATION: Name = [0, 0, 40, 0, 0, 255];

fn time(minutes: u32) -> Vec<u8> {
    let (day, minute) = (minutes / 1_440 + 1, minutes % 1_440);
    let byte = |value: u32| u8::try_from(value).unwrap();
    vec![0x07, 0xEA, 11, byte(day), 0xFF, byte(minute / 60), byte(minute % 60), 0, 0xFF, 0x80, 0, 0]
}

fn octets(bytes: &[u8]) -> Vec<u8> {
    [&[9, u8::try_from(bytes.len()).unwrap()][..], bytes].concat()
}

fn u32_(value: u32) -> Vec<u8> {
    [&[6][..], &value.to_be_bytes()].concat()
}

fn scaler(exponent: i8, unit: u8) -> Vec<u8> {
    vec![2, 2, 0x0F, exponent.to_be_bytes()[0], 0x16, unit]
}

fn captured(columns: &[(u16, Name, u8)]) -> Vec<u8> {
    let mut out = vec![1, u8::try_from(columns.len()).unwrap()];
    for (class, name, attribute) in columns {
        out.extend([2, 4, 0x12]);
        out.extend(class.to_be_bytes());
        out.extend(octets(name));
        out.extend([0x0F, *attribute, 0x12, 0, 0]);
    }
    out
}

pub(super) fn energy(c: u8, e: u8) -> Name {
    [1, 0, c, 8, e, 255]
}

impl Objects {
    pub(super) fn new(habits: &Habits) -> Self {
        let mut values = vec![
            (1, [0, 0, 42, 0, 0, 255], 2, octets(b"LMP0000000412345"), true),
            (1, [0, 0, 96, 1, 0, 255], 2, octets(b"00412345"), true),
            (8, CLOCK, 2, octets(&time(22 * 1_440 + 603)), true),
            (1, [1, 0, 0, 2, 0, 255], 2, octets(b"V1.23"), false),
            (1, [0, 0, 96, 7, 21, 255], 2, vec![0x12, 0, 7], false),
            (3, [1, 0, 32, 7, 0, 255], 2, vec![0x17, 0x43, 0x66, 0x1E, 0xB8], false),
            (3, [1, 0, 32, 7, 0, 255], 3, scaler(0, 35), false),
            (4, [1, 0, 1, 6, 0, 255], 2, u32_(3_064), false),
            (4, [1, 0, 1, 6, 0, 255], 3, scaler(-3, 27), false),
            (4, [1, 0, 1, 6, 0, 255], 5, octets(&time(21 * 1_440 + 705)), false),
            (5, [1, 0, 1, 4, 0, 255], 2, vec![0x12, 0x01, 0x2C], false),
            (5, [1, 0, 1, 4, 0, 255], 4, scaler(1, 27), false),
            // A register that only this maker has.
            (3, [1, 0, 1, 8, 61, 255], 2, u32_(61), false),
            (3, [1, 0, 1, 8, 61, 255], 3, scaler(3, 30), false),
        ];
        let told = habits.tells_counter.unwrap_or(habits.counter);
        values.push((1, [0, 0, 43, 1, 0, 255], 2, u32_(told), true));
        for (c, e, value) in [(1, 0, 12_345_670), (1, 1, 10_000_000), (1, 2, 2_345_670), (2, 0, 1_000)] {
            values.push((3, energy(c, e), 2, u32_(value), false));
            values.push((3, energy(c, e), 3, scaler(0, 30), false));
        }
        let method = if habits.newest_first { 2 } else { 1 };
        let entries = u32::try_from(habits.rows.len()).unwrap();
        let columns = [(8, CLOCK, 2), (1, [0, 0, 96, 10, 1, 255], 2), (3, energy(1, 0), 2)];
        for (name, columns, count) in [
            (habits.profile, &columns[..], entries),
            (EVENTS, &[(8, CLOCK, 2), (1, [0, 0, 96, 11, 1, 255], 2)], 3),
        ] {
            values.push((7, name, 3, captured(columns), false));
            values.push((7, name, 4, u32_(if name == habits.profile { 900 } else { 0 }), false));
            values.push((7, name, 5, vec![0x16, method], false));
            values.push((7, name, 7, u32_(count), false));
        }
        let mut events = vec![1, 3];
        for (minutes, code) in [(10, 44), (11, 45), (20, 200)] {
            events.extend([&[2, 2][..], &octets(&time(minutes)), &[0x11, code]].concat());
        }
        values.push((7, EVENTS, 2, events, false));
        values.retain(|(_, name, ..)| !habits.lacks.contains(name));
        let list = object_list(&values);
        values.push((15, ASSOCIATION, 2, list, false));
        Self { values, rows: habits.rows.clone(), profile: habits.profile }
    }

    /// The highest counter that it has accepted.
    pub(super) fn tell_counter(&mut self, counter: u32) {
        let found = self.values.iter_mut().find(|(_, name, ..)| *name == [0, 0, 43, 1, 0, 255]);
        found.unwrap().3 = u32_(counter);
    }

    /// Adds so many registers.
    pub(super) fn crowd(&mut self, count: u8) {
        self.values.retain(|(class, ..)| *class != 15);
        for e in 0..count {
            for c in [5, 6] {
                self.values.push((3, energy(c, e), 2, u32_(e.into()), false));
                self.values.push((3, energy(c, e), 3, scaler(0, 30), false));
            }
        }
        let list = object_list(&self.values);
        self.values.push((15, ASSOCIATION, 2, list, false));
    }

    /// Whether it refuses to be asked like this.
    pub(super) fn refusal(&self, habits: &Habits, item: &[u8]) -> Refusal {
        match (item[1], item[9]) {
            (15, _) => habits.object_list,
            (7, 1) if item[10] == 1 => habits.ranges,
            (7, 1) => habits.entries,
            _ => Refusal::None,
        }
    }

    /// The value, or the error of the book.
    pub(super) fn read(&self, sees_all: bool, item: &[u8]) -> Result<Vec<u8>, u8> {
        let (class, name) = (u16::from_be_bytes([item[0], item[1]]), &item[2..8]);
        if (class, name, item[8]) == (7, &self.profile[..], 2) && sees_all {
            return Ok(self.profile(&item[9..]));
        }
        let same = |value: &&(u16, Name, u8, Vec<u8>, bool)| value.1 == name && value.2 == item[8];
        match self.values.iter().filter(same).find(|value| value.0 == class) {
            Some((.., value, public)) if sees_all || *public => Ok(value.clone()),
            Some(_) => Err(3),
            None if self.values.iter().any(|value| value.1 == name) => Err(9),
            None => Err(4),
        }
    }

    fn profile(&self, selector: &[u8]) -> Vec<u8> {
        let rows: Vec<Vec<u8>> = self
            .rows
            .iter()
            .enumerate()
            .filter(|(at, _)| self.is_selected(*at, selector))
            .map(|(_, row)| {
                let time = row.minutes.map_or_else(|| vec![0], |minutes| octets(&time(minutes)));
                [&[2, 3][..], &time, &[0x11, 8], &u32_(row.value)].concat()
            })
            .collect();
        let [high, low] = u16::try_from(rows.len()).unwrap().to_be_bytes();
        [&[1, 0x82, high, low][..], &rows.concat()].concat()
    }

    fn is_selected(&self, at: usize, selector: &[u8]) -> bool {
        match selector {
            [1, 1, rest @ ..] => {
                let clock =
                    [&[2, 4, 2, 4, 0x12, 0, 8, 9, 6][..], &CLOCK, &[0x0F, 2, 0x12, 0, 0, 9, 12]].concat();
                assert_eq!(rest[..clock.len()], clock);
                let from = &rest[clock.len()..clock.len() + 12];
                let to = &rest[clock.len() + 14..clock.len() + 26];
                // Rows without a time of their own belong to the one before.
                let minutes = self.rows[..=at].iter().rev().find_map(|row| row.minutes).unwrap();
                let own = time(minutes + if self.rows[at].minutes.is_none() { 15 } else { 0 });
                own[..4] >= from[..4] && own[5..8] >= from[5..8] && own[..4] <= to[..4]
            }
            [1, 2, 2, 4, 6, rest @ ..] => {
                let from = u32::from_be_bytes(rest[..4].try_into().unwrap());
                let to = u32::from_be_bytes(rest[5..9].try_into().unwrap());
                assert_eq!(rest[9..], [0x12, 0, 1, 0x12, 0, 0]);
                (from..=to).contains(&(u32::try_from(at).unwrap() + 1))
            }
            [0] => true,
            other => panic!("{other:02X?}"),
        }
    }
}

/// As the meter tells it: every object once, what may be read of it, its methods.
fn object_list(values: &[(u16, Name, u8, Vec<u8>, bool)]) -> Vec<u8> {
    let mut objects: Vec<(u16, Name)> = values.iter().map(|(class, name, ..)| (*class, *name)).collect();
    objects.dedup();
    // One that may not be read, and one that is none of ours.
    objects.extend([(3, energy(9, 9)), (70, [0, 0, 96, 3, 10, 255])]);
    let [high, low] = u16::try_from(objects.len()).unwrap().to_be_bytes();
    let mut out = vec![1, 0x82, high, low];
    for (class, name) in objects {
        let mode = if name == energy(9, 9) { 0 } else { 1 };
        out.extend([2, 4, 0x12]);
        out.extend(class.to_be_bytes());
        out.extend([0x11, 0]);
        out.extend(octets(&name));
        out.extend([2, 2, 1, 2]);
        out.extend([2, 3, 0x0F, 1, 0x16, 1, 0, 2, 3, 0x0F, 2, 0x16, mode, 0]);
        out.extend([1, 1, 2, 2, 0x0F, 1, 3, 0]);
    }
    out
}
