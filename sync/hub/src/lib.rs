//! The office's server: the ledger that holds every device's log and every plan, the service that answers
//! handhelds, import of rounds and the export that proves itself.

pub mod billing;
pub mod bring;
pub mod enrol;
pub mod error;
pub mod export;
pub mod formats;
pub mod http;
pub mod ledger;
pub mod recovery;
pub mod service;
