//! Files that the hub writes: the export, proved before it gets its name, and others that are whole before they get theirs.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use lamplighter_core::time::UtcMs;
use lamplighter_sync::export::{Verified, verify};

use crate::{error::LedgerError, ledger::Ledger};

/// Writes the export of all cycles or of one to `path`, in place of a file that is there.
pub async fn write_file(
    ledger: &impl Ledger,
    path: &Path,
    cycle: Option<&str>,
    now: UtcMs,
    progress: impl FnMut(u64) + Send,
) -> Result<Verified, LedgerError> {
    let part = part_of(path)?;
    let written = write_part(ledger, &part, cycle, now, progress)
        .await
        .and_then(|verified| replace(&part, path).map_err(|torn| failed(path, &torn)).map(|()| verified));
    if written.is_err() {
        // What is left of it is of no use; that it cannot be removed is not what went wrong.
        let _ = fs::remove_file(&part);
    }
    written
}

/// Writes a file whole or not at all, in place of one that is there.
pub fn put(path: &Path, bytes: &[u8]) -> Result<(), LedgerError> {
    let part = part_of(path)?;
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(&part);
    let written = file.and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        replace(&part, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written.map_err(|torn| failed(path, &torn))
}

async fn write_part(
    ledger: &impl Ledger,
    part: &Path,
    cycle: Option<&str>,
    now: UtcMs,
    progress: impl FnMut(u64) + Send,
) -> Result<Verified, LedgerError> {
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(part);
    let file = file.map_err(|torn| failed(part, &torn))?;
    ledger.export(BufWriter::new(&file), cycle, now, progress).await?;
    file.sync_all().map_err(|torn| failed(part, &torn))?;
    let bytes = fs::read(part).map_err(|torn| failed(part, &torn))?;
    verify(&bytes, Some(ledger.key().public()))
        .map_err(|broken| LedgerError::Damaged(format!("the export does not prove itself: {broken}")))
}

/// Beside the file, so that renaming is one step.
fn part_of(path: &Path) -> Result<PathBuf, LedgerError> {
    let name = path.file_name().ok_or_else(|| LedgerError::impossible("a file to write needs a name"))?;
    let mut part = OsString::from(".");
    part.push(name);
    part.push(".part");
    Ok(path.with_file_name(part))
}

fn replace(part: &Path, path: &Path) -> io::Result<()> {
    fs::rename(part, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()
}

fn failed(path: &Path, error: &io::Error) -> LedgerError {
    LedgerError::Storage(format!("{}: {error}", path.display()))
}
