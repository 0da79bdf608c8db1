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
        full: meter.is_some_and(needs_all),
        ..Aim::default()
    })
}

/// Whether the round wants more than the energy taken, which every quick list has.
fn needs_all(meter: &Meter) -> bool {
    meter.registers.iter().any(|register| register.obis.c != 1 || !register.obis.is_present_total())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::MeterId,
        obis::Obis,
        quantity::Unit,
        register::{Dials, Register},
    };

    fn probe() -> Probe {
        Probe { name: "p".into(), head: Head::default(), keyring: Arc::default() }
    }

    fn meter(codes: &[&str]) -> Meter {
        let register = |code: &&str| Register {
            obis: code.parse::<Obis>().unwrap(),
            unit: Unit::KiloWattHour,
            dials: Dials::new(6, 2).unwrap(),
            multiplier: "1".parse().unwrap(),
            history: vec![],
        };
        let registers = codes.iter().map(register).collect();
        Meter { id: MeterId::derived(&[]), serial: "50123456".into(), model: None, way: None, registers }
    }

    #[test]
    fn what_a_round_wants_beyond_energy_taken_is_read() {
        let mut store = Store::in_memory().unwrap();
        for (codes, full) in
            [(&["1.8.0", "1.8.1"][..], false), (&["1.8.0", "2.8.0"], true), (&["1.8.0", "1.6.0"], true)]
        {
            let aim = aim(&mut store, &probe(), Some(&meter(codes)), Wants::default(), [1; 21]).unwrap();
            assert_eq!(aim.full, full, "{codes:?}");
        }
    }

    #[test]
    fn a_system_title_is_chosen_once() {
        let mut store = Store::in_memory().unwrap();
        let mut title =
            |random| aim(&mut store, &probe(), None, Wants::default(), [random; 21]).unwrap().system_title;
        let first = title(1);
        assert_eq!((first, title(2)), (*b"LMP\x01\x01\x01\x01\x01", first));
    }
}
