//! The messages of xDLMS that a reader needs: GET in its three forms, and the one ACTION that proves who we are.
//! There is no SET here and no other ACTION. IEC 62056-53, 7.

use super::{
    clock,
    cursor::{Cursor, write_tagged},
};
use crate::{obis::Obis, probe::part::Span};

/// One attribute of one object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Attribute {
    pub(super) class: u16,
    pub(super) obis: Obis,
    pub(super) id: u8,
}

/// Bytes of an attribute in a request for a list.
pub(super) const ATTRIBUTE_BYTES: usize = 10;
/// Bytes before the attributes of such a list.
pub(super) const LIST_HEAD_BYTES: usize = 4;

/// Which part of a memory is wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Selector {
    /// What belongs to this time, by the column with this object.
    Range { by: Attribute, span: Span },
    /// From one place to another, both included, the first is 1.
    Entries { from: u32, to: u32 },
}

/// What is asked for at once.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Ask {
    One(Attribute, Option<Selector>),
    List(Vec<Attribute>),
}

/// High priority, confirmed; the lower half is the number of the request.
const INVOKE: u8 = 0xC0;
const GET: u8 = 0xC0;
/// Method 1 of the present association: reply to HLS authentication.
const REPLY_TO_HLS: [u8; 9] = [0x00, 0x0F, 0, 0, 40, 0, 0, 255, 1];

/// A request; `id` below 16 comes back in the answer.
pub(super) fn get(id: u8, ask: &Ask) -> Vec<u8> {
    let mut out = vec![GET];
    match ask {
        Ask::One(attribute, selector) => {
            out.extend([0x01, INVOKE | id]);
            name(&mut out, *attribute);
            out.push(u8::from(selector.is_some()));
            selector.iter().for_each(|selector| select(&mut out, selector));
        }
        Ask::List(attributes) => {
            let count = u8::try_from(attributes.len()).unwrap_or(u8::MAX);
            out.extend([0x03, INVOKE | id, count]);
            for attribute in attributes.iter().take(count.into()) {
                name(&mut out, *attribute);
                out.push(0);
            }
        }
    }
    out
}

/// A request for the block behind this one.
pub(super) fn next_block(id: u8, number: u32) -> Vec<u8> {
    let [a, b, c, d] = number.to_be_bytes();
    vec![GET, 0x02, INVOKE | id, a, b, c, d]
}

/// What a request of somebody else asks for; nothing, if it is no first request.
pub(super) fn asked(request: &[u8]) -> Option<Vec<Attribute>> {
    let mut cursor = Cursor(request);
    let [GET, form, _] = cursor.array()? else { return None };
    match form {
        1 => attribute(&mut cursor).map(|one| vec![one]),
        3 => {
            let count = cursor.byte()?;
            // A selector inside a list is read by nobody.
            let mut next = || attribute(&mut cursor).filter(|_| cursor.byte() == Some(0));
            (0..count).map(|_| next()).collect()
        }
        _ => None,
    }
}

fn attribute(cursor: &mut Cursor<'_>) -> Option<Attribute> {
    let class = cursor.u16()?;
    let obis = obis(cursor.take(6)?)?;
    Some(Attribute { class, obis, id: cursor.byte()? })
}

/// Our answer to the meter's challenge.
pub(super) fn reply_to_hls(id: u8, token: &[u8]) -> Vec<u8> {
    let mut out = vec![0xC3, 0x01, INVOKE | id];
    out.extend(REPLY_TO_HLS);
    out.push(1);
    write_tagged(&mut out, 0x09, token);
    out
}

fn name(out: &mut Vec<u8>, attribute: Attribute) {
    out.extend(attribute.class.to_be_bytes());
    out.extend(octets(attribute.obis));
    out.push(attribute.id);
}

fn select(out: &mut Vec<u8>, selector: &Selector) {
    match selector {
        Selector::Range { by, span } => {
            out.extend([0x01, 0x02, 4, 0x02, 4, 0x12]);
            out.extend(by.class.to_be_bytes());
            write_tagged(out, 0x09, &octets(by.obis));
            out.extend([0x0F, by.id, 0x12, 0, 0]);
            write_tagged(out, 0x09, &clock::date_time(span.from));
            write_tagged(out, 0x09, &clock::date_time(span.to));
            // All columns.
            out.extend([0x01, 0]);
        }
        Selector::Entries { from, to } => {
            out.extend([0x02, 0x02, 4]);
            for place in [from, to] {
                out.push(0x06);
                out.extend(place.to_be_bytes());
            }
            // All columns: from the first to the last.
            out.extend([0x12, 0, 1, 0x12, 0, 0]);
        }
    }
}

/// The six bytes of a logical name.
pub(super) const fn octets(obis: Obis) -> [u8; 6] {
    [obis.a, obis.b, obis.c, obis.d, obis.e, obis.f]
}

/// The name of six bytes.
pub(super) fn obis(bytes: &[u8]) -> Option<Obis> {
    match *bytes {
        [a, b, c, d, e, f] => Some(Obis { a, b, c, d, e, f }),
        _ => None,
    }
}

/// A meter's answer. An error is the book's Data-Access-Result.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Response<'a> {
    /// One value.
    One { id: u8, result: Result<&'a [u8], u8> },
    /// A part of one value or list.
    Block { id: u8, is_last: bool, number: u32, result: Result<&'a [u8], u8> },
    /// The results of a list.
    List { id: u8, results: &'a [u8] },
    /// What a method did, and what it returned.
    Action { id: u8, result: u8, returned: Option<&'a [u8]> },
    /// The meter will not, or cannot.
    Exception(Exception),
    /// Something that we never ask for.
    Other,
}

/// Why a meter makes an exception.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Exception {
    /// It expects this invocation counter, or a later one.
    Counter(u32),
    /// It cannot decipher what we said.
    Deciphering,
    /// It does not say, or it does not matter.
    Other,
}

/// Reads an answer that is not ciphered.
pub(super) fn response(apdu: &[u8]) -> Option<Response<'_>> {
    let mut cursor = Cursor(apdu);
    let tag = cursor.byte()?;
    match tag {
        0xC4 => get_response(&mut cursor),
        0xC7 => action_response(&mut cursor),
        0xD8 => {
            let [_, service] = cursor.array()?;
            Some(Response::Exception(match (service, cursor.u32()) {
                (6, Some(counter)) => Exception::Counter(counter),
                (5, _) => Exception::Deciphering,
                _ => Exception::Other,
            }))
        }
        // confirmedServiceError.
        0x0E => Some(Response::Exception(Exception::Other)),
        _ => Some(Response::Other),
    }
}

fn get_response<'a>(cursor: &mut Cursor<'a>) -> Option<Response<'a>> {
    let [form, invoke] = cursor.array()?;
    let id = invoke & 0x0F;
    match form {
        1 => Some(Response::One { id, result: result(cursor)? }),
        2 => {
            let is_last = cursor.byte()? != 0;
            let number = cursor.u32()?;
            let result = match cursor.byte()? {
                0 => Ok(cursor.counted()?),
                _ => Err(cursor.byte()?),
            };
            Some(Response::Block { id, is_last, number, result })
        }
        3 => Some(Response::List { id, results: cursor.0 }),
        _ => None,
    }
}

fn result<'a>(cursor: &mut Cursor<'a>) -> Option<Result<&'a [u8], u8>> {
    match cursor.byte()? {
        0 => Some(Ok(cursor.0)),
        _ => cursor.byte().map(Err),
    }
}

fn action_response<'a>(cursor: &mut Cursor<'a>) -> Option<Response<'a>> {
    let [form, invoke, result] = cursor.array()?;
    if form != 1 {
        return None;
    }
    // There may be something returned; it may be an error, or data of which we only take a string.
    let returned = match (cursor.byte(), cursor.byte(), cursor.byte()) {
        (Some(1), Some(0), Some(0x09)) => cursor.counted(),
        _ => None,
    };
    Some(Response::Action { id: invoke & 0x0F, result, returned })
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::time::Civil;

    const ENERGY: Attribute = Attribute { class: 3, obis: Obis::ACTIVE_IMPORT, id: 2 };

    #[test]
    fn requests_are_those_of_the_book() {
        let energy = [0x00, 0x03, 1, 0, 1, 8, 0, 255, 2, 0];
        assert_eq!(get(1, &Ask::One(ENERGY, None)), [&[0xC0, 1, 0xC1][..], &energy].concat());
        let list = get(2, &Ask::List(vec![ENERGY, ENERGY]));
        assert_eq!(list, [&[0xC0, 3, 0xC2, 2][..], &energy, &energy].concat());
        assert_eq!(list.len(), LIST_HEAD_BYTES + 2 * ATTRIBUTE_BYTES);
        assert_eq!(asked(&list), Some(vec![ENERGY, ENERGY]));
        assert_eq!(asked(&get(1, &Ask::One(ENERGY, None))), Some(vec![ENERGY]));
        assert_eq!(asked(&next_block(3, 1)), None);
        assert_eq!(next_block(3, 0x0102), [0xC0, 2, 0xC3, 0, 0, 1, 2]);
        let reply = [0xC3, 1, 0xC4, 0, 15, 0, 0, 40, 0, 0, 255, 1, 1, 9, 2, 0xAA, 0xBB];
        assert_eq!(reply_to_hls(4, &[0xAA, 0xBB]), reply);
    }

    #[test]
    fn selectors_name_times_or_places() {
        let by = Attribute { class: 8, obis: "0-0:1.0.0".parse().unwrap(), id: 2 };
        let span = Span {
            from: Civil::new(2026, 11, 1, 0, 0, 0).unwrap(),
            to: Civil::new(2026, 11, 2, 12, 30, 0).unwrap(),
        };
        let range = get(1, &Ask::One(ENERGY, Some(Selector::Range { by, span })));
        let from = [9, 12, 0x07, 0xEA, 11, 1, 0xFF, 0, 0, 0, 0, 0x80, 0, 0];
        let to = [9, 12, 0x07, 0xEA, 11, 2, 0xFF, 12, 30, 0, 0, 0x80, 0, 0];
        let clock = [1, 1, 2, 4, 2, 4, 0x12, 0, 8, 9, 6, 0, 0, 1, 0, 0, 255, 15, 2, 0x12, 0, 0];
        assert_eq!(range[12..], [&clock[..], &from, &to, &[1, 0]].concat());
        let entries = get(1, &Ask::One(ENERGY, Some(Selector::Entries { from: 5, to: 260 })));
        assert_eq!(entries[12..], [1, 2, 2, 4, 6, 0, 0, 0, 5, 6, 0, 0, 1, 4, 0x12, 0, 1, 0x12, 0, 0]);
    }

    #[test]
    fn answers_are_told_apart() {
        for (apdu, expected) in [
            (&[0xC4, 1, 0xC1, 0, 0x11, 7][..], Response::One { id: 1, result: Ok(&[0x11, 7]) }),
            (&[0xC4, 1, 0x41, 1, 4], Response::One { id: 1, result: Err(4) }),
            (
                &[0xC4, 2, 0xC2, 1, 0, 0, 0, 9, 0, 2, 5, 6],
                Response::Block { id: 2, is_last: true, number: 9, result: Ok(&[5, 6]) },
            ),
            (
                &[0xC4, 2, 0xC2, 0, 0, 0, 0, 9, 1, 14],
                Response::Block { id: 2, is_last: false, number: 9, result: Err(14) },
            ),
            (&[0xC4, 3, 0xC3, 1, 0, 0], Response::List { id: 3, results: &[1, 0, 0] }),
            (
                &[0xC7, 1, 0xC4, 0, 1, 0, 9, 2, 7, 8],
                Response::Action { id: 4, result: 0, returned: Some(&[7, 8]) },
            ),
            (&[0xC7, 1, 0xC4, 3, 0], Response::Action { id: 4, result: 3, returned: None }),
            (&[0xD8, 1, 6, 0, 0, 2, 0], Response::Exception(Exception::Counter(512))),
            (&[0xD8, 1, 5], Response::Exception(Exception::Deciphering)),
            (&[0xD8, 1, 2], Response::Exception(Exception::Other)),
            (&[0x0E, 1, 6, 1], Response::Exception(Exception::Other)),
            (&[0x0F, 0, 0, 0, 0], Response::Other),
        ] {
            assert_eq!(response(apdu), Some(expected));
        }
        for short in
            [&[][..], &[0xC4], &[0xC4, 1, 0xC1], &[0xC4, 2, 0xC2, 1, 0, 0, 0, 9, 0, 5, 5], &[0xD8, 1]]
        {
            assert_eq!(response(short), None, "{short:02X?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_an_answer_or_none(apdu in vec(any::<u8>(), 0..40)) {
            let _ = response(&apdu);
        }
    }
}
