//! What may be read beside the registers: load profiles and events, in parts, as they come.

use std::fmt;

use super::readout::Value;
use crate::{obis::Obis, quantity::Unit, time::Civil};

/// Most rows in one part, so that a part is soon on disk.
pub const ROWS_MAX: usize = 256;

/// What shall be read beside the registers.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Wants {
    /// The load profile of this time.
    pub profile: Option<Span>,
    /// The meter's events.
    pub events: bool,
    /// The registers are known already: only what was wanted beside them, and of the registers at least those
    /// without which that cannot be understood or the meter not be known.
    pub beside_only: bool,
}

/// From one moment on the meter's clock to another, both included.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Span {
    /// The first moment.
    pub from: Civil,
    /// The last.
    pub to: Civil,
}

/// Some of what was wanted beside the registers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Part {
    /// Rows of a load profile, oldest first, at most [`ROWS_MAX`].
    Profile(ProfilePart),
    /// Events, in the meter's order.
    Events(Vec<MeterEvent>),
}

/// Rows that follow each other.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProfilePart {
    /// The profile's own name.
    pub obis: Obis,
    /// Seconds from one row to the next; 0 where the meter does not say.
    pub period_s: u32,
    /// What the values are.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<ProfileRow>,
}

/// One column of a profile.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Column {
    /// What is in it.
    pub obis: Obis,
    /// In which unit.
    pub unit: Option<Unit>,
}

/// One moment of a profile.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProfileRow {
    /// The end of the period, on the meter's clock.
    pub at: Civil,
    /// The meter's status word of the period, as sent; empty where it has none.
    pub status: String,
    /// As many as there are columns; none where the meter has no value.
    pub values: Vec<Option<Value>>,
}

/// Something that happened to a meter.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MeterEvent {
    /// When it began, on the meter's clock.
    pub at: Option<Civil>,
    /// When it was over, where the meter says so.
    pub until: Option<Civil>,
    /// What it was.
    pub kind: EventKind,
    /// The meter's own code of it.
    pub code: String,
}

/// What happened.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum EventKind {
    /// The meter's cover was opened.
    CoverOpened,
    /// The cover over the terminals was opened.
    TerminalCoverOpened,
    /// Power failed.
    PowerFailed,
    /// A phase failed.
    PhaseFailed,
    /// The clock was set.
    ClockSet,
    /// Parameters were written.
    Programmed,
    /// Registers or records were cleared.
    Cleared,
    /// The maximum demand was reset.
    DemandReset,
    /// A strong magnet was near.
    Magnet,
    /// Energy flowed the other way.
    Reversed,
    /// The battery is low.
    BatteryLow,
    /// Something else; the code says what.
    Other,
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CoverOpened => "cover-opened",
            Self::TerminalCoverOpened => "terminal-cover-opened",
            Self::PowerFailed => "power-failed",
            Self::PhaseFailed => "phase-failed",
            Self::ClockSet => "clock-set",
            Self::Programmed => "programmed",
            Self::Cleared => "cleared",
            Self::DemandReset => "demand-reset",
            Self::Magnet => "magnet",
            Self::Reversed => "reversed",
            Self::BatteryLow => "battery-low",
            Self::Other => "other",
        })
    }
}
