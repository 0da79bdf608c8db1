//! Whether the tariff registers add up to the total.

use super::arithmetic::shown;
use crate::{decimal::Decimal, meter::Meter, obis::Obis, reading::RegisterValue, register::Register};

/// A total that its tariffs do not make.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Mismatch {
    /// Of which total register.
    pub obis: Obis,
    /// What the total shows.
    pub total: Decimal,
    /// What the tariffs make.
    pub sum: Decimal,
    /// Total less sum.
    pub difference: Decimal,
}

/// The totals among `values` that their tariffs do not make, to one unit of the last place a register.
///
/// All planned tariffs must be there, and two at least. Values of tariffs that are not planned count, too: a
/// meter has them even where nobody bills them. A difference that was there the last time, to the same resolution,
/// or of whole turns of the dials, says nothing new: tariffs may have been switched on late.
pub fn mismatches(meter: &Meter, values: &[RegisterValue]) -> Vec<Mismatch> {
    let totals =
        meter.registers.iter().filter(|register| register.obis.is_present_total() && register.obis.e == 0);
    totals.filter_map(|total| mismatch(meter, total, values)).collect()
}

fn mismatch(meter: &Meter, total: &Register, values: &[RegisterValue]) -> Option<Mismatch> {
    let is_tariff = |obis: Obis| obis.e != 0 && obis.with_tariff(0) == total.obis;
    let planned: Vec<&Register> =
        meter.registers.iter().filter(|register| is_tariff(register.obis)).collect();
    let alike = |register: &&Register| register.unit == total.unit && register.multiplier == total.multiplier;
    if planned.len() < 2 || !planned.iter().all(alike) {
        return None;
    }
    let value_of = |obis: Obis| values.iter().find(|value| value.obis == obis).map(|value| value.value);
    let all_there = planned.iter().all(|register| value_of(register.obis).is_some());
    let (whole, parts): (Decimal, Vec<Decimal>) = (
        value_of(total.obis).filter(|_| all_there)?,
        values
            .iter()
            .filter(|value| is_tariff(value.obis) && value.unit == total.unit)
            .map(|value| value.value)
            .collect(),
    );
    let sum = add(&parts)?;
    let difference = whole.minus(sum).ok()?;
    let places = |register: &Register| register.dials.decimals();
    let coarsest = planned.iter().map(|register| places(register)).chain([places(total)]).min()?;
    let coarsest = parts.iter().chain([&whole]).map(|value| value.scale()).min()?.min(coarsest);
    let tolerance = Decimal::new(i64::try_from(parts.len()).ok()?, coarsest).ok()?;
    let was = previous_difference(total, &planned).unwrap_or(Decimal::ZERO);
    let off = difference.minus(was).ok()?;
    let old = was.abs() > tolerance && is_turns(total, off, tolerance.plus(tolerance).ok()?);
    let right = is_turns(total, difference, tolerance) || old;
    (!right).then_some(Mismatch { obis: total.obis, total: whole, sum, difference })
}

/// Whether an amount is nothing, or whole turns of the dials, within the tolerance.
fn is_turns(total: &Register, amount: Decimal, tolerance: Decimal) -> bool {
    let places = amount.scale().max(total.dials.decimals());
    let in_places = |value: Decimal| value.rescaled(places).map(Decimal::mantissa);
    let (Ok(amount), Ok(turn), Ok(tolerance)) =
        (in_places(amount), in_places(total.dials.capacity()), in_places(tolerance))
    else {
        return false;
    };
    let rest = amount.rem_euclid(turn.max(1));
    rest <= tolerance || turn - rest <= tolerance
}

/// Total less sum of the previous readings.
fn previous_difference(total: &Register, tariffs: &[&Register]) -> Option<Decimal> {
    let previous = |register: &Register| shown(register.dials, register.previous()?.value);
    let parts = tariffs.iter().map(|register| previous(register)).collect::<Option<Vec<Decimal>>>()?;
    previous(total)?.minus(add(&parts)?).ok()
}

fn add(parts: &[Decimal]) -> Option<Decimal> {
    parts.iter().try_fold(Decimal::ZERO, |sum, part| sum.plus(*part).ok())
}
