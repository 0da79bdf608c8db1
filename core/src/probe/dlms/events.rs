//! Event logs: rows of a time and a code, and what the usual codes mean. The codes are those of the IDIS
//! companion specification, which most makers follow; others stay what the meter said.

use super::{
    axdr::{AxdrError, Value as Data},
    elements::Elements,
    limits::EVENTS_MAX,
    objects::text,
    profile::{Shape, time_of},
};
use crate::{
    obis::Obis,
    probe::part::{EventKind, MeterEvent},
};

/// The logs, by the last group of their name: standard, fraud, disconnector, communication, power quality.
pub(super) const LOGS: std::ops::RangeInclusive<u8> = 0..=4;

/// The log of this number.
pub(super) const fn log(number: u8) -> Obis {
    Obis { a: 0, b: 0, c: 99, d: 98, e: number, f: 255 }
}

/// A log on its way.
#[derive(Debug)]
pub(super) struct Log {
    shape: Shape,
    elements: Elements,
    events: Vec<MeterEvent>,
}

impl Log {
    pub(super) fn new(shape: Shape) -> Self {
        Self { shape, elements: Elements::default(), events: Vec::new() }
    }

    /// More bytes came.
    pub(super) fn piece(&mut self, bytes: &[u8]) -> Result<(), AxdrError> {
        self.elements.push(bytes);
        while let Some(row) = self.elements.next()? {
            self.events.extend(event(&self.shape, &row));
            // The latest stay.
            if self.events.len() > 2 * EVENTS_MAX && !self.shape.newest_first {
                self.events.drain(..EVENTS_MAX);
            }
            self.events.truncate(2 * EVENTS_MAX);
        }
        Ok(())
    }

    /// What came, at most [`EVENTS_MAX`], in the meter's order.
    pub(super) fn into_events(mut self) -> Vec<MeterEvent> {
        if self.shape.newest_first {
            self.events.truncate(EVENTS_MAX);
        } else {
            self.events.drain(..self.events.len().saturating_sub(EVENTS_MAX));
        }
        self.events
    }
}

/// The first column that is no time is the code.
fn event(shape: &Shape, row: &Data) -> Option<MeterEvent> {
    let cells = row.members();
    if cells.len() != shape.columns.len() {
        return None;
    }
    let time = shape.time();
    let (mut at, mut code) = (None, None);
    for (column, cell) in shape.columns.iter().zip(cells) {
        if Some(column.attribute) == time {
            at = time_of(cell);
        } else if code.is_none() {
            code = Some(cell);
        }
    }
    let code = code?;
    let number = u8::try_from(code.integer()?).ok();
    let kind = number.map_or(EventKind::Other, kind);
    Some(MeterEvent { at, until: None, kind, code: text(code)? })
}

const fn kind(code: u8) -> EventKind {
    match code {
        1 => EventKind::PowerFailed,
        4 | 5 => EventKind::ClockSet,
        7 | 8 => EventKind::BatteryLow,
        10 | 11 | 255 => EventKind::Cleared,
        40 => EventKind::TerminalCoverOpened,
        42 => EventKind::Magnet,
        44 => EventKind::CoverOpened,
        47 => EventKind::Programmed,
        82..=84 => EventKind::PhaseFailed,
        91 => EventKind::Reversed,
        _ => EventKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> Log {
        let column = |class: i128, name: [u8; 6]| {
            Data::Structure(vec![
                Data::Integer(class),
                Data::Octets(name.to_vec()),
                Data::Integer(2),
                Data::Integer(0),
            ])
        };
        let captured = Data::Array(vec![column(8, [0, 0, 1, 0, 0, 255]), column(1, [0, 0, 96, 11, 0, 255])]);
        Log::new(Shape::new(super::log(0), &captured, 0, false).unwrap())
    }

    fn row(minute: u8, code: u8) -> Vec<u8> {
        vec![2, 2, 9, 12, 0x07, 0xEA, 11, 1, 0xFF, 0, minute, 0, 0, 0x80, 0, 0, 0x11, code]
    }

    #[test]
    fn a_code_is_told_and_named_where_it_is_known() {
        for (code, kind) in [
            (44, EventKind::CoverOpened),
            (42, EventKind::Magnet),
            (83, EventKind::PhaseFailed),
            (200, EventKind::Other),
        ] {
            let mut log = log();
            log.piece(&[&[1, 1][..], &row(7, code)].concat()).unwrap();
            let [event] = &log.into_events()[..] else { panic!("{code}") };
            assert_eq!((event.kind, event.code.clone()), (kind, code.to_string()));
            assert_eq!(event.at.unwrap().to_string(), "2026-11-01T00:07:00");
        }
    }

    #[test]
    fn of_a_long_log_the_latest_are_kept() {
        let mut log = log();
        log.piece(&[1, 0x82, 1, 0]).unwrap();
        for at in 0..=255 {
            log.piece(&row(at % 60, at)).unwrap();
        }
        let events = log.into_events();
        assert_eq!(events.len(), EVENTS_MAX);
        assert_eq!((events[0].code.as_str(), events.last().unwrap().code.as_str()), ("192", "255"));
    }
}
