//! The log of events `P.98`, or `P.99` where there is no other. What a status word says is the same in most VDEW meters; the rest is the maker's.

use super::{
    agenda::{Ask, Said},
    command::Command,
    heads::{Head, Heads, Item},
};
use crate::probe::part::{EventKind, MeterEvent, Part, ROWS_MAX};

/// How to ask for all of it, the most common first.
const FORMS: [(Command, &str); 5] = [
    (Command::R5, "P.98(;)"),
    (Command::R5, "P.98()"),
    (Command::R6, "P.98(;)"),
    (Command::R5, "P.99(;)"),
    (Command::R6, "P.99(;)"),
];
/// Power is back.
const POWER_BACK: u64 = 0x40;
/// What a status word says, the most telling first. The bits that VDEW meters have in common.
const KINDS: [(u64, EventKind); 7] = [
    (0x6000, EventKind::Cleared),
    (0x0100, EventKind::Programmed),
    (0x0080, EventKind::PowerFailed),
    (0x0020, EventKind::ClockSet),
    (0x0010, EventKind::DemandReset),
    // The clock had no power left.
    (0x0002, EventKind::BatteryLow),
    (0xFFFF_FFFF, EventKind::Other),
];

/// The reading of the log.
#[derive(Debug, Default)]
pub(super) struct Events {
    form: usize,
    over: bool,
    /// Forms that were refused.
    refused: usize,
    heads: Heads,
    /// Heads of this answer, and how many of them were handed over before it was broken off.
    heard: usize,
    known: usize,
    found: Vec<MeterEvent>,
}

impl Events {
    pub(super) fn ask(&self) -> Option<Ask> {
        let (command, text) = FORMS.get(self.form)?;
        (!self.over).then(|| Ask { command: *command, text: (*text).into() })
    }

    pub(super) fn answered(&mut self, said: Said<'_>) -> Vec<Part> {
        let mut heads = std::mem::take(&mut self.heads);
        heads.feed(said.text(), &mut |item| self.take(item));
        self.heads = heads;
        self.refused += usize::from(said.is_refusal());
        match said {
            Said::Some(_) => {}
            Said::Last(_) if self.heard > 0 => self.over = true,
            Said::Last(_) | Said::No | Said::TooMuch => {
                self.form += 1;
                self.begin_again();
            }
        }
        let found = std::mem::take(&mut self.found);
        found.chunks(ROWS_MAX).map(|part| Part::Events(part.into())).collect()
    }

    /// Asks again for what has not come.
    pub(super) fn begin_again(&mut self) {
        self.known = self.known.max(self.heard);
        self.heard = 0;
        self.heads = Heads::default();
    }

    /// Whether a text is the log that is asked for.
    pub(super) fn is_named(&self, text: &str) -> bool {
        let asked = FORMS.get(self.form).and_then(|(_, ask)| ask.split('(').next()?.parse().ok());
        let mut named = false;
        Heads::default().feed(text, &mut |item| {
            named |= matches!(item, Item::Head(head) if Some(head.obis) == asked);
        });
        named
    }

    /// The log was refused in every form.
    pub(super) const fn is_denied(&self) -> bool {
        self.refused == FORMS.len() && !self.over
    }

    /// In every form once more, where nothing has come.
    pub(super) fn start_over(&mut self) {
        if !self.over && self.known == 0 {
            *self = Self::default();
        }
    }

    fn take(&mut self, item: Item<'_>) {
        match item {
            Item::Error => {}
            Item::Head(head) => {
                self.heard += 1;
                if self.heard > self.known {
                    self.happened(head);
                }
            }
            // Where the status word says nothing, the maker's own code stands in the values.
            Item::Row(head, values) => {
                let silent = word(&head.status).is_none_or(|word| word == 0);
                if let Some(event) = self.found.last_mut().filter(|_| silent && self.heard > self.known) {
                    event.code = values.join(";");
                }
            }
        }
    }

    fn happened(&mut self, head: &Head) {
        let word = word(&head.status).unwrap_or_default();
        let failed = self.found.last_mut().filter(|event| {
            event.kind == EventKind::PowerFailed
                && event.until.is_none()
                && event.at.is_some_and(|at| at <= head.at)
        });
        if let (POWER_BACK, Some(failed)) = (word, failed) {
            failed.until = Some(head.at);
            return;
        }
        let kind =
            KINDS.iter().find(|(bits, _)| word & bits != 0).map_or(EventKind::Other, |(_, kind)| *kind);
        let code = head.status.clone();
        self.found.push(MeterEvent { at: Some(head.at), until: None, kind, code });
    }
}

/// Two to eight hexadecimal digits.
fn word(status: &str) -> Option<u64> {
    u64::from_str_radix(status, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_word_says_what_happened() {
        check(
            "P.98(1260701001500)(0020)()(2)(0.9.1)()(0.9.2)()(001200)(260701)",
            &["clock-set 0020 00:15:00"],
        );
        check("P.98(1260701001500)(00002000)()(0)", &["cleared 00002000 00:15:00"]);
        check("P.98(1260701001500)(08)()(0)", &["other 08 00:15:00"]);
        check("P.98(1260701001500)(C0)()(0)", &["power-failed C0 00:15:00"]);
    }

    #[test]
    fn power_that_came_back_ends_the_failure() {
        check(
            "P.98(1260701001500)(80)()(0)\r\nP.98(1260701002000)(40)()(0)\r\nP.98(1260701003000)(40)()(0)",
            &["power-failed 80 00:15:00-00:20:00", "other 40 00:30:00"],
        );
    }

    #[test]
    fn where_the_status_word_is_silent_the_values_are_the_code() {
        check("P.98(1260701001500)(00)()(2)(91.11.0)()(91.11.10)()(4)(0)", &["other 4;0 00:15:00"]);
    }

    #[test]
    fn what_was_handed_over_is_not_told_twice() {
        let mut events = Events::default();
        let log = "P.98(1260701001500)(20)()(0)\r\nP.98(1260701001600)(10)()(0)";
        let mut told = 0;
        let mut count = |parts: Vec<Part>| {
            parts.iter().for_each(|part| {
                if let Part::Events(events) = part {
                    told += events.len();
                }
            });
        };
        count(events.answered(Said::Some("P.98(1260701001500)(20)()(0)")));
        events.begin_again();
        count(events.answered(Said::Last(log)));
        assert_eq!((told, events.ask()), (2, None));
    }

    #[track_caller]
    fn check(log: &str, expected: &[&str]) {
        let parts = Events::default().answered(Said::Last(log));
        let [Part::Events(events)] = parts.as_slice() else { panic!("{parts:?}") };
        let time = |at: crate::time::Civil| at.to_string().split_once('T').unwrap().1.to_owned();
        let found: Vec<String> = events
            .iter()
            .map(|event| {
                let until = event.until.map_or(String::new(), |until| format!("-{}", time(until)));
                format!("{} {} {}{until}", event.kind, event.code, time(event.at.unwrap()))
            })
            .collect();
        assert_eq!(found, expected);
    }
}
