//! One sync as a state machine: where both stand, events up, plans down. [`drive`](crate::drive) performs what
//! it asks, one thing at a time.

use std::time::Duration;

use lamplighter_core::{
    evidence::chain::{Hash, Head},
    store::{Batch, Identity, Standing},
    time::UtcMs,
};

use crate::{
    exchange::{ExchangeError, Reply, Request},
    signed::{self, Unfit},
    wire::{self, Ask, BATCH_EVENTS_MAX, PROTOCOL, RefusalCode},
};

/// About how many bytes of events go into a batch before packing.
const BATCH_BYTES_MAX: usize = 256 * 1024;
/// About how many bytes of plans are asked for at once.
const PAGE_BYTES_MAX: u32 = 256 * 1024;
/// How often one session starts over because the hub asked for other events.
const RESTARTS_MAX: u32 = 3;

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Send this and call [`Session::replied`]. No transaction is open.
    Exchange(Request),
    /// Read the events after this number and call [`Session::batch`].
    ReadBatch {
        /// The last event the hub is known to hold.
        after: u64,
        /// At most so many.
        count_max: usize,
        /// About so many bytes.
        bytes_max: usize,
    },
    /// The hub holds our log up to here: shrink the outbox, then call [`Session::stored`].
    Confirm(Head),
    /// Take these plans over, then call [`Session::stored`].
    Apply(wire::Page),
    /// Over, for now. The caller owns the clock and the waiting.
    Finished(Outcome),
}

/// How a session ended. Whatever it says, nothing on the device was lost.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Both hold the same.
    Agreed,
    /// The hub cannot be reached, or something else answered.
    Unreachable,
    /// The hub asks to come back later.
    RetryAfter(Duration),
    /// The hub will not have it until somebody does something.
    Refused(Reason),
}

/// Why the hub will not have it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Reason {
    /// The office does not know this device or its key.
    Unauthorised,
    /// The office has locked the device out.
    Revoked,
    /// The hub holds another history of this device: it was copied, or restored from a backup.
    Forked,
    /// The app is too old for the hub.
    Upgrade,
    /// The hub could not store what it got.
    HubFailed,
    /// What one side sent the other cannot use: a fault of ours.
    Broken,
}

/// One sync.
#[derive(Debug)]
pub struct Session {
    identity: Identity,
    standing: Standing,
    now: UtcMs,
    state: State,
    count_max: usize,
    restarts: u32,
}

#[derive(Debug)]
enum State {
    Greeting,
    Reading { after: u64, expected: Option<Hash> },
    Sending { after: u64, last: Head },
    Confirming { seq: u64 },
    Asking,
    Applying { more: bool },
}

impl Session {
    /// Opens a session and says what to do first.
    pub fn start(identity: Identity, standing: Standing, now: UtcMs) -> (Self, Step) {
        let mut session = Self {
            identity,
            standing,
            now,
            state: State::Greeting,
            count_max: BATCH_EVENTS_MAX,
            restarts: 0,
        };
        let step = session.greet();
        (session, step)
    }

    /// What the hub said, or that it did not.
    pub fn replied(&mut self, reply: Result<Reply, ExchangeError>) -> Step {
        match (&self.state, reply) {
            (State::Greeting, Ok(Reply::Hello(hello))) => self.compare(&hello),
            (State::Sending { last, .. }, Ok(Reply::Receipt(receipt))) => {
                let last = *last;
                self.receive(last, &receipt)
            }
            (State::Asking, Ok(Reply::Page(page))) => self.open(&page),
            (_, Ok(_)) => Step::Finished(Outcome::Refused(Reason::Broken)),
            (_, Err(error)) => self.refused(error),
        }
    }

    /// The events that were asked for.
    pub fn batch(&mut self, batch: &Batch) -> Step {
        let State::Reading { after, expected } = &self.state else {
            return Step::Finished(Outcome::Refused(Reason::Broken));
        };
        let (after, expected) = (*after, *expected);
        if batch.before.seq != after || expected.is_some_and(|hash| hash != batch.before.hash) {
            return Step::Finished(Outcome::Refused(Reason::Forked));
        }
        if batch.payloads.is_empty() {
            return self.ask();
        }
        let wire = wire::Batch {
            device: batch.log.device.as_bytes().to_vec(),
            epoch: batch.log.epoch,
            first_seq: batch.before.seq + 1,
            prev_hash: batch.before.hash.0.to_vec(),
            payloads: batch.payloads.clone(),
            seal: batch.seal.0.to_vec(),
        };
        match signed::pack(&wire) {
            Ok(packed) => {
                self.state = State::Sending { after, last: batch.last };
                Step::Exchange(Request::Up(packed))
            }
            Err(_) => Step::Finished(Outcome::Refused(Reason::Broken)),
        }
    }

    /// What was to be stored is on disk.
    pub fn stored(&mut self, standing: Standing) -> Step {
        self.standing = standing;
        match self.state {
            State::Confirming { seq } => self.read(seq, None),
            State::Applying { more: true } => self.ask(),
            State::Applying { more: false } => self.read(standing.acked_seq, None),
            State::Greeting | State::Reading { .. } | State::Sending { .. } | State::Asking => {
                Step::Finished(Outcome::Refused(Reason::Broken))
            }
        }
    }

    fn greet(&mut self) -> Step {
        self.state = State::Greeting;
        let Standing { head, acked_seq, down_cursor, .. } = self.standing;
        let hello = wire::Hello {
            protocol: PROTOCOL,
            epoch: self.identity.log.epoch,
            head_seq: head.seq,
            head_hash: head.hash.0.to_vec(),
            acked_seq,
            down_cursor,
            app_version: env!("CARGO_PKG_VERSION").into(),
        };
        Step::Exchange(Request::Hello(self.question(Ask::Hello(hello))))
    }

    /// A hub that holds less than it gave receipts for was restored from a backup: it gets everything again.
    /// A hub that holds more than we have, or something else, knows another history of this device.
    fn compare(&mut self, hello: &wire::HelloReply) -> Step {
        let Ok(hash) = Hash::try_from(&hello.have_hash[..]) else {
            return Step::Finished(Outcome::Refused(Reason::Broken));
        };
        if hello.protocol != PROTOCOL {
            return Step::Finished(Outcome::Refused(Reason::Upgrade));
        }
        if hello.have_seq > self.standing.head.seq {
            return Step::Finished(Outcome::Refused(Reason::Forked));
        }
        self.count_max = self.count_max.min(hello.batch_events_max.max(1) as usize);
        match hello.have_seq {
            have if have > self.standing.acked_seq => self.read(self.standing.acked_seq, None),
            have => self.read(have, Some(hash)),
        }
    }

    fn read(&mut self, after: u64, expected: Option<Hash>) -> Step {
        self.state = State::Reading { after, expected };
        Step::ReadBatch { after, count_max: self.count_max, bytes_max: BATCH_BYTES_MAX }
    }

    /// Only the hub's own signature over the very events we sent counts.
    fn receive(&mut self, last: Head, receipt: &wire::Receipt) -> Step {
        match signed::open_receipt(receipt, self.identity.hub_key, self.identity.log) {
            Ok(head) if head == last => {
                self.state = State::Confirming { seq: head.seq };
                Step::Confirm(head)
            }
            Ok(_) => Step::Finished(Outcome::Refused(Reason::Broken)),
            Err(Unfit::BadSeal | Unfit::Torn | Unfit::TooLarge | Unfit::Misdirected) => {
                Step::Finished(Outcome::Unreachable)
            }
        }
    }

    fn ask(&mut self) -> Step {
        self.state = State::Asking;
        let down = wire::Down { cursor: self.standing.down_cursor, bytes_max: PAGE_BYTES_MAX };
        Step::Exchange(Request::Down(self.question(Ask::Down(down))))
    }

    fn open(&mut self, page: &wire::SignedPage) -> Step {
        let Identity { hub_key, log, .. } = &self.identity;
        match signed::open_page(page, *hub_key, log.device, self.standing.down_cursor) {
            Ok(page) if page.plans.is_empty() => Step::Finished(Outcome::Agreed),
            Ok(page) => {
                self.state = State::Applying { more: page.more };
                Step::Apply(page)
            }
            Err(_) => Step::Finished(Outcome::Unreachable),
        }
    }

    fn refused(&mut self, error: ExchangeError) -> Step {
        let (code, number) = match error {
            ExchangeError::Unreachable(_) | ExchangeError::NotTheHub(_) => {
                return Step::Finished(Outcome::Unreachable);
            }
            ExchangeError::Refused { code, number, .. } => (code, number),
        };
        let reason = match code {
            RefusalCode::Gap => return self.restart(),
            RefusalCode::TooLarge if self.count_max > 1 => {
                self.count_max /= 2;
                let after = match self.state {
                    State::Sending { after, .. } => after,
                    State::Greeting
                    | State::Reading { .. }
                    | State::Confirming { .. }
                    | State::Asking
                    | State::Applying { .. } => self.standing.acked_seq,
                };
                return self.read(after, None);
            }
            RefusalCode::Busy => return Step::Finished(Outcome::RetryAfter(Duration::from_secs(number))),
            RefusalCode::Unauthorised | RefusalCode::BadCode => Reason::Unauthorised,
            RefusalCode::Revoked => Reason::Revoked,
            RefusalCode::Fork => Reason::Forked,
            RefusalCode::Upgrade => Reason::Upgrade,
            RefusalCode::Failed => Reason::HubFailed,
            RefusalCode::Malformed | RefusalCode::TooLarge => Reason::Broken,
        };
        Step::Finished(Outcome::Refused(reason))
    }

    fn restart(&mut self) -> Step {
        self.restarts += 1;
        if self.restarts > RESTARTS_MAX {
            return Step::Finished(Outcome::Refused(Reason::Broken));
        }
        self.greet()
    }

    fn question(&self, ask: Ask) -> wire::Signed {
        signed::question(self.identity.log.device, &self.identity.key, self.now, ask)
    }
}
