//! Registers that are asked for one by one: in which form a meter wants to be asked, and whether it answered what
//! was asked.

use super::{
    agenda::{Ask, Said},
    command::Command,
    dataset::{self, DataSet},
    heads::is_error,
    registers,
};
use crate::{
    obis::Obis,
    probe::readout::{Datum, Value},
};

const USUAL: &[&str] = &[
    "0.0.0", "C.1.0", "0.9.1", "0.9.2", "1.8.0", "1.8.1", "1.8.2", "1.8.3", "1.8.4", "2.8.0", "2.8.1",
    "2.8.2", "2.8.3", "2.8.4", "3.8.0", "4.8.0", "1.6.0",
];
/// How to ask, the most common first: command, and what stands in the brackets.
const FORMS: [(Command, &str); 6] = [
    (Command::R5, ""),
    (Command::R1, ""),
    (Command::R5, "1"),
    (Command::R1, "1"),
    (Command::R5, ";"),
    (Command::R1, ";"),
];
/// So many registers in a row that were not told in any form: the meter tells none.
const DRY_MAX: u8 = 5;
/// More registers than any list has.
const NAMES_MAX: usize = 256;
/// A full code with all its groups has 23 letters.
const NAME_MAX: usize = 24;
/// A register's answer, with all its brackets.
const ANSWER_MAX: usize = 1_024;

/// What tells a meter from others and what a bill is made of, where nobody has said which registers.
pub(super) fn usual() -> Vec<String> {
    USUAL.iter().map(|&name| name.into()).collect()
}

/// The reading of registers.
#[derive(Debug)]
pub(super) struct Singles {
    names: Vec<String>,
    at: usize,
    form: usize,
    /// The form has been answered.
    works: bool,
    dry: u8,
    /// Forms of this register that were refused.
    refused: usize,
    /// A register was refused in every form before any was told.
    denied: bool,
    answer: String,
    found: Vec<Datum>,
}

impl Singles {
    pub(super) fn new(mut names: Vec<String>) -> Self {
        names.retain(|name| is_name(name));
        names.truncate(NAMES_MAX);
        Self {
            names,
            at: 0,
            form: 0,
            works: false,
            dry: 0,
            refused: 0,
            denied: false,
            answer: String::new(),
            found: Vec::new(),
        }
    }

    pub(super) fn ask(&self) -> Option<Ask> {
        let name = self.names.get(self.at)?;
        let (command, inside) = FORMS.get(self.form)?;
        Some(Ask { command: *command, text: format!("{name}({inside})") })
    }

    pub(super) fn answered(&mut self, said: Said<'_>) {
        if self.answer.len() + said.text().len() <= ANSWER_MAX {
            self.answer.push_str(said.text());
        }
        if matches!(said, Said::Some(_)) {
            return;
        }
        self.refused += usize::from(said.is_refusal());
        let answer = std::mem::take(&mut self.answer);
        let datum = self.names.get(self.at).and_then(|name| register(name, &answer));
        if let Some(datum) = datum {
            self.found.push(datum);
            self.works = true;
            self.at += 1;
        } else if self.works || self.form + 1 == FORMS.len() {
            self.denied |= !self.works && self.refused == FORMS.len();
            self.refused = 0;
            self.dry += u8::from(!self.works);
            self.form = if self.works { self.form } else { 0 };
            self.at = if self.dry < DRY_MAX { self.at + 1 } else { self.names.len() };
        } else {
            self.form += 1;
        }
    }

    pub(super) fn begin_again(&mut self) {
        self.answer.clear();
    }

    /// Whether a text is the register that is asked for, by its name.
    pub(super) fn is_named(&self, text: &str) -> bool {
        let named = !text.trim_start().starts_with('(');
        named && self.names.get(self.at).is_some_and(|name| register(name, text).is_some())
    }

    /// A register was refused in every form, and none was told.
    pub(super) const fn is_denied(&self) -> bool {
        self.denied && !self.works
    }

    /// From the first register on, where none was told.
    pub(super) fn start_over(&mut self) {
        if !self.works {
            (self.at, self.form, self.dry, self.refused, self.denied) = (0, 0, 0, 0, false);
        }
    }

    pub(super) const fn found(&self) -> usize {
        self.found.len()
    }

    pub(super) fn take(&mut self) -> Vec<Datum> {
        std::mem::take(&mut self.found)
    }
}

/// The register of this name in an answer, with its name or without; none if it is another's, empty or an error.
fn register(name: &str, answer: &str) -> Option<Datum> {
    let mut sets = dataset::parse(answer);
    let DataSet { address, fields } = sets.drain(..).next()?;
    if fields.first().is_none_or(|field| field.value.trim().is_empty() || is_error(field.value)) {
        return None;
    }
    if !address.is_empty() && !is_same(name, address) {
        return None;
    }
    let address = if address.is_empty() { name } else { address };
    let datum = registers::datum(&DataSet { address, fields })?;
    (datum.value != Value::Text(String::new())).then_some(datum)
}

/// What may stand before brackets.
fn is_name(name: &str) -> bool {
    let legal = |letter: u8| letter.is_ascii_graphic() && !b"()/!".contains(&letter);
    (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(legal)
}

/// Whether both mean the same register, with medium and channel or without.
fn is_same(asked: &str, answered: &str) -> bool {
    match (asked.parse::<Obis>(), answered.parse::<Obis>()) {
        (Ok(asked), Ok(answered)) => {
            (asked.c, asked.d, asked.e, asked.f) == (answered.c, answered.d, answered.e, answered.f)
        }
        _ => asked == answered,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_with_its_name_or_without_is_the_register() {
        for answer in ["1.8.0(00012.5*kWh)", "(00012.5*kWh)", "1-1:1.8.0*255(00012.5*kWh)\r\n"] {
            let datum = register("1.8.0", answer).unwrap();
            assert_eq!((datum.obis.c, datum.value.to_string().as_str()), (1, "12.5"), "{answer}");
        }
    }

    #[test]
    fn an_error_nothing_and_another_register_are_no_answer() {
        for answer in ["(ER01)", "1.8.0(ERROR)", "1.8.0()", "()", "", "1.8.1(5*kWh)", "2.8.0(5*kWh)", "x(5)"]
        {
            assert_eq!(register("1.8.0", answer), None, "{answer}");
        }
    }

    #[test]
    fn all_forms_are_tried_and_the_one_that_works_is_kept() {
        for (working, (command, inside)) in FORMS.into_iter().enumerate() {
            let mut singles = Singles::new(vec!["1.8.0".into(), "1.8.1".into(), "2.8.0".into()]);
            let mut asked = 0;
            while let Some(ask) = singles.ask() {
                asked += 1;
                let understood = ask.command == command && ask.text.ends_with(&format!("({inside})"));
                // It has no register of the first tariff.
                let knows = understood && !ask.text.starts_with("1.8.1");
                let answer = format!("{}(5*kWh)", ask.text.split('(').next().unwrap());
                singles.answered(if knows { Said::Last(&answer) } else { Said::No });
            }
            assert_eq!((asked, singles.take().len()), (working + 3, 2));
        }
    }

    #[test]
    fn a_meter_that_tells_nothing_is_not_asked_for_ever() {
        let mut singles = Singles::new(usual());
        let mut asked = 0;
        while singles.ask().is_some() {
            asked += 1;
            singles.answered(Said::No);
        }
        assert_eq!(asked, usize::from(DRY_MAX) * FORMS.len());
    }
}
