//! Fetches tables: whole where they fit into an answer, in pieces where they do not and the meter gives
//! pieces.

use super::{
    limits::ANSWER_BYTES_MAX,
    service::{Code, read, read_part},
    table::general,
};

/// What is wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ask {
    /// A whole table.
    Whole(u16),
    /// A piece of a table.
    Part {
        /// Of which.
        table: u16,
        /// Where it begins, in bytes.
        offset: usize,
        /// How many bytes.
        count: usize,
    },
}

/// How a fetch goes on.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Fetched {
    /// There is more to be asked for.
    More,
    /// Here it is.
    Done(Vec<u8>),
    /// That was no piece of it.
    Wrong,
}

/// Fetches one thing after another.
#[derive(Debug)]
pub(super) struct Fetcher {
    /// Bytes of a table that fit into one answer.
    pub(super) capacity: usize,
    /// The meter gives pieces of tables, as far as anybody knows.
    pub(super) by_offset: bool,
    /// A whole table of a meter that gives no pieces, kept to be cut here.
    kept: Option<(u16, Vec<u8>)>,
    current: Option<Fetch>,
}

#[derive(Debug)]
struct Fetch {
    ask: Ask,
    /// How long the whole table is, where that is known.
    length: Option<usize>,
    /// The piece that is still to come; nothing where the table comes whole.
    rest: Option<(usize, usize)>,
    bytes: Vec<u8>,
}

impl Fetcher {
    /// At the beginning of a conversation with a meter of which nothing is known.
    pub(super) const fn new(capacity: usize) -> Self {
        Self { capacity, by_offset: true, kept: None, current: None }
    }

    /// Begins to fetch something; it may be there already.
    pub(super) fn begin(&mut self, ask: Ask, length: Option<usize>) -> Option<Vec<u8>> {
        let rest = match ask {
            Ask::Whole(_) => {
                length.filter(|&length| self.by_offset && length > self.capacity).map(|end| (0, end))
            }
            Ask::Part { table, offset, count } => {
                if let Some((_, whole)) = self.kept.as_ref().filter(|(kept, _)| *kept == table) {
                    return Some(cut(whole, offset, count));
                }
                self.by_offset.then(|| (offset, offset.saturating_add(count)))
            }
        };
        self.current = Some(Fetch { ask, length, rest, bytes: Vec::new() });
        None
    }

    /// What is being fetched.
    pub(super) fn ask(&self) -> Option<Ask> {
        self.current.as_ref().map(|fetch| fetch.ask)
    }

    /// What to say to the meter next.
    pub(super) fn request(&self) -> Option<Vec<u8>> {
        let fetch = self.current.as_ref()?;
        let (Ask::Whole(table) | Ask::Part { table, .. }) = fetch.ask;
        Some(match fetch.rest {
            None => read(table),
            Some((from, to)) => {
                let count = to.saturating_sub(from).min(self.capacity);
                let (from, count) = (u32::try_from(from).ok()?, u16::try_from(count).ok()?);
                read_part(table, from, count)
            }
        })
    }

    /// Takes what the meter answered.
    pub(super) fn take(&mut self, data: &[u8]) -> Fetched {
        let Some(fetch) = &mut self.current else { return Fetched::Wrong };
        let Some((from, to)) = fetch.rest else {
            return self.take_whole(data);
        };
        if data.is_empty() || data.len() > to - from || fetch.bytes.len() + data.len() > ANSWER_BYTES_MAX {
            return Fetched::Wrong;
        }
        fetch.bytes.extend(data);
        let from = from + data.len();
        // The first piece of table 0 says how long it is.
        let longer = if fetch.ask == Ask::Whole(0) { general::length(&fetch.bytes) } else { None };
        let to = longer.unwrap_or(to);
        fetch.rest = Some((from, to));
        if from < to {
            return Fetched::More;
        }
        let bytes = std::mem::take(&mut fetch.bytes);
        self.current = None;
        Fetched::Done(bytes)
    }

    /// The meter refused. Says whether there is another way to ask.
    pub(super) fn refused(&mut self, code: Code) -> bool {
        let Some(fetch) = &mut self.current else { return false };
        let (rest, length) = (fetch.rest, fetch.length);
        match (fetch.ask, rest, code) {
            // It does not fit into one answer.
            (Ask::Whole(table), None, Code::NotPossible) if self.by_offset => {
                let end = if table == 0 { Some(general::HEAD) } else { length };
                fetch.rest = end.map(|end| (0, end));
                end.is_some()
            }
            // It gives no pieces after all.
            (_, Some(_), Code::NotSupported) => {
                self.by_offset = false;
                fetch.bytes.clear();
                fetch.rest = None;
                true
            }
            _ => false,
        }
    }

    /// Leaves what is being fetched.
    pub(super) fn leave(&mut self) {
        self.current = None;
    }

    fn take_whole(&mut self, data: &[u8]) -> Fetched {
        match self.current.take().map(|fetch| fetch.ask) {
            Some(Ask::Part { table, offset, count }) => {
                self.kept = Some((table, data.into()));
                Fetched::Done(cut(data, offset, count))
            }
            Some(Ask::Whole(_)) => Fetched::Done(data.into()),
            None => Fetched::Wrong,
        }
    }
}

/// A piece of a whole table; empty where the table has no such piece.
fn cut(whole: &[u8], offset: usize, count: usize) -> Vec<u8> {
    let piece = whole.get(offset..).and_then(|rest| rest.get(..count));
    piece.unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A meter with one table, which answers as much as fits.
    #[track_caller]
    fn check(ask: Ask, length: Option<usize>, by_offset: bool, table: &[u8], expected: (&[u8], usize)) {
        let mut fetcher = Fetcher::new(10);
        fetcher.by_offset = by_offset;
        let mut asked = 0;
        assert_eq!(fetcher.begin(ask, length), None);
        let found = loop {
            let request = fetcher.request().unwrap();
            asked += 1;
            let piece = match request[..] {
                [0x30, ..] => Some(table).filter(|table| table.len() <= 10 || !by_offset),
                [0x3F, _, _, 0, 0, from, 0, count] => {
                    table.get(from.into()..(from + count).into()).filter(|_| by_offset)
                }
                _ => panic!("{request:?}"),
            };
            match piece.map_or(Fetched::Wrong, |piece| fetcher.take(piece)) {
                Fetched::Done(bytes) => break bytes,
                Fetched::More => {}
                Fetched::Wrong if request[0] == 0x30 => assert!(fetcher.refused(Code::NotPossible)),
                Fetched::Wrong => assert!(fetcher.refused(Code::NotSupported)),
            }
        };
        assert_eq!((found.as_slice(), asked), expected);
    }

    #[test]
    fn a_table_that_fits_comes_whole_and_one_that_does_not_in_pieces() {
        let table: Vec<u8> = (0..25).collect();
        check(Ask::Whole(5), Some(8), true, &table[..8], (&table[..8], 1));
        check(Ask::Whole(5), None, true, &table[..8], (&table[..8], 1));
        check(Ask::Whole(5), Some(25), true, &table, (&table, 3));
        check(Ask::Whole(5), Some(25), false, &table, (&table, 1));
        let part = Ask::Part { table: 64, offset: 3, count: 15 };
        check(part, None, true, &table, (&table[3..18], 2));
        check(part, None, false, &table, (&table[3..18], 1));
    }

    #[test]
    fn table_0_is_found_out_piece_by_piece() {
        let mut table = vec![0; 26];
        (table[13], table[15]) = (3, 1);
        check(Ask::Whole(0), None, true, &table, (&table, 4));
    }

    #[test]
    fn a_meter_that_gives_no_pieces_is_asked_for_a_table_once() {
        let mut fetcher = Fetcher::new(10);
        let part = |offset| Ask::Part { table: 64, offset, count: 2 };
        assert_eq!(fetcher.begin(part(0), None), None);
        assert!(fetcher.refused(Code::NotSupported));
        assert_eq!(fetcher.take(&[1, 2, 3, 4]), Fetched::Done(vec![1, 2]));
        assert_eq!(fetcher.begin(part(2), None), Some(vec![3, 4]));
        assert_eq!(fetcher.begin(part(3), None), Some(vec![]));
    }

    #[test]
    fn pieces_that_are_too_long_or_none_are_wrong() {
        let mut fetcher = Fetcher::new(10);
        fetcher.begin(Ask::Part { table: 64, offset: 0, count: 4 }, None);
        assert_eq!((fetcher.take(&[]), fetcher.take(&[0; 5])), (Fetched::Wrong, Fetched::Wrong));
    }
}
