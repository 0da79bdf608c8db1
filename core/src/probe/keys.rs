//! Passwords and keys of meters. They are shown nowhere, and leave this room only towards their meter.

use std::{collections::BTreeMap, fmt};

use sha2::{Digest, Sha256};

/// What opens one meter.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Keys {
    /// Whom we speak as, in DLMS; the protocol's own choice when left out.
    pub client: Option<u8>,
    /// The password in clear: IEC 62056-21 P1, DLMS low level security, C12.18 security.
    pub password: Option<String>,
    /// The global unicast encryption key of DLMS security suite 0.
    pub encryption_key: Option<[u8; 16]>,
    /// The authentication key that goes with it.
    pub authentication_key: Option<[u8; 16]>,
}

impl Keys {
    /// Tells one key from another without telling the key: the first eight bytes of its hash.
    pub fn fingerprint(&self) -> Option<[u8; 8]> {
        let digest = Sha256::digest(self.encryption_key?);
        digest.first_chunk().copied()
    }
}

/// Says what there is, never what it is.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("client", &self.client)
            .field("password", &self.password.is_some())
            .field("encryption_key", &self.encryption_key.is_some())
            .field("authentication_key", &self.authentication_key.is_some())
            .finish()
    }
}

/// All keys at hand, by the meter's number.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Keyring {
    own: BTreeMap<String, Keys>,
    any: Option<Keys>,
}

impl Keyring {
    /// Hangs a key on the ring; `*` opens every meter that has none of its own.
    pub fn add(&mut self, serial: &str, keys: Keys) {
        if serial == "*" {
            self.any = Some(keys);
        } else {
            self.own.insert(serial.into(), keys);
        }
    }

    /// The keys of this meter. A number that the meter writes longer than the office, with a maker or zeros in
    /// front, still finds its own, if it is the only one.
    pub fn of(&self, serial: Option<&str>) -> Option<&Keys> {
        let serial = serial.map_or("", str::trim);
        if let Some(keys) = self.own.get(serial) {
            return Some(keys);
        }
        let mut alike = self.own.iter().filter(|(own, _)| own.len() >= TAIL_MIN && serial.ends_with(*own));
        match (alike.next(), alike.next()) {
            (Some((_, keys)), None) => Some(keys),
            _ => self.any.as_ref(),
        }
    }

    /// All passwords, so that they can be kept out of what is shown.
    pub(super) fn passwords(&self) -> impl Iterator<Item = &str> {
        self.own.values().chain(&self.any).filter_map(|keys| keys.password.as_deref())
    }

    /// Whether there is nothing on it.
    pub fn is_empty(&self) -> bool {
        self.own.is_empty() && self.any.is_none()
    }

    /// How many meters have keys of their own, and whether there is one for all others.
    pub fn count(&self) -> (usize, bool) {
        (self.own.len(), self.any.is_some())
    }
}

/// Fewer figures of a number than this are no sign.
const TAIL_MIN: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meter_has_its_own_keys_before_those_of_all() {
        let mut ring = Keyring::default();
        let keys = |client| Keys { client: Some(client), ..Keys::default() };
        assert_eq!(ring.of(Some("1")), None);
        ring.add("50123456", keys(1));
        ring.add("*", keys(2));
        for (serial, client) in [("50123456", 1), ("1EMH0050123456", 1), ("99", 2), ("456", 2)] {
            assert_eq!(ring.of(Some(serial)).unwrap().client, Some(client), "{serial}");
        }
        assert_eq!(ring.of(None).unwrap().client, Some(2));
    }

    #[test]
    fn nobody_sees_a_key_in_a_log() {
        let keys =
            Keys { password: Some("open sesame".into()), encryption_key: Some([7; 16]), ..Keys::default() };
        let shown = format!("{keys:?}");
        assert!(!shown.contains("sesame") && !shown.contains('7'), "{shown}");
        assert_ne!(keys.fingerprint(), Keys { encryption_key: Some([8; 16]), ..keys }.fingerprint());
    }
}
