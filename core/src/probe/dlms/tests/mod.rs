//! Whole readouts of virtual meters, the problems of the field, and bytes of any kind.

mod arbitrary;
mod bench;
mod captures;
mod dumps;
mod field_problems;
mod gcm;
pub(in crate::probe) mod guest;
mod keys;
mod meter;
mod objects;
mod profiles;
mod reading;
mod station;
