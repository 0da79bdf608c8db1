//! Finding out how a meter talks: the way that is known, then the cold order of protocols, as one machine over
//! the machines of the families. The first answer whose checksum is right wins.

mod aim;
mod ears;
mod open;
mod session;
mod steps;
mod trail;

pub use aim::{Aim, Head};
pub use session::Detect;
pub use trail::{Attempt, Outcome};

#[cfg(test)]
mod tests;
