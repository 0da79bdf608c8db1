//! Meters that sign on in text and may go on in HDLC (IEC 62056-21 mode E): one way first, and the other where
//! that leads nowhere.

use std::{collections::VecDeque, sync::Arc, time::Duration};

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
/// A meter that was left without a goodbye needs this long before it hears another sign-on.
const REST: Duration = Duration::from_millis(2_000);

/// From our goodbye in HDLC to the meter's being back where it signs on. Slower ones hear the second request.
const RETURN: Duration = Duration::from_secs(1);

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
    /// The link was ended, and with it the meter's binary mode: whatever is said next needs a sign-on before it.
    parted: bool,
    /// The line in HDLC, once the meter talks it.
    settings: Settings,
    /// The meter goes on in HDLC after a goodbye, whatever the book says.
    stays: bool,
    /// For so long the session in HDLC has stood still while the line signed on anew.
    paused: Duration,
    /// Why the first way led nowhere.
    first: Option<ReadError>,
    pending: VecDeque<Output<Readout>>,
}

#[derive(Debug)]
enum Stage {
    Text(Box<iec62056::Session>),
    Opening(Box<iec62056::Opening>),
    Hdlc(Box<dlms::Session>),
    /// Back into HDLC, for the next link of the same session, which says this then.
    Returning {
        session: Box<dlms::Session>,
        opening: Option<Box<iec62056::Opening>>,
        held: Vec<u8>,
        since: Moment,
    },
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
            settings: config.hdlc.settings,
            config,
            offers_hdlc: false,
            text_tried: false,
            hdlc_tried: false,
            parted: false,
            stays: false,
            paused: Duration::ZERO,
            first: None,
            pending: VecDeque::new(),
        };
        session.next_way(now);
        session
    }

    fn next_way(&mut self, now: Moment) {
        let hdlc = !self.hdlc_tried && (self.text_tried || self.config.hdlc_first);
        self.stage = if hdlc {
            self.hdlc_tried = true;
            Stage::Opening(self.sign_on(now))
        } else {
            self.text_tried = true;
            let text = self.config.text.clone();
            // A meter that did not know what HDLC is may be reading out by now.
            Stage::Text(Box::new(if self.hdlc_tried {
                iec62056::Session::start_in_silence(now, text, false)
            } else {
                iec62056::Session::start(now, text)
            }))
        };
    }

    fn sign_on(&self, now: Moment) -> Box<iec62056::Opening> {
        let iec62056::Config { address, patience, wake, .. } = self.config.text.clone();
        Box::new(iec62056::Opening::start(now, iec62056::OpeningConfig { address, patience, wake }))
    }

    /// This way led nowhere.
    fn failed(&mut self, now: Moment, error: ReadError) -> Result<(), ReadError> {
        let unheard = matches!(error, ReadError::Silent { .. } | ReadError::Garbled { .. });
        if unheard && matches!(self.stage, Stage::Returning { .. }) {
            self.stays = true;
            self.pending.push_back(Output::Set(self.settings));
            self.go_on(now);
            return Ok(());
        }
        let other = if self.text_tried { !self.hdlc_tried && self.offers_hdlc } else { self.offers_hdlc };
        if !other {
            let first = self.first.filter(|_| error != ReadError::WrongKey);
            return Err(first.unwrap_or(error));
        }
        self.first.get_or_insert(error);
        if error == ReadError::WrongKey {
            // Meters lock after a few: nothing secret is offered a second time.
            self.config.text.keyring = Arc::default();
            self.config.hdlc.keyring = Arc::default();
            self.pending.push_back(Output::Progress(Progress::KeyRefused));
        }
        self.stage = Stage::Resting(now + if self.parted { RETURN } else { REST });
        Ok(())
    }

    fn opened(&mut self, now: Moment, opened: iec62056::Opened) {
        self.offers_hdlc |= opened.hdlc;
        if opened.hdlc {
            self.settings = Settings { baud: opened.baud, framing: Framing::EightNone };
            let config = dlms::Config { settings: self.settings, ..self.config.hdlc.clone() };
            self.stage = Stage::Hdlc(Box::new(dlms::Session::start(now, config)));
            return;
        }
        // Then there is only the way of text, and the meter waits for us to go on.
        if std::mem::replace(&mut self.text_tried, true) {
            self.stage = Stage::Failed(self.first.unwrap_or(ReadError::Refused));
            return;
        }
        self.stage = match iec62056::Session::after_identification(now, self.config.text.clone(), opened) {
            Ok(session) => Stage::Text(Box::new(session)),
            Err(error) => Stage::Failed(error),
        };
    }

    /// The session's own time, which stands still while the line signs on anew.
    fn session_time(&self, now: Moment) -> Moment {
        Moment(now.0.saturating_sub(u64::try_from(self.paused.as_micros()).unwrap_or(u64::MAX)))
    }

    /// Takes what the session in HDLC says: after a goodbye nothing is heard before a new sign-on.
    fn say(&mut self, now: Moment, bytes: Vec<u8>) -> Option<Output<Readout>> {
        let goodbye = dlms::is_goodbye(&bytes);
        if goodbye || !self.parted || self.stays {
            self.parted = goodbye;
            return Some(Output::Send(bytes));
        }
        self.parted = false;
        let stage = std::mem::replace(&mut self.stage, Stage::Resting(now));
        if let Stage::Hdlc(session) = stage {
            self.stage = Stage::Returning { session, opening: None, held: bytes, since: now };
        }
        None
    }

    /// The meter has signed on again.
    fn returned(&mut self, now: Moment, opened: &iec62056::Opened) {
        if opened.hdlc {
            self.go_on(now);
        } else {
            self.stage = Stage::Failed(ReadError::Refused);
        }
    }

    /// The session in HDLC goes on where it stood still.
    fn go_on(&mut self, now: Moment) {
        let stage = std::mem::replace(&mut self.stage, Stage::Failed(ReadError::Refused));
        if let Stage::Returning { session, held, since, .. } = stage {
            self.paused += now.since(since);
            self.stage = Stage::Hdlc(session);
            self.pending.push_back(Output::Send(held));
        }
    }
}

impl Protocol for Session {
    type Done = Readout;

    fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        let own_time = self.session_time(now);
        let outcome = match &mut self.stage {
            Stage::Text(session) => session.handle(now, input),
            Stage::Opening(opening) => opening.handle(now, input),
            Stage::Hdlc(session) => session.handle(own_time, input),
            Stage::Returning { opening: Some(opening), .. } => opening.handle(now, input),
            Stage::Returning { opening: None, since, .. } => {
                if now >= *since + RETURN {
                    let signing_on = self.sign_on(now);
                    if let Stage::Returning { opening, .. } = &mut self.stage {
                        *opening = Some(signing_on);
                    }
                }
                return Ok(());
            }
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
            if let Some(output) = self.pending.pop_front() {
                return output;
            }
            let (own_time, paused) = (self.session_time(now), self.paused);
            let output = match &mut self.stage {
                Stage::Text(session) => session.poll(now),
                Stage::Hdlc(session) => match session.poll(own_time) {
                    Output::Send(bytes) => match self.say(now, bytes) {
                        Some(output) => output,
                        None => continue,
                    },
                    Output::Wait(until) => Output::Wait(until + paused),
                    Output::Done(mut readout) => {
                        readout.way.quirks.insert(Quirk::ModeE);
                        Output::Done(readout)
                    }
                    other @ (Output::Set(_) | Output::Progress(_) | Output::Reserve(_) | Output::Part(_)) => {
                        other
                    }
                },
                Stage::Returning { opening: None, since, .. } => Output::Wait(*since + RETURN),
                Stage::Opening(opening) | Stage::Returning { opening: Some(opening), .. } => {
                    match opening.poll(now) {
                        Output::Done(opened) if matches!(self.stage, Stage::Opening(_)) => {
                            self.opened(now, opened);
                            continue;
                        }
                        Output::Done(opened) => {
                            self.returned(now, &opened);
                            continue;
                        }
                        Output::Send(bytes) => Output::Send(bytes),
                        Output::Set(settings) => Output::Set(settings),
                        Output::Progress(progress) => Output::Progress(progress),
                        Output::Reserve(reservation) => Output::Reserve(reservation),
                        Output::Part(part) => Output::Part(part),
                        Output::Wait(until) => Output::Wait(until),
                    }
                }
                Stage::Resting(until) => Output::Wait(*until),
                Stage::Failed(_) => Output::Wait(now),
            };
            if let Output::Progress(Progress::Answered { identity, .. }) = &output {
                self.offers_hdlc |= identity.contains(OFFERS_HDLC);
            }
            return output;
        }
    }

    fn farewell(&mut self) -> Option<Vec<u8>> {
        match &mut self.stage {
            Stage::Text(session) => Protocol::farewell(&mut **session),
            Stage::Hdlc(session) => Protocol::farewell(&mut **session),
            Stage::Opening(_) | Stage::Returning { .. } | Stage::Resting(_) | Stage::Failed(_) => None,
        }
    }
}
