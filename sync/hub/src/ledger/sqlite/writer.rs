//! The one thread that writes. What waits when it is free goes into one transaction, so that many batches share one
//! sync of the disk; nobody is answered before that has returned.

use std::{iter, path::PathBuf, sync::mpsc::Receiver};

use rusqlite::Connection;

use super::{
    durable, prepare,
    queue::{Job, Queue, ask},
    write_anew,
};
use crate::error::LedgerError;

/// Most pieces of work in one transaction: what fails at the end of it fails for all.
const GROUP_MAX: usize = 64;

pub(super) struct Writer(Queue);

impl Writer {
    /// Starts over the file at `path`, which `connection` has open.
    pub(super) fn start(path: PathBuf, connection: Connection) -> Result<Self, LedgerError> {
        let (mut queue, waiting) = Queue::new();
        let mut bench = Bench::new(Some(path), connection);
        queue.start("ledger-writer", move || bench.run(&waiting))?;
        Ok(Self(queue))
    }

    pub(super) async fn enter<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        self.0.enter(work).await
    }
}

/// The connection that writes, and what is known of it.
pub(super) struct Bench {
    /// None of a ledger in memory, which cannot be opened again.
    path: Option<PathBuf>,
    /// Nothing after a transaction that did not end well.
    connection: Option<Connection>,
}

impl Bench {
    pub(super) const fn new(path: Option<PathBuf>, connection: Connection) -> Self {
        Self { path, connection: Some(connection) }
    }

    /// One piece of work in a transaction of its own, at once.
    pub(super) fn write_alone<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let (job, mut answer) = ask(work);
        self.write_together(vec![job]);
        answer.try_recv().unwrap_or_else(|_| Err(LedgerError::Storage("the work was not done".into())))
    }

    /// The connection, opened anew where the last transaction did not end well.
    pub(super) fn connection(&mut self) -> Result<&mut Connection, LedgerError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.reopen()?,
        };
        Ok(self.connection.insert(connection))
    }

    fn run(&mut self, waiting: &Receiver<Box<dyn Job>>) {
        while let Ok(first) = waiting.recv() {
            self.write_together(iter::once(first).chain(waiting.try_iter()).take(GROUP_MAX).collect());
        }
    }

    fn write_together(&mut self, mut group: Vec<Box<dyn Job>>) {
        let held = self.write(&mut group);
        for job in group {
            job.tell(held.clone());
        }
    }

    fn write(&mut self, group: &mut [Box<dyn Job>]) -> Result<(), LedgerError> {
        let connection = self.connection()?;
        // Where this fails, nothing was begun.
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let done = together(connection, group);
        if done.is_err() {
            // What is written next overwrites in the journal what a failed sync may have left there in part. Whoever opens
            // the file anew takes that for committed, so this connection stays as long as it can.
            let undone = connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok();
            if !undone && self.path.is_some() {
                self.connection = None;
            }
        }
        done
    }

    /// Nothing is acknowledged behind what may not have reached the disk.
    fn reopen(&self) -> Result<Connection, LedgerError> {
        let gone = || LedgerError::Storage("the ledger in memory is gone".into());
        let connection = Connection::open(self.path.as_ref().ok_or_else(gone)?)?;
        prepare(&connection)?;
        durable(&connection)?;
        if !write_anew(&connection)? {
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
