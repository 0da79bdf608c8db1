//! One HDLC link as the client sees it: numbers of frames, segments, what to say next. It knows no time.
//! IEC 62056-46, 6.4 and 6.5.

use super::{
    address::{Address, Ends},
    cursor::{Cursor, write_tagged},
    frame::{Control, Frame},
    limits::{APDU_BYTES_MAX, INFORMATION_MAX, INFORMATION_USUAL},
};

/// Stands before every message of a client, and of a meter.
const LLC_OURS: [u8; 3] = [0xE6, 0xE6, 0x00];
const LLC_THEIRS: [u8; 3] = [0xE6, 0xE7, 0x00];
/// Shorter information fields than this are a damaged wish.
const INFORMATION_MIN: usize = 16;

/// More addresses are not tried at once.
const ASKED_MAX: usize = 16;

/// What came of a frame.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Heard {
    /// Not for us, or nothing new.
    Nothing,
    /// More comes without our doing.
    More,
    /// The next frame that is to be sent.
    Next(Vec<u8>),
    /// The meter missed this frame.
    Again(Vec<u8>),
    /// The meter has heard us and is not ready; ask with this after a while.
    Busy(Vec<u8>),
    /// The link is open.
    Up,
    /// The link is closed, as we asked.
    Closed,
    /// There is no link, says the meter.
    Absent,
    /// The meter could make no sense of a frame.
    Rejected,
    /// A whole message.
    Apdu(Vec<u8>),
    /// A message that is longer than we said we take.
    TooLong,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Down,
    Opening,
    /// Nothing is awaited.
    Idle,
    /// A segment of ours waits for its RR.
    Sending,
    /// An answer is awaited.
    Waiting,
    Closing,
}

/// A link and where it stands.
#[derive(Debug)]
pub(super) struct Link {
    ends: Ends,
    /// Who was asked to open it, and by whom; a slow meter answers when somebody else is being asked already.
    asked: Vec<Ends>,
    state: State,
    /// Bytes of information that the meter takes in a frame.
    room: usize,
    /// Number of our next frame, and of the meter's.
    send: u8,
    receive: u8,
    /// The last frame that was sent, in case it is lost.
    last: Vec<u8>,
    /// Of our message, what is still to be sent.
    rest: Vec<u8>,
    incoming: Vec<u8>,
    /// The first segment, which has the LLC header, has come.
    begun: bool,
    overflowing: bool,
}

impl Link {
    pub(super) const fn new(ends: Ends) -> Self {
        Self {
            ends,
            asked: Vec::new(),
            state: State::Down,
            room: INFORMATION_USUAL,
            send: 0,
            receive: 0,
            last: Vec::new(),
            rest: Vec::new(),
            incoming: Vec::new(),
            begun: false,
            overflowing: false,
        }
    }

    /// Both ends, the meter's as it names itself.
    pub(super) const fn ends(&self) -> Ends {
        self.ends
    }

    /// Bytes of a message that go in one frame.
    pub(super) fn message_room(&self) -> usize {
        self.room.saturating_sub(LLC_OURS.len())
    }

    /// The first part of an answer has come.
    pub(super) const fn is_begun(&self) -> bool {
        self.begun
    }

    /// The last frame that was sent.
    pub(super) fn last(&self) -> &[u8] {
        &self.last
    }

    /// Bytes in memory.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.last.capacity() + self.rest.capacity() + self.incoming.capacity()
    }

    /// SNRM, with or without a wish for longer frames: some meters only hear the one without.
    pub(super) fn open(&mut self, ends: Ends, wishes: bool) -> Vec<u8> {
        let mut asked = std::mem::take(&mut self.asked);
        if !asked.contains(&ends) && asked.len() < ASKED_MAX {
            asked.push(ends);
        }
        *self = Self { state: State::Opening, asked, ..Self::new(ends) };
        let wishes = if wishes { parameters() } else { Vec::new() };
        self.frame(Control::Snrm, false, &wishes)
    }

    /// The first frame of a message.
    pub(super) fn say(&mut self, apdu: &[u8]) -> Vec<u8> {
        self.rest = [&LLC_OURS, apdu].concat();
        self.incoming.clear();
        (self.begun, self.overflowing) = (false, false);
        self.segment()
    }

    /// Asks for the frame that is awaited, where one is, and says nothing again: RR with its number.
    pub(super) fn poll(&self) -> Option<Vec<u8>> {
        let awaits = matches!(self.state, State::Sending | State::Waiting);
        awaits.then(|| self.write(Control::Rr { receive: self.receive }, false, &[]))
    }

    /// DISC.
    pub(super) fn close(&mut self) -> Vec<u8> {
        self.state = State::Closing;
        self.frame(Control::Disc, false, &[])
    }

    /// What the frame means here.
    pub(super) fn hear(&mut self, frame: &Frame<'_>) -> Heard {
        let answers = |ends: &&Ends| {
            frame.destination == Address::one(ends.client) && ends.server.may_answer_as(frame.source)
        };
        let opening = self.state == State::Opening;
        let earlier = self.asked.iter().filter(|_| opening);
        let Some(&Ends { client, .. }) = [&self.ends].into_iter().chain(earlier).find(answers) else {
            return Heard::Nothing;
        };
        match (self.state, frame.control) {
            (State::Opening, Control::Ua) => self.opened(client, frame),
            (State::Opening | State::Idle | State::Sending | State::Waiting, Control::Dm) => {
                self.down(Heard::Absent)
            }
            (State::Opening | State::Idle | State::Sending | State::Waiting, Control::Frmr) => {
                self.down(Heard::Rejected)
            }
            (State::Idle | State::Sending | State::Waiting, Control::Disc) => self.down(Heard::Absent),
            (State::Closing, Control::Ua | Control::Dm) => self.down(Heard::Closed),
            (State::Sending, Control::Rr { receive }) if receive == self.send => Heard::Next(self.segment()),
            (State::Waiting, Control::Rr { receive } | Control::Rnr { receive }) if receive == self.send => {
                let poll = Control::Rr { receive: self.receive };
                Heard::Busy(self.frame(poll, false, &[]))
            }
            (State::Sending | State::Waiting, Control::Rr { .. }) => Heard::Again(self.last.clone()),
            (State::Sending | State::Waiting, Control::Rnr { .. }) => Heard::Busy(self.last.clone()),
            (State::Sending | State::Waiting, Control::I { send, .. }) if send == self.receive => {
                self.take(frame)
            }
            _ => Heard::Nothing,
        }
    }

    fn opened(&mut self, client: u8, frame: &Frame<'_>) -> Heard {
        self.ends = Ends { server: frame.source, client };
        self.asked.clear();
        self.room = room(frame.information).unwrap_or(INFORMATION_USUAL);
        self.state = State::Idle;
        Heard::Up
    }

    fn down(&mut self, heard: Heard) -> Heard {
        self.state = State::Down;
        heard
    }

    /// The next part of our message.
    fn segment(&mut self) -> Vec<u8> {
        let later = self.rest.split_off(self.room.min(self.rest.len()));
        let now = std::mem::replace(&mut self.rest, later);
        let segmented = !self.rest.is_empty();
        let control = Control::I { send: self.send, receive: self.receive };
        let frame = self.frame(control, segmented, &now);
        self.send = (self.send + 1) & 7;
        self.state = if segmented { State::Sending } else { State::Waiting };
        frame
    }

    /// The meter's next frame, in its turn.
    fn take(&mut self, frame: &Frame<'_>) -> Heard {
        let mut information = frame.information;
        if !self.begun {
            let Some(rest) = information.strip_prefix(&LLC_THEIRS) else { return Heard::Nothing };
            information = rest;
            self.begun = true;
        }
        self.receive = (self.receive + 1) & 7;
        if self.incoming.len() + information.len() > APDU_BYTES_MAX {
            self.overflowing = true;
            self.incoming.clear();
        } else if !self.overflowing {
            self.incoming.extend_from_slice(information);
        }
        if !frame.segmented {
            self.state = State::Idle;
            let whole = std::mem::take(&mut self.incoming);
            return if self.overflowing { Heard::TooLong } else { Heard::Apdu(whole) };
        }
        if !frame.is_final {
            return Heard::More;
        }
        self.state = State::Waiting;
        let ready = Control::Rr { receive: self.receive };
        Heard::Next(self.frame(ready, false, &[]))
    }

    /// A frame that is said again when it is lost.
    fn frame(&mut self, control: Control, segmented: bool, information: &[u8]) -> Vec<u8> {
        self.last = self.write(control, segmented, information);
        self.last.clone()
    }

    fn write(&self, control: Control, segmented: bool, information: &[u8]) -> Vec<u8> {
        let (destination, source) = (self.ends.server, Address::one(self.ends.client));
        Frame { destination, source, control, segmented, is_final: true, information }.write()
    }
}

/// What we wish: information fields of [`INFORMATION_MAX`] both ways, one frame at a time.
fn parameters() -> Vec<u8> {
    let mut wishes = Vec::new();
    for id in [5, 6] {
        write_tagged(&mut wishes, id, &[INFORMATION_MAX]);
    }
    for id in [7, 8] {
        write_tagged(&mut wishes, id, &[0, 0, 0, 1]);
    }
    let mut out = vec![0x81];
    write_tagged(&mut out, 0x80, &wishes);
    out
}

/// What of a UA's parameters limits us: the longest information field both ways. Meters mix up which is which, so
/// the shorter counts. Nothing where there are none.
pub(super) fn room(information: &[u8]) -> Option<usize> {
    let mut cursor = Cursor(information.strip_prefix(&[0x81, 0x80])?);
    let mut group = Cursor(cursor.counted()?);
    let mut room = None;
    while let (Some(id), Some(value)) = (group.byte(), group.counted()) {
        if matches!(id, 5 | 6) && value.len() <= 4 {
            let value = value.iter().fold(0, |number, &byte| (number << 8) | usize::from(byte));
            room = Some(room.map_or(value, |room: usize| room.min(value)));
        }
    }
    room.filter(|&room| room >= INFORMATION_MIN).map(|room| room.min(usize::from(INFORMATION_MAX)))
}
