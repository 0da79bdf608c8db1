//! Work on its way to a thread with a connection, and the answer on its way back. A full queue says so at once.

use std::{
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread::{self, JoinHandle},
};

use lamplighter_sync::wire::RefusalCode;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::BUSY_SECONDS;
use crate::error::LedgerError;

/// Most pieces of work that wait.
pub(super) const QUEUE_MAX: usize = 128;

/// A piece of work whose answer is told only when it is known to hold.
pub(super) trait Job: Send {
    /// Does the work, and says whether what it wrote is to stay.
    fn work(&mut self, connection: &Connection) -> bool;

    /// Tells whoever waits: what the work gave, or why it does not count.
    fn tell(self: Box<Self>, holds: Result<(), LedgerError>);
}

struct Asked<T, W> {
    work: Option<W>,
    gave: Option<Result<T, LedgerError>>,
    waiting: oneshot::Sender<Result<T, LedgerError>>,
}

impl<T: Send, W: FnOnce(&Connection) -> Result<T, LedgerError> + Send> Job for Asked<T, W> {
    fn work(&mut self, connection: &Connection) -> bool {
        self.gave = self.work.take().map(|work| work(connection));
        matches!(self.gave, Some(Ok(_)))
    }

    fn tell(self: Box<Self>, holds: Result<(), LedgerError>) {
        let Self { gave, waiting, .. } = *self;
        let undone = || Err(LedgerError::Storage("the work was not done".into()));
        // Whoever asked may have stopped waiting; what was done is done.
        let _ = waiting.send(holds.and_then(|()| gave.unwrap_or_else(undone)));
    }
}

/// A piece of work, and where its answer will be.
pub(super) fn ask<T: Send + 'static>(
    work: impl FnOnce(&Connection) -> Result<T, LedgerError> + Send + 'static,
) -> (Box<dyn Job>, oneshot::Receiver<Result<T, LedgerError>>) {
    let (waiting, answer) = oneshot::channel();
    (Box::new(Asked { work: Some(work), gave: None, waiting }), answer)
}

/// Threads that work off one queue. Dropped, they do what waits and end.
pub(super) struct Queue {
    entrance: Option<SyncSender<Box<dyn Job>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Queue {
    /// A queue, and the end that threads take work from.
    pub(super) fn new() -> (Self, Receiver<Box<dyn Job>>) {
        let (entrance, exit) = sync_channel(QUEUE_MAX);
        (Self { entrance: Some(entrance), threads: Vec::new() }, exit)
    }

    /// Starts one thread.
    pub(super) fn start(
        &mut self,
        name: &str,
        run: impl FnOnce() + Send + 'static,
    ) -> Result<(), LedgerError> {
        let thread = thread::Builder::new().name(name.into()).spawn(run);
        self.threads.push(thread.map_err(|error| LedgerError::Storage(format!("no thread: {error}")))?);
        Ok(())
    }

    /// Waits in the queue, and for the answer.
    pub(super) async fn enter<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let gone = || LedgerError::Storage("the ledger's thread has ended".into());
        let (job, answer) = ask(work);
        match self.entrance.as_ref().ok_or_else(gone)?.try_send(job) {
            Ok(()) => answer.await.unwrap_or_else(|_| Err(gone())),
            Err(TrySendError::Full(_)) => Err(LedgerError::Refused(
                RefusalCode::Busy,
                BUSY_SECONDS,
                "the ledger has enough to do".into(),
            )),
            Err(TrySendError::Disconnected(_)) => Err(gone()),
        }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.entrance = None;
        for thread in self.threads.drain(..) {
            // It panicked: then whoever waited has heard so.
            let _ = thread.join();
        }
    }
}
