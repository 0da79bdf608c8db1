//! Being let in: the request to associate, what the meter says to it, and the counters that go with keys.

use super::{
    access::{Access, Denial},
    apdu::{self, ATTRIBUTE_BYTES, Exception, LIST_HEAD_BYTES, Response},
    association::{self, Agreed, Answer, Proof, diagnostic},
    channel::Lost,
    cipher::{OVERHEAD_MAX, Security, SuiteKeys},
    limits::*,
    session::{After, Purpose, Session, Stage},
};
use crate::{
    probe::{
        error::ReadError,
        port::{Output, Reservation},
        way::Quirk,
    },
    time::Moment,
};

/// The ciphered initiate request; a tag of its own.
const GLO_INITIATE: u8 = 0x21;
const GLO_INITIATE_RESPONSE: u8 = 0x28;
/// Counters that being let in takes: the request, the proof, the message around it.
const COUNTERS_TO_ENTER: u32 = 3;
/// Rejected, but only for now.
const TRANSIENT: u8 = 2;

impl Session {
    /// The link is open.
    pub(super) fn enter(&mut self, now: Moment) -> Result<(), ReadError> {
        self.dialogue.is_ciphered = false;
        if !self.access.is_ciphered() {
            return self.associate(now);
        }
        if self.is_key_wrong() {
            return self.wrong_key(now);
        }
        if self.dialogue.security.is_none() {
            let Some(keys) = self.keys().and_then(SuiteKeys::of) else {
                return self.deny(now, Denial::Locked);
            };
            self.dialogue.security = Some(Security::new(keys, self.config.system_title));
        }
        let left = self.dialogue.security.as_ref().map_or(0, Security::left);
        if left < COUNTERS_TO_ENTER {
            self.reserve(Purpose::Entering);
            return Ok(());
        }
        self.associate(now)
    }

    /// Has counters put on disk. Nothing is sealed before that is done.
    pub(super) fn reserve(&mut self, purpose: Purpose) {
        let told = self.tour.found.counter.map_or(0, |counter| counter.saturating_add(1));
        let security = self.dialogue.security.as_ref();
        let (next, key) = security.map_or((0, [0; 8]), |security| (security.next(), security.fingerprint()));
        // The meter's own word for itself, and one for all of the session, or the same counters could be counted
        // under two names.
        let names = [&self.tour.found.serial, &self.tour.found.device_name, &self.config.serial];
        let name = names.into_iter().flatten().next().cloned().unwrap_or_default();
        let meter = self.counted_as.get_or_insert(name).clone();
        let at_least = told.max(next).max(1);
        self.stage = Stage::Reserving(purpose);
        self.script.push(Output::Reserve(Reservation { meter, key, at_least, count: COUNTERS }));
    }

    /// The counters are on disk.
    pub(super) fn reserved(&mut self, now: Moment, first: u32) -> Result<(), ReadError> {
        let Stage::Reserving(purpose) = self.stage else { return Ok(()) };
        let Some(security) = self.dialogue.security.as_mut().filter(|_| first < COUNTER_MAX) else {
            // Used up: the key has to be changed.
            return self.leave(now, After::End(Err(ReadError::Refused)));
        };
        // Nobody here has ever counted for this key, so that the meter is asked, if it has not been.
        let (told, asked) = (self.tour.found.counter, self.approach.was_tried(Access::Public));
        if purpose == Purpose::Entering && first <= 1 && told.is_none() && !asked {
            self.access = Access::Public;
            return self.leave(now, After::Link);
        }
        security.refill(first, COUNTERS);
        match purpose {
            Purpose::Entering => self.associate(now),
            Purpose::Reading => self.read_on(now),
        }
    }

    fn associate(&mut self, now: Moment) -> Result<(), ReadError> {
        let initiate = association::initiate_request();
        let request = match self.access {
            Access::Public | Access::Open(_) => association::request(Proof::Lowest, &initiate),
            Access::Password(_) => {
                let password = self.keys().and_then(|keys| keys.password.clone()).unwrap_or_default();
                association::request(Proof::Low(password.as_bytes()), &initiate)
            }
            Access::Ciphered(_) => {
                let challenge = self.config.challenge;
                let Some(security) = &mut self.dialogue.security else {
                    return self.deny(now, Denial::Locked);
                };
                let title = security.title();
                self.offered = Some(security.next());
                let sealed = security.seal(GLO_INITIATE, &initiate).unwrap_or_default();
                association::request(Proof::Gmac { challenge: &challenge, title }, &sealed)
            }
        };
        self.stage = Stage::Associating;
        self.dialogue.channel.say(now, &request, ASSOCIATE_WAITS, &mut self.script);
        Ok(())
    }

    /// The meter answers the request to associate.
    pub(super) fn answered(&mut self, now: Moment, apdu: &[u8]) -> Result<(), ReadError> {
        if let Some(answer) = association::answer(apdu) {
            return match self.access {
                Access::Public | Access::Open(_) | Access::Password(_) => self.weigh(now, &answer),
                Access::Ciphered(_) => self.weigh_ciphered(now, &answer),
            };
        }
        match apdu::response(apdu) {
            Some(Response::Exception(Exception::Counter(expected))) if self.access.is_ciphered() => {
                self.correct_counter(now, expected, Purpose::Entering)
            }
            Some(Response::Exception(Exception::Deciphering)) if self.access.is_ciphered() => {
                self.wrong_key(now)
            }
            _ if self.access.is_ciphered() => self.deny(now, Denial::Refused),
            // It speaks the language, and does not even answer who shows too little: some meters say so by an
            // exception, some by what is no message at all.
            _ => self.deny(now, Denial::Locked),
        }
    }

    fn weigh(&mut self, now: Moment, answer: &Answer<'_>) -> Result<(), ReadError> {
        self.title = answer.title.or(self.title);
        let shown = matches!(self.access, Access::Password(_));
        match (answer.result, answer.diagnostic) {
            (0, _) => {
                // A meter that says nothing of what it can gives single values.
                let agreed = association::initiate_response(answer.initiate).unwrap_or_default();
                self.let_in(now, agreed)
            }
            (TRANSIENT, _) => self.deny(now, Denial::Shut),
            (_, diagnostic::FAILURE | diagnostic::REQUIRED) if shown => self.wrong_key(now),
            // It wants something, or something else, to be shown. Many who want that give no reason.
            (
                _,
                diagnostic::NONE
                | diagnostic::NO_REASON
                | diagnostic::MECHANISM
                | diagnostic::MECHANISM_REQUIRED
                | diagnostic::FAILURE
                | diagnostic::REQUIRED,
            ) => self.deny(now, Denial::Locked),
            _ => self.deny(now, Denial::Refused),
        }
    }

    fn weigh_ciphered(&mut self, now: Moment, answer: &Answer<'_>) -> Result<(), ReadError> {
        match (answer.result, answer.diagnostic) {
            // By the book the diagnostic is then that a proof is required; some have none.
            (0, _) => {}
            (TRANSIENT, _) => return self.deny(now, Denial::Shut),
            (_, diagnostic::CONTEXT | diagnostic::MECHANISM) => return self.deny(now, Denial::Refused),
            _ => return self.wrong_key(now),
        }
        // Who wants no proof is none that we have keys for.
        let (Some(title), Some(challenge)) = (answer.title, answer.challenge) else {
            return self.deny(now, Denial::Refused);
        };
        let Some(security) = &mut self.dialogue.security else { return self.deny(now, Denial::Refused) };
        self.title = Some(title);
        security.meet(title);
        let initiate = if answer.initiate.first() == Some(&GLO_INITIATE_RESPONSE) {
            security.open(answer.initiate)
        } else {
            Ok(answer.initiate.to_vec())
        };
        let Some(agreed) = initiate.ok().as_deref().and_then(association::initiate_response) else {
            return self.wrong_key(now);
        };
        self.agreed = agreed;
        self.dialogue.is_ciphered = true;
        self.stage = Stage::Proving;
        if self.dialogue.prove(now, challenge, &mut self.script) {
            Ok(())
        } else {
            self.deny(now, Denial::Refused)
        }
    }

    /// The meter answers our proof with its own.
    pub(super) fn proved(&mut self, now: Moment, apdu: &[u8]) -> Result<(), ReadError> {
        let plain = self.dialogue.open(apdu);
        let token = match plain.as_deref().and_then(apdu::response) {
            Some(Response::Action { result: 0, returned: Some(token), .. }) => token,
            _ => return self.wrong_key(now),
        };
        let security = self.dialogue.security.as_ref();
        if !security.is_some_and(|security| security.is_proof(token, &self.config.challenge)) {
            return self.wrong_key(now);
        }
        let agreed = self.agreed;
        self.let_in(now, agreed)
    }

    /// Nothing came to the request to associate.
    pub(super) fn not_answered(&mut self, now: Moment, lost: Lost) -> Result<(), ReadError> {
        if self.stage == Stage::Proving || self.access.is_ciphered() {
            return match lost {
                Lost::Garbled => self.deny(now, Denial::Shut),
                Lost::Silent | Lost::Absent | Lost::Rejected => self.count_again(now),
            };
        }
        let shows = matches!(self.access, Access::Password(_));
        let again = match lost {
            // The request never came to where it is weighed: some meters reject a frame for one wrong bit.
            Lost::Rejected => 2,
            // Nothing says that a password arrived: some meters cannot repeat an answer that was lost. It may have
            // been wrong all the same, and meters lock after a few.
            Lost::Garbled | Lost::Silent if shows => 1,
            Lost::Garbled => 2,
            Lost::Silent | Lost::Absent => 0,
        };
        if self.asked_again < again {
            self.asked_again += 1;
            return self.leave(now, After::Link);
        }
        match lost {
            Lost::Rejected if !shows => self.deny(now, Denial::Refused),
            Lost::Garbled | Lost::Rejected => {
                // It speaks this, whatever it says.
                self.greet();
                let attempts = u8::try_from(ASSOCIATE_WAITS.len()).unwrap_or(u8::MAX);
                self.leave(now, After::End(Err(ReadError::Garbled { attempts })))
            }
            // The link was open, and nobody speaks on it: another conversation still holds the meter.
            Lost::Silent | Lost::Absent => self.deny(now, Denial::Shut),
        }
    }

    /// A meter that passes over a ciphered request in silence, or hangs up, may have counted further than we were
    /// told. Once.
    fn count_again(&mut self, now: Moment) -> Result<(), ReadError> {
        if std::mem::replace(&mut self.recounted, true) {
            return self.wrong_key(now);
        }
        if std::mem::take(&mut self.resumes) {
            self.tour.interrupt();
        }
        self.tour.found.counter = None;
        self.counters_read = false;
        if let Some(security) = &mut self.dialogue.security {
            let next = security.next();
            security.refill(next, 0);
        }
        self.approach.forget(Access::Public);
        self.approach.forget(self.access);
        self.access = Access::Public;
        self.leave(now, After::Link)
    }

    /// The meter says which counter it expects. Once.
    pub(super) fn correct_counter(
        &mut self,
        now: Moment,
        expected: u32,
        purpose: Purpose,
    ) -> Result<(), ReadError> {
        if std::mem::replace(&mut self.corrected, true) || expected >= COUNTER_MAX {
            return self.deny(now, Denial::Refused);
        }
        self.dialogue.forget();
        self.tour.found.counter = Some(expected.saturating_sub(1));
        if purpose == Purpose::Reading {
            self.tour.lost(&mut self.script);
        }
        self.reserve(purpose);
        Ok(())
    }

    /// The meter passed over the keys, and it was not their counter.
    pub(super) fn is_key_wrong(&self) -> bool {
        let wanted = self.tour.found.counter.map_or(0, |counter| counter.saturating_add(1));
        self.offered.is_some_and(|ours| wanted <= ours)
    }

    /// Once: meters lock after a few.
    pub(super) fn wrong_key(&mut self, now: Moment) -> Result<(), ReadError> {
        self.leave(now, After::End(Err(ReadError::WrongKey)))
    }

    fn let_in(&mut self, now: Moment, agreed: Agreed) -> Result<(), ReadError> {
        self.asked_again = 0;
        if self.dialogue.is_ciphered {
            self.offered = None;
        }
        let ciphered = if self.dialogue.is_ciphered { OVERHEAD_MAX } else { 0 };
        let pdu = if agreed.pdu == 0 { usize::MAX } else { agreed.pdu.into() };
        // One frame a request: every further one would cost a turn-around of its own.
        let room = self.dialogue.channel.message_room().min(pdu);
        let most = room.saturating_sub(ciphered + LIST_HEAD_BYTES) / ATTRIBUTE_BYTES;
        let lists = agreed.lists() && !self.config.quirks.contains(&Quirk::OneByOne);
        let most = if lists && !self.tour.one_by_one { most.max(1) } else { 1 };
        if std::mem::take(&mut self.resumes) {
            self.tour.enter_again(most, agreed.selects());
        } else {
            let counters = self.access == Access::Public && !self.config.keyring.is_empty();
            self.tour.enter(most, agreed.selects(), counters && self.tour.found.counter.is_none());
        }
        self.read_on(now)
    }
}
