//! Keys and signatures: Ed25519, each signature over the purpose it was made for, so that none can be passed
//! off as another.

use std::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use super::chain::{Head, Log, WrongLength};
use crate::time::UtcMs;

/// The signature is not this key's over these bytes, or the key is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the signature does not hold")]
pub struct BadSeal;

/// What a signature is for. The text is signed before the bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// A device answers for its log up to a head.
    Head,
    /// The hub holds a log up to a head.
    Receipt,
    /// A device asks the hub for something.
    Request,
    /// The hub hands plans to a device.
    Page,
    /// The hub answers for an export.
    Export,
    /// The hub says up to where it holds the same log as a device.
    Agreement,
    /// The hub tells a device the utility's recovery key.
    Recovery,
    /// The office answers for a rule pack.
    Pack,
    /// The hub hands readings over to billing.
    Billing,
}

impl Purpose {
    const fn context(self) -> &'static [u8] {
        match self {
            Self::Head => b"MRS1 head\0",
            Self::Receipt => b"MRS1 receipt\0",
            Self::Request => b"MRS1 request\0",
            Self::Page => b"MRS1 page\0",
            Self::Export => b"MRS1 export\0",
            Self::Agreement => b"MRS1 agreement\0",
            Self::Recovery => b"MRS1 recovery\0",
            Self::Pack => b"MRS1 pack\0",
            Self::Billing => b"MRS1 billing\0",
        }
    }
}

/// A signature, 64 bytes.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Seal(pub [u8; 64]);

impl TryFrom<&[u8]> for Seal {
    type Error = WrongLength;

    fn try_from(bytes: &[u8]) -> Result<Self, WrongLength> {
        bytes.try_into().map(Self).map_err(|_| WrongLength)
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal(…)")
    }
}

/// The half of a key pair that signs. It never leaves its store, and prints as nothing.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// A key from 32 random bytes.
    pub fn new(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// The random bytes it was made from, to be stored.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The half that everybody may know.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs bytes for a purpose.
    pub fn sign(&self, purpose: Purpose, bytes: &[u8]) -> Seal {
        Seal(self.0.sign(&[purpose.context(), bytes].concat()).to_bytes())
    }

    /// The device's seal over its log up to `head`.
    pub fn seal_head(&self, log: Log, head: Head) -> Seal {
        self.sign(Purpose::Head, &head_bytes(log, head))
    }

    /// The hub's receipt for a log up to `head`, given at `at`.
    pub fn sign_receipt(&self, log: Log, head: Head, at: UtcMs) -> Seal {
        self.sign(Purpose::Receipt, &receipt_bytes(log, head, at))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// The half of a key pair that checks.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct PublicKey(pub [u8; 32]);

impl PublicKey {
    /// Whether the seal is this key's, over these bytes, for this purpose.
    pub fn check(&self, purpose: Purpose, bytes: &[u8], seal: Seal) -> Result<(), BadSeal> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| BadSeal)?;
        let signature = Signature::from_bytes(&seal.0);
        key.verify_strict(&[purpose.context(), bytes].concat(), &signature).map_err(|_| BadSeal)
    }

    /// Whether a device with this key answers for its log up to `head`.
    pub fn check_head(&self, log: Log, head: Head, seal: Seal) -> Result<(), BadSeal> {
        self.check(Purpose::Head, &head_bytes(log, head), seal)
    }

    /// Whether a hub with this key holds a log up to `head` since `at`.
    pub fn check_receipt(&self, log: Log, head: Head, at: UtcMs, seal: Seal) -> Result<(), BadSeal> {
        self.check(Purpose::Receipt, &receipt_bytes(log, head, at), seal)
    }
}

impl TryFrom<&[u8]> for PublicKey {
    type Error = WrongLength;

    fn try_from(bytes: &[u8]) -> Result<Self, WrongLength> {
        bytes.try_into().map(Self).map_err(|_| WrongLength)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

fn head_bytes(log: Log, head: Head) -> Vec<u8> {
    [&log.device.as_bytes()[..], &log.epoch.to_be_bytes(), &head.seq.to_be_bytes(), &head.hash.0].concat()
}

fn receipt_bytes(log: Log, head: Head, at: UtcMs) -> Vec<u8> {
    [&head_bytes(log, head)[..], &at.0.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::DeviceId;

    #[test]
    fn a_seal_holds_for_its_own_words_only() {
        let key = SecretKey::new([5; 32]);
        let log = Log { device: DeviceId::new([1; 16]), epoch: 1 };
        let head = Head::EMPTY.next(log, b"x");
        let seal = key.seal_head(log, head);
        assert_eq!(key.public().check_head(log, head, seal), Ok(()));
        assert_eq!(key.public().check_head(Log { epoch: 2, ..log }, head, seal), Err(BadSeal));
        assert_eq!(key.public().check_receipt(log, head, UtcMs(0), seal), Err(BadSeal));
        assert_eq!(SecretKey::new([6; 32]).public().check_head(log, head, seal), Err(BadSeal));
        assert_eq!(PublicKey([0xff; 32]).check_head(log, head, seal), Err(BadSeal));
    }
}
