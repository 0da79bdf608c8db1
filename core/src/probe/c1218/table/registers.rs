//! Tables 21 to 28: how many registers a meter has, which sources they show, and what they hold.
//!
//! A table whose length is not what table 21 demands is not read: its fields would stand in other places.

use std::collections::BTreeSet;

use super::{
    super::limits::REGISTERS_MAX,
    cursor::{Cursor, Format},
    units::{Column, Role, Sources},
};
use crate::{
    decimal::Decimal,
    obis::Obis,
    probe::readout::{Datum, Value},
    time::Civil,
};

/// Bytes of table 21.
pub(crate) const LIMITS_LENGTH: usize = 10;

/// How often the demand has been reset.
const DEMAND_RESETS: Obis = Obis::electricity(0, 1, 0);
/// The period before the last reset of the demand.
const LAST_PERIOD: u8 = 1;
/// From here on B names the occurrences of a demand after the first: the second, the third.
const OCCURRENCES: u8 = 128;

/// What table 21 says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Limits {
    has_season: bool,
    has_times: bool,
    has_resets: bool,
    has_cumulative: bool,
    has_continuous: bool,
    has_time_left: bool,
    sums: usize,
    demands: usize,
    coincidents: usize,
    occurrences: usize,
    tiers: u8,
    present_demands: usize,
    present_values: usize,
}

impl Limits {
    pub(crate) fn of_table(table: &[u8]) -> Option<Self> {
        let &[flags, _, _, sums, demands, coincidents, occurrences, tiers, present_demands, present_values] =
            table.first_chunk::<LIMITS_LENGTH>()?;
        let has = |bit: u8| flags >> bit & 1 == 1;
        Some(Self {
            has_season: has(0),
            has_times: has(1),
            has_resets: has(2),
            has_cumulative: has(4),
            has_continuous: has(5),
            has_time_left: has(6),
            sums: sums.into(),
            demands: demands.into(),
            coincidents: coincidents.into(),
            occurrences: occurrences.into(),
            tiers,
            present_demands: present_demands.into(),
            present_values: present_values.into(),
        })
    }

    /// Bytes of table 22.
    pub(crate) const fn selection_length(&self) -> usize {
        self.sums + self.demands + self.demands.div_ceil(8) + 2 * self.coincidents
    }

    /// A table 22 by which every column has a source of its own.
    pub(crate) fn places(&self) -> Vec<u8> {
        let mut next = (0..u8::MAX).cycle();
        let mut some = |count: usize| next.by_ref().take(count).collect::<Vec<u8>>();
        let (sums, demands, coincidents) = (some(self.sums), some(self.demands), some(self.coincidents));
        let maxima = vec![u8::MAX; self.demands.div_ceil(8)];
        [sums, demands, maxima, coincidents, vec![0; self.coincidents]].concat()
    }

    /// Bytes of table 23.
    pub(crate) fn current_length(&self, format: Format) -> usize {
        let (first, second) = (format.first.size(), format.second.size());
        let time = if self.has_times { format.time.minute_size() } else { 0 };
        let sums = usize::from(self.has_cumulative) + usize::from(self.has_continuous);
        let demand = self.occurrences * (time + second) + sums * first;
        let coincidents = self.coincidents * self.occurrences * second;
        let block = self.sums * first + self.demands * demand + coincidents;
        usize::from(self.has_resets) + block * (1 + usize::from(self.tiers))
    }

    /// Bytes of table 25.
    pub(crate) fn previous_length(&self, format: Format) -> usize {
        self.previous_head(format) + self.current_length(format)
    }

    fn previous_head(&self, format: Format) -> usize {
        let time = if self.has_times { format.time.minute_size() } else { 0 };
        time + usize::from(self.has_season)
    }

    /// Bytes of table 27.
    pub(crate) const fn present_selection_length(&self) -> usize {
        self.present_demands + self.present_values
    }

    /// Bytes of table 28.
    pub(crate) fn present_length(&self, format: Format) -> usize {
        let time = if self.has_time_left { format.time.of_day_size() } else { 0 };
        self.present_demands * (time + format.second.size()) + self.present_values * format.first.size()
    }
}

/// Registers as they are found, each name once.
#[derive(Debug, Default)]
pub(crate) struct Registers {
    data: Vec<Datum>,
    names: BTreeSet<Obis>,
}

impl Registers {
    /// In order.
    pub(crate) fn into_data(self) -> Vec<Datum> {
        self.data
    }

    /// A register that stands ready. One that is already there is kept.
    pub(crate) fn add(&mut self, datum: Datum) {
        if self.data.len() < REGISTERS_MAX && self.names.insert(datum.obis) {
            self.data.push(datum);
        }
    }

    /// The registers of table 23.
    pub(crate) fn add_current(&mut self, table: &[u8], layout: &Layout<'_>) -> Option<()> {
        if table.len() != layout.limits.current_length(layout.format) {
            return None;
        }
        self.add_period(&mut Cursor::new(table, layout.format), layout, 255)
    }

    /// The registers of table 25.
    pub(crate) fn add_previous(&mut self, table: &[u8], layout: &Layout<'_>) -> Option<()> {
        if table.len() != layout.limits.previous_length(layout.format) {
            return None;
        }
        let mut cursor = Cursor::new(table, layout.format);
        cursor.bytes(layout.limits.previous_head(layout.format))?;
        self.add_period(&mut cursor, layout, LAST_PERIOD)
    }

    /// What flows now, from table 28 with the sources of table 27.
    pub(crate) fn add_present(&mut self, table: &[u8], selection: &[u8], layout: &Layout<'_>) -> Option<()> {
        let limits = layout.limits;
        if table.len() != limits.present_length(layout.format) {
            return None;
        }
        let mut cursor = Cursor::new(table, layout.format);
        for (number, &source) in selection.iter().take(limits.present_selection_length()).enumerate() {
            let value = if number < limits.present_demands {
                if limits.has_time_left {
                    cursor.bytes(layout.format.time.of_day_size())?;
                }
                cursor.second()?
            } else {
                cursor.first()?
            };
            let column = layout.sources.column(source, Role::Present);
            self.put(column.as_ref(), value, None, Place::PRESENT);
        }
        Some(())
    }

    fn add_period(&mut self, cursor: &mut Cursor<'_>, layout: &Layout<'_>, period: u8) -> Option<()> {
        if layout.limits.has_resets {
            let value = Value::Number(Decimal::new(cursor.byte()?.into(), 0).ok()?);
            self.add(Datum { obis: Obis { f: period, ..DEMAND_RESETS }, value, unit: None, at: None });
        }
        let columns = Columns::of(layout)?;
        for tier in 0..=layout.limits.tiers {
            self.add_block(cursor, layout, &columns, Place { tier, period, occurrence: 0 })?;
        }
        Some(())
    }

    fn add_block(
        &mut self,
        cursor: &mut Cursor<'_>,
        layout: &Layout<'_>,
        columns: &Columns,
        place: Place,
    ) -> Option<()> {
        let limits = layout.limits;
        for column in &columns.sums {
            let value = cursor.first()?;
            self.put(column.as_ref(), value, None, place);
        }
        for demand in &columns.demands {
            let mut times = Vec::new();
            for _ in 0..if limits.has_times { limits.occurrences } else { 0 } {
                times.push(cursor.minute()?);
            }
            if limits.has_cumulative {
                let value = cursor.first()?;
                self.put(demand.cumulative.as_ref(), value, None, place);
            }
            if limits.has_continuous {
                let value = cursor.first()?;
                self.put(demand.continuous.as_ref(), value, None, place);
            }
            for occurrence in 0..limits.occurrences {
                let value = cursor.second()?;
                let at = times.get(occurrence).copied().flatten();
                self.put(demand.extreme.as_ref(), value, at, Place { occurrence, ..place });
            }
        }
        for column in &columns.coincidents {
            for occurrence in 0..limits.occurrences {
                let value = cursor.second()?;
                self.put(column.as_ref(), value, None, Place { occurrence, ..place });
            }
        }
        Some(())
    }

    /// Where two columns would have one name, the later gets the manufacturer's.
    fn put(&mut self, column: Option<&Column>, value: Option<Decimal>, at: Option<Civil>, place: Place) {
        let Some(column) = column else { return };
        let Some(value) = value.and_then(|value| column.apply(value)) else { return };
        let b = if place.occurrence == 0 { 0 } else { place.occurrence_code() };
        let mut obis = Obis { b, e: place.tier, f: place.period, ..column.obis };
        if self.names.contains(&obis) {
            obis.c = column.own_quantity();
        }
        self.add(Datum { obis, value: Value::Number(value), unit: column.unit.clone(), at });
    }
}

/// Whereabouts in a table a value stands.
#[derive(Clone, Copy, Debug)]
struct Place {
    tier: u8,
    period: u8,
    occurrence: usize,
}

impl Place {
    const PRESENT: Self = Self { tier: 0, period: 255, occurrence: 0 };

    fn occurrence_code(self) -> u8 {
        u8::try_from(self.occurrence).map_or(u8::MAX, |occurrence| OCCURRENCES.saturating_add(occurrence))
    }
}

/// All that is needed to read tables 23 to 28.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout<'a> {
    /// From table 0.
    pub(crate) format: Format,
    /// From table 21.
    pub(crate) limits: &'a Limits,
    /// From tables 11 to 16.
    pub(crate) sources: &'a Sources,
    /// Table 22; empty where there is none, and then the columns have no names.
    pub(crate) selection: &'a [u8],
}

/// What the columns of a block are.
struct Columns {
    sums: Vec<Option<Column>>,
    demands: Vec<Demand>,
    coincidents: Vec<Option<Column>>,
}

/// What the columns of one demand are.
struct Demand {
    cumulative: Option<Column>,
    continuous: Option<Column>,
    extreme: Option<Column>,
}

impl Columns {
    /// By what table 22 selects; nothing where it has another length than table 21 demands.
    fn of(layout: &Layout<'_>) -> Option<Self> {
        let limits = layout.limits;
        let (sums, rest) = layout.selection.split_at_checked(limits.sums)?;
        let (demands, rest) = rest.split_at_checked(limits.demands)?;
        let (maxima, rest) = rest.split_at_checked(limits.demands.div_ceil(8))?;
        let (coincidents, associated) = rest.split_at_checked(limits.coincidents)?;
        let column = |source: u8, role: Role| layout.sources.column(source, role);
        let demand = |(number, &source): (usize, &u8)| {
            let is_maximum = maxima.get(number / 8).is_some_and(|set| set >> (number % 8) & 1 == 1);
            Demand {
                cumulative: column(source, Role::Cumulative),
                continuous: column(source, Role::ContinuousCumulative),
                extreme: column(source, if is_maximum { Role::Maximum } else { Role::Minimum }),
            }
        };
        let coincident = |(&source, &demand): (&u8, &u8)| column(source, Role::Coincident(demand));
        (associated.len() == limits.coincidents).then(|| Self {
            sums: sums.iter().map(|&source| column(source, Role::Sum)).collect(),
            demands: demands.iter().enumerate().map(demand).collect(),
            coincidents: coincidents.iter().zip(associated).map(coincident).collect(),
        })
    }
}
