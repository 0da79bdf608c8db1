//! A rule pack out of a spreadsheet of clean registers.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::{
    likelihood::learn::{Record, TooLittle, calibrate},
    pack::Pack,
    table::{self, Problem},
};

/// Why no pack came of it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CalibrateError {
    /// The spreadsheet is not one.
    #[error("{0}")]
    Table(#[from] Problem),
    /// A class has too few readings.
    #[error("class {class}: {why}")]
    TooLittle {
        /// Which.
        class: String,
        /// How few.
        why: TooLittle,
    },
    /// More classes than a pack holds.
    #[error("{0} classes are more than a pack holds")]
    TooManyClasses(usize),
}

/// What a pack was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibrated {
    /// The pack.
    pub pack: Pack,
    /// How many registers there were, and how many readings.
    pub registers: usize,
    /// All readings together.
    pub readings: usize,
}

/// Learns a pack from registers that are read `season` times a year. This part of right readings will be asked about.
pub fn from_registers(bytes: &[u8], season: u16, alarm_rate: f64) -> Result<Calibrated, CalibrateError> {
    let lines = table::registers(bytes)?;
    let (registers, readings) = (lines.len(), lines.iter().map(|line| line.record.readings.len()).sum());
    let mut records: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    for line in lines {
        records.entry(line.class).or_default().push(line.record);
    }
    if records.len() > super::pack::CLASSES_MAX {
        return Err(CalibrateError::TooManyClasses(records.len()));
    }
    let learned = records.into_iter().map(|(class, records)| {
        calibrate(&class, season, alarm_rate, &records)
            .map_err(|why| CalibrateError::TooLittle { class, why })
    });
    let classes = learned.collect::<Result<_, _>>()?;
    Ok(Calibrated { pack: Pack { learned_from: Sha256::digest(bytes).into(), classes }, registers, readings })
}
