//! A virtual meter: the link and the services, with all its habits.

use std::collections::VecDeque;

use super::habits::Habits;

const MS: u64 = 1_000_000;
const ACK: u8 = 0x06;
const NAK: u8 = 0x15;
/// After so much silence the meter repeats its packet; after so much it forgets the conversation.
const RESPONSE: u64 = 2_000 * MS;
const TRAFFIC: u64 = 6_000 * MS;
const GAP: u64 = 500 * MS;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Base,
    Identified,
    LoggedOn,
}

/// What happens once an answer has been acknowledged.
#[derive(Clone, Copy, Debug)]
enum Then {
    Nothing,
    Speed(u32),
    End,
}

#[derive(Debug)]
pub(super) struct Meter {
    habits: Habits,
    pub(super) baud: u32,
    state: State,
    is_open: bool,
    packet: usize,
    packets: usize,
    toggle: bool,
    taken: Option<Vec<u8>>,
    /// Packets of the answer that nobody has acknowledged, and when the first is said again.
    unacknowledged: VecDeque<Vec<u8>>,
    repeat_at: u64,
    repeats: u8,
    then: Then,
    forget_at: u64,
    partly: Vec<u8>,
    heard_at: u64,
    deaf_until: u64,
    /// What is on its way, with the moment each byte has come.
    pub(super) said: VecDeque<(u64, u8, u32)>,
    said_until: u64,
    bits: usize,
    sent: usize,
    pub(super) requests: Vec<Vec<u8>>,
    /// How often the password was heard.
    pub(super) passwords: usize,
}

impl Meter {
    pub(super) fn new(habits: Habits) -> Self {
        let state = if habits.is_left_open { State::LoggedOn } else { State::Base };
        Self {
            baud: 9_600,
            state,
            is_open: false,
            packet: 64,
            packets: 1,
            toggle: false,
            taken: None,
            unacknowledged: VecDeque::new(),
            repeat_at: u64::MAX,
            repeats: 0,
            then: Then::Nothing,
            forget_at: if habits.is_left_open { TRAFFIC } else { u64::MAX },
            partly: Vec::new(),
            heard_at: 0,
            deaf_until: 0,
            said: VecDeque::new(),
            said_until: 0,
            bits: 0,
            sent: 0,
            requests: Vec::new(),
            passwords: 0,
            habits,
        }
    }

    /// Nobody is in conversation with it, as far as it knows.
    pub(super) fn is_at_rest(&self) -> bool {
        self.state == State::Base
    }

    /// When the meter last had the line.
    pub(super) const fn said_until(&self) -> u64 {
        self.said_until
    }

    /// Does what is due by itself.
    pub(super) fn pass(&mut self, now: u64) {
        if !self.partly.is_empty() && now > self.heard_at + GAP {
            self.partly.clear();
            self.say(self.heard_at + GAP, &[NAK]);
        }
        while self.repeat_at <= now && !self.unacknowledged.is_empty() {
            self.repeats += 1;
            let at = self.repeat_at;
            if self.repeats > 3 { self.forget() } else { self.say_first(at) }
        }
        if now >= self.forget_at {
            self.forget();
        }
    }

    fn forget(&mut self) {
        (self.state, self.is_open, self.baud) = (State::Base, false, 9_600);
        (self.packet, self.packets, self.toggle, self.taken) = (64, 1, false, None);
        self.unacknowledged.clear();
        (self.repeat_at, self.forget_at) = (u64::MAX, u64::MAX);
    }

    /// Hears a byte that was over at `at`.
    pub(super) fn hear(&mut self, at: u64, byte: u8, baud: u32) {
        if baud != self.baud || at < self.deaf_until {
            return;
        }
        self.heard_at = at;
        match (self.partly.is_empty(), byte) {
            (true, ACK) => return self.acknowledged(at),
            (true, NAK) => return self.say_first(at),
            (true, 0xEE) | (false, _) => self.partly.push(byte),
            (true, _) => return,
        }
        let Some(length) = self.partly.get(4..6).map(|pair| usize::from(pair[0]) << 8 | usize::from(pair[1]))
        else {
            return;
        };
        if self.partly.len() == length + 8 {
            let packet = std::mem::take(&mut self.partly);
            let (covered, check) = packet.split_at(length + 6);
            if crc(covered).to_le_bytes() == check { self.take(at, packet) } else { self.say(at, &[NAK]) }
        }
    }

    fn take(&mut self, at: u64, packet: Vec<u8>) {
        if take_one(&mut self.habits.ignores) {
            return;
        }
        if take_one(&mut self.habits.naks) {
            return self.say(at, &[NAK]);
        }
        if self.habits.dies.is_some_and(|number| self.requests.len() >= number) {
            return;
        }
        if packet.get(6) == Some(&self.habits.has_no_word_for) {
            return;
        }
        if self.habits.forgets == Some(self.requests.len()) {
            self.habits.forgets = None;
            return self.forget();
        }
        self.forget_at = at + TRAFFIC;
        if self.taken.as_ref() == Some(&packet) {
            self.say(at, &[ACK]);
            if !self.unacknowledged.is_empty() {
                self.say_first(at);
            }
            return;
        }
        let message = packet[6..packet.len() - 2].to_vec();
        self.taken = Some(packet);
        self.requests.push(message.clone());
        let lost = take_one(&mut self.habits.loses_acks);
        if !lost {
            self.say(at, &[ACK]);
        }
        let (answer, then) = self.serve(&message);
        self.then = then;
        self.unacknowledged = self.split(&answer);
        self.repeats = 0;
        if lost {
            self.repeat_at = at + RESPONSE;
        } else {
            self.say_first(at);
        }
    }

    fn acknowledged(&mut self, at: u64) {
        self.forget_at = self.forget_at.max(at + TRAFFIC);
        if self.unacknowledged.pop_front().is_none() {
            return;
        }
        self.repeats = 0;
        if !self.unacknowledged.is_empty() {
            return self.say_first(at);
        }
        self.repeat_at = u64::MAX;
        match self.then {
            Then::Nothing => {}
            Then::Speed(_) if self.habits.keeps_speed => {}
            Then::Speed(baud) => self.baud = baud,
            Then::End => self.forget(),
        }
    }

    fn split(&mut self, answer: &[u8]) -> VecDeque<Vec<u8>> {
        let pieces: Vec<&[u8]> = answer.chunks(self.packet - 8).collect();
        let count = pieces.len();
        let mut packets = VecDeque::new();
        for (number, piece) in pieces.into_iter().enumerate() {
            let several = if count > 1 { 0x80 } else { 0 };
            let first = if count > 1 && number == 0 { 0x40 } else { 0 };
            let toggle = if self.toggle { 0x20 } else { 0 };
            let length = (piece.len() as u16).to_be_bytes();
            let mut bytes = vec![0xEE, 0, several | first | toggle, (count - 1 - number) as u8];
            bytes.extend(length);
            bytes.extend(piece);
            bytes.extend(crc(&bytes).to_le_bytes());
            if number != 1 || !take_one(&mut self.habits.loses_pieces) {
                packets.push_back(bytes);
            }
            self.toggle ^= self.habits.toggles;
        }
        packets
    }

    fn say_first(&mut self, at: u64) {
        let Some(packet) = self.unacknowledged.front() else { return };
        let mut packet = packet.clone();
        let number = self.sent;
        self.sent += 1;
        if take_one(&mut self.habits.wrong_checks) {
            *packet.last_mut().unwrap() ^= 0x10;
        }
        if take_one(&mut self.habits.cuts) {
            packet.truncate(packet.len() - 3);
        }
        if !self.habits.drops.contains(&number) {
            self.say(at, &[self.habits.before, &packet].concat());
        }
        self.repeat_at = self.said_until.max(at) + RESPONSE;
    }

    fn say(&mut self, at: u64, bytes: &[u8]) {
        let mut at = self.said_until.max(at + self.habits.reaction_ms * MS);
        // An answer follows its acknowledgement at once.
        if self.said_until + MS > at {
            at = self.said_until;
        }
        for &byte in bytes {
            at += 10 * 1_000_000_000 / u64::from(self.baud);
            let flip = self.habits.flips.and_then(|flip| flip.checked_sub(self.bits)).filter(|bit| *bit < 8);
            self.said.push_back((at, byte ^ flip.map_or(0, |bit| 1 << bit), self.baud));
            self.bits += 8;
        }
        self.said_until = at;
        self.deaf_until = at + self.habits.deaf_ms * MS;
    }

    fn serve(&mut self, message: &[u8]) -> (Vec<u8>, Then) {
        let code = |code: u8| (vec![code], Then::Nothing);
        let service = message[0];
        assert!(!(0x40..0x50).contains(&service), "a reader never writes");
        if self.state == State::LoggedOn && service != 0x21 && take_one(&mut self.habits.busy) {
            return code(self.habits.busy_code);
        }
        match (service, self.state) {
            (0x20, State::Base) => {
                self.state = State::Identified;
                (self.habits.identification.to_vec(), Then::Nothing)
            }
            (0x21, State::Base) => code(0x0A),
            (0x21, _) => (vec![0], Then::End),
            (0x60..=0x6B, State::Identified) => self.negotiate(message),
            (0x50, State::Identified) => {
                assert_eq!(message.len(), 13);
                if self.habits.logon == 0 {
                    self.state = State::LoggedOn;
                }
                code(self.habits.logon)
            }
            (0x51, State::LoggedOn) => {
                self.passwords += 1;
                self.is_open = self.habits.password.is_none_or(|password| message[1..] == password);
                code(if self.is_open { 0 } else { 1 })
            }
            (0x52, State::LoggedOn) => {
                self.state = State::Identified;
                code(0)
            }
            (0x30 | 0x3F, State::LoggedOn) => (self.read(message), Then::Nothing),
            _ => code(0x0A),
        }
    }

    fn negotiate(&mut self, message: &[u8]) -> (Vec<u8>, Then) {
        let Some((size, count)) = self.habits.packets else { return (vec![2], Then::Nothing) };
        let size = size.min(u16::from_be_bytes([message[1], message[2]]));
        let count = count.min(message[3]);
        (self.packet, self.packets) = (size.into(), count.into());
        let codes = &message[4..];
        assert_eq!(usize::from(message[0] - 0x60), codes.len());
        let code = codes.iter().copied().find(|&code| code <= self.habits.fastest).unwrap_or(6);
        let speeds = [0, 300, 600, 1_200, 2_400, 4_800, 9_600, 14_400, 19_200, 28_800, 57_600];
        let baud = speeds[usize::from(code)];
        let then = if baud == self.baud { Then::Nothing } else { Then::Speed(baud) };
        let [high, low] = size.to_be_bytes();
        (vec![0, high, low, count, code], then)
    }

    fn read(&mut self, message: &[u8]) -> Vec<u8> {
        let table = u16::from_be_bytes([message[1], message[2]]);
        if table > self.habits.public && self.habits.password.is_some() && !self.is_open {
            return vec![3];
        }
        if let Some(&code) = self.habits.refuses.get(&table) {
            return vec![code];
        }
        let Some(whole) = self.habits.tables.get(&table) else { return vec![4] };
        let data = match message {
            [0x30, _, _] => &whole[..],
            [0x3F, _, _, o2, o1, o0, c1, c0] => {
                if !self.habits.by_offset {
                    return vec![2];
                }
                let from = u32::from_be_bytes([0, *o2, *o1, *o0]) as usize;
                let count = usize::from(u16::from_be_bytes([*c1, *c0]));
                match whole.get(from..from + count) {
                    Some(data) => data,
                    None => return vec![4],
                }
            }
            _ => return vec![1],
        };
        if data.len() + 4 > (self.packet - 8) * self.packets {
            return vec![4];
        }
        let [high, low] = (data.len() as u16).to_be_bytes();
        let mut sum = data.iter().fold(0_u8, |sum, byte| sum.wrapping_sub(*byte));
        if take_one(&mut self.habits.wrong_sums) {
            sum ^= 1;
        }
        [&[0, high, low], data, &[sum]].concat()
    }
}

fn take_one(left: &mut usize) -> bool {
    let some = *left > 0;
    *left = left.saturating_sub(1);
    some
}

/// CRC-16/X.25, a bit at a time.
pub(super) fn crc(bytes: &[u8]) -> u16 {
    let mut rest = 0xFFFF_u16;
    for byte in bytes {
        rest ^= u16::from(*byte);
        for _ in 0..8 {
            rest = if rest & 1 == 1 { rest >> 1 ^ 0x8408 } else { rest >> 1 };
        }
    }
    !rest
}
