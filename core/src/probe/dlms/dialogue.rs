//! Requests and answers: sealed where the association is ciphered, numbered, and gone on with block by block.

use std::time::Duration;

use super::{
    apdu::{self, Ask, Exception, Response},
    channel::Channel,
    cipher::Security,
    limits::{ANSWER_WAITS, BLOCK_WAITS, SEARCH_WAITS},
};
use crate::{
    probe::{readout::Readout, script::Script},
    time::Moment,
};

/// glo-get-request and glo-action-request.
const GLO_GET: u8 = 0xC8;
const GLO_ACTION: u8 = 0xCB;

/// What an answer says.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Told {
    /// Some of what was asked for.
    Piece { bytes: Vec<u8>, is_last: bool },
    /// The meter will not answer this.
    Refused,
    /// The meter expects another counter.
    Counter(u32),
    /// Not an answer to what was asked, or not to be believed.
    Strange,
}

/// Both sides of a conversation.
#[derive(Debug)]
pub(super) struct Dialogue {
    pub(super) channel: Channel,
    /// The keys, where there are some.
    pub(super) security: Option<Security>,
    /// Everything is sealed.
    pub(super) is_ciphered: bool,
    /// Number of the request under way, 1 to 15.
    id: u8,
    /// The block that came last, where more are to come.
    block: Option<u32>,
    is_searching: bool,
}

impl Dialogue {
    pub(super) const fn new(channel: Channel) -> Self {
        Self { channel, security: None, is_ciphered: false, id: 0, block: None, is_searching: false }
    }

    /// An answer waits to be gone on with.
    pub(super) const fn has_more(&self) -> bool {
        self.block.is_some()
    }

    /// What was begun is over.
    pub(super) const fn forget(&mut self) {
        self.block = None;
    }

    /// Asks; false when no counter is left for it.
    pub(super) fn ask(
        &mut self,
        now: Moment,
        ask: &Ask,
        is_searching: bool,
        script: &mut Script<Readout>,
    ) -> bool {
        self.id = if self.id >= 15 { 1 } else { self.id + 1 };
        (self.block, self.is_searching) = (None, is_searching);
        let request = apdu::get(self.id, ask);
        let waits = if is_searching { SEARCH_WAITS } else { ANSWER_WAITS };
        self.say(now, GLO_GET, request, waits, script)
    }

    /// Asks for the next block; false when no counter is left for it.
    pub(super) fn ask_more(&mut self, now: Moment, script: &mut Script<Readout>) -> bool {
        let request = apdu::next_block(self.id, self.block.unwrap_or(0));
        let waits = if self.is_searching { BLOCK_WAITS } else { ANSWER_WAITS };
        self.say(now, GLO_GET, request, waits, script)
    }

    /// Proves who we are; false when no counter is left for it.
    pub(super) fn prove(&mut self, now: Moment, challenge: &[u8], script: &mut Script<Readout>) -> bool {
        self.id = 1;
        let token = self.security.as_mut().and_then(|security| security.prove(challenge));
        let Some(token) = token else { return false };
        let request = apdu::reply_to_hls(self.id, &token);
        self.say(now, GLO_ACTION, request, ANSWER_WAITS, script)
    }

    /// What the answer to a GET says.
    pub(super) fn understand(&mut self, apdu: &[u8]) -> Told {
        // A bare no tells nothing that could be false; some meters do not seal it.
        if let [0xC4, 1, _, 1, _] = apdu {
            self.block = None;
            return Told::Refused;
        }
        let Some(plain) = self.open(apdu) else { return Told::Strange };
        let last = self.block.take();
        match apdu::response(&plain) {
            Some(Response::One { id, result }) if id == self.id => match result {
                Ok(bytes) => Told::Piece { bytes: bytes.to_vec(), is_last: true },
                Err(_) => Told::Refused,
            },
            Some(Response::List { id, results }) if id == self.id => {
                Told::Piece { bytes: results.to_vec(), is_last: true }
            }
            Some(Response::Block { id, is_last, number, result }) if id == self.id => {
                // The first is 1; some count from 0.
                let in_turn = last.map_or(number <= 1, |last| last.checked_add(1) == Some(number));
                match result {
                    Ok(bytes) if in_turn => {
                        self.block = (!is_last).then_some(number);
                        Told::Piece { bytes: bytes.to_vec(), is_last }
                    }
                    Ok(_) => Told::Strange,
                    Err(_) => Told::Refused,
                }
            }
            Some(Response::Exception(Exception::Counter(expected))) if self.is_ciphered => {
                Told::Counter(expected)
            }
            Some(Response::Exception(_)) => Told::Refused,
            Some(
                Response::One { .. }
                | Response::List { .. }
                | Response::Block { .. }
                | Response::Action { .. }
                | Response::Other,
            )
            | None => Told::Strange,
        }
    }

    /// The message in clear. In a ciphered association only an exception may come without seal.
    pub(super) fn open(&mut self, apdu: &[u8]) -> Option<Vec<u8>> {
        let sealed = self.is_ciphered && !matches!(apdu.first(), Some(0xD8 | 0x0E));
        match &mut self.security {
            Some(security) if sealed => security.open(apdu).ok(),
            _ if sealed => None,
            Some(_) | None => Some(apdu.to_vec()),
        }
    }

    fn say(
        &mut self,
        now: Moment,
        tag: u8,
        plain: Vec<u8>,
        waits: &[Duration],
        script: &mut Script<Readout>,
    ) -> bool {
        let request = match &mut self.security {
            Some(security) if self.is_ciphered => security.seal(tag, &plain),
            Some(_) | None => Some(plain),
        };
        let Some(request) = request else { return false };
        self.channel.say(now, &request, waits, script);
        true
    }
}
