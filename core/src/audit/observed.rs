//! What came in at a stop, before it is judged, and how it becomes values of the planned registers.

use crate::{
    decimal::{Decimal, SCALE_MAX},
    meter::Meter,
    obis::Obis,
    probe::readout::{Datum, Integrity, Value},
    quantity::Unit,
    reading::RegisterValue,
    register::Register,
};

/// What a probe or a person saw.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Observed {
    /// The values, planned or not. A typed one has the unit of the plan.
    pub values: Vec<Datum>,
    /// The number of the meter, where it was seen.
    pub serial_seen: Option<String>,
    /// How the bytes were protected, where there were any.
    pub integrity: Option<Integrity>,
}

impl Observed {
    /// Present totals that nobody planned, such as a tariff that is not billed, in the units that they came in and
    /// on the channel that the plan gives to their like.
    pub fn unplanned(&self, meter: &Meter) -> Vec<RegisterValue> {
        let value = |datum: &Datum| {
            let obis = on_planned_channel(meter, datum.obis);
            match (&datum.value, &datum.unit) {
                (Value::Number(value), Some(unit)) if meter.register(obis).is_none() => {
                    Some(RegisterValue { obis, value: *value, unit: unit.clone() })
                }
                (Value::Number(_) | Value::Text(_), _) => None,
            }
        };
        self.values.iter().filter(|datum| datum.obis.is_present_total()).filter_map(value).collect()
    }
}

/// What came for one planned register.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Found<'a> {
    /// Its value, in the planned unit.
    Value(Decimal),
    /// Something that is no number in the planned unit.
    Strange(&'a Datum),
    /// Nothing.
    Nothing,
}

/// The values of the planned registers, in the order and in the units of the plan, with all digits that came.
pub fn values_of(meter: &Meter, observed: &Observed) -> Vec<RegisterValue> {
    let value = |register: &Register| match find(register, observed) {
        Found::Value(value) => {
            Some(RegisterValue { obis: register.obis, value, unit: register.unit.clone() })
        }
        Found::Strange(_) | Found::Nothing => None,
    };
    meter.registers.iter().filter_map(value).collect()
}

/// What came for this register. A unit that was not sent is the planned one.
pub fn find<'a>(register: &Register, observed: &'a Observed) -> Found<'a> {
    let Some(datum) = datum(register.obis, &observed.values) else { return Found::Nothing };
    let unit = datum.unit.as_ref().unwrap_or(&register.unit);
    let value = match &datum.value {
        Value::Number(value) => converted(*value, unit, &register.unit),
        Value::Text(_) => None,
    };
    value.map_or(Found::Strange(datum), Found::Value)
}

/// By its full name, or by its name on another channel, if only one answers to that: many meters count from one.
fn datum(obis: Obis, values: &[Datum]) -> Option<&Datum> {
    let exact = values.iter().find(|datum| datum.obis == obis);
    let mut elsewhere = values.iter().filter(|datum| Obis { b: obis.b, ..datum.obis } == obis);
    exact.or_else(|| elsewhere.next().filter(|_| elsewhere.next().is_none()))
}

/// The name with the channel of the planned registers that differ from it only in tariff and channel.
fn on_planned_channel(meter: &Meter, obis: Obis) -> Obis {
    let alike = |register: &&Register| Obis { b: obis.b, e: obis.e, ..register.obis } == obis;
    let mut channels = meter.registers.iter().filter(alike).map(|register| register.obis.b);
    let first = channels.next().unwrap_or(obis.b);
    let b = if first == obis.b || channels.any(|b| b == obis.b) { obis.b } else { first };
    Obis { b, ..obis }
}

/// The same amount in another unit of the same kind, exactly, or nothing.
fn converted(value: Decimal, from: &Unit, to: &Unit) -> Option<Decimal> {
    if from == to {
        return Some(value);
    }
    let ((kind, has), (wanted_kind, wants)) = (size(from)?, size(to)?);
    if kind != wanted_kind {
        return None;
    }
    if has >= wants {
        return value.times(Decimal::new(10_i64.pow(u32::from(has - wants)), 0).ok()?).ok();
    }
    let (mut mantissa, mut scale) = (value.mantissa(), value.scale() + (wants - has));
    while scale > SCALE_MAX && mantissa % 10 == 0 {
        (mantissa, scale) = (mantissa / 10, scale - 1);
    }
    Decimal::new(mantissa, scale).ok()
}

/// What a unit measures, by its smallest unit, and how many zeros it has on that.
const fn size(unit: &Unit) -> Option<(&'static str, u8)> {
    match unit {
        Unit::WattHour => Some(("Wh", 0)),
        Unit::KiloWattHour => Some(("Wh", 3)),
        Unit::MegaWattHour => Some(("Wh", 6)),
        Unit::VarHour => Some(("varh", 0)),
        Unit::KiloVarHour => Some(("varh", 3)),
        Unit::VoltAmpereHour => Some(("VAh", 0)),
        Unit::KiloVoltAmpereHour => Some(("VAh", 3)),
        Unit::Watt => Some(("W", 0)),
        Unit::KiloWatt => Some(("W", 3)),
        Unit::Var => Some(("var", 0)),
        Unit::KiloVar => Some(("var", 3)),
        Unit::VoltAmpere => Some(("VA", 0)),
        Unit::KiloVoltAmpere => Some(("VA", 3)),
        Unit::Degree
        | Unit::Celsius
        | Unit::Second
        | Unit::Minute
        | Unit::Yuan
        | Unit::Volt
        | Unit::Ampere
        | Unit::Hertz
        | Unit::CubicMetre
        | Unit::Other(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, from: Unit, to: Unit, expected: Option<&str>) {
        let converted = converted(value.parse().unwrap(), &from, &to);
        assert_eq!(converted.map(|value| value.to_string()).as_deref(), expected, "{value} {from} in {to}");
    }

    #[test]
    fn a_power_of_ten_is_no_difference() {
        use Unit::{KiloVarHour, KiloWattHour, MegaWattHour, Other, VarHour, WattHour};
        check("1234567", WattHour, KiloWattHour, Some("1234.567"));
        check("1.234567", MegaWattHour, KiloWattHour, Some("1234.567000"));
        check("12", KiloWattHour, WattHour, Some("12000"));
        check("100.0000000", WattHour, MegaWattHour, Some("0.000100000"));
        check("0.0000001", WattHour, MegaWattHour, None);
        check("999999999999999999", MegaWattHour, WattHour, None);
        check("5", VarHour, KiloVarHour, Some("0.005"));
        check("5", KiloVarHour, KiloWattHour, None);
        check("5", Other("Btu".into()), KiloWattHour, None);
        check("5", Other("Btu".into()), Other("Btu".into()), Some("5"));
    }

    #[test]
    fn another_channel_answers_if_it_is_the_only_one() {
        let datum = |text: &str| Datum {
            obis: text.parse().unwrap(),
            value: Value::Text(text.into()),
            unit: None,
            at: None,
        };
        let found = |values: &[Datum]| datum_name(super::datum(Obis::ACTIVE_IMPORT, values));
        fn datum_name(datum: Option<&Datum>) -> Option<String> {
            datum.map(|datum| datum.value.to_string())
        }
        assert_eq!(found(&[datum("1-1:1.8.0"), datum("1-0:1.8.0")]).as_deref(), Some("1-0:1.8.0"));
        assert_eq!(found(&[datum("1-1:1.8.0"), datum("1-1:1.8.1")]).as_deref(), Some("1-1:1.8.0"));
        assert_eq!(found(&[datum("1-1:1.8.0"), datum("1-2:1.8.0")]), None);
        assert_eq!(found(&[datum("1-1:1.8.0*1")]), None);
    }
}
