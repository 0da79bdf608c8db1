//! `calibrate`: what the office learns from its own registers, sealed for those who judge by it.

use std::path::Path;

use lamplighter_core::audit::{calibrate, likelihood::class::DEPTHS, table};
use lamplighter_hub::{export, ledger::Ledger as _};

use super::{Failure, World, office::read, place::Place, say};

pub(super) async fn calibrate(
    place: &impl Place,
    registers: &Path,
    season: u16,
    alarm_rate: f64,
    output: &Path,
    world: &World,
) -> Result<(), Failure> {
    let bytes = read(registers, table::BYTES_MAX)?;
    let learned = calibrate::from_registers(&bytes, season, alarm_rate)
        .map_err(|error| Failure(format!("{}: {error}", registers.display())))?;
    let ledger = place.open_or_make(world).await?;
    export::put(output, learned.pack.sealed(ledger.key()).as_bytes())?;
    let classes = learned.pack.classes.iter().map(|class| {
        let alarms: Vec<String> = class.alarms.iter().map(|alarm| format!("{alarm:.3}")).collect();
        format!(
            "\nclass {}: asks above {} with {DEPTHS:?} earlier periods and more",
            class.name,
            alarms.join(", ")
        )
    });
    say(&format!(
        "{} registers, {} readings; hub key {}{}",
        learned.registers,
        learned.readings,
        ledger.key().public(),
        classes.collect::<String>()
    ))
}

/// A part of right readings that may be asked about.
pub(super) fn parse_rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.000_1..=0.5).contains(rate));
    rate.ok_or_else(|| "a number from 0.0001 to 0.5 is expected".into())
}
