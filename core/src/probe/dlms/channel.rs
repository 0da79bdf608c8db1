//! The link in time: bytes to frames, waiting for answers, saying again what was lost, passing over echoes.

use std::time::Duration;

use super::{
    address::Ends,
    echo::Echo,
    frame::{FRAME_BYTES_MAX, Found, Frame, Framer},
    limits::{ANSWER_WAITS, BUSY_WAIT, CLOSE_WAITS, DAMAGE_WAIT, ECHO_LAG, GAP},
    link::{Heard, Link},
};
use crate::{
    probe::{
        port::{Output, Progress},
        readout::Readout,
        script::Script,
    },
    time::Moment,
};

/// What happened on the link.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Event {
    /// It is open.
    Up,
    /// A whole message came.
    Apdu(Vec<u8>),
    /// A message came that is longer than we said we take.
    TooLong,
    /// It is closed, as we asked, or nobody cares.
    Closed,
    /// It broke.
    Lost(Lost),
}

/// Why a link broke, or was not opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Lost {
    /// Nothing came.
    Silent,
    /// What came could not be believed.
    Garbled,
    /// The meter says there is no link.
    Absent,
    /// The meter could make no sense of a frame.
    Rejected,
}

/// A link, with what it takes to keep it going on a real line.
#[derive(Debug)]
pub(super) struct Channel {
    link: Link,
    framer: Framer,
    echo: Echo,
    closing: bool,
    /// How long to wait after each time a frame is said; as many times it is said.
    waits: Vec<Duration>,
    tries: usize,
    deadline: Moment,
    /// Bytes that come do not put off the deadline beyond this.
    latest: Moment,
    /// A meter that is not ready is asked until this.
    busy_until: Moment,
    /// To be asked with, when the meter was not ready.
    poll: Option<Vec<u8>>,
    /// Since the question, something came that could not be believed.
    garbled: bool,
    retries: u32,
    echoes: bool,
    signal: Signal,
}

impl Channel {
    pub(super) fn new(ends: Ends) -> Self {
        Self {
            link: Link::new(ends),
            framer: Framer::default(),
            echo: Echo::default(),
            closing: false,
            waits: Vec::new(),
            tries: 0,
            deadline: NEVER,
            latest: NEVER,
            busy_until: NEVER,
            poll: None,
            garbled: false,
            retries: 0,
            echoes: false,
            signal: Signal::default(),
        }
    }

    /// When something is to be done if nothing comes.
    pub(super) const fn deadline(&self) -> Moment {
        self.deadline
    }

    pub(super) const fn ends(&self) -> Ends {
        self.link.ends()
    }

    /// Bytes of a message that go in one frame.
    pub(super) fn message_room(&self) -> usize {
        self.link.message_room()
    }

    /// Frames that were said again.
    pub(super) const fn retries(&self) -> u32 {
        self.retries
    }

    /// The head hears itself.
    pub(super) const fn echoes(&self) -> bool {
        self.echoes
    }

    /// Bytes in memory.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.framer.held() + self.link.held()
    }

    /// Asks for a link; said as many times as there are waits.
    pub(super) fn open(
        &mut self,
        now: Moment,
        ends: Ends,
        wishes: bool,
        waits: &[Duration],
        script: &mut Script<Readout>,
    ) {
        let frame = self.link.open(ends, wishes);
        self.closing = false;
        self.begin(now, frame, waits, script);
    }

    /// Says a message, and waits for one.
    pub(super) fn say(&mut self, now: Moment, apdu: &[u8], waits: &[Duration], script: &mut Script<Readout>) {
        let frame = self.link.say(apdu);
        self.begin(now, frame, waits, script);
    }

    /// Closes the link.
    pub(super) fn close(&mut self, now: Moment, script: &mut Script<Readout>) {
        let frame = self.link.close();
        self.closing = true;
        self.begin(now, frame, CLOSE_WAITS, script);
    }

    /// What closes the link, where nobody waits for the answer.
    pub(super) fn goodbye(&mut self) -> Vec<u8> {
        self.link.close()
    }

    /// Takes one byte from the line.
    pub(super) fn hear(&mut self, now: Moment, byte: u8, script: &mut Script<Readout>) -> Option<Event> {
        self.echo.hear(byte, now <= script.sent_until() + ECHO_LAG);
        match self.framer.push(byte) {
            Found::Nothing => {
                if self.framer.is_open() && self.deadline != NEVER {
                    self.deadline = self.deadline.max(now + GAP).min(self.latest);
                }
                None
            }
            Found::Damaged => {
                if self.echo.is_answered() && self.deadline != NEVER {
                    self.garbled = true;
                    self.deadline = self.deadline.min(now + DAMAGE_WAIT);
                }
                None
            }
            Found::Frame(content) => self.frame(now, &content, script),
        }
    }

    /// The deadline has passed.
    pub(super) fn elapsed(&mut self, now: Moment, script: &mut Script<Readout>) -> Option<Event> {
        self.echoes |= self.echo.is_heard();
        if let Some(poll) = self.poll.take().filter(|_| now < self.busy_until) {
            self.send(now, poll, script);
            return None;
        }
        self.garbled |= self.echo.is_answered();
        self.again(now, None, script)
    }

    fn begin(&mut self, now: Moment, frame: Vec<u8>, waits: &[Duration], script: &mut Script<Readout>) {
        self.waits = waits.to_vec();
        (self.tries, self.garbled, self.poll) = (0, false, None);
        self.send(now, frame, script);
        self.busy_until = script.sent_until() + waits.iter().sum();
    }

    fn frame(&mut self, now: Moment, content: &[u8], script: &mut Script<Readout>) -> Option<Event> {
        self.echoes |= self.echo.is_heard();
        self.echo.explain();
        if self.echo.is(content) {
            // Our own; addresses that are alike on both sides cannot tell.
            self.echoes = true;
            return None;
        }
        let heard = self.link.hear(&Frame::read(content)?);
        if heard != Heard::Nothing {
            self.signal.heard(true, script);
        }
        match heard {
            Heard::Nothing => None,
            Heard::More => {
                self.deadline = self.deadline.max(now + self.wait());
                self.latest = self.latest.max(self.deadline);
                None
            }
            Heard::Next(frame) => {
                // Whose answer has begun has it ready.
                let begun = self.link.is_begun();
                let waits = if begun { ANSWER_WAITS.to_vec() } else { std::mem::take(&mut self.waits) };
                self.begin(now, frame, &waits, script);
                None
            }
            Heard::Again(frame) => self.again(now, Some(frame), script),
            Heard::Busy(frame) => {
                self.poll = Some(frame);
                self.deadline = now + BUSY_WAIT;
                None
            }
            Heard::Up => self.over(Event::Up),
            Heard::Closed => self.over(Event::Closed),
            Heard::Absent => self.over(Event::Lost(Lost::Absent)),
            Heard::Rejected => self.over(Event::Lost(Lost::Rejected)),
            Heard::Apdu(apdu) => self.over(Event::Apdu(apdu)),
            Heard::TooLong => self.over(Event::TooLong),
        }
    }

    /// Says the last frame again, or asks for what may have been said already, or gives up.
    ///
    /// The frame comes first: it mends what was lost on the way there, and by the book on the way back too, for a
    /// meter does not take the same number twice and says its answer again. Some pass over it in silence instead;
    /// those say it again when they are told which number we wait for. The other way round it would be worse with
    /// servers that take that for the confirmation of what we never got.
    fn again(&mut self, now: Moment, frame: Option<Vec<u8>>, script: &mut Script<Readout>) -> Option<Event> {
        if self.garbled {
            self.signal.heard(false, script);
        }
        self.tries += 1;
        if self.tries < self.waits.len() {
            self.retries += 1;
            script.tell(Progress::Repeating);
            let poll = self.link.poll().filter(|_| self.tries.is_multiple_of(2));
            let frame = frame.or(poll).unwrap_or_else(|| self.link.last().to_vec());
            self.send(now, frame, script);
            return None;
        }
        let lost = if self.garbled { Lost::Garbled } else { Lost::Silent };
        self.over(if self.closing { Event::Closed } else { Event::Lost(lost) })
    }

    fn over(&mut self, event: Event) -> Option<Event> {
        (self.deadline, self.poll) = (NEVER, None);
        Some(event)
    }

    fn send(&mut self, now: Moment, frame: Vec<u8>, script: &mut Script<Readout>) {
        self.echo = Echo::sent(&frame);
        script.send(now, frame);
        self.deadline = script.sent_until() + self.wait();
        self.latest = self.deadline + script.settings().line_time(FRAME_BYTES_MAX);
    }

    fn wait(&self) -> Duration {
        self.waits.get(self.tries).or(self.waits.last()).copied().unwrap_or(GAP)
    }
}

const NEVER: Moment = Moment(u64::MAX);

/// How the last frames came.
#[derive(Debug, Default)]
struct Signal {
    /// The latest is the lowest bit; one is good.
    lately: u16,
    count: u32,
    told: Option<u8>,
}

impl Signal {
    fn heard(&mut self, good: bool, script: &mut Script<Readout>) {
        self.lately = (self.lately << 1) | u16::from(good);
        self.count = (self.count + 1).min(u16::BITS);
        let percent = u8::try_from(self.lately.count_ones() * 100 / self.count).unwrap_or(100);
        if self.told != Some(percent) {
            self.told = Some(percent);
            script.push(Output::Progress(Progress::Signal { percent }));
        }
    }
}
