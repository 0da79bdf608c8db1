//! Opening: one event after the other, in little memory whatever the file says of itself.

use std::io::{self, Read};

use lamplighter_core::evidence::{
    chain::{Hash, Head},
    envelope::{ENVELOPE_BYTES_MAX, Enclosed, Fingerprint, OVERHEAD_BYTES, RecoverySecret},
};
use sha2::{Digest as _, Sha256};

use super::{EVENTS_MAX, LABEL_BYTES, Label, MAGIC, about_end};

/// Of the last envelope.
const END_BYTES: usize = 32 + OVERHEAD_BYTES;

/// Why a parcel is not taken. Nothing of it is.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// It begins like something else.
    #[error("the file is no parcel of a handheld")]
    NoParcel,
    /// A later release made it.
    #[error("the file was made by another release (form {0}): use that release")]
    Newer(u8),
    /// Somebody else is to open it.
    #[error("the file is for the recovery key {to}, this key is {given}")]
    AnotherKey {
        /// The key on its label.
        to: Fingerprint,
        /// The key that was tried.
        given: Fingerprint,
    },
    /// Numbers that no log has.
    #[error("the file is damaged: what its label says cannot be")]
    Label,
    /// More than we ever make.
    #[error("the file says that it holds more than {EVENTS_MAX} events: no device makes such a one")]
    TooMany,
    /// It ends too early.
    #[error("the file is cut off: copy it again from the device")]
    CutOff,
    /// The envelope of this event is not what was written.
    #[error("the file is damaged at event {0}: copy it again from the device")]
    Damaged(u64),
    /// The last envelope is not what was written, or not about this file.
    #[error(
        "the file is damaged or was changed: its end does not fit the rest; copy it again from the device"
    )]
    End,
    /// There is more behind the end.
    #[error("the file is damaged: there is more behind its end")]
    Behind,
    /// It cannot be read.
    #[error("the file cannot be read: {0}")]
    Storage(#[source] io::Error),
}

/// A parcel that is being read.
#[derive(Debug)]
pub struct Parcel<'a, R> {
    from: R,
    secret: &'a RecoverySecret,
    label: Label,
    hash: Sha256,
    /// The head after the last event that was read; nothing before the first one.
    last: Option<Head>,
}

impl<'a, R: Read> Parcel<'a, R> {
    /// Reads the label.
    pub fn open(mut from: R, secret: &'a RecoverySecret) -> Result<Self, Unreadable> {
        let mut bytes = [0; LABEL_BYTES];
        let (magic, rest) = bytes.split_at_mut(MAGIC.len());
        match fill(&mut from, magic) {
            Ok(()) if magic == MAGIC => {}
            Ok(()) | Err(Unreadable::CutOff) => return Err(Unreadable::NoParcel),
            Err(error) => return Err(error),
        }
        fill(&mut from, rest)?;
        let label = Label::from_bytes(&bytes)?;
        let given = secret.public().fingerprint();
        if label.to != given {
            return Err(Unreadable::AnotherKey { to: label.to, given });
        }
        let hash = Sha256::new().chain_update(bytes);
        Ok(Self { from, secret, label, hash, last: None })
    }

    /// What stands on it.
    pub const fn label(&self) -> &Label {
        &self.label
    }

    /// The next event. After the last one, nothing: then the whole file was as it was written.
    pub fn next_event(&mut self) -> Result<Option<Enclosed>, Unreadable> {
        let seq = self.last.map_or(self.label.after, |head| head.seq) + 1;
        let mut length = [0; 4];
        self.take(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        if seq > self.label.until {
            return if length == 0 { self.end().map(|()| None) } else { Err(Unreadable::End) };
        }
        if !(OVERHEAD_BYTES..=ENVELOPE_BYTES_MAX).contains(&length) {
            return Err(Unreadable::Damaged(seq));
        }
        let mut envelope = vec![0; length];
        self.take(&mut envelope)?;
        let enclosed = self.secret.disclose(self.label.log, seq, &envelope);
        let enclosed = enclosed.map_err(|_| Unreadable::Damaged(seq))?;
        if self.last.is_some_and(|last| last != enclosed.before) {
            return Err(Unreadable::Damaged(seq));
        }
        self.last = Some(enclosed.head);
        Ok(Some(enclosed))
    }

    /// SHA-256 of all that was read: of the whole file once there is no next event.
    pub fn hash(&self) -> Hash {
        Hash(self.hash.clone().finalize().into())
    }

    fn end(&mut self) -> Result<(), Unreadable> {
        let Hash(so_far) = self.hash();
        let mut envelope = [0; END_BYTES];
        self.take(&mut envelope)?;
        let told = self.secret.open(&about_end(&self.label.to_bytes()), &envelope);
        if told.map_err(|_| Unreadable::End)? != so_far {
            return Err(Unreadable::End);
        }
        match fill(&mut self.from, &mut [0]) {
            Ok(()) => Err(Unreadable::Behind),
            Err(Unreadable::CutOff) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn take(&mut self, bytes: &mut [u8]) -> Result<(), Unreadable> {
        fill(&mut self.from, bytes)?;
        self.hash.update(bytes);
        Ok(())
    }
}

fn fill(from: &mut impl Read, bytes: &mut [u8]) -> Result<(), Unreadable> {
    from.read_exact(bytes).map_err(|error| {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            Unreadable::CutOff
        } else {
            Unreadable::Storage(error)
        }
    })
}
