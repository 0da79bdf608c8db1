//! What the office holds for good. One public method is one transaction; the engine is named nowhere else.

mod sqlite;
mod view;

pub use sqlite::Ledger;
pub use view::{
    Agreed, Books, DeviceState, DeviceStatus, Enrolment, Greeting, Imported, Moved, RoundStatus, Standing,
    Status,
};
