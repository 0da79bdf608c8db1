//! The books of the simulation: two rounds of a few stops.

use lamplighter_core::{
    meter::Meter,
    obis::Obis,
    quantity::Unit,
    register::{Dials, Register},
    round::{Outcome, Round, Stop},
};
use lamplighter_hub::ledger::Books;
use lamplighter_sync::books;

/// The cycle.
pub const CYCLE: &str = "2026-11";
/// The rounds.
pub const ROUNDS: [&str; 2] = ["14", "15"];

/// Both rounds, with so many stops each; `edition` changes their addresses.
pub fn town(stops: u32, edition: u32) -> Books {
    Books { rounds: ROUNDS.iter().map(|code| round(code, stops, edition)).collect() }
}

/// One round.
pub fn round(code: &str, stops: u32, edition: u32) -> (Round, Vec<Stop>) {
    let id = books::round_id(CYCLE, code);
    let round = Round { id, code: code.into(), name: format!("Round {code}"), cycle: CYCLE.into() };
    (round, (1..=stops).map(|number| stop(code, number, edition)).collect())
}

fn stop(code: &str, number: u32, edition: u32) -> Stop {
    let serial = format!("{code}00{number}");
    let dials = Dials::new(6, 1).into_iter();
    Stop {
        id: books::stop_id(CYCLE, code, number),
        round: books::round_id(CYCLE, code),
        number,
        address: format!("Mill Lane {number} of {edition}"),
        position: None,
        hints: Vec::new(),
        meter: Meter {
            id: books::meter_id(&serial),
            serial,
            model: None,
            way: None,
            registers: dials
                .map(|dials| Register {
                    obis: Obis::ACTIVE_IMPORT,
                    unit: Unit::KiloWattHour,
                    dials,
                    multiplier: lamplighter_core::decimal::Decimal::new(1, 0)
                        .unwrap_or(lamplighter_core::decimal::Decimal::ZERO),
                    history: Vec::new(),
                })
                .collect(),
        },
        outcome: Outcome::ToDo,
    }
}
