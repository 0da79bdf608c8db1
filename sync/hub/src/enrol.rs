//! One-time codes: ten digits that a person can type, kept by the hub as a hash only.

use sha2::{Digest as _, Sha256};

/// Days that a code is good for, unless the office says otherwise.
pub const VALID_HOURS: u32 = 7 * 24;
/// Wrong codes in one hour after which the hub listens to no code for the rest of it. At this rate, guessing
/// one of a hundred open codes within their seven days succeeds once in ten thousand tries.
pub const WRONG_CODES_MAX: i64 = 60;

const DIGITS: usize = 10;

/// A code from random bytes, such as `48213-90577`.
pub fn code(random: [u8; 8]) -> String {
    let digits = format!("{:010}", u64::from_be_bytes(random) % 10_u64.pow(10));
    let (left, right) = digits.split_at(DIGITS / 2);
    format!("{left}-{right}")
}

/// What the ledger keeps of a code, however it was typed; nothing if it is no code at all.
pub fn code_hash(typed: &str) -> Option<[u8; 32]> {
    let digits: String = typed.chars().filter(|letter| !matches!(letter, ' ' | '-')).collect();
    if digits.len() != DIGITS || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let mut hash = Sha256::new();
    hash.update(b"MRS1 code\0");
    hash.update(digits.as_bytes());
    Some(hash.finalize().into())
}
