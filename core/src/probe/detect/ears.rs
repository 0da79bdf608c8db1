//! Listens for meters that push, while others are asked at the same speed.

use super::steps::{Kind, Step};
use crate::{
    probe::{
        drive::Protocol,
        port::{Input, Output},
        readout::Readout,
    },
    time::Moment,
};

/// What pushes are heard in one step.
pub(super) struct Ears {
    sessions: Vec<Box<dyn Protocol<Done = Readout>>>,
    heard: Option<Readout>,
    deadline: Moment,
}

impl Ears {
    /// Ears for this step, if its speed is one at which meters push.
    pub(super) fn of(now: Moment, step: &Step) -> Option<Self> {
        let sessions = sessions(now, step);
        let mut ears = Self { sessions, heard: None, deadline: Moment(u64::MAX) };
        ears.poll(now);
        (!ears.sessions.is_empty()).then_some(ears)
    }

    pub(super) fn hear(&mut self, now: Moment, bytes: &[u8]) {
        self.sessions.retain_mut(|session| session.handle(now, Input::Bytes(bytes)).is_ok());
        self.poll(now);
    }

    pub(super) fn wait(&mut self, now: Moment) {
        self.sessions.retain_mut(|session| session.handle(now, Input::Elapsed).is_ok());
        self.poll(now);
    }

    /// The meter that was heard.
    pub(super) const fn take(&mut self) -> Option<Readout> {
        self.heard.take()
    }

    pub(super) const fn deadline(&self) -> Moment {
        self.deadline
    }

    /// They never send, and the line is set for whoever asks.
    fn poll(&mut self, now: Moment) {
        self.deadline = Moment(u64::MAX);
        for session in &mut self.sessions {
            loop {
                match session.poll(now) {
                    Output::Wait(until) => {
                        self.deadline = self.deadline.min(until);
                        break;
                    }
                    Output::Done(readout) => {
                        self.heard = Some(readout);
                        break;
                    }
                    Output::Send(_)
                    | Output::Set(_)
                    | Output::Progress(_)
                    | Output::Reserve(_)
                    | Output::Part(_) => {}
                }
            }
        }
    }
}

fn sessions(_now: Moment, step: &Step) -> Vec<Box<dyn Protocol<Done = Readout>>> {
    match step.kind {
        Kind::Dlms | Kind::Listen => Vec::new(),
        Kind::Known(_)
        | Kind::Iec62056
        | Kind::Iec62056Woken
        | Kind::Dlt645
        | Kind::Dlt645Old
        | Kind::C1218 => Vec::new(),
    }
}
