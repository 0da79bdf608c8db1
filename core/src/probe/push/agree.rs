//! Whether two telegrams without a checksum tell the same, and what of it counts.

use super::telegram::Telegram;
use crate::{
    decimal::Decimal,
    probe::{
        iec62056::{
            dataset::{self, DataSet},
            datum, stands_still,
        },
        readout::Value,
    },
    quantity::Unit,
};

/// What both say, as the second says it; nothing, where they disagree. They must have the same names in the same
/// order and the same number of the meter, and totals that are the same or went on a little. Whatever else has
/// changed was said once and does not count.
pub(super) fn confirmed<'a>(first: &Telegram, second: &'a Telegram) -> Option<Vec<DataSet<'a>>> {
    let (before, now) = (dataset::parse(&first.body), dataset::parse(&second.body));
    let alike = first.head == second.head
        && before.len() == now.len()
        && before.iter().zip(&now).all(|(one, other)| {
            one.address == other.address && (one == other || !stands_still(one) || went_on(one, other))
        });
    let both = before.iter().zip(now);
    alike.then(|| {
        both.filter_map(|(one, other)| (*one == other || went_on(one, &other)).then_some(other)).collect()
    })
}

/// Whether a total went on by no more than 360 kW take in 10 s. Meters that show eight decimal places never say
/// the same twice.
fn went_on(one: &DataSet<'_>, other: &DataSet<'_>) -> bool {
    let total = |set| datum(set).filter(|datum| datum.obis.d == 8);
    let (Some(one), Some(other)) = (total(one), total(other)) else { return false };
    let (Value::Number(before), Value::Number(now)) = (one.value, other.value) else { return false };
    let most = one.unit.as_ref().filter(|_| one.unit == other.unit).and_then(in_ten_seconds);
    let advance = now.minus(before).ok().filter(|advance| !advance.is_negative());
    most.zip(advance).is_some_and(|(most, advance)| advance <= most)
}

fn in_ten_seconds(unit: &Unit) -> Option<Decimal> {
    if matches!(unit, Unit::KiloWattHour | Unit::KiloVarHour | Unit::KiloVoltAmpereHour) {
        Decimal::new(1, 0).ok()
    } else if matches!(unit, Unit::WattHour | Unit::VarHour | Unit::VoltAmpereHour) {
        Decimal::new(1_000, 0).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_confirmed() {
        check("1.8.0(1.000*kWh)", "1.8.0(1.000*kWh)", Some(1));
        check("0.0.0(123)1.8.0(1)", "0.0.0(123)1.8.0(1)", Some(2));
    }

    #[test]
    fn a_total_may_go_on_a_little_and_never_back() {
        check("1.8.0(1.000*kWh)", "1.8.0(2.000*kWh)", Some(1));
        check("1.8.0(1.00000001*kWh)", "1.8.0(1.00000009*kWh)", Some(1));
        check("1.8.0(1000*Wh)", "1.8.0(1020*Wh)", Some(1));
        check("1.8.0(1.000*kWh)", "1.8.0(2.001*kWh)", None);
        check("1.8.0(1.001*kWh)", "1.8.0(1.000*kWh)", None);
        check("1.8.0(1000*Wh)", "1.8.0(2001*Wh)", None);
        check("1.8.0(1)", "1.8.0(2)", None);
        check("1.8.0(1*kWh)", "1.8.0(2*Wh)", None);
    }

    #[test]
    fn what_changes_otherwise_was_said_once_and_does_not_count() {
        check("1.8.0(1)32.7(230*V)", "1.8.0(1)32.7(231*V)", Some(1));
    }

    #[test]
    fn another_meter_or_another_list_confirms_nothing() {
        check("0.0.0(123)1.8.0(1)", "0.0.0(124)1.8.0(1)", None);
        check("1.8.0(1)", "1.8.0(1)2.8.0(1)", None);
        check("1.8.0(1)", "2.8.0(1)", None);
        let (one, other) = (telegram("ABC5X", "1.8.0(1)"), telegram("ABC5Y", "1.8.0(1)"));
        assert_eq!(confirmed(&one, &other), None);
    }

    #[track_caller]
    fn check(first: &str, second: &str, expected: Option<usize>) {
        let (first, second) = (telegram("ABC5X", first), telegram("ABC5X", second));
        assert_eq!(confirmed(&first, &second).map(|sets| sets.len()), expected);
    }

    fn telegram(head: &str, body: &str) -> Telegram {
        Telegram { head: head.into(), body: body.into(), in_block: false, checked: false, began: 0 }
    }
}
