//! What crosses the bridge to the screens. Serde and ts-rs are derived here and nowhere below; registers and
//! money cross as text, never as floating point.

mod bindings;
mod device;
mod error;
mod leave;
mod reading;
mod shift;
mod stop;

pub(crate) use device::{BesideView, DeviceView, KeysView, ProbeHealth, ProfileView};
pub(crate) use error::CommandError;
pub(crate) use leave::{LeavePlace, LeaveProgress, LeaveView, LeftFile, fingerprint};
pub(crate) use reading::{BesideResult, Entry, ProbeTiming, ReadProgress, ReadResult, Recorded, SavedRecord};
pub(crate) use shift::{Change, Counts, PositionView, ShiftSummary, ShiftView, SyncView};
pub(crate) use stop::{BarView, DraftView, Filter, Held, StopRow, StopView, StopsPage};
