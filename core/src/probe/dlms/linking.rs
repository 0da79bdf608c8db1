//! Finding the meter's address, opening links with it, and closing them.

use super::{
    access::Denial,
    address::{Address, Ends},
    channel::Lost,
    limits::{LINK_WAITS, RECONNECTS_MAX, SHUT_SECONDS},
    session::{After, Session, Stage},
};
use crate::{
    probe::{
        error::ReadError,
        port::{Output, Progress},
    },
    time::Moment,
};

/// Which address is tried, how often all were, and where the meter answered.
#[derive(Debug, Default)]
pub(super) struct Knock {
    address: usize,
    pass: u8,
    requests: u8,
    garbled: bool,
    /// The same address was tried again because something came from it.
    again: u8,
    home: Option<Address>,
    /// The meter said that there is no link, one time after the other.
    absences: u8,
}

impl Session {
    /// Asks for a link as whom we come now.
    pub(super) fn link(&mut self, now: Moment) {
        let client = self.access.client();
        self.stage = Stage::Linking;
        if let Some(server) = self.knock.home {
            let ends = Ends { server, client };
            self.dialogue.channel.open(now, ends, self.knock.pass == 0, LINK_WAITS, &mut self.script);
            return;
        }
        let server = self.config.addresses.get(self.knock.address).copied().unwrap_or(Address::ALL_STATIONS);
        self.knock.requests = self.knock.requests.saturating_add(1);
        self.script.tell(Progress::Asking { attempt: self.knock.requests });
        let (wishes, wait) = (self.knock.pass == 0, [self.config.patience.wait]);
        self.dialogue.channel.open(now, Ends { server, client }, wishes, &wait, &mut self.script);
    }

    pub(super) fn linked(&mut self, now: Moment) -> Result<(), ReadError> {
        self.knock.home = Some(self.dialogue.channel.ends().server);
        self.knock.absences = 0;
        self.enter(now)
    }

    pub(super) fn not_linked(&mut self, now: Moment, lost: Lost) -> Result<(), ReadError> {
        match (lost, self.knock.home) {
            (Lost::Absent | Lost::Rejected, _) => {
                self.knock.absences += 1;
                if lost == Lost::Rejected {
                    self.knock.pass = self.knock.pass.max(1);
                }
                if self.knock.absences < 2 {
                    // What an earlier reader left open may be closed now.
                    return self.leave(now, After::Link);
                }
                self.knock.absences = 0;
                self.deny(now, Denial::Shut)
            }
            (Lost::Silent | Lost::Garbled, Some(_)) => {
                self.leave(now, After::End(Err(error(lost, LINK_TRIES))))
            }
            (Lost::Silent | Lost::Garbled, None) => {
                self.knock.garbled |= lost == Lost::Garbled;
                if lost == Lost::Garbled && self.knock.again < AGAIN_MAX {
                    self.knock.again += 1;
                    self.link(now);
                    return Ok(());
                }
                self.knock_on(now)
            }
        }
    }

    /// The next address; all of them again, as somebody else.
    fn knock_on(&mut self, now: Moment) -> Result<(), ReadError> {
        self.knock.address += 1;
        if self.knock.address >= self.config.addresses.len() {
            self.knock.address = 0;
            self.knock.pass += 1;
            if self.knock.pass >= self.config.patience.attempts.max(1) {
                let lost = if self.knock.garbled { Lost::Garbled } else { Lost::Silent };
                return Err(error(lost, self.knock.requests));
            }
            if self.knock.pass > 1 {
                self.come_as_another();
            }
        }
        self.link(now);
        Ok(())
    }

    /// Some meters are deaf to clients that they do not know.
    fn come_as_another(&mut self) {
        self.approach.tried(self.access);
        if self.approach.next(self.keys()).is_none() {
            self.approach.forget_all();
        }
        self.access = self.approach.next(self.keys()).unwrap_or(self.access);
    }

    /// The link broke while reading.
    pub(super) fn broken(&mut self, now: Moment, lost: Lost) -> Result<(), ReadError> {
        self.dialogue.forget();
        self.reconnects += 1;
        if self.reconnects > RECONNECTS_MAX {
            let error = error(lost, self.reconnects);
            return self.leave(now, After::End(Err(error)));
        }
        self.tour.lost(&mut self.script);
        self.resumes = true;
        self.leave(now, After::Link)
    }

    /// Closes the link, so that nobody who comes next has to wait, and then goes on.
    pub(super) fn leave(&mut self, now: Moment, after: After) -> Result<(), ReadError> {
        self.dialogue.forget();
        self.stage = Stage::Leaving(after);
        self.dialogue.channel.close(now, &mut self.script);
        Ok(())
    }

    pub(super) fn left(&mut self, now: Moment, after: After) -> Result<(), ReadError> {
        match after {
            After::Link => self.link(now),
            After::End(outcome) => {
                outcome?;
                self.stage = Stage::Over;
                let readout = self.readout();
                self.script.push(Output::Done(readout));
            }
        }
        Ok(())
    }
}

/// How often an address is tried again at once because something came from it.
const AGAIN_MAX: u8 = 3;
/// How often a link is asked for where the meter has answered before.
#[expect(clippy::cast_possible_truncation, reason = "three")]
const LINK_TRIES: u8 = LINK_WAITS.len() as u8;

const fn error(lost: Lost, attempts: u8) -> ReadError {
    match lost {
        Lost::Silent => ReadError::Silent { attempts },
        Lost::Garbled | Lost::Rejected => ReadError::Garbled { attempts },
        Lost::Absent => ReadError::ShutFor { seconds: SHUT_SECONDS },
    }
}
