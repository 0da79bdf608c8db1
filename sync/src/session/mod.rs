//! One sync as a state machine: where both stand, events up, plans down. [`drive`](crate::drive) performs what
//! it asks, one thing at a time.

mod fork;
mod pace;
mod step;

use std::{collections::VecDeque, time::Duration};

use lamplighter_core::{
    evidence::chain::{Hash, Head, Log},
    store::{Batch, Identity, Recovery, Standing, Stretch},
    time::UtcMs,
};

use self::{
    fork::{Found, Search},
    pace::Pace,
};
pub use step::{Outcome, Reason, Step};

use crate::{
    exchange::{ExchangeError, Reply, Request},
    signed::{self, Unfit},
    wire::{self, Ask, LINKS_MAX, PROTOCOL, RefusalCode},
};

/// About how many bytes of events go into a batch before packing.
const BATCH_BYTES_MAX: usize = 256 * 1024;
/// About how many bytes of plans are asked for at once.
const PAGE_BYTES_MAX: u32 = 256 * 1024;
/// How often one session starts over because the hub holds something else than was thought.
const RESTARTS_MAX: u32 = 8;
/// No log ends behind this.
const LOG_END: u64 = i64::MAX.unsigned_abs();

/// One sync.
#[derive(Debug)]
pub struct Session {
    identity: Identity,
    standing: Standing,
    now: UtcMs,
    state: State,
    /// What is to be done before plans are asked for.
    tasks: VecDeque<Task>,
    pace: Pace,
    restarts: u32,
    /// The hub has locked the device out: events go up, plans do not come down.
    revoked: bool,
    /// The hub has said that there are no plans.
    no_plans: bool,
}

/// What the hub lacks, or may hold otherwise.
#[derive(Clone, Debug)]
enum Task {
    /// Take this recovery key over, before anything else may fail.
    Keep(Recovery),
    /// Send these. The hub holds this hash before them, as far as it said.
    Send { span: Stretch, expected: Option<Hash> },
    /// Find where both part.
    Search(Search),
}

#[derive(Debug)]
enum State {
    Greeting,
    Keeping,
    Reading { span: Stretch, expected: Option<Hash> },
    Sending { span: Stretch, last: Head, since: UtcMs },
    Confirming { span: Stretch },
    Searching(Search),
    Agreeing { search: Search, asked: Vec<Head>, question: Hash },
    Reopening,
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
            tasks: VecDeque::new(),
            pace: Pace::new(),
            restarts: 0,
            revoked: false,
            no_plans: false,
        };
        let step = session.greet();
        (session, step)
    }

    /// What the hub said, or that it did not, and when.
    pub fn replied(&mut self, reply: Result<Reply, ExchangeError>, now: UtcMs) -> Step {
        self.now = now;
        match (&self.state, reply) {
            (State::Greeting, Ok(Reply::Hello(hello))) => self.compare(&hello),
            (State::Sending { span, last, since }, Ok(Reply::Receipt(receipt))) => {
                let (span, last, since) = (*span, *last, *since);
                self.pace.arrived(Duration::from_millis(now.since(since).try_into().unwrap_or(0)));
                self.receive(span, last, &receipt)
            }
            (State::Agreeing { .. }, Ok(Reply::Agreement(agreement))) => self.agreed(&agreement),
            (State::Asking, Ok(Reply::Page(page))) => self.open(&page),
            (_, Ok(_)) => broken(),
            (_, Err(error)) => self.refused(error),
        }
    }

    /// The events that were asked for.
    pub fn batch(&mut self, batch: &Batch) -> Step {
        let State::Reading { span, expected } = &self.state else { return broken() };
        let (span, expected) = (*span, *expected);
        if batch.log.epoch != span.epoch || batch.before.seq != span.after {
            return broken();
        }
        if expected.is_some_and(|hash| hash != batch.before.hash) {
            return self.search(span.epoch);
        }
        if batch.payloads.is_empty() {
            return self.next_task();
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
                self.state = State::Sending { span, last: batch.last, since: self.now };
                Step::Exchange(Request::Up(packed))
            }
            Err(_) => broken(),
        }
    }

    /// The links that were asked for.
    pub fn links(&mut self, links: Vec<Head>) -> Step {
        let State::Searching(search) = &self.state else { return broken() };
        let search = search.clone();
        let wire = |link: &Head| wire::Link { seq: link.seq, hash: link.hash.0.to_vec() };
        let ask = wire::Agree { epoch: search.epoch, links: links.iter().map(wire).collect() };
        let question = self.question(Ask::Agree(ask));
        let hash = Hash::of(&question.body);
        self.state = State::Agreeing { search, asked: links, question: hash };
        Step::Exchange(Request::Agree(question))
    }

    /// What was to be stored is on disk.
    pub fn stored(&mut self, standing: Standing) -> Step {
        self.standing = standing;
        match self.state {
            State::Keeping => self.next_task(),
            State::Confirming { span } => self.read(span, None),
            State::Applying { more: true } => self.ask(),
            State::Applying { more: false } => {
                let span = self.present(self.standing.acked_seq);
                self.read(span, None)
            }
            State::Greeting
            | State::Reading { .. }
            | State::Sending { .. }
            | State::Searching(_)
            | State::Agreeing { .. }
            | State::Reopening
            | State::Asking => broken(),
        }
    }

    /// What the hub lacked stands in a log of its own now.
    pub fn reopened(&mut self, identity: Identity, standing: Standing) -> Step {
        (self.identity, self.standing) = (identity, standing);
        self.restart()
    }

    fn greet(&mut self) -> Step {
        self.state = State::Greeting;
        let Standing { head, acked_seq, down_cursor, down_mark, closed, recovery, .. } = &self.standing;
        let closed = closed.iter().rev().take(LINKS_MAX).rev().map(|(epoch, last)| wire::Closed {
            epoch: *epoch,
            last: Some(wire::Link { seq: last.seq, hash: last.hash.0.to_vec() }),
        });
        let hello = wire::Hello {
            protocol: PROTOCOL,
            epoch: self.identity.log.epoch,
            head_seq: head.seq,
            head_hash: head.hash.0.to_vec(),
            acked_seq: *acked_seq,
            down_cursor: *down_cursor,
            app_version: env!("CARGO_PKG_VERSION").into(),
            closed: closed.collect(),
            down_mark: down_mark.clone(),
            recovery_mark: signed::recovery_mark(*recovery),
        };
        Step::Exchange(Request::Hello(self.question(Ask::Hello(hello))))
    }

    /// A hub that holds less than it gave receipts for was restored from a backup: it gets everything again.
    /// A hub that holds more than we have, or something else, knows another history of this device.
    fn compare(&mut self, hello: &wire::HelloReply) -> Step {
        let Ok(hash) = Hash::try_from(&hello.have_hash[..]) else { return broken() };
        if hello.protocol != PROTOCOL {
            return Step::Finished(Outcome::Refused(Reason::Upgrade));
        }
        self.pace.limit(hello.batch_events_max.max(1) as usize);
        (self.revoked, self.no_plans) = (hello.revoked, hello.no_plans);
        self.tasks.clear();
        if let Some(told) = &hello.recovery {
            match signed::open_recovery(told, self.identity.hub_key, self.identity.log.device) {
                Ok(told) => self.tasks.push_back(Task::Keep(told)),
                Err(unfit) => return not_the_hub(unfit),
            }
        }
        for (epoch, last) in &self.standing.closed {
            let named = hello.closed.iter().find(|closed| closed.epoch == *epoch);
            if let Some(have) = named.and_then(|closed| closed.last.as_ref()) {
                match Hash::try_from(&have.hash[..]) {
                    Ok(_) if have.seq > last.seq => return broken(),
                    Ok(hash) if have.seq == last.seq && hash == last.hash => {}
                    Ok(hash) => {
                        let span = Stretch { epoch: *epoch, after: have.seq, until: last.seq };
                        self.tasks.push_back(Task::Send { span, expected: Some(hash) });
                    }
                    Err(_) => return broken(),
                }
            }
        }
        let Standing { head, acked_seq, .. } = self.standing;
        let (after, expected) = match hello.have_seq {
            have if have > acked_seq => (acked_seq, None),
            have => (have, Some(hash)),
        };
        self.tasks.push_back(if hello.have_seq > head.seq {
            Task::Search(Search::new(self.identity.log.epoch, head.seq))
        } else {
            Task::Send { span: self.present(after), expected }
        });
        self.next_task()
    }

    fn next_task(&mut self) -> Step {
        match self.tasks.pop_front() {
            Some(Task::Keep(told)) => {
                self.state = State::Keeping;
                Step::Keep(told)
            }
            Some(Task::Send { span, expected }) => self.read(span, expected),
            Some(Task::Search(search)) => self.ask_links(search),
            None if self.revoked => Step::Finished(Outcome::Refused(Reason::Revoked)),
            None if self.no_plans => Step::Finished(Outcome::Agreed),
            None => self.ask(),
        }
    }

    /// Where an earlier log ends.
    fn closed_at(&self, epoch: u32) -> Option<u64> {
        self.standing.closed.iter().find(|(closed, _)| *closed == epoch).map(|(_, last)| last.seq)
    }

    /// The log that is being written, after event `after`.
    const fn present(&self, after: u64) -> Stretch {
        Stretch { epoch: self.identity.log.epoch, after, until: LOG_END }
    }

    fn read(&mut self, span: Stretch, expected: Option<Hash>) -> Step {
        self.state = State::Reading { span, expected };
        Step::ReadBatch { span, count_max: self.pace.size(), bytes_max: BATCH_BYTES_MAX }
    }

    /// Only the hub's own signature over the very events we sent counts.
    fn receive(&mut self, span: Stretch, last: Head, receipt: &wire::Receipt) -> Step {
        let log = Log { epoch: span.epoch, ..self.identity.log };
        match signed::open_receipt(receipt, self.identity.hub_key, log) {
            Ok(head) if head == last => {
                self.state = State::Confirming { span: Stretch { after: head.seq, ..span } };
                Step::Confirm { epoch: span.epoch, head }
            }
            Ok(_) => broken(),
            Err(unfit) => not_the_hub(unfit),
        }
    }

    /// Somewhere in this log the hub holds something else.
    fn search(&mut self, epoch: u32) -> Step {
        let end = self.closed_at(epoch).unwrap_or(self.standing.head.seq);
        self.ask_links(Search::new(epoch, end))
    }

    fn ask_links(&mut self, search: Search) -> Step {
        let (epoch, seqs) = (search.epoch, search.seqs());
        self.state = State::Searching(search);
        Step::ReadLinks { epoch, seqs }
    }

    /// Only the hub's own signature over an answer to this very question makes a device begin a new log.
    fn agreed(&mut self, signed: &wire::SignedAgreement) -> Step {
        let State::Agreeing { search, asked, question } = &self.state else { return broken() };
        let (search, epoch) = (search.clone(), search.epoch);
        let log = Log { epoch, ..self.identity.log };
        let (agreement, common) = match signed::open_agreement(signed, self.identity.hub_key, log, *question)
        {
            Ok(agreement) => agreement,
            Err(unfit) => return not_the_hub(unfit),
        };
        match search.answered(asked, common, agreement.have_seq) {
            Found::Narrower(search) => self.ask_links(search),
            Found::Parted(common) => {
                self.state = State::Reopening;
                let next = agreement.next_epoch.max(self.identity.log.epoch.saturating_add(1));
                Step::Reopen { epoch, common, next }
            }
            Found::Same(common) => {
                let until = self.closed_at(epoch).unwrap_or(LOG_END);
                self.read(Stretch { epoch, after: common.seq, until }, None)
            }
            Found::Nonsense => broken(),
        }
    }

    fn ask(&mut self) -> Step {
        self.state = State::Asking;
        let Standing { down_cursor, down_mark, .. } = &self.standing;
        let down = wire::Down { cursor: *down_cursor, bytes_max: PAGE_BYTES_MAX, mark: down_mark.clone() };
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
        let reason = match (code, &self.state) {
            (RefusalCode::Gap, _) => return self.restart(),
            (RefusalCode::TooLarge, State::Sending { span, .. }) if self.pace.halve() => {
                let span = *span;
                return self.read(span, None);
            }
            (RefusalCode::Fork, State::Sending { span, .. }) => {
                let epoch = span.epoch;
                return self.search(epoch);
            }
            (RefusalCode::Busy, _) => {
                return Step::Finished(Outcome::RetryAfter(Duration::from_secs(number)));
            }
            (RefusalCode::Unauthorised | RefusalCode::BadCode, _) => Reason::Unauthorised,
            (RefusalCode::Revoked, _) => Reason::Revoked,
            (RefusalCode::Upgrade, _) => Reason::Upgrade,
            (RefusalCode::Failed, _) => Reason::HubFailed,
            (RefusalCode::Malformed | RefusalCode::TooLarge | RefusalCode::Fork, _) => Reason::Broken,
        };
        Step::Finished(Outcome::Refused(reason))
    }

    fn restart(&mut self) -> Step {
        self.restarts += 1;
        if self.restarts > RESTARTS_MAX {
            return broken();
        }
        self.greet()
    }

    fn question(&self, ask: Ask) -> wire::Signed {
        signed::question(self.identity.log.device, &self.identity.key, self.now, ask)
    }
}

const fn broken() -> Step {
    Step::Finished(Outcome::Refused(Reason::Broken))
}

/// Whatever is not the hub's word may come from anything in between: it counts for nothing.
const fn not_the_hub(unfit: Unfit) -> Step {
    match unfit {
        Unfit::BadSeal | Unfit::Torn | Unfit::TooLarge | Unfit::Misdirected => {
            Step::Finished(Outcome::Unreachable)
        }
    }
}
