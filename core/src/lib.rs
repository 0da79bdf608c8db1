//! What is true: what a round is, how a meter, a probe and a receiver talk, in what order to walk, whether a
//! reading is right, and how to remember it all.
//!
//! There is no clock here, no network, no port, no async runtime and no window: time, bytes and randomness
//! are arguments, so that everything runs in a unit test.

pub mod audit;
pub mod decimal;
pub mod evidence;
pub mod gnss;
pub mod id;
pub mod meter;
pub mod obis;
pub mod place;
pub mod probe;
pub mod quantity;
pub mod reading;
pub mod register;
pub mod round;
pub mod route;
pub mod store;
pub mod time;
pub mod work;
