//! The names of DL/T 645-2007, annex A, and what we call what stands behind them.
//!
//! | DI3 DI2 DI1 DI0 | what | OBIS |
//! |---|---|---|
//! | 00 00 rr nn | combined active energy, with sign | 1-0:15.8.r*n |
//! | 00 01, 00 02 | forward, reverse active | 1-0:1.8, 2.8 |
//! | 00 03, 00 04 | combined reactive 1, 2, with sign | 1-0:3.8, 4.8 |
//! | 00 05 to 00 08 | reactive of quadrants 1 to 4 | 1-0:5.8 to 8.8 |
//! | 00 09, 00 0A | forward, reverse apparent | 1-0:9.8, 10.8 |
//! | 00 15 to 1E, 29 to 32, 3D to 46 | the same of phases A, B, C | 1-0:21.8 to 30.8, 41.8 to 50.8, 61.8 to 70.8 |
//! | 01 as 00 | maximum demand, and when | 1-0:1.6.r*n and so on |
//! | 00 90 01 00, 00 90 01 01 | energy left, energy overdrawn | 0-0:19.10.1, 19.10.3 |
//! | 00 90 02 00, 00 90 02 01 | money left, money overdrawn | 0-0:19.10.0, 19.10.2 |
//! | 02 01 0p 00, 02 02 | voltage, current | 1-0:32.7, 52.7, 72.7; 31.7, 51.7, 71.7 |
//! | 02 03, 04, 05 0p 00 | active, reactive, apparent power, with sign | 1-0:16.7, 3.7, 9.7; phases 36.7, 23.7, 29.7 and on |
//! | 02 06, 02 07 | power factor, phase angle | 1-0:13.7, 33.7 and on; 81.7.4, 81.7.15, 81.7.26 |
//! | 02 80 00 01, 02 | current in the neutral, frequency | 1-0:91.7, 14.7 |
//! | 02 80 00 04, 05, 06 | demand at present | 1-0:1.4, 3.4, 9.4 |
//! | 02 80 00 07 to 0A | temperature; battery of the clock, of reading without power; minutes on battery | 0-0:96.9.0; 96.6.3, 0-1:96.6.3; 96.6.0 |
//! | 03 11 00 00 | power failures | 0-0:96.7.21 |
//! | 03 30 00 00, 02, 0D, 0E 00 | programmings, demand resets, openings of the cover, of the terminal cover | 0-0:96.2.0, 1-0:0.1.0, 0-0:96.20.0, 96.20.5 |
//! | 03 35 00 00 | magnets (an addition of the grid company) | 0-0:96.20.15 |
//! | 04 00 01 01, 02, 0C | date, time, both | 1-0:0.9.2, 0.9.1 |
//! | 04 00 04 01, 02, 03 | address, meter number, number of the owner | 0-0:96.1.1, 96.1.0, 96.1.2 |
//! | 04 00 04 04, 05, 06 | rated voltage, current, largest current | 1-0:0.6.0, 0.6.1, 0.6.3 |
//! | 04 00 04 09, 0A | impulses for a kWh, a kvarh | 1-0:0.3.0, 0.3.1 |
//! | 04 00 04 0B, 0C, 0D | type, date of making, version of the protocol | 0-0:96.1.3, 96.1.5, 96.1.4 |
//! | 04 00 05 0n | status word n | 0-0:96.5.n |
//!
//! DI1 is the tariff in the first two families, 1 sharp, 2 peak, 3 flat, 4 valley; DI0 is the settlement day
//! there, 1 the last one. FF in either place asks for all.

use super::layout::{
    ACTIVE_POWERS, APPARENT_POWERS, COUNT, CURRENTS, DATE, Format, Layout, NUMBER, Names, PERIODS_MAX, POWER,
    POWER_FACTORS, REACTIVE_POWERS, TARIFFS_MAX, TIME, VOLTAGES, abstract_object, energy, of_list,
};
use crate::{obis::Obis, quantity::Unit};

/// Asks for all of its kind.
pub(super) const BLOCK: u8 = 0xFF;

pub(super) fn layout(code: u32) -> Option<Layout> {
    let [family, kind, middle, last] = code.to_be_bytes();
    let (names, format, unit) = match family {
        0x00 if kind == 0x90 => prepaid(middle, last)?,
        0x00 => energies(kind, middle, last)?,
        0x01 => demands(kind, middle, last)?,
        0x02 => present(kind, middle, last)?,
        0x03 => counts(kind, middle, last)?,
        0x04 if kind == 0 => parameters(middle, last)?,
        _ => return None,
    };
    Some(Layout { names, format, unit })
}

type Parts = (Names, Format, Option<Unit>);

fn energies(kind: u8, tariff: u8, period: u8) -> Option<Parts> {
    let quantity = quantity(kind)?;
    let unit = match quantity % 20 {
        1 | 2 | 15 => Unit::KiloWattHour,
        9 | 10 => Unit::KiloVoltAmpereHour,
        _ => Unit::KiloVarHour,
    };
    Some((names(quantity, 8, tariff, period)?, energy(has_sign(quantity)), Some(unit)))
}

fn demands(kind: u8, tariff: u8, period: u8) -> Option<Parts> {
    let quantity = quantity(kind)?;
    let unit = match quantity % 20 {
        1 | 2 | 15 => Unit::KiloWatt,
        9 | 10 => Unit::KiloVoltAmpere,
        _ => Unit::KiloVar,
    };
    let signed = has_sign(quantity);
    Some((names(quantity, 6, tariff, period)?, Format::Demand { signed }, Some(unit)))
}

/// Group C of OBIS. Its makers counted as those of this book did, but for what is combined.
const fn quantity(kind: u8) -> Option<u8> {
    match kind {
        0x00 => Some(15),
        0x01..=0x0A | 0x15..=0x1E | 0x29..=0x32 | 0x3D..=0x46 => Some(kind),
        _ => None,
    }
}

/// What is combined of what flows in and out may be below zero.
const fn has_sign(quantity: u8) -> bool {
    matches!(quantity % 20, 3 | 4 | 15)
}

fn names(c: u8, d: u8, tariff: u8, period: u8) -> Option<Names> {
    let f = if period == 0 { 255 } else { period };
    let total = Obis { f, ..Obis::electricity(c, d, 0) };
    match (tariff, period) {
        (BLOCK, 0..=PERIODS_MAX) => Some(Names::Tariffs(total)),
        (0..=TARIFFS_MAX, BLOCK) => Some(Names::Periods(Obis::electricity(c, d, tariff))),
        (0..=TARIFFS_MAX, 0..=PERIODS_MAX) => Some(Names::One(total.with_tariff(tariff))),
        _ => None,
    }
}

fn prepaid(kind: u8, overdrawn: u8) -> Option<Parts> {
    let (e, unit) = match (kind, overdrawn) {
        (1, 0) => (1, Unit::KiloWattHour),
        (1, 1) => (3, Unit::KiloWattHour),
        (2, 0) => (0, Unit::Yuan),
        (2, 1) => (2, Unit::Yuan),
        _ => return None,
    };
    Some((Names::One(abstract_object(0, 19, 10, e)), energy(false), Some(unit)))
}

fn present(kind: u8, phase: u8, last: u8) -> Option<Parts> {
    let number = |bytes, places, signed| Format::Number { bytes, places, signed };
    let (list, first, format, unit): (&'static [Obis], u8, Format, Option<Unit>) = match kind {
        0x01 => (&VOLTAGES, 1, number(2, 1, false), Some(Unit::Volt)),
        0x02 => (&CURRENTS, 1, number(3, 3, true), Some(Unit::Ampere)),
        0x03 => (&ACTIVE_POWERS, 0, POWER, Some(Unit::KiloWatt)),
        0x04 => (&REACTIVE_POWERS, 0, POWER, Some(Unit::KiloVar)),
        0x05 => (&APPARENT_POWERS, 0, POWER, Some(Unit::KiloVoltAmpere)),
        0x06 => (&POWER_FACTORS, 0, number(2, 3, true), None),
        0x07 => (&ANGLES, 1, number(2, 1, false), Some(Unit::Degree)),
        0x80 if phase == 0 => return lone(last),
        _ => return None,
    };
    (last == 0).then_some(())?;
    Some((of_list(list, phase, first, BLOCK)?, format, unit))
}

/// Of the current against the voltage of its phase.
static ANGLES: [Obis; 3] =
    [Obis::electricity(81, 7, 4), Obis::electricity(81, 7, 15), Obis::electricity(81, 7, 26)];

fn lone(last: u8) -> Option<Parts> {
    let number = |bytes, places, signed| Format::Number { bytes, places, signed };
    let (obis, format, unit) = match last {
        0x01 => (Obis::electricity(91, 7, 0), number(3, 3, true), Unit::Ampere),
        0x02 => (Obis::electricity(14, 7, 0), number(2, 2, false), Unit::Hertz),
        0x04 => (Obis::electricity(1, 4, 0), POWER, Unit::KiloWatt),
        0x05 => (Obis::electricity(3, 4, 0), POWER, Unit::KiloVar),
        0x06 => (Obis::electricity(9, 4, 0), POWER, Unit::KiloVoltAmpere),
        0x07 => (abstract_object(0, 96, 9, 0), number(2, 1, true), Unit::Celsius),
        0x08 => (abstract_object(0, 96, 6, 3), number(2, 2, false), Unit::Volt),
        0x09 => (abstract_object(1, 96, 6, 3), number(2, 2, false), Unit::Volt),
        0x0A => (abstract_object(0, 96, 6, 0), number(4, 0, false), Unit::Minute),
        _ => return None,
    };
    Some((Names::One(obis), format, Some(unit)))
}

const fn counts(kind: u8, group: u8, record: u8) -> Option<Parts> {
    let obis = match (kind, group, record) {
        (0x11, 0x00, 0) => abstract_object(0, 96, 7, 21),
        (0x30, 0x00, 0) => abstract_object(0, 96, 2, 0),
        (0x30, 0x02, 0) => Obis::electricity(0, 1, 0),
        (0x30, 0x0D, 0) => abstract_object(0, 96, 20, 0),
        (0x30, 0x0E, 0) => abstract_object(0, 96, 20, 5),
        (0x35, 0x00, 0) => abstract_object(0, 96, 20, 15),
        _ => return None,
    };
    Some((Names::One(obis), COUNT, None))
}

fn parameters(group: u8, last: u8) -> Option<Parts> {
    let text = |e, format| (abstract_object(0, 96, 1, e), format, None);
    let impulses = |unit: &str| Some(Unit::Other(unit.into()));
    let (obis, format, unit) = match (group, last) {
        (0x01, 0x01) => (DATE, Format::Date, None),
        (0x01, 0x02) => (TIME, Format::Time, None),
        (0x01, 0x0C) => (DATE, Format::DateTime, None),
        (0x04, 0x01) => text(1, Format::Digits(6)),
        (0x04, 0x02) => (NUMBER, Format::Digits(6), None),
        (0x04, 0x03) => text(2, Format::Letters(32)),
        (0x04, 0x04) => (Obis::electricity(0, 6, 0), Format::Letters(6), None),
        (0x04, 0x05) => (Obis::electricity(0, 6, 1), Format::Letters(6), None),
        (0x04, 0x06) => (Obis::electricity(0, 6, 3), Format::Letters(6), None),
        (0x04, 0x09) => (Obis::electricity(0, 3, 0), COUNT, impulses("imp/kWh")),
        (0x04, 0x0A) => (Obis::electricity(0, 3, 1), COUNT, impulses("imp/kvarh")),
        (0x04, 0x0B) => text(3, Format::Letters(10)),
        (0x04, 0x0C) => text(5, Format::Letters(10)),
        (0x04, 0x0D) => text(4, Format::Letters(16)),
        (0x05, word) => return Some((of_list(&STATUS_WORDS, word, 1, BLOCK)?, Format::Flags(2), None)),
        _ => return None,
    };
    Some((Names::One(obis), format, unit))
}

static STATUS_WORDS: [Obis; 7] = [
    abstract_object(0, 96, 5, 1),
    abstract_object(0, 96, 5, 2),
    abstract_object(0, 96, 5, 3),
    abstract_object(0, 96, 5, 4),
    abstract_object(0, 96, 5, 5),
    abstract_object(0, 96, 5, 6),
    abstract_object(0, 96, 5, 7),
];
