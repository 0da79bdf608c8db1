//! Rows to rounds: which rows make one stop, and what must be the same in all of them.

use std::collections::HashMap;

use lamplighter_core::{
    meter::Meter,
    round::{Outcome, Round, Stop},
};
use lamplighter_sync::books;

use super::fields::Fields;
use crate::ledger::Books;

/// Most registers of one meter.
const REGISTERS_MAX: usize = 64;
/// Columns that speak of the stop. Rows after its first may leave them empty.
const OF_THE_STOP: [&str; 10] = [
    "address",
    "lat",
    "lon",
    "hint_location",
    "hint_warning",
    "hint_key",
    "hint_note",
    "serial",
    "model",
    "way",
];
const LETTERS_MAX: usize = 500;

/// Cycle, round, stop.
type Key = (String, String, u32);

/// What was read so far.
#[derive(Default)]
pub(super) struct Assembly {
    books: Books,
    /// Cycle and round to its place in the books.
    rounds: HashMap<(String, String), usize>,
    /// Line of a stop's first row.
    stops: HashMap<Key, u64>,
    /// Cycle and serial to the line of its first row.
    meters: HashMap<(String, String), u64>,
    current: Option<Current>,
}

/// The stop that the row before belongs to.
struct Current {
    key: Key,
    /// What [`OF_THE_STOP`] says in its first row.
    texts: Vec<String>,
    /// Its place in the books, unless it could not be read.
    stop: Option<(usize, usize)>,
}

impl Assembly {
    /// Takes one row.
    pub(super) fn row(&mut self, fields: &mut Fields<'_>) {
        let cycle = fields.needed("cycle", 20);
        let round = fields.needed("round", 20);
        let number = fields.stop_number();
        let register = fields.register();
        let (Some(cycle), Some(round), Some(number)) = (cycle, round, number) else {
            // Where the row belongs is not known; the next row must not be taken for its neighbour's.
            self.current = None;
            return;
        };
        let key = (cycle, round, number);
        let stop = if self.current.as_ref().is_some_and(|current| current.key == key) {
            self.same_stop(fields)
        } else {
            self.new_stop(key, fields)
        };
        let (Some(register), Some((round, stop))) = (register, stop) else { return };
        let stop = self.books.rounds.get_mut(round).and_then(|(_, stops)| stops.get_mut(stop));
        let Some(Stop { meter, .. }) = stop else { return };
        if meter.register(register.obis).is_some() {
            fields.problem("obis", format!("the stop has {} already", register.obis));
        } else if meter.registers.len() >= REGISTERS_MAX {
            fields.problem("obis", format!("more than {REGISTERS_MAX} registers"));
        } else {
            meter.registers.push(register);
        }
    }

    /// The books. Stops without a register come with a problem, so nobody sees them.
    pub(super) fn finish(self) -> Books {
        self.books
    }

    fn same_stop(&self, fields: &mut Fields<'_>) -> Option<(usize, usize)> {
        let current = self.current.as_ref()?;
        for (column, first) in OF_THE_STOP.into_iter().zip(&current.texts) {
            let text = fields.text(column, LETTERS_MAX);
            if !text.is_empty() && text != *first {
                fields.problem(column, format!("{text} here, but \"{first}\" in the first row of the stop"));
            }
        }
        self.check_round_name(fields, current.stop.map(|(round, _)| round));
        current.stop
    }

    fn new_stop(&mut self, key: Key, fields: &mut Fields<'_>) -> Option<(usize, usize)> {
        let texts = OF_THE_STOP.map(|column| fields.quietly(column)).to_vec();
        self.current = Some(Current { key: key.clone(), texts, stop: None });
        if let Some(line) = self.stops.insert(key.clone(), fields.line) {
            let what = format!("the stop is on line {line} already; its rows must follow each other");
            fields.problem("stop", what);
        }
        let name = fields.needed("round_name", 100);
        let address = fields.needed("address", 200);
        let serial = fields.needed("serial", 40);
        let model = fields.text("model", 100);
        let way = fields.way();
        let (position, hints) = (fields.position(), fields.hints());
        let (cycle, code, number) = key;
        if let Some(serial) = &serial
            && let Some(line) = self.meters.insert((cycle.clone(), serial.clone()), fields.line)
        {
            fields.problem("serial", format!("{serial} hangs at the stop of line {line} already"));
        }
        let round = self.round(&cycle, &code, name?);
        self.check_round_name(fields, Some(round));
        let serial = serial?;
        let stop = Stop {
            id: books::stop_id(&cycle, &code, number),
            round: books::round_id(&cycle, &code),
            number,
            address: address?,
            position,
            hints,
            meter: Meter {
                id: books::meter_id(&serial),
                serial,
                model: Some(model).filter(|model| !model.is_empty()),
                way,
                registers: Vec::new(),
            },
            outcome: Outcome::ToDo,
        };
        let (_, stops) = self.books.rounds.get_mut(round)?;
        stops.push(stop);
        let place = Some((round, stops.len() - 1));
        self.current = self.current.take().map(|current| Current { stop: place, ..current });
        place
    }

    /// The place of the round in the books; it is added if it is new.
    fn round(&mut self, cycle: &str, code: &str, name: String) -> usize {
        let Self { books: Books { rounds: list }, rounds, .. } = self;
        *rounds.entry((cycle.into(), code.into())).or_insert_with(|| {
            let id = books::round_id(cycle, code);
            list.push((Round { id, code: code.into(), name, cycle: cycle.into() }, Vec::new()));
            list.len() - 1
        })
    }

    fn check_round_name(&self, fields: &mut Fields<'_>, round: Option<usize>) {
        let name = fields.text("round_name", LETTERS_MAX);
        if let Some((round, _)) = round.and_then(|round| self.books.rounds.get(round))
            && !name.is_empty()
            && name != round.name
        {
            fields.problem("round_name", format!("{name} here, but \"{}\" above", round.name));
        }
    }
}
