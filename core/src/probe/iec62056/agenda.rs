//! What shall be asked in programming mode, in order, over as many conversations as it takes.

use super::{
    command::Command, dataset::next_field, events::Events, heads::is_error, profile::Profile,
    singles::Singles, turn::Pace,
};
use crate::probe::{
    part::{Part, Wants},
    readout::Datum,
};

/// A question.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Ask {
    pub(super) command: Command,
    pub(super) text: String,
}

/// What the meter shall answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Asked {
    /// The option select.
    Mode,
    Password,
    Question(Ask),
    /// More of the answer.
    More,
    /// Nothing: we break off, for good or for another conversation at this pace.
    Nothing(Option<Pace>),
}

/// What a meter answered to it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Said<'a> {
    /// Data; more of them follow.
    Some(&'a str),
    /// Data, the last of them.
    Last(&'a str),
    /// It did not understand, or has no such thing.
    No,
    /// More than we keep.
    TooMuch,
}

impl<'a> Said<'a> {
    pub(super) const fn text(self) -> &'a str {
        match self {
            Self::Some(text) | Self::Last(text) => text,
            Self::No | Self::TooMuch => "",
        }
    }

    /// It is a refusal: by a single character, or in words.
    pub(super) fn is_refusal(self) -> bool {
        match self {
            Self::No => true,
            Self::Some(text) | Self::Last(text) => {
                next_field(text).is_some_and(|(_, field, _)| is_error(field.value))
            }
            Self::TooMuch => false,
        }
    }
}

/// All that is to be asked.
#[derive(Debug)]
pub(super) struct Agenda {
    singles: Singles,
    profile: Option<Profile>,
    events: Option<Events>,
}

impl Agenda {
    /// These registers, and what is wanted beside them.
    pub(super) fn new(names: Vec<String>, wants: Wants) -> Self {
        Self {
            singles: Singles::new(names),
            profile: wants.profile.map(Profile::new),
            events: wants.events.then(Events::default),
        }
    }

    /// The next question; none when all is answered.
    pub(super) fn ask(&self) -> Option<Ask> {
        self.singles
            .ask()
            .or_else(|| self.profile.as_ref().and_then(Profile::ask))
            .or_else(|| self.events.as_ref().and_then(Events::ask))
    }

    /// Takes the answer to [`Agenda::ask`]; hands over what is new.
    pub(super) fn answered(&mut self, said: Said<'_>) -> Vec<Part> {
        if self.singles.ask().is_some() {
            self.singles.answered(said);
            return Vec::new();
        }
        match (&mut self.profile, &mut self.events) {
            (Some(profile), _) if profile.ask().is_some() => profile.answered(said),
            (_, Some(events)) => events.answered(said),
            (_, None) => Vec::new(),
        }
    }

    /// Whether the text can be an answer to [`Agenda::ask`] only, as it has its name. All questions for a profile
    /// have the same.
    pub(super) fn is_named(&self, text: &str) -> bool {
        if self.singles.ask().is_some() {
            return self.singles.is_named(text);
        }
        match (&self.profile, &self.events) {
            (Some(profile), _) if profile.ask().is_some() => false,
            (_, Some(events)) => events.is_named(text),
            (_, None) => false,
        }
    }

    /// An answer that had begun will not be completed: the question is asked again.
    pub(super) fn begin_again(&mut self) {
        self.singles.begin_again();
        self.profile.iter_mut().for_each(Profile::begin_again);
        self.events.iter_mut().for_each(Events::begin_again);
    }

    /// Something was refused in every form in which it can be asked for.
    pub(super) fn is_denied(&self) -> bool {
        self.singles.is_denied()
            || self.profile.as_ref().is_some_and(Profile::is_denied)
            || self.events.as_ref().is_some_and(Events::is_denied)
    }

    /// What was refused is asked for once more, in every form.
    pub(super) fn start_over(&mut self) {
        self.singles.start_over();
        self.profile.iter_mut().for_each(Profile::start_over);
        self.events.iter_mut().for_each(Events::start_over);
    }

    /// All registers have been asked for, and some have come.
    pub(super) fn has_all_registers(&self) -> bool {
        self.singles.ask().is_none() && self.registers() > 0
    }

    /// The registers that have come.
    pub(super) fn take_registers(&mut self) -> Vec<Datum> {
        self.singles.take()
    }

    /// So many registers have come.
    pub(super) const fn registers(&self) -> usize {
        self.singles.found()
    }
}
