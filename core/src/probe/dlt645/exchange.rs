//! One question and its whole answer: the frame that asks, the frame that answers, and those that follow on.

use super::{
    address::Address,
    bcd,
    frame::Frame,
    identifier::{Edition, Identifier},
    limits::{CONTENT_MAX, FOLLOW_MAX, FRAME_MAX, FRAME_MIN},
};
use crate::time::Civil;

/// Functions, of 1997 and of 2007. There are no others here, because all others write.
const READ_1997: u8 = 0x01;
const FOLLOW_1997: u8 = 0x02;
const REPEAT_1997: u8 = 0x03;
const READ: u8 = 0x11;
const FOLLOW: u8 = 0x12;
const READ_ADDRESS: u8 = 0x13;

/// What can be asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ask {
    /// Who is there (2007).
    Address,
    /// What stands behind a name.
    Item(Identifier),
    /// So many records of a load profile, from this minute on (2007).
    Records { name: Identifier, count: u8, from: Civil },
}

/// What a meter has to say.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Answer {
    /// What stands behind the name; cut where the rest did not follow.
    Content { bytes: Vec<u8>, cut: bool },
    /// It has no such thing, or will not tell it; the bits say why.
    Refused(u8),
}

/// What a frame is to a question.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Taken {
    /// Something else: an answer that came too late for another question.
    Foreign,
    /// Part of the answer; the next part is to be asked for.
    Partly,
    /// The rest of the answer.
    Wholly(Answer),
}

/// A question under way.
#[derive(Debug)]
pub(super) struct Exchange {
    ask: Ask,
    content: Vec<u8>,
    /// Parts that have come.
    parts: u8,
    /// Where the last part began.
    last_part: usize,
    /// In the edition of 1997 a part that got lost is not asked for by its number.
    repeating: bool,
}

impl Exchange {
    pub(super) const fn new(ask: Ask) -> Self {
        Self { ask, content: Vec::new(), parts: 0, last_part: 0, repeating: false }
    }

    /// The longest frame that can answer.
    pub(super) const fn longest(&self) -> usize {
        match self.ask {
            Ask::Address => FRAME_MIN + 6,
            Ask::Item(_) | Ask::Records { .. } => FRAME_MAX,
        }
    }

    /// What to send now.
    pub(super) fn frame(&self, address: Address) -> Frame {
        let (control, content) = match (self.ask, self.parts) {
            (Ask::Address, _) => (READ_ADDRESS, vec![]),
            (Ask::Item(name) | Ask::Records { name, .. }, parts) if parts > 0 => match name.edition() {
                Edition::Y2007 => (FOLLOW, [name.wire(), vec![parts]].concat()),
                Edition::Y1997 if self.repeating => (REPEAT_1997, vec![]),
                Edition::Y1997 => (FOLLOW_1997, name.wire()),
            },
            (Ask::Item(name), _) => match name.edition() {
                Edition::Y2007 => (READ, name.wire()),
                Edition::Y1997 => (READ_1997, name.wire()),
            },
            (Ask::Records { name, count, from }, _) => {
                (READ, [name.wire().as_slice(), &[count], &bcd::of_minute(from)].concat())
            }
        };
        Frame { address, control, content }
    }

    /// Takes a frame of the meter that was asked.
    pub(super) fn take(&mut self, frame: &Frame) -> Taken {
        if !self.expects(frame.function()) {
            return Taken::Foreign;
        }
        if frame.is_refusal() {
            let error = frame.content.first().copied().unwrap_or_default();
            return Taken::Wholly(if self.parts == 0 { Answer::Refused(error) } else { self.finish(true) });
        }
        let Some(part) = self.part(&frame.content) else { return Taken::Foreign };
        let heard_again = std::mem::take(&mut self.repeating)
            && self.parts > 0
            && self.content.get(self.last_part..) == Some(part);
        if heard_again {
            // It was our wish for the next part that got lost.
            return Taken::Partly;
        }
        if self.content.len() + part.len() > CONTENT_MAX || self.parts >= FOLLOW_MAX {
            return Taken::Wholly(self.finish(true));
        }
        self.last_part = self.content.len();
        self.content.extend_from_slice(part);
        self.parts += 1;
        if frame.has_more() { Taken::Partly } else { Taken::Wholly(self.finish(false)) }
    }

    /// Nothing came: the next frame asks for the same again.
    pub(super) const fn repeat(&mut self) {
        self.repeating = self.parts > 0;
    }

    /// Parts that have come, where the rest did not.
    pub(super) fn give_up(&mut self) -> Option<Answer> {
        (self.parts > 0).then(|| self.finish(true))
    }

    fn expects(&self, function: u8) -> bool {
        match (self.ask, self.parts) {
            (Ask::Address, _) => function == READ_ADDRESS,
            (Ask::Item(name) | Ask::Records { name, .. }, parts) => match (name.edition(), parts) {
                (Edition::Y2007, 0) => function == READ,
                (Edition::Y2007, _) => function == FOLLOW,
                (Edition::Y1997, 0) => function == READ_1997,
                (Edition::Y1997, _) => matches!(function, FOLLOW_1997 | REPEAT_1997),
            },
        }
    }

    /// What is new in a frame, without name and number.
    fn part<'a>(&self, content: &'a [u8]) -> Option<&'a [u8]> {
        match self.ask {
            Ask::Address => Some(content),
            Ask::Item(name) | Ask::Records { name, .. } => {
                let rest = name.strip(content)?;
                match (name.edition(), self.parts) {
                    (Edition::Y1997, _) | (Edition::Y2007, 0) => Some(rest),
                    (Edition::Y2007, parts) => rest.strip_suffix(&[parts]),
                }
            }
        }
    }

    fn finish(&mut self, cut: bool) -> Answer {
        Answer::Content { bytes: std::mem::take(&mut self.content), cut }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: Identifier = Identifier::of_2007(0x0330_0D01);
    const NAME_1997: Identifier = Identifier::of_1997(0x901F);

    fn reply(control: u8, content: &[u8]) -> Frame {
        Frame { address: Address::ANY, control, content: content.into() }
    }

    fn sent(exchange: &Exchange) -> (u8, Vec<u8>) {
        let frame = exchange.frame(Address::ANY);
        (frame.control, frame.content)
    }

    #[test]
    fn parts_are_asked_for_by_number_and_put_together() {
        let mut exchange = Exchange::new(Ask::Item(NAME));
        assert_eq!(sent(&exchange), (0x11, vec![0x01, 0x0D, 0x30, 0x03]));
        assert_eq!(exchange.take(&reply(0xB1, &[1, 0x0D, 0x30, 3, 7, 8])), Taken::Partly);
        assert_eq!(sent(&exchange), (0x12, vec![0x01, 0x0D, 0x30, 0x03, 1]));
        assert_eq!(exchange.take(&reply(0xB2, &[1, 0x0D, 0x30, 3, 9, 1])), Taken::Partly);
        exchange.repeat();
        assert_eq!(sent(&exchange), (0x12, vec![0x01, 0x0D, 0x30, 0x03, 2]));
        assert_eq!(exchange.take(&reply(0xB2, &[1, 0x0D, 0x30, 3, 9, 1])), Taken::Foreign, "the part before");
        let whole = Answer::Content { bytes: vec![7, 8, 9, 10], cut: false };
        assert_eq!(exchange.take(&reply(0x92, &[1, 0x0D, 0x30, 3, 10, 2])), Taken::Wholly(whole));
    }

    #[test]
    fn the_edition_of_1997_repeats_what_it_said_last() {
        let mut exchange = Exchange::new(Ask::Item(NAME_1997));
        assert_eq!(sent(&exchange), (0x01, vec![0x1F, 0x90]));
        assert_eq!(exchange.take(&reply(0xA1, &[0x1F, 0x90, 7])), Taken::Partly);
        assert_eq!(sent(&exchange), (0x02, vec![0x1F, 0x90]));
        exchange.repeat();
        assert_eq!(sent(&exchange), (0x03, vec![]));
        assert_eq!(exchange.take(&reply(0xA3, &[0x1F, 0x90, 7])), Taken::Partly, "it had not heard us");
        assert_eq!(sent(&exchange), (0x02, vec![0x1F, 0x90]));
        exchange.repeat();
        let whole = Answer::Content { bytes: vec![7, 8], cut: false };
        assert_eq!(exchange.take(&reply(0x83, &[0x1F, 0x90, 8])), Taken::Wholly(whole));
    }

    #[test]
    fn answers_to_other_questions_are_passed_over() {
        for (control, content) in [
            (0x91, &[2, 0x0D, 0x30, 3, 7][..]),
            (0x93, &[1; 6]),
            (0x81, &[1, 0x0D]),
            (0xD2, &[2]),
            (0x91, &[]),
        ] {
            let mut exchange = Exchange::new(Ask::Item(NAME));
            assert_eq!(exchange.take(&reply(control, content)), Taken::Foreign, "{control:02X}");
        }
    }

    #[test]
    fn a_refusal_is_an_answer_and_ends_what_follows_on() {
        let mut exchange = Exchange::new(Ask::Item(NAME));
        assert_eq!(exchange.take(&reply(0xD1, &[2])), Taken::Wholly(Answer::Refused(2)));
        exchange.take(&reply(0xB1, &[1, 0x0D, 0x30, 3, 7]));
        let cut = Answer::Content { bytes: vec![7], cut: true };
        assert_eq!(exchange.take(&reply(0xD2, &[2])), Taken::Wholly(cut));
    }

    #[test]
    fn an_answer_without_end_is_cut() {
        let mut exchange = Exchange::new(Ask::Item(NAME_1997));
        let said = [&[0x1F, 0x90][..], &[1; 198]].concat();
        let mut function = 0xA1;
        for _ in 0..100 {
            match exchange.take(&reply(function, &said)) {
                Taken::Partly => function = 0xA2,
                Taken::Foreign => panic!("it is the answer"),
                Taken::Wholly(answer) => {
                    let Answer::Content { bytes, cut: true } = answer else { panic!("{answer:?}") };
                    return assert!(bytes.len() <= CONTENT_MAX);
                }
            }
        }
        panic!("it goes on for ever");
    }

    #[test]
    fn records_are_asked_for_with_count_and_minute() {
        let from = Civil::new(2026, 11, 23, 7, 30, 0).unwrap();
        let name = Identifier::of_2007(0x0604_0001);
        let exchange = Exchange::new(Ask::Records { name, count: 6, from });
        let content = vec![0x01, 0x00, 0x04, 0x06, 6, 0x30, 0x07, 0x23, 0x11, 0x26];
        assert_eq!(sent(&exchange), (0x11, content));
    }
}
