//! Bills as files in a folder: proved before they get their names, and always the same bytes.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use super::{Sheet, check, due, stem};
use crate::{
    error::LedgerError,
    ledger::{Bill, Ledger, Snapshot as _},
};

/// Why nothing can be written there, in a sentence.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub struct Missing(String);

/// Looks before anything is claimed whether the folder is there.
pub fn open(folder: &Path) -> Result<(), Missing> {
    match fs::metadata(folder) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(Missing(format!("{}: not a folder", folder.display()))),
        Err(error) => Err(Missing(format!("{}: {error}", folder.display()))),
    }
}

/// A file in the folder with a number that the ledger has not reached: the ledger was set back, and would give the same
/// numbers to other readings.
pub fn claimed_beyond(folder: &Path, cycle: &str, number: u32) -> Option<PathBuf> {
    let next = number.checked_add(1)?;
    let path = path(folder, cycle, next);
    path.exists().then_some(path)
}

/// Writes the file of a bill and notes it. A file of that name must be this very one.
pub async fn write(
    ledger: &impl Ledger,
    bill: &Bill,
    folder: &Path,
    now: lamplighter_core::time::UtcMs,
) -> Result<(PathBuf, Sheet), LedgerError> {
    let sheet = sheet(ledger, bill).await?;
    let path = path(folder, &bill.cycle, bill.number);
    put(&path, &sheet, ledger).map_err(|what| LedgerError::Storage(format!("{}: {what}", path.display())))?;
    ledger.written(&bill.cycle, bill.number, now).await?;
    Ok((path, sheet))
}

/// The file of a bill as it was claimed, or nothing of it.
pub(super) async fn sheet(ledger: &impl Ledger, bill: &Bill) -> Result<Sheet, LedgerError> {
    let texts = ledger.snapshot().await?.bill_texts(&bill.cycle, bill.number).await?;
    let sheet = due::sheet(ledger, bill, &texts)?;
    let name = stem(&bill.cycle, bill.number);
    if sheet.hash() != bill.hash {
        return Err(LedgerError::Damaged(format!("{name} is not what was handed over")));
    }
    check(&sheet.bytes, Some(ledger.key().public()))
        .map_err(|broken| LedgerError::Damaged(format!("{name} does not prove itself: {broken}")))
}

fn put(path: &Path, sheet: &Sheet, ledger: &impl Ledger) -> Result<(), String> {
    match fs::read(path) {
        Ok(there) if there == sheet.bytes => return sync_folder(path).map_err(|error| error.to_string()),
        Ok(_) => return Err("another file has this name; it was left alone, and nothing was written".into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.to_string()),
    }
    let part = part_of(path);
    let written = write_part(&part, sheet, ledger).and_then(|()| {
        fs::rename(&part, path).and_then(|()| sync_folder(path)).map_err(|error| error.to_string())
    });
    if written.is_err() {
        // What is left of it is of no use; that it cannot be removed is not what went wrong.
        let _ = fs::remove_file(&part);
    }
    written
}

/// What is on the disk is read again before it gets its name.
fn write_part(part: &Path, sheet: &Sheet, ledger: &impl Ledger) -> Result<(), String> {
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(part);
    let mut file = open.map_err(|error| error.to_string())?;
    file.write_all(&sheet.bytes).and_then(|()| file.sync_all()).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    File::open(part).and_then(|mut file| file.read_to_end(&mut bytes)).map_err(|error| error.to_string())?;
    check(&bytes, Some(ledger.key().public())).map(drop)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all()
}

fn path(folder: &Path, cycle: &str, number: u32) -> PathBuf {
    folder.join(format!("{}.csv", stem(cycle, number)))
}

fn part_of(path: &Path) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}.part"))
}
