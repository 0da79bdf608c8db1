//! SML's binary form: a type and a length before every element.

/// A length goes on over this many bytes at most: enough for any frame.
const HEAD_MAX: usize = 4;
/// The widest number.
const NUMBER_MAX: usize = 8;

/// One element. Of a list only the head; its elements follow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Element<'a> {
    /// Bytes; none where an optional element is left out.
    Octets(&'a [u8]),
    /// Yes or no.
    Flag(bool),
    /// A number with a sign, most significant byte first, 1 to 8 bytes.
    Signed(&'a [u8]),
    /// A number without a sign, as above.
    Unsigned(&'a [u8]),
    /// So many elements belong together.
    List(usize),
    /// The end of a message.
    End,
}

/// Goes through elements. Whatever answers nothing was given something that is no SML.
#[derive(Clone, Debug)]
pub(super) struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Elements<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What has not been gone through.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next element, into a list.
    pub(super) fn next(&mut self) -> Option<Element<'a>> {
        let (&first, mut rest) = self.rest.split_first()?;
        if first == 0 {
            self.rest = rest;
            return Some(Element::End);
        }
        let (mut byte, mut length, mut head) = (first, usize::from(first & 0x0F), 1);
        while byte & 0x80 != 0 {
            if head == HEAD_MAX {
                return None;
            }
            (byte, rest) = rest.split_first().map(|(&byte, rest)| (byte, rest))?;
            length = (length << 4) | usize::from(byte & 0x0F);
            head += 1;
        }
        let kind = (first >> 4) & 7;
        if kind == 7 {
            self.rest = rest;
            return Some(Element::List(length));
        }
        // The length counts its own bytes.
        let (content, rest) = rest.split_at_checked(length.checked_sub(head)?)?;
        self.rest = rest;
        match kind {
            0 => Some(Element::Octets(content)),
            4 => content.first().map(|&byte| Element::Flag(byte != 0)),
            5 => is_number(content).then_some(Element::Signed(content)),
            6 => is_number(content).then_some(Element::Unsigned(content)),
            _ => None,
        }
    }

    /// The next element with all that is in it. Lists in lists cost no memory, and each takes a byte of the
    /// frame, so that this ends.
    pub(super) fn skip(&mut self) -> Option<()> {
        let mut open = 1_usize;
        while open > 0 {
            open -= 1;
            if let Element::List(count) = self.next()? {
                open = open.checked_add(count)?;
            }
        }
        Some(())
    }

    /// The next element with all that is in it, to be looked at later.
    pub(super) fn take(&mut self) -> Option<Self> {
        let taken = self.clone();
        self.skip()?;
        Some(taken)
    }

    /// The head of a list of this many.
    pub(super) fn list(&mut self, expected: usize) -> Option<()> {
        (self.next()? == Element::List(expected)).then_some(())
    }

    pub(super) fn octets(&mut self) -> Option<&'a [u8]> {
        match self.next()? {
            Element::Octets(octets) => Some(octets),
            Element::Flag(_)
            | Element::Signed(_)
            | Element::Unsigned(_)
            | Element::List(_)
            | Element::End => None,
        }
    }

    /// A number, of whichever kind.
    pub(super) fn number(&mut self) -> Option<i128> {
        match self.next()? {
            Element::Signed(content) => Some(signed(content).into()),
            Element::Unsigned(content) => Some(unsigned(content).into()),
            Element::Octets(_) | Element::Flag(_) | Element::List(_) | Element::End => None,
        }
    }
}

/// Reads up to eight bytes as a number without a sign.
pub(super) fn unsigned(content: &[u8]) -> u64 {
    content.iter().fold(0, |number, &byte| (number << 8) | u64::from(byte))
}

/// Reads up to eight bytes as a number whose first bit is the sign.
pub(super) fn signed(content: &[u8]) -> i64 {
    let sign = if content.first().is_some_and(|byte| byte & 0x80 != 0) { -1 } else { 0 };
    content.iter().fold(sign, |number, &byte| (number << 8) | i64::from(byte))
}

const fn is_number(content: &[u8]) -> bool {
    matches!(content.len(), 1..=NUMBER_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_to_eight_bytes() {
        for (bytes, expected) in [
            (&b"\x52\xFF"[..], -1),
            (b"\x53\x80\x25", -32_731),
            (b"\x54\x00\x80\x25", 32_805),
            (b"\x56\x0A\x00\x00\x00\x01", 42_949_672_961),
            (b"\x56\xFF\xFF\xFF\xFF\xFE", -2),
            (b"\x59\x80\x00\x00\x00\x00\x00\x00\x00", i64::MIN.into()),
            (b"\x62\xFF", 255),
            (b"\x69\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", u64::MAX.into()),
        ] {
            assert_eq!(Elements::new(bytes).number(), Some(expected), "{bytes:02X?}");
        }
        for bytes in [&b"\x51"[..], b"\x61", b"\x6A\0\0\0\0\0\0\0\0\0", b"\x63\0", b"\x04abc"] {
            assert_eq!(Elements::new(bytes).number(), None, "{bytes:02X?}");
        }
    }

    #[test]
    fn a_length_may_take_several_bytes() {
        let long = [&b"\x83\x02"[..], &[7; 48]].concat();
        check(&long, Some(Element::Octets(&[7; 48])));
        check(b"\xF1\x02", Some(Element::List(18)));
        check(b"\x80\x80\x80\x80\x05", None);
        check(b"\x83", None);
        check(b"\x83\x02abc", None);
    }

    #[test]
    fn each_type_is_told_by_its_bits() {
        check(b"\x01", Some(Element::Octets(b"")));
        check(b"\x03ab", Some(Element::Octets(b"ab")));
        check(b"\x42\x00", Some(Element::Flag(false)));
        check(b"\x76", Some(Element::List(6)));
        check(b"\x00", Some(Element::End));
        for unknown in [&b"\x12a"[..], b"\x22a", b"\x32a", b"\x41", b"\x80\x00", b""] {
            check(unknown, None);
        }
    }

    #[test]
    fn skipping_goes_over_lists_in_lists_however_deep() {
        let deep = [vec![0x71; 4_000], vec![0x01, 0x62, 5]].concat();
        let mut elements = Elements::new(&deep);
        assert_eq!((elements.skip(), elements.number()), (Some(()), Some(5)));
        assert_eq!(Elements::new(&[0x71; 4_000]).skip(), None);
        assert_eq!(Elements::new(b"\xFF\x8F\x8F\x0F\x01").skip(), None);
    }

    #[track_caller]
    fn check(bytes: &[u8], expected: Option<Element<'_>>) {
        assert_eq!(Elements::new(bytes).next(), expected, "{bytes:02X?}");
    }
}
