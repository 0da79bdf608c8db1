//! Events in envelopes that only the utility's recovery key opens: who finds them learns nothing, and nothing in them
//! is lost.
//!
//! HPKE as RFC 9180 has it, in base mode: X25519 with HKDF-SHA256, and ChaCha20-Poly1305. Anybody can make an envelope;
//! whose event it is, its chain and the device's seal inside say.

use std::{array, convert::Infallible, fmt, str::FromStr};

use hpke::{
    Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _,
    aead::ChaCha20Poly1305,
    kdf::HkdfSha256,
    kem::X25519HkdfSha256,
    rand_core::{TryCryptoRng, TryRng},
    single_shot_open, single_shot_seal_with_rng,
};
use sha2::{Digest as _, Sha256};

use super::{
    chain::{Hash, Head, Log, WrongLength},
    event::PAYLOAD_BYTES_MAX,
    seal::{Seal, SecretKey},
};

type Kem = X25519HkdfSha256;
type Secret = <Kem as hpke::Kem>::PrivateKey;

/// Of the form described here. Another form is another number.
pub const VERSION: u8 = 1;
/// What an envelope adds to what it holds: the sender's half of a key used once, and the check.
pub const OVERHEAD_BYTES: usize = 32 + 16;
/// Longest envelope of one event.
pub const ENVELOPE_BYTES_MAX: usize = 32 + 64 + PAYLOAD_BYTES_MAX + OVERHEAD_BYTES;

const PURPOSE: &[u8] = b"MRS1 envelope\0";

/// The envelope is not what was written, or is for somebody else.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the envelope does not open")]
pub struct Unopened;

/// Nobody can be written to under this key.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("this is no recovery key")]
pub struct BadRecoveryKey;

/// The half of the recovery key that devices know.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct RecoveryKey(pub [u8; 32]);

/// The half that the office keeps away from the hub. It prints as nothing.
#[derive(Clone)]
pub struct RecoverySecret(Secret);

/// What two people compare to know that they mean the same recovery key.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Fingerprint(pub [u8; 16]);

/// What an envelope holds: one event, its place in the chain, and the device's seal over the log up to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Enclosed {
    /// The head before the event.
    pub before: Head,
    /// The head after it, as it follows from what is here.
    pub head: Head,
    /// The device's seal over `head`; whether it holds was not looked at.
    pub seal: Seal,
    /// The event's own bytes.
    pub payload: Vec<u8>,
}

impl RecoveryKey {
    /// For people.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut hash = Sha256::new();
        hash.update(b"MRS1 recovery key\0");
        hash.update(self.0);
        let hash = hash.finalize();
        Fingerprint(array::from_fn(|at| hash[at]))
    }

    /// Encloses the event that follows `before` in a log of the device with this key.
    pub fn enclose(
        &self,
        key: &SecretKey,
        log: Log,
        before: Head,
        payload: &[u8],
    ) -> Result<Vec<u8>, BadRecoveryKey> {
        let head = before.next(log, payload);
        let plain = [&before.hash.0[..], &key.seal_head(log, head).0, payload].concat();
        self.shut(self.draw(key, log, head), &self.about(log, head.seq), &plain)
    }

    /// An envelope of anything. `random` is used for nothing else; `about` is not hidden, and what it was must be known
    /// to open it.
    pub fn shut(&self, random: [u8; 32], about: &[u8], plain: &[u8]) -> Result<Vec<u8>, BadRecoveryKey> {
        let to = <Kem as hpke::Kem>::PublicKey::from_bytes(&self.0).map_err(|_| BadRecoveryKey)?;
        let (once, hidden) = single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeS::Base,
            &to,
            PURPOSE,
            plain,
            about,
            &mut Drawn { seed: random, blocks: 0 },
        )
        .map_err(|_| BadRecoveryKey)?;
        Ok([&once.to_bytes()[..], &hidden].concat())
    }

    /// Random to everybody but the device, other for every event: the head depends on all that is in it. So an event
    /// that is enclosed again, after a power cut or in a copy of the device, shows nothing new.
    fn draw(&self, key: &SecretKey, log: Log, head: Head) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(PURPOSE);
        hash.update(key.to_bytes());
        hash.update(self.about(log, head.seq));
        hash.update(head.hash.0);
        hash.finalize().into()
    }

    fn about(&self, log: Log, seq: u64) -> Vec<u8> {
        let Fingerprint(to) = self.fingerprint();
        [&[VERSION][..], &to, log.device.as_bytes(), &log.epoch.to_be_bytes(), &seq.to_be_bytes()].concat()
    }
}

impl RecoverySecret {
    /// A key from 32 random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(Kem::derive_keypair(&random).0)
    }

    /// A key from what [`to_bytes`](Self::to_bytes) gave.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, BadRecoveryKey> {
        Secret::from_bytes(&bytes).map(Self).map_err(|_| BadRecoveryKey)
    }

    /// To be kept where no hub is.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes().into()
    }

    /// The half that everybody may know.
    pub fn public(&self) -> RecoveryKey {
        RecoveryKey(Kem::sk_to_pk(&self.0).to_bytes().into())
    }

    /// Opens the envelope of event `seq` of a log.
    pub fn disclose(&self, log: Log, seq: u64, envelope: &[u8]) -> Result<Enclosed, Unopened> {
        let plain = self.open(&self.public().about(log, seq), envelope)?;
        let (hash, rest) = plain.split_first_chunk::<32>().ok_or(Unopened)?;
        let (seal, payload) = rest.split_first_chunk::<64>().ok_or(Unopened)?;
        let before = Head { seq: seq.checked_sub(1).ok_or(Unopened)?, hash: Hash(*hash) };
        let head = before.next(log, payload);
        Ok(Enclosed { before, head, seal: Seal(*seal), payload: payload.to_vec() })
    }

    /// What an envelope about this holds.
    pub fn open(&self, about: &[u8], envelope: &[u8]) -> Result<Vec<u8>, Unopened> {
        let (once, hidden) = envelope.split_first_chunk::<32>().ok_or(Unopened)?;
        let once = <Kem as hpke::Kem>::EncappedKey::from_bytes(once).map_err(|_| Unopened)?;
        single_shot_open::<ChaCha20Poly1305, HkdfSha256, Kem>(
            &OpModeR::Base,
            &self.0,
            &once,
            PURPOSE,
            hidden,
            about,
        )
        .map_err(|_| Unopened)
    }
}

impl fmt::Debug for RecoverySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoverySecret(…)")
    }
}

impl TryFrom<&[u8]> for RecoveryKey {
    type Error = WrongLength;

    fn try_from(bytes: &[u8]) -> Result<Self, WrongLength> {
        bytes.try_into().map(Self).map_err(|_| WrongLength)
    }
}

impl fmt::Display for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hash(self.0).fmt(f)
    }
}

impl FromStr for RecoveryKey {
    type Err = WrongLength;

    fn from_str(text: &str) -> Result<Self, WrongLength> {
        text.parse().map(|Hash(bytes)| Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    /// Eight groups of four hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chunks(2).enumerate().try_for_each(|(group, pair)| {
            let space = if group == 0 { "" } else { " " };
            pair.iter().try_fold(f.write_str(space)?, |(), byte| write!(f, "{byte:02x}"))
        })
    }
}

/// Hands out what was drawn elsewhere; block after block, should more than one be asked for.
struct Drawn {
    seed: [u8; 32],
    blocks: u64,
}

impl TryRng for Drawn {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Infallible> {
        for part in to.chunks_mut(32) {
            self.blocks += 1;
            let block =
                Sha256::new().chain_update(self.seed).chain_update(self.blocks.to_be_bytes()).finalize();
            part.iter_mut().zip(block).for_each(|(to, from)| *to = from);
        }
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::DeviceId;

    fn log() -> Log {
        Log { device: DeviceId::new([7; 16]), epoch: 1 }
    }

    #[test]
    fn only_the_recovery_key_opens_an_envelope_and_only_as_what_it_is() {
        let (secret, key) = (RecoverySecret::new([1; 32]), SecretKey::new([8; 32]));
        let before = Head::EMPTY.next(log(), b"first");
        let envelope = secret.public().enclose(&key, log(), before, b"second").unwrap();
        assert!(!envelope.windows(6).any(|part| part == b"second"));
        let enclosed = secret.disclose(log(), 2, &envelope).unwrap();
        assert_eq!((enclosed.before, &enclosed.payload[..]), (before, &b"second"[..]));
        assert_eq!(key.public().check_head(log(), enclosed.head, enclosed.seal), Ok(()));

        assert_eq!(RecoverySecret::new([2; 32]).disclose(log(), 2, &envelope), Err(Unopened));
        assert_eq!(secret.disclose(log(), 3, &envelope), Err(Unopened));
        assert_eq!(secret.disclose(Log { epoch: 2, ..log() }, 2, &envelope), Err(Unopened));
        for at in 0..envelope.len() {
            let mut changed = envelope.clone();
            changed[at] ^= 1;
            assert_eq!(secret.disclose(log(), 2, &changed), Err(Unopened), "byte {at}");
            assert_eq!(secret.disclose(log(), 2, &envelope[..at]), Err(Unopened), "{at} bytes");
        }
    }

    #[test]
    fn two_events_never_share_what_is_used_once() {
        let (to, key) = (RecoverySecret::new([1; 32]).public(), SecretKey::new([8; 32]));
        let enclose =
            |log: Log, before: Head, payload: &[u8]| to.enclose(&key, log, before, payload).unwrap();
        let first = enclose(log(), Head::EMPTY, b"a");
        let others = [
            enclose(log(), Head::EMPTY, b"b"),
            enclose(Log { epoch: 2, ..log() }, Head::EMPTY, b"a"),
            enclose(log(), Head::EMPTY.next(log(), b"a"), b"a"),
        ];
        assert_eq!(first, enclose(log(), Head::EMPTY, b"a"));
        assert!(others.iter().all(|other| other[..32] != first[..32]));
    }

    #[test]
    fn a_secret_comes_back_from_its_bytes_and_a_key_that_hides_nothing_is_none() {
        let secret = RecoverySecret::new([1; 32]);
        let again = RecoverySecret::from_bytes(secret.to_bytes()).unwrap();
        assert_eq!(again.public(), secret.public());
        assert_eq!(secret.public().to_string().parse(), Ok(secret.public()));
        assert_eq!(secret.public().fingerprint().to_string().len(), 39);
        assert_eq!(RecoveryKey([0; 32]).shut([3; 32], b"", b"x"), Err(BadRecoveryKey));
    }
}
