//! Opens the session of a family for a step.

use std::time::Duration;

use super::{
    aim::Aim,
    steps::{Kind, MODE_D_BAUD, P1_BAUD, Step},
};
use crate::{
    probe::{
        c1218,
        dlms::{self, Address, Ends, Scope},
        dlt645::{self, Edition, Opening},
        drive::Protocol,
        iec62056, mode_e,
        port::{Framing, Patience, Settings},
        push,
        readout::Readout,
        sml,
        way::{Family, Quirk, Way},
    },
    time::Moment,
};

/// For the first answer in HDLC after a sign-on in text.
const HDLC_WAIT: Duration = Duration::from_millis(500);

/// The session that tries this step.
pub(super) fn open(now: Moment, aim: &Aim, step: &Step) -> Box<dyn Protocol<Done = Readout>> {
    match &step.kind {
        Kind::Known(way) => known(now, aim, step, way),
        Kind::Listen if matches!(step.baud, MODE_D_BAUD | P1_BAUD) => text(now, step),
        Kind::Listen => Box::new(sml::Session::start(now, listening(step))),
        Kind::Dlt645 => {
            dlt(now, aim, step, number(aim.address.as_deref()).map_or(Opening::Ask2007, Opening::Known))
        }
        Kind::Dlt645Old => dlt(now, aim, step, Opening::Ask1997),
        Kind::Dlt645Numbered => {
            let told = number(aim.address.as_deref()).or_else(|| number(aim.serial.as_deref()));
            dlt(now, aim, step, told.map_or(Opening::Ask2007, Opening::Known))
        }
        Kind::Dlms => Box::new(dlms::Session::start(now, dlms_config(aim, step))),
        Kind::C1218 => Box::new(c1218::Session::start(now, c1218_config(aim, step))),
        Kind::Iec62056 | Kind::Iec62056Woken => signing_on(now, aim, step, None),
    }
}

fn known(now: Moment, aim: &Aim, step: &Step, way: &Way) -> Box<dyn Protocol<Done = Readout>> {
    match way.family {
        Family::Sml => Box::new(sml::Session::start(now, listening(step))),
        Family::Iec62056 if way.has(Quirk::Pushes) => text(now, step),
        Family::Dlt645 => {
            let ask = if way.has(Quirk::Edition1997) { Opening::Ask1997 } else { Opening::Ask2007 };
            dlt(now, aim, step, number(Some(&way.address)).map_or(ask, Opening::Known))
        }
        Family::Dlms if way.has(Quirk::ModeE) => signing_on(now, aim, step, Some(way)),
        Family::Dlms => {
            let config = dlms_config(aim, step);
            // An address that nobody can read is none: all are tried.
            let config = config.clone().along(way).unwrap_or(config);
            Box::new(dlms::Session::start(now, config))
        }
        Family::C1218 => Box::new(c1218::Session::start(now, c1218_config(aim, step))),
        Family::Iec62056 => signing_on(now, aim, step, Some(way)),
    }
}

/// To the addresses that answer on nearly all optical heads; the slow steps have the others.
fn dlms_config(aim: &Aim, step: &Step) -> dlms::Config {
    let config = dlms::Config::new(aim.system_title, aim.challenge);
    let told = aim.address.as_deref().and_then(|address| address.parse::<Ends>().ok());
    let addresses = match told {
        Some(told) => vec![told.server],
        None if aim.slow && step.baud == config.settings.baud => config.addresses,
        None => vec![Address::ALL_STATIONS, Address::two(1, 17)],
    };
    dlms::Config {
        settings: Settings { baud: step.baud, framing: Framing::EightNone },
        addresses,
        client: told.map(|told| told.client),
        patience: step.patience,
        keyring: aim.keyring.clone(),
        serial: aim.serial.clone(),
        scope: if aim.full { Scope::All } else { Scope::Usual },
        wants: aim.wants,
        ..config
    }
}

fn c1218_config(aim: &Aim, step: &Step) -> c1218::Config {
    c1218::Config {
        settings: Settings { baud: step.baud, framing: Framing::EightNone },
        patience: step.patience,
        keyring: aim.keyring.clone(),
        serial: aim.serial.clone(),
        wants: aim.wants,
        ..c1218::Config::default()
    }
}

fn dlt(now: Moment, aim: &Aim, step: &Step, opening: Opening) -> Box<dyn Protocol<Done = Readout>> {
    let edition = match &step.kind {
        Kind::Known(way) if way.has(Quirk::Edition1997) => Some(Edition::Y1997),
        Kind::Known(_) => Some(Edition::Y2007),
        Kind::Dlms
        | Kind::Iec62056
        | Kind::Iec62056Woken
        | Kind::Dlt645
        | Kind::Dlt645Numbered
        | Kind::Dlt645Old
        | Kind::C1218
        | Kind::Listen => None,
    };
    let settings = Settings { baud: step.baud, framing: Framing::EightEven };
    let (patience, wants, full) = (step.patience, aim.wants, aim.full);
    Box::new(dlt645::Session::start(
        now,
        dlt645::Config { settings, opening, edition, patience, wants, full },
    ))
}

/// Twelve digits at most, if it is that.
fn number(text: Option<&str>) -> Option<dlt645::Address> {
    text.filter(|text| !text.is_empty()).and_then(|text| text.parse().ok())
}

/// In text, or in HDLC after a sign-on in text.
fn signing_on(now: Moment, aim: &Aim, step: &Step, way: Option<&Way>) -> Box<dyn Protocol<Done = Readout>> {
    let text = iec62056::Config {
        address: aim.address.as_deref().and_then(|address| address.parse().ok()),
        patience: step.patience,
        wake: step.kind == Kind::Iec62056Woken,
        way: way.filter(|way| way.family == Family::Iec62056).cloned(),
        wants: aim.wants,
        keyring: aim.keyring.clone(),
        serial: aim.serial.clone(),
        ..iec62056::Config::default()
    };
    let known = way.is_some_and(|way| way.family == Family::Dlms);
    let config = dlms_config(aim, step);
    let hdlc = match way {
        Some(way) if known => config.clone().along(way).unwrap_or(config),
        Some(_) | None => config,
    };
    // Within a link that was opened for it the meter has time for more addresses.
    let addresses = if known { hdlc.addresses } else { Address::usual() };
    let patience = Patience { attempts: 2, wait: HDLC_WAIT };
    let hdlc = dlms::Config { addresses, patience, ..hdlc };
    let has_keys = aim
        .keyring
        .of(aim.serial.as_deref())
        .is_some_and(|keys| keys.client.is_some() || keys.encryption_key.is_some());
    Box::new(mode_e::Session::start(now, mode_e::Config { text, hdlc, hdlc_first: known || has_keys }))
}

fn text(now: Moment, step: &Step) -> Box<dyn Protocol<Done = Readout>> {
    Box::new(push::Session::start(now, listening(step)))
}

/// Eight bits, whatever the meter: a parity bit is seen by its evidence.
const fn listening(step: &Step) -> push::Config {
    let settings = Settings { baud: step.baud, framing: Framing::EightNone };
    push::Config { settings, patience: step.patience }
}
