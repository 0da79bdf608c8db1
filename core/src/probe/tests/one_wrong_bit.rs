//! One bit of all that comes is heard wrong, whatever is read: no value is ever another for that.

use proptest::prelude::*;

use super::{
    bench::Probe,
    meter::Habits,
    reading::{beside, read, single, span},
    terminal::{Terminal, number},
};
use crate::probe::iec62056::Config;

const VALUES: [(&str, &str); 3] = [("1.8.0", "12345.670"), ("1.8.1", "5.5"), ("2.8.0", "1.000")];

proptest! {
    #[test]
    fn a_list_says_the_same(at in 0..220_usize, bit in 0..8_u32, strips_parity: bool) {
        let right = super::bench::read(Habits::default(), Probe::default()).result.unwrap();
        let wrong = super::bench::read(Habits::default(), probe(at, bit, strips_parity));
        if let Ok(readout) = wrong.result {
            prop_assert_eq!(readout.registers, right.registers);
        }
    }

    #[test]
    fn single_registers_say_the_same(at in 0..130_usize, bit in 0..8_u32, strips_parity: bool) {
        let config = single(&VALUES.map(|(name, _)| name));
        let read = read(Terminal::default(), config, probe(at, bit, strips_parity));
        // Where a wrong letter makes it look like a meter without programming mode, its list is read.
        let list = super::bench::read(Habits::default(), Probe::default()).result.unwrap().registers;
        if let Ok(readout) = &read.drive.result {
            for datum in &readout.registers {
                let told = (datum.obis, datum.value.to_string());
                let single = VALUES.iter().any(|(name, value)| (name.parse(), *value) == (Ok(told.0), &told.1));
                prop_assert!(single || list.contains(datum), "{:?}", datum);
            }
        }
    }

    #[test]
    fn rows_say_the_same(at in 0..1_000_usize, bit in 0..8_u32, strips_parity: bool, partial: bool) {
        let span = span((1, 0, 15), (1, 8, 0));
        let commands = if partial { &["R6"] } else { &["R5"] };
        let terminal = Terminal { commands, profile: Some(span), ..Terminal::default() };
        let config: Config = beside(Some(span), false);
        let read = read(terminal, config, probe(at, bit, strips_parity));
        for row in read.rows() {
            let value = row.values.first().unwrap().as_ref().unwrap().to_string();
            prop_assert_eq!(value, format!("{:.2}", f64::from(number(span, row.at)) / 100.0));
        }
    }
}

fn probe(at: usize, bit: u32, strips_parity: bool) -> Probe {
    Probe { flip: Some((at, bit)), strips_parity, ..Probe::default() }
}
