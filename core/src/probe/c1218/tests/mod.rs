//! Whole readouts by ANSI C12.18: a virtual meter on a virtual line, captures from the field, bytes of any
//! kind.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what tests write is small and above zero, or meant to be cut"
)]

mod arbitrary;
mod beside;
mod captures;
mod field_problems;
mod habits;
mod leaving;
mod line;
mod meter;
mod profiles;
mod readouts;
mod tables;
mod units;
mod writer;
