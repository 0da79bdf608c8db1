//! The names of what can be read, and the two editions that name them differently.

use std::fmt;

/// An edition of DL/T 645. A meter of the one does not answer the functions of the other.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Edition {
    /// DL/T 645-1997: names of two bytes, no way to ask for an address.
    Y1997,
    /// DL/T 645-2007: names of four bytes.
    Y2007,
}

impl Edition {
    /// The year it is known by.
    pub const fn year(self) -> u16 {
        match self {
            Self::Y1997 => 1997,
            Self::Y2007 => 2007,
        }
    }
}

/// The name of something that can be read: DI3 DI2 DI1 DI0, or DI1 DI0 in the edition of 1997.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Identifier {
    edition: Edition,
    code: u32,
}

impl Identifier {
    pub(super) const fn of_2007(code: u32) -> Self {
        Self { edition: Edition::Y2007, code }
    }

    pub(super) const fn of_1997(code: u16) -> Self {
        Self { edition: Edition::Y1997, code: code as u32 }
    }

    pub(super) const fn of(edition: Edition, code: u32) -> Self {
        Self { edition, code }
    }

    /// Which edition it is of.
    pub const fn edition(self) -> Edition {
        self.edition
    }

    /// The number, DI0 in its lowest byte.
    pub const fn code(self) -> u32 {
        self.code
    }

    /// As on the line: the lowest byte first.
    pub(super) fn wire(self) -> Vec<u8> {
        self.code.to_le_bytes().into_iter().take(self.width()).collect()
    }

    /// What stands behind the name in what a meter sent, if it is this name.
    pub(super) fn strip(self, content: &[u8]) -> Option<&[u8]> {
        content.strip_prefix(self.wire().as_slice())
    }

    /// Takes the name off what a meter sent.
    pub(super) fn split(edition: Edition, content: &[u8]) -> Option<(Self, &[u8])> {
        let (name, rest) = content.split_at_checked(Self { edition, code: 0 }.width())?;
        let code = name.iter().rev().fold(0, |code, &byte| code << 8 | u32::from(byte));
        Some((Self { edition, code }, rest))
    }

    const fn width(self) -> usize {
        match self.edition {
            Edition::Y1997 => 2,
            Edition::Y2007 => 4,
        }
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0width$X}", self.code, width = 2 * self.width())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_lowest_byte_first() {
        check(Identifier::of_2007(0x0001_FF00), &[0x00, 0xFF, 0x01, 0x00], "0001FF00");
        check(Identifier::of_1997(0x901F), &[0x1F, 0x90], "901F");
    }

    #[track_caller]
    fn check(name: Identifier, wire: &[u8], shown: &str) {
        assert_eq!((name.wire().as_slice(), name.to_string().as_str()), (wire, shown));
        let said = [wire, &[7]].concat();
        assert_eq!(Identifier::split(name.edition(), &said), Some((name, [7].as_slice())));
        assert_eq!(name.strip(&said), Some([7].as_slice()));
        assert_eq!(name.strip(&said[1..]), None);
    }
}
