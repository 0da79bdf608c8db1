//! What stands behind a name: how many values, how each is written, and what each is called in OBIS.

use super::{
    identifier::{Edition, Identifier},
    layout_1997, layout_2007,
};
use crate::{obis::Obis, quantity::Unit};

/// What an answer under a name holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Layout {
    pub(super) names: Names,
    pub(super) format: Format,
    pub(super) unit: Option<Unit>,
}

impl Layout {
    pub(super) fn of(name: Identifier) -> Option<Self> {
        match name.edition() {
            Edition::Y1997 => layout_1997::layout(u16::try_from(name.code()).ok()?),
            Edition::Y2007 => layout_2007::layout(name.code()),
        }
    }
}

/// What the values of an answer are called, in their order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Names {
    /// There is one.
    One(Obis),
    /// The total, then one for each tariff.
    Tariffs(Obis),
    /// The present, then one for each settlement day, the last one first.
    Periods(Obis),
    /// These.
    List(&'static [Obis]),
}

impl Names {
    /// The name of the value in this place, from 0.
    pub(super) fn name(self, place: usize) -> Option<Obis> {
        let number = u8::try_from(place).ok()?;
        match self {
            Self::One(obis) => (place == 0).then_some(obis),
            Self::Tariffs(total) => (number <= TARIFFS_MAX).then(|| total.with_tariff(number)),
            Self::Periods(present) if number == 0 => Some(present),
            Self::Periods(present) => (number <= PERIODS_MAX).then_some(Obis { f: number, ..present }),
            Self::List(list) => list.get(place).copied(),
        }
    }
}

/// The book knows this many tariffs.
pub(super) const TARIFFS_MAX: u8 = 63;
/// The book knows this many settlement days.
pub(super) const PERIODS_MAX: u8 = 12;

/// How one value is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Format {
    /// A number of so many bytes and decimal places, perhaps with a sign in its highest bit.
    Number { bytes: usize, places: u8, signed: bool },
    /// A number `XX.XXXX` and when it came about, `YYMMDDhhmm`.
    Demand { signed: bool },
    /// When a demand that stands elsewhere came about, `MMDDhhmm`.
    DemandTime,
    /// So many bytes of digits that are a name.
    Digits(usize),
    /// So many letters.
    Letters(usize),
    /// So many bytes of flags.
    Flags(usize),
    /// `YYMMDDWW`.
    Date,
    /// `hhmmss`.
    Time,
    /// `YYMMDDWWhhmmss`.
    DateTime,
}

impl Format {
    /// Bytes on the line.
    pub(super) const fn size(self) -> usize {
        match self {
            Self::Number { bytes, .. } | Self::Digits(bytes) | Self::Letters(bytes) | Self::Flags(bytes) => {
                bytes
            }
            Self::Demand { .. } => 8,
            Self::DemandTime | Self::Date => 4,
            Self::Time => 3,
            Self::DateTime => 7,
        }
    }
}

/// Energy, `XXXXXX.XX`.
pub(super) const fn energy(signed: bool) -> Format {
    Format::Number { bytes: 4, places: 2, signed }
}

/// Power, `XX.XXXX`; the highest bit says which way it flows.
pub(super) const POWER: Format = Format::Number { bytes: 3, places: 4, signed: true };
/// How often something happened.
pub(super) const COUNT: Format = Format::Number { bytes: 3, places: 0, signed: false };
/// The meter's own number.
pub(super) const NUMBER: Obis = abstract_object(0, 96, 1, 0);
/// The meter's date, `YYMMDD`.
pub(super) const DATE: Obis = Obis::electricity(0, 9, 2);
/// The meter's time of day, `hhmmss`.
pub(super) const TIME: Obis = Obis::electricity(0, 9, 1);

/// A present object that belongs to no medium.
pub(super) const fn abstract_object(b: u8, c: u8, d: u8, e: u8) -> Obis {
    Obis { a: 0, b, c, d, e, f: 255 }
}

/// The three phases of what is called this in the first one.
pub(super) const fn phases(first: u8, d: u8) -> [Obis; 3] {
    [Obis::electricity(first, d, 0), Obis::electricity(first + 20, d, 0), Obis::electricity(first + 40, d, 0)]
}

/// The total and the three phases.
pub(super) const fn sum_and_phases(total: u8, first: u8, d: u8) -> [Obis; 4] {
    let [a, b, c] = phases(first, d);
    [Obis::electricity(total, d, 0), a, b, c]
}

pub(super) static VOLTAGES: [Obis; 3] = phases(32, 7);
pub(super) static CURRENTS: [Obis; 3] = phases(31, 7);
/// The total is called by the code for what flows either way, because it has a sign.
pub(super) static ACTIVE_POWERS: [Obis; 4] = sum_and_phases(16, 36, 7);
pub(super) static REACTIVE_POWERS: [Obis; 4] = sum_and_phases(3, 23, 7);
pub(super) static APPARENT_POWERS: [Obis; 4] = sum_and_phases(9, 29, 7);
pub(super) static POWER_FACTORS: [Obis; 4] = sum_and_phases(13, 33, 7);

/// The value in place `place` of a list whose block is asked for with `block`.
pub(super) fn of_list(list: &'static [Obis], place: u8, first: u8, block: u8) -> Option<Names> {
    if place == block {
        return Some(Names::List(list));
    }
    let place = usize::from(place.checked_sub(first)?);
    list.get(place).copied().map(Names::One)
}
