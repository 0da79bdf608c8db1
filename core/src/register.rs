//! A register as the utility planned it: its dials, its multiplier, and the arithmetic of rolling over.

use crate::{
    decimal::{Decimal, DecimalError, power},
    obis::Obis,
    quantity::Unit,
    time::UtcMs,
};

/// The digits that a register shows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Dials {
    integers: u8,
    decimals: u8,
}

/// How far a register went from one reading to the next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Advance {
    /// Always forward, from zero to just below one turn of all dials.
    pub forward: Decimal,
    /// The dials passed all nines on the way.
    pub rolled_over: bool,
}

impl Dials {
    /// `integers` black digits (1 to 9) and `decimals` red ones (0 to 6).
    pub const fn new(integers: u8, decimals: u8) -> Option<Self> {
        if integers == 0 || integers > 9 || decimals > 6 { None } else { Some(Self { integers, decimals }) }
    }

    /// Digits before the point.
    pub const fn integers(self) -> u8 {
        self.integers
    }

    /// Digits behind the point.
    pub const fn decimals(self) -> u8 {
        self.decimals
    }

    /// One full turn: the first value that does not fit.
    pub const fn capacity(self) -> Decimal {
        match Decimal::new(power(self.integers + self.decimals), self.decimals) {
            Ok(capacity) => capacity,
            // At most 15 digits and 6 places by construction.
            Err(_) => Decimal::ZERO,
        }
    }

    /// Whether the dials can show the value, to the last place.
    pub fn show(self, value: Decimal) -> bool {
        !value.is_negative()
            && value < self.capacity()
            && value.rescaled(self.decimals).is_ok_and(|shown| shown == value)
    }

    /// How far the dials turned forward from `previous` to `current`.
    ///
    /// A current value below the previous one is taken as a turn past all nines; whether that is believable
    /// is for the verdict to say.
    pub fn advance(self, previous: Decimal, current: Decimal) -> Result<Advance, DecimalError> {
        let difference = current.minus(previous)?;
        if difference.is_negative() {
            return Ok(Advance { forward: difference.plus(self.capacity())?, rolled_over: true });
        }
        Ok(Advance { forward: difference, rolled_over: false })
    }
}

/// A register of a meter, as the round brings it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Register {
    /// Its name.
    pub obis: Obis,
    /// What it counts.
    pub unit: Unit,
    /// What it shows.
    pub dials: Dials,
    /// What one unit on the dials stands for, by the transformers in front of the meter.
    pub multiplier: Decimal,
    /// Earlier readings, oldest first.
    pub history: Vec<PastReading>,
}

impl Register {
    /// The latest of the earlier readings.
    pub fn previous(&self) -> Option<&PastReading> {
        self.history.last()
    }
}

/// One earlier reading of a register.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PastReading {
    /// When it was taken.
    pub at: UtcMs,
    /// What the dials showed.
    pub value: Decimal,
    /// Whether somebody read it, or the office estimated it.
    pub actual: bool,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn dials_show_what_fits() {
        let dials = Dials::new(5, 1).unwrap();
        for (value, fits) in [
            ("0", true),
            ("99999.9", true),
            ("100000", false),
            ("1.25", false),
            ("1.20", true),
            ("-1", false),
        ] {
            assert_eq!(dials.show(decimal(value)), fits, "{value}");
        }
    }

    #[test]
    fn all_nines_roll_over_to_zero() {
        let dials = Dials::new(5, 1).unwrap();
        let advance = dials.advance(decimal("99990.0"), decimal("12.5")).unwrap();
        assert_eq!(advance, Advance { forward: decimal("22.5"), rolled_over: true });
    }

    proptest! {
        #[test]
        fn a_register_lands_where_it_was_driven(integers in 1..=9_u8, decimals in 0..=6_u8, start: u64, forward: u64) {
            let dials = Dials::new(integers, decimals).unwrap();
            let turn = dials.capacity().mantissa().unsigned_abs();
            let (start, forward) = (start % turn, forward % turn);
            let at = |position: u64| Decimal::new(i64::try_from(position % turn).unwrap(), decimals).unwrap();
            let advance = dials.advance(at(start), at(start + forward)).unwrap();
            prop_assert_eq!(advance.forward, at(forward));
            prop_assert_eq!(advance.rolled_over, start + forward >= turn);
        }
    }
}
