//! Many attributes, by as few requests as the meter allows.

use super::{
    apdu::{Ask, Attribute},
    axdr::{Reader, Value},
    limits::{KEPT_BYTES_MAX, VALUE_BYTES_MAX},
};

/// What is to be read, and what of it has been.
#[derive(Debug)]
pub(super) struct Batch {
    attributes: Vec<Attribute>,
    /// In the order of the attributes; nothing where the meter refused.
    results: Vec<Option<Value>>,
    /// Attributes in one request; 1 where lists are refused.
    most: usize,
    /// Attributes in the request under way.
    asked: usize,
    /// What has come of its answer.
    raw: Vec<u8>,
    /// Bytes of the results in memory, and of those that were too much.
    weight: usize,
    enough: bool,
    ends_early: bool,
}

impl Batch {
    pub(super) fn new(attributes: Vec<Attribute>, most: usize) -> Self {
        let results = Vec::with_capacity(attributes.len());
        let raw = Vec::new();
        Self {
            attributes,
            results,
            most: most.max(1),
            asked: 0,
            raw,
            weight: 0,
            enough: false,
            ends_early: false,
        }
    }

    /// One by one, the first that can be read is enough.
    pub(super) fn first_of(attributes: Vec<Attribute>, most: usize) -> Self {
        Self { ends_early: most <= 1, ..Self::new(attributes, most) }
    }

    /// The next request.
    pub(super) fn ask(&mut self) -> Option<Ask> {
        let rest =
            self.attributes.get(self.results.len()..).filter(|rest| !self.enough && !rest.is_empty())?;
        // What belongs to one object stays together.
        let mut count = rest.len().min(self.most);
        while let (Some(last), Some(next)) =
            (count.checked_sub(1).and_then(|at| rest.get(at)), rest.get(count))
            && last.obis == next.obis
            && count > 1
        {
            count -= 1;
        }
        self.asked = count;
        self.raw.clear();
        match rest.get(..count)? {
            [one] => Some(Ask::One(*one, None)),
            several => Some(Ask::List(several.to_vec())),
        }
    }

    /// Some of the answer came. Tells whether more is wanted.
    pub(super) fn piece(&mut self, bytes: &[u8], is_last: bool) -> bool {
        if self.raw.len() + bytes.len() > VALUE_BYTES_MAX {
            self.refused();
            return false;
        }
        self.raw.extend_from_slice(bytes);
        if is_last {
            let values =
                if self.asked == 1 { Some(vec![one(&self.raw)]) } else { list(&self.raw, self.asked) };
            match values {
                Some(values) => {
                    self.enough = self.ends_early && values.iter().any(Option::is_some);
                    for value in values {
                        self.weight += value.as_ref().map_or(0, Value::weight);
                        self.results.push(value.filter(|_| self.weight <= KEPT_BYTES_MAX));
                    }
                }
                None => self.refused(),
            }
        }
        true
    }

    /// The meter will not answer the request under way. A list is asked for one by one from now on.
    pub(super) fn refused(&mut self) {
        if self.asked > 1 {
            self.most = 1;
        } else {
            self.results.push(None);
        }
    }

    /// Lists were refused.
    pub(super) const fn is_one_by_one(&self) -> bool {
        self.most == 1
    }

    /// How many attributes there are.
    pub(super) const fn len(&self) -> usize {
        self.attributes.len()
    }

    /// Bytes in memory.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.raw.capacity()
            + self.attributes.capacity() * size_of::<Attribute>()
            + self.results.iter().flatten().map(Value::weight).sum::<usize>()
            + (self.results.capacity() - self.results.len()) * size_of::<Option<Value>>()
    }

    /// How many attributes are done.
    pub(super) const fn done(&self) -> usize {
        self.results.len()
    }

    /// What the meter told, in the order of the attributes; nothing where it refused.
    pub(super) fn into_results(self) -> impl Iterator<Item = (Attribute, Option<Value>)> {
        let rest = self.attributes.len() - self.results.len().min(self.attributes.len());
        self.attributes.into_iter().zip(self.results.into_iter().chain(std::iter::repeat_n(None, rest)))
    }
}

fn one(raw: &[u8]) -> Option<Value> {
    let mut reader = Reader::new(raw);
    reader.value(0).ok().filter(|_| reader.cursor.is_empty())
}

/// The results of a list: as many as were asked for, each a value or an error.
fn list(raw: &[u8], asked: usize) -> Option<Vec<Option<Value>>> {
    results(raw).filter(|results| results.len() == asked)
}

/// The results of a list.
pub(super) fn results(raw: &[u8]) -> Option<Vec<Option<Value>>> {
    let mut reader = Reader::new(raw);
    let count = reader.cursor.length()?;
    let results = (0..count).map(|_| match reader.cursor.byte()? {
        0 => reader.value(0).ok().map(Some),
        _ => reader.cursor.byte().map(|_| None),
    });
    let results: Vec<Option<Value>> = results.collect::<Option<_>>()?;
    reader.cursor.is_empty().then_some(results)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::obis::Obis;

    fn attribute(c: u8, id: u8) -> Attribute {
        Attribute { class: 3, obis: Obis::electricity(c, 8, 0), id }
    }

    fn sizes(attributes: Vec<Attribute>, most: usize) -> Vec<usize> {
        let mut batch = Batch::new(attributes, most);
        let mut sizes = Vec::new();
        while let Some(ask) = batch.ask() {
            let Ask::List(list) = ask else {
                sizes.push(1);
                batch.piece(&[0x11, 1], true);
                continue;
            };
            sizes.push(list.len());
            let results = [&[u8::try_from(list.len()).unwrap()][..], &[1, 4].repeat(list.len())].concat();
            batch.piece(&results, true);
        }
        sizes
    }

    #[test]
    fn what_belongs_together_is_asked_for_together() {
        let pairs: Vec<Attribute> = (1..=4).flat_map(|c| [attribute(c, 2), attribute(c, 5)]).collect();
        assert_eq!(sizes(pairs.clone(), 3), [2, 2, 2, 2]);
        assert_eq!(sizes(pairs.clone(), 5), [4, 4]);
        assert_eq!(sizes(pairs.clone(), 99), [8]);
        assert_eq!(sizes(pairs, 1), [1; 8]);
        assert_eq!(sizes(vec![attribute(1, 2), attribute(1, 3), attribute(1, 4)], 2), [1, 2]);
    }

    #[test]
    fn a_refused_list_is_asked_for_one_by_one_and_a_refused_value_is_missing() {
        let mut batch = Batch::new(vec![attribute(1, 2), attribute(2, 2), attribute(3, 2)], 9);
        assert!(matches!(batch.ask(), Some(Ask::List(list)) if list.len() == 3));
        batch.refused();
        assert!(batch.is_one_by_one());
        assert_eq!(batch.ask(), Some(Ask::One(attribute(1, 2), None)));
        batch.piece(&[0x12, 0], false);
        batch.piece(&[7], true);
        batch.ask();
        batch.refused();
        batch.ask();
        batch.piece(&[0x42], true);
        assert_eq!(batch.ask(), None);
        let results: Vec<Option<Value>> = batch.into_results().map(|(_, result)| result).collect();
        assert_eq!(results, [Some(Value::Integer(7)), None, None]);
    }

    #[test]
    fn an_answer_to_another_list_or_without_end_is_a_refusal() {
        for answer in [&[2, 0, 0x11, 1, 1, 4][..], &[3, 0, 0x11, 1], &[3, 1, 1, 1, 1, 1, 1, 9], &[]] {
            let mut batch = Batch::new((1..=3).map(|c| attribute(c, 2)).collect(), 9);
            batch.ask();
            batch.piece(answer, true);
            assert!(batch.is_one_by_one(), "{answer:02X?}");
        }
        let mut batch = Batch::new(vec![attribute(1, 2)], 9);
        batch.ask();
        let mut pieces = 0;
        while batch.piece(&[0; 500], false) {
            pieces += 1;
            assert!(pieces < 100);
        }
        assert_eq!(batch.done(), 1);
    }

    #[test]
    fn of_values_that_are_too_large_few_are_kept() {
        let mut batch = Batch::new(vec![attribute(1, 2); 100], 1);
        let large = [&[0x01, 0x81, 200][..], &[0x00; 200]].concat();
        while batch.ask().is_some() {
            batch.piece(&large, true);
        }
        assert_eq!(batch.done(), 100);
        assert!(batch.held() < 40_000, "{}", batch.held());
    }
}
