//! Meters that sign on in text and may go on in HDLC (IEC 62056-21 mode E): one way first, and the other where
//! that leads nowhere.

use std::time::Duration;

use super::{
    dlms,
    drive::Protocol,
    error::ReadError,
    iec62056,
    port::{Framing, Input, Output, Progress, Settings},
    readout::Readout,
    way::Quirk,
};
use crate::time::Moment;

/// Behind the maker's letters and the speed: the meter talks HDLC.
const OFFERS_HDLC: &str = "\\2";
/// A meter that was left by one way needs this long before it hears another sign-on.
const REST: Duration = Duration::from_millis(2_000);

/// What must be known for both ways.
#[derive(Clone, Debug)]
pub struct Config {
    /// For the sign-on and the readout in text.
    pub text: iec62056::Config,
    /// For HDLC; its speed is the one that the meter offers.
    pub hdlc: dlms::Config,
    /// HDLC before text: there are keys for it, or it has worked before.
    pub hdlc_first: bool,
}

/// A readout by one of both ways.
#[derive(Debug)]
pub struct Session {
    config: Config,
    stage: Stage,
    /// The meter has said that it talks HDLC.
    offers_hdlc: bool,
    text_tried: bool,
    hdlc_tried: bool,
    /// Why the first way led nowhere.
    first: Option<ReadError>,
}

#[derive(Debug)]
enum Stage {
    Text(Box<iec62056::Session>),
    Opening(Box<iec62056::Opening>),
    Hdlc(Box<dlms::Session>),
    /// Letting the meter forget the first way.
    Resting(Moment),
    /// To be told at the next occasion.
    Failed(ReadError),
}

impl Session {
    /// Signs on.
    pub fn start(now: Moment, config: Config) -> Self {
        let mut session = Self {
            stage: Stage::Resting(now),
            config,
            offers_hdlc: false,
            text_tried: false,
            hdlc_tried: false,
            first: None,
        };
        session.next_way(now);
        session
    }

    fn next_way(&mut self, now: Moment) {
        let hdlc = !self.hdlc_tried && (self.text_tried || self.config.hdlc_first);
        self.stage = if hdlc {
            self.hdlc_tried = true;
            let iec62056::Config { address, patience, wake, .. } = self.config.text.clone();
            let opening = iec62056::OpeningConfig { address, patience, wake };
            Stage::Opening(Box::new(iec62056::Opening::start(now, opening)))
        } else {
            self.text_tried = true;
            Stage::Text(Box::new(iec62056::Session::start(now, self.config.text.clone())))
        };
    }

    /// This way led nowhere.
    fn failed(&mut self, now: Moment, error: ReadError) -> Result<(), ReadError> {
        let other = if self.text_tried { !self.hdlc_tried && self.offers_hdlc } else { self.offers_hdlc };
        if !other {
            return Err(self.first.unwrap_or(error));
        }
        self.first.get_or_insert(error);
        self.stage = Stage::Resting(now + REST);
        Ok(())
    }

    fn opened(&mut self, now: Moment, opened: iec62056::Opened) {
        self.offers_hdlc |= opened.hdlc;
        if opened.hdlc {
            let settings = Settings { baud: opened.baud, framing: Framing::EightNone };
            let config = dlms::Config { settings, ..self.config.hdlc.clone() };
            self.stage = Stage::Hdlc(Box::new(dlms::Session::start(now, config)));
            return;
        }
        // Then there is only the way of text, and the meter waits for us to go on.
        self.text_tried = true;
        self.stage = match iec62056::Session::after_identification(now, self.config.text.clone(), opened) {
            Ok(session) => Stage::Text(Box::new(session)),
            Err(error) => Stage::Failed(error),
        };
    }
}

impl Protocol for Session {
    type Done = Readout;

    fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        let outcome = match &mut self.stage {
            Stage::Text(session) => session.handle(now, input),
            Stage::Opening(opening) => opening.handle(now, input),
            Stage::Hdlc(session) => session.handle(now, input),
            Stage::Failed(error) => Err(*error),
            Stage::Resting(until) => {
                if now >= *until {
                    self.next_way(now);
                }
                return Ok(());
            }
        };
        outcome.or_else(|error| self.failed(now, error))
    }

    fn poll(&mut self, now: Moment) -> Output<Readout> {
        loop {
            let output = match &mut self.stage {
                Stage::Text(session) => session.poll(now),
                Stage::Hdlc(session) => session.poll(now),
                Stage::Resting(until) => return Output::Wait(*until),
                Stage::Failed(_) => return Output::Wait(now),
                Stage::Opening(opening) => match opening.poll(now) {
                    Output::Done(opened) => {
                        self.opened(now, opened);
                        continue;
                    }
                    Output::Send(bytes) => Output::Send(bytes),
                    Output::Set(settings) => Output::Set(settings),
                    Output::Progress(progress) => Output::Progress(progress),
                    Output::Reserve(reservation) => Output::Reserve(reservation),
                    Output::Part(part) => Output::Part(part),
                    Output::Wait(until) => Output::Wait(until),
                },
            };
            return match output {
                Output::Progress(Progress::Answered { identity, baud }) => {
                    self.offers_hdlc |= identity.contains(OFFERS_HDLC);
                    Output::Progress(Progress::Answered { identity, baud })
                }
                Output::Done(mut readout) => {
                    if matches!(self.stage, Stage::Hdlc(_)) {
                        readout.way.quirks.insert(Quirk::ModeE);
                    }
                    Output::Done(readout)
                }
                other @ (Output::Send(_)
                | Output::Set(_)
                | Output::Progress(_)
                | Output::Reserve(_)
                | Output::Part(_)
                | Output::Wait(_)) => other,
            };
        }
    }

    fn farewell(&mut self) -> Option<Vec<u8>> {
        match &mut self.stage {
            Stage::Text(session) => Protocol::farewell(&mut **session),
            Stage::Hdlc(session) => Protocol::farewell(&mut **session),
            Stage::Opening(_) | Stage::Resting(_) | Stage::Failed(_) => None,
        }
    }
}
