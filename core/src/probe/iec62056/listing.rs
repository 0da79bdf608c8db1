//! The data block after an identification: asked for, taken, held to its checksum, asked for again.

use super::{
    block::{Block, Ending, Heard},
    check::Formula,
    limits::{BLOCK_WAIT, CONVERSATIONS_MAX, END_SILENCE, GAP, PROGRESS_STEP, REPEATS_MAX, SIGN_ON},
    message::{self, ACK, Mode},
    parity::Parity,
    registers,
    turn::{Pace, Partner, Turn, Word},
};
use crate::{
    probe::{
        error::ReadError,
        port::{Output, Progress, Settings},
        readout::{Datum, Integrity},
        script::Script,
    },
    time::Moment,
};

/// The usual list.
const USUAL: u8 = b'0';
/// The lists that makers may fill as they like.
const OWN: std::ops::RangeInclusive<u8> = b'6'..=b'9';

/// What came of it.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Listed {
    pub(super) registers: Vec<Datum>,
    pub(super) integrity: Integrity,
}

/// The reading of a list, over as many conversations as it takes.
#[derive(Debug)]
pub(super) struct Listing {
    list: u8,
    step: Step,
    deadline: Moment,
    /// A checksum of the maker's own is known of this meter.
    tolerant: bool,
    unconfirmed: Option<Unconfirmed>,
    repeats: u8,
    retries: u32,
}

/// A whole block that a second one must confirm.
#[derive(Debug)]
struct Unconfirmed {
    /// The name of its meter.
    name: String,
    text: String,
    /// How its checksum was counted; none where there is none.
    formula: Option<Formula>,
}

#[derive(Debug)]
enum Step {
    Idle,
    Answering(Word),
    Reading(Block),
}

impl Listing {
    /// `list` is one of the maker's own; `tolerant` where it is known that the maker's checksum is.
    pub(super) fn new(now: Moment, list: Option<u8>, tolerant: bool) -> Self {
        let list = list.filter(|list| OWN.contains(list)).unwrap_or(USUAL);
        Self { list, step: Step::Idle, deadline: now, tolerant, unconfirmed: None, repeats: 0, retries: 0 }
    }

    /// Goes on from an identification.
    pub(super) fn begin<D>(&mut self, now: Moment, partner: &Partner, script: &mut Script<D>) {
        self.repeats = 0;
        // Otherwise the probe sits on another meter now, or one of both names was damaged.
        self.unconfirmed.take_if(|first| first.name != partner.meter.text);
        if partner.plan.select.is_none() {
            // Such a meter is not told what to send.
            self.list = USUAL;
        }
        if let Some(speed) = partner.plan.select {
            self.prepare(partner.word(now, message::option_select(speed, Mode::List(self.list))));
        } else {
            script.set(at(partner.plan.baud));
            self.read(now, Block::new(partner.parity()));
        }
    }

    /// When to be told that nothing came.
    pub(super) const fn deadline(&self) -> Moment {
        self.deadline
    }

    /// The list that is asked for, from `b'0'` on.
    pub(super) const fn list(&self) -> u8 {
        self.list
    }

    /// How often something had to be asked for again.
    pub(super) const fn retries(&self) -> u32 {
        self.retries
    }

    /// Takes one raw byte.
    pub(super) fn hear(
        &mut self,
        now: Moment,
        raw: u8,
        partner: &Partner,
        script: &mut Script<impl Sized>,
    ) -> Result<Turn<Listed>, ReadError> {
        match &mut self.step {
            Step::Idle => Ok(Turn::Going),
            Step::Answering(word) => {
                word.hear(now);
                self.deadline = word.due;
                Ok(Turn::Going)
            }
            Step::Reading(block) => match block.push(raw) {
                Heard::Junk => Ok(Turn::Going),
                Heard::Text => {
                    self.keep_listening(now, script);
                    Ok(Turn::Going)
                }
                Heard::End(ending) => self.ended(now, ending, partner, script),
                Heard::Noise => self.converse_anew(&Ending::Lost, partner),
                Heard::Flood => Err(ReadError::TooLong),
            },
        }
    }

    /// The deadline has passed.
    pub(super) fn elapsed(
        &mut self,
        now: Moment,
        partner: &Partner,
        script: &mut Script<impl Sized>,
    ) -> Result<Turn<Listed>, ReadError> {
        match &mut self.step {
            Step::Idle => Ok(Turn::Going),
            Step::Answering(word) => {
                let bytes = std::mem::take(&mut word.bytes);
                self.answer(now, bytes, partner, script);
                Ok(Turn::Going)
            }
            Step::Reading(block) => {
                let ending = block.silence();
                self.ended(now, ending, partner, script)
            }
        }
    }

    fn prepare(&mut self, word: Word) {
        self.deadline = word.due;
        self.step = Step::Answering(word);
    }

    /// Says what the meter was owed time for, and listens for the block.
    fn answer<D>(&mut self, now: Moment, bytes: Vec<u8>, partner: &Partner, script: &mut Script<D>) {
        let parity = partner.parity();
        let block =
            if bytes == message::repeat() { Block::after_our_nak(parity) } else { Block::new(parity) };
        script.send(now, bytes);
        script.set(at(partner.plan.baud));
        self.read(script.sent_until(), block);
    }

    fn read(&mut self, from: Moment, block: Block) {
        self.step = Step::Reading(block);
        self.deadline = from + BLOCK_WAIT;
    }

    fn keep_listening<D>(&mut self, now: Moment, script: &mut Script<D>) {
        let Step::Reading(block) = &self.step else { return };
        let bytes = block.len();
        self.deadline = if block.may_be_over() { now + END_SILENCE } else { self.deadline.max(now + GAP) };
        if bytes > 0 && bytes.is_multiple_of(PROGRESS_STEP) {
            script.tell(Progress::Receiving { bytes });
        }
    }

    fn ended<D>(
        &mut self,
        now: Moment,
        ending: Ending,
        partner: &Partner,
        script: &mut Script<D>,
    ) -> Result<Turn<Listed>, ReadError> {
        match (ending, self.unconfirmed.take()) {
            (Ending::Checked(text), _) => {
                acknowledge(partner, script);
                Ok(self.over(&text, None, Integrity::Checked))
            }
            // One block is enough where each of its characters has shown that it is undamaged.
            (Ending::Odd(text, _), _) if self.tolerant && partner.parity() == Parity::Even => {
                acknowledge(partner, script);
                Ok(self.over(&text, None, Integrity::Tolerated))
            }
            (Ending::Odd(text, formula), Some(first)) if first.confirms(Some(formula), &text) => {
                acknowledge(partner, script);
                Ok(self.over(&text, Some(&first.text), Integrity::Tolerated))
            }
            (Ending::Odd(text, formula), _) => {
                self.unconfirmed = Some(Unconfirmed::new(partner, text, Some(formula)));
                self.ended(now, Ending::Damaged, partner, script)
            }
            (Ending::Unchecked(text), Some(first)) if first.confirms(None, &text) => {
                Ok(self.over(&text, Some(&first.text), Integrity::ReadTwice))
            }
            (Ending::Unchecked(text), _) => {
                if partner.conversation >= CONVERSATIONS_MAX {
                    return Err(ReadError::Garbled { attempts: partner.conversation });
                }
                self.unconfirmed = Some(Unconfirmed::new(partner, text, None));
                self.step = Step::Idle;
                Ok(Turn::Anew(Pace::Confirming))
            }
            (Ending::NoData, _) if self.list == USUAL => {
                self.step = Step::Idle;
                Ok(Turn::Over(Listed { registers: Vec::new(), integrity: Integrity::Checked }))
            }
            (Ending::Damaged, kept) if self.repeats < REPEATS_MAX => {
                self.unconfirmed = kept;
                self.repeats += 1;
                self.retries += 1;
                script.tell(Progress::Repeating);
                self.prepare(partner.word(now, message::repeat()));
                Ok(Turn::Going)
            }
            (ending, kept) => {
                self.unconfirmed = kept;
                self.converse_anew(&ending, partner)
            }
        }
    }

    fn converse_anew(&mut self, reason: &Ending, partner: &Partner) -> Result<Turn<Listed>, ReadError> {
        let slow = partner.is_slow();
        let attempts = partner.conversation;
        let unasked = matches!(partner.plan.mode, 'A' | 'B');
        let pace = match reason {
            // No list of the maker's own, so the usual one, at the same speed.
            Ending::Refused | Ending::Empty | Ending::NoData if self.list != USUAL => {
                self.list = USUAL;
                Pace::Same
            }
            // A NAK to a request for the speed of all meters leaves nothing to ask for.
            Ending::Refused if slow => return Err(ReadError::Refused),
            // A block began, so the speed was right, and in modes A and B there is no other.
            Ending::Damaged if unasked => Pace::Same,
            Ending::Empty if unasked && self.repeats > 0 => Pace::Same,
            // A meter that said no, or did not like what it was told: all meters understand 300.
            Ending::Refused | Ending::Empty => Pace::Slow,
            Ending::Damaged
            | Ending::Lost
            | Ending::NoData
            | Ending::Checked(_)
            | Ending::Unchecked(_)
            | Ending::Odd(..) => Pace::Gentler,
        };
        if attempts >= CONVERSATIONS_MAX {
            let empty = *reason == Ending::Empty && self.repeats == 0;
            return Err(if empty { ReadError::Silent { attempts } } else { ReadError::Garbled { attempts } });
        }
        self.retries += 1;
        self.step = Step::Idle;
        Ok(Turn::Anew(pace))
    }

    fn over(&mut self, text: &str, first: Option<&str>, integrity: Integrity) -> Turn<Listed> {
        self.step = Step::Idle;
        Turn::Over(Listed { registers: registers::listed(text, first), integrity })
    }
}

impl Unconfirmed {
    fn new(partner: &Partner, text: String, formula: Option<Formula>) -> Self {
        Self { name: partner.meter.text.clone(), text, formula }
    }

    /// Whether a second block says the same, and was counted in the same way.
    fn confirms(&self, formula: Option<Formula>, text: &str) -> bool {
        self.formula == formula && registers::agree(&self.text, text)
    }
}

/// A meter that offers a repeat waits for our word before it hears another sign-on.
fn acknowledge<D>(partner: &Partner, script: &mut Script<D>) {
    if partner.plan.mode == 'C' {
        script.push(Output::Send(vec![ACK]));
    }
}

/// Seven bits at this speed.
pub(super) const fn at(baud: u32) -> Settings {
    Settings { baud, ..SIGN_ON }
}
