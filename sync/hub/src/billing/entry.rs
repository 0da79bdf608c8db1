//! One entry of a bill: a reading handed over, or one taken back. Its text is what is claimed, and is never made anew.

use lamplighter_core::{decimal::Decimal, evidence::chain::reading_id, id::ReadingId, reading::Reading};
use lamplighter_sync::export::{
    Place, level, method,
    text::{next_record, push_record},
};

use crate::ledger::{Kind, Unbilled};

/// Most registers of one reading that are believed.
const VALUES_MAX: usize = 256;

/// An entry, spelt out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Its name, unlike that of any other entry.
    pub id: ReadingId,
    /// What it does.
    pub kind: Kind,
    /// The reading that it is about.
    pub reading: ReadingId,
    /// The reading that was handed over for the stop before, and counts no more.
    pub instead_of: Option<ReadingId>,
    /// Code of the round.
    pub round: String,
    /// Number of the stop.
    pub stop: String,
    /// Street and house.
    pub address: String,
    /// The meter's number.
    pub serial: String,
    /// When it was read.
    pub taken_at: String,
    /// How it was read.
    pub method: String,
    /// What the rules made of it.
    pub level: String,
    /// What the registers showed.
    pub values: Vec<Value>,
}

/// What one register showed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Value {
    /// Its full name.
    pub obis: String,
    /// As shown: no multiplier applied.
    pub shown: Decimal,
    /// Of what.
    pub unit: String,
    /// Empty where that register was not planned.
    pub multiplier: String,
}

impl Entry {
    /// A reading that is due.
    pub fn value(
        due: &Unbilled,
        reading: &Reading,
        place: &Place,
        serial: &str,
        multiplier: impl Fn(&lamplighter_core::reading::RegisterValue) -> Option<Decimal>,
        instead_of: Option<ReadingId>,
    ) -> Self {
        let id = reading_id(due.log, due.seq);
        let value = |value: &lamplighter_core::reading::RegisterValue| Value {
            obis: value.obis.to_string(),
            shown: value.value,
            unit: value.unit.as_str().to_owned(),
            multiplier: multiplier(value).map(|multiplier| multiplier.to_string()).unwrap_or_default(),
        };
        Self {
            id,
            kind: Kind::Value,
            reading: id,
            instead_of,
            round: place.round.clone(),
            stop: place.number.to_string(),
            address: place.address.clone(),
            serial: serial.to_owned(),
            taken_at: reading.taken_at.to_string(),
            method: method(reading.method).to_owned(),
            level: level(reading.verdict.level).to_owned(),
            values: reading.values.iter().map(value).collect(),
        }
    }

    /// The same taken back, whatever the books say of the stop by now.
    pub fn reversed(self) -> Self {
        Self { id: Kind::Reversal.id(self.reading), kind: Kind::Reversal, instead_of: None, ..self }
    }

    /// Its records.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let (id, reading) = (self.id.to_string(), self.reading.to_string());
        let instead_of = self.instead_of.map(|id| id.to_string()).unwrap_or_default();
        push_record(
            &mut text,
            &[
                "R",
                &id,
                self.kind.code(),
                &reading,
                &instead_of,
                &self.round,
                &self.stop,
                &self.address,
                &self.serial,
                &self.taken_at,
                &self.method,
                &self.level,
            ],
        );
        for Value { obis, shown, unit, multiplier } in &self.values {
            push_record(&mut text, &["V", &id, obis, &shown.to_string(), unit, multiplier]);
        }
        text
    }

    /// The entry that `bytes` begin with, and how many bytes it takes up.
    pub fn next(bytes: &[u8]) -> Result<(Self, usize), String> {
        let (fields, mut length) = next_record(bytes)?;
        let Ok(
            [kind_of, id, kind, reading, instead_of, round, stop, address, serial, taken_at, method, level],
        ) = <[String; 12]>::try_from(fields)
        else {
            return Err("not an entry".into());
        };
        if kind_of != "R" {
            return Err("a record that does not belong here".into());
        }
        let name = |text: &str| text.parse::<ReadingId>().map_err(|error| error.to_string());
        let kind = Kind::from_code(&kind).ok_or("neither a value nor a reversal")?;
        let (named, reading) = (name(&id)?, name(&reading)?);
        if kind.id(reading) != named {
            return Err("the entry has another's name".into());
        }
        let instead_of = if instead_of.is_empty() { None } else { Some(name(&instead_of)?) };
        let mut values = Vec::new();
        while bytes.get(length) == Some(&b'V') {
            let (fields, more) = next_record(bytes.get(length..).unwrap_or_default())?;
            let Ok([_, of, obis, shown, unit, multiplier]) = <[String; 6]>::try_from(fields) else {
                return Err("not a value".into());
            };
            let shown: Decimal = shown.parse().map_err(|_| "not a number")?;
            if of != id || values.len() >= VALUES_MAX {
                return Err("a value of another entry".into());
            }
            values.push(Value { obis, shown, unit, multiplier });
            length += more;
        }
        let entry = Self {
            id: named,
            kind,
            reading,
            instead_of,
            round,
            stop,
            address,
            serial,
            taken_at,
            method,
            level,
            values,
        };
        Ok((entry, length))
    }
}
