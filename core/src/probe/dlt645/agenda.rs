//! What to ask next, and what an answer, or none, means for the rest.

use super::{
    address::Address,
    asking::Loss,
    events::Events,
    exchange::{Answer, Ask},
    identifier::{Edition, Identifier},
    limits::MISSED_MAX,
    link::Link,
    plan::{Plan, Wish},
    profile::Profile,
    registers::Registers,
};
use crate::probe::{
    error::ReadError,
    part::{Part, Wants},
};

/// Total active energy in the edition of 1997: every meter has it, so whoever is there answers.
const TOTAL_1997: Identifier = Identifier::of_1997(0x9010);
/// The meter's own number, for one that answers under the address for all.
const NUMBER_1997: Identifier = Identifier::of_1997(0xC032);
/// In a refusal: a password is wanted.
const WANTS_PASSWORD: u8 = 0x04;

/// The course of a readout.
#[derive(Debug)]
pub(super) struct Agenda {
    stage: Stage,
    /// Editions that are still to be tried.
    editions: Vec<Edition>,
    plan: Plan,
    full: bool,
    wants: Wants,
    pub(super) registers: Registers,
    /// All bits of all refusals.
    refusals: u8,
    /// What has been asked for of the plan.
    done: u32,
    /// Wishes in a row that nobody answered.
    missed: u8,
    /// The first wish that was answered: whether the meter is still there is found out by it.
    answered: Option<Wish>,
    recheck: bool,
    /// The meter says nothing to what it does not know.
    mute: bool,
    /// First requests so far, and whether something damaged came.
    opening: Loss,
}

#[derive(Debug)]
enum Stage {
    /// Asking who is there.
    Opening(Ask),
    /// Asking for what is on the plan; this is being asked for.
    Registers(Option<Wish>),
    Events(Events),
    Profile(Profile),
    Over,
}

impl Agenda {
    /// Begins with the plan, or with asking who is there.
    pub(super) fn new(link: &Link, editions: Vec<Edition>, full: bool, wants: Wants) -> Self {
        let stage = match (link.own_address(), link.edition) {
            (Some(_), _) => Stage::Registers(None),
            (None, Edition::Y2007) => Stage::Opening(Ask::Address),
            (None, Edition::Y1997) => Stage::Opening(Ask::Item(TOTAL_1997)),
        };
        Self {
            stage,
            editions,
            plan: Plan::new(link.edition, full),
            full,
            wants,
            registers: Registers::default(),
            refusals: 0,
            done: 0,
            missed: 0,
            answered: None,
            recheck: false,
            mute: false,
            opening: Loss { tries: 0, damaged: false, collided: true },
        }
    }

    /// What to ask next; nothing when all is asked.
    pub(super) fn next(&mut self, edition: Edition) -> Result<Option<Ask>, ReadError> {
        if let Stage::Opening(ask) = self.stage {
            return Ok(Some(ask));
        }
        if let Stage::Registers(_) = self.stage {
            // What is known already is asked for once, to know that it is the meter.
            let enough = self.wants.beside_only && !self.registers.is_empty();
            let wish = match self.recheck {
                true => self.answered,
                false if enough => None,
                false => self.plan.next(),
            };
            if let Some(wish) = wish {
                self.stage = Stage::Registers(Some(wish));
                return Ok(Some(Ask::Item(wish.name)));
            }
            if self.registers.is_empty() {
                let locked = self.refusals & WANTS_PASSWORD != 0;
                return Err(if locked { ReadError::Locked } else { ReadError::NothingToRead });
            }
            self.begin_events(edition);
        }
        if let Stage::Events(events) = &self.stage {
            match events.ask() {
                Some(ask) => return Ok(Some(ask)),
                None => self.begin_profile(edition),
            }
        }
        if let Stage::Profile(profile) = &self.stage {
            match profile.ask() {
                Some(ask) => return Ok(Some(ask)),
                None => self.stage = Stage::Over,
            }
        }
        Ok(None)
    }

    /// Takes an answer to what was asked last; hands over what is not a register.
    pub(super) fn answered(&mut self, link: &mut Link, from: Address, answer: &Answer) -> Option<Part> {
        let content = match answer {
            Answer::Content { bytes, .. } => Some(bytes.as_slice()),
            Answer::Refused(_) => None,
        };
        match &mut self.stage {
            Stage::Opening(ask) => {
                let told = content.and_then(|bytes| bytes.try_into().ok()).map(Address::of_wire);
                match ask {
                    Ask::Address => link.introduced(told, from),
                    Ask::Item(_) | Ask::Records { .. } => self.introduced_by_energy(link, from, content),
                }
                self.stage = Stage::Registers(None);
                None
            }
            Stage::Registers(wish) => {
                if let Some(wish) = wish.take() {
                    self.answered_wish(link, from, wish, answer);
                }
                None
            }
            Stage::Events(_) | Stage::Profile(_) | Stage::Over => {
                self.mute |= self.missed > 0;
                self.missed = 0;
                self.answered_extra(content)
            }
        }
    }

    /// Nobody answered what was asked last. An error, where there is nothing else to try.
    pub(super) fn lost(&mut self, link: &mut Link, loss: Loss) -> Result<Option<Part>, ReadError> {
        match &mut self.stage {
            Stage::Opening(_) => {
                self.opening.count(loss);
                Err(self.opening.into_error())
            }
            Stage::Registers(wish) => {
                let wish = wish.take();
                if link.is_proven() {
                    self.lost_wish(wish, loss)?;
                } else {
                    self.lost_opening(link, wish, loss)?;
                }
                Ok(None)
            }
            Stage::Profile(profile) if profile.has_rows() => Ok(self.give_up()),
            // Some meters say nothing where others refuse. The registers are there in any case.
            Stage::Events(_) | Stage::Profile(_) | Stage::Over => {
                self.missed += 1;
                Ok(if self.missed > MISSED_MAX { self.give_up() } else { self.answered_extra(None) })
            }
        }
    }

    /// Leaves what is wanted beside the registers; hands over what has come of it.
    pub(super) fn give_up(&mut self) -> Option<Part> {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Events(mut events) => events.found(),
            Stage::Profile(mut profile) => profile.give_up(),
            Stage::Opening(_) | Stage::Registers(_) | Stage::Over => None,
        }
    }

    /// Asking who is there.
    pub(super) const fn is_opening(&self) -> bool {
        matches!(self.stage, Stage::Opening(_))
    }

    /// All registers are there.
    pub(super) const fn has_registers(&self) -> bool {
        matches!(self.stage, Stage::Events(_) | Stage::Profile(_) | Stage::Over)
    }

    /// How many wishes of the plan have been asked for, and how many there are, as far as is known.
    pub(super) fn progress(&self) -> Option<(u32, u32)> {
        let left = u32::try_from(self.plan.left()).unwrap_or(u32::MAX);
        matches!(self.stage, Stage::Registers(_)).then(|| (self.done, self.done.saturating_add(left)))
    }

    pub(super) const fn is_mute(&self) -> bool {
        self.mute
    }

    /// Some answer the question for all with their own address, some with the one for all.
    fn introduced_by_energy(&mut self, link: &mut Link, from: Address, content: Option<&[u8]>) {
        link.prove();
        if from.is_own() {
            link.introduced(None, from);
        } else {
            self.plan.first(Wish { name: NUMBER_1997, block: None });
        }
        if let Some(content) = content {
            self.registers.take(TOTAL_1997, content);
        }
    }

    fn answered_wish(&mut self, link: &mut Link, from: Address, wish: Wish, answer: &Answer) {
        link.prove();
        self.done += 1;
        self.mute |= self.missed > 0;
        self.missed = 0;
        self.answered.get_or_insert(wish);
        if std::mem::take(&mut self.recheck) {
            return;
        }
        match answer {
            Answer::Refused(error) => {
                self.refusals |= error;
                self.plan.refused(wish);
            }
            Answer::Content { bytes, cut } => {
                let extent = self.registers.take(wish.name, bytes).unwrap_or_default();
                if extent.values == 0 {
                    self.plan.refused(wish);
                } else {
                    self.plan.answered(wish);
                }
                if extent.values > 0 && (*cut || extent.cut) {
                    self.plan.cut(wish, extent.values);
                }
            }
        }
        if wish.name == NUMBER_1997 && link.own_address().is_none() {
            let number = self.registers.number().and_then(|number| number.parse().ok());
            link.introduced(number, from);
        }
    }

    fn answered_extra(&mut self, content: Option<&[u8]>) -> Option<Part> {
        match &mut self.stage {
            Stage::Events(events) => events.answered(content),
            Stage::Profile(profile) => profile.answered(content),
            Stage::Opening(_) | Stage::Registers(_) | Stage::Over => None,
        }
    }

    /// The meter was there, but said nothing to this, or nothing that was undamaged.
    fn lost_wish(&mut self, wish: Option<Wish>, loss: Loss) -> Result<(), ReadError> {
        // A meter that is asked by its address is alone in answering.
        let error = Loss { collided: false, ..loss }.into_error();
        if self.recheck || loss.damaged {
            return Err(error);
        }
        self.done += 1;
        self.missed += 1;
        if let Some(wish) = wish {
            self.plan.refused(wish);
        }
        self.recheck = self.missed >= MISSED_MAX;
        match self.answered {
            None if self.recheck => Err(error),
            _ => Ok(()),
        }
    }

    /// Nobody has answered yet: another address, then another edition.
    fn lost_opening(&mut self, link: &mut Link, wish: Option<Wish>, loss: Loss) -> Result<(), ReadError> {
        self.opening.count(Loss { collided: false, ..loss });
        if link.try_alias() {
            wish.into_iter().for_each(|wish| self.plan.first(wish));
            Ok(())
        } else if let Some(edition) = self.editions.pop() {
            link.edition = edition;
            self.plan = Plan::new(edition, self.full);
            Ok(())
        } else {
            Err(self.opening.into_error())
        }
    }

    fn begin_events(&mut self, edition: Edition) {
        if self.wants.events {
            self.stage = Stage::Events(Events::new(edition));
        } else {
            self.begin_profile(edition);
        }
    }

    fn begin_profile(&mut self, edition: Edition) {
        self.stage = match (edition, self.wants.profile) {
            (Edition::Y2007, Some(span)) => Stage::Profile(Profile::new(span)),
            // The edition of 1997 keeps none.
            (Edition::Y1997, _) | (_, None) => Stage::Over,
        };
    }
}
