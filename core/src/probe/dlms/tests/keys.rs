//! Keys of the virtual meter, and sealing and opening with them, independent of the client's.

use super::gcm;

/// Both keys of suite 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct MeterKeys {
    pub(super) encryption: [u8; 16],
    pub(super) authentication: [u8; 16],
}

pub(super) const KEYS: MeterKeys =
    MeterKeys { encryption: *b"lamp key of test", authentication: *b"second of a pair" };
pub(super) const METER: [u8; 8] = *b"LMP\x00\x11\x22\x33\x44";
pub(super) const CLIENT: [u8; 8] = *b"LMPhand1";

fn nonce(title: [u8; 8], counter: u32) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[..8].copy_from_slice(&title);
    nonce[8..].copy_from_slice(&counter.to_be_bytes());
    nonce
}

#[test]
fn both_ciphers_agree_on_messages_of_any_length() {
    use crate::probe::dlms::cipher::SuiteKeys;
    let ours = SuiteKeys::of(&super::bench::right_keys()).unwrap();
    for length in 0..70_u8 {
        let plain: Vec<u8> = (0..length).collect();
        for control in [0x10, 0x20, 0x30] {
            let theirs = KEYS.seal(METER, control, u32::from(length) << 20, &plain);
            assert_eq!(ours.seal(METER, control, u32::from(length) << 20, &plain), Some(theirs));
        }
    }
}

impl MeterKeys {
    /// Security control, counter, text, tag.
    pub(super) fn seal(&self, title: [u8; 8], control: u8, counter: u32, plain: &[u8]) -> Vec<u8> {
        let nonce = nonce(title, counter);
        let mut aad = vec![control];
        aad.extend(self.authentication);
        let text =
            if control & 0x20 != 0 { gcm::stream(self.encryption, nonce, plain) } else { plain.to_vec() };
        let tag = if control & 0x20 != 0 {
            gcm::tag(self.encryption, nonce, &aad, &text)
        } else {
            aad.extend(plain);
            gcm::tag(self.encryption, nonce, &aad, &[])
        };
        let mut out = vec![control];
        out.extend(counter.to_be_bytes());
        out.extend(text);
        if control & 0x10 != 0 {
            out.extend(tag);
        }
        out
    }

    /// Counter and text of what is encrypted and authenticated.
    pub(super) fn open(&self, title: [u8; 8], sealed: &[u8]) -> Option<(u32, Vec<u8>)> {
        let counter = u32::from_be_bytes(sealed[1..5].try_into().unwrap());
        let (text, tag) = sealed[5..].split_at(sealed.len() - 17);
        let mut aad = vec![sealed[0]];
        aad.extend(self.authentication);
        let nonce = nonce(title, counter);
        (gcm::tag(self.encryption, nonce, &aad, text) == tag)
            .then(|| (counter, gcm::stream(self.encryption, nonce, text)))
    }

    /// A proof over a challenge.
    pub(super) fn prove(&self, title: [u8; 8], counter: u32, challenge: &[u8]) -> Vec<u8> {
        let whole = self.seal(title, 0x10, counter, challenge);
        [&whole[..5], &whole[5 + challenge.len()..]].concat()
    }
}
