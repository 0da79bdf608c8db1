//! What happens with the probe when a person asks for it: a stop is read, then what is wanted beside its
//! registers, or the probe itself is tried.

mod beside;
mod stop;
mod trial;

pub(crate) use beside::read_beside;
pub(crate) use stop::read_stop;
pub(crate) use trial::{try_probe, try_the_probe};

#[cfg(test)]
mod tests;
