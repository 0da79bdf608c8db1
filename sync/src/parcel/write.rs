//! Packing: envelopes go in as the store made them, so that a device that is locked can pack its parcel too.

use std::io::{self, Write};

use lamplighter_core::{
    evidence::{chain::Hash, envelope::RecoveryKey},
    store::Envelope,
};
use sha2::{Digest as _, Sha256};

use super::{Label, about_end};

/// Writes a parcel.
#[derive(Debug)]
pub struct Packer<W> {
    out: W,
    key: RecoveryKey,
    label: Label,
    /// The last event that is in.
    last: u64,
    bytes: u64,
    hash: Sha256,
}

/// A parcel that is whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Packed {
    /// What stands on it.
    pub label: Label,
    /// How long it is.
    pub bytes: u64,
    /// SHA-256 of the file: whoever hands it over and whoever takes it compare this.
    pub hash: Hash,
}

impl<W: Write> Packer<W> {
    /// Begins a parcel for whoever has the other half of this key.
    pub fn new(out: W, key: RecoveryKey, label: Label) -> io::Result<Self> {
        let mut packer = Self { out, key, label, last: label.after, bytes: 0, hash: Sha256::new() };
        packer.write(&label.to_bytes())?;
        Ok(packer)
    }

    /// Adds the next event. Another one is refused: what is left out now is not in the parcel.
    pub fn put(&mut self, envelope: &Envelope) -> io::Result<()> {
        if envelope.seq != self.last + 1 || envelope.seq > self.label.until {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not the next event of the parcel"));
        }
        self.last = envelope.seq;
        self.envelope(&envelope.bytes)
    }

    /// Closes the parcel. `random` is fresh.
    pub fn finish(mut self, random: [u8; 32]) -> io::Result<(W, Packed)> {
        if self.last != self.label.until {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "events of the parcel are missing"));
        }
        self.write(&0_u32.to_be_bytes())?;
        let so_far: [u8; 32] = self.hash.clone().finalize().into();
        let end = self.key.shut(random, &about_end(&self.label.to_bytes()), &so_far);
        self.write(&end.map_err(io::Error::other)?)?;
        self.out.flush()?;
        let packed = Packed { label: self.label, bytes: self.bytes, hash: Hash(self.hash.finalize().into()) };
        Ok((self.out, packed))
    }

    fn envelope(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        self.write(&length.to_be_bytes())?;
        self.write(bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}
