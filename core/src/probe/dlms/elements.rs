//! The members of one long array, one at a time as their bytes come: object lists and profiles are never held whole.

use super::{
    axdr::{AxdrError, Reader, Type, Value},
    limits::ELEMENT_BYTES_MAX,
};

/// An array on its way.
#[derive(Debug, Default)]
pub(super) struct Elements {
    held: Vec<u8>,
    head: Head,
}

#[derive(Debug, Default)]
enum Head {
    /// It has not come yet.
    #[default]
    Awaited,
    /// An array of so many members still to come.
    Array { left: usize, total: usize },
    /// A compact array of so many bytes still to come.
    Compact { of: Type, left: usize },
}

impl Elements {
    /// More bytes came.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// How many members there are, where that is known.
    pub(super) const fn total(&self) -> Option<usize> {
        match self.head {
            Head::Array { total, .. } => Some(total),
            Head::Awaited | Head::Compact { .. } => None,
        }
    }

    /// Bytes that wait for the rest of their member.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.held.capacity()
    }

    /// The next member that is complete. An error is final.
    pub(super) fn next(&mut self) -> Result<Option<Value>, AxdrError> {
        if matches!(self.head, Head::Awaited) && !self.read_head()? {
            return Ok(None);
        }
        let mut reader = Reader::new(&self.held);
        let value = match &self.head {
            Head::Awaited | Head::Array { left: 0, .. } | Head::Compact { left: 0, .. } => {
                // What comes behind the last is none of ours.
                self.held.clear();
                return Ok(None);
            }
            Head::Array { .. } => reader.value(0),
            Head::Compact { of, .. } => reader.typed(of, 0),
        };
        let used = self.held.len() - reader.cursor.0.len();
        match (value, &mut self.head) {
            (Ok(_), Head::Compact { .. }) if used == 0 => Err(AxdrError::Bad),
            (Ok(value), head) => {
                match head {
                    Head::Array { left, .. } => *left -= 1,
                    Head::Compact { left, .. } => *left = left.checked_sub(used).ok_or(AxdrError::Bad)?,
                    Head::Awaited => {}
                }
                self.held.drain(..used);
                Ok(Some(value))
            }
            (Err(AxdrError::Short), _) if self.held.len() < ELEMENT_BYTES_MAX => Ok(None),
            (Err(_), _) => Err(AxdrError::Bad),
        }
    }

    /// Reads what stands before the members; whether it is all there.
    fn read_head(&mut self) -> Result<bool, AxdrError> {
        let mut reader = Reader::new(&self.held);
        let head = match reader.cursor.byte() {
            Some(0x01) => reader.cursor.length().map(|total| Head::Array { left: total, total }),
            Some(0x13) => match reader.type_of(0) {
                Ok(of) => reader.cursor.length().map(|left| Head::Compact { of, left }),
                Err(AxdrError::Short) => None,
                Err(AxdrError::Bad) => return Err(AxdrError::Bad),
            },
            // An empty memory.
            Some(0x00) => Some(Head::Array { left: 0, total: 0 }),
            None => None,
            Some(_) => return Err(AxdrError::Bad),
        };
        let used = self.held.len() - reader.cursor.0.len();
        match head {
            Some(head) => {
                self.head = head;
                self.held.drain(..used);
                Ok(true)
            }
            None if self.held.len() < ELEMENT_BYTES_MAX => Ok(false),
            None => Err(AxdrError::Bad),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn shown(bytes: &[u8], piece: usize) -> Result<Vec<String>, AxdrError> {
        let (mut elements, mut shown) = (Elements::default(), Vec::new());
        for piece in bytes.chunks(piece) {
            elements.push(piece);
            while let Some(value) = elements.next()? {
                shown.push(value.to_string());
            }
        }
        Ok(shown)
    }

    #[test]
    fn members_come_out_as_they_come_in_whatever_the_pieces() {
        let array = [0x01, 3, 0x02, 2, 0x11, 1, 0x00, 0x02, 2, 0x11, 2, 0x09, 1, 0xAA, 0x00];
        let compact = [0x13, 0x02, 2, 0x12, 0x11, 6, 1, 0, 5, 0, 2, 6];
        for piece in 1..16 {
            assert_eq!(shown(&array, piece).unwrap(), ["{1, null}", "{2, AA}", "null"], "{piece}");
            assert_eq!(shown(&compact, piece).unwrap(), ["{256, 5}", "{2, 6}"], "{piece}");
            assert!(shown(&[0x00], piece).unwrap().is_empty());
        }
    }

    #[test]
    fn what_is_no_array_or_has_members_without_end_is_refused() {
        let mut endless = vec![0x01, 1, 0x09, 0x82, 0xFF, 0xFF];
        endless.resize(10_000, 0);
        for bytes in [&[0x02, 0][..], &[0x11, 1], &[0x13, 0x02, 0, 4, 1, 2, 3, 4], &endless] {
            assert_eq!(shown(bytes, 100), Err(AxdrError::Bad), "{:02X?}", &bytes[..2]);
        }
    }

    proptest! {
        #[test]
        fn little_is_held_whatever_comes(start in 0..4_usize, bytes in vec(any::<u8>(), 0..9_000)) {
            let starts: [&[u8]; 4] = [&[], &[0x01, 0x82, 0xFF, 0xFF], &[0x13], &[0x01, 0x81, 0xFF, 0x09, 0x82, 0xFF]];
            let mut elements = Elements::default();
            elements.push(starts[start]);
            'all: for piece in bytes.chunks(200) {
                elements.push(piece);
                loop {
                    match elements.next() {
                        Ok(Some(_)) => {}
                        Ok(None) => break,
                        Err(_) => break 'all,
                    }
                }
            }
            prop_assert!(elements.held() <= 3 * ELEMENT_BYTES_MAX);
        }
    }
}
