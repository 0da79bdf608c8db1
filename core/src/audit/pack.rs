//! A rule pack: the classes of customers as the office learned them, as text that an auditor can read, under a seal.
//!
//! The text is canonical: the same classes make the same bytes, and its hash is what a verdict names.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::likelihood::class::Class;
use crate::evidence::seal::{PublicKey, Purpose, Seal, SecretKey};

/// Longest pack.
pub const BYTES_MAX: u64 = 256 * 1024;
/// Most classes.
pub const CLASSES_MAX: usize = 64;
/// Longest name of a class, in letters.
const NAME_MAX: usize = 64;
/// Most readings a year.
pub const SEASON_MAX: u16 = 366;
/// What is beyond this is no parameter of ours.
const NUMBER_MAX: f64 = 1e6;
/// Weights are written to the last bit; their sum is one but for rounding.
const SUM_SLACK: f64 = 1e-9;

const FIRST_LINE: &str = "lamplighter-pack 1";

/// Why a text is no pack.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PackError {
    /// It does not begin like one, or like one of another release.
    #[error("this is no rule pack of this release")]
    NotAPack,
    /// A line of it cannot be.
    #[error("line {line}: {what} is not what belongs there")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What stands or should stand there.
        what: String,
    },
    /// Its seal does not hold: it was changed after it was sealed.
    #[error("the seal of the rule pack does not hold")]
    BadSeal,
}

/// The classes, and where they come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Pack {
    /// Hash of the registers that it was learned from.
    pub learned_from: [u8; 32],
    /// At least one.
    pub classes: Vec<Class>,
}

impl Pack {
    /// The class of this name; the only one there is serves all.
    pub fn class(&self, name: &str) -> Option<&Class> {
        match &self.classes[..] {
            [only] => Some(only),
            classes => classes.iter().find(|class| class.name == name),
        }
    }

    /// The hash that verdicts name.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.body()).into()
    }

    /// The pack under the office's seal.
    pub fn sealed(&self, key: &SecretKey) -> String {
        let body = self.body();
        let seal = key.sign(Purpose::Pack, body.as_bytes());
        format!("{body}seal {} {}\n", key.public(), hex(&seal.0))
    }

    /// Opens a pack, and says who sealed it.
    pub fn open(text: &str) -> Result<(Self, PublicKey), PackError> {
        if text.lines().next() != Some(FIRST_LINE) {
            return Err(PackError::NotAPack);
        }
        let (body, seal) = text.rsplit_once("seal ").ok_or(PackError::BadSeal)?;
        let (key, seal) = seal.trim_end().split_once(' ').ok_or(PackError::BadSeal)?;
        let (key, seal) = (unhex(key).ok_or(PackError::BadSeal)?, unhex(seal).ok_or(PackError::BadSeal)?);
        let key = PublicKey(key);
        key.check(Purpose::Pack, body.as_bytes(), Seal(seal)).map_err(|_| PackError::BadSeal)?;
        Ok((Lines::new(body).pack()?, key))
    }

    fn body(&self) -> String {
        let mut text = format!("{FIRST_LINE}\nlearned-from {}\n", hex(&self.learned_from));
        for class in &self.classes {
            // Writing to a text does not fail.
            let _ = writeln!(text, "class {}\nseason {}", class.name, class.season);
            for (name, numbers) in numbers(class) {
                let numbers: Vec<String> = numbers.iter().map(f64::to_string).collect();
                let _ = writeln!(text, "{name} {}", numbers.join(" "));
            }
        }
        text
    }
}

fn numbers(class: &Class) -> [(&'static str, Vec<f64>); 8] {
    [
        ("alarm-rate", vec![class.alarm_rate]),
        ("alarms", class.alarms.to_vec()),
        ("weights", class.weights.to_vec()),
        ("spreads", class.spreads.to_vec()),
        ("width", vec![class.width]),
        ("stray", vec![class.stray]),
        ("learned", class.learned.to_vec()),
        ("idle", class.idle.to_vec()),
    ]
}

/// The lines of a pack, one after the other.
struct Lines<'a> {
    lines: std::iter::Peekable<std::iter::Enumerate<std::str::Lines<'a>>>,
}

impl<'a> Lines<'a> {
    fn new(body: &'a str) -> Self {
        Self { lines: body.lines().enumerate().peekable() }
    }

    fn pack(mut self) -> Result<Pack, PackError> {
        self.lines.next();
        let (line, text) = self.next("learned-from")?;
        let learned_from = unhex(text).ok_or_else(|| wrong(line, text))?;
        let mut classes: Vec<Class> = vec![];
        while self.lines.peek().is_some() || classes.is_empty() {
            let (line, class) = self.class()?;
            let known = classes.iter().any(|other| other.name == class.name);
            if known || classes.len() == CLASSES_MAX {
                return Err(wrong(line, &class.name));
            }
            classes.push(class);
        }
        Ok(Pack { learned_from, classes })
    }

    fn class(&mut self) -> Result<(usize, Class), PackError> {
        let (at, name) = self.next("class")?;
        if name.is_empty() || name.chars().count() > NAME_MAX {
            return Err(wrong(at, name));
        }
        let (line, season) = self.next("season")?;
        let season = season.parse().ok().filter(|season| (1..=SEASON_MAX).contains(season));
        let season = season.ok_or_else(|| wrong(line, "season"))?;
        let [alarm_rate] = self.numbers("alarm-rate", 0.0..=1.0)?;
        let class = Class {
            name: name.to_owned(),
            season,
            alarm_rate,
            alarms: self.numbers("alarms", -NUMBER_MAX..=NUMBER_MAX)?,
            weights: self.numbers("weights", 0.0..=1.0)?,
            spreads: self.numbers("spreads", 1e-3..=10.0)?,
            width: self.numbers::<1>("width", 1e-2..=100.0)?[0],
            stray: self.numbers::<1>("stray", 1e-6..=1.0)?[0],
            learned: self.numbers("learned", -10.0..=10.0)?,
            idle: self.numbers("idle", -100.0..=100.0)?,
        };
        let all: f64 = class.weights.iter().sum();
        if (all - 1.0).abs() > SUM_SLACK {
            return Err(wrong(at, "weights"));
        }
        Ok((at, class))
    }

    fn numbers<const N: usize>(
        &mut self,
        name: &str,
        range: std::ops::RangeInclusive<f64>,
    ) -> Result<[f64; N], PackError> {
        let (line, text) = self.next(name)?;
        let number = |text: &str| text.parse().ok().filter(|number| range.contains(number));
        let numbers: Option<Vec<f64>> = text.split(' ').map(number).collect();
        numbers.and_then(|numbers| numbers.try_into().ok()).ok_or_else(|| wrong(line, name))
    }

    /// The next line, which must begin with this name.
    fn next(&mut self, name: &str) -> Result<(usize, &'a str), PackError> {
        let (at, text) = self.lines.next().unwrap_or((0, ""));
        let rest = text.strip_prefix(name).and_then(|rest| rest.strip_prefix(' '));
        Ok((at + 1, rest.ok_or_else(|| wrong(at + 1, name))?))
    }
}

fn wrong(line: usize, what: &str) -> PackError {
    PackError::Line { line, what: what.chars().take(NAME_MAX).collect() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N || !text.bytes().all(|letter| letter.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::likelihood::tests::class;

    fn pack() -> Pack {
        Pack { learned_from: [7; 32], classes: vec![class(), Class { name: "shop 2".into(), ..class() }] }
    }

    #[test]
    fn a_pack_comes_back_as_it_was() {
        let key = SecretKey::new([5; 32]);
        let text = pack().sealed(&key);
        let (back, by) = Pack::open(&text).unwrap();
        assert_eq!((&back, by), (&pack(), key.public()));
        assert_eq!(back.sealed(&key), text);
        assert_eq!(back.class("shop 2").map(|class| &class.name[..]), Some("shop 2"));
        assert_eq!(back.class("farm"), None);
    }

    #[test]
    fn a_changed_pack_does_not_open() {
        let text = pack().sealed(&SecretKey::new([5; 32]));
        for (from, to) in
            [("season 13", "season 12"), ("all", "alt"), ("seal ", "seal 0"), ("stray", "astray")]
        {
            let changed = text.replacen(from, to, 1);
            assert_eq!(Pack::open(&changed), Err(PackError::BadSeal), "{from}");
        }
        assert_eq!(Pack::open("class all\n"), Err(PackError::NotAPack));
    }

    #[test]
    fn a_sealed_pack_with_impossible_numbers_does_not_open() {
        let key = SecretKey::new([5; 32]);
        let mut broken = pack();
        broken.classes[1].weights[0] = f64::NAN;
        let error = Pack::open(&broken.sealed(&key)).unwrap_err();
        assert_eq!(error, PackError::Line { line: 17, what: "weights".into() });
        let mut heavy = pack();
        heavy.classes[0].weights = [0.5; 7];
        assert!(matches!(Pack::open(&heavy.sealed(&key)), Err(PackError::Line { .. })));
        let mut twice = pack();
        twice.classes[1].name = "all".into();
        assert_eq!(Pack::open(&twice.sealed(&key)), Err(PackError::Line { line: 13, what: "all".into() }));
    }
}
