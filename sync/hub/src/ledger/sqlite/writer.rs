//! The one thread that writes. What waits when it is free goes into one transaction, so that many batches share one
//! sync of the disk; nobody is answered before that has returned.

use std::{iter, path::PathBuf, sync::mpsc::Receiver};

use rusqlite::Connection;

use super::{
    durable, prepare,
    queue::{Job, Queue},
};
use crate::error::LedgerError;

/// Most pieces of work in one transaction: what fails at the end of it fails for all.
const GROUP_MAX: usize = 64;

pub(super) struct Writer(Queue);

impl Writer {
    /// Starts over the file at `path`, which `connection` has open.
    pub(super) fn start(path: PathBuf, connection: Connection) -> Result<Self, LedgerError> {
        let (mut queue, waiting) = Queue::new();
        let mut desk = Desk { path, connection: Some(connection) };
        queue.start("ledger-writer", move || desk.run(&waiting))?;
        Ok(Self(queue))
    }

    pub(super) async fn enter<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        self.0.enter(work).await
    }
}

/// One piece of work in a transaction of its own.
pub(super) fn alone<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, LedgerError>,
) -> Result<T, LedgerError> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let done = work(connection);
    let ended = connection.execute_batch(if done.is_ok() { "COMMIT" } else { "ROLLBACK" });
    if ended.is_err() && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK")?;
    }
    if done.is_ok() {
        ended?;
    }
    done
}

struct Desk {
    path: PathBuf,
    /// Nothing after a transaction that did not end well.
    connection: Option<Connection>,
}

impl Desk {
    fn run(&mut self, waiting: &Receiver<Box<dyn Job>>) {
        while let Ok(first) = waiting.recv() {
            let mut group: Vec<Box<dyn Job>> =
                iter::once(first).chain(waiting.try_iter()).take(GROUP_MAX).collect();
            let held = self.write(&mut group);
            for job in group {
                job.tell(held.clone());
            }
        }
    }

    fn write(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), LedgerError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.reopen()?,
        };
        if let Err(busy) = connection.execute_batch("BEGIN IMMEDIATE") {
            // Nothing was begun.
            self.connection = Some(connection);
            return Err(busy.into());
        }
        // A connection whose transaction did not end well is not used again: what it holds in memory and what is on disk
        // may be two things.
        together(&connection, group)?;
        self.connection = Some(connection);
        Ok(())
    }

    /// After a sync that failed, the system may call pages clean that never reached the disk. So nothing is acknowledged
    /// on top of them: first everything in the journal is written into the file anew, and that is synced.
    fn reopen(&self) -> Result<Connection, LedgerError> {
        let connection = Connection::open(&self.path)?;
        prepare(&connection)?;
        durable(&connection)?;
        let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy {
            return Err(LedgerError::Storage("the journal is in use and cannot be written anew yet".into()));
        }
        Ok(connection)
    }
}

/// All of the group in one transaction, each undone by itself where it fails.
fn together(connection: &Connection, group: &mut [Box<dyn Job>]) -> Result<(), LedgerError> {
    for job in group {
        connection.execute_batch("SAVEPOINT job")?;
        let stays = job.work(connection);
        if connection.is_autocommit() {
            // SQLite ends a transaction by itself where the disk is full or fails.
            return Err(LedgerError::Storage("the disk is full or failed; nothing was taken".into()));
        }
        connection.execute_batch(if stays { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" })?;
    }
    Ok(connection.execute_batch("COMMIT")?)
}
