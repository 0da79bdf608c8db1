//! What a meter has to show: which of its objects are registers, the list to try where it tells none, and how
//! their attributes become registers. IEC 62056-62.

use super::{apdu, apdu::Attribute, axdr::Value as Data, clock, events, limits::OBJECTS_MAX};
use crate::{
    decimal::Decimal,
    obis::Obis,
    probe::readout::{Datum, Value},
    quantity::Unit,
    time::Civil,
};

/// Interface classes.
pub(super) mod class {
    /// One value without a unit.
    pub(crate) const DATA: u16 = 1;
    /// A value with a unit.
    pub(crate) const REGISTER: u16 = 3;
    /// The same with a time and a status: maxima.
    pub(crate) const EXTENDED: u16 = 4;
    /// Averages over a time.
    pub(crate) const DEMAND: u16 = 5;
    /// A memory of rows.
    pub(crate) const PROFILE: u16 = 7;
    /// The clock.
    pub(crate) const CLOCK: u16 = 8;
    /// The present association.
    pub(crate) const ASSOCIATION: u16 = 15;
}

/// An object of a meter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Object {
    pub(super) class: u16,
    pub(super) obis: Obis,
}

const fn abstract_code(c: u8, d: u8, e: u8) -> Obis {
    Obis { a: 0, b: 0, c, d, e, f: 255 }
}

/// The meter's number.
pub(super) const SERIAL: Object = Object { class: class::DATA, obis: abstract_code(96, 1, 0) };
/// What the meter calls itself.
pub(super) const DEVICE_NAME: Object = Object { class: class::DATA, obis: abstract_code(42, 0, 0) };
/// What time it is.
pub(super) const CLOCK: Object = Object { class: class::CLOCK, obis: abstract_code(1, 0, 0) };
/// The number that the supplier gave it.
pub(super) const SUPPLIERS_NUMBER: Object = Object { class: class::DATA, obis: Obis::electricity(0, 0, 0) };
/// What nearly every meter counts: all energy taken.
pub(super) const ENERGY: Object = Object { class: class::REGISTER, obis: Obis::electricity(1, 8, 0) };
/// Where the invocation counters are: which of them is for which key is up to the meter.
pub(super) const COUNTERS: [Object; 8] = [
    counter(1, 0),
    counter(0, 0),
    counter(1, 1),
    counter(0, 1),
    counter(1, 2),
    counter(1, 3),
    counter(1, 4),
    counter(1, 5),
];
/// The list of all objects.
pub(super) const OBJECT_LIST: Attribute =
    Attribute { class: class::ASSOCIATION, obis: abstract_code(40, 0, 0), id: 2 };

const fn counter(d: u8, e: u8) -> Object {
    Object { class: class::DATA, obis: abstract_code(43, d, e) }
}

/// What most meters have, for those that do not tell what they have.
pub(super) fn usual() -> Vec<Object> {
    let energy = |c, e| Object { class: class::REGISTER, obis: Obis::electricity(c, 8, e) };
    let present = |c| Object { class: class::REGISTER, obis: Obis::electricity(c, 7, 0) };
    let maximum = |c, e| Object { class: class::EXTENDED, obis: Obis::electricity(c, 6, e) };
    let fixed = |obis| Object { class: class::DATA, obis };
    let mut all = vec![CLOCK, DEVICE_NAME, SERIAL, fixed(Obis::electricity(0, 2, 0))];
    all.extend((1..=2).flat_map(|c| (0..=4).map(move |e| energy(c, e))));
    all.extend((3..=8).map(|c| energy(c, 0)));
    all.extend((0..=2).map(|e| maximum(1, e)));
    all.extend([
        maximum(2, 0),
        fixed(abstract_code(96, 7, 21)),
        Object { class: class::REGISTER, obis: abstract_code(97, 97, 0) },
        fixed(abstract_code(97, 97, 0)),
    ]);
    all.extend([32, 52, 72, 31, 51, 71, 1, 2, 14].map(present));
    all
}

impl Object {
    /// Whether it is a register or says something about the meter, at present. Earlier billing periods have the
    /// same objects again under other `f`; they belong to the billing profile and would make the list ten times
    /// as long.
    pub(super) const fn is_register(self) -> bool {
        let Obis { a, b, c, d, f, .. } = self.obis;
        let known = match (a, c) {
            (1, _) => true,
            (0, 42) => b == 0,
            // Numbers of the device, its state, its battery, power failures, hours of operation, tariff.
            (0, 96) => b == 0 && matches!(d, 1 | 5..=8 | 14),
            (0, 97) => b == 0,
            _ => false,
        };
        let kind = matches!(self.class, class::DATA | class::REGISTER | class::EXTENDED | class::DEMAND);
        (kind && known && f == 255) || (self.class == class::CLOCK && a == 0 && f == 255)
    }

    pub(super) const fn attribute(self, id: u8) -> Attribute {
        Attribute { class: self.class, obis: self.obis, id }
    }

    pub(super) const fn value(self) -> Attribute {
        self.attribute(2)
    }

    /// Where the unit is; nothing where there is none.
    pub(super) const fn scaler(self) -> Option<Attribute> {
        match self.class {
            class::REGISTER | class::EXTENDED => Some(self.attribute(3)),
            class::DEMAND => Some(self.attribute(4)),
            _ => None,
        }
    }

    /// When the value came about; read together with it, or it may be the time of another maximum.
    pub(super) const fn captured(self) -> Option<Attribute> {
        if self.class == class::EXTENDED { Some(self.attribute(5)) } else { None }
    }

    /// An entry of the object list, if its value may be read.
    pub(super) fn of_list(entry: &Data) -> Option<Self> {
        let [class, _, name, rights, ..] = entry.members() else { return None };
        let object = Self { class: u16::try_from(class.integer()?).ok()?, obis: apdu::obis(name.octets()?)? };
        let attributes = rights.members().first().map_or(&[][..], Data::members);
        let closed = attributes.iter().any(|attribute| match attribute.members() {
            // No access, or write only.
            [id, mode, ..] => id.integer() == Some(2) && matches!(mode.integer(), Some(0 | 2)),
            _ => false,
        });
        (!closed).then_some(object)
    }
}

/// Power of ten and unit of a register.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Scale {
    pub(super) exponent: i8,
    pub(super) unit: Option<Unit>,
}

impl Scale {
    /// Reads `scaler_unit`.
    pub(super) fn of(value: &Data) -> Option<Self> {
        let [exponent, unit] = value.members() else { return None };
        let unit = u8::try_from(unit.integer()?).ok()?;
        Some(Self { exponent: i8::try_from(exponent.integer()?).ok()?, unit: Unit::of_code(unit) })
    }

    /// A number in the unit; exact, or nothing.
    pub(super) fn number(&self, value: &Data) -> Option<Decimal> {
        let Data::Real(text) = value else {
            return Decimal::of_power(i64::try_from(value.integer()?).ok()?, self.exponent).ok();
        };
        let shown: Decimal = text.parse().ok()?;
        let places = i8::try_from(shown.scale()).ok()?;
        Decimal::of_power(shown.mantissa(), self.exponent.checked_sub(places)?).ok()
    }
}

/// An object and what was read of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Gathered {
    pub(super) object: Object,
    pub(super) value: Data,
    pub(super) at: Option<Civil>,
    pub(super) scale: Option<Scale>,
}

impl Gathered {
    /// The register. A number without its scale is none: nobody can tell what it counts.
    pub(super) fn datum(&self) -> Option<Datum> {
        let plain = Scale::default();
        let scale = self.scale.as_ref();
        let value = if self.object.scaler().is_some() {
            match &self.value {
                Data::Integer(_) | Data::Enumerated(_) | Data::Boolean(_) | Data::Real(_) => {
                    Value::Number(scale?.number(&self.value)?)
                }
                Data::Null
                | Data::Array(_)
                | Data::Structure(_)
                | Data::Bits(_)
                | Data::Octets(_)
                | Data::Text(_) => Value::Text(text(&self.value)?),
            }
        } else {
            match plain.number(&self.value) {
                Some(number) => Value::Number(number),
                None => Value::Text(text(&self.value)?),
            }
        };
        let unit = scale.and_then(|scale| scale.unit.clone());
        Some(Datum { obis: self.object.obis, value, unit, at: self.at })
    }
}

/// A single value as text, as a meter's display would show it; nothing of lists and of nothing.
pub(super) fn text(value: &Data) -> Option<String> {
    match value {
        Data::Null | Data::Array(_) | Data::Structure(_) => None,
        Data::Boolean(value) => Some(u8::from(*value).to_string()),
        Data::Bits(bits) => Some(bits.clone()),
        Data::Integer(value) => Some(value.to_string()),
        Data::Enumerated(value) => Some(value.to_string()),
        Data::Real(text) => Some(text.clone()),
        Data::Text(text) => Some(text.trim().into()),
        Data::Octets(bytes) => Some(match (printable(bytes), clock::civil(bytes)) {
            (Some(text), _) => text,
            (None, Some(time)) => time.to_string(),
            (None, None) => value.to_string(),
        }),
    }
    .filter(|text| !text.is_empty())
}

/// The bytes as text, if they are one; meters fill up with blanks and zeros.
pub(super) fn printable(bytes: &[u8]) -> Option<String> {
    let last = bytes.iter().rposition(|&byte| byte != 0)?;
    let text = std::str::from_utf8(bytes.get(..=last)?).ok()?.trim();
    (!text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))).then(|| text.into())
}

/// What a meter calls itself: three letters of its maker, then text or numbers.
pub(super) fn device_name(bytes: &[u8]) -> Option<String> {
    if let Some(text) = printable(bytes) {
        return Some(text);
    }
    let (maker, rest) = bytes.split_at_checked(3)?;
    let rest = Data::Octets(rest.to_vec());
    Some(
        printable(maker)
            .map_or_else(|| Data::Octets(bytes.to_vec()).to_string(), |maker| format!("{maker} {rest}")),
    )
}

/// Memories of a kind that are tried.
const MEMORIES_MAX: usize = 8;

/// Takes the registers out of an object list as it comes, and the names of load profiles and event logs.
#[derive(Debug, Default)]
pub(super) struct ObjectList {
    pub(super) registers: Vec<Object>,
    pub(super) profiles: Vec<Obis>,
    pub(super) logs: Vec<Obis>,
}

impl ObjectList {
    pub(super) fn take(&mut self, entry: &Data) {
        let Some(object) = Object::of_list(entry) else { return };
        if object.is_register() && self.registers.len() < OBJECTS_MAX {
            self.registers.push(object);
        }
        let Obis { a, c, d, e, .. } = object.obis;
        match (a, c, d) {
            _ if object.class != class::PROFILE => {}
            // 1-b:99.1 is a load profile with one period, 1-b:99.2 one with another.
            (1, 99, 1 | 2) if self.profiles.len() < MEMORIES_MAX => self.profiles.push(object.obis),
            (0, 99, 98) if events::LOGS.contains(&e) && self.logs.len() < MEMORIES_MAX => {
                self.logs.push(object.obis);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(class: u16, obis: &str) -> Object {
        Object { class, obis: obis.parse().unwrap() }
    }

    #[test]
    fn present_registers_are_told_from_all_else() {
        for (class, obis, is) in [
            (3, "1-0:1.8.0", true),
            (5, "1-0:1.4.0", true),
            (1, "1-0:0.2.0", true),
            (1, "0-0:96.7.21", true),
            (8, "0-0:1.0.0", true),
            (3, "1-0:1.8.0*1", false),
            (1, "0-1:96.1.0", false),
            (7, "1-0:99.1.0", false),
            (1, "0-0:43.1.0", false),
            (70, "0-0:96.3.10", false),
        ] {
            assert_eq!(object(class, obis).is_register(), is, "{class} {obis}");
        }
        assert!(usual().into_iter().all(Object::is_register));
    }

    #[test]
    fn a_list_entry_that_may_not_be_read_is_left_out() {
        let entry = |mode: u8| {
            let rights = |id: i128, mode: u8| {
                Data::Structure(vec![Data::Integer(id), Data::Enumerated(mode), Data::Null])
            };
            Data::Structure(vec![
                Data::Integer(3),
                Data::Integer(0),
                Data::Octets(vec![1, 0, 1, 8, 0, 255]),
                Data::Structure(vec![
                    Data::Array(vec![rights(1, 1), rights(2, mode)]),
                    Data::Array(Vec::new()),
                ]),
            ])
        };
        for (mode, read) in [(0, false), (1, true), (2, false), (3, true), (4, true)] {
            assert_eq!(Object::of_list(&entry(mode)).is_some(), read, "{mode}");
        }
        assert_eq!(Object::of_list(&Data::Null), None);
    }

    #[test]
    fn numbers_are_exact_and_never_without_their_scale() {
        check(3, Data::Integer(12_345_670), Some((0, 30)), "12345670 Wh");
        check(3, Data::Integer(12_345), Some((-3, 27)), "12.345 W");
        check(3, Data::Integer(-5), Some((2, 29)), "-500 var");
        check(3, Data::Integer(7), Some((0, 255)), "7");
        check(3, Data::Real("230.12".into()), Some((0, 35)), "230.12 V");
        check(3, Data::Real("1.5".into()), Some((3, 30)), "1500 Wh");
        check(3, Data::Integer(7), None, "nothing");
        check(3, Data::Integer(i128::from(u64::MAX)), Some((0, 30)), "nothing");
        check(3, Data::Integer(1), Some((-12, 30)), "nothing");
        check(3, Data::Real("NaN".into()), Some((0, 30)), "nothing");
        check(3, Data::Null, Some((0, 30)), "nothing");
        check(1, Data::Integer(7), None, "7");
        check(1, Data::Octets(b"V1.2 \0".to_vec()), None, "\"V1.2\"");
        check(1, Data::Octets(vec![0, 1, 0xFE]), None, "\"0001FE\"");
        check(1, Data::Octets(Vec::new()), None, "nothing");
        check(
            1,
            Data::Octets(vec![7, 0xEA, 1, 2, 0xFF, 3, 4, 5, 0, 0x80, 0, 0]),
            None,
            "\"2026-01-02T03:04:05\"",
        );
        check(1, Data::Array(Vec::new()), None, "nothing");
    }

    #[track_caller]
    fn check(class: u16, value: Data, scale: Option<(i128, u8)>, expected: &str) {
        let scale = scale.map(|(exponent, unit)| {
            let pair = Data::Structure(vec![Data::Integer(exponent), Data::Enumerated(unit)]);
            Scale::of(&pair).unwrap()
        });
        let gathered = Gathered { object: object(class, "1.8.0"), value, at: None, scale };
        let shown = gathered.datum().map_or("nothing".into(), |datum| match (datum.value, datum.unit) {
            (Value::Number(number), Some(unit)) => format!("{number} {unit}"),
            (Value::Number(number), None) => number.to_string(),
            (Value::Text(text), _) => format!("{text:?}"),
        });
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_device_name_is_shown_whole_also_where_it_holds_numbers() {
        assert_eq!(device_name(b"LMP0012345678901").as_deref(), Some("LMP0012345678901"));
        assert_eq!(device_name(b"LMP\x01\x02\xFF").as_deref(), Some("LMP 0102FF"));
        assert_eq!(device_name(&[1, 2, 3, 4]).as_deref(), Some("01020304"));
        assert_eq!(device_name(&[]), None);
    }
}
