//! The hand-over to billing: what is due, as files with control totals or as messages, what billing answers, and whether
//! devices, ledger and billing say the same.

mod answers;
mod due;
mod entry;
mod folder;
mod reconcile;
mod sheet;

pub use answers::{ANSWERS_BYTES_MAX, Answers, read as read_answers};
pub use due::claim;
pub use entry::{Entry, Value};
pub use folder::{Missing, claimed_beyond, open as open_folder, write};
pub use reconcile::{Item, Queue, Reconciled, Tally, reconcile};
pub use sheet::{Front, Register, Sheet, Totals, VERSION, check, stem};
