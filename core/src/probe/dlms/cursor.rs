//! Taking bytes from the front of a message, never more than there are.

/// What is left of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// A length of A-XDR or BER: one byte below 80, else 81 to 84 and as many bytes.
    pub(super) fn length(&mut self) -> Option<usize> {
        let first = self.byte()?;
        match first {
            0..=0x7F => Some(usize::from(first)),
            0x81..=0x84 => {
                let bytes = self.take(usize::from(first & 0x0F))?;
                Some(bytes.iter().fold(0, |length, &byte| (length << 8) | usize::from(byte)))
            }
            _ => None,
        }
    }

    /// A length and as many bytes.
    pub(super) fn counted(&mut self) -> Option<&'a [u8]> {
        let length = self.length()?;
        self.take(length)
    }
}

/// Writes a length; none of ours has more than two bytes.
pub(super) fn write_length(out: &mut Vec<u8>, length: usize) {
    match (u8::try_from(length), u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes()) {
        (Ok(short @ ..0x80), _) => out.push(short),
        (Ok(short), _) => out.extend([0x81, short]),
        (Err(_), [high, low]) => out.extend([0x82, high, low]),
    }
}

/// Writes a tag, the length and the content.
pub(super) fn write_tagged(out: &mut Vec<u8>, tag: u8, content: &[u8]) {
    out.push(tag);
    write_length(out, content.len());
    out.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_come_back_as_they_were_written() {
        for length in [0, 1, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF] {
            let mut written = Vec::new();
            write_length(&mut written, length);
            assert_eq!(Cursor(&written).length(), Some(length));
        }
        assert_eq!(Cursor(&[0x84, 0, 0, 1, 2]).length(), Some(0x102));
    }

    #[test]
    fn more_than_there_is_cannot_be_taken() {
        for short in [&[][..], &[0x80], &[0x85, 0], &[0x82, 1]] {
            assert_eq!(Cursor(short).length(), None, "{short:02X?}");
        }
        let mut cursor = Cursor(&[3, 1, 2]);
        assert_eq!((cursor.counted(), cursor.u16()), (None, Some(0x0102)));
    }
}
