//! The file, `lamplighter-bill/1`: a header of control totals, then the entries. Whoever has it can prove it, and that it
//! follows the one before.
//!
//! Records are comma-separated, end with LF and begin with their kind:
//!
//! | kind | fields |
//! |---|---|
//! | `H` | version, cycle, number, made at, public key of the hub, SHA-256 of the file before (zeros: the first) |
//! | `C` | `entries`, all, values, reversals, name of the first, name of the last |
//! | `C` | register, unit, values, their sum, reversals, their sum; one a register and unit |
//! | `B` | bytes of all records after the header, their SHA-256 |
//! | `S` | seal of the hub over all bytes before this record; ends the header |
//! | `R` | name, `value` or `reversal`, reading, instead of, round, stop, address, serial, taken at, method, level |
//! | `V` | name, register, value as shown, unit, multiplier; follow their `R` |

use std::{collections::BTreeMap, fmt::Write as _};

use lamplighter_core::{
    evidence::{
        chain::Hash,
        seal::{PublicKey, Purpose, Seal, SecretKey},
    },
    time::UtcMs,
};
use lamplighter_sync::export::{
    Total,
    text::{hex, next_record, push_record, unhex},
};

use super::{Entry, Value};
use crate::ledger::Kind;

/// The format, in the first record.
pub const VERSION: &str = "lamplighter-bill/1";

/// What is decided before the entries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Front {
    /// Whose readings.
    pub cycle: String,
    /// From 1, without gaps.
    pub number: u32,
    /// When it was decided.
    pub made_at: UtcMs,
    /// Who answers for the file.
    pub hub_key: PublicKey,
    /// SHA-256 of the file before it; zeros for the first.
    pub previous: Hash,
}

/// What the header says of the entries.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Totals {
    /// Readings handed over.
    pub values: u64,
    /// Readings taken back.
    pub reversals: u64,
    /// Name of the first entry.
    pub first: String,
    /// Name of the last.
    pub last: String,
    /// By the register's full name and its unit.
    pub registers: BTreeMap<(String, String), Register>,
}

/// Of one register in one unit.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Register {
    /// Of what was handed over.
    pub values: Total,
    /// Of what was taken back.
    pub reversals: Total,
}

/// A whole file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sheet {
    /// What was decided before the entries.
    pub front: Front,
    /// What the header says of them.
    pub totals: Totals,
    /// In the file's order.
    pub entries: Vec<Entry>,
    /// The file itself.
    pub bytes: Vec<u8>,
}

impl Sheet {
    /// The one file that has these entries.
    pub fn new(front: Front, texts: &[String], key: &SecretKey) -> Result<Self, String> {
        let body = texts.concat();
        let entries = entries(body.as_bytes()).map_err(|(_, what)| what)?;
        let totals = Totals::of(&entries);
        let mut text = header(&front, &totals, body.as_bytes());
        let seal = key.sign(Purpose::Billing, text.as_bytes());
        push_record(&mut text, &["S", &hex(&seal.0)]);
        text.push_str(&body);
        Ok(Self { front, totals, entries, bytes: text.into_bytes() })
    }

    /// SHA-256 of the file, which the next one names.
    pub fn hash(&self) -> Hash {
        Hash::of(&self.bytes)
    }
}

impl Totals {
    fn of(entries: &[Entry]) -> Self {
        let name = |entry: Option<&Entry>| entry.map(|entry| entry.id.to_string()).unwrap_or_default();
        let mut totals = Self { first: name(entries.first()), last: name(entries.last()), ..Self::default() };
        for entry in entries {
            match entry.kind {
                Kind::Value => totals.values += 1,
                Kind::Reversal => totals.reversals += 1,
            }
            for Value { obis, shown, unit, .. } in &entry.values {
                let register = totals.registers.entry((obis.clone(), unit.clone())).or_default();
                let total = match entry.kind {
                    Kind::Value => &mut register.values,
                    Kind::Reversal => &mut register.reversals,
                };
                total.count += 1;
                total.sum.add(*shown);
            }
        }
        totals
    }
}

/// Name of the file, without its ending: the cycle, as far as it can be in a name, and the number.
pub fn stem(cycle: &str, number: u32) -> String {
    let mut name = String::new();
    for &byte in cycle.as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
            other => {
                let _ = write!(name, "%{other:02X}");
            }
        }
    }
    format!("{name}-{number:04}")
}

/// Proves a file: that it is the one file with these entries, and this hub's if one is named. Where it breaks, and how.
pub fn check(bytes: &[u8], expected_hub_key: Option<PublicKey>) -> Result<Sheet, String> {
    let mut at = 0;
    let mut record = || -> Result<(Vec<String>, usize), String> {
        let before = at;
        let (fields, length) = next_record(bytes.get(at..).unwrap_or_default())?;
        at += length;
        Ok((fields, before))
    };
    let front = front(record()?.0)?;
    if expected_hub_key.is_some_and(|expected| expected != front.hub_key) {
        return Err("the file is another hub's".into());
    }
    let (seal, sealed) = loop {
        let (fields, before) = record()?;
        match &fields[..] {
            [kind, seal] if kind == "S" => break (unhex::<64>(seal).ok_or("not a seal")?, before),
            [kind, ..] if kind == "C" || kind == "B" => {}
            _ => return Err("a record that does not belong into the header".into()),
        }
    };
    let (head, body) = (bytes.get(..sealed).unwrap_or_default(), bytes.get(at..).unwrap_or_default());
    front.hub_key.check(Purpose::Billing, head, Seal(seal)).map_err(|_| "the hub's seal does not hold")?;
    let entries = entries(body).map_err(|(number, what)| format!("entry {number}: {what}"))?;
    let totals = Totals::of(&entries);
    let mut again = header(&front, &totals, body);
    if again.as_bytes() != head {
        return Err("the control totals are not those of the entries".into());
    }
    push_record(&mut again, &["S", &hex(&seal)]);
    entries.iter().for_each(|entry| again.push_str(&entry.to_text()));
    if again.as_bytes() != bytes {
        return Err("an entry is written otherwise than it would be".into());
    }
    Ok(Sheet { front, totals, entries, bytes: bytes.to_owned() })
}

fn front(fields: Vec<String>) -> Result<Front, String> {
    let Ok([kind, version, cycle, number, made_at, key, previous]) = <[String; 7]>::try_from(fields) else {
        return Err("not a bill".into());
    };
    if kind != "H" || version != VERSION {
        return Err(format!("not a bill of the format {VERSION}"));
    }
    Ok(Front {
        cycle,
        number: number.parse().map_err(|_| "not a number")?,
        made_at: made_at.parse().map_err(|_| "not a time")?,
        hub_key: PublicKey(unhex(&key).ok_or("not a key")?),
        previous: Hash(unhex(&previous).ok_or("not a hash")?),
    })
}

/// Everything of the header but its seal.
fn header(front: &Front, totals: &Totals, body: &[u8]) -> String {
    let Front { cycle, number, made_at, hub_key, previous } = front;
    let mut text = String::new();
    push_record(
        &mut text,
        &[
            "H",
            VERSION,
            cycle,
            &number.to_string(),
            &made_at.to_string(),
            &hub_key.to_string(),
            &previous.to_string(),
        ],
    );
    let Totals { values, reversals, first, last, registers } = totals;
    let counts = [values + reversals, *values, *reversals].map(|count| count.to_string());
    let [all, values, reversals] = &counts;
    push_record(&mut text, &["C", "entries", all, values, reversals, first, last]);
    for ((obis, unit), Register { values, reversals }) in registers {
        let (count, sum) = (values.count.to_string(), values.sum.to_string());
        let (count_back, sum_back) = (reversals.count.to_string(), reversals.sum.to_string());
        push_record(&mut text, &["C", obis, unit, &count, &sum, &count_back, &sum_back]);
    }
    push_record(&mut text, &["B", &body.len().to_string(), &Hash::of(body).to_string()]);
    text
}

/// The entries, or the number of the one that is none.
fn entries(body: &[u8]) -> Result<Vec<Entry>, (usize, String)> {
    let (mut entries, mut rest) = (Vec::new(), body);
    while !rest.is_empty() {
        let (entry, length) = Entry::next(rest).map_err(|what| (entries.len() + 1, what))?;
        rest = rest.get(length..).unwrap_or_default();
        entries.push(entry);
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use lamplighter_core::id::ReadingId;

    use super::*;

    fn entry(byte: u8, shown: &str) -> Entry {
        let id = ReadingId::new([byte; 16]);
        let value = Value {
            obis: "1-0:1.8.0*255".into(),
            shown: shown.parse().unwrap(),
            unit: "kWh".into(),
            multiplier: "40".into(),
        };
        Entry {
            id,
            kind: Kind::Value,
            reading: id,
            instead_of: None,
            round: "14".into(),
            stop: "3".into(),
            address: "Pier 3, \"east\"".into(),
            serial: "58203".into(),
            taken_at: "2026-11-24T20:00:00.000Z".into(),
            method: "probe".into(),
            level: "right".into(),
            values: vec![value],
        }
    }

    fn sheet() -> (Sheet, SecretKey) {
        let key = SecretKey::new([4; 32]);
        let front = Front {
            cycle: "2026/11".into(),
            number: 3,
            made_at: UtcMs(1_795_427_381_250),
            hub_key: key.public(),
            previous: Hash([1; 32]),
        };
        let corrected = Entry { instead_of: Some(ReadingId::new([1; 16])), ..entry(2, "100.75") };
        let texts = [entry(1, "100.5").reversed(), corrected, entry(3, "0.005")].map(|entry| entry.to_text());
        (Sheet::new(front, &texts, &key).unwrap(), key)
    }

    #[test]
    fn totals_are_exact_and_reversals_stand_apart() {
        let (sheet, key) = sheet();
        let text = String::from_utf8(sheet.bytes.clone()).unwrap();
        let reversal = Kind::Reversal.id(ReadingId::new([1; 16]));
        assert!(
            text.contains(&format!("\nC,entries,3,2,1,{reversal},{}\n", ReadingId::new([3; 16]))),
            "{text}"
        );
        assert!(text.contains("\nC,1-0:1.8.0*255,kWh,2,100.755,1,100.5\n"), "{text}");
        assert_eq!(check(&sheet.bytes, Some(key.public())), Ok(sheet));
    }

    #[test]
    fn every_single_changed_bit_of_a_bill_is_found() {
        let mut bytes = sheet().0.bytes;
        for at in 0..bytes.len() {
            for bit in 0..8 {
                bytes[at] ^= 1 << bit;
                assert!(check(&bytes, None).is_err(), "bit {bit} of byte {at}");
                bytes[at] ^= 1 << bit;
            }
        }
        for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
            assert!(check(&bytes[..cut], None).is_err());
        }
        assert!(check(&[&bytes[..], b"\n"].concat(), None).is_err());
        assert!(check(&bytes, Some(SecretKey::new([5; 32]).public())).is_err());
    }

    #[test]
    fn a_file_has_a_name_whatever_the_cycle_is_called() {
        assert_eq!(stem("2026-11", 1), "2026-11-0001");
        assert_eq!(stem("../ü", 12_345), "%2E%2E%2F%C3%BC-12345");
    }
}
