//! Whether what comes may be an answer to an earlier question.
//!
//! Answers carry no number. Where a question was said again because nothing had come, two answers to it may be on
//! their way, and many meters do not say the name of what they answer with. No wait is long enough to be sure on
//! a line that stalls. But a line keeps the order of what it delivers: what comes after the meter has signed on
//! anew was said after it. So an answer counts that names what was asked; otherwise the question is left for a
//! new conversation, which takes less than 4 s and happens after a lost answer only.

use super::{agenda::Said, answer::Reply};

/// What may still come that nobody waits for.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    again: Again,
    owed: Owed,
}

/// Whether the question was said again.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Again {
    #[default]
    No,
    AfterSilence,
    /// After what looked like a NAK, and may have been noise.
    AfterRefusal,
}

/// What a reply counts for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Weight {
    /// It is the answer.
    Counts,
    /// It may be an answer to an earlier question.
    Unsure,
    /// It is about the password, and the answer is still to come.
    PasswordTaken,
    PasswordRefused,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Owed {
    #[default]
    Nothing,
    /// What the meter thinks of its password.
    Password,
    /// An answer to an earlier question.
    Answer,
}

impl Doubt {
    /// The question has been said once.
    pub(super) fn may_ask_again(&self) -> bool {
        self.again == Again::No
    }

    /// It is said again.
    pub(super) const fn ask_again(&mut self, again: Again) {
        self.again = again;
    }

    /// Noise was taken for an answer, which may still come.
    pub(super) const fn noise(&mut self) {
        self.owed = Owed::Answer;
    }

    /// Nothing was heard of what the meter thinks of its password.
    pub(super) const fn password_unanswered(&mut self) {
        self.owed = Owed::Password;
    }

    /// It was heard after all.
    pub(super) const fn password_answered(&mut self) {
        self.owed = Owed::Nothing;
    }

    /// A refusal may be of an earlier question.
    pub(super) fn owes_answer(&self) -> bool {
        self.owed == Owed::Answer
    }

    /// What a reply to a question counts for. A line keeps the order: what the meter thinks of its password comes
    /// before what it thinks of a question.
    pub(super) fn weigh(&self, reply: &Reply, is_named: impl FnOnce(&str) -> bool) -> Weight {
        match (self.owed, reply) {
            (Owed::Password, Reply::Ack) => Weight::PasswordTaken,
            (Owed::Password, Reply::Nak) => Weight::PasswordRefused,
            (Owed::Password, Reply::Data { text, .. }) if Said::Last(text).is_refusal() => {
                Weight::PasswordRefused
            }
            (Owed::Answer, Reply::Ack | Reply::Nak | Reply::Data { more: true, .. }) => Weight::Unsure,
            (Owed::Answer, Reply::Data { text, .. }) if !is_named(text) => Weight::Unsure,
            // The parts may be those of two answers.
            (_, Reply::Data { more: true, .. }) if !self.may_ask_again() => Weight::Unsure,
            (
                _,
                Reply::Ack
                | Reply::Nak
                | Reply::Break
                | Reply::Seed
                | Reply::Data { .. }
                | Reply::Damaged
                | Reply::Noise
                | Reply::Silent,
            ) => Weight::Counts,
        }
    }

    /// The question was answered.
    pub(super) fn settle(&mut self, refused: bool) {
        // Two NAKs are two answers.
        let all_heard = match self.again {
            Again::No => true,
            Again::AfterSilence => false,
            Again::AfterRefusal => refused,
        };
        self.owed = if all_heard && !self.owes_answer() { Owed::Nothing } else { Owed::Answer };
        self.again = Again::No;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_repeat_only_what_has_a_name_counts() {
        check(Again::No, false, false);
        check(Again::AfterSilence, false, true);
        check(Again::AfterSilence, true, true);
        check(Again::AfterRefusal, false, true);
        check(Again::AfterRefusal, true, false);
    }

    #[test]
    fn parts_of_a_repeated_answer_are_never_sure() {
        let part = Reply::Data { text: "1.8.0(1)".into(), more: true };
        let mut doubt = Doubt::default();
        assert_eq!(doubt.weigh(&part, |_| true), Weight::Counts);
        doubt.ask_again(Again::AfterSilence);
        assert_eq!(doubt.weigh(&part, |_| true), Weight::Unsure);
    }

    #[test]
    fn what_comes_first_after_a_password_is_about_it_unless_it_is_data() {
        let mut doubt = Doubt::default();
        doubt.password_unanswered();
        let weigh = |doubt: &Doubt, reply| doubt.weigh(&reply, |_| false);
        assert_eq!(weigh(&doubt, Reply::Ack), Weight::PasswordTaken);
        assert_eq!(weigh(&doubt, Reply::Nak), Weight::PasswordRefused);
        assert_eq!(weigh(&doubt, data("(ER01)")), Weight::PasswordRefused);
        assert_eq!(weigh(&doubt, data("(1)")), Weight::Counts);
        doubt.settle(false);
        assert_eq!(weigh(&doubt, Reply::Nak), Weight::Counts);
    }

    #[test]
    fn after_noise_an_answer_may_still_come() {
        let mut doubt = Doubt::default();
        doubt.noise();
        assert_eq!(doubt.weigh(&data("(1)"), |_| false), Weight::Unsure);
    }

    fn data(text: &str) -> Reply {
        Reply::Data { text: text.into(), more: false }
    }

    #[track_caller]
    fn check(again: Again, refused: bool, unsure: bool) {
        let mut doubt = Doubt::default();
        doubt.ask_again(again);
        assert_eq!(doubt.weigh(&data("(1)"), |_| false), Weight::Counts);
        doubt.settle(refused);
        let expected = if unsure { Weight::Unsure } else { Weight::Counts };
        for reply in [data("(1)"), Reply::Nak, Reply::Ack] {
            assert_eq!(doubt.weigh(&reply, |_| false), expected, "{again:?}");
        }
        assert_eq!(doubt.weigh(&data("1.8.0(1)"), |_| true), Weight::Counts);
    }
}
