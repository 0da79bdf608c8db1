//! Leaves what waits on this device as one file for the office, which nobody else can open. It stays here, too: only a
//! receipt of the hub lets it go.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufReader, BufWriter, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::Mutex,
};

use lamplighter_core::{
    evidence::{chain::Hash, envelope::Fingerprint},
    store::{Recovery, Store, StoreError, Stretch},
};
use lamplighter_sync::parcel::{EVENTS_MAX, Label, Packed, Packer};
use sha2::{Digest as _, Sha256};

use crate::{dto::CommandError, state::lock};

/// As many envelopes are in memory at once.
const EVENTS_AT_ONCE: usize = 256;
/// While a file is written the hub may give receipts for what was to go in; then the file begins anew with what is left.
const TRIES: u32 = 3;

/// What was left.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Left {
    /// The file, whole and on its disk.
    pub(crate) path: PathBuf,
    /// What is in it, its length and its hash.
    pub(crate) packed: Packed,
}

impl Left {
    /// The recovery key that opens it.
    pub(crate) const fn to(&self) -> Fingerprint {
        self.packed.label.to
    }
}

/// Writes everything that has no receipt to a new file. `progress` hears how many events are in, and of how many.
pub(crate) fn leave(
    store: &Mutex<Store>,
    path: &Path,
    progress: impl Fn(u64, u64),
) -> Result<Left, CommandError> {
    let there = || CommandError::FileThere { path: path.display().to_string() };
    if path.exists() {
        return Err(there());
    }
    let part = part_of(path);
    let written = write(store, &part, &progress).and_then(|packed| {
        if Hash(hash_of(&part)?) != packed.hash {
            return Err(Broken::Storage(io::Error::other("it does not read back as it was written")));
        }
        fs::rename(&part, path)?;
        sync_folder(path)?;
        Ok(packed)
    });
    match written {
        Ok(packed) => Ok(Left { path: path.to_owned(), packed }),
        Err(broken) => {
            // What is left of it is of no use; that it cannot be removed is not what went wrong.
            fs::remove_file(&part).ok();
            Err(match broken {
                Broken::Told(error) => error,
                Broken::Storage(error) => CommandError::cannot_write(path, &error),
            })
        }
    }
}

/// Why there is no file.
enum Broken {
    Told(CommandError),
    Storage(io::Error),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Storage(error)
    }
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self::Told(error.into())
    }
}

fn write(store: &Mutex<Store>, part: &Path, progress: &impl Fn(u64, u64)) -> Result<Packed, Broken> {
    for _ in 0..TRIES {
        let (label, recovery) = label(&lock(store))?;
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(part)?;
        let mut packer = Packer::new(BufWriter::new(file), recovery.key, label)?;
        if fill(store, &mut packer, label, progress)? {
            let mut random = [0; 32];
            getrandom::fill(&mut random).map_err(|error| Broken::Told(CommandError::internal(error)))?;
            let (mut out, packed) = packer.finish(random)?;
            out.flush()?;
            out.get_ref().sync_all()?;
            return Ok(packed);
        }
    }
    Err(Broken::Told(CommandError::NothingToLeave))
}

/// What waits, and for whom.
fn label(store: &Store) -> Result<(Label, Recovery), Broken> {
    let identity = store.identity()?.ok_or(StoreError::NotEnrolled)?;
    let recovery = store.recovery()?.ok_or(Broken::Told(CommandError::NoRecoveryKey))?;
    let span = store.waiting()?.ok_or(Broken::Told(CommandError::NothingToLeave))?;
    // Of more than a parcel holds the first go now; the rest with the next one, when these have their receipts.
    let span = Stretch { until: span.until.min(span.after.saturating_add(EVENTS_MAX)), ..span };
    Ok((Label::new(recovery.key.fingerprint(), identity.log.device, span), recovery))
}

/// Puts the envelopes in, unless some have got their receipts meanwhile or are for another key now.
fn fill(
    store: &Mutex<Store>,
    packer: &mut Packer<BufWriter<File>>,
    label: Label,
    progress: &impl Fn(u64, u64),
) -> Result<bool, Broken> {
    let mut after = label.after;
    while after < label.until {
        let envelopes = {
            let store = lock(store);
            if store.recovery()?.is_none_or(|known| known.key.fingerprint() != label.to) {
                return Ok(false);
            }
            let span = Stretch { epoch: label.log.epoch, after, until: label.until };
            store.envelopes(span, EVENTS_AT_ONCE)?
        };
        if envelopes.first().is_none_or(|envelope| envelope.seq != after + 1) {
            return Ok(false);
        }
        for envelope in envelopes {
            packer.put(&envelope)?;
            after = envelope.seq;
        }
        progress(after - label.after, label.events());
    }
    Ok(true)
}

/// Beside the file, so that renaming is one step.
fn part_of(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".part");
    path.with_file_name(name)
}

fn hash_of(path: &Path) -> io::Result<[u8; 32]> {
    let mut file = BufReader::new(File::open(path)?);
    let mut hash = Sha256::new();
    let mut bytes = [0; 16 * 1024];
    loop {
        match file.read(&mut bytes)? {
            0 => return Ok(hash.finalize().into()),
            count => hash.update(bytes.get(..count).unwrap_or_default()),
        }
    }
}

/// Not every file system of a stick can be asked for it; the file itself is on it.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match File::open(folder.unwrap_or_else(|| Path::new("."))).and_then(|folder| folder.sync_all()) {
        Err(error) if [io::ErrorKind::InvalidInput, io::ErrorKind::Unsupported].contains(&error.kind()) => {
            Ok(())
        }
        done => done,
    }
}

#[cfg(test)]
mod tests;
