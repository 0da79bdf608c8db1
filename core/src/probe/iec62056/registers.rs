//! From data sets to registers: what is a number, what a text, which of several brackets is the value, what
//! the meter's number is.

use super::{
    clock,
    dataset::{self, DataSet, Field},
};
use crate::{
    obis::Obis,
    probe::readout::{Datum, Value},
    quantity::Unit,
};

/// Where meters keep their number, the best first: C, D, E.
const SERIALS: [(u8, u8, u8); 4] = [(0, 0, 0), (96, 1, 0), (0, 0, 1), (96, 1, 1)];

/// What a list tells; of two readouts, where two had to agree, only what both said.
pub(super) fn listed(text: &str, confirms: Option<&str>) -> Vec<Datum> {
    let mut sets = dataset::parse(text);
    if let Some(first) = confirms {
        let first = dataset::parse(first);
        let mut same =
            sets.iter().zip(&first).map(|(one, other)| one == other).collect::<Vec<_>>().into_iter();
        sets.retain(|_| same.next().unwrap_or(false));
    }
    sets.iter().filter_map(datum).collect()
}

/// Whether two readouts tell the same: the same names, and every running total and the meter's number alike.
/// Voltages, currents and the clock go on in between.
pub(super) fn agree(first: &str, second: &str) -> bool {
    let (first, second) = (dataset::parse(first), dataset::parse(second));
    first.len() == second.len()
        && first
            .iter()
            .zip(&second)
            .all(|(one, other)| one.address == other.address && (one == other || !stands_still(one)))
}

/// Whether this is a running total or the meter's number.
pub(in crate::probe) fn stands_still(set: &DataSet<'_>) -> bool {
    let obis = set.address.parse::<Obis>();
    obis.is_ok_and(|obis| obis.d == 8 || SERIALS.contains(&(obis.c, obis.d, obis.e)))
}

/// The register, unless its name is no OBIS code.
pub fn datum(set: &DataSet<'_>) -> Option<Datum> {
    let obis: Obis = set.address.parse().ok()?;
    let Some(field) = value_field(obis, &set.fields) else {
        let texts: Vec<&str> = set.fields.iter().map(|field| field.value.trim()).collect();
        return Some(Datum { obis, value: Value::Text(texts.join(";")), unit: None, at: None });
    };
    let value = field.value.trim();
    let number = if is_name(obis) { None } else { value.replace(' ', "").parse().ok() };
    let value = number.map_or_else(|| Value::Text(value.into()), Value::Number);
    let unit = field.unit.map(|unit| match unit.parse::<Unit>() {
        Ok(unit) => unit,
        Err(never) => match never {},
    });
    let mut others = set.fields.iter().filter(|other| !std::ptr::eq(*other, field));
    let at = others.find_map(|other| clock::stamp(other.value.trim()));
    Some(Datum { obis, value, unit, at })
}

/// The brackets that hold the value; none where they are the rows of a list.
fn value_field<'a>(obis: Obis, fields: &'a [Field<'a>]) -> Option<&'a Field<'a>> {
    let mut measured = fields.iter().filter(|field| field.unit.is_some());
    match (fields, measured.next(), measured.next()) {
        ([only], ..) => Some(only),
        _ if matches!(obis.c, 98 | 99) => None,
        (_, Some(field), None) => Some(field),
        ([one, other], None, None) if is_stamp(one.value) => Some(other),
        ([one, _], None, None) => Some(one),
        _ => None,
    }
}

/// Date and time together: ten digits or more, perhaps with a letter for the season.
fn is_stamp(text: &str) -> bool {
    let text = text.trim().trim_end_matches(['S', 'W', 'U']);
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits >= 10 && text.bytes().all(|letter| letter.is_ascii_digit() || b"-: ".contains(&letter))
}

/// Names, stamps and flags, whose leading zeros carry meaning.
const fn is_name(obis: Obis) -> bool {
    match (obis.a, obis.c, obis.d) {
        // The date and time of an abstract object.
        (0, 1, 0) => true,
        // Numbers of the utility, versions, date and time.
        (_, 0, d) => matches!(d, 0 | 2 | 9),
        // Counters of failures and hours of operation are numbers.
        (_, 96, d) => !matches!(d, 7 | 8),
        (_, 97..=99, _) => true,
        _ => false,
    }
}

/// The meter's number, where the registers tell one.
pub(in crate::probe) fn serial(registers: &[Datum]) -> Option<String> {
    SERIALS.iter().find_map(|&(c, d, e)| {
        registers.iter().find_map(|datum| {
            let obis = datum.obis;
            // Behind the other channels of the abstract medium stand other devices: gas, water.
            let own = obis.f == 255 && (obis.a, obis.b.min(1)) != (0, 1);
            let here = own && (obis.c, obis.d, obis.e) == (c, d, e);
            match &datum.value {
                Value::Text(text) if here && text.bytes().any(|letter| !b" 0-".contains(&letter)) => {
                    Some(text.clone())
                }
                Value::Text(_) | Value::Number(_) => None,
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energies_are_numbers_with_all_their_places() {
        check("1.8.0(012345.670*kWh)", "1-0:1.8.0*255 12345.670 kWh");
        check("1.8.0(12345,67*kWh)", "1-0:1.8.0*255 12345.67 kWh");
        check("1.8.0*01( 1 234.5*kWh)", "1-0:1.8.0*1 1234.5 kWh");
        check("1.8.0(013925.5*)", "1-0:1.8.0*255 13925.5");
        check("1.6.1&02(0001.5*kW)", "1-0:1.6.1*2 1.5 kW");
    }

    #[test]
    fn names_keep_their_leading_zeros() {
        check("0.0.0( 0020000)", "1-0:0.0.0*255 \"0020000\"");
        check("C.1.0(00412)", "0-0:96.1.0*255 \"00412\"");
        check("F.F(00000000)", "0-0:97.97.0*255 \"00000000\"");
        check("0.9.1(073005)", "1-0:0.9.1*255 \"073005\"");
        check("C.7.0(0004)", "0-0:96.7.0*255 4");
    }

    #[test]
    fn a_maximum_is_told_from_its_stamp_wherever_that_stands() {
        let stamped = "@2023-11-02T11:45:00";
        check("1.6.0(231102114500W)(03.064*kW)", &format!("1-0:1.6.0*255 3.064 kW {stamped}"));
        check("1.6.0(03.064*kW)(2311021145)", &format!("1-0:1.6.0*255 3.064 kW {stamped}"));
        check("1.6.0(2311021145)(03.064)", &format!("1-0:1.6.0*255 3.064 {stamped}"));
        check("1.6.0(03.064)(2311021145)", &format!("1-0:1.6.0*255 3.064 {stamped}"));
        check("0-1:24.2.1(231102114500W)(00012.3*m3)", &format!("0-1:24.2.1*255 12.3 m3 {stamped}"));
        check("24.2.1(632525252525W)(00000000)", "1-0:24.2.1*255 0");
    }

    #[test]
    fn rows_of_a_list_are_never_taken_for_a_value() {
        check(
            "0-0:99.97.0(1)(0-0:96.7.19)(190326095015W)(2014*s)",
            "0-0:99.97.0*255 \"1;0-0:96.7.19;190326095015W;2014\"",
        );
        check("24.3.0(090212160000)(00)(60)(1)(m3)", "1-0:24.3.0*255 \"090212160000;00;60;1;m3\"");
    }

    #[test]
    fn what_is_no_number_stays_text() {
        check("1.8.0()", "1-0:1.8.0*255 \"\"");
        check("9.36(2017-01-18&01:36:47)", "1-0:9.36.0*255 \"2017-01-18&01:36:47\"");
        check("1.8.0(1234567890123456789)", "1-0:1.8.0*255 \"1234567890123456789\"");
    }

    #[test]
    fn the_meters_number_is_the_first_that_is_not_blank() {
        let serial_of =
            |block: &str| serial(&dataset::parse(block).iter().filter_map(datum).collect::<Vec<_>>());
        assert_eq!(serial_of("C.1.0(18)\r\n0.0.0( 20)"), Some("20".into()));
        assert_eq!(serial_of("0.0( )\r\nC.1(0018)"), Some("0018".into()));
        assert_eq!(serial_of("1-0:0.0.0(00000000)\r\n0-0:96.1.0(09610)"), Some("09610".into()));
        assert_eq!(serial_of("1-1:0.0.0(0019)"), Some("0019".into()));
        assert_eq!(serial_of("0-1:96.1.0(77)\r\n1.8.0(1)"), None);
    }

    #[test]
    fn two_readouts_agree_when_their_totals_do() {
        let first = "1.8.0(1*kWh)\r\n32.7(230*V)\r\n!";
        assert!(agree(first, "1.8.0(1*kWh)\r\n32.7(231*V)\r\n!"));
        assert!(!agree(first, "1.8.0(2*kWh)\r\n32.7(230*V)\r\n!"));
        assert!(!agree(first, "1.8.0(1*kWh)\r\n!"));
        assert!(!agree("C.1.0(1)1.8.0(0)", "C.1.0(2)1.8.0(0)"), "two new meters");
    }

    #[track_caller]
    fn check(set: &str, expected: &str) {
        let sets = dataset::parse(set);
        let Datum { obis, value, unit, at } = datum(&sets[0]).unwrap();
        let value = match value {
            Value::Text(text) => format!("{text:?}"),
            Value::Number(number) => number.to_string(),
        };
        let unit = unit.map_or(String::new(), |unit| format!(" {unit}"));
        let at = at.map_or(String::new(), |at| format!(" @{at}"));
        let shown = format!("{obis} {value}{unit}{at}");
        assert_eq!(shown, expected);
    }
}
