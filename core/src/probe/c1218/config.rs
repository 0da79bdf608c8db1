//! What must be known before a readout.

use std::{sync::Arc, time::Duration};

use super::limits::{ACKNOWLEDGE_WAIT, BASE, TRIES_MAX, TURN_AROUND};
use crate::probe::{
    keys::Keyring,
    part::Wants,
    port::{Patience, Settings},
};

/// What must be known before a readout.
#[derive(Clone, Debug)]
pub struct Config {
    /// Speed and framing at which the conversation begins; the book has 9,600 Bd and eight bits without
    /// parity.
    pub settings: Settings,
    /// The highest speed in bits a second that the probe can do; no meter is asked for more.
    pub fastest: u32,
    /// How long to wait for a first answer, and how often.
    pub patience: Patience,
    /// Passwords. One is told only to a meter that refuses figures without it, and only once.
    pub keyring: Arc<Keyring>,
    /// The number of the meter that shall be there, to find its password where the meter does not say who it
    /// is.
    pub serial: Option<String>,
    /// As whom to log on. In the logs of meters 0 is the meter itself, and 1 a hand at its buttons.
    pub user: u16,
    /// Under which name to log on; ten characters of it count.
    pub name: String,
    /// What shall be read beside the registers.
    pub wants: Wants,
    /// How long the meter is given between its last bit and our first. As soon as something goes unheard it
    /// gets the 60 ms that old meters need.
    pub turn_around: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            settings: BASE,
            fastest: BASE.baud,
            patience: Patience { attempts: TRIES_MAX, wait: ACKNOWLEDGE_WAIT },
            keyring: Arc::default(),
            serial: None,
            user: 2,
            name: "Lamplight".into(),
            wants: Wants::default(),
            turn_around: TURN_AROUND,
        }
    }
}
