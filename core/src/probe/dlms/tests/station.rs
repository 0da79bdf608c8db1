//! The HDLC side of the virtual meter: frames, numbers, segments, and what goes wrong on the way.

/// What a station is and does wrong on the link.
#[derive(Clone, Debug)]
pub(super) struct LinkHabits {
    /// Destinations it hears, as bytes on the line.
    pub(super) hears: Vec<Vec<u8>>,
    /// As it names itself.
    pub(super) own: Vec<u8>,
    /// Clients it knows.
    pub(super) clients: Vec<u8>,
    /// Longest information field, both ways.
    pub(super) information: usize,
    /// Its UA says nothing of itself.
    pub(super) plain_ua: bool,
    /// Hears no SNRM with wishes.
    pub(super) hates_wishes: bool,
    /// Answers these frames (counted from 0, all it ever sends) not at all, or with a bit wrong.
    pub(super) loses: Vec<usize>,
    pub(super) garbles: Vec<usize>,
    /// Does not hear these frames (counted from 0).
    pub(super) misses: Vec<usize>,
    /// Says FRMR to these frames (counted from 0), as if a bit of them were wrong.
    pub(super) rejects: Vec<usize>,
    /// To a question that comes twice it only says that it has heard it.
    pub(super) confirms_repeats: bool,
    /// To a question that comes twice it says nothing.
    pub(super) passes_over_repeats: bool,
    /// Says DM to so many SNRM: another conversation is still open.
    pub(super) absent: usize,
    /// Says RNR to so many questions.
    pub(super) not_ready: usize,
    /// Says FRMR to an SNRM with wishes.
    pub(super) rejects_wishes: bool,
}

/// Behind the link: messages in, messages out. Nothing is silence; an empty message hangs up.
pub(super) trait Application {
    fn linked(&mut self, client: u8);
    fn answer(&mut self, client: u8, apdu: &[u8]) -> Option<Vec<u8>>;
}

pub(super) struct Station<A> {
    pub(super) habits: LinkHabits,
    pub(super) application: A,
    client: Option<u8>,
    send: u8,
    receive: u8,
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
    last: Vec<u8>,
    only_confirms: bool,
    sent: usize,
    heard: usize,
    /// All frames it has heard, by control byte.
    pub(super) controls: Vec<u8>,
}

pub(super) fn check(bytes: &[u8]) -> [u8; 2] {
    let mut rest = 0xFFFF_u16;
    for byte in bytes {
        rest ^= u16::from(*byte);
        for _ in 0..8 {
            rest = if rest & 1 == 1 { (rest >> 1) ^ 0x8408 } else { rest >> 1 };
        }
    }
    (!rest).to_le_bytes()
}

/// A frame with its flags.
pub(super) fn frame(to: &[u8], from: &[u8], control: u8, segmented: bool, information: &[u8]) -> Vec<u8> {
    let head = 2 + to.len() + from.len() + 1;
    let length = if information.is_empty() { head + 2 } else { head + 2 + information.len() + 2 };
    let mut body = vec![0xA0 | u8::try_from(length >> 8).unwrap() | if segmented { 8 } else { 0 }];
    body.push(u8::try_from(length & 0xFF).unwrap());
    body.extend(to);
    body.extend(from);
    body.push(control);
    if !information.is_empty() {
        body.extend(check(&body));
        body.extend(information);
    }
    body.extend(check(&body));
    [&[0x7E][..], &body, &[0x7E]].concat()
}

fn address(bytes: &[u8]) -> (Vec<u8>, &[u8]) {
    let length = bytes.iter().position(|byte| byte & 1 == 1).unwrap() + 1;
    (bytes[..length].to_vec(), &bytes[length..])
}

impl<A: Application> Station<A> {
    pub(super) fn new(habits: LinkHabits, application: A) -> Self {
        Self {
            habits,
            application,
            client: None,
            send: 0,
            receive: 0,
            incoming: Vec::new(),
            outgoing: Vec::new(),
            last: Vec::new(),
            only_confirms: false,
            sent: 0,
            heard: 0,
            controls: Vec::new(),
        }
    }

    pub(super) const fn is_linked(&self) -> bool {
        self.client.is_some()
    }

    /// What it says to a frame.
    pub(super) fn hear(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let body = &bytes[1..bytes.len() - 1];
        assert_eq!(check(&body[..body.len() - 2]), body[body.len() - 2..], "the client's checksum");
        let (to, rest) = address(&body[2..]);
        let (from, rest) = address(rest);
        let (control, information) = (rest[0], if rest.len() > 3 { &rest[3..rest.len() - 2] } else { &[] });
        let client = from[0] >> 1;
        self.heard += 1;
        if !self.habits.hears.contains(&to) || self.habits.misses.contains(&(self.heard - 1)) {
            return None;
        }
        self.controls.push(control);
        if self.habits.rejects.contains(&(self.heard - 1)) {
            return self.say(frame(&[client << 1 | 1], &self.habits.own, 0x97, false, &[]));
        }
        let answer = self.react(client, control, body[0] & 8 != 0, information)?;
        if !std::mem::take(&mut self.only_confirms) {
            self.last.clone_from(&answer);
        }
        self.say(answer)
    }

    fn say(&mut self, mut answer: Vec<u8>) -> Option<Vec<u8>> {
        self.sent += 1;
        if self.habits.loses.contains(&(self.sent - 1)) {
            return None;
        }
        if self.habits.garbles.contains(&(self.sent - 1)) {
            let middle = answer.len() / 2;
            answer[middle] ^= 0x10;
        }
        Some(answer)
    }

    fn react(&mut self, client: u8, control: u8, segmented: bool, information: &[u8]) -> Option<Vec<u8>> {
        let u = |station: &Self, control: u8, information: &[u8]| {
            Some(frame(&[client << 1 | 1], &station.habits.own, control, false, information))
        };
        match control {
            0x93 if self.habits.absent > 0 => {
                self.habits.absent -= 1;
                u(self, 0x1F, &[])
            }
            0x93 if !information.is_empty() && self.habits.hates_wishes => None,
            0x93 if !information.is_empty() && self.habits.rejects_wishes => u(self, 0x97, &[]),
            0x93 if !self.habits.clients.contains(&client) => None,
            0x93 => {
                (self.client, self.send, self.receive) = (Some(client), 0, 0);
                self.application.linked(client);
                if self.habits.plain_ua {
                    return u(self, 0x73, &[]);
                }
                let [high, low] = u16::try_from(self.habits.information).unwrap().to_be_bytes();
                let told =
                    [0x81, 0x80, 0x14, 5, 2, high, low, 6, 2, high, low, 7, 4, 0, 0, 0, 1, 8, 4, 0, 0, 0, 1];
                u(self, 0x73, &told)
            }
            0x53 => {
                let known = self.client.take().is_some();
                u(self, if known { 0x73 } else { 0x1F }, &[])
            }
            _ if self.client != Some(client) => u(self, 0x1F, &[]),
            _ if control & 1 == 0 && self.habits.not_ready > 0 => {
                self.habits.not_ready -= 1;
                u(self, 0x15 | self.receive << 5, &[])
            }
            _ if control & 1 == 0 => self.information(client, control, segmented, information),
            _ if control & 0x0F == 1 => {
                if control >> 5 != self.send {
                    return Some(self.last.clone());
                }
                if self.outgoing.is_empty() {
                    self.only_confirms = true;
                    return u(self, 0x11 | self.receive << 5, &[]);
                }
                self.segment(client)
            }
            _ => None,
        }
    }

    fn information(
        &mut self,
        client: u8,
        control: u8,
        segmented: bool,
        information: &[u8],
    ) -> Option<Vec<u8>> {
        assert!(information.len() <= self.habits.information, "longer than the meter takes");
        if (control >> 1) & 7 != self.receive {
            // It has this one already.
            if self.habits.passes_over_repeats {
                return None;
            }
            if self.habits.confirms_repeats {
                self.only_confirms = true;
                return Some(frame(
                    &[client << 1 | 1],
                    &self.habits.own,
                    0x11 | self.receive << 5,
                    false,
                    &[],
                ));
            }
            return Some(self.last.clone());
        }
        self.receive = (self.receive + 1) & 7;
        self.incoming.extend(information);
        if segmented {
            return Some(frame(&[client << 1 | 1], &self.habits.own, 0x11 | self.receive << 5, false, &[]));
        }
        let message = std::mem::take(&mut self.incoming);
        assert_eq!(message[..3], [0xE6, 0xE6, 0x00]);
        let answer = self.application.answer(client, &message[3..])?;
        if answer.is_empty() {
            self.client = None;
            return Some(frame(&[client << 1 | 1], &self.habits.own, 0x1F, false, &[]));
        }
        self.outgoing = [&[0xE6, 0xE7, 0x00][..], &answer].concat();
        self.segment(client)
    }

    fn segment(&mut self, client: u8) -> Option<Vec<u8>> {
        let rest = self.outgoing.split_off(self.outgoing.len().min(self.habits.information));
        let now = std::mem::replace(&mut self.outgoing, rest);
        let more = !self.outgoing.is_empty();
        let control = self.receive << 5 | 0x10 | self.send << 1;
        self.send = (self.send + 1) & 7;
        Some(frame(&[client << 1 | 1], &self.habits.own, control, more, &now))
    }
}

pub(super) fn one(logical: u8) -> Vec<u8> {
    vec![logical << 1 | 1]
}

pub(super) fn two(logical: u8, physical: u8) -> Vec<u8> {
    vec![logical << 1, physical << 1 | 1]
}

pub(super) fn four(logical: u16, physical: u16) -> Vec<u8> {
    let part = |value: u16, shift: u16| u8::try_from((value >> shift) & 0x7F).unwrap() << 1;
    vec![part(logical, 7), part(logical, 0), part(physical, 7), part(physical, 0) | 1]
}

impl Default for LinkHabits {
    fn default() -> Self {
        Self {
            hears: vec![four(1, 0x3FFF), two(1, 17)],
            own: two(1, 17),
            clients: vec![16, 1],
            information: 248,
            plain_ua: false,
            hates_wishes: false,
            loses: Vec::new(),
            garbles: Vec::new(),
            misses: Vec::new(),
            rejects: Vec::new(),
            confirms_repeats: false,
            passes_over_repeats: false,
            absent: 0,
            not_ready: 0,
            rejects_wishes: false,
        }
    }
}
