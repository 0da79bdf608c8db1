//! Which meter we talk to, under which address, and who else is heard.

use std::collections::VecDeque;

use super::{address::Address, identifier::Edition};
use crate::probe::error::ReadError;

/// The meter at the other end.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) edition: Edition,
    /// What it is asked under.
    pub(super) address: Address,
    /// What else it may go by.
    aliases: VecDeque<Address>,
    /// All that it has said it is called, in either order.
    kin: Vec<Address>,
    /// What it is called, once that is known.
    name: Option<Address>,
    /// Whoever is there was asked, so that a second one must not be mistaken for the first.
    open: bool,
    /// It has answered under this address.
    proven: bool,
}

impl Link {
    /// To the meter of this address, whoever else is heard.
    pub(super) fn to(address: Address, edition: Edition) -> Self {
        Self {
            edition,
            address,
            aliases: VecDeque::new(),
            kin: vec![address],
            name: Some(address),
            open: false,
            proven: false,
        }
    }

    /// To whoever is there.
    pub(super) fn to_anyone(edition: Edition) -> Self {
        Self { kin: vec![], name: None, open: true, ..Self::to(Address::ANY, edition) }
    }

    /// Whether a frame from here is our meter's. A second meter in the beam of an open question is an error.
    pub(super) fn recognises(&self, from: Address) -> Result<bool, ReadError> {
        let unknown = self.kin.is_empty() && self.address.is_for(from);
        // Some answer from the address for all, whatever they were asked under.
        if unknown || self.kin.contains(&from) || from == Address::ANY {
            Ok(true)
        } else if self.open {
            Err(ReadError::Crowded)
        } else {
            Ok(false)
        }
    }

    /// The meter said who it is, and from which address. Some tell their address in the other order, or answer
    /// under the address for all: what they may go by is tried in turn.
    pub(super) fn introduced(&mut self, told: Option<Address>, from: Address) {
        let said = [told, Some(from)].into_iter().flatten().filter(|address| address.is_own());
        let said: Vec<Address> = said.collect();
        let turned = said.iter().map(|address| address.reversed());
        for address in said.iter().copied().chain(turned) {
            if address.is_own() && !self.kin.contains(&address) {
                self.kin.push(address);
            }
        }
        self.aliases = self.kin.iter().copied().chain([Address::ANY]).collect();
        self.name = said.first().copied().or(self.name);
        self.proven = false;
        self.try_alias();
    }

    /// Nobody answers under the address: goes on to the next one, if there is one.
    pub(super) fn try_alias(&mut self) -> bool {
        match self.aliases.pop_front() {
            Some(address) => {
                self.address = address;
                true
            }
            None => false,
        }
    }

    /// It answered.
    pub(super) fn prove(&mut self) {
        self.proven = true;
        if self.address.is_own() {
            self.name = Some(self.address);
        }
    }

    pub(super) const fn is_proven(&self) -> bool {
        self.proven
    }

    /// There are other addresses to try.
    pub(super) fn has_aliases(&self) -> bool {
        !self.aliases.is_empty()
    }

    /// Whoever was there was asked.
    pub(super) const fn is_open(&self) -> bool {
        self.open
    }

    /// What it is called.
    pub(super) const fn name(&self) -> Option<Address> {
        self.name
    }

    /// What it is called, where it answers to that.
    pub(super) fn own_address(&self) -> Option<Address> {
        Some(self.address).filter(|address| address.is_own())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn whoever_answers_an_open_question_first_is_the_only_one() {
        let mut link = Link::to_anyone(Edition::Y2007);
        let (one, other) = (address("204617583902"), address("204617583903"));
        assert_eq!(link.recognises(one), Ok(true));
        link.introduced(Some(one), Address::ANY);
        assert_eq!((link.recognises(one), link.recognises(Address::ANY)), (Ok(true), Ok(true)));
        assert_eq!(link.recognises(other), Err(ReadError::Crowded));
    }

    #[test]
    fn others_are_passed_over_where_a_meter_was_asked_by_its_address() {
        let link = Link::to(address("1"), Edition::Y2007);
        assert_eq!((link.recognises(address("1")), link.recognises(address("2"))), (Ok(true), Ok(false)));
        assert_eq!(link.recognises(Address::ANY), Ok(true));
    }

    #[test]
    fn what_a_meter_may_go_by_is_tried_in_turn() {
        let mut link = Link::to_anyone(Edition::Y2007);
        let told = address("204617583902");
        link.introduced(Some(told), Address::ANY);
        let mut tried = vec![link.address];
        while link.try_alias() {
            tried.push(link.address);
        }
        assert_eq!(tried, [told, told.reversed(), Address::ANY]);
        link.prove();
        assert_eq!((link.name(), link.own_address()), (Some(told), None));
    }
}
