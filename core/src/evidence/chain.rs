//! The chain: every event carries the hash of all events before it, so none can be taken out or put in.

use std::{fmt, str::FromStr};

use sha2::{Digest as _, Sha256};

use crate::id::{DeviceId, ReadingId};

/// SHA-256.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What stands before the first event of an epoch.
    pub const START: Self = Self([0; 32]);

    /// Of any bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl TryFrom<&[u8]> for Hash {
    type Error = WrongLength;

    fn try_from(bytes: &[u8]) -> Result<Self, WrongLength> {
        bytes.try_into().map(Self).map_err(|_| WrongLength)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Hash {
    type Err = WrongLength;

    fn from_str(text: &str) -> Result<Self, WrongLength> {
        let digit = |at: usize| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let bytes: Vec<u8> = (0..text.len()).step_by(2).map_while(digit).collect();
        bytes[..].try_into()
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// Not as many bytes as a hash or a key has.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("wrong number of bytes")]
pub struct WrongLength;

/// One device's log since it was enrolled or set up anew.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Log {
    /// Whose.
    pub device: DeviceId,
    /// Counts reinstallations and forks, from 1.
    pub epoch: u32,
}

/// The last link of a chain. `seq` 0 with [`Hash::START`] is the empty chain.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Head {
    /// Number of the event, from 1, without gaps.
    pub seq: u64,
    /// Hash over it and all before it.
    pub hash: Hash,
}

impl Head {
    /// Before the first event.
    pub const EMPTY: Self = Self { seq: 0, hash: Hash::START };

    /// The head after one more event: SHA-256 over `MRS1`, device, epoch, number (big-endian), the hash
    /// before, the length of the payload, and the payload's very bytes.
    #[must_use]
    pub fn next(self, log: Log, payload: &[u8]) -> Self {
        let seq = self.seq + 1;
        let mut hash = Sha256::new();
        hash.update(b"MRS1");
        hash.update(log.device.as_bytes());
        hash.update(log.epoch.to_be_bytes());
        hash.update(seq.to_be_bytes());
        hash.update(self.hash.0);
        hash.update((payload.len() as u64).to_be_bytes());
        hash.update(payload);
        Self { seq, hash: Hash(hash.finalize().into()) }
    }
}

/// The public name of the reading that is event `seq` of this log.
pub fn reading_id(log: Log, seq: u64) -> ReadingId {
    ReadingId::derived(&[log.device.as_bytes(), &log.epoch.to_be_bytes(), &seq.to_be_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_depends_on_everything_before_it() {
        let log = Log { device: DeviceId::new([7; 16]), epoch: 1 };
        let chain =
            |payloads: &[&[u8]]| payloads.iter().fold(Head::EMPTY, |head, payload| head.next(log, payload));
        let head = chain(&[b"a", b"b"]);
        assert_eq!(head, chain(&[b"a", b"b"]));
        assert_ne!(head, chain(&[b"ab"]));
        assert_ne!(head.hash, chain(&[b"b", b"a"]).hash);
        assert_ne!(head, Head::EMPTY.next(Log { epoch: 2, ..log }, b"a").next(log, b"b"));
    }
}
