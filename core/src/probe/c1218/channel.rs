//! The link below the services: one message to the meter, one back, each packet acknowledged, repeated when
//! it is lost or damaged, and taken once only. ANSI C12.18, layer 2.
//!
//! A meter acknowledges our packet and answers in one go; our acknowledgement of the answer goes out in front
//! of the next question, so that the line turns round twice an exchange and not four times.

use std::time::Duration;

use super::{
    limits::{ANSWER_BYTES_MAX, ANSWER_WAIT, GAP, NOISE_MAX, REPEATS_MAX, SLOW_TURN_AROUND, TURN_AROUND_MAX},
    packet::{ACK, Heard, Hunt, NAK, Packet, single},
    trying::Trying,
};
use crate::{
    probe::{port::Progress, readout::Readout, script::Script},
    time::Moment,
};

/// How a question ended.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Event {
    /// With this answer; it is still to be acknowledged.
    Answer(Vec<u8>),
    /// With an answer of which a piece is missing; it is still to be acknowledged.
    Broken,
    /// With nothing that could be understood.
    Lost {
        /// Something came that was no echo.
        heard: bool,
    },
    /// With more than any meter has to say.
    Flood,
}

/// Our end of the link.
#[derive(Debug)]
pub(super) struct Channel {
    hunt: Hunt,
    /// Before we speak after the meter.
    turn: Duration,
    step: Step,
    deadline: Moment,
    /// How long the meter has for its word, if nothing of it has begun to come.
    word_by: Moment,
    heard_at: Option<Moment>,
    /// Of our next new packet.
    toggle: bool,
    /// Our packet, as long as it is not answered.
    request: Vec<u8>,
    trying: Trying,
    tries: u8,
    /// Our packet has come, as the meter says or as an answer proves.
    acknowledged: bool,
    /// The meter wants our packet again, if it then keeps quiet.
    refused: bool,
    /// A packet came damaged.
    damaged: bool,
    heard: bool,
    /// The meter's last packet is still to be acknowledged.
    owes: bool,
    /// Toggle and check of the packet taken last.
    taken: Option<(bool, u16)>,
    /// The meter keeps to the book with its toggle.
    toggles: bool,
    message: Vec<u8>,
    /// In the midst of a message of several packets: how many are still to come.
    to_come: Option<u8>,
    broken: bool,
    /// Bytes since the last good packet.
    noise: usize,
    echo: bool,
    retries: u32,
}

#[derive(Debug)]
enum Step {
    Idle,
    /// The meter is given time before it hears this; then there is something to wait for, or not.
    Turning {
        bytes: Vec<u8>,
        latest: Moment,
        listen: bool,
    },
    Listening,
}

impl Channel {
    /// A link on which nothing has been said yet.
    pub(super) fn new(now: Moment, turn: Duration) -> Self {
        Self {
            hunt: Hunt::default(),
            turn,
            step: Step::Idle,
            deadline: now,
            word_by: now,
            heard_at: None,
            toggle: false,
            request: Vec::new(),
            trying: Trying::BOOK,
            tries: 0,
            acknowledged: false,
            refused: false,
            damaged: false,
            heard: false,
            owes: false,
            taken: None,
            toggles: true,
            message: Vec::new(),
            to_come: None,
            broken: false,
            noise: 0,
            echo: false,
            retries: 0,
        }
    }

    /// Nothing is under way, and nothing to be waited for.
    pub(super) const fn is_idle(&self) -> bool {
        matches!(self.step, Step::Idle)
    }

    /// When to call [`Self::elapsed`].
    pub(super) const fn deadline(&self) -> Moment {
        self.deadline
    }

    /// The head hears itself.
    pub(super) const fn has_echo(&self) -> bool {
        self.echo
    }

    /// How many packets were sent, or asked for, once more.
    pub(super) const fn retries(&self) -> u32 {
        self.retries
    }

    /// From the next packet on a new conversation begins, at whose start nobody knows the meter's toggle.
    pub(super) const fn begin_anew(&mut self) {
        self.taken = None;
    }

    /// Says a message that fits into one packet, and waits for the answer.
    pub(super) fn ask(&mut self, now: Moment, script: &mut Script<Readout>, message: &[u8], trying: Trying) {
        self.request = single(self.toggle, message);
        self.toggle = !self.toggle;
        self.trying = trying;
        self.tries = 1;
        self.acknowledged = false;
        self.heard = false;
        self.message.clear();
        self.to_come = None;
        self.broken = false;
        self.tell(script);
        let ack = std::mem::take(&mut self.owes).then_some(ACK);
        let bytes = ack.into_iter().chain(self.request.iter().copied()).collect();
        self.say(now, script, bytes, true);
    }

    /// Acknowledges the answer, when nothing else is to be said for now.
    pub(super) fn acknowledge(&mut self, now: Moment, script: &mut Script<Readout>) {
        if std::mem::take(&mut self.owes) {
            self.say(now, script, vec![ACK], false);
        }
    }

    /// The last packet, for whoever cannot wait for an answer; nothing of it is to be said twice.
    pub(super) fn farewell(&self, message: &[u8]) -> Vec<u8> {
        // What still waits for its turn was never said: its toggle is the next one, and its acknowledgement
        // is still owed.
        let (unsaid, owes) = match &self.step {
            Step::Turning { bytes, .. } => {
                (!self.acknowledged && self.tries == 1, self.to_come.is_none() && bytes.first() == Some(&ACK))
            }
            Step::Idle | Step::Listening => (false, self.owes),
        };
        let packet = single(self.toggle ^ unsaid, message);
        owes.then_some(ACK).into_iter().chain(packet).collect()
    }

    /// What waits for its turn.
    pub(super) fn unsaid(&self) -> Option<Vec<u8>> {
        match &self.step {
            Step::Turning { bytes, .. } => Some(bytes.clone()),
            Step::Idle | Step::Listening => None,
        }
    }

    /// What tells the meter that its packet has come.
    pub(super) fn acknowledgement() -> Vec<u8> {
        vec![ACK]
    }

    /// Takes what the line delivers.
    pub(super) fn hear(&mut self, now: Moment, script: &mut Script<Readout>, bytes: &[u8]) -> Option<Event> {
        for &byte in bytes {
            self.heard_at = Some(now);
            self.noise += 1;
            self.refused = false;
            self.hunt.push(byte);
            if let Some(event) = self.drain(now, script) {
                return Some(event);
            }
        }
        if self.noise > NOISE_MAX {
            self.noise = 0;
            return Some(self.lose(true));
        }
        self.wait_on(now);
        None
    }

    /// The deadline has passed.
    pub(super) fn elapsed(&mut self, now: Moment, script: &mut Script<Readout>) -> Option<Event> {
        match &mut self.step {
            Step::Idle => None,
            Step::Turning { bytes, listen, .. } => {
                let (bytes, listen) = (std::mem::take(bytes), *listen);
                self.send(now, script, bytes, listen);
                None
            }
            Step::Listening => {
                while self.hunt.is_open() {
                    self.hunt.give_up();
                    self.damaged = true;
                    if let Some(event) = self.drain(now, script) {
                        return Some(event);
                    }
                }
                if self.deadline > now {
                    // Something was found behind a false start.
                    return None;
                }
                // What broke off before the meter had the word was an echo of ours.
                let has_word = self.acknowledged && self.damaged;
                if now < self.word_by && !has_word && !self.refused {
                    self.deadline = self.word_by;
                    return None;
                }
                self.try_again(now, script)
            }
        }
    }

    /// Works off what has been found so far.
    fn drain(&mut self, now: Moment, script: &mut Script<Readout>) -> Option<Event> {
        while let Some(heard) = self.hunt.next() {
            match heard {
                Heard::Ack if self.is_listening() && !self.acknowledged => {
                    self.acknowledged = true;
                    self.heard = true;
                    self.word_by = now + ANSWER_WAIT;
                    self.deadline = self.word_by;
                }
                Heard::Nak if self.is_listening() && !self.acknowledged => {
                    self.refused = true;
                    self.heard = true;
                    self.deadline = now + self.turn;
                }
                Heard::Ack | Heard::Nak => {}
                Heard::Damaged => (self.damaged, self.heard) = (true, true),
                Heard::Packet(packet) => {
                    if let Some(event) = self.take(now, script, packet) {
                        return Some(event);
                    }
                }
            }
        }
        None
    }

    fn take(&mut self, now: Moment, script: &mut Script<Readout>, packet: Packet) -> Option<Event> {
        self.noise = 0;
        if packet.is_request() {
            self.echo |= packet.check.to_le_bytes() == self.request.last_chunk().copied().unwrap_or_default();
            return None;
        }
        if !self.is_listening() {
            return None;
        }
        let mark = (packet.toggle(), packet.check);
        // A meter that never toggles says a bare "done" twice in a row and means it.
        if self.taken == Some(mark) && (self.toggles || packet.data.len() > 1) {
            return self.repeated(now, script);
        }
        self.toggles &= self.taken.is_none_or(|(toggle, _)| toggle != packet.toggle());
        self.taken = Some(mark);
        self.acknowledged = true;
        self.damaged = false;
        self.tries = 1;
        if packet.is_first() {
            self.message.clear();
            self.broken = false;
        } else {
            self.broken |= self.to_come.and_then(|left| left.checked_sub(1)) != Some(packet.to_come);
        }
        if self.message.len() + packet.data.len() > ANSWER_BYTES_MAX {
            self.step = Step::Idle;
            return Some(Event::Flood);
        }
        self.message.extend(&packet.data);
        if packet.is_piece() && packet.to_come > 0 {
            self.to_come = Some(packet.to_come);
            script.tell(Progress::Receiving { bytes: self.message.len() });
            self.say(now, script, vec![ACK], true);
            return None;
        }
        self.to_come = None;
        self.step = Step::Idle;
        self.owes = true;
        let message = std::mem::take(&mut self.message);
        Some(if self.broken { Event::Broken } else { Event::Answer(message) })
    }

    /// The meter has not heard our acknowledgement, and so perhaps not what went out with it.
    fn repeated(&mut self, now: Moment, script: &mut Script<Readout>) -> Option<Event> {
        if self.tries >= self.trying.times.saturating_add(REPEATS_MAX) {
            return Some(self.lose(true));
        }
        self.tries += 1;
        self.retries += 1;
        self.turn = self.turn.max(SLOW_TURN_AROUND);
        let again = if self.acknowledged { &[][..] } else { &self.request };
        let bytes = [&[ACK], again].concat();
        self.say(now, script, bytes, true);
        None
    }

    /// Nothing more comes by itself.
    fn try_again(&mut self, now: Moment, script: &mut Script<Readout>) -> Option<Event> {
        if self.tries >= self.trying.times {
            return Some(self.lose(self.heard));
        }
        self.tries += 1;
        self.retries += 1;
        self.tell(script);
        self.turn = self.turn.max(SLOW_TURN_AROUND);
        // What came damaged is asked for. A lost packet is said again: a meter that has it already takes it
        // once.
        let piece = self.to_come.is_some() || (self.damaged && self.acknowledged);
        let bytes = if piece && !self.refused { vec![NAK] } else { self.request.clone() };
        self.say(now, script, bytes, true);
        None
    }

    fn tell(&self, script: &mut Script<Readout>) {
        if self.trying.told {
            script.tell(Progress::Asking { attempt: self.tries });
        }
    }

    fn lose(&mut self, heard: bool) -> Event {
        self.step = Step::Idle;
        self.owes = false;
        Event::Lost { heard }
    }

    /// Whoever speaks is heard out, and whoever has spoken is given time to listen.
    fn say(&mut self, now: Moment, script: &mut Script<Readout>, bytes: Vec<u8>, listen: bool) {
        let at = self.heard_at.map_or(now, |heard_at| heard_at + self.turn);
        if at <= now {
            self.send(now, script, bytes, listen);
        } else {
            self.step = Step::Turning { bytes, latest: now + TURN_AROUND_MAX, listen };
            self.deadline = at;
        }
    }

    fn send(&mut self, now: Moment, script: &mut Script<Readout>, bytes: Vec<u8>, listen: bool) {
        self.hunt.after(&bytes);
        (self.damaged, self.refused) = (false, false);
        script.send(now, bytes);
        let wait = if self.acknowledged { ANSWER_WAIT } else { self.trying.wait };
        self.step = if listen { Step::Listening } else { Step::Idle };
        self.word_by = script.sent_until() + wait;
        self.deadline = self.word_by;
    }

    /// Bytes that came, and what they brought, put off what we have to say.
    fn wait_on(&mut self, now: Moment) {
        match &self.step {
            Step::Idle => {}
            Step::Turning { latest, .. } => self.deadline = (now + self.turn).min(*latest).max(self.deadline),
            Step::Listening if self.hunt.is_open() => self.deadline = now + GAP,
            // Damaged, and then silence: the meter waits for our word.
            Step::Listening if self.damaged && self.acknowledged => self.deadline = now + self.turn,
            Step::Listening if self.refused => {}
            Step::Listening => self.deadline = self.word_by,
        }
    }

    const fn is_listening(&self) -> bool {
        matches!(self.step, Step::Listening)
    }
}
