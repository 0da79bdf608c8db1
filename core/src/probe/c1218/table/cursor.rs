//! Reads the fields of a table one after another, in the formats that table 0 declares.

use super::{
    super::number::{Number, Order, Signs, signed, unsigned},
    clock::TimeFormat,
};
use crate::{decimal::Decimal, time::Civil};

/// What table 0 declares for all tables.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Format {
    /// Which byte of a number comes first.
    pub(crate) order: Order,
    /// How whole numbers below zero are written.
    pub(crate) signs: Signs,
    /// How sums are written (`NI_FMAT1`).
    pub(crate) first: Number,
    /// How demands are written (`NI_FMAT2`).
    pub(crate) second: Number,
    /// How moments are written.
    pub(crate) time: TimeFormat,
}

/// A place in a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    format: Format,
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(bytes: &'a [u8], format: Format) -> Self {
        Self { rest: bytes, format }
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(head)
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.bytes(1)?.first().copied()
    }

    pub(crate) fn word(&mut self) -> Option<u16> {
        u16::try_from(self.unsigned(2)?).ok()
    }

    /// A whole number of at most eight bytes.
    pub(crate) fn unsigned(&mut self, count: usize) -> Option<i128> {
        unsigned(self.bytes(count)?, self.format.order)
    }

    /// A whole number of at most eight bytes, perhaps below zero.
    pub(crate) fn signed(&mut self, count: usize) -> Option<i64> {
        signed(self.bytes(count)?, self.format.order, self.format.signs)
    }

    /// The outer nothing is the end of the table, the inner one bytes that are no number.
    pub(crate) fn number(&mut self, number: Number) -> Option<Option<Decimal>> {
        let bytes = self.bytes(number.size())?;
        Some(number.read(bytes, self.format.order, self.format.signs))
    }

    /// A number as sums are written.
    pub(crate) fn first(&mut self) -> Option<Option<Decimal>> {
        self.number(self.format.first)
    }

    /// A number as demands are written.
    pub(crate) fn second(&mut self) -> Option<Option<Decimal>> {
        self.number(self.format.second)
    }

    /// A moment to the minute (`STIME_DATE`); the inner nothing is a moment that never was.
    pub(crate) fn minute(&mut self) -> Option<Option<Civil>> {
        let time = self.format.time;
        let bytes = self.bytes(time.minute_size())?;
        Some(time.minute(bytes, self.format.order))
    }

    /// A moment to the second (`LTIME_DATE`); the inner nothing is a moment that never was.
    pub(crate) fn second_of(&mut self) -> Option<Option<Civil>> {
        let time = self.format.time;
        let bytes = self.bytes(time.second_size())?;
        Some(time.second(bytes, self.format.order))
    }
}
