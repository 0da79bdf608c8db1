//! Opens the session of a family for a step.

use super::{aim::Aim, steps::Step};
use crate::{
    probe::{drive::Protocol, iec62056, readout::Readout},
    time::Moment,
};

/// The session that tries this step.
pub(super) fn open(now: Moment, aim: &Aim, _step: &Step) -> Box<dyn Protocol<Done = Readout>> {
    let address = aim.address.as_deref().and_then(|address| address.parse().ok());
    Box::new(iec62056::Session::start(now, iec62056::Config { address }))
}
