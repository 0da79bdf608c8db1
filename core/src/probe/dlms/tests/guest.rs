//! The virtual meter behind its link, for benches of other rooms.

use std::{fmt, sync::Arc};

use super::{
    bench::{config, right_keys, ring},
    meter::{Door, Habits, Meter},
    station::{LinkHabits, Station},
};
use crate::probe::{dlms::Config, keys::Keys};

/// Whom the meter lets in, beside the public client that sees who it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::probe) enum Lock {
    /// Everybody.
    Open,
    /// Who has the keys.
    Keys,
    /// Who has the keys; to others it says nothing at all.
    DeafKeys,
    /// Who knows this.
    Password(&'static str),
    /// It is deaf to all requests for a link.
    NoLink,
}

/// A meter that talks HDLC.
pub(in crate::probe) struct Guest {
    station: Station<Meter>,
}

impl Guest {
    pub(in crate::probe) fn new(lock: Lock) -> Self {
        let habits = match lock {
            Lock::Open | Lock::NoLink => Habits::default(),
            Lock::Keys => Habits::locked(),
            Lock::DeafKeys => Habits { mute_to_wrong_keys: true, ..Habits::locked() },
            Lock::Password(password) => Habits {
                public: Door::Shut,
                management: Door::Password(password),
                public_sees_all: false,
                ..Habits::default()
            },
        };
        let hears = if lock == Lock::NoLink { Vec::new() } else { LinkHabits::default().hears };
        Self { station: Station::new(LinkHabits { hears, ..LinkHabits::default() }, Meter::new(habits)) }
    }

    /// What it says to a frame.
    pub(in crate::probe) fn hear(&mut self, frame: &[u8]) -> Option<Vec<u8>> {
        self.station.hear(frame)
    }

    /// The last frame was a goodbye.
    pub(in crate::probe) fn is_left(&self) -> bool {
        self.station.controls.last() == Some(&0x53)
    }

    /// A link is open: whoever comes next waits.
    pub(in crate::probe) const fn is_linked(&self) -> bool {
        self.station.is_linked()
    }

    /// How often somebody wanted to be let in as another client than the public one.
    pub(in crate::probe) fn offers(&self) -> usize {
        self.station.application.doors_tried.iter().filter(|client| **client != 16).count()
    }
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guest").finish_non_exhaustive()
    }
}

/// What must be known to read it, with these keys.
pub(in crate::probe) fn guest_config(keys: Option<Keys>) -> Config {
    Config { keyring: keys.map_or_else(Arc::default, ring), ..config() }
}

/// The keys that open it.
pub(in crate::probe) fn guest_keys() -> Keys {
    right_keys()
}
