//! Moves a protocol along a real line: sends when asked, changes speed when the last bit is out, watches for
//! the person who wants to stop, and writes all of it down.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use super::{
    error::ReadError,
    part::Part,
    port::{Framing, Input, Line, Output, Progress, Reservation, Settings},
    readout::Readout,
    transcript::{Direction, Transcript},
};
use crate::time::Moment;

/// After the last bit should have left, for what the port itself adds. The quickest meters answer in 20 ms.
const SET_MARGIN: Duration = Duration::from_millis(10);
/// Longest time in which nobody looks whether to stop.
const SLICE: Duration = Duration::from_millis(50);
/// Silence after which a meter has said all it had to say. One of IEC 62056-21 may think for longer, and is told
/// into its first word then.
const QUIET: Duration = Duration::from_millis(100);
/// Longest time that a meter is heard out before it is left: a frame of half a kilobyte at 9,600 Bd.
const HEAR_OUT_MAX: Duration = Duration::from_millis(600);
const RECEIVE_BYTES: usize = 512;
/// As much as a port keeps from before.
const STALE_BYTES_MAX: usize = 64 * 1024;

/// A way to talk to a meter, as a value that never touches a port.
pub trait Protocol {
    /// What it has to show in the end.
    type Done;

    /// Tells the protocol what happened. After an error it is over.
    fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError>;

    /// Asks what to do next; again and again, until it is [`Output::Wait`] or [`Output::Done`].
    fn poll(&mut self, now: Moment) -> Output<Self::Done>;

    /// What to say last to the meter when somebody wants to stop at once, so that it is not left shut for the
    /// next reader. Nothing comes after it but the last word. It may be asked for more than once.
    fn farewell(&mut self) -> Option<Vec<u8>> {
        None
    }

    /// What to say when the meter has answered the farewell, where it waits for that.
    fn last_word(&mut self) -> Option<Vec<u8>> {
        None
    }
}

/// A borrowed protocol can be asked afterwards what it has seen.
impl<P: Protocol + ?Sized> Protocol for &mut P {
    type Done = P::Done;

    fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        (**self).handle(now, input)
    }

    fn poll(&mut self, now: Moment) -> Output<P::Done> {
        (**self).poll(now)
    }

    fn farewell(&mut self) -> Option<Vec<u8>> {
        (**self).farewell()
    }

    fn last_word(&mut self) -> Option<Vec<u8>> {
        (**self).last_word()
    }
}

impl<P: Protocol + ?Sized> Protocol for Box<P> {
    type Done = P::Done;

    fn handle(&mut self, now: Moment, input: Input<'_>) -> Result<(), ReadError> {
        (**self).handle(now, input)
    }

    fn poll(&mut self, now: Moment) -> Output<P::Done> {
        (**self).poll(now)
    }

    fn farewell(&mut self) -> Option<Vec<u8>> {
        (**self).farewell()
    }

    fn last_word(&mut self) -> Option<Vec<u8>> {
        (**self).last_word()
    }
}

/// Who is told what happens, and keeps what must be kept while a meter is being read.
pub trait Attendant {
    /// Something to show.
    fn progress(&mut self, progress: Progress);

    /// Puts a counter on disk; answers the first number that nobody has used under this key and nobody else
    /// will. It must be on disk when this returns.
    fn reserve(&mut self, _reservation: &Reservation) -> io::Result<u32> {
        Err(io::Error::other("there is nothing to keep counters in"))
    }

    /// Keeps a part of a profile or of the events.
    fn part(&mut self, _part: Part) -> io::Result<()> {
        Ok(())
    }
}

/// Whoever only wants to show something.
impl<F: FnMut(Progress)> Attendant for F {
    fn progress(&mut self, progress: Progress) {
        self(progress);
    }
}

/// Why driving ended without a readout.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// The probe is gone: plug it in again.
    #[error("the probe's line failed")]
    Line(#[source] io::Error),
    /// The meter could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// What must be on disk before the meter may be asked cannot be put there. Nothing was sent under the key.
    #[error("the device cannot keep what it must keep")]
    Keep(#[source] io::Error),
    /// Somebody asked to stop.
    #[error("stopped on request")]
    Cancelled,
}

/// What came of it, and the proof.
#[derive(Debug)]
pub struct Drive<D = Readout> {
    /// What came of it, or why nothing did.
    pub result: Result<D, DriveError>,
    /// All that was said.
    pub transcript: Transcript,
    /// Where the time went.
    pub timing: Timing,
}

/// Where the time went.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Timing {
    /// From the first question to the end.
    pub wall: Duration,
    /// What the bytes, sent and received, take on the line at their speeds: nobody can be quicker.
    pub line: Duration,
    /// Bytes sent.
    pub bytes_sent: usize,
    /// Bytes received, echoes and junk included.
    pub bytes_received: usize,
    /// How often something was sent and then something came.
    pub turn_arounds: u32,
}

/// Runs the protocol to its end. `clock` must never go back; `cancel` is noticed within 100 ms, and the
/// goodbye after it takes about a second at most.
pub fn drive<P: Protocol>(
    mut protocol: P,
    line: &mut dyn Line,
    clock: &dyn Fn() -> Moment,
    cancel: &AtomicBool,
    attendant: &mut dyn Attendant,
) -> Drive<P::Done> {
    let started = clock();
    let settings = Settings { baud: 300, framing: Framing::SevenEven };
    let (transcript, timing) = (Transcript::default(), Timing::default());
    let mut driver = Driver {
        line,
        clock,
        cancel,
        started,
        settings,
        sent_until: started,
        asked: false,
        transcript,
        timing,
    };
    let result = driver.drain().and_then(|()| driver.run(&mut protocol, attendant));
    if matches!(result, Err(DriveError::Cancelled)) {
        // Whoever wants to stop has been told; that this fails changes nothing.
        driver.leave(&mut protocol).ok();
    }
    driver.timing.wall = clock().since(started);
    Drive { result, transcript: driver.transcript, timing: driver.timing }
}

struct Driver<'a> {
    line: &'a mut dyn Line,
    clock: &'a dyn Fn() -> Moment,
    cancel: &'a AtomicBool,
    started: Moment,
    settings: Settings,
    /// When the last bit of all that was sent leaves the wire.
    sent_until: Moment,
    /// Something was sent and nothing has come since.
    asked: bool,
    transcript: Transcript,
    timing: Timing,
}

impl Driver<'_> {
    fn run<D>(
        &mut self,
        protocol: &mut dyn Protocol<Done = D>,
        attendant: &mut dyn Attendant,
    ) -> Result<D, DriveError> {
        loop {
            match protocol.poll((self.clock)()) {
                Output::Send(bytes) => self.send(&bytes)?,
                Output::Set(settings) => self.set(protocol, settings)?,
                Output::Progress(progress) => attendant.progress(progress),
                Output::Part(part) => attendant.part(part).map_err(DriveError::Keep)?,
                Output::Reserve(reservation) => {
                    let first = attendant.reserve(&reservation).map_err(DriveError::Keep)?;
                    protocol.handle((self.clock)(), Input::Reserved(first))?;
                }
                Output::Done(done) => return Ok(done),
                Output::Wait(until) => {
                    self.listen(protocol, until)?;
                    // Also after bytes, or a line that never rests would stop the protocol's time.
                    let now = (self.clock)();
                    if now >= until {
                        protocol.handle(now, Input::Elapsed)?;
                    }
                }
            }
        }
    }

    /// Says goodbye where the protocol has one.
    fn leave<D>(&mut self, protocol: &mut dyn Protocol<Done = D>) -> Result<(), DriveError> {
        if protocol.farewell().is_none() {
            return Ok(());
        }
        self.hear_out(protocol)?;
        // What came meanwhile may have changed what is to be said.
        let Some(farewell) = protocol.farewell() else { return Ok(()) };
        self.send(&farewell)?;
        match protocol.last_word() {
            Some(word) if self.hear_out(protocol)? => self.send(&word),
            Some(_) | None => Ok(()),
        }
    }

    /// Listens until nothing more comes, because a meter that talks does not hear. Says whether anything came.
    fn hear_out<D>(&mut self, protocol: &mut dyn Protocol<Done = D>) -> Result<bool, DriveError> {
        let began = self.sent_until.max((self.clock)());
        let (mut until, before) = (began + QUIET, self.timing.bytes_received);
        while (self.clock)() < until.min(began + HEAR_OUT_MAX) {
            let heard = self.timing.bytes_received;
            match self.hear(protocol, until) {
                // The protocol may be over with that; the meter is not.
                Ok(()) | Err(DriveError::Read(_)) => {}
                Err(error) => return Err(error),
            }
            if self.timing.bytes_received > heard {
                until = (self.clock)() + QUIET;
            }
        }
        Ok(self.timing.bytes_received > before)
    }

    /// Throws away what a port has kept from an earlier conversation: it could be another meter's answer.
    fn drain(&mut self) -> Result<(), DriveError> {
        let mut buffer = [0; RECEIVE_BYTES];
        let mut dropped = 0;
        while dropped < STALE_BYTES_MAX {
            match self.line.receive(&mut buffer, Duration::ZERO).map_err(DriveError::Line)? {
                0 => return Ok(()),
                count => dropped += count,
            }
        }
        Ok(())
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), DriveError> {
        let (now, takes) = ((self.clock)(), self.settings.line_time(bytes.len()));
        self.line.send(bytes).map_err(DriveError::Line)?;
        self.sent_until = self.sent_until.max(now) + takes;
        self.asked = true;
        self.timing.line += takes;
        self.timing.bytes_sent += bytes.len();
        self.record(now, Direction::Sent, bytes);
        Ok(())
    }

    /// Waits until all is out, hearing what comes meanwhile at the old speed.
    fn set<D>(
        &mut self,
        protocol: &mut dyn Protocol<Done = D>,
        settings: Settings,
    ) -> Result<(), DriveError> {
        if self.timing.bytes_sent > 0 {
            let out = self.sent_until + SET_MARGIN;
            while (self.clock)() < out {
                self.listen(protocol, out)?;
            }
        }
        self.line.set(settings).map_err(DriveError::Line)?;
        self.settings = settings;
        Ok(())
    }

    /// Waits for bytes, no longer than a slice and not beyond `until`.
    fn listen<D>(&mut self, protocol: &mut dyn Protocol<Done = D>, until: Moment) -> Result<(), DriveError> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(DriveError::Cancelled);
        }
        self.hear(protocol, until)
    }

    /// The same, whoever wants to stop.
    fn hear<D>(&mut self, protocol: &mut dyn Protocol<Done = D>, until: Moment) -> Result<(), DriveError> {
        let mut buffer = [0; RECEIVE_BYTES];
        let wait = until.since((self.clock)()).min(SLICE);
        let count = self.line.receive(&mut buffer, wait).map_err(DriveError::Line)?;
        let bytes = buffer.get(..count).unwrap_or(&buffer);
        if bytes.is_empty() {
            return Ok(());
        }
        let now = (self.clock)();
        self.timing.turn_arounds += u32::from(std::mem::take(&mut self.asked));
        self.timing.line += self.settings.line_time(count);
        self.timing.bytes_received += count;
        self.record(now, Direction::Received, bytes);
        Ok(protocol.handle(now, Input::Bytes(bytes))?)
    }

    fn record(&mut self, now: Moment, direction: Direction, bytes: &[u8]) {
        let at_ms = u64::try_from(now.since(self.started).as_millis()).unwrap_or(u64::MAX);
        self.transcript.record(at_ms, self.settings.baud, direction, bytes);
    }
}
