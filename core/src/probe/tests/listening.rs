//! A session that only listens, on its own clock, told by hand what comes.

use std::time::Duration;

use crate::{
    probe::{
        drive::Protocol,
        error::ReadError,
        port::{Input, Output, Progress},
        readout::Readout,
    },
    time::Moment,
};

/// More than any session may listen.
const LONGEST: Duration = Duration::from_secs(121);

/// What came of listening.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) result: Result<Readout, ReadError>,
    pub(super) after: Duration,
    pub(super) seen: Vec<Progress>,
}

/// Tells a session what comes, each after so many ms of silence; then nothing more, until it ends.
pub(super) fn listen<P: Protocol<Done = Readout>>(mut session: P, said: &[(u64, &[u8])]) -> Outcome {
    let (mut now, mut seen) = (Moment(0), Vec::new());
    let mut said = said.iter();
    let mut next = said.next();
    let mut due = Moment(next.map_or(0, |(pause_ms, _)| pause_ms * 1_000));
    let result = loop {
        match session.poll(now) {
            Output::Done(readout) => break Ok(readout),
            Output::Progress(progress) => seen.push(progress),
            Output::Set(_) => {}
            Output::Wait(until) => {
                assert!(now.since(Moment(0)) <= LONGEST, "it listens for ever");
                let told = match next {
                    Some((_, bytes)) if due <= until => {
                        now = due;
                        next = said.next();
                        due = now + Duration::from_millis(next.map_or(0, |(pause_ms, _)| *pause_ms));
                        session.handle(now, Input::Bytes(bytes))
                    }
                    _ => {
                        now = now.max(until);
                        session.handle(now, Input::Elapsed)
                    }
                };
                if let Err(error) = told {
                    break Err(error);
                }
            }
            other @ (Output::Send(_) | Output::Reserve(_) | Output::Part(_)) => {
                panic!("it only listens: {other:?}")
            }
        }
    };
    // It is over.
    let _ = session.handle(now, Input::Bytes(&[0; 100]));
    assert!(matches!(session.poll(now), Output::Wait(_) | Output::Progress(_)));
    Outcome { result, after: now.since(Moment(0)), seen }
}

/// Registers as text, for comparing.
pub(super) fn shown(readout: &Readout) -> Vec<String> {
    let registers = readout.registers.iter();
    registers
        .map(|datum| {
            let unit = datum.unit.as_ref().map_or(String::new(), |unit| format!(" {unit}"));
            let at = datum.at.map_or(String::new(), |at| format!(" @{at}"));
            format!("{} {}{unit}{at}", datum.obis, datum.value)
        })
        .collect()
}
