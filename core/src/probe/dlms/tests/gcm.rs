//! AES-GCM once more, bit by bit from the book (NIST SP 800-38D), so that the meter here does not agree with the
//! client only because both have the same cipher.

use aes_gcm::aes::{
    Aes128,
    cipher::{BlockCipherEncrypt, KeyInit},
};

fn block(key: [u8; 16], input: [u8; 16]) -> u128 {
    let mut block = input.into();
    Aes128::new(&key.into()).encrypt_block(&mut block);
    u128::from_be_bytes(block.into())
}

fn times(x: u128, mut v: u128) -> u128 {
    let mut z = 0;
    for bit in (0..128).rev() {
        if (x >> bit) & 1 == 1 {
            z ^= v;
        }
        let carry = v & 1;
        v >>= 1;
        if carry == 1 {
            v ^= 0xE1 << 120;
        }
    }
    z
}

fn counter_block(nonce: [u8; 12], count: u32) -> [u8; 16] {
    let mut input = [0; 16];
    input[..12].copy_from_slice(&nonce);
    input[12..].copy_from_slice(&count.to_be_bytes());
    input
}

/// Encrypts and decrypts.
pub(super) fn stream(key: [u8; 16], nonce: [u8; 12], text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, chunk) in text.chunks(16).enumerate() {
        let pad = block(key, counter_block(nonce, 2 + u32::try_from(at).unwrap())).to_be_bytes();
        out.extend(chunk.iter().zip(pad).map(|(byte, pad)| byte ^ pad));
    }
    out
}

/// The first twelve bytes of the tag.
pub(super) fn tag(key: [u8; 16], nonce: [u8; 12], aad: &[u8], cipher: &[u8]) -> [u8; 12] {
    let h = block(key, [0; 16]);
    let mut sum = 0;
    for part in [aad, cipher] {
        for chunk in part.chunks(16) {
            let mut padded = [0; 16];
            padded[..chunk.len()].copy_from_slice(chunk);
            sum = times(sum ^ u128::from_be_bytes(padded), h);
        }
    }
    let bits = |bytes: &[u8]| bytes.len() as u128 * 8;
    sum = times(sum ^ (bits(aad) << 64) ^ bits(cipher), h);
    let tag = (sum ^ block(key, counter_block(nonce, 1))).to_be_bytes();
    tag[..12].try_into().unwrap()
}
