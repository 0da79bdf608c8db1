//! Control totals: how many readings, and the exact sum a register.

use std::{collections::BTreeMap, fmt};

use lamplighter_core::{decimal::Decimal, obis::Obis, reading::RegisterValue};

/// An exact sum, wider than any one value. It cannot overflow below 10^11 values.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Sum {
    /// In units of 10^-9.
    nano: i128,
    /// Most places of any value.
    scale: u8,
}

impl Sum {
    /// Adds one value.
    pub fn add(&mut self, value: Decimal) {
        let unit = 10_i128.pow(u32::from(lamplighter_core::decimal::SCALE_MAX.saturating_sub(value.scale())));
        self.nano = self.nano.saturating_add(i128::from(value.mantissa()) * unit);
        self.scale = self.scale.max(value.scale());
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.nano < 0 { "-" } else { "" };
        let (whole, rest) =
            (self.nano.unsigned_abs() / 10_u128.pow(9), self.nano.unsigned_abs() % 10_u128.pow(9));
        let places = format!("{rest:09}");
        match places.get(..usize::from(self.scale)) {
            Some(places) if !places.is_empty() => write!(f, "{sign}{whole}.{places}"),
            Some(_) | None => write!(f, "{sign}{whole}"),
        }
    }
}

/// Of one register in one unit.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Total {
    /// Values.
    pub count: u64,
    /// Of the values as shown.
    pub sum: Sum,
}

/// Of all current readings.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Totals {
    /// Readings of every status.
    pub readings: u64,
    /// Those that stand.
    pub current: u64,
    /// By the register's full name and its unit.
    pub registers: BTreeMap<(String, String), Total>,
}

impl Totals {
    pub(super) fn add(&mut self, stands: bool, values: &[RegisterValue]) {
        self.readings += 1;
        if !stands {
            return;
        }
        self.current += 1;
        for RegisterValue { obis, value, unit } in values {
            let total = self.registers.entry((name(*obis), unit.as_str().to_owned())).or_default();
            total.count += 1;
            total.sum.add(*value);
        }
    }
}

fn name(obis: Obis) -> String {
    obis.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact_beyond_one_value() {
        let mut sum = Sum::default();
        for text in ["999999999999999999", "999999999999999999", "0.1", "0.25", "-0.05"] {
            sum.add(text.parse().unwrap());
        }
        assert_eq!(sum.to_string(), "1999999999999999998.30");
        let mut below = Sum::default();
        below.add("-0.5".parse().unwrap());
        assert_eq!(below.to_string(), "-0.5");
        assert_eq!(Sum::default().to_string(), "0");
    }
}
