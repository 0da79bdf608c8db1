//! The threads that read, each with a connection that cannot write. Nobody who reads waits for whoever writes.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError, mpsc::Receiver},
};

use rusqlite::{Connection, OpenFlags};

use super::{
    prepare,
    queue::{Job, Queue},
};
use crate::error::LedgerError;

const READERS: usize = 2;

pub(super) struct Readers(Queue);

impl Readers {
    /// Starts over the file at `path`, which is there.
    pub(super) fn start(path: &Path) -> Result<Self, LedgerError> {
        let (mut queue, waiting) = Queue::new();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..READERS {
            let (waiting, path) = (Arc::clone(&waiting), path.to_owned());
            queue.start("ledger-reader", move || run(&path, &waiting))?;
        }
        Ok(Self(queue))
    }

    pub(super) async fn enter<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        self.0.enter(work).await
    }
}

/// One piece of work under one view.
pub(super) fn alone<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, LedgerError>,
) -> Result<T, LedgerError> {
    let view = connection.unchecked_transaction()?;
    let done = work(connection);
    view.rollback()?;
    done
}

/// A connection that cannot write.
pub(super) fn open(path: &Path) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    prepare(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

fn run(path: &Path, waiting: &Mutex<Receiver<Box<dyn Job>>>) {
    let mut held: Option<Connection> = None;
    while let Some(mut job) = next(waiting) {
        let connection = match held.take() {
            Some(connection) => Ok(connection),
            None => open(path),
        };
        let read = connection.and_then(|connection| {
            alone(&connection, |connection| {
                job.work(connection);
                Ok(())
            })?;
            // One that failed is not used again.
            held = Some(connection);
            Ok(())
        });
        job.tell(read);
    }
}

/// The next piece of work. The lock is given back before the work begins.
fn next(waiting: &Mutex<Receiver<Box<dyn Job>>>) -> Option<Box<dyn Job>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}
