//! The parcel: what waits on a device as one file that only the utility's recovery key opens, to be carried to the
//! office by whatever goes there.
//!
//! A label of [`LABEL_BYTES`] says for whom it is and what is in it; then, event by event and in order, the length of an
//! envelope (four bytes, big-endian) and the envelope; then a length of 0, and one last envelope about the label, with
//! SHA-256 over every byte before it. So nothing can be cut off, left out, put in or turned round unseen. What the events
//! are worth the chain and the seals in their envelopes say: anybody can make a parcel, nobody can make an event.

mod read;
mod write;

use lamplighter_core::{
    evidence::{
        chain::Log,
        envelope::{Fingerprint, VERSION},
    },
    id::DeviceId,
    store::Stretch,
};

pub use read::{Parcel, Unreadable};
pub use write::{Packed, Packer};

/// In every parcel's first bytes, before its version.
const MAGIC: &[u8; 7] = b"LMPLPCL";
/// Of a label.
pub const LABEL_BYTES: usize = MAGIC.len() + 1 + 16 + 16 + 4 + 8 + 8;
/// Most events in one parcel: a month of the busiest reader fifty times over.
pub const EVENTS_MAX: u64 = 1_000_000;

/// What stands on a parcel for everybody to read. That it is true its last envelope says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Label {
    /// The recovery key that opens it.
    pub to: Fingerprint,
    /// Whose events.
    pub log: Log,
    /// Those behind this number …
    pub after: u64,
    /// … up to this one.
    pub until: u64,
}

impl Label {
    /// Of what waits in a span of a device's log.
    pub const fn new(to: Fingerprint, device: DeviceId, span: Stretch) -> Self {
        Self { to, log: Log { device, epoch: span.epoch }, after: span.after, until: span.until }
    }

    /// How many events.
    pub const fn events(&self) -> u64 {
        self.until.saturating_sub(self.after)
    }

    fn to_bytes(self) -> Vec<u8> {
        let Self { to, log, after, until } = self;
        [
            &MAGIC[..],
            &[VERSION],
            &to.0,
            log.device.as_bytes(),
            &log.epoch.to_be_bytes(),
            &after.to_be_bytes(),
            &until.to_be_bytes(),
        ]
        .concat()
    }

    fn from_bytes(bytes: &[u8; LABEL_BYTES]) -> Result<Self, Unreadable> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(Unreadable::NoParcel)?;
        let ([version], rest) = rest.split_first_chunk().ok_or(Unreadable::NoParcel)?;
        if *version != VERSION {
            return Err(Unreadable::Newer(*version));
        }
        let (to, rest) = rest.split_first_chunk().ok_or(Unreadable::NoParcel)?;
        let (device, rest) = rest.split_first_chunk().ok_or(Unreadable::NoParcel)?;
        let (epoch, rest) = rest.split_first_chunk().ok_or(Unreadable::NoParcel)?;
        let (after, rest) = rest.split_first_chunk().ok_or(Unreadable::NoParcel)?;
        let (until, _) = rest.split_first_chunk().ok_or(Unreadable::NoParcel)?;
        let log = Log { device: DeviceId::new(*device), epoch: u32::from_be_bytes(*epoch) };
        let (after, until) = (u64::from_be_bytes(*after), u64::from_be_bytes(*until));
        let label = Self { to: Fingerprint(*to), log, after, until };
        match label.events() {
            // No log is that long, and its numbers are counted on from.
            0 => Err(Unreadable::Label),
            _ if until > i64::MAX.unsigned_abs() || log.epoch == 0 => Err(Unreadable::Label),
            1..=EVENTS_MAX => Ok(label),
            _ => Err(Unreadable::TooMany),
        }
    }
}

/// What the last envelope is about, so that it is no event's and no other parcel's.
fn about_end(label: &[u8]) -> Vec<u8> {
    [b"end of parcel\0", label].concat()
}

#[cfg(test)]
mod tests;
