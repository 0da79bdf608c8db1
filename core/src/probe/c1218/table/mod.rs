//! The tables of ANSI C12.19: what a meter keeps and how it is laid out.

pub(super) mod clock;
pub(super) mod cursor;
pub(super) mod general;
pub(super) mod identity;
pub(super) mod profile;
pub(super) mod registers;
pub(super) mod ring;
pub(super) mod tables;
pub(super) mod units;
