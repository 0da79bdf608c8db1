//! Finding the meter's address, opening links with it, and closing them.

use super::{
    access::{Access, Denial, PUBLIC},
    address::{Address, Ends},
    channel::Lost,
    limits::{LINK_WAITS, RECONNECTS_MAX, SHUT_SECONDS, STRANGER_WAITS},
    session::{After, Session, Stage},
};
use crate::{
    probe::{
        error::ReadError,
        port::{Output, Progress},
    },
    time::Moment,
};

/// At so many addresses, where most meters answer, we come as whom we want to be.
const WANTED_PLACES: usize = 2;

/// Which address is tried, as whom, how often all were, and where the meter answered.
#[derive(Debug, Default)]
pub(super) struct Knock {
    /// Which of the places of this pass is tried.
    place: usize,
    pass: u8,
    /// As whom a link was asked for last, and who was ever given one.
    client: u8,
    linked: Vec<u8>,
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
        self.stage = Stage::Linking;
        self.knock.client = self.access.client();
        let mut wishes = self.knock.pass == 0;
        if let Some(server) = self.knock.home {
            let ends = Ends { server, client: self.knock.client };
            let waits = if self.is_stranger() { STRANGER_WAITS } else { LINK_WAITS };
            self.dialogue.channel.open(now, ends, wishes, waits, &mut self.script);
            return;
        }
        let (addresses, mut wait) = (&self.config.addresses, self.config.patience.wait);
        let mut address = self.knock.place;
        if self.asks_as_both() {
            // The pass takes no longer for it.
            let count = u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
            wait = wait * count / count.saturating_add(1);
            let wanted = WANTED_PLACES.min(addresses.len());
            if address >= wanted {
                address = if address == wanted { 0 } else { address - 1 };
                self.knock.client = PUBLIC;
                // In few words: to a meter at 300 Bd all this is noise, which it has to hear out.
                wishes = false;
            }
        }
        let server = addresses.get(address).copied().unwrap_or(Address::ALL_STATIONS);
        let ends = Ends { server, client: self.knock.client };
        self.knock.requests = self.knock.requests.saturating_add(1);
        self.script.tell(Progress::Asking { attempt: self.knock.requests });
        self.dialogue.channel.open(now, ends, wishes, &[wait], &mut self.script);
    }

    /// Whether this pass asks at the first addresses as whom we want to come and then, there and at the others, as
    /// the public client, because some meters are deaf to clients that they do not know, and all know that one.
    fn asks_as_both(&self) -> bool {
        let client = self.access.client();
        client != PUBLIC && self.config.client != Some(client) && self.knock.pass <= LAST_OF_BOTH
    }

    /// Nobody has ever been given a link as whom we come now.
    fn is_stranger(&self) -> bool {
        !self.knock.linked.contains(&self.access.client())
    }

    pub(super) fn linked(&mut self, now: Moment) -> Result<(), ReadError> {
        let Ends { server, client } = self.dialogue.channel.ends();
        self.knock.home = Some(server);
        self.knock.absences = 0;
        if !self.knock.linked.contains(&client) {
            self.knock.linked.push(client);
        }
        if client != self.knock.client {
            // It came late, and the meter may take us by now for whom we asked as meanwhile.
            return self.leave(now, After::Link);
        }
        if client != self.access.client() {
            self.access = Access::Public;
        }
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
            (Lost::Silent, Some(_)) if self.is_stranger() => self.deny(now, Denial::Deaf),
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
        self.knock.place += 1;
        if self.knock.place >= self.config.addresses.len() + usize::from(self.asks_as_both()) {
            self.knock.place = 0;
            self.knock.pass += 1;
            if self.knock.pass >= self.config.patience.attempts.max(1) {
                let lost = if self.knock.garbled { Lost::Garbled } else { Lost::Silent };
                return Err(error(lost, self.knock.requests));
            }
            if self.knock.pass > LAST_OF_BOTH {
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

/// The passes up to this one may ask as both, with and without wishes; those behind it as one after the other.
const LAST_OF_BOTH: u8 = 1;
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
