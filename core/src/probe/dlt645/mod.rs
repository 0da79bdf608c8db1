//! DL/T 645, editions 2007 and 1997: Chinese meters, mostly through far infrared. It only reads: no function
//! that writes, switches, freezes or sets a clock is in here.
//!
//! Who asks whoever is there may be answered by several meters at once. That they are several is said when a
//! second address is heard; when beside a good answer more was heard than our own echo; or when nothing else
//! than bursts longer than our echo is heard at every try. A meter that is asked by its address is read among
//! others.

mod address;
mod agenda;
mod asking;
mod bcd;
mod clock;
mod dump;
mod events;
mod exchange;
mod frame;
mod identifier;
mod layout;
mod layout_1997;
mod layout_2007;
mod limits;
mod link;
mod plan;
mod profile;
mod record;
mod registers;
mod session;
#[cfg(test)]
mod tests;

pub use address::{Address, AddressError};
pub(super) use dump::telegrams;
pub use dump::{Decoded, Unknown, decode};
pub use identifier::{Edition, Identifier};
pub use session::{Config, Opening, Session};
