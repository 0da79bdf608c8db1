//! What must be known before a meter is read by DLMS.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use super::{
    address::{Address, AddressError, Ends},
    tour::Scope,
};
use crate::probe::{
    keys::Keyring,
    part::Wants,
    port::{Framing, Patience, Settings},
    way::{Quirk, Way},
};

/// What must be known beforehand.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Speed and look of the line. After a hand-over by mode E, as the caller has set it.
    pub settings: Settings,
    /// The meter's addresses to try, in order.
    pub addresses: Vec<Address>,
    /// As whom to come, where the keys do not say so: a client that has worked before.
    pub client: Option<u8>,
    /// How long each address may keep silent, and how often all of them are tried: from the second time on
    /// without a wish for longer frames, from the third on as another client. Some meters hear only that.
    pub patience: Patience,
    /// All keys at hand, by the meter's number.
    pub keyring: Arc<Keyring>,
    /// The meter's number, where it is known already.
    pub serial: Option<String>,
    /// Sixteen bytes that nobody can foresee, new for every session: our challenge to the meter.
    pub challenge: [u8; 16],
    /// Who we are, of all devices in the world: three letters and five bytes. No two devices with the same keys
    /// may have the same.
    pub system_title: [u8; 8],
    /// Which registers to read.
    pub scope: Scope,
    /// What to read beside them.
    pub wants: Wants,
    /// What is known of the meter.
    pub quirks: BTreeSet<Quirk>,
}

impl Config {
    /// A meter that nobody knows, at 9600 Bd, without keys.
    pub fn new(system_title: [u8; 8], challenge: [u8; 16]) -> Self {
        Self {
            settings: Settings { baud: 9_600, framing: Framing::EightNone },
            addresses: Address::usual(),
            client: None,
            patience: Patience { attempts: 3, wait: Duration::from_millis(500) },
            keyring: Arc::default(),
            serial: None,
            challenge,
            system_title,
            scope: Scope::default(),
            wants: Wants::default(),
            quirks: BTreeSet::new(),
        }
    }

    /// The same for a meter that was reached this way before.
    pub fn along(self, way: &Way) -> Result<Self, AddressError> {
        let Ends { server, client } = way.address.parse()?;
        Ok(Self {
            settings: Settings { baud: way.baud, framing: Framing::EightNone },
            addresses: vec![server],
            client: Some(client),
            quirks: way.quirks.clone(),
            ..self
        })
    }
}
