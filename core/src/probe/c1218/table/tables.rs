//! The tables of one meter as they come in, and what they make together: a readout.

use std::collections::BTreeMap;

use super::{
    super::limits::TABLES_BYTES_MAX,
    cursor::Cursor,
    general::{self, General},
    identity,
    registers::{LIMITS_LENGTH, Layout, Limits, Registers},
    units::Sources,
};
use crate::{
    probe::{
        part::MeterEvent,
        readout::{Datum, Integrity, Protocol, Readout, Value},
        way::{Family, Way},
    },
    time::Civil,
};

/// What a meter without a name is called.
const NO_NAME: &str = "C12.18";

/// Tables by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    raw: BTreeMap<u16, Vec<u8>>,
    general: Option<General>,
}

impl Tables {
    /// Keeps a table. Says whether it is of use: table 0 must be understood before any other, and all
    /// together must not be too much.
    pub(crate) fn insert(&mut self, table: u16, bytes: Vec<u8>) -> bool {
        if table == 0 {
            self.general = General::of_table(&bytes);
        }
        let kept: usize = self.raw.values().map(Vec::len).sum();
        let of_use = self.general.is_some() && kept + bytes.len() <= TABLES_BYTES_MAX;
        if of_use {
            self.raw.insert(table, bytes);
        }
        of_use
    }

    /// A table that has come.
    pub(crate) fn get(&self, table: u16) -> Option<&[u8]> {
        self.raw.get(&table).map(Vec::as_slice)
    }

    /// What table 0 says.
    pub(crate) const fn general(&self) -> Option<&General> {
        self.general.as_ref()
    }

    /// The meter has this table, as far as table 0 says.
    pub(crate) fn uses(&self, table: u16) -> bool {
        table == 0 || self.general.as_ref().is_some_and(|general| general.uses(table))
    }

    /// How long a table is, where that can be known before it has come.
    pub(crate) fn length(&self, table: u16) -> Option<usize> {
        let general = self.general.as_ref()?;
        let sources = |at: usize| self.get(11)?.get(at).map(|&count| usize::from(count));
        let limits = || self.limits();
        Some(match table {
            0 => general::length(self.get(0)?)?,
            1 => identity::maker_length(general),
            3 => identity::status_length(general),
            5 => identity::device_length(general),
            11 => 8,
            12 => 4 * sources(1)?,
            16 => sources(7)?,
            21 => LIMITS_LENGTH,
            22 => limits()?.selection_length(),
            23 => limits()?.current_length(general.format),
            25 => limits()?.previous_length(general.format),
            27 => limits()?.present_selection_length(),
            28 => limits()?.present_length(general.format),
            52 => general.format.time.second_size() + 1,
            55 => general.format.time.second_size() + 3,
            _ => return None,
        })
    }

    /// Some source has constants that are still to be applied.
    pub(crate) fn want_constants(&self) -> bool {
        self.get(16).is_some_and(Sources::want_constants)
    }

    /// Maker and model.
    pub(crate) fn identity(&self) -> String {
        let maker = self.maker().map(|maker| maker.identity);
        maker.filter(|identity| !identity.is_empty()).unwrap_or_else(|| NO_NAME.into())
    }

    /// The numbers the meter goes by, the maker's first.
    pub(crate) fn serials(&self) -> [Option<String>; 2] {
        let owner = self.general.as_ref().zip(self.get(5)).and_then(|(general, table)| general.name(table));
        [self.maker().and_then(|maker| maker.serial), owner]
    }

    /// What is wrong with the meter, as events.
    pub(crate) fn events(&self) -> Vec<MeterEvent> {
        self.status().map(identity::events).unwrap_or_default()
    }

    /// The sources, as far as they have come.
    pub(crate) fn sources(&self) -> Option<Sources> {
        let format = self.general.as_ref()?.format;
        Some(Sources::of_tables(format, self.get(11), self.get(12), self.get(15), self.get(16)))
    }

    /// What a readout of these tables is; nothing where no register with a number is among them.
    pub(crate) fn readout(&self, baud: u32, echo: bool, retries: u32) -> Option<Readout> {
        let is_number = |datum: &Datum| matches!(datum.value, Value::Number(_));
        self.known(baud, echo, retries).filter(|readout| readout.registers.iter().any(is_number))
    }

    /// The same, registers or not; nothing before table 0 has come.
    pub(crate) fn known(&self, baud: u32, echo: bool, retries: u32) -> Option<Readout> {
        self.general.as_ref()?;
        let mut registers = Registers::default();
        let [maker, owner] = self.serials();
        let own = identity::registers(maker.as_deref(), owner.as_deref(), self.status());
        own.into_iter().for_each(|datum| registers.add(datum));
        self.add_measured(&mut registers);
        Some(Readout {
            protocol: Protocol::C1218,
            identity: self.identity(),
            serial: maker.or(owner),
            clock: self.clock(),
            registers: registers.into_data(),
            baud,
            integrity: Integrity::Checked,
            retries,
            way: Way { echo, ..Way::new(Family::C1218, baud) },
        })
    }

    fn add_measured(&self, registers: &mut Registers) {
        let (Some(general), Some(limits)) = (&self.general, self.limits()) else { return };
        let selection = self.get(22).filter(|table| table.len() == limits.selection_length());
        // Columns whose sources nobody knows are told apart by their places.
        let places = limits.places();
        let sources = selection.and_then(|_| self.sources()).unwrap_or_default();
        let selection = selection.unwrap_or(&places);
        let layout = Layout { format: general.format, limits: &limits, sources: &sources, selection };
        // A table that does not fit table 21 is passed over, and so is the rest of one that ends too early.
        let _ = self.get(23).and_then(|table| registers.add_current(table, &layout));
        let _ = self.get(25).and_then(|table| registers.add_previous(table, &layout));
        let present = self.get(28).zip(self.get(27));
        let _ = present.and_then(|(table, selection)| registers.add_present(table, selection, &layout));
    }

    fn limits(&self) -> Option<Limits> {
        Limits::of_table(self.get(21)?)
    }

    fn maker(&self) -> Option<identity::Maker> {
        identity::maker(self.get(1)?, self.general.as_ref()?)
    }

    fn status(&self) -> Option<u16> {
        identity::status(self.get(3)?, self.general.as_ref()?)
    }

    /// Tables 52 and 55 both begin with it.
    fn clock(&self) -> Option<Civil> {
        let format = self.general.as_ref()?.format;
        [52, 55].into_iter().find_map(|table| Cursor::new(self.get(table)?, format).second_of()?)
    }
}
