//! The virtual meter behind the link: whom it lets in, what it shows, and its habits.

use super::{
    keys::{CLIENT, KEYS, METER, MeterKeys},
    objects::{Objects, PROFILE, Row},
    station::Application,
};

/// What it wants to see of a client.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Door {
    /// Nobody is let in as this client.
    Shut,
    /// Everybody is.
    Open,
    Password(&'static str),
    Keys,
    /// Says that it has no time.
    Busy,
    /// Says nothing at all.
    Mute,
    /// Says just this.
    Says(Vec<u8>),
}

/// What it does about a counter that it has seen.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum OldCounter {
    Tells,
    HangsUp,
    Silent,
}

/// How a request for something is not answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Refusal {
    None,
    Error,
    Exception,
    Silence,
    HangUp,
}

/// What a meter is and does wrong.
#[derive(Clone, Debug)]
pub(super) struct Habits {
    pub(super) public: Door,
    pub(super) management: Door,
    /// What the public client sees: all, or its names and counters only.
    pub(super) public_sees_all: bool,
    /// Longest message.
    pub(super) pdu: usize,
    /// Bits of the conformance block.
    pub(super) conformance: [u8; 3],
    pub(super) lists: Refusal,
    pub(super) object_list: Refusal,
    pub(super) ranges: Refusal,
    pub(super) entries: Refusal,
    pub(super) old_counter: OldCounter,
    /// The highest counter it has accepted.
    pub(super) counter: u32,
    /// What it tells of it, when that is something else.
    pub(super) tells_counter: Option<u32>,
    /// After this many requests its counter jumps ahead, as another client's would.
    pub(super) jumps_after: Option<usize>,
    /// Answers with general ciphering.
    pub(super) general: bool,
    /// Security control of its answers.
    pub(super) control: u8,
    /// The answers (counted from 0, ciphered ones only) whose tag is wrong, and whose counter is an old one.
    pub(super) wrong_tags: Vec<usize>,
    pub(super) old_counters: Vec<usize>,
    /// Its proof is none.
    pub(super) impostor: bool,
    /// Says nothing to what is sealed with other keys.
    pub(super) mute_to_wrong_keys: bool,
    pub(super) keys: MeterKeys,
    /// Answers with another number than it was asked with, so many times.
    pub(super) wrong_ids: usize,
    pub(super) rows: Vec<Row>,
    pub(super) newest_first: bool,
    /// Where it keeps its load profile.
    pub(super) profile: [u8; 6],
    /// What it does not have.
    pub(super) lacks: Vec<[u8; 6]>,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            public: Door::Open,
            management: Door::Open,
            public_sees_all: true,
            pdu: 1_000,
            conformance: [0x00, 0x12, 0x15],
            lists: Refusal::None,
            object_list: Refusal::None,
            ranges: Refusal::None,
            entries: Refusal::None,
            old_counter: OldCounter::Tells,
            counter: 40,
            tells_counter: None,
            jumps_after: None,
            general: false,
            control: 0x30,
            wrong_tags: Vec::new(),
            old_counters: Vec::new(),
            impostor: false,
            mute_to_wrong_keys: false,
            keys: KEYS,
            wrong_ids: 0,
            rows: Vec::new(),
            newest_first: false,
            profile: PROFILE,
            lacks: Vec::new(),
        }
    }
}

impl Habits {
    /// A meter that shows its registers to who has the keys.
    pub(super) fn locked() -> Self {
        Self { management: Door::Keys, public_sees_all: false, ..Self::default() }
    }
}

/// Where a conversation stands.
#[derive(Clone, Debug, Eq, PartialEq)]
enum State {
    Nothing,
    /// Let in once the proof is given: over this challenge of the meter, and the client's.
    Proving(Vec<u8>),
    In {
        ciphered: bool,
    },
}

pub(super) struct Meter {
    pub(super) habits: Habits,
    pub(super) objects: Objects,
    state: State,
    /// Of our own messages.
    counter: u32,
    sealed: usize,
    requests: usize,
    /// A long answer, what is left of it, and the number of its next block.
    long: Option<(Vec<u8>, u32)>,
    /// Every counter ever seen from the client.
    pub(super) counters_seen: Vec<u32>,
    /// Requests to be let in, by client.
    pub(super) doors_tried: Vec<u8>,
    /// Tags of all messages in clear.
    pub(super) asked: Vec<Vec<u8>>,
}

impl Meter {
    pub(super) fn new(habits: Habits) -> Self {
        let objects = Objects::new(&habits);
        Self {
            habits,
            objects,
            state: State::Nothing,
            counter: 1_000,
            sealed: 0,
            requests: 0,
            long: None,
            counters_seen: Vec::new(),
            doors_tried: Vec::new(),
            asked: Vec::new(),
        }
    }

    /// Opens what the client sealed; the refusal where its counter is old.
    fn open(&mut self, sealed: &[u8]) -> Result<Vec<u8>, Option<Vec<u8>>> {
        let Some((counter, plain)) = self.habits.keys.open(CLIENT, sealed) else {
            return Err((!self.habits.mute_to_wrong_keys).then(|| vec![0xD8, 1, 5]));
        };
        assert!(!self.counters_seen.contains(&counter), "the counter {counter} was used twice");
        self.counters_seen.push(counter);
        if self.habits.jumps_after == Some(self.requests) {
            self.habits.jumps_after = None;
            self.habits.counter += 10_000;
            self.objects.tell_counter(self.habits.counter);
        }
        if counter <= self.habits.counter {
            let expected = (self.habits.counter + 1).to_be_bytes();
            return Err(match self.habits.old_counter {
                OldCounter::Tells => Some([&[0xD8, 1, 6][..], &expected].concat()),
                OldCounter::HangsUp => Some(Vec::new()),
                OldCounter::Silent => None,
            });
        }
        self.habits.counter = counter;
        if self.habits.tells_counter.is_none() {
            self.objects.tell_counter(counter);
        }
        Ok(plain)
    }

    fn seal(&mut self, tag: u8, plain: &[u8]) -> Vec<u8> {
        self.counter += 1;
        let old = self.habits.old_counters.contains(&self.sealed);
        let counter = if old { self.counter - 2 } else { self.counter };
        let mut sealed = self.habits.keys.seal(METER, self.habits.control, counter, plain);
        if self.habits.wrong_tags.contains(&self.sealed) {
            *sealed.last_mut().unwrap() ^= 1;
        }
        self.sealed += 1;
        let mut out = if self.habits.general { [&[0xDB, 8][..], &METER].concat() } else { vec![tag] };
        out.push(0x82);
        out.extend(u16::try_from(sealed.len()).unwrap().to_be_bytes());
        out.extend(sealed);
        out
    }

    fn associate(&mut self, client: u8, apdu: &[u8]) -> Option<Vec<u8>> {
        self.doors_tried.push(client);
        let door = if client == 16 { self.habits.public.clone() } else { self.habits.management.clone() };
        let find = |tag: u8, inner: u8| {
            let at = apdu.windows(3).position(|window| window[0] == tag && window[2] == inner)?;
            let length = usize::from(apdu[at + 3]);
            Some(apdu[at + 4..at + 4 + length].to_vec())
        };
        let initiate = find(0xBE, 0x04).unwrap();
        match door {
            Door::Mute => None,
            Door::Says(words) => Some(words),
            Door::Busy => Some(aare(2, 0, &[], &[])),
            Door::Shut => Some(aare(1, 3, &[], &[])),
            Door::Open => {
                if initiate[0] == 0x21 {
                    return Some(aare(1, 2, &[], &[]));
                }
                assert_eq!(initiate[..8], [1, 0, 0, 0, 6, 0x5F, 0x1F, 4]);
                self.state = State::In { ciphered: false };
                Some(aare(0, 0, &[], &self.initiate()))
            }
            Door::Password(password) => match find(0xAC, 0x80) {
                Some(shown) if shown == password.as_bytes() => {
                    self.state = State::In { ciphered: false };
                    Some(aare(0, 0, &[], &self.initiate()))
                }
                Some(_) => Some(aare(1, 13, &[], &[])),
                None => Some(aare(1, 14, &[], &[])),
            },
            Door::Keys => {
                let Some(challenge) = find(0xAC, 0x80) else { return Some(aare(1, 14, &[], &[])) };
                assert_eq!(find(0xA6, 0x04).unwrap(), CLIENT);
                assert_eq!(initiate[0], 0x21);
                if let Err(refusal) = self.open(&initiate[2..]) {
                    return refusal;
                }
                self.state = State::Proving(challenge);
                let general = std::mem::take(&mut self.habits.general);
                let plain = self.initiate();
                let initiate = self.seal(0x28, &plain);
                self.habits.general = general;
                let more = [&[0xA4, 10, 4, 8][..], &METER, &[0xAA, 10, 0x80, 8], CHALLENGE].concat();
                Some(aare(0, 14, &more, &initiate))
            }
        }
    }

    fn initiate(&self) -> Vec<u8> {
        let pdu = u16::try_from(self.habits.pdu).unwrap().to_be_bytes();
        [&[8, 0, 6, 0x5F, 0x1F, 4, 0][..], &self.habits.conformance, &pdu, &[0, 7]].concat()
    }

    fn prove(&mut self, action: &[u8], theirs: &[u8]) -> Option<Vec<u8>> {
        assert_eq!(action[..14], [0xC3, 1, 0xC1, 0, 15, 0, 0, 40, 0, 0, 255, 1, 1, 9]);
        let token = &action[15..];
        let counter = u32::from_be_bytes(token[1..5].try_into().unwrap());
        assert!(!self.counters_seen.contains(&counter), "the counter {counter} was used twice");
        self.counters_seen.push(counter);
        if token != self.habits.keys.prove(CLIENT, counter, CHALLENGE) {
            return Some(self.seal(0xCF, &[0xC7, 1, 0xC1, 11, 0]));
        }
        self.counter += 1;
        let theirs = if self.habits.impostor { b"another challeng" } else { theirs };
        let proof = self.habits.keys.prove(METER, self.counter, theirs);
        self.state = State::In { ciphered: true };
        let answer = [&[0xC7, 1, 0xC1, 0, 1, 0, 9, u8::try_from(proof.len()).unwrap()][..], &proof].concat();
        Some(self.seal(0xCF, &answer))
    }

    fn get(&mut self, client: u8, request: &[u8]) -> Option<Vec<u8>> {
        self.asked.push(request.to_vec());
        let sees_all = client != 16 || self.habits.public_sees_all;
        let mut id = request[2];
        if self.habits.wrong_ids > 0 {
            self.habits.wrong_ids -= 1;
            id ^= 0x07;
        }
        let refuse = |refusal: Refusal| match refusal {
            Refusal::None => unreachable!(),
            Refusal::Error => Some(vec![0xC4, 1, id, 1, 13]),
            Refusal::Exception => Some(vec![0xD8, 1, 2]),
            Refusal::Silence => None,
            Refusal::HangUp => Some(Vec::new()),
        };
        let (form, whole) = match request[1] {
            1 => {
                let refusal = self.objects.refusal(&self.habits, &request[3..]);
                if refusal != Refusal::None {
                    return refuse(refusal);
                }
                match self.objects.read(sees_all, &request[3..]) {
                    Ok(value) => (1, value),
                    Err(error) => return Some(vec![0xC4, 1, id, 1, error]),
                }
            }
            2 => return Some(self.block(id, u32::from_be_bytes(request[3..7].try_into().unwrap()))),
            3 if self.habits.lists != Refusal::None => return refuse(self.habits.lists),
            3 => {
                let items = request[4..].chunks(10);
                assert_eq!(items.len(), usize::from(request[3]));
                let mut results = vec![request[3]];
                for item in items {
                    match self.objects.read(sees_all, item) {
                        Ok(value) => results.extend([&[0][..], &value].concat()),
                        Err(error) => results.extend([1, error]),
                    }
                }
                (3, results)
            }
            _ => unreachable!("a request that this client never makes"),
        };
        if whole.len() + 5 <= self.habits.pdu {
            let head = if form == 1 { vec![0xC4, 1, id, 0] } else { vec![0xC4, 3, id] };
            return Some([head, whole].concat());
        }
        self.long = Some((whole, 1));
        Some(self.block(id, 0))
    }

    fn block(&mut self, id: u8, after: u32) -> Vec<u8> {
        let Some((rest, number)) = self.long.take().filter(|(_, number)| *number == after + 1) else {
            return vec![0xC4, 1, id, 1, 19];
        };
        let count = rest.len().min(self.habits.pdu.saturating_sub(40));
        let (now, later) = rest.split_at(count);
        let [high, low] = u16::try_from(now.len()).unwrap().to_be_bytes();
        let mut out = vec![0xC4, 2, id, u8::from(later.is_empty())];
        out.extend(number.to_be_bytes());
        out.extend([0, 0x82, high, low]);
        out.extend(now);
        if !later.is_empty() {
            self.long = Some((later.to_vec(), number + 1));
        }
        out
    }
}

const CHALLENGE: &[u8] = b"Meter!?#";

pub(super) fn aare(result: u8, diagnostic: u8, more: &[u8], initiate: &[u8]) -> Vec<u8> {
    let mut body = vec![0xA1, 9, 6, 7, 0x60, 0x85, 0x74, 5, 8, 1, 1];
    body.extend([0xA2, 3, 2, 1, result, 0xA3, 5, 0xA1, 3, 2, 1, diagnostic]);
    body.extend(more);
    if !initiate.is_empty() {
        let length = u8::try_from(initiate.len()).unwrap();
        body.extend([0xBE, length + 2, 4, length]);
        body.extend(initiate);
    }
    [&[0x61, u8::try_from(body.len()).unwrap()][..], &body].concat()
}

impl Application for Meter {
    fn linked(&mut self, _client: u8) {
        (self.state, self.long) = (State::Nothing, None);
    }

    fn answer(&mut self, client: u8, apdu: &[u8]) -> Option<Vec<u8>> {
        if apdu[0] == 0x60 {
            return self.associate(client, apdu);
        }
        self.requests += 1;
        let plain = match (&self.state, apdu[0]) {
            (State::In { ciphered: false }, 0xC0) => apdu.to_vec(),
            (State::In { ciphered: true }, 0xC8) | (State::Proving(_), 0xCB) => {
                let length = if apdu[1] > 0x80 { 2 + usize::from(apdu[1] - 0x80) } else { 2 };
                match self.open(&apdu[length..]) {
                    Ok(plain) => plain,
                    Err(refusal) => return refusal,
                }
            }
            (state, tag) => panic!("{tag:02X} in {state:?}"),
        };
        match self.state.clone() {
            State::Proving(theirs) => self.prove(&plain, &theirs),
            State::In { ciphered } => {
                let answer = self.get(client, &plain)?;
                let bare = answer.is_empty() || answer[0] == 0xD8 || !ciphered;
                Some(if bare { answer } else { self.seal(0xCC, &answer) })
            }
            State::Nothing => unreachable!(),
        }
    }
}
