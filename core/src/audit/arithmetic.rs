//! What the dials say about the use: forward, past all nines, or back. Exact, but for the question what is
//! believable.

use super::fluctuation::Habit;
use crate::{
    decimal::Decimal,
    quantity::Unit,
    register::{Dials, Register},
};

/// Without a history a rollover is believed up to this part of all dials.
const ROLLOVER_PART_UNKNOWN: f64 = 0.1;

/// With a history, up to so many times the strongest use of it: blocking is for what cannot be, asking for what is odd.
const ROLLOVER_TIMES_LARGEST: f64 = 10.0;

/// And between these parts of all dials in any case.
const ROLLOVER_PART_RANGE: std::ops::RangeInclusive<f64> = 0.001..=0.5;

/// How the dials went from one reading to the next, in units of the dials.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Turn {
    /// Forward by so much, perhaps by nothing.
    Forward(Decimal),
    /// Forward by so much, past all nines.
    RolledOver(Decimal),
    /// Back, which an honest register does not do.
    Backwards,
}

impl Turn {
    /// The advance, where there is one.
    pub const fn forward(self) -> Option<Decimal> {
        match self {
            Self::Forward(amount) | Self::RolledOver(amount) => Some(amount),
            Self::Backwards => None,
        }
    }
}

/// How the dials turned from `previous` to `current`, or nothing where one of them does not fit the dials.
///
/// Digits behind those of the dials are cut off. A rollover is believed only if it started so near to all nines,
/// and went so little beyond, that the whole way is a plausible use after the `habit`.
pub fn turn(dials: Dials, previous: Decimal, current: Decimal, habit: Option<&Habit>) -> Option<Turn> {
    let (previous, current) = (shown(dials, previous)?, shown(dials, current)?);
    let advance = dials.advance(previous, current).ok()?;
    Some(match advance.rolled_over {
        false => Turn::Forward(advance.forward),
        true if is_believable(dials, advance.forward, habit) => Turn::RolledOver(advance.forward),
        true => Turn::Backwards,
    })
}

/// The value with the digits that the dials show, if they can show it.
pub fn shown(dials: Dials, value: Decimal) -> Option<Decimal> {
    let cut = if value.scale() > dials.decimals() { value.rescaled(dials.decimals()).ok()? } else { value };
    dials.show(cut).then_some(cut)
}

/// Whether the register only ever counts up: energy and volume do, power and the balance of both directions do
/// not.
pub fn counts_up(register: &Register) -> bool {
    /// OBIS group C of the difference of active energy taken and fed in.
    const BALANCE: u8 = 16;
    match register.unit {
        Unit::WattHour
        | Unit::KiloWattHour
        | Unit::MegaWattHour
        | Unit::VarHour
        | Unit::KiloVarHour
        | Unit::KiloVoltAmpereHour
        | Unit::VoltAmpereHour
        | Unit::CubicMetre => register.obis.c != BALANCE,
        Unit::Other(_) => register.obis.is_present_total(),
        Unit::KiloWatt
        | Unit::Watt
        | Unit::KiloVar
        | Unit::Var
        | Unit::KiloVoltAmpere
        | Unit::VoltAmpere
        | Unit::Volt
        | Unit::Ampere
        | Unit::Hertz
        | Unit::Degree
        | Unit::Celsius
        | Unit::Second
        | Unit::Minute
        | Unit::Yuan => false,
    }
}

fn is_believable(dials: Dials, forward: Decimal, habit: Option<&Habit>) -> bool {
    let part = forward.approximate() / dials.capacity().approximate();
    let likely = habit.map(|habit| ROLLOVER_TIMES_LARGEST * habit.largest / dials.capacity().approximate());
    part <= likely
        .unwrap_or(ROLLOVER_PART_UNKNOWN)
        .clamp(*ROLLOVER_PART_RANGE.start(), *ROLLOVER_PART_RANGE.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn habit(largest: f64) -> Habit {
        Habit { readings: 6, expected: largest, sigma: 1.0, largest, ever_idle: false }
    }

    #[track_caller]
    fn check(previous: &str, current: &str, largest: Option<f64>, expected: Option<Turn>) {
        let habit = largest.map(habit);
        let turn = turn(Dials::new(5, 1).unwrap(), decimal(previous), decimal(current), habit.as_ref());
        assert_eq!(turn, expected, "{previous} to {current}");
    }

    #[test]
    fn the_dials_tell_forward_from_back() {
        check("100.0", "250.5", None, Some(Turn::Forward(decimal("150.5"))));
        check("100.0", "100.0", None, Some(Turn::Forward(decimal("0"))));
        check("100.0", "99.9", None, Some(Turn::Backwards));
        check("100.0", "100000.0", None, None);
        check("100.0", "-1", None, None);
        // More digits than planned are cut on both sides.
        check("100.57", "100.58", None, Some(Turn::Forward(decimal("0"))));
        check("100.58", "100.51", None, Some(Turn::Forward(decimal("0"))));
    }

    #[test]
    fn a_rollover_is_believed_near_all_nines_and_for_a_plausible_use() {
        check("99950.0", "50.0", None, Some(Turn::RolledOver(decimal("100"))));
        check("99950.0", "50.0", Some(120.0), Some(Turn::RolledOver(decimal("100"))));
        check("89000.0", "500.0", None, Some(Turn::Backwards));
        check("89000.0", "500.0", Some(5_000.0), Some(Turn::RolledOver(decimal("11500"))));
        check("99000.0", "2000.0", Some(120.0), Some(Turn::Backwards));
        check("60000.0", "20000.0", Some(1e9), Some(Turn::Backwards));
        check("99999.9", "0.1", Some(0.0), Some(Turn::RolledOver(decimal("0.2"))));
    }
}
