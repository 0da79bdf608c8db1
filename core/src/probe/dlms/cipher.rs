//! Security suite 0: AES-128-GCM with tags of twelve bytes, and the counters that must never repeat.
//! IEC 62056-53, 5.4.2 and the Green Book 9.2.7; checked against the Green Book's own example.

use std::fmt;

use aes_gcm::{
    AesGcm, Key, KeyInit, Tag,
    aead::{AeadInOut, inout::InOutBuf},
    aes::{Aes128, cipher::consts::U12},
};

use super::cursor::{Cursor, write_length};
use crate::probe::keys::Keys;

type Gcm = AesGcm<Aes128, U12, U12>;

/// Authenticated.
const AUTHENTICATED: u8 = 0x10;
/// Encrypted.
const ENCRYPTED: u8 = 0x20;
/// What we send is both.
const BOTH: u8 = AUTHENTICATED | ENCRYPTED;
const TAG_BYTES: usize = 12;
/// general-glo-ciphering, which names its sender.
const GENERAL_GLO: u8 = 0xDB;
/// Tag, length, security control, counter and authentication tag around a message of ours.
pub(super) const OVERHEAD_MAX: usize = 1 + 3 + 1 + 4 + TAG_BYTES;

/// Why a ciphered message is not believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum CipherError {
    /// It is not ciphered at all, or in a way of another suite.
    #[error("not a ciphered message of suite 0")]
    Foreign,
    /// Its tag does not fit: another key, another sender, or changed on the way.
    #[error("the authentication tag is wrong")]
    Tag,
    /// Its counter was used before.
    #[error("the invocation counter does not rise")]
    Counter,
}

/// The keys of suite 0.
#[derive(Clone, Eq, PartialEq)]
pub(super) struct SuiteKeys {
    encryption: [u8; 16],
    authentication: [u8; 16],
    fingerprint: [u8; 8],
}

/// Shows no key.
impl fmt::Debug for SuiteKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SuiteKeys")
    }
}

impl SuiteKeys {
    /// Nothing where one of both is missing.
    pub(super) fn of(keys: &Keys) -> Option<Self> {
        let fingerprint = keys.fingerprint()?;
        Some(Self { encryption: keys.encryption_key?, authentication: keys.authentication_key?, fingerprint })
    }

    /// What follows the length of a ciphered message: security control, counter, cipher text, tag.
    pub(super) fn seal(&self, title: [u8; 8], control: u8, counter: u32, plain: &[u8]) -> Option<Vec<u8>> {
        let mut out = vec![control];
        out.extend(counter.to_be_bytes());
        let start = out.len();
        out.extend_from_slice(plain);
        let nonce = nonce(title, counter);
        let aad = self.aad(control, plain);
        let tag = if control & ENCRYPTED == 0 {
            self.gcm().encrypt_inout_detached(&nonce.into(), &aad, InOutBuf::from(&mut [][..])).ok()?
        } else {
            let body = InOutBuf::from(out.get_mut(start..)?);
            self.gcm().encrypt_inout_detached(&nonce.into(), &aad, body).ok()?
        };
        if control & AUTHENTICATED != 0 {
            out.extend_from_slice(&tag);
        }
        Some(out)
    }

    /// Counter and plain text of what follows the length of a ciphered message.
    pub(super) fn open(&self, title: [u8; 8], sealed: &[u8]) -> Result<(u32, Vec<u8>), CipherError> {
        let mut cursor = Cursor(sealed);
        let control = cursor.byte().ok_or(CipherError::Foreign)?;
        let counter = cursor.u32().ok_or(CipherError::Foreign)?;
        let nonce = nonce(title, counter).into();
        // Broadcast keys, compression and other suites are not ours.
        let plain = match control {
            ENCRYPTED => {
                let mut body = cursor.0.to_vec();
                // In counter mode both directions are the same; there is no tag.
                self.gcm()
                    .encrypt_inout_detached(&nonce, &[], InOutBuf::from(body.as_mut_slice()))
                    .map_err(|_| CipherError::Foreign)?;
                body
            }
            AUTHENTICATED | BOTH => {
                let length = cursor.0.len().checked_sub(TAG_BYTES).ok_or(CipherError::Foreign)?;
                let mut body = cursor.take(length).unwrap_or_default().to_vec();
                let tag: Tag<U12> = cursor.array::<TAG_BYTES>().ok_or(CipherError::Foreign)?.into();
                let aad = self.aad(control, &body);
                let buffer = if control == BOTH { body.as_mut_slice() } else { &mut [] };
                self.gcm()
                    .decrypt_inout_detached(&nonce, &aad, InOutBuf::from(buffer), &tag)
                    .map_err(|_| CipherError::Tag)?;
                body
            }
            _ => return Err(CipherError::Foreign),
        };
        Ok((counter, plain))
    }

    /// The security control and the authentication key, and what is sent in clear but vouched for.
    fn aad(&self, control: u8, plain: &[u8]) -> Vec<u8> {
        let mut aad = vec![control];
        aad.extend(self.authentication);
        if control & ENCRYPTED == 0 {
            aad.extend_from_slice(plain);
        }
        aad
    }

    fn gcm(&self) -> Gcm {
        Gcm::new(&Key::<Gcm>::from(self.encryption))
    }
}

fn nonce(title: [u8; 8], counter: u32) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce.iter_mut().zip(title.into_iter().chain(counter.to_be_bytes())).for_each(|(to, from)| *to = from);
    nonce
}

/// Both sides of a ciphered association.
#[derive(Debug)]
pub(super) struct Security {
    keys: SuiteKeys,
    ours: [u8; 8],
    theirs: Option<[u8; 8]>,
    /// The next counter to use, and how many more are on disk from it on.
    next: u32,
    left: u32,
    /// The last counter of the meter.
    heard: Option<u32>,
}

impl Security {
    pub(super) const fn new(keys: SuiteKeys, ours: [u8; 8]) -> Self {
        Self { keys, ours, theirs: None, next: 0, left: 0, heard: None }
    }

    /// These counters are on disk and ours.
    pub(super) const fn refill(&mut self, first: u32, count: u32) {
        (self.next, self.left) = (first, count);
    }

    /// Tells these keys from others.
    pub(super) const fn fingerprint(&self) -> [u8; 8] {
        self.keys.fingerprint
    }

    /// How many messages may still be sealed.
    pub(super) const fn left(&self) -> u32 {
        self.left
    }

    /// The counter of the next message.
    pub(super) const fn next(&self) -> u32 {
        self.next
    }

    /// Our system title.
    pub(super) const fn title(&self) -> [u8; 8] {
        self.ours
    }

    /// The meter has named itself.
    pub(super) fn meet(&mut self, title: [u8; 8]) {
        if self.theirs != Some(title) {
            (self.theirs, self.heard) = (Some(title), None);
        }
    }

    /// Seals a message; nothing, when no counter is left.
    pub(super) fn seal(&mut self, tag: u8, plain: &[u8]) -> Option<Vec<u8>> {
        let counter = self.count()?;
        let sealed = self.keys.seal(self.ours, BOTH, counter, plain)?;
        let mut out = vec![tag];
        write_length(&mut out, sealed.len());
        out.extend(sealed);
        Some(out)
    }

    /// Opens a message of the meter, ciphered globally (any tag of those services) or in the general way.
    pub(super) fn open(&mut self, apdu: &[u8]) -> Result<Vec<u8>, CipherError> {
        let mut cursor = Cursor(apdu);
        let title = match cursor.byte() {
            Some(GENERAL_GLO) => cursor.counted().and_then(|title| title.try_into().ok()),
            Some(0x21 | 0x28 | 0xC8..=0xCF) => self.theirs,
            Some(_) | None => None,
        };
        let title = title.filter(|title| self.theirs.is_none_or(|theirs| theirs == *title));
        let (Some(title), Some(sealed)) = (title, cursor.counted()) else { return Err(CipherError::Foreign) };
        let (counter, plain) = self.keys.open(title, sealed)?;
        if self.heard.is_some_and(|heard| counter <= heard) {
            return Err(CipherError::Counter);
        }
        self.heard = Some(counter);
        Ok(plain)
    }

    /// What proves to the meter that we have the keys: its challenge, authenticated.
    pub(super) fn prove(&mut self, challenge: &[u8]) -> Option<Vec<u8>> {
        let counter = self.count()?;
        let token = self.keys.seal(self.ours, AUTHENTICATED, counter, challenge)?;
        // The challenge itself is not sent back.
        let (head, tag) = (token.get(..5)?, token.get(5 + challenge.len()..)?);
        Some([head, tag].concat())
    }

    /// Whether the meter's proof is one over our challenge.
    pub(super) fn is_proof(&self, token: &[u8], challenge: &[u8]) -> bool {
        let (Some(title), Some((head, tag))) = (self.theirs, token.split_at_checked(5)) else { return false };
        let whole = [head, challenge, tag].concat();
        head.first() == Some(&AUTHENTICATED) && self.keys.open(title, &whole).is_ok()
    }

    fn count(&mut self) -> Option<u32> {
        self.left = self.left.checked_sub(1)?;
        let counter = self.next;
        self.next = counter.checked_add(1)?;
        Some(counter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: SuiteKeys = SuiteKeys {
        encryption: *b"our own test key",
        authentication: *b"and its fellow..",
        fingerprint: [0; 8],
    };
    const CLIENT: [u8; 8] = *b"LMPclien";
    const METER: [u8; 8] = *b"LMPmeter";

    fn security() -> Security {
        let mut security = Security::new(KEYS, CLIENT);
        security.refill(7, 3);
        security.meet(METER);
        security
    }

    fn from_meter(counter: u32, plain: &[u8]) -> Vec<u8> {
        let sealed = KEYS.seal(METER, BOTH, counter, plain).unwrap();
        [&[0xCC, u8::try_from(sealed.len()).unwrap()][..], &sealed].concat()
    }

    #[test]
    fn no_counter_is_used_twice_and_none_that_is_not_on_disk() {
        let mut security = security();
        let counters: Vec<Option<u8>> =
            (0..4).map(|_| security.seal(0xC8, b"x").map(|sealed| sealed[6])).collect();
        assert_eq!(counters, [Some(7), Some(8), Some(9), None]);
        assert_eq!(security.prove(b"challenge"), None);
    }

    #[test]
    fn a_reply_with_a_wrong_bit_or_an_old_counter_is_rejected() {
        let mut security = security();
        let reply = from_meter(5, b"plain");
        for at in 0..reply.len() {
            let mut changed = reply.clone();
            changed[at] ^= 1;
            if at == 0 {
                // The tag of the service is not authenticated; what is inside tells what it is.
                continue;
            }
            assert!(security.open(&changed).is_err(), "{at}");
        }
        assert_eq!(security.open(&reply).unwrap(), b"plain");
        assert_eq!(security.open(&reply), Err(CipherError::Counter));
        assert_eq!(security.open(&from_meter(4, b"plain")), Err(CipherError::Counter));
        assert_eq!(security.open(&from_meter(6, b"plain")).unwrap(), b"plain");
        assert_eq!(security.open(&[0xC4, 1, 0xC1, 0, 0x11, 1]), Err(CipherError::Foreign));
    }

    #[test]
    fn general_ciphering_is_opened_for_the_meter_of_this_conversation_only() {
        let sealed = |title: [u8; 8]| {
            let sealed = KEYS.seal(title, BOTH, 5, b"plain").unwrap();
            [&[0xDB, 8][..], &title, &[u8::try_from(sealed.len()).unwrap()], &sealed].concat()
        };
        assert_eq!(security().open(&sealed(METER)).unwrap(), b"plain");
        assert_eq!(security().open(&sealed(*b"XXXother")), Err(CipherError::Foreign));
    }

    #[test]
    fn the_meters_proof_is_one_over_our_challenge_by_the_meter() {
        let mut meter = Security::new(KEYS, METER);
        meter.refill(1, 2);
        let token = meter.prove(b"our challenge").unwrap();
        assert!(security().is_proof(&token, b"our challenge"));
        assert!(!security().is_proof(&token, b"our challengf"));
        let mut reflected = Security::new(KEYS, CLIENT);
        reflected.refill(1, 1);
        let own = reflected.prove(b"our challenge").unwrap();
        assert!(!security().is_proof(&own, b"our challenge"), "our own words thrown back at us");
        assert!(!security().is_proof(&[], b"our challenge"));
    }

    #[test]
    fn what_is_only_encrypted_or_only_authenticated_is_opened_too() {
        for control in [AUTHENTICATED, ENCRYPTED, BOTH] {
            let sealed = KEYS.seal(METER, control, 9, b"plain").unwrap();
            assert_eq!(KEYS.open(METER, &sealed), Ok((9, b"plain".to_vec())), "{control:02X}");
        }
        for control in [0x00, 0x31, 0x70, 0xB0] {
            assert_eq!(KEYS.open(METER, &[control; 30]), Err(CipherError::Foreign), "{control:02X}");
        }
    }
}
