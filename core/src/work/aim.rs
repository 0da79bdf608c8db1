//! What is known about a meter before the trigger is pulled, and what is remembered after.

use std::sync::Arc;

use super::WorkError;
use crate::{
    meter::Meter,
    probe::{
        detect::{Aim, Head},
        keys::Keyring,
        part::Wants,
        readout::Readout,
    },
    store::{Setting, Store},
    time::UtcMs,
};

/// Three letters that are no maker's, and five bytes of our own.
const TITLE: &[u8; 3] = b"LMP";

/// The probe in the hand.
#[derive(Clone, Debug)]
pub struct Probe {
    /// What tells it from other probes: the name or the path of its port.
    pub name: String,
    /// What its light can do.
    pub head: Head,
    /// Passwords and keys.
    pub keyring: Arc<Keyring>,
}

/// Aims at a meter, known or not. `random` is new every time.
pub fn aim(
    store: &mut Store,
    probe: &Probe,
    meter: Option<&Meter>,
    mut wants: Wants,
    random: [u8; 21],
) -> Result<Aim, WorkError> {
    let (challenge, own) = random.split_at(16);
    let serial = meter.map(|meter| meter.serial.clone());
    let mut known = None;
    if let Some(serial) = &serial {
        known = store.way(serial, &probe.name)?;
        wants.profile = wants.profile.map(|span| store.missing_profile(serial, span)).transpose()?;
    }
    Ok(Aim {
        head: probe.head,
        known: known.or_else(|| meter.and_then(|meter| meter.way.clone())),
        lately: store.lately(&probe.name)?,
        serial,
        keyring: probe.keyring.clone(),
        challenge: challenge.try_into().unwrap_or_default(),
        system_title: system_title(store, own)?,
        wants,
        ..Aim::default()
    })
}

/// Remembers how a meter was reached, under the number that the office knows and the one that it told.
pub fn remember(
    store: &mut Store,
    now: UtcMs,
    probe: &Probe,
    planned: Option<&str>,
    readout: &Readout,
) -> Result<(), WorkError> {
    let told = readout.serial.as_deref();
    for serial in planned.into_iter().chain(told.filter(|told| planned != Some(told))) {
        store.put_way(serial, &probe.name, &readout.way, now)?;
    }
    Ok(())
}

/// Chosen once: meters tie their counters to whom they talk with.
fn system_title(store: &mut Store, random: &[u8]) -> Result<[u8; 8], WorkError> {
    let kept = store.setting(Setting::SystemTitle)?.and_then(|text| u64::from_str_radix(&text, 16).ok());
    if let Some(kept) = kept {
        return Ok(kept.to_be_bytes());
    }
    let mut title = [0; 8];
    for (to, from) in title.iter_mut().zip(TITLE.iter().chain(random)) {
        *to = *from;
    }
    store.put_setting(Setting::SystemTitle, Some(&format!("{:016x}", u64::from_be_bytes(title))))?;
    Ok(title)
}
