//! What crosses the bridge to the screens. Serde and ts-rs are derived here and nowhere below; registers and
//! money cross as text, never as floating point.

mod bindings;
mod device;
mod error;
mod reading;
mod shift;
mod stop;

pub(crate) use device::{DeviceView, PortView};
pub(crate) use error::CommandError;
pub(crate) use reading::{
    Entry, ProbeTiming, ReadProgress, ReadResult, Recorded, ValueView, VerdictView,
};
pub(crate) use shift::{
    Change, Counts, PositionView, RoundView, ShiftSummary, ShiftView, SyncState, SyncView,
};
pub(crate) use stop::{
    BarView, DraftView, Filter, Held, HintView, RegisterView, Status, StopRow, StopView, StopsPage,
};
