//! Plays a fuzzer's bytes to a session: each piece says how long to wait before it and how long it is.

use lamplighter_core::{
    probe::{
        drive::Protocol,
        port::{Input, Output},
    },
    time::Moment,
};

/// Far more outputs than any session makes without being told something.
const OUTPUTS_MAX: u32 = 10_000;
/// No session goes on longer than this, whatever it hears: an hour.
const LONGEST: u64 = 3_600_000_000;

/// Runs a session to its end. It must end by itself once nothing more is heard.
pub fn play(mut session: impl Protocol, bytes: &[u8]) {
    let mut now = Moment(0);
    let mut rest = bytes;
    loop {
        let Some(until) = settle(&mut session, now) else { return };
        let outcome = match rest {
            [wait, length, tail @ ..] if *wait < 0xC0 => {
                let (said, after) = tail.split_at(usize::from(*length).min(tail.len()));
                rest = after;
                now = Moment(now.0 + u64::from(*wait) * 100);
                session.handle(now, Input::Bytes(said))
            }
            [_, tail @ ..] => {
                rest = tail;
                now = Moment(now.0.max(until.0));
                session.handle(now, Input::Elapsed)
            }
            [] => {
                now = Moment(now.0.max(until.0));
                session.handle(now, Input::Elapsed)
            }
        };
        if outcome.is_err() {
            return;
        }
        assert!(now.0 < LONGEST, "the session goes on for ever");
    }
}

/// Takes outputs until the session waits; nothing when it is done.
fn settle(session: &mut impl Protocol, now: Moment) -> Option<Moment> {
    for _ in 0..OUTPUTS_MAX {
        match session.poll(now) {
            Output::Wait(until) => return Some(until),
            Output::Done(_) => return None,
            Output::Reserve(wanted) => {
                if session.handle(now, Input::Reserved(wanted.at_least)).is_err() {
                    return None;
                }
            }
            Output::Send(_) | Output::Set(_) | Output::Progress(_) | Output::Part(_) => {}
        }
    }
    panic!("the session never waits");
}
