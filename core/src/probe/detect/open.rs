//! Opens the session of a family for a step.

use super::{
    aim::Aim,
    steps::{Kind, Step},
};
use crate::{
    probe::{
        drive::Protocol,
        iec62056,
        port::{Framing, Settings},
        push,
        readout::Readout,
        sml,
        way::{Family, Quirk, Way},
    },
    time::Moment,
};

/// At this speed a meter of mode D sends text.
const MODE_D_BAUD: u32 = 2_400;
const P1_BAUD: u32 = 115_200;

/// The session that tries this step.
pub(super) fn open(now: Moment, aim: &Aim, step: &Step) -> Box<dyn Protocol<Done = Readout>> {
    match &step.kind {
        Kind::Known(way) => known(now, aim, step, way),
        Kind::Listen if matches!(step.baud, MODE_D_BAUD | P1_BAUD) => text(now, step),
        Kind::Listen => Box::new(sml::Session::start(now, listening(step))),
        Kind::Dlms | Kind::Iec62056 | Kind::Iec62056Woken | Kind::Dlt645 | Kind::Dlt645Old | Kind::C1218 => {
            iec(aim, now)
        }
    }
}

fn known(now: Moment, aim: &Aim, step: &Step, way: &Way) -> Box<dyn Protocol<Done = Readout>> {
    match way.family {
        Family::Sml => Box::new(sml::Session::start(now, listening(step))),
        Family::Iec62056 if way.has(Quirk::Pushes) => text(now, step),
        Family::Iec62056 | Family::Dlms | Family::Dlt645 | Family::C1218 => iec(aim, now),
    }
}

fn iec(aim: &Aim, now: Moment) -> Box<dyn Protocol<Done = Readout>> {
    let address = aim.address.as_deref().and_then(|address| address.parse().ok());
    Box::new(iec62056::Session::start(now, iec62056::Config { address }))
}

fn text(now: Moment, step: &Step) -> Box<dyn Protocol<Done = Readout>> {
    Box::new(push::Session::start(now, listening(step)))
}

/// Eight bits, whatever the meter: a parity bit is seen by its evidence.
const fn listening(step: &Step) -> push::Config {
    let settings = Settings { baud: step.baud, framing: Framing::EightNone };
    push::Config { settings, patience: step.patience }
}
