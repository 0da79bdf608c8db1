//! Getting a meter to say who it is: woken if need be, asked again where nobody answers, and only after the line
//! has fallen silent.

use std::time::Duration;

use super::{
    config::PATIENCE,
    identification::{Hunt, Identification},
    limits::{GAP, PAUSES, QUIET, SIGN_ON, WAKE_PAUSE, WAKE_TIME},
    message::{self, Address},
    quiet::Quiet,
};
use crate::{
    probe::{
        error::ReadError,
        port::{Patience, Progress},
        script::Script,
    },
    time::Moment,
};

/// The beginning of every conversation.
#[derive(Debug)]
pub(super) struct SignOn {
    address: Option<Address>,
    patience: Patience,
    wakes: bool,
    step: Step,
    deadline: Moment,
    attempts: u8,
    conversations: u8,
    /// A meter has said who it is.
    answered: bool,
    retries: u32,
    echo: bool,
    overheard: bool,
}

#[derive(Debug)]
enum Step {
    /// The meter is given time to come to itself.
    Waking,
    Hunting(Hunt),
    /// Letting the line fall silent before a new request, and still open to a late answer to the last one.
    Quieting {
        quiet: Quiet,
        late: Option<Hunt>,
    },
}

impl SignOn {
    /// Sends the first request, or wakes the meter for it.
    pub(super) fn start<D>(
        now: Moment,
        address: Option<Address>,
        patience: Patience,
        wakes: bool,
        script: &mut Script<D>,
    ) -> Self {
        let mut sign_on = Self { patience, ..Self::answered_already(now, address, wakes, false) };
        sign_on.conversations = 0;
        sign_on.answered = false;
        sign_on.begin(now, script);
        sign_on
    }

    /// Where somebody else has heard the identification of this conversation.
    pub(super) fn answered_already(now: Moment, address: Option<Address>, wakes: bool, echo: bool) -> Self {
        Self {
            address,
            patience: PATIENCE,
            wakes,
            step: Step::Quieting { quiet: Quiet::new(QUIET), late: None },
            deadline: now,
            attempts: 0,
            conversations: 1,
            answered: true,
            retries: 0,
            echo,
            overheard: false,
        }
    }

    /// Begins a new conversation when the line has been silent for so long.
    pub(super) fn anew<D>(&mut self, now: Moment, pause: Duration, script: &mut Script<D>) {
        script.set(SIGN_ON);
        self.overheard = false;
        self.fall_quiet(script.sent_until().max(now), pause, None);
    }

    /// What comes next has tries of its own.
    pub(super) const fn forget_tries(&mut self) {
        self.conversations = 0;
    }

    /// When to be told that nothing came.
    pub(super) const fn deadline(&self) -> Moment {
        self.deadline
    }

    /// How often a meter has said who it is.
    pub(super) const fn conversations(&self) -> u8 {
        self.conversations
    }

    /// Requests that nobody answered.
    pub(super) const fn retries(&self) -> u32 {
        self.retries
    }

    /// The head hears itself.
    pub(super) const fn has_echo(&self) -> bool {
        self.echo
    }

    /// Text came at 300 while the line was to fall silent: the meter talks at 300, whatever was agreed on.
    pub(super) const fn has_overheard(&self) -> bool {
        self.overheard
    }

    /// Takes one raw byte; answers when a meter has said who it is.
    pub(super) fn hear(&mut self, now: Moment, raw: u8) -> Result<Option<Identification>, ReadError> {
        match &mut self.step {
            Step::Waking => Ok(None),
            Step::Hunting(hunt) => {
                let found = hunt.push(raw);
                if hunt.is_open() {
                    self.deadline = self.deadline.max(now + GAP);
                }
                self.echo |= hunt.has_echo();
                Ok(self.identified(found))
            }
            Step::Quieting { quiet, late } => {
                self.deadline = now + quiet.hear(raw);
                let attempts = self.conversations.max(self.attempts);
                if quiet.is_hopeless() {
                    return Err(ReadError::Garbled { attempts });
                }
                let found = late.as_mut().and_then(|hunt| hunt.push(raw));
                Ok(self.identified(found))
            }
        }
    }

    fn identified(&mut self, found: Option<Identification>) -> Option<Identification> {
        if found.is_some() {
            self.attempts = 0;
            self.answered = true;
            self.conversations = self.conversations.saturating_add(1);
            // Whoever has answered once is asked as often as the book allows.
            self.patience = PATIENCE;
        }
        found
    }

    /// The deadline has passed.
    pub(super) fn elapsed<D>(&mut self, now: Moment, script: &mut Script<D>) -> Result<(), ReadError> {
        match &self.step {
            Step::Waking => {
                self.request(now, script);
                Ok(())
            }
            Step::Hunting(hunt) => {
                let damaged = hunt.is_damaged();
                self.unanswered(now, damaged)
            }
            Step::Quieting { quiet, late } => {
                self.overheard |= quiet.was_text();
                self.retries += u32::from(late.is_some());
                self.begin(now, script);
                Ok(())
            }
        }
    }

    fn begin<D>(&mut self, now: Moment, script: &mut Script<D>) {
        // A meter that has just talked is awake.
        if self.wakes && (!self.answered || self.attempts > 0) {
            script.send(now, vec![0; script.settings().characters_in(WAKE_TIME)]);
            self.step = Step::Waking;
            self.deadline = script.sent_until() + WAKE_PAUSE;
        } else {
            self.request(now, script);
        }
    }

    fn request<D>(&mut self, now: Moment, script: &mut Script<D>) {
        self.attempts += 1;
        script.send(now, message::request(self.address.as_ref()));
        script.tell(Progress::Asking { attempt: self.attempts });
        self.step = Step::Hunting(Hunt::default());
        self.deadline = script.sent_until() + self.patience.wait;
    }

    fn unanswered(&mut self, now: Moment, damaged: bool) -> Result<(), ReadError> {
        let attempts = self.attempts;
        if attempts >= self.patience.attempts {
            return Err(if damaged {
                ReadError::Garbled { attempts }
            } else {
                ReadError::Silent { attempts }
            });
        }
        let [.., longest] = PAUSES;
        let pause = PAUSES.get(usize::from(attempts.saturating_sub(1))).copied().unwrap_or(longest);
        self.fall_quiet(now, if damaged { QUIET } else { pause }, Some(Hunt::default()));
        Ok(())
    }

    fn fall_quiet(&mut self, from: Moment, pause: Duration, late: Option<Hunt>) {
        self.step = Step::Quieting { quiet: Quiet::new(pause), late };
        self.deadline = from + pause;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(heard: &[u8], expected: Option<&str>) {
        let mut script = Script::<()>::new(Moment(0), SIGN_ON);
        let mut sign_on = SignOn::start(Moment(0), None, PATIENCE, false, &mut script);
        let mut now = sign_on.deadline();
        sign_on.elapsed(now, &mut script).unwrap();
        let mut found = None;
        for &raw in heard {
            now = now + Duration::from_millis(34);
            assert!(now < sign_on.deadline(), "it asks again while the meter speaks");
            found = found.or(sign_on.hear(now, raw).unwrap());
        }
        assert_eq!(found.map(|meter| meter.text).as_deref(), expected);
        assert_eq!(sign_on.conversations(), u8::from(expected.is_some()));
    }

    #[test]
    fn an_answer_that_comes_after_the_wait_is_taken() {
        check(b"\xAF\x41\x42\xC3\x35\x4D\xB1\x8D\n", Some("ABC5M1"));
        check(b"\x41\x42\xC3\x35\x4D\xB1\x8D\n", None);
    }
}
