//! What has been found out about a meter so far.

use super::{
    apdu::Attribute,
    axdr::Value as Data,
    batch::Batch,
    limits::COUNTER_MAX,
    objects::{self, CLOCK, DEVICE_NAME, Gathered, Object, SERIAL, SUPPLIERS_NUMBER, Scale},
    profile::time_of,
};
use crate::{obis::Obis, probe::readout::Datum, time::Civil};

/// Who the meter is, and what it showed.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) device_name: Option<String>,
    pub(super) serial: Option<String>,
    /// The highest invocation counter that it told.
    pub(super) counter: Option<u32>,
    pub(super) clock: Option<Civil>,
    pub(super) registers: Vec<Datum>,
    /// There is a register that counts or measures.
    pub(super) measures: bool,
    /// Scales of the registers, which columns of a profile share.
    pub(super) scales: Vec<(Obis, Scale)>,
}

impl Found {
    /// Bytes in memory.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.registers.capacity() * size_of::<Datum>() + self.scales.capacity() * size_of::<(Obis, Scale)>()
    }

    /// The registers are read anew.
    pub(super) fn forget_registers(&mut self) {
        (self.clock, self.measures) = (None, false);
        self.registers.clear();
        self.scales.clear();
    }

    /// Who it is, and counters.
    pub(super) fn take_names(&mut self, names: Batch) {
        for (attribute, value) in names.into_results() {
            let Some(value) = value else { continue };
            if attribute == DEVICE_NAME.value() {
                self.device_name = value.octets().and_then(objects::device_name);
            } else if attribute == SERIAL.value() {
                self.serial = objects::text(&value);
            } else {
                self.take_counter(&value);
            }
        }
    }

    /// Which of the counters is for which key is up to the meter; the highest is good for all.
    fn take_counter(&mut self, counter: &Data) {
        let counter = counter.integer().and_then(|counter| u32::try_from(counter).ok());
        self.counter = self.counter.max(counter.filter(|&counter| counter < COUNTER_MAX));
    }

    /// Values of registers; the clock is none. What is left waits for its unit.
    pub(super) fn take_values(&mut self, values: Batch) -> Vec<Gathered> {
        let mut gathered: Vec<Gathered> = Vec::new();
        for (Attribute { class, obis, id }, value) in values.into_results() {
            let object = Object { class, obis };
            match (value, gathered.last_mut()) {
                (None | Some(Data::Null), _) => {}
                (Some(value), _) if object.class == CLOCK.class => {
                    self.clock = self.clock.or(time_of(&value));
                }
                (Some(value), Some(before)) if before.object == object && id != 2 => {
                    before.at = time_of(&value);
                }
                (Some(_), _) if id != 2 => {}
                (Some(value), _) => gathered.push(Gathered { object, value, at: None, scale: None }),
            }
        }
        gathered
    }

    /// The units of what was gathered, in its order.
    pub(super) fn take_units(&mut self, units: Batch, mut gathered: Vec<Gathered>, with_scales: bool) {
        let mut scales = units.into_results().map(|(_, scale)| scale);
        for one in gathered.iter_mut().filter(|one| one.object.scaler().is_some()) {
            one.scale = scales.next().flatten().as_ref().and_then(Scale::of);
        }
        self.registers = gathered.iter().filter_map(Gathered::datum).collect();
        self.measures = gathered.iter().any(|one| one.object.scaler().is_some() && one.datum().is_some());
        if self.serial.is_none() {
            let own = gathered.iter().find(|one| one.object.obis == SUPPLIERS_NUMBER.obis);
            self.serial = own.and_then(|one| objects::text(&one.value));
        }
        if with_scales {
            let scales = gathered.into_iter().filter_map(|one| Some((one.object.obis, one.scale?)));
            self.scales = scales.collect();
        }
    }
}
