//! Opening the file: sets a damaged one aside, never deletes it, and makes every commit durable.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, ErrorCode};

use super::{error::StoreError, migrate};

/// Waits so long for another process that is writing.
const BUSY_WAIT: Duration = Duration::from_secs(10);

/// An open file, and where the damaged one went, if there was one.
pub(super) fn open(path: &Path) -> Result<(Connection, Option<PathBuf>), StoreError> {
    match attempt(path) {
        Err(StoreError::Sqlite(error)) if is_damage(&error) => {
            let aside = set_aside(path)?;
            Ok((attempt(path)?, Some(aside)))
        }
        other => Ok((other?, None)),
    }
}

pub(super) fn prepare(mut conn: Connection) -> Result<Connection, StoreError> {
    conn.busy_timeout(BUSY_WAIT)?;
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;",
    )?;
    migrate::run(&mut conn)?;
    write_anew(&conn)?;
    Ok(conn)
}

/// After a sync that failed, the system may call bytes of the journal written that never reached the disk, and whoever
/// opens the file next is shown them: what is appended behind such a hole is gone after a power cut. So the journal is
/// written into the file, and that is synced, before anything is said to be saved.
fn write_anew(conn: &Connection) -> Result<(), StoreError> {
    // Another process that is reading keeps its part of the journal; it has written the rest anew itself.
    match conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
        // What is there can be looked at without room, and nothing can be added.
        Err(full) if full.sqlite_error_code() == Some(ErrorCode::DiskFull) => return Ok(()),
        done => done?,
    }
    // Nobody syncs the cutting off, so the old journal may come back. A new one in its place is not taken for it.
    let version: u32 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    conn.pragma_update(None, "user_version", version)?;
    Ok(())
}

/// Looks at every page before the first write.
fn attempt(path: &Path) -> Result<Connection, StoreError> {
    let conn = Connection::open(path)?;
    let verdict: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { prepare(conn) } else { Err(StoreError::Sqlite(damage(&verdict))) }
}

fn damage(words: &str) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(
        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT),
        Some(words.to_owned()),
    )
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Moves the file and its journal to the first free `.damaged-N` name beside it. Every file has its new name before
/// one loses its old one: a journal beside an empty database would be thrown away.
fn set_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let stuck = |reason: String| StoreError::Stuck { path: path.to_owned(), reason };
    let named = |path: &Path, tail: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(tail);
        PathBuf::from(name)
    };
    let aside = (1..=999)
        .map(|number| named(path, &format!(".damaged-{number}")))
        .find(|aside| !aside.exists())
        .ok_or_else(|| stuck("too many damaged files lie beside it".into()))?;
    let parts: Vec<_> = ["", "-wal", "-shm"].into_iter().filter(|tail| named(path, tail).exists()).collect();
    for tail in &parts {
        let (from, to) = (named(path, tail), named(&aside, tail));
        // Not every file system of a memory card has links.
        fs::hard_link(&from, &to)
            .or_else(|_| fs::copy(&from, &to).map(drop))
            .map_err(|error| stuck(error.to_string()))?;
    }
    for tail in parts.iter().rev() {
        fs::remove_file(named(path, tail)).map_err(|error| stuck(error.to_string()))?;
    }
    Ok(aside)
}
