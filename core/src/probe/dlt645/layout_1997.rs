//! The names of DL/T 645-1997, annex A, and what we call what stands behind them.
//!
//! | DI1 DI0 | what | OBIS |
//! |---|---|---|
//! | 90 1r, 90 2r | forward, reverse active energy | 1-0:1.8.r, 2.8.r |
//! | 91 1r, 91 2r | forward, reverse reactive energy | 1-0:3.8.r, 4.8.r |
//! | 91 3r, 4r, 5r, 6r | reactive of quadrants 1, 4, 2, 3 | 1-0:5.8.r, 8.8.r, 6.8.r, 7.8.r |
//! | A0, A1 as 90, 91 | maximum demand | 1-0:1.6.r and so on |
//! | B0, B1 as 90, 91 | when that demand came about, without the year | the same registers |
//! | 94, 95, A4, A5, B4, B5; 98, 99 and on | of the last month; of the one before | the same with *1; *2 |
//! | B6 1p, 2p | voltage, current | 1-0:32.7 and on, 31.7 and on |
//! | B6 3p, 4p, 5p | active, reactive power, power factor; 0 is the total | 1-0:16.7, 36.7 and on; 3.7; 13.7 |
//! | B2 12 | programmings | 0-0:96.2.0 |
//! | B2 13 | demand resets | 1-0:0.1.0 |
//! | C0 10, 11 | date, time | 1-0:0.9.2, 0.9.1 |
//! | C0 20, 21 | status of the meter, of the grid | 0-0:96.5.1, 96.5.2 |
//! | C0 30, 31 | impulses for a kWh, a kvarh | 1-0:0.3.0, 0.3.1 |
//! | C0 32, 33, 34 | meter number, number of the customer, of the device | 0-0:96.1.0, 96.1.6, 96.1.2 |
//!
//! The last four bits are the tariff in the first three families, 1 sharp, 2 peak, 3 flat, 4 valley; F there
//! asks for all.

use super::layout::{
    ACTIVE_POWERS, COUNT, CURRENTS, DATE, Format, Layout, NUMBER, Names, POWER, POWER_FACTORS,
    REACTIVE_POWERS, TIME, VOLTAGES, abstract_object, energy, of_list,
};
use crate::{obis::Obis, quantity::Unit};

/// Asks for all of its kind.
pub(super) const BLOCK: u8 = 0x0F;

pub(super) fn layout(code: u16) -> Option<Layout> {
    let [family, last] = code.to_be_bytes();
    let (high, low) = (last >> 4, last & 0x0F);
    let (names, format, unit) = match family >> 4 {
        0x9 => (names(family, high, low, 8)?, energy(false), Some(energy_unit(family))),
        0xA => (names(family, high, low, 6)?, DEMAND, Some(demand_unit(family))),
        0xB if matches!(family & 0x0F, 0..=1 | 4..=5 | 8..=9) => {
            (names(family, high, low, 6)?, Format::DemandTime, None)
        }
        0xB => present(family, high, low)?,
        0xC => parameters(code)?,
        _ => return None,
    };
    Some(Layout { names, format, unit })
}

type Parts = (Names, Format, Option<Unit>);

const DEMAND: Format = Format::Number { bytes: 3, places: 4, signed: false };

/// The lowest bit of a family tells active from reactive, the two above it how many months ago.
const fn is_active(family: u8) -> bool {
    family & 1 == 0
}

const fn energy_unit(family: u8) -> Unit {
    if is_active(family) { Unit::KiloWattHour } else { Unit::KiloVarHour }
}

const fn demand_unit(family: u8) -> Unit {
    if is_active(family) { Unit::KiloWatt } else { Unit::KiloVar }
}

fn names(family: u8, kind: u8, tariff: u8, d: u8) -> Option<Names> {
    let months = match family & 0x0F {
        0 | 1 => 0,
        4 | 5 => 1,
        8 | 9 => 2,
        _ => return None,
    };
    let c = match (is_active(family), kind) {
        (true, 1) => 1,
        (true, 2) => 2,
        (false, 1) => 3,
        (false, 2) => 4,
        (false, 3) => 5,
        (false, 4) => 8,
        (false, 5) => 6,
        (false, 6) => 7,
        _ => return None,
    };
    let f = if months == 0 { 255 } else { months };
    let total = Obis { f, ..Obis::electricity(c, d, 0) };
    Some(if tariff == BLOCK { Names::Tariffs(total) } else { Names::One(total.with_tariff(tariff)) })
}

fn present(family: u8, kind: u8, place: u8) -> Option<Parts> {
    let number = |bytes, places| Format::Number { bytes, places, signed: false };
    let (list, first, format, unit): (&'static [Obis], u8, Format, Option<Unit>) = match (family, kind) {
        (0xB6, 1) => (&VOLTAGES, 1, number(2, 0), Some(Unit::Volt)),
        (0xB6, 2) => (&CURRENTS, 1, number(2, 2), Some(Unit::Ampere)),
        (0xB6, 3) => (&ACTIVE_POWERS, 0, POWER, Some(Unit::KiloWatt)),
        (0xB6, 4) => (&REACTIVE_POWERS, 0, number(2, 2), Some(Unit::KiloVar)),
        (0xB6, 5) => (&POWER_FACTORS, 0, number(2, 3), None),
        (0xB2, 1) => {
            let obis = match place {
                2 => abstract_object(0, 96, 2, 0),
                3 => Obis::electricity(0, 1, 0),
                _ => return None,
            };
            return Some((Names::One(obis), number(2, 0), None));
        }
        _ => return None,
    };
    Some((of_list(list, place, first, BLOCK)?, format, unit))
}

fn parameters(code: u16) -> Option<Parts> {
    let impulses = |unit: &str| Some(Unit::Other(unit.into()));
    let (obis, format, unit) = match code {
        0xC010 => (DATE, Format::Date, None),
        0xC011 => (TIME, Format::Time, None),
        0xC020 => (abstract_object(0, 96, 5, 1), Format::Flags(1), None),
        0xC021 => (abstract_object(0, 96, 5, 2), Format::Flags(1), None),
        0xC030 => (Obis::electricity(0, 3, 0), COUNT, impulses("imp/kWh")),
        0xC031 => (Obis::electricity(0, 3, 1), COUNT, impulses("imp/kvarh")),
        0xC032 => (NUMBER, Format::Digits(6), None),
        0xC033 => (abstract_object(0, 96, 1, 6), Format::Digits(6), None),
        0xC034 => (abstract_object(0, 96, 1, 2), Format::Digits(6), None),
        _ => return None,
    };
    Some((Names::One(obis), format, unit))
}
