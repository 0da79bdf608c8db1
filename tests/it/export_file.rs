//! An export as its readings, taken apart by another CSV reader than the one that proves it.

use lamplighter_core::{decimal::Decimal, id::ReadingId};

/// One reading with its values.
#[derive(Debug)]
pub(crate) struct Spelt {
    pub(crate) id: ReadingId,
    pub(crate) stop: u32,
    pub(crate) serial: String,
    pub(crate) status: String,
    /// Register and value.
    pub(crate) values: Vec<(String, Decimal)>,
}

pub(crate) fn readings(export: &[u8]) -> Vec<Spelt> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(export);
    let mut all: Vec<Spelt> = Vec::new();
    for record in reader.records() {
        let record = record.unwrap();
        match &record[0] {
            "R" => all.push(Spelt {
                id: record[1].parse().unwrap(),
                stop: record[7].parse().unwrap(),
                serial: record[9].into(),
                status: record[13].into(),
                values: Vec::new(),
            }),
            "V" => {
                let reading = all.last_mut().unwrap();
                assert_eq!(record[1].parse(), Ok(reading.id), "a value without its reading");
                reading.values.push((record[2].into(), record[3].parse().unwrap()));
            }
            _ => {}
        }
    }
    all
}
