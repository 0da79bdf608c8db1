//! A virtual meter with the habits and faults of real ones.

use super::{
    terminal::{Done, Terminal},
    wire::{Wire, bit_ns, even, text_ns},
};
use crate::probe::dlms::tests::guest::{Guest, Lock};

const MS: u64 = 1_000_000;
/// How long a meter stays in programming mode when nothing is said.
const IDLE: u64 = 120_000 * MS;
/// How long a meter waits for an option select before it reads out at 300.
const SELECT_WAIT: u64 = 1_500 * MS;

pub(super) const LIST: &str = "F.F(00)\r\nC.1.0(00412345)\r\n0.9.1(073005)\r\n0.9.2(261123)\r\n\
    1.8.0(012345.670*kWh)\r\n2.8.0(000001.000*kWh)\r\n1.6.0(03.064*kW)(2611221145)\r\n32.7(230*V)\r\n!\r\n";

/// What a meter is and does wrong.
#[derive(Clone, Debug)]
pub(super) struct Habits {
    pub(super) ident: &'static str,
    pub(super) list: String,
    /// Mode B: the speed it takes on after its identification. 300: mode A, without waiting for a select.
    pub(super) unasked_baud: Option<u32>,
    pub(super) reaction_ms: u64,
    /// Reads out at 300 whatever is selected.
    pub(super) stays_at_300: bool,
    /// Answers NAK to a select of more than 300.
    pub(super) refuses: Refusal,
    pub(super) ignores_nak: bool,
    pub(super) ignores_requests: usize,
    pub(super) wrong_bcc: usize,
    /// Counts its checksum in a way of its own, over all raw bytes from STX to ETX; the raw check comes of it.
    pub(super) own_check: Option<fn(&[u8]) -> u8>,
    pub(super) cut_short: usize,
    /// Flips the lowest bit of these bytes of the block, this many times.
    pub(super) flips: (&'static [usize], usize),
    /// Flips the bit above.
    pub(super) flips_second_bit: (&'static [usize], usize),
    /// Flips a bit of this many identifications.
    pub(super) flips_ident: usize,
    /// Says who it is and no more.
    pub(super) keeps_list: bool,
    pub(super) framing: BlockFraming,
    /// Before the identification and before the block.
    pub(super) junk: &'static [u8],
    /// Reads out at 300 from the beginning of time, this many ms long, as somebody else left it.
    pub(super) busy_ms: u64,
    /// The voltage goes on between two readouts.
    pub(super) lively: bool,
    /// Hears nothing before it was woken.
    pub(super) sleeps: bool,
    /// Lists of the maker's own, by number, beside the usual one.
    pub(super) own_lists: &'static [(u8, &'static str)],
    /// Takes 1.45 s for all but its first identification.
    pub(super) late_again: bool,
    /// Its programming mode, where it has one.
    pub(super) terminal: Option<Terminal>,
    /// Does not hear for this long after it has spoken in programming mode.
    pub(super) deaf_ms: u64,
    /// Does not hear that a reader breaks off.
    pub(super) deaf_to_break: bool,
    /// In mode E: how the meter says the option select again.
    pub(super) mode_e: ModeE,
    /// What talks HDLC then; one octet of it, where there is nothing.
    pub(super) binary: Option<Lock>,
    /// It leaves HDLC by itself after so long; not at all within a test, where that is 0.
    pub(super) binary_ms: u64,
    /// Goes on in HDLC after a goodbye.
    pub(super) stays_binary: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum ModeE {
    /// It knows no such mode.
    None,
    Mute,
    Refused,
    /// At 300 and at once.
    ReadsOut,
    At300,
    AtNewSpeed,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refusal {
    None,
    Fast,
    /// It says no to lists, and no more.
    Lists,
    All,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum BlockFraming {
    Whole,
    NoBcc,
    NoEtx,
    NoStx,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            ident: "ABC5METER-1",
            list: LIST.into(),
            unasked_baud: None,
            reaction_ms: 200,
            stays_at_300: false,
            refuses: Refusal::None,
            ignores_nak: false,
            ignores_requests: 0,
            wrong_bcc: 0,
            own_check: None,
            cut_short: 0,
            flips: (&[], 0),
            flips_second_bit: (&[], 0),
            flips_ident: 0,
            keeps_list: false,
            framing: BlockFraming::Whole,
            junk: b"",
            busy_ms: 0,
            lively: false,
            sleeps: false,
            own_lists: &[],
            late_again: false,
            terminal: None,
            deaf_ms: 0,
            deaf_to_break: false,
            mode_e: ModeE::None,
            binary: None,
            binary_ms: 0,
            stays_binary: false,
        }
    }
}

#[derive(Debug)]
pub(super) struct Meter {
    pub(super) guest: Option<Guest>,
    habits: Habits,
    state: State,
    busy_until: u64,
    readouts: usize,
    asleep: bool,
    /// Between these moments a meter that was woken listens.
    woken: (u64, u64),
    list: u8,
    /// All that was said is out: a line keeps the order.
    line_until: u64,
}

#[derive(Debug)]
enum State {
    Idle,
    /// Waits for a select until this moment.
    Selecting(u64),
    /// Has read out at this speed and may be asked to repeat.
    ReadOut(u32),
    /// Takes commands at this speed, and nothing else before this moment.
    Programming(u32, u64),
    /// Talks HDLC at this speed from this moment on.
    Hdlc(u32, u64),
}

impl Meter {
    pub(super) fn new(habits: Habits, wire: &mut Wire) -> Self {
        let mut meter = Self {
            asleep: habits.sleeps,
            guest: habits.binary.map(Guest::new),
            habits,
            state: State::Idle,
            busy_until: 0,
            readouts: 0,
            woken: (0, 0),
            list: b'0',
            line_until: 0,
        };
        let mut said = 0;
        while said < meter.habits.busy_ms * MS {
            said = wire.say(said, 300, &even(b"1.8.0(012345.670*kWh)\r\n"));
        }
        meter.busy_until = said;
        meter
    }

    /// Somebody who comes now finds it shut.
    pub(super) fn is_shut(&self) -> bool {
        matches!(self.state, State::Programming(..)) || self.guest.as_ref().is_some_and(Guest::is_linked)
    }

    pub(super) const fn is_binary(&self) -> bool {
        matches!(self.state, State::Hdlc(..))
    }

    /// Does what is due by itself.
    pub(super) fn pass(&mut self, wire: &mut Wire, until: u64) {
        match self.state {
            State::Selecting(due) if until >= due => self.read_out(wire, due, 300),
            State::Idle
            | State::Selecting(_)
            | State::ReadOut(_)
            | State::Programming(..)
            | State::Hdlc(..) => {}
        }
    }

    /// Hears a message that was over at `at`.
    pub(super) fn hear(&mut self, wire: &mut Wire, message: &[u8], baud: u32, at: u64) {
        if at < self.busy_until {
            return;
        }
        if let State::Hdlc(own, from) = self.state
            && (self.habits.binary_ms == 0 || at < from + self.habits.binary_ms * MS)
        {
            if baud == own && at >= from {
                self.hear_frame(wire, message, own, at);
            }
            return;
        }
        if message.first() == Some(&0x7E) {
            return;
        }
        let text: Vec<u8> = message.iter().map(|byte| byte & 0x7F).collect();
        assert!(message.iter().all(|byte| byte.count_ones() % 2 == 0), "the reader sends even parity");
        if text.iter().all(|&byte| byte == 0) && (63..=69).contains(&text.len()) && baud == 300 {
            self.woken = (at + 1_500 * MS, at + 1_700 * MS + text_ns(b"/?!\r\n"));
            return;
        }
        if self.asleep && !(self.woken.0..self.woken.1).contains(&at) {
            return;
        }
        self.asleep = false;
        let answer = at + self.habits.reaction_ms * MS;
        if let State::Programming(own, until) = self.state
            && at < until
        {
            // A receiver has a character in the middle of its stop bit.
            let begins = at.saturating_sub((message.len() as u64 * 10 - 1) * bit_ns(baud));
            if baud == own && begins >= self.busy_until + self.habits.deaf_ms * MS {
                self.command(wire, &text, own, answer);
            }
            return;
        }
        match (&self.state, text.as_slice()) {
            (State::Selecting(_), [0x06, b'0', speed, b'1', b'\r', b'\n']) if baud == 300 => {
                let refuses = self.habits.refuses == Refusal::All;
                let Some(terminal) = self.habits.terminal.as_mut().filter(|_| !refuses) else { return };
                let (own, greeting) = (300 << (speed - b'0'), even(&terminal.greet()));
                let at = wire.say(answer.max(self.line_until), own, self.habits.junk);
                self.busy_until = wire.say(at, own, &greeting);
                self.state = State::Programming(own, self.busy_until + IDLE);
            }
            (_, [b'/', b'?', .., b'!', b'\r', b'\n']) if baud == 300 => {
                if self.habits.ignores_requests > 0 {
                    self.habits.ignores_requests -= 1;
                    return;
                }
                let late = self.habits.late_again && self.readouts > 0;
                self.identify(wire, if late { at + 1_450 * MS } else { answer });
            }
            (State::Selecting(_), [0x06, b'0', speed, list @ (b'0' | b'6'..=b'9'), b'\r', b'\n'])
                if baud == 300 =>
            {
                self.list = *list;
                self.select(wire, *speed, answer);
            }
            (State::Selecting(_), [0x06, b'2', speed, b'2', b'\r', b'\n'])
                if baud == 300 && self.habits.mode_e != ModeE::None =>
            {
                let new = 300 << (speed - b'0');
                let end = match self.habits.mode_e {
                    ModeE::Refused => return self.say_no(wire, answer),
                    ModeE::ReadsOut => return self.read_out(wire, answer, 300),
                    ModeE::None | ModeE::Mute => answer,
                    ModeE::At300 => wire.say(answer, 300, message),
                    ModeE::AtNewSpeed => wire.say(answer, new, message),
                };
                self.state = State::Hdlc(new, end + 50 * MS);
            }
            (State::ReadOut(own), [0x15]) if baud == *own && !self.habits.ignores_nak => {
                self.read_out(wire, answer, *own);
            }
            _ => {}
        }
    }

    fn hear_frame(&mut self, wire: &mut Wire, frame: &[u8], baud: u32, at: u64) {
        // Without a guest, that there is HDLC is said in one octet.
        let answer = self.guest.as_mut().map_or(Some(vec![0x7E]), |guest| guest.hear(frame));
        if let Some(answer) = answer {
            self.busy_until = wire.say(at + 30 * MS, baud, &answer);
        }
        if self.guest.as_ref().is_some_and(Guest::is_left) && !self.habits.stays_binary {
            self.state = State::Idle;
        }
    }

    fn command(&mut self, wire: &mut Wire, text: &[u8], baud: u32, at: u64) {
        let Some(terminal) = &mut self.habits.terminal else { return };
        match terminal.hear(text) {
            Done::Says(said) => {
                let late = at + terminal.talk.late_ms * MS;
                self.line_until = wire.say(late.max(self.line_until), baud, &even(&said));
                self.busy_until = at + said.len() as u64 * 10 * bit_ns(baud);
                // A meter that breaks off itself is out as well.
                self.state = match said.as_slice() {
                    b"\x01B0\x03q" => State::Idle,
                    _ => State::Programming(baud, self.busy_until + IDLE),
                };
            }
            Done::Leaves if !self.habits.deaf_to_break => self.state = State::Idle,
            Done::Nothing | Done::Leaves => {}
        }
    }

    fn identify(&mut self, wire: &mut Wire, at: u64) {
        let at = wire.say(at.max(self.line_until), 300, self.habits.junk);
        let mut ident = even(format!("/{}\r\n", self.habits.ident).as_bytes());
        if self.habits.flips_ident > 0 {
            self.habits.flips_ident -= 1;
            ident[4] ^= 1;
        }
        let end = wire.say(at, 300, &ident);
        self.busy_until = end;
        match self.habits.unasked_baud {
            Some(baud) => self.read_out(wire, end + self.habits.reaction_ms * MS, baud),
            None => self.state = State::Selecting(end + SELECT_WAIT),
        }
    }

    fn select(&mut self, wire: &mut Wire, speed: u8, answer: u64) {
        let offered = self.habits.ident.as_bytes()[3];
        let known = self.list == b'0' || self.habits.own_lists.iter().any(|(list, _)| *list == self.list);
        let refused = match self.habits.refuses {
            Refusal::None => false,
            Refusal::Fast => speed != b'0',
            Refusal::Lists | Refusal::All => true,
        };
        if refused || !known {
            self.say_no(wire, answer);
        } else if speed == offered && !self.habits.stays_at_300 {
            self.read_out(wire, answer, 300 << (speed - b'0'));
        } else {
            self.read_out(wire, answer, 300);
        }
    }

    fn say_no(&mut self, wire: &mut Wire, at: u64) {
        self.busy_until = wire.say(at, 300, &even(&[0x15]));
        self.state = State::Idle;
    }

    fn read_out(&mut self, wire: &mut Wire, at: u64, baud: u32) {
        self.readouts += 1;
        if self.habits.keeps_list {
            self.state = State::Idle;
            return;
        }
        let mut block = even(&self.block());
        if let (Some(count), Some((check, rest))) = (self.habits.own_check, block.split_last_mut()) {
            *check = count(rest);
        }
        if self.habits.flips.1 > 0 {
            self.habits.flips.1 -= 1;
            self.habits.flips.0.iter().for_each(|&at| block[at] ^= 1);
        }
        if self.habits.flips_second_bit.1 > 0 {
            self.habits.flips_second_bit.1 -= 1;
            self.habits.flips_second_bit.0.iter().for_each(|&at| block[at] ^= 2);
        }
        let at = wire.say(at, baud, self.habits.junk);
        self.busy_until = wire.say(at, baud, &block);
        self.state = State::ReadOut(baud);
    }

    fn block(&mut self) -> Vec<u8> {
        let own = self.habits.own_lists.iter().find(|(list, _)| *list == self.list);
        let mut list = own.map_or(self.habits.list.clone(), |(_, list)| (*list).into());
        if self.habits.lively {
            list = list.replace("(230*V)", &format!("(23{}*V)", self.readouts % 10));
        }
        let mut block = [b"\x02", list.as_bytes(), b"\x03"].concat();
        block.push(block[1..].iter().fold(0, |sum, byte| sum ^ byte));
        if self.habits.wrong_bcc > 0 {
            self.habits.wrong_bcc -= 1;
            *block.last_mut().unwrap() ^= 0x55;
        }
        if self.habits.cut_short > 0 {
            self.habits.cut_short -= 1;
            block.truncate(block.len() / 2);
        }
        match self.habits.framing {
            BlockFraming::Whole => block,
            BlockFraming::NoBcc => block[..block.len() - 1].to_vec(),
            BlockFraming::NoEtx => block[..block.len() - 2].to_vec(),
            BlockFraming::NoStx => block[1..block.len() - 2].to_vec(),
        }
    }
}
