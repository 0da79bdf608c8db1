//! Captured bytes made readable: frames out of a dump, messages out of frames, values and registers out of messages.
//! Nothing here sends.

use super::{
    address::Address,
    apdu::{self, Attribute, Response},
    association,
    axdr::{Value as Data, parse_all},
    batch,
    cipher::SuiteKeys,
    elements::Elements,
    frame::{Control, Found, Frame, Framer},
    limits::{APDU_BYTES_MAX, OBJECTS_MAX},
    link,
    objects::{Gathered, Object, Scale},
    profile::time_of,
    push::{self, Notification, PushError},
};
use crate::probe::{keys::Keys, readout::Datum};

/// One thing that was said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// The byte of the dump, from 0, at which it begins.
    pub offset: usize,
    /// A checksum or an authentication tag vouches for it.
    pub checked: bool,
    /// What it says.
    pub said: Decoded,
}

/// What a message says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Decoded {
    /// A link was opened; frames hold so many bytes, or the 128 that go without saying.
    Linked {
        /// Bytes of information in a frame.
        information: Option<usize>,
    },
    /// A client was let in, or not.
    Association {
        /// 0 accepted, 1 rejected for good, 2 for now.
        result: u8,
        /// Why.
        diagnostic: u8,
        /// The longest message that the meter takes; 0 is any.
        pdu: Option<u16>,
        /// What the meter can, as three bytes.
        conformance: Option<[u8; 3]>,
    },
    /// Values that were asked for, each as text, with its name where the question is in the dump too. What the
    /// meter refused has no value.
    Values(Vec<(Option<String>, Option<String>)>),
    /// Some of a long value, as far as it came: the members of an array.
    Part {
        /// Members that were complete.
        members: Vec<String>,
        /// How many there are.
        total: Option<usize>,
    },
    /// Sent unasked.
    Notification(Notification),
    /// Ciphered, and the key is not at hand.
    Ciphered,
    /// The registers of all answers together, where questions and answers are both in the dump. Comes last.
    Registers(Vec<Datum>),
    /// The meter refused, or said something that readers do not ask for: the tag of the message.
    Other(u8),
}

/// All that can be understood of a dump: frames in any split, or one message without a frame. Only frames whose
/// checksum is right count.
pub fn decode(bytes: &[u8]) -> Vec<Message> {
    decode_with(bytes, None)
}

/// The same with the key of a meter that ciphers what it sends unasked.
pub fn decode_with(bytes: &[u8], keys: Option<&Keys>) -> Vec<Message> {
    let mut decoder = Decoder { keys: keys.and_then(SuiteKeys::of), ..Decoder::default() };
    let mut framer = Framer::default();
    let mut framed = false;
    for (at, &byte) in bytes.iter().enumerate() {
        if let Found::Frame(content) = framer.push(byte)
            && let Some(frame) = Frame::read(&content)
        {
            framed = true;
            decoder.checked = true;
            decoder.frame(at.saturating_sub(content.len() + 1), &frame);
        }
    }
    decoder.checked = framed;
    if !framed {
        decoder.message(0, without_llc(bytes));
    }
    decoder.finish()
}

fn without_llc(bytes: &[u8]) -> &[u8] {
    match bytes {
        [0xE6, 0xE6 | 0xE7, _, apdu @ ..] => apdu,
        _ => bytes,
    }
}

#[derive(Default)]
struct Decoder {
    keys: Option<SuiteKeys>,
    checked: bool,
    messages: Vec<Message>,
    /// Segments by direction, with the number of the last frame.
    incoming: Vec<Incoming>,
    /// What the last request asks for, its number and that of its frame: an answer to another one that was lost
    /// must not be taken for its answer.
    asked: Vec<Attribute>,
    asked_as: (u8, Option<u8>),
    /// The number of the last frame of the message at hand, and of the one it answers.
    numbers: Option<(u8, u8)>,
    long: Option<Long>,
    gathered: Vec<Gathered>,
    /// Where the first of those was.
    gathered_at: usize,
}

/// Segments in one direction.
struct Incoming {
    from: Address,
    to: Address,
    last: Option<u8>,
    offset: usize,
    bytes: Vec<u8>,
}

/// Blocks of a long answer.
struct Long {
    offset: usize,
    number: u32,
    bytes: Vec<u8>,
}

/// Directions of one dump: a meter and its clients, and a second meter.
const DIRECTIONS_MAX: usize = 8;
/// One answer in blocks.
const LONG_BYTES_MAX: usize = 64 * 1024;
/// Members of one array that are shown.
const MEMBERS_MAX: usize = 4_096;
/// Messages of one dump.
const MESSAGES_MAX: usize = 10_000;

impl Decoder {
    fn frame(&mut self, at: usize, frame: &Frame<'_>) {
        match frame.control {
            Control::Ua if !frame.information.is_empty() => {
                let information = link::room(frame.information);
                self.say(at, Decoded::Linked { information });
            }
            Control::Snrm => self.incoming.clear(),
            Control::I { send, receive } => self.segment(at, frame, Some((send, receive))),
            Control::Ui => self.segment(at, frame, None),
            Control::Ua
            | Control::Rr { .. }
            | Control::Rnr { .. }
            | Control::Disc
            | Control::Dm
            | Control::Frmr => {}
        }
    }

    fn segment(&mut self, at: usize, frame: &Frame<'_>, numbers: Option<(u8, u8)>) {
        let (from, to) = (frame.source, frame.destination);
        let place = self.incoming.iter().position(|one| (one.from, one.to) == (from, to));
        let place = place.unwrap_or_else(|| {
            if self.incoming.len() >= DIRECTIONS_MAX {
                self.incoming.clear();
            }
            self.incoming.push(Incoming { from, to, last: None, offset: at, bytes: Vec::new() });
            self.incoming.len() - 1
        });
        let Some(incoming) = self.incoming.get_mut(place) else { return };
        let number = numbers.map(|(send, _)| send);
        if number.is_some() && number == incoming.last {
            // Said again.
            return;
        }
        let in_turn = number.is_none() || incoming.last.is_none_or(|last| Some((last + 1) & 7) == number);
        if !in_turn {
            // What is between was lost.
            incoming.bytes.clear();
        }
        if incoming.bytes.is_empty() {
            incoming.offset = at;
        }
        incoming.last = number;
        if incoming.bytes.len() + frame.information.len() > APDU_BYTES_MAX {
            incoming.bytes.clear();
            return;
        }
        incoming.bytes.extend_from_slice(frame.information);
        if !frame.segmented {
            let (whole, offset) = (std::mem::take(&mut incoming.bytes), incoming.offset);
            self.numbers = numbers;
            self.message(offset, without_llc(&whole));
        }
    }

    fn message(&mut self, at: usize, apdu: &[u8]) {
        let Some(&tag) = apdu.first() else { return };
        match tag {
            0x61 => {
                let Some(answer) = association::answer(apdu) else { return };
                let agreed = association::initiate_response(answer.initiate);
                let (result, diagnostic) = (answer.result, answer.diagnostic);
                let (pdu, conformance) =
                    (agreed.map(|agreed| agreed.pdu), agreed.map(|agreed| agreed.conformance));
                self.say(at, Decoded::Association { result, diagnostic, pdu, conformance });
            }
            0xC0 => {
                if let Some(asked) = apdu::asked(apdu) {
                    (self.asked, self.long) = (asked, None);
                }
                let id = apdu.get(2).map_or(0, |invoke| invoke & 0x0F);
                self.asked_as = (id, self.numbers.map(|(send, _)| send));
            }
            0xC4 => self.answer(at, apdu),
            0x0F => match push::notification(apdu, None) {
                Ok(notification) => self.say(at, Decoded::Notification(notification)),
                Err(_) => self.say(at, Decoded::Other(tag)),
            },
            0xDB => match self.keys.as_ref().map(|keys| push::open(apdu, keys)) {
                Some(Ok(plain)) if plain.first() != Some(&tag) => {
                    let checked = std::mem::replace(&mut self.checked, true);
                    self.message(at, &plain);
                    self.checked = checked;
                }
                Some(Ok(_) | Err(PushError::Foreign)) => self.say(at, Decoded::Other(tag)),
                Some(Err(PushError::Locked | PushError::WrongKey)) | None => self.say(at, Decoded::Ciphered),
            },
            0x21 | 0x28 | 0xC8..=0xCF | 0xD0..=0xD7 => self.say(at, Decoded::Ciphered),
            // Requests of the client that tell no value.
            0x60 | 0xC3 => {}
            _ => self.say(at, Decoded::Other(tag)),
        }
    }

    fn answer(&mut self, at: usize, apdu: &[u8]) {
        let response = apdu::response(apdu);
        if let Some(Response::One { id, .. } | Response::List { id, .. } | Response::Block { id, .. }) =
            response
        {
            let next = self.asked_as.1.map(|send| (send + 1) & 7);
            if self.asked_as.0 != id || next != self.numbers.map(|(_, receive)| receive) {
                self.asked.clear();
            }
        }
        match response {
            Some(Response::One { result: Ok(bytes), .. }) => self.whole(at, bytes, false),
            Some(Response::List { results, .. }) => self.whole(at, results, true),
            Some(Response::Block { is_last, number, result: Ok(bytes), .. }) => {
                self.block(at, is_last, number, bytes);
            }
            Some(Response::One { result: Err(_), .. }) => {
                let names = self.names(1);
                self.say(at, Decoded::Values(names.into_iter().map(|name| (name, None)).collect()));
            }
            Some(
                Response::Block { .. } | Response::Action { .. } | Response::Exception(_) | Response::Other,
            )
            | None => self.say(at, Decoded::Other(0xC4)),
        }
    }

    fn block(&mut self, at: usize, is_last: bool, number: u32, bytes: &[u8]) {
        let mut long = match self.long.take() {
            Some(long) if long.number.checked_add(1) == Some(number) => Long { number, ..long },
            None if number <= 1 => Long { offset: at, number, bytes: Vec::new() },
            // The block before was lost.
            other => {
                if let Some(long) = other {
                    self.part(long.offset, &long.bytes);
                }
                return self.say(at, Decoded::Other(0xC4));
            }
        };
        if long.bytes.len() + bytes.len() <= LONG_BYTES_MAX {
            long.bytes.extend_from_slice(bytes);
        } else {
            // What is longer is read as far as it goes.
            long.number = u32::MAX;
        }
        if is_last {
            self.whole(long.offset, &long.bytes, self.asked.len() > 1);
        } else {
            self.long = Some(long);
        }
    }

    fn whole(&mut self, at: usize, raw: &[u8], is_list: bool) {
        let values =
            if is_list { batch::results(raw) } else { parse_all(raw).ok().map(|one| vec![Some(one)]) };
        let Some(values) = values else { return self.part(at, raw) };
        let names = self.names(values.len());
        for (attribute, value) in std::mem::take(&mut self.asked).into_iter().zip(&values) {
            if let Some(value) = value {
                self.gather(at, attribute, value);
            }
        }
        let shown =
            names.into_iter().zip(values).map(|(name, value)| (name, value.map(|value| value.to_string())));
        self.say(at, Decoded::Values(shown.collect()));
    }

    /// An array, as far as it came.
    fn part(&mut self, at: usize, raw: &[u8]) {
        let (mut elements, mut members) = (Elements::default(), Vec::new());
        elements.push(raw);
        while let Ok(Some(member)) = elements.next()
            && members.len() < MEMBERS_MAX
        {
            members.push(member.to_string());
        }
        self.say(at, Decoded::Part { members, total: elements.total() });
    }

    /// What was asked, where that is in the dump and fits.
    fn names(&self, count: usize) -> Vec<Option<String>> {
        if self.asked.len() != count {
            return vec![None; count];
        }
        self.asked.iter().map(|Attribute { class, obis, id }| Some(format!("{obis} {class}/{id}"))).collect()
    }

    fn gather(&mut self, at: usize, attribute: Attribute, value: &Data) {
        let object = Object { class: attribute.class, obis: attribute.obis };
        let known = self.gathered.iter().position(|one| one.object == object);
        let place = known.unwrap_or(self.gathered.len());
        if self.gathered.is_empty() {
            self.gathered_at = at;
        }
        if known.is_none() && object.is_register() && place < OBJECTS_MAX {
            self.gathered.push(Gathered { object, value: Data::Null, at: None, scale: None });
        }
        let Some(one) = self.gathered.get_mut(place) else { return };
        if Some(attribute) == object.scaler() {
            one.scale = Scale::of(value);
        } else if Some(attribute) == object.captured() {
            one.at = time_of(value);
        } else if attribute == object.value() {
            one.value = value.clone();
        }
    }

    fn say(&mut self, offset: usize, said: Decoded) {
        if self.messages.len() < MESSAGES_MAX {
            self.messages.push(Message { offset, checked: self.checked, said });
        }
    }

    fn finish(mut self) -> Vec<Message> {
        if let Some(long) = self.long.take() {
            self.part(long.offset, &long.bytes);
        }
        let registers: Vec<Datum> = self.gathered.iter().filter_map(Gathered::datum).collect();
        if !registers.is_empty() {
            let said = Decoded::Registers(registers);
            self.messages.push(Message { offset: self.gathered_at, checked: self.checked, said });
        }
        self.messages
    }
}
