//! A meter as the round describes it.

use crate::{id::MeterId, obis::Obis, probe::way::Way, register::Register};

/// One physical meter and the registers that are to be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Meter {
    /// Its id in the utility's books.
    pub id: MeterId,
    /// The number on its face.
    pub serial: String,
    /// Maker and type, where known.
    pub model: Option<String>,
    /// How the office says that it is reached, where it knows.
    pub way: Option<Way>,
    /// What to read. The first one is what the screen shows large.
    pub registers: Vec<Register>,
}

impl Meter {
    /// The planned register of this name.
    pub fn register(&self, obis: Obis) -> Option<&Register> {
        self.registers.iter().find(|register| register.obis == obis)
    }

    /// Whether a number that a probe or a person saw may be this meter's.
    pub fn answers_to(&self, seen: &str) -> bool {
        likeness(&self.serial, seen).is_some()
    }
}

/// How a number that was seen is like one in the books.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Likeness {
    /// The seen number ends with ours: a meter may put its maker's prefix before the number on its face.
    Tail,
    /// The same, but for blanks, dashes, leading zeros and case.
    Same,
}

/// How `seen` is like `serial`, if it is at all.
pub fn likeness(serial: &str, seen: &str) -> Option<Likeness> {
    let (ours, seen) = (plain(serial), plain(seen));
    if ours.is_empty() {
        return None;
    }
    if ours == seen {
        return Some(Likeness::Same);
    }
    (ours.len() >= TAIL_MIN && seen.ends_with(&ours)).then_some(Likeness::Tail)
}

/// Shorter numbers are too many to be known by their tail.
const TAIL_MIN: usize = 6;

fn plain(serial: &str) -> String {
    let letters: String = serial.chars().filter(|letter| letter.is_alphanumeric()).collect();
    letters.trim_start_matches('0').to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_is_known_in_any_dress() {
        let meter = Meter {
            id: MeterId::derived(&[]),
            serial: "58 200 417".into(),
            model: None,
            way: None,
            registers: vec![],
        };
        for (seen, same) in [
            ("58200417", true),
            ("0058200417", true),
            ("1ISK0058200417", true),
            ("58200418", false),
            ("417", false),
            ("", false),
        ] {
            assert_eq!(meter.answers_to(seen), same, "{seen}");
        }
    }
}
