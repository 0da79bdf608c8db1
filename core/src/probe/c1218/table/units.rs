//! Tables 11, 12, 15 and 16: what the sources of a meter measure, as OBIS codes, and how their numbers become
//! quantities.
//!
//! A number of a source is multiplied by, and offset by, what table 15 has for it where table 16 says that
//! this is still to be done, and then shifted by the power of ten of table 12. The ratios of current and
//! voltage transformers in table 15 are not applied: what a register shows is what is read, and the round
//! knows what stands in front of the meter. The scale factors that some makers keep in tables of their own
//! are not known here, so numbers that a meter declares to be pulses, with nothing to apply, are left as
//! pulses.
//!
//! A source that has no OBIS code gets one of the manufacturer's: C is 128 and the number of the source,
//! modulo 64.

use super::{
    super::number::{plain, product},
    cursor::{Cursor, Format},
};
use crate::{decimal::Decimal, obis::Obis, quantity::Unit};

/// Flags of a source in table 16.
const HAS_UNIT: u8 = 0x01;
const HAS_CONSTANTS: u8 = 0x08;
const IN_ENGINEERING_UNITS: u8 = 0x10;
const TO_BE_APPLIED: u8 = 0x20;

/// `CONSTANTS_SELECTOR` of electricity.
const ELECTRICITY: u8 = 2;
/// Where the manufacturer's codes begin.
const OWN: u8 = 128;
/// No source is selected.
const NOTHING: u8 = 0xFF;

/// What a column of a table is to its source.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    /// A running total.
    Sum,
    /// The highest demand.
    Maximum,
    /// The lowest demand.
    Minimum,
    /// All maximum demands together.
    Cumulative,
    /// The same, with the running one.
    ContinuousCumulative,
    /// The value at the time of a demand, by the number of the demand.
    Coincident(u8),
    /// The demand of the running period, or whatever flows now.
    Present,
    /// What a load profile keeps for each period.
    Interval,
}

/// What a column is called, and how its numbers become quantities.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Column {
    /// Its name, for the sum of all tariffs and the present period.
    pub(crate) obis: Obis,
    /// Its unit.
    pub(crate) unit: Option<Unit>,
    source: u8,
    factor: Decimal,
    offset: Option<Decimal>,
    shift: i8,
}

impl Column {
    /// The quantity; nothing where it has more digits than a decimal.
    pub(crate) fn apply(&self, number: Decimal) -> Option<Decimal> {
        let value = product(number, self.factor)?;
        let value = self.offset.map_or(Some(value), |offset| value.plus(offset).ok())?;
        match self.shift {
            0 => Some(value),
            shift => product(value, Decimal::of_power(1, shift).ok()?),
        }
    }

    /// Its numbers are still to be multiplied by this. Where that cannot be done exactly, they are pulses.
    pub(crate) fn times(self, multiplier: Option<Decimal>) -> Self {
        match multiplier.and_then(|multiplier| product(self.factor, multiplier)) {
            Some(factor) => Self { factor, ..self },
            None => Self::own(self.source, self.obis.d, "pulse"),
        }
    }

    /// C of the manufacturer's code for its source.
    pub(crate) const fn own_quantity(&self) -> u8 {
        OWN + self.source % 64
    }

    /// A column that has no name of the standard.
    pub(crate) fn own(source: u8, d: u8, unit: &str) -> Self {
        Self {
            obis: Obis::electricity(OWN + source % 64, d, 0),
            unit: Some(Unit::Other(unit.into())),
            source,
            factor: ONE,
            offset: None,
            shift: 0,
        }
    }
}

const ONE: Decimal = match Decimal::new(1, 0) {
    Ok(one) => one,
    Err(_) => Decimal::ZERO,
};

/// Everything that tables 11, 12, 15 and 16 say.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Sources {
    /// Flags, from table 16; empty where there is no such table.
    flags: Vec<u8>,
    /// Units, from table 12.
    units: Vec<u32>,
    /// Multipliers and offsets, from table 15; none where they are no numbers.
    constants: Vec<Option<(Decimal, Decimal)>>,
}

impl Sources {
    /// Understands what there is of the tables.
    pub(crate) fn of_tables(
        format: Format,
        limits: Option<&[u8]>,
        units: Option<&[u8]>,
        constants: Option<&[u8]>,
        flags: Option<&[u8]>,
    ) -> Self {
        let mut cursor = Cursor::new(units.unwrap_or_default(), format);
        let units = std::iter::from_fn(|| u32::try_from(cursor.unsigned(4)?).ok()).collect();
        let constants = limits.zip(constants).and_then(|(limits, table)| of_constants(format, limits, table));
        let flags = flags.unwrap_or_default().to_vec();
        Self { flags, units, constants: constants.unwrap_or_default() }
    }

    /// Some source has constants that are still to be applied.
    pub(crate) fn want_constants(flags: &[u8]) -> bool {
        flags.iter().any(|flags| flags & HAS_CONSTANTS != 0 && flags & TO_BE_APPLIED != 0)
    }

    /// What a column of a source is; nothing where no source is selected.
    pub(crate) fn column(&self, source: u8, role: Role) -> Option<Column> {
        if source == NOTHING {
            return None;
        }
        let entry = self.entry(source, HAS_UNIT).and_then(|entry| self.units.get(entry));
        let measure = entry.map(|&bits| Measure(bits));
        let d = measure.map_or(role.processing(), |measure| measure.processing(role));
        let Some(measure) = measure else {
            return Some(Column::own(source, d, &format!("source {source}")));
        };
        let flags = self.flags.get(usize::from(source)).copied();
        let apply = flags.is_some_and(|flags| flags & HAS_CONSTANTS != 0 && flags & TO_BE_APPLIED != 0);
        let (factor, offset) = if apply {
            let entry = self.entry(source, HAS_CONSTANTS).and_then(|entry| self.constants.get(entry));
            let Some(&(factor, offset)) = entry.and_then(Option::as_ref) else {
                return Some(Column::own(source, d, "pulse"));
            };
            (factor, Some(offset).filter(|offset| *offset != Decimal::ZERO))
        } else if flags.is_some_and(|flags| flags & IN_ENGINEERING_UNITS == 0) {
            return Some(Column::own(source, d, "pulse"));
        } else {
            (ONE, None)
        };
        let (unit, shift) = measure.unit(d);
        let obis = match measure.quantity(d) {
            Some(c) => Obis::electricity(c, d, 0),
            None => Obis::electricity(OWN + source % 64, d, 0),
        };
        Some(Column { obis, unit, source, factor, offset, shift })
    }

    /// The entry of a source in a table that has one for each source with this flag. Without table 16 every
    /// source has one.
    fn entry(&self, source: u8, flag: u8) -> Option<usize> {
        let source = usize::from(source);
        if self.flags.is_empty() {
            return (flag == HAS_UNIT).then_some(source);
        }
        let (before, rest) = self.flags.split_at_checked(source)?;
        let own = rest.first().is_some_and(|flags| flags & flag != 0);
        own.then(|| before.iter().filter(|flags| *flags & flag != 0).count())
    }
}

impl Role {
    /// D, as far as it does not depend on what is measured.
    const fn processing(self) -> u8 {
        match self {
            Self::Sum => 8,
            Self::Maximum => 6,
            Self::Minimum => 3,
            Self::Cumulative => 2,
            Self::ContinuousCumulative => OWN + 2,
            // 200 and the number of the demand.
            Self::Coincident(demand) => 200 + demand % 32,
            Self::Present => 7,
            Self::Interval => 29,
        }
    }
}

/// One entry of table 12.
#[derive(Clone, Copy, Debug)]
struct Measure(u32);

impl Measure {
    /// `ID_CODE`: what is measured.
    const fn id(self) -> u32 {
        self.0 & 0xFF
    }

    /// `TIME_BASE`: a dial, an instant, an average.
    const fn time_base(self) -> u32 {
        self.0 >> 8 & 7
    }

    /// A bit a quadrant, the first the lowest.
    const fn quadrants(self) -> u32 {
        self.0 >> 14 & 0xF
    }

    /// What goes one way is taken off what goes the other way.
    const fn is_net(self) -> bool {
        self.0 >> 18 & 1 == 1
    }

    /// `SEGMENTATION`: which phase.
    const fn phase(self) -> u32 {
        self.0 >> 19 & 7
    }

    /// A harmonic, or something that does not follow the book.
    const fn is_peculiar(self) -> bool {
        self.0 >> 22 & 1 == 1 || self.0 >> 31 == 1
    }

    const fn is_instant(self) -> bool {
        matches!(self.time_base(), 1 | 2 | 7)
    }

    const fn is_dial(self) -> bool {
        matches!(self.time_base(), 0 | 5)
    }

    /// D.
    const fn processing(self, role: Role) -> u8 {
        match (role, self.is_dial(), self.is_instant()) {
            (Role::Present, true, _) => 8,
            (Role::Present, _, false) => 4,
            (Role::Interval, _, true) => 7,
            (Role::Interval, false, _) => 5,
            (role, ..) => role.processing(),
        }
    }

    /// C; nothing where there is no such code.
    fn quantity(self, d: u8) -> Option<u8> {
        if self.is_peculiar() {
            return None;
        }
        let all = match (self.id(), self.quadrants(), self.is_net()) {
            (0, 0b1001, false) => 1,
            (0, 0b0110, false) => 2,
            // What flows at one instant flows one way.
            (0, 0b1111, false) if d != 7 => 15,
            (0, 0b1111, _) => 16,
            (0, 0b0001, false) => 17,
            (0, 0b0010, false) => 18,
            (0, 0b0100, false) => 19,
            (0, 0b1000, false) => 20,
            (1, 0b0011, false) => 3,
            (1, 0b1100, false) => 4,
            (1, 0b0001, false) => 5,
            (1, 0b0010, false) => 6,
            (1, 0b0100, false) => 7,
            (1, 0b1000, false) => 8,
            (2 | 3, 0b1001 | 0b1111 | 0, false) => 9,
            (2 | 3, 0b0110, false) => 10,
            (8 | 9, ..) if d != 8 => 12,
            (12 | 13, ..) if d != 8 => 11,
            (24 | 25, ..) => 13,
            (33, ..) => 14,
            _ => return None,
        };
        Some(match (self.phase(), all) {
            (0, _) => all,
            (5, _) => all + 20,
            (6, _) => all + 40,
            (7, _) => all + 60,
            (4, 11 | 12) => all + 80,
            _ => return None,
        })
    }

    /// The unit, and the power of ten that is left to be applied.
    fn unit(self, d: u8) -> (Option<Unit>, i8) {
        let power = match self.0 >> 11 & 7 {
            0 => 0,
            1 => 2,
            2 => 3,
            3 => 6,
            4 => 9,
            5 => -2,
            6 => -3,
            _ => -6,
        };
        let energy = matches!(d, 8 | 29);
        let (plain, kilo) = match (self.id(), energy) {
            (0, true) if power >= 6 => return (Some(Unit::MegaWattHour), power - 6),
            (0, true) => (Unit::WattHour, Some(Unit::KiloWattHour)),
            (0, false) => (Unit::Watt, Some(Unit::KiloWatt)),
            (1, true) => (Unit::VarHour, Some(Unit::KiloVarHour)),
            (1, false) => (Unit::Var, Some(Unit::KiloVar)),
            (2 | 3, true) => (Unit::VoltAmpereHour, Some(Unit::KiloVoltAmpereHour)),
            (2 | 3, false) => (Unit::VoltAmpere, Some(Unit::KiloVoltAmpere)),
            (8 | 9, false) => (Unit::Volt, None),
            (12 | 13, false) => (Unit::Ampere, None),
            (24 | 25, _) => return (None, power),
            (33, _) => (Unit::Hertz, None),
            (id, true) => (Unit::Other(format!("unit {id} h").into()), None),
            (id, false) => (Unit::Other(format!("unit {id}").into()), None),
        };
        match kilo {
            Some(kilo) if power >= 3 => (Some(kilo), power - 3),
            _ => (Some(plain), power),
        }
    }
}

/// Multipliers and offsets of table 15, by the limits in table 11; nothing where the table has another
/// length.
fn of_constants(format: Format, limits: &[u8], table: &[u8]) -> Option<Vec<Option<(Decimal, Decimal)>>> {
    let &[flags, _, _, _, _, count, selector, ..] = limits else { return None };
    // For each set of transformer ratios that is there: whether they are applied, and two numbers.
    let sets = usize::from(flags >> 5 & 1) + usize::from(flags >> 6 & 1);
    let number = format.first.size();
    let ratios = sets * (1 + 2 * number);
    let of_length = |numbers: usize| table.len() == usize::from(count) * (numbers * number + ratios);
    // Some meters leave the offset out, and both editions have a flag of their own for that.
    let has_offset = of_length(2);
    if selector != ELECTRICITY || !(has_offset || of_length(1)) {
        return None;
    }
    let mut cursor = Cursor::new(table, format);
    let mut constants = Vec::new();
    for _ in 0..count {
        let multiplier = cursor.first()?;
        let offset = if has_offset { cursor.first()? } else { Some(Decimal::ZERO) };
        cursor.bytes(ratios)?;
        constants.push(multiplier.map(plain).zip(offset.map(plain)));
    }
    Some(constants)
}
