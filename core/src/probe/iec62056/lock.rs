//! A meter's password in programming mode: said only where the meter shows that it wants it, and not again where
//! it was not taken, because meters lock after a few wrong ones.

use crate::probe::error::ReadError;

/// How it stands with the password.
#[derive(Debug)]
pub(super) struct Lock {
    password: Option<String>,
    state: State,
    /// The meter is known to tell nothing without, or has hung up when it was asked without.
    first: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// It was not said.
    Untried,
    /// It was said, and nobody knows what the meter thought of it. It is not said again.
    Tried,
    /// The meter took it.
    Open,
}

impl Lock {
    /// `first` where the meter is known to tell nothing before it has heard its password.
    pub(super) const fn new(password: Option<String>, first: bool) -> Self {
        Self { password, state: State::Untried, first }
    }

    /// What to say before any question of a conversation, if anything: what the meter has taken before, or what
    /// it is known to want.
    pub(super) fn at_once(&mut self) -> Option<String> {
        (self.first || self.state == State::Open).then(|| self.say())?
    }

    /// What to say to a meter that has refused a question in every form.
    pub(super) fn on_refusal(&mut self) -> Option<String> {
        (self.state == State::Untried).then(|| self.say())?
    }

    /// The meter has broken off or gone silent at a question, as some do that want a password. Answers whether
    /// that makes another conversation worth while, which then begins with it.
    pub(super) const fn hung_up(&mut self) -> bool {
        let worth = matches!(self.state, State::Untried) && self.password.is_some() && !self.first;
        self.first |= worth;
        worth
    }

    /// The meter took it.
    pub(super) const fn opened(&mut self) {
        self.state = State::Open;
    }

    /// It was said.
    pub(super) const fn was_tried(&self) -> bool {
        !matches!(self.state, State::Untried)
    }

    /// Why nothing has come; `denied` where something was refused without a reason.
    pub(super) const fn verdict(&self, denied: bool) -> ReadError {
        match self.state {
            State::Tried => ReadError::WrongKey,
            State::Untried if denied && self.password.is_none() => ReadError::Locked,
            State::Untried | State::Open => ReadError::NothingToRead,
        }
    }

    fn say(&mut self) -> Option<String> {
        if self.state == State::Tried {
            return None;
        }
        let password = self.password.clone()?;
        if self.state == State::Untried {
            self.state = State::Tried;
        }
        Some(password)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_kept_until_it_is_wanted_and_then_said_once() {
        let mut lock = Lock::new(Some("1".into()), false);
        assert_eq!(lock.at_once(), None);
        assert_eq!(lock.on_refusal().as_deref(), Some("1"));
        assert_eq!((lock.on_refusal(), lock.at_once()), (None, None));
        assert_eq!(lock.verdict(true), ReadError::WrongKey);
    }

    #[test]
    fn one_that_was_taken_is_said_in_every_conversation() {
        let mut lock = Lock::new(Some("1".into()), true);
        assert!(lock.at_once().is_some());
        lock.opened();
        assert!(lock.at_once().is_some() && lock.on_refusal().is_none() && !lock.hung_up());
    }

    #[test]
    fn a_meter_that_hangs_up_hears_it_first_the_next_time() {
        let mut lock = Lock::new(Some("1".into()), false);
        assert!(lock.hung_up() && !lock.hung_up());
        assert!(lock.at_once().is_some());
        assert!(!Lock::new(None, false).hung_up());
        assert_eq!(Lock::new(None, true).at_once(), None);
        assert_eq!(Lock::new(None, false).verdict(true), ReadError::Locked);
    }
}
