//! The export, `lamplighter-export/1`: one text file that carries every log in full, and that proves itself
//! to anybody without the hub. Nothing here knows a database.
//!
//! Records are comma-separated, end with LF and begin with their kind:
//!
//! | kind | fields |
//! |---|---|
//! | `H` | version, exported at, public key of the hub, cycle (empty: all) |
//! | `D` | device, name, epoch, public key, first number, hash before it; begins a log |
//! | `E` | device, epoch, number, kind, payload in base64, hash; one an event, from 1, without gaps |
//! | `R` | reading, device, epoch, number, round, cycle, stop, address, serial, taken at, method, level, status |
//! | `V` | reading, register, value as shown, unit, multiplier; follow their `R`, which follows its `E` |
//! | `S` | device, epoch, number, seal of the device over its log up to there |
//! | `C` | `readings`, all, current; then one a register and unit: register, unit, count, sum of values as shown |
//! | `T` | SHA-256 over all bytes before this record, seal of the hub over that hash |
//!
//! Sums and register counts are over the readings that are `current`.

mod marks;
pub mod text;
mod total;
mod verify;
mod write;

pub use marks::{Marks, Status};
pub use total::{Sum, Total, Totals};
pub use verify::{Verified, VerifyError, verify};
pub use write::{Header, LogStart, Place, Row, Writer, level, method};

/// The format, in the first record.
pub const VERSION: &str = "lamplighter-export/1";
