//! A-XDR: values of meters as trees, of bounded size and depth. IEC 61334-6, and the type Data of IEC 62056-53.

use std::fmt;

use super::{
    cursor::Cursor,
    limits::{DEPTH_MAX, VALUES_MAX},
};

/// The bytes are no value, or one that is too large.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AxdrError {
    /// The value goes on behind the last byte.
    #[error("the value is cut short")]
    Short,
    /// These bytes are no value, or too many values.
    #[error("not a value")]
    Bad,
}

/// A value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// Values of one type.
    Array(Vec<Self>),
    /// Values of several types.
    Structure(Vec<Self>),
    /// Yes or no.
    Boolean(bool),
    /// Bits, the first as a one or a zero first.
    Bits(String),
    /// An integer of 8 to 64 bits, with or without a sign.
    Integer(i128),
    /// Bytes: names, times, texts.
    Octets(Vec<u8>),
    /// A text.
    Text(String),
    /// One of several meanings.
    Enumerated(u8),
    /// A floating point number in the fewest digits that name it.
    Real(String),
}

impl Value {
    /// An integer, or an enumeration or a truth as one.
    pub fn integer(&self) -> Option<i128> {
        match self {
            Self::Integer(value) => Some(*value),
            Self::Enumerated(value) => Some((*value).into()),
            Self::Boolean(value) => Some(i128::from(*value)),
            Self::Null
            | Self::Array(_)
            | Self::Structure(_)
            | Self::Bits(_)
            | Self::Octets(_)
            | Self::Text(_)
            | Self::Real(_) => None,
        }
    }

    /// The bytes of a string.
    pub fn octets(&self) -> Option<&[u8]> {
        match self {
            Self::Octets(bytes) => Some(bytes),
            Self::Text(text) => Some(text.as_bytes()),
            Self::Null
            | Self::Array(_)
            | Self::Structure(_)
            | Self::Boolean(_)
            | Self::Bits(_)
            | Self::Integer(_)
            | Self::Enumerated(_)
            | Self::Real(_) => None,
        }
    }

    /// Bytes in memory.
    pub(super) fn weight(&self) -> usize {
        let inside = match self {
            Self::Array(members) | Self::Structure(members) => members.iter().map(Self::weight).sum(),
            Self::Bits(text) | Self::Text(text) | Self::Real(text) => text.len(),
            Self::Octets(bytes) => bytes.len(),
            Self::Null | Self::Boolean(_) | Self::Integer(_) | Self::Enumerated(_) => 0,
        };
        size_of::<Self>() + inside
    }

    /// The members of an array or a structure; none of anything else.
    pub fn members(&self) -> &[Self] {
        match self {
            Self::Array(members) | Self::Structure(members) => members,
            Self::Null
            | Self::Boolean(_)
            | Self::Bits(_)
            | Self::Integer(_)
            | Self::Octets(_)
            | Self::Text(_)
            | Self::Enumerated(_)
            | Self::Real(_) => &[],
        }
    }
}

/// On one line: `[1, {"text", 0A0B}]`, arrays in `[]`, structures in `{}`, strings in hexadecimal digits.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, members: &[Self]| {
            members.iter().enumerate().try_for_each(|(at, member)| {
                if at > 0 {
                    f.write_str(", ")?;
                }
                member.fmt(f)
            })
        };
        match self {
            Self::Null => f.write_str("null"),
            Self::Array(members) => {
                f.write_str("[")?;
                list(f, members)?;
                f.write_str("]")
            }
            Self::Structure(members) => {
                f.write_str("{")?;
                list(f, members)?;
                f.write_str("}")
            }
            Self::Boolean(value) => value.fmt(f),
            Self::Bits(bits) => write!(f, "b{bits}"),
            Self::Integer(value) => value.fmt(f),
            Self::Octets(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02X}")),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Enumerated(value) => write!(f, "enum {value}"),
            Self::Real(text) => f.write_str(text),
        }
    }
}

/// The first value of these bytes, and how many bytes it takes.
pub fn parse(bytes: &[u8]) -> Result<(Value, usize), AxdrError> {
    let mut reader = Reader::new(bytes);
    let value = reader.value(0)?;
    Ok((value, bytes.len() - reader.cursor.0.len()))
}

/// A value that takes all of these bytes.
pub fn parse_all(bytes: &[u8]) -> Result<Value, AxdrError> {
    match parse(bytes)? {
        (value, length) if length == bytes.len() => Ok(value),
        _ => Err(AxdrError::Bad),
    }
}

/// The type of the members of a compact array.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Type {
    Simple(u8),
    Array(u16, Box<Self>),
    Structure(Vec<Self>),
}

/// Reads values from bytes.
pub(super) struct Reader<'a> {
    pub(super) cursor: Cursor<'a>,
    left: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { cursor: Cursor(bytes), left: VALUES_MAX }
    }

    /// A value with its tag.
    pub(super) fn value(&mut self, depth: u8) -> Result<Value, AxdrError> {
        match self.byte()? {
            0x01 => self.members(depth).map(Value::Array),
            0x02 => self.members(depth).map(Value::Structure),
            0x13 => self.compact(depth),
            tag => self.simple(tag),
        }
    }

    /// The description of a type, in front of a compact array.
    pub(super) fn type_of(&mut self, depth: u8) -> Result<Type, AxdrError> {
        self.count(depth)?;
        match self.byte()? {
            0x01 => {
                let count = self.cursor.u16().ok_or(AxdrError::Short)?;
                Ok(Type::Array(count, Box::new(self.type_of(depth + 1)?)))
            }
            0x02 => {
                let count = self.length()?;
                let members = (0..count).map(|_| self.type_of(depth + 1)).collect::<Result<_, _>>()?;
                Ok(Type::Structure(members))
            }
            tag => Ok(Type::Simple(tag)),
        }
    }

    /// A value whose type is known.
    pub(super) fn typed(&mut self, of: &Type, depth: u8) -> Result<Value, AxdrError> {
        match of {
            Type::Simple(tag) => self.simple(*tag),
            Type::Array(count, member) => {
                self.count(depth)?;
                (0..*count).map(|_| self.typed(member, depth + 1)).collect::<Result<_, _>>().map(Value::Array)
            }
            Type::Structure(members) => {
                self.count(depth)?;
                let members = members.iter().map(|member| self.typed(member, depth + 1));
                members.collect::<Result<_, _>>().map(Value::Structure)
            }
        }
    }

    fn members(&mut self, depth: u8) -> Result<Vec<Value>, AxdrError> {
        self.count(depth)?;
        let count = self.length()?;
        (0..count).map(|_| self.value(depth + 1)).collect()
    }

    fn compact(&mut self, depth: u8) -> Result<Value, AxdrError> {
        let of = self.type_of(depth)?;
        let content = self.counted()?;
        let mut inner = Reader { cursor: Cursor(content), left: self.left };
        let mut members = Vec::new();
        while !inner.cursor.is_empty() {
            // Inside, nothing can go on behind the end.
            members.push(inner.typed(&of, depth + 1).map_err(|_| AxdrError::Bad)?);
        }
        self.left = inner.left;
        Ok(Value::Array(members))
    }

    fn simple(&mut self, tag: u8) -> Result<Value, AxdrError> {
        self.count(0)?;
        Ok(match tag {
            0x00 | 0xFF => Value::Null,
            0x03 => Value::Boolean(self.byte()? != 0),
            0x04 => {
                let count = self.length()?;
                let bytes = self.take(count.div_ceil(8))?;
                let bit = |at: usize| bytes.get(at / 8).is_some_and(|byte| (byte << (at % 8)) & 0x80 != 0);
                Value::Bits((0..count).map(|at| if bit(at) { '1' } else { '0' }).collect())
            }
            0x05 => Value::Integer(i32::from_be_bytes(self.array()?).into()),
            0x06 => Value::Integer(u32::from_be_bytes(self.array()?).into()),
            0x09 => Value::Octets(self.counted()?.to_vec()),
            0x0A | 0x0C => Value::Text(String::from_utf8_lossy(self.counted()?).into_owned()),
            // Binary coded decimal, which nobody codes so: an integer as it stands.
            0x0D | 0x0F => Value::Integer(i8::from_be_bytes(self.array()?).into()),
            0x10 => Value::Integer(i16::from_be_bytes(self.array()?).into()),
            0x11 => Value::Integer(self.byte()?.into()),
            0x12 => Value::Integer(u16::from_be_bytes(self.array()?).into()),
            0x14 => Value::Integer(i64::from_be_bytes(self.array()?).into()),
            0x15 => Value::Integer(u64::from_be_bytes(self.array()?).into()),
            0x16 => Value::Enumerated(self.byte()?),
            0x17 => Value::Real(f32::from_be_bytes(self.array()?).to_string()),
            0x18 => Value::Real(f64::from_be_bytes(self.array()?).to_string()),
            0x19 => Value::Octets(self.take(12)?.to_vec()),
            0x1A => Value::Octets(self.take(5)?.to_vec()),
            0x1B => Value::Octets(self.take(4)?.to_vec()),
            _ => return Err(AxdrError::Bad),
        })
    }

    /// One more value, on this floor.
    fn count(&mut self, depth: u8) -> Result<(), AxdrError> {
        self.left = self.left.checked_sub(1).filter(|_| depth < DEPTH_MAX).ok_or(AxdrError::Bad)?;
        Ok(())
    }

    fn byte(&mut self) -> Result<u8, AxdrError> {
        self.cursor.byte().ok_or(AxdrError::Short)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], AxdrError> {
        self.cursor.array().ok_or(AxdrError::Short)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], AxdrError> {
        self.cursor.take(count).ok_or(AxdrError::Short)
    }

    fn length(&mut self) -> Result<usize, AxdrError> {
        match self.cursor.0.first() {
            Some(0x80 | 0x85..) => Err(AxdrError::Bad),
            Some(_) | None => self.cursor.length().ok_or(AxdrError::Short),
        }
    }

    fn counted(&mut self) -> Result<&'a [u8], AxdrError> {
        let length = self.length()?;
        self.take(length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn every_type_is_read() {
        for (bytes, shown) in [
            (&[0x00][..], "null"),
            (&[0x01, 2, 0x11, 1, 0x11, 2], "[1, 2]"),
            (&[0x02, 2, 0x0F, 0xFD, 0x16, 30], "{-3, enum 30}"),
            (&[0x03, 1], "true"),
            (&[0x04, 10, 0xA0, 0x40], "b1010000001"),
            (&[0x05, 0xFF, 0xFF, 0xFF, 0xFF], "-1"),
            (&[0x06, 0xFF, 0xFF, 0xFF, 0xFF], "4294967295"),
            (&[0x09, 2, 0x0A, 0xFF], "0AFF"),
            (&[0x0A, 2, b'o', b'k'], "\"ok\""),
            (&[0x0C, 2, 0xC3, 0xA9], "\"\u{e9}\""),
            (&[0x10, 0x80, 0x00], "-32768"),
            (&[0x12, 0x80, 0x00], "32768"),
            (&[0x14, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE], "-2"),
            (&[0x15, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "18446744073709551615"),
            (&[0x17, 0x43, 0x66, 0x1E, 0xB8], "230.12"),
            (&[0x18, 0x3F, 0xB9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9A], "0.1"),
            (&[0x1B, 12, 30, 0, 0], "0C1E0000"),
            (&[0x13, 0x02, 2, 0x12, 0x11, 6, 1, 0, 5, 0, 2, 6], "[{256, 5}, {2, 6}]"),
            (&[0x13, 0x01, 0, 2, 0x11, 4, 1, 2, 3, 4], "[[1, 2], [3, 4]]"),
        ] {
            assert_eq!(parse_all(bytes).map(|value| value.to_string()), Ok(shown.into()), "{bytes:02X?}");
            for cut in 0..bytes.len() {
                assert_eq!(parse(&bytes[..cut]), Err(AxdrError::Short), "{bytes:02X?} {cut}");
            }
        }
    }

    #[test]
    fn what_is_too_deep_or_too_much_is_refused() {
        assert_eq!(parse(&[0x02, 1].repeat(1_000)), Err(AxdrError::Bad));
        let mut many = vec![0x01, 0x82, 0xFF, 0xFF];
        many.resize(70_000, 0);
        assert_eq!(parse(&many), Err(AxdrError::Bad));
        assert_eq!(parse(&[0x13, 0x02, 0x00, 0x03, 1, 2, 3]), Err(AxdrError::Bad));
        for no_type in [0x07, 0x0E, 0x42] {
            assert_eq!(parse(&[no_type, 0, 0, 0]), Err(AxdrError::Bad));
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_a_value_or_an_error(bytes in vec(any::<u8>(), 0..600)) {
            if let Ok((_, length)) = parse(&bytes) {
                prop_assert!(length <= bytes.len());
            }
        }
    }
}
