//! The records of what happened to a meter. DL/T 645-2007, table A.4: a count, and the last ten of each kind.
//! Sure are the names, the counts and where in a record its moments stand; what else a record holds (energies,
//! operators, what was written) is left alone. The edition of 1997 tells only when a thing happened last.

use super::{
    bcd,
    clock::YearlessStamp,
    exchange::Ask,
    identifier::{Edition, Identifier},
};
use crate::{
    probe::part::{EventKind, MeterEvent, Part},
    time::Civil,
};

/// The book keeps ten of each kind.
const RECORDS_MAX: u8 = 10;
const COUNT_BYTES: usize = 3;
const STAMP_BYTES: usize = 6;

/// Where the moments stand in a record.
#[derive(Clone, Copy, Debug)]
enum Moments {
    /// The beginning, and the end this many bytes behind it.
    Span(usize),
    /// There is one.
    Lone,
    /// Who did it, the clock before, the clock after.
    Clock,
    /// `MMDDhhmm`, without a year.
    Yearless,
}

/// A kind of event: its names without the last byte, or its whole name in the edition of 1997.
type Kind = (u32, EventKind, Moments);

const KINDS_2007: &[Kind] = &[
    (0x03_1100, EventKind::PowerFailed, Moments::Span(0)),
    (0x03_300D, EventKind::CoverOpened, Moments::Span(0)),
    (0x03_300E, EventKind::TerminalCoverOpened, Moments::Span(0)),
    (0x03_3500, EventKind::Magnet, Moments::Span(0)),
    // All voltages failed while a current flowed; the current stands between the moments.
    (0x03_0500, EventKind::PhaseFailed, Moments::Span(3)),
    (0x03_3000, EventKind::Programmed, Moments::Lone),
    (0x03_3001, EventKind::Cleared, Moments::Lone),
    (0x03_3002, EventKind::DemandReset, Moments::Lone),
    (0x03_3003, EventKind::Cleared, Moments::Lone),
    (0x03_3004, EventKind::ClockSet, Moments::Clock),
];

const KINDS_1997: &[Kind] = &[
    (0xB210, EventKind::Programmed, Moments::Yearless),
    (0xB211, EventKind::DemandReset, Moments::Yearless),
];

/// The reading of all kinds, one after another.
#[derive(Debug)]
pub(super) struct Events {
    edition: Edition,
    kinds: &'static [Kind],
    /// 0 is the count.
    record: u8,
    records: u8,
    found: Vec<MeterEvent>,
}

impl Events {
    pub(super) const fn new(edition: Edition) -> Self {
        let kinds = match edition {
            Edition::Y1997 => KINDS_1997,
            Edition::Y2007 => KINDS_2007,
        };
        Self { edition, kinds, record: 0, records: 0, found: Vec::new() }
    }

    /// What to ask next; nothing when all is read.
    pub(super) fn ask(&self) -> Option<Ask> {
        let &(code, ..) = self.kinds.first()?;
        Some(Ask::Item(match self.edition {
            Edition::Y1997 => Identifier::of(self.edition, code),
            Edition::Y2007 => Identifier::of_2007(code << 8 | u32::from(self.record)),
        }))
    }

    /// Takes what stands behind the name, nothing where the meter has no such thing; hands over a kind that is
    /// complete.
    pub(super) fn answered(&mut self, content: Option<&[u8]>) -> Option<Part> {
        let &(code, kind, moments) = self.kinds.first()?;
        if self.record == 0 && matches!(self.edition, Edition::Y2007) {
            self.records = content.map_or(0, count).min(RECORDS_MAX);
        } else if let Some((at, until, code)) =
            content.and_then(|content| moments_of(content, moments, code, self.edition))
        {
            self.found.push(MeterEvent { at, until, kind, code });
        } else {
            self.records = 0;
        }
        if self.record < self.records {
            self.record += 1;
            return None;
        }
        self.kinds = self.kinds.get(1..).unwrap_or_default();
        (self.record, self.records) = (0, 0);
        self.found()
    }

    /// What has come and was not handed over yet.
    pub(super) fn found(&mut self) -> Option<Part> {
        let found = std::mem::take(&mut self.found);
        (!found.is_empty()).then_some(Part::Events(found))
    }
}

/// How often; ten where there are more digits than a number has.
fn count(content: &[u8]) -> u8 {
    let count = content.get(..COUNT_BYTES).and_then(bcd::digits).unwrap_or_default();
    u8::try_from(count).unwrap_or(RECORDS_MAX)
}

type Record = (Option<Civil>, Option<Civil>, String);

/// Beginning, end and code of a record; nothing where there is none.
fn moments_of(content: &[u8], moments: Moments, code: u32, edition: Edition) -> Option<Record> {
    let stamp = |at: usize| content.get(at..at + STAMP_BYTES).and_then(bcd::stamp);
    let name = match edition {
        Edition::Y1997 => format!("{code:04X}"),
        Edition::Y2007 => format!("{code:06X}"),
    };
    match moments {
        Moments::Span(between) => Some((Some(stamp(0)?), stamp(STAMP_BYTES + between), name)),
        Moments::Lone => Some((Some(stamp(0)?), None, name)),
        Moments::Clock => Some((Some(stamp(4)?), stamp(4 + STAMP_BYTES), name)),
        Moments::Yearless => {
            let at = YearlessStamp::of(content.get(..4)?)?;
            Some((None, None, format!("{name} {at}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGAN: [u8; 6] = [0x05, 0x30, 0x07, 0x23, 0x11, 0x26];
    const ENDED: [u8; 6] = [0x00, 0x10, 0x08, 0x23, 0x11, 0x26];

    #[test]
    fn records_are_read_as_many_as_there_are() {
        check(0x03_1100, &[BEGAN, ENDED].concat(), "power-failed 2026-11-23T07:30:05 2026-11-23T08:10:00");
        check(0x03_300D, &[BEGAN, [0xFF; 6]].concat(), "cover-opened 2026-11-23T07:30:05 -");
        let between = [BEGAN.as_slice(), &[0; 3], &ENDED].concat();
        check(0x03_0500, &between, "phase-failed 2026-11-23T07:30:05 2026-11-23T08:10:00");
        check(0x03_3000, &[BEGAN.as_slice(), &[0; 44]].concat(), "programmed 2026-11-23T07:30:05 -");
        let clock = [[7; 4].as_slice(), &BEGAN, &ENDED].concat();
        check(0x03_3004, &clock, "clock-set 2026-11-23T07:30:05 2026-11-23T08:10:00");
    }

    #[test]
    fn a_kind_that_a_meter_does_not_keep_is_passed_over() {
        let mut events = Events::new(Edition::Y2007);
        let mut asked = 0;
        while events.ask().is_some() {
            assert_eq!(events.answered(None), None);
            asked += 1;
        }
        assert_eq!(asked, KINDS_2007.len());
    }

    #[test]
    fn a_record_that_is_empty_ends_its_kind() {
        let mut events = Events::new(Edition::Y2007);
        assert_eq!(events.answered(Some(&[0x12, 0x34, 0x56])), None);
        assert_eq!(events.answered(Some(&[BEGAN, ENDED].concat())), None);
        let Some(Part::Events(found)) = events.answered(Some(&[0; 12])) else { panic!("{events:?}") };
        assert_eq!(found.len(), 1);
        assert_eq!(events.ask(), Some(Ask::Item(Identifier::of_2007(0x0330_0D00))));
    }

    #[test]
    fn no_year_is_made_up() {
        let mut events = Events::new(Edition::Y1997);
        assert_eq!(events.ask(), Some(Ask::Item(Identifier::of_1997(0xB210))));
        let Some(Part::Events(found)) = events.answered(Some(&[0x30, 0x07, 0x23, 0x11])) else {
            panic!("{events:?}")
        };
        assert_eq!((found[0].at, found[0].code.as_str()), (None, "B210 11-23 07:30"));
    }

    #[track_caller]
    fn check(code: u32, record: &[u8], expected: &str) {
        let mut events = Events::new(Edition::Y2007);
        while events.ask() != Some(Ask::Item(Identifier::of_2007(code << 8))) {
            events.answered(None);
        }
        assert_eq!(events.answered(Some(&[2, 0, 0])), None);
        assert_eq!(events.ask(), Some(Ask::Item(Identifier::of_2007(code << 8 | 1))));
        assert_eq!(events.answered(Some(record)), None);
        let Some(Part::Events(found)) = events.answered(Some(record)) else { panic!("{events:?}") };
        let shown = |at: Option<Civil>| at.map_or_else(|| "-".into(), |at| at.to_string());
        let event = &found[1];
        assert_eq!(format!("{} {} {}", event.kind, shown(event.at), shown(event.until)), expected);
        assert_eq!(event.code, format!("{code:06X}"));
    }
}
