//! What is read while a meter listens: goes through the agenda, finds the password where one is wanted, and
//! tells how far it is.

use std::sync::Arc;

use super::{
    agenda::Agenda,
    fetch::{Ask, Fetched, Fetcher},
    limits::ANSWER_BYTES_MAX,
    service::{self, Agreed, Code},
};
use crate::probe::{
    error::ReadError,
    keys::{Keyring, Keys},
    part::{Part, Wants},
    port::{Output, Progress},
    readout::Readout,
    script::Script,
};

/// What comes next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Next {
    /// Say [`Reading::request`].
    Ask,
    /// Say [`Reading::password`].
    Unlock,
    /// Ask once more: the answer cannot be right.
    Again,
    /// Nothing is left to be read.
    Done,
    /// There will be no readout.
    Fail(ReadError),
}

/// A readout as far as tables go.
#[derive(Debug)]
pub(super) struct Reading {
    keyring: Arc<Keyring>,
    serial: Option<String>,
    fetcher: Fetcher,
    agenda: Agenda,
    /// The meter has taken the password in this conversation.
    is_open: bool,
    introduced: bool,
    baud: u32,
}

impl Reading {
    pub(super) fn new(keyring: Arc<Keyring>, serial: Option<String>, wants: Wants) -> Self {
        Self {
            keyring,
            serial,
            fetcher: Fetcher::new(Agreed::BASE.capacity()),
            agenda: Agenda::new(wants),
            is_open: false,
            introduced: false,
            baud: 0,
        }
    }

    /// A conversation has begun in which this was agreed on, at this speed. What has come before is kept.
    pub(super) fn begin(&mut self, agreed: Agreed, baud: u32) {
        self.fetcher.capacity = agreed.capacity();
        self.baud = baud;
        self.is_open = false;
    }

    /// The password was taken.
    pub(super) const fn unlocked(&mut self) {
        self.is_open = true;
    }

    /// What to ask for.
    pub(super) fn request(&self) -> Option<Vec<u8>> {
        self.fetcher.request()
    }

    /// The password of this meter, where there is one that a meter can take.
    pub(super) fn password(&self) -> Option<Vec<u8>> {
        self.keys().and_then(service::security)
    }

    /// The registers have come; what is left is not needed for a readout.
    pub(super) const fn has_registers(&self) -> bool {
        self.agenda.has_registers()
    }

    /// Goes to what is next on the agenda.
    pub(super) fn next(&mut self, script: &mut Script<Readout>) -> Next {
        loop {
            let had_registers = self.has_registers();
            let ask = self.agenda.next(self.fetcher.capacity);
            if !had_registers && self.has_registers() {
                if self.readout(false, 0).is_none() {
                    return Next::Fail(ReadError::NothingToRead);
                }
                push(script, self.agenda.state());
            }
            let Some(ask) = ask else { return Next::Done };
            let length = if let Ask::Whole(table) = ask { self.agenda.tables.length(table) } else { None };
            if length.is_some_and(|length| length > ANSWER_BYTES_MAX) {
                if Agenda::needs(ask) {
                    return Next::Fail(ReadError::TooLong);
                }
                self.store(script, ask, None);
                continue;
            }
            match self.fetcher.begin(ask, length) {
                None => return Next::Ask,
                Some(bytes) => self.store(script, ask, Some(bytes)),
            }
        }
    }

    /// Takes what is behind the code of a good answer.
    pub(super) fn fetched(&mut self, script: &mut Script<Readout>, rest: &[u8]) -> Next {
        let ask = self.fetcher.ask();
        match (ask, service::table(rest).map(|data| self.fetcher.take(data))) {
            (Some(_), Some(Fetched::More)) => Next::Ask,
            (Some(ask), Some(Fetched::Done(bytes))) => {
                self.store(script, ask, Some(bytes));
                if self.agenda.tables.general().is_none() {
                    return Next::Fail(ReadError::NothingToRead);
                }
                self.next(script)
            }
            _ => Next::Again,
        }
    }

    /// The meter does not give what was asked for.
    pub(super) fn refused(&mut self, script: &mut Script<Readout>, code: Code) -> Next {
        let Some(ask) = self.fetcher.ask() else { return Next::Again };
        if code != Code::NotSecure && self.fetcher.refused(code) {
            return Next::Ask;
        }
        let wants_password = code == Code::NotSecure || Agenda::needs(ask);
        if wants_password && !self.is_open && self.password().is_some() {
            return Next::Unlock;
        }
        if code == Code::NotSecure && Agenda::misses(ask) {
            // One is at hand, and opens too little, or is none that any meter could take.
            let has_password = self.keys().is_some_and(|keys| keys.password.is_some());
            return Next::Fail(if has_password { ReadError::WrongKey } else { ReadError::Locked });
        }
        if Agenda::needs(ask) {
            return Next::Fail(ReadError::Refused);
        }
        self.fetcher.leave();
        self.store(script, ask, None);
        self.next(script)
    }

    /// No more can be read: hands over what has come of the rest.
    pub(super) fn give_up(&mut self, script: &mut Script<Readout>) {
        self.fetcher.leave();
        push(script, self.agenda.give_up());
    }

    /// What has come of the meter.
    pub(super) fn readout(&self, echo: bool, retries: u32) -> Option<Readout> {
        self.agenda.readout(self.baud, echo, retries)
    }

    fn store(&mut self, script: &mut Script<Readout>, ask: Ask, bytes: Option<Vec<u8>>) {
        let part = self.agenda.take(ask, bytes);
        if let Some(general) = self.agenda.tables.general().filter(|_| ask == Ask::Whole(0)) {
            self.fetcher.by_offset &= general.by_offset;
        }
        // The table behind table 0 is that of the maker, if there is one.
        if ask != Ask::Whole(0) && !self.introduced {
            self.introduced = true;
            script.tell(Progress::Answered { identity: self.agenda.tables.identity(), baud: self.baud });
        }
        push(script, part);
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let tables = self.agenda.progress().map(|(done, total)| (count(done), Some(count(total))));
        if let Some((done, total)) = self.agenda.rows().map(|done| (done, None)).or(tables) {
            script.tell(Progress::Fetched { done, total });
        }
    }

    /// What opens this meter: by the numbers it gave, by the number that shall be there, or what opens all.
    fn keys(&self) -> Option<&Keys> {
        let any = self.keyring.of(None);
        let numbers = self.agenda.tables.serials().into_iter().chain([self.serial.clone()]).flatten();
        let mut own =
            numbers.filter_map(|number| self.keyring.of(Some(&number)).filter(|keys| Some(*keys) != any));
        own.next().or(any)
    }
}

fn push(script: &mut Script<Readout>, part: Option<Part>) {
    part.into_iter().for_each(|part| script.push(Output::Part(part)));
}
