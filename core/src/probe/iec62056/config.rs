//! What must be known before a readout.

use std::{sync::Arc, time::Duration};

use super::{
    message::Address,
    singles,
    speed::{Approach, STEPS_MAX, plan},
};
use crate::probe::{
    keys::Keyring,
    part::Wants,
    port::Patience,
    way::{Quirk, Way},
};

/// The book allows an answer 1,500 ms; USB and Bluetooth add their own.
pub(super) const PATIENCE: Patience = Patience { attempts: 3, wait: Duration::from_millis(2_000) };

/// The book has no longer values.
const PASSWORD_MAX: usize = 32;

/// What must be known before a readout.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// Which of several meters shall answer; whatever is there, when left out.
    pub address: Option<Address>,
    /// How long to wait for a first answer, and how often.
    pub patience: Patience,
    /// The meter sleeps: wake it before it is asked.
    pub wake: bool,
    /// One of the maker's own lists, `b'6'` to `b'9'`: mostly a short one. Where there is none, or nothing in
    /// it, the usual list is read.
    pub list: Option<u8>,
    /// How the meter was reached before.
    pub way: Option<Way>,
    /// Only these registers, one by one in programming mode, as the meter writes their names. Where a meter has
    /// no such mode, its whole list is read.
    pub single: Vec<String>,
    /// What shall be read beside the registers.
    pub wants: Wants,
    /// Passwords. The one of this meter is said in programming mode if the meter wants it, and once only if it
    /// is wrong.
    pub keyring: Arc<Keyring>,
    /// The number of the meter that should be here, to find its password by.
    pub serial: Option<String>,
}

impl Config {
    /// Whether the meter was known to have this quirk.
    pub(super) fn has(&self, quirk: Quirk) -> bool {
        self.way.as_ref().is_some_and(|way| way.has(quirk))
    }

    /// The list to ask for: what the meter is known to give, or else what is wanted; none for the usual one.
    pub(super) fn list(&self) -> Option<u8> {
        match self.way.as_ref().and_then(|way| way.list) {
            Some(0) => None,
            Some(known) => known.checked_add(b'0'),
            None => self.list,
        }
    }

    /// The registers that are asked for one by one, where that is how they are asked for.
    pub(super) fn names(&self) -> Vec<String> {
        if self.single.is_empty() { singles::usual() } else { self.single.clone() }
    }

    pub(super) fn wakes(&self) -> bool {
        self.wake || self.has(Quirk::Sleeps)
    }

    /// Whether the readout begins in programming mode.
    pub(super) fn begins_in_programming(&self) -> bool {
        self.wants.beside_only || !self.single.is_empty() || self.has(Quirk::Single)
    }

    /// The password of the meter of this number, or else of the one that should be here.
    pub(super) fn password(&self, serial: Option<&str>) -> Option<String> {
        let address = self.address().map(|address| address.to_string());
        let serial = serial.or(self.serial.as_deref()).or(address.as_deref());
        let password = self.keyring.of(serial)?.password.clone()?;
        let legal = |letter: u8| letter.is_ascii_graphic() && !b"()".contains(&letter);
        (password.len() <= PASSWORD_MAX && password.bytes().all(legal)).then_some(password)
    }

    /// The address that was asked for, or else that of the way.
    pub(super) fn address(&self) -> Option<Address> {
        self.address.clone().or_else(|| self.way.as_ref()?.address.parse().ok())
    }

    /// How boldly to begin with a meter that offers this: what is known to fail is not tried again.
    pub(super) fn approach(&self, offered: Option<u8>) -> Approach {
        let Some(way) = self.way.as_ref().filter(|way| way.has(Quirk::Slow)) else {
            return Approach::Offered(0);
        };
        let at_its_speed = |approach: &Approach| plan(offered, *approach).baud == way.baud;
        (0..=STEPS_MAX).map(Approach::Offered).find(at_its_speed).unwrap_or(Approach::Slow)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: None,
            patience: PATIENCE,
            wake: false,
            list: None,
            way: None,
            single: Vec::new(),
            wants: Wants::default(),
            keyring: Arc::default(),
            serial: None,
        }
    }
}
