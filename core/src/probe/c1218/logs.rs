//! Tables 71, 74 and 76: what happened to a meter. The history is what was done to it, the event log what
//! befell it; both tell in the same codes.

use super::{
    fetch::Ask,
    limits::LOG_ENTRIES_MAX,
    table::{
        cursor::{Cursor, Format},
        ring::Ring,
    },
};
use crate::probe::part::{EventKind, MeterEvent};

/// Flags and counts before the entries.
const HEAD: usize = 11;
/// In the code of an event: the maker's own.
const OWN: u16 = 0x0800;
const NUMBER: u16 = 0x07FF;
/// Standard codes of a power failure and of its end.
const POWER_DOWN: u16 = 1;
const POWER_UP: u16 = 2;

/// Which of the two logs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// Table 74.
    History,
    /// Table 76.
    Events,
}

impl Kind {
    /// Its table.
    pub(super) const fn table(self) -> u16 {
        match self {
            Self::History => 74,
            Self::Events => 76,
        }
    }
}

/// What table 71 says of a log.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Limits {
    slots: u16,
    entry: usize,
    has_time: bool,
    /// Bytes between the moment and the user.
    numbers: usize,
}

impl Limits {
    fn of_table(table: &[u8], kind: Kind, format: Format) -> Option<Self> {
        let mut cursor = Cursor::new(table, format);
        let flags = cursor.byte()?;
        // How many bytes the sets of events have, in another table.
        cursor.bytes(2)?;
        let (history_arguments, arguments) = (cursor.byte()?, cursor.byte()?);
        let (history_slots, slots) = (cursor.word()?, cursor.word()?);
        let has = |bit: u8| flags >> bit & 1 == 1;
        let common = if has(0) { 2 } else { 0 };
        let (slots, has_time, numbers, arguments) = match kind {
            Kind::History => (history_slots, has(1), common + if has(2) { 2 } else { 0 }, history_arguments),
            Kind::Events => (slots, true, common + 2, arguments),
        };
        let time = if has_time { format.time.second_size() } else { 0 };
        // The user and the code have two bytes each.
        Some(Self { slots, entry: time + numbers + 4 + usize::from(arguments), has_time, numbers })
    }
}

/// A log that is being read.
#[derive(Debug)]
pub(super) struct Log {
    kind: Kind,
    format: Format,
    limits: Limits,
    /// Bytes that can be asked for at once.
    room: usize,
    step: Step,
    events: Vec<MeterEvent>,
}

#[derive(Debug)]
enum Step {
    Head,
    /// Entries up to this age are still to come.
    Entries {
        ring: Ring,
        left: u16,
    },
    Over,
}

impl Log {
    /// Begins to read a log by what table 71 says; nothing where the log has no entries.
    pub(super) fn new(kind: Kind, limits: &[u8], format: Format, room: usize) -> Option<Self> {
        let limits = Limits::of_table(limits, kind, format)?;
        let possible = limits.slots > 0 && limits.entry <= room;
        possible.then(|| Self { kind, format, limits, room, step: Step::Head, events: Vec::new() })
    }

    /// What to ask for next.
    pub(super) fn next(&self) -> Option<Ask> {
        let table = self.kind.table();
        match self.step {
            Step::Head => Some(Ask::Part { table, offset: 0, count: HEAD }),
            Step::Entries { ring, left } => {
                let (lowest, count) = self.run(ring, left)?;
                let offset = HEAD + usize::from(lowest) * self.limits.entry;
                Some(Ask::Part { table, offset, count: usize::from(count) * self.limits.entry })
            }
            Step::Over => None,
        }
    }

    /// What was asked for; nothing where it was refused, and then there is no more.
    pub(super) fn take(&mut self, bytes: Option<&[u8]>) {
        let step = bytes.and_then(|bytes| match self.step {
            Step::Head => self.head(bytes),
            Step::Entries { ring, left } => self.entries(bytes, ring, left),
            Step::Over => None,
        });
        self.step = step.unwrap_or(Step::Over);
    }

    /// All events, the oldest first.
    pub(super) fn into_events(self) -> Vec<MeterEvent> {
        self.events
    }

    fn run(&self, ring: Ring, left: u16) -> Option<(u16, u16)> {
        let most = u16::try_from(self.room / self.limits.entry.max(1)).unwrap_or(u16::MAX);
        ring.run(left.checked_sub(1)?, most)
    }

    fn head(&self, bytes: &[u8]) -> Option<Step> {
        let mut cursor = Cursor::new(bytes, self.format);
        let flags = cursor.byte()?;
        let (valid, last) = (cursor.word()?, cursor.word()?);
        let ring = Ring::new(self.limits.slots, last, valid, flags & 1 == 1)?;
        Some(Step::Entries { ring, left: ring.len().min(LOG_ENTRIES_MAX) })
    }

    fn entries(&mut self, bytes: &[u8], ring: Ring, left: u16) -> Option<Step> {
        let (_, count) = self.run(ring, left)?;
        let mut entries: Vec<&[u8]> = bytes.chunks_exact(self.limits.entry).collect();
        if entries.len() != usize::from(count) {
            return None;
        }
        if ring.is_descending() {
            entries.reverse();
        }
        entries.into_iter().try_for_each(|entry| self.entry(entry))?;
        Some(Step::Entries { ring, left: left - count })
    }

    fn entry(&mut self, bytes: &[u8]) -> Option<()> {
        let mut cursor = Cursor::new(bytes, self.format);
        let at = if self.limits.has_time { cursor.second_of()? } else { None };
        // The number of the entry, and the user.
        cursor.bytes(self.limits.numbers + 2)?;
        let code = cursor.word()?;
        let number = code & NUMBER;
        match (code & OWN == 0, number) {
            // A slot that was never written.
            (true, 0) => return Some(()),
            (true, POWER_UP) => {
                let open = self.events.last_mut().filter(|event| {
                    event.kind == EventKind::PowerFailed && event.until.is_none() && at.is_some()
                });
                if let Some(event) = open {
                    event.until = at;
                    return Some(());
                }
            }
            _ => {}
        }
        let own = if code & OWN == 0 { "" } else { "m" };
        let kind = if own.is_empty() { kind(number) } else { EventKind::Other };
        self.events.push(MeterEvent { at, until: None, kind, code: format!("{own}{number}") });
        Some(())
    }
}

/// What a standard code means. C12.19, table of event codes.
const fn kind(number: u16) -> EventKind {
    match number {
        POWER_DOWN => EventKind::PowerFailed,
        3..=6 => EventKind::ClockSet,
        // Programmed, a table written, and the same with values or a signature.
        10 | 11 | 36 | 59 | 60 | 64 | 65 | 69 | 70 => EventKind::Programmed,
        16 | 18 => EventKind::Cleared,
        20 => EventKind::DemandReset,
        44 => EventKind::BatteryLow,
        45 => EventKind::PhaseFailed,
        48 => EventKind::Reversed,
        _ => EventKind::Other,
    }
}
