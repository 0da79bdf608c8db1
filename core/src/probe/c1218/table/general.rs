//! Table 0: how a meter writes everything else, and which tables it has.

use super::{
    super::number::{Number, Order, Signs},
    clock::TimeFormat,
    cursor::Format,
};

/// Everything before the sets.
pub(crate) const HEAD: usize = 19;

/// What table 0 says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct General {
    /// How fields are written.
    pub(crate) format: Format,
    /// Letters are ISO 8859-1; else they are ASCII or UTF-8.
    pub(crate) is_latin: bool,
    /// Numbers of devices are decimal digits, not characters.
    pub(crate) digits_for_names: bool,
    /// Pieces of tables may be asked for by their place.
    pub(crate) by_offset: bool,
    /// Bytes of the maker's own status.
    pub(crate) own_status: usize,
    /// Of the edition of 1997; later ones have a 2 or more.
    pub(crate) is_first_edition: bool,
    /// A bit for each standard table.
    used: Vec<u8>,
}

impl General {
    /// Understands table 0; nothing where it is too short, or has formats that nobody knows.
    pub(crate) fn of_table(table: &[u8]) -> Option<Self> {
        let head = table.first_chunk::<HEAD>()?;
        let &[first, second, numbers, ..] = head;
        let used = table.get(HEAD..)?.get(..usize::from(head[13]))?;
        let format = Format {
            order: if first & 1 == 0 { Order::Little } else { Order::Big },
            signs: match second >> 6 {
                1 => Signs::OnesComplement,
                2 => Signs::Magnitude,
                _ => Signs::TwosComplement,
            },
            first: Number::of_code(numbers & 0x0F)?,
            second: Number::of_code(numbers >> 4)?,
            time: TimeFormat::of_code(second & 7)?,
        };
        Some(Self {
            format,
            is_latin: first >> 1 & 7 == 2,
            digits_for_names: second & 0x20 != 0,
            by_offset: matches!(second >> 3 & 3, 1 | 3),
            own_status: head[17].into(),
            is_first_edition: head[11] < 2,
            used: used.into(),
        })
    }

    /// The meter has this standard table.
    pub(crate) fn uses(&self, table: u16) -> bool {
        let set = self.used.get(usize::from(table / 8));
        set.is_some_and(|set| set >> (table % 8) & 1 == 1)
    }

    /// Letters as text, blanks around them removed.
    pub(crate) fn text(&self, bytes: &[u8]) -> String {
        let text: String = if self.is_latin {
            bytes.iter().map(|&byte| char::from(byte)).collect()
        } else {
            String::from_utf8_lossy(bytes).into_owned()
        };
        text.trim_matches(|letter: char| letter == ' ' || letter.is_control()).into()
    }

    /// The number of a device, in letters or in digits.
    pub(crate) fn name(&self, bytes: &[u8]) -> Option<String> {
        let text = if self.digits_for_names { of_nibbles(bytes)? } else { self.text(bytes) };
        text.contains(|letter: char| letter.is_alphanumeric() && letter != '0').then_some(text)
    }
}

/// How long table 0 is, by its first bytes.
pub(crate) fn length(head: &[u8]) -> Option<usize> {
    let &[standard, maker, procedures, own_procedures] = head.get(13..17)?.first_chunk::<4>()?;
    let twice = 2 * (usize::from(standard) + usize::from(maker));
    Some(HEAD + twice + usize::from(procedures) + usize::from(own_procedures))
}

/// Decimal digits, those that only fill up at either end left out.
fn of_nibbles(bytes: &[u8]) -> Option<String> {
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]);
    let text: Option<String> = nibbles.map(|nibble| char::from_digit(nibble.into(), 16)).collect();
    let digits = text?.trim_matches('f').trim_start_matches('0').to_owned();
    digits.bytes().all(|digit| digit.is_ascii_digit()).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Big-endian, characters for names, moments in bytes, pieces by offset; sums of six bytes, demands of
    /// four.
    const TABLE: [u8; 23] = [
        0x03,
        0x0A,
        0x8A,
        b'S',
        b'M',
        b' ',
        b' ',
        2,
        0,
        0,
        0,
        2,
        0,
        2,
        0,
        0,
        0,
        3,
        0,
        0b0010_0011,
        0b1,
        0,
        0,
    ];

    #[test]
    fn table_0_says_how_to_read_the_others() {
        let general = General::of_table(&TABLE).unwrap();
        assert_eq!(general.format.order, Order::Big);
        assert_eq!((general.format.first, general.format.second), (Number::Whole(6, 0), Number::Whole(4, 0)));
        assert_eq!(general.format.time, TimeFormat::Bytes);
        assert!(general.by_offset && !general.digits_for_names && !general.is_first_edition);
        let used: Vec<u16> = (0..100).filter(|&table| general.uses(table)).collect();
        assert_eq!((used, general.own_status), (vec![0, 1, 5, 8], 3));
        assert_eq!(length(&TABLE), Some(TABLE.len()));
    }

    #[test]
    fn a_table_0_that_is_too_short_or_unheard_of_is_refused() {
        let with = |at: usize, value: u8| {
            let mut table = TABLE;
            table[at] = value;
            General::of_table(&table)
        };
        assert_eq!(General::of_table(&TABLE[..18]), None);
        assert_eq!((with(13, 5), with(2, 0x8E), with(2, 0xE8), with(1, 7)), (None, None, None, None));
    }

    #[test]
    fn names_are_letters_or_digits() {
        let mut general = General::of_table(&TABLE).unwrap();
        assert_eq!(general.name(b"  00412345\0\0").as_deref(), Some("00412345"));
        assert_eq!((general.name(b"00000000"), general.name(b"        ")), (None, None));
        general.digits_for_names = true;
        assert_eq!(general.name(&[0, 0, 0x41, 0x23, 0x45]).as_deref(), Some("412345"));
        assert_eq!(general.name(&[0x41, 0x23, 0x45, 0xFF]).as_deref(), Some("412345"));
        assert_eq!((general.name(&[0x4A]), general.name(&[0xFF])), (None, None));
        general.is_latin = true;
        assert_eq!(general.text(b"M\xE5ler "), "M\u{e5}ler");
    }
}
