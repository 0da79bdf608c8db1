//! What is still to be read of a meter: first its registers, then its events and its load profile.

use super::{
    fetch::Ask,
    logs::{Kind, Log},
    profiling::Profiling,
    table::{profile::Shape, tables::Tables},
};
use crate::probe::{
    part::{MeterEvent, Part, Wants},
    readout::Readout,
};

/// The tables that registers are made of, those that say how to read others before them.
const REGISTERS: [u16; 16] = [0, 1, 5, 3, 11, 16, 12, 15, 21, 22, 23, 25, 27, 28, 52, 55];
const EVENTS: [u16; 1] = [71];
const PROFILE: [u16; 3] = [61, 62, 63];
/// Without these there are no registers.
const NEEDED: [u16; 3] = [0, 21, 23];
/// Without these nobody knows what the registers are.
const NAMING: [u16; 3] = [12, 16, 22];

/// What is to be read.
#[derive(Debug)]
pub(super) struct Agenda {
    /// What has come.
    pub(super) tables: Tables,
    wants: Wants,
    stage: Stage,
    /// Where we are in the list of tables of this stage.
    place: usize,
}

#[derive(Debug)]
enum Stage {
    Registers,
    Events,
    Logs { log: Option<Log>, left: Vec<Kind> },
    Shape,
    Profile(Profiling),
    Over,
}

impl Stage {
    /// What is read one after another in this stage.
    const fn tables(&self) -> &'static [u16] {
        match self {
            Self::Registers => &REGISTERS,
            Self::Events => &EVENTS,
            Self::Shape => &PROFILE,
            Self::Logs { .. } | Self::Profile(_) | Self::Over => &[],
        }
    }
}

impl Agenda {
    pub(super) fn new(wants: Wants) -> Self {
        Self { tables: Tables::default(), wants, stage: Stage::Registers, place: 0 }
    }

    /// The registers have come; what is left is not needed for a readout.
    pub(super) const fn has_registers(&self) -> bool {
        !matches!(self.stage, Stage::Registers)
    }

    /// There is no readout without this.
    pub(super) fn needs(ask: Ask) -> bool {
        matches!(ask, Ask::Whole(table) if NEEDED.contains(&table))
    }

    /// A readout without this is of little use, so that a password is better found first.
    pub(super) fn misses(ask: Ask) -> bool {
        matches!(ask, Ask::Whole(table) if NEEDED.contains(&table) || NAMING.contains(&table))
    }

    /// Tables that have come, and all that there are to be, of those for registers; nothing once they are
    /// there.
    pub(super) fn progress(&self) -> Option<(usize, usize)> {
        let (dealt, left) = REGISTERS.split_at_checked(self.place).filter(|_| !self.has_registers())?;
        let done = dealt.iter().filter(|&&table| self.tables.get(table).is_some()).count();
        Some((done, done + left.iter().filter(|&&table| self.is_wanted(table)).count()))
    }

    /// What to ask for next, when `room` is how many bytes can be asked for at once.
    pub(super) fn next(&mut self, room: usize) -> Option<Ask> {
        loop {
            let ask = match &self.stage {
                Stage::Registers | Stage::Events | Stage::Shape => self.listed(),
                Stage::Logs { log, .. } => log.as_ref().and_then(Log::next),
                Stage::Profile(profiling) => profiling.next(),
                Stage::Over => return None,
            };
            if ask.is_some() {
                return ask;
            }
            self.go_on(room);
        }
    }

    /// What was asked for; nothing where the meter refused.
    pub(super) fn take(&mut self, ask: Ask, bytes: Option<Vec<u8>>) -> Option<Part> {
        match (&mut self.stage, ask) {
            (Stage::Logs { log: Some(log), .. }, _) => {
                log.take(bytes.as_deref());
                let done = log.next().is_none();
                return if done { self.close_log() } else { None };
            }
            (Stage::Profile(profiling), _) => return profiling.take(bytes.as_deref()).map(Part::Profile),
            (stage, Ask::Whole(table)) => {
                let place = stage.tables().iter().position(|&listed| listed == table);
                self.place = place.map_or(usize::MAX, |place| place + 1);
                if let Some(bytes) = bytes {
                    self.tables.insert(table, bytes);
                }
            }
            (_, Ask::Part { .. }) => {}
        }
        None
    }

    /// Rows of the profile so far.
    pub(super) const fn rows(&self) -> Option<u32> {
        match &self.stage {
            Stage::Profile(profiling) => Some(profiling.rows()),
            Stage::Registers | Stage::Events | Stage::Logs { .. } | Stage::Shape | Stage::Over => None,
        }
    }

    /// No more is to be read.
    pub(super) fn give_up(&mut self) -> Option<Part> {
        let part = self.close_log();
        self.stage = Stage::Over;
        part
    }

    fn listed(&self) -> Option<Ask> {
        let table = *self.stage.tables().get(self.place..)?.iter().find(|&&table| self.is_wanted(table))?;
        Some(Ask::Whole(table))
    }

    /// The meter has it, and it would tell something.
    fn is_wanted(&self, table: u16) -> bool {
        let is_of_use = match table {
            _ if self.wants.beside_only && REGISTERS.contains(&table) && !self.is_beside(table) => false,
            15 => self.tables.want_constants(),
            27 | 28 => self.tables.uses(28) && self.tables.length(27).is_none_or(|length| length > 0),
            55 => self.tables.get(52).is_none(),
            _ => true,
        };
        is_of_use && self.tables.uses(table) && self.tables.get(table).is_none()
    }

    /// One of the tables of registers without which what is wanted beside them cannot be understood, or the
    /// meter not be known.
    fn is_beside(&self, table: u16) -> bool {
        match table {
            0 | 1 | 5 => true,
            // What is wrong with the meter is told as events.
            3 => self.wants.events,
            11 | 12 | 15 | 16 => self.has_profile(),
            _ => false,
        }
    }

    fn has_profile(&self) -> bool {
        self.wants.profile.is_some() && self.tables.uses(64)
    }

    fn go_on(&mut self, room: usize) {
        self.place = 0;
        let stage = std::mem::replace(&mut self.stage, Stage::Over);
        self.stage = match stage {
            Stage::Registers if self.wants.events && self.tables.uses(71) => Stage::Events,
            Stage::Events => Stage::Logs { log: None, left: vec![Kind::Events, Kind::History] },
            Stage::Logs { log: None, mut left } if !left.is_empty() => {
                let log = left.pop().and_then(|kind| self.log(kind, room));
                Stage::Logs { log, left }
            }
            Stage::Registers | Stage::Logs { .. } if self.has_profile() => Stage::Shape,
            Stage::Shape => self.profile(room).map_or(Stage::Over, Stage::Profile),
            Stage::Registers | Stage::Logs { .. } | Stage::Profile(_) | Stage::Over => Stage::Over,
        };
    }

    fn log(&self, kind: Kind, room: usize) -> Option<Log> {
        let limits = self.tables.get(71).filter(|_| self.tables.uses(kind.table()))?;
        Log::new(kind, limits, self.tables.general()?.format, room)
    }

    fn profile(&self, room: usize) -> Option<Profiling> {
        let general = self.tables.general()?;
        let [limits, selection, status] = PROFILE.map(|table| self.tables.get(table));
        let tables = [limits?, selection?, status?];
        let sources = self.tables.sources()?;
        let shape = Shape::of_tables(general.format, general.is_first_edition, &sources, tables)?;
        Profiling::new(shape, self.wants.profile?, room)
    }

    /// What has come of the meter; registers with numbers among it, unless they are known already.
    pub(super) fn readout(&self, baud: u32, echo: bool, retries: u32) -> Option<Readout> {
        if self.wants.beside_only {
            self.tables.known(baud, echo, retries)
        } else {
            self.tables.readout(baud, echo, retries)
        }
    }

    /// What a log has brought so far.
    fn close_log(&mut self) -> Option<Part> {
        let Stage::Logs { log, .. } = &mut self.stage else { return None };
        let events = log.take().map(Log::into_events).filter(|events| !events.is_empty());
        events.map(Part::Events)
    }

    /// What the meter says is wrong with it, where events are wanted.
    pub(super) fn state(&self) -> Option<Part> {
        let events: Vec<MeterEvent> = if self.wants.events { self.tables.events() } else { Vec::new() };
        (!events.is_empty()).then_some(Part::Events(events))
    }
}
