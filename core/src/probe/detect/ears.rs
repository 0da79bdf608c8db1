//! Listens for meters that push, while others are asked at the same speed.

use std::time::Duration;

use super::steps::{Kind, Step};
use crate::{
    probe::{
        drive::Protocol,
        port::{Framing, Input, Output, Patience, Progress, Settings},
        push,
        readout::Readout,
        sml,
    },
    time::Moment,
};

/// Where most meters push.
const PUSH_BAUD: u32 = 9_600;
const FOR_EVER: Duration = Duration::from_secs(600);

/// What pushes are heard in one step.
pub(super) struct Ears {
    sessions: Vec<Box<dyn Protocol<Done = Readout>>>,
    heard: Option<Readout>,
    /// A telegram has begun.
    begun: bool,
    deadline: Moment,
}

impl Ears {
    /// Ears for this step, if its speed is one at which meters push.
    pub(super) fn of(now: Moment, step: &Step) -> Option<Self> {
        let sessions = sessions(now, step);
        let mut ears = Self { sessions, heard: None, begun: false, deadline: Moment(u64::MAX) };
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

    /// Somebody pushes here, and says no more before it is time again.
    pub(super) const fn has_begun(&self) -> bool {
        self.begun
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
                    Output::Progress(Progress::Receiving { .. } | Progress::Repeating) => self.begun = true,
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

/// At 9,600 Bd meters push SML and text; the step's own session may be one of both already.
fn sessions(now: Moment, step: &Step) -> Vec<Box<dyn Protocol<Done = Readout>>> {
    let settings = Settings { baud: step.baud, framing: Framing::EightNone };
    // The step decides how long is listened.
    let patience = Patience { attempts: 1, wait: FOR_EVER };
    let sml = sml::Config { settings, patience };
    let text = push::Config { settings, patience };
    match step.kind {
        Kind::Dlms if step.baud == PUSH_BAUD => {
            vec![Box::new(sml::Session::start(now, sml)), Box::new(push::Session::start(now, text))]
        }
        Kind::Listen if step.baud == PUSH_BAUD => vec![Box::new(push::Session::start(now, text))],
        Kind::Dlms
        | Kind::Listen
        | Kind::Known(_)
        | Kind::Iec62056
        | Kind::Iec62056Woken
        | Kind::Dlt645
        | Kind::Dlt645Numbered
        | Kind::Dlt645Old
        | Kind::C1218 => Vec::new(),
    }
}
