//! Everybody in one story: does what the steps say, and heals everything at its end.

use std::collections::{BTreeMap, HashSet};

use lamplighter_core::id::{DeviceId, StopId};
use lamplighter_sync::{
    exchange::Request,
    session::{Outcome, Reason},
};

use crate::{
    clock::Clock,
    dice::Dice,
    disk::{Cut, Disk, Image},
    handheld::Handheld,
    link::Link,
    office::Office,
    oracle,
    story::{Kind, Step},
    town::{ROUNDS, town},
};

/// How often a healed device may have to sync until it agrees.
const SYNCS_MAX: usize = 24;
const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;
const MONTH_EVENTS: u32 = 5_000;

/// One story's world.
pub struct World {
    pub(crate) office: Office,
    pub(crate) handhelds: Vec<Handheld>,
    pub(crate) revoked: Vec<String>,
    /// Some device has two histories: what counts is then for the office to say.
    pub(crate) is_forked: bool,
    /// The hub may hold less than it gave receipts for: it was set back, or its disk lost what it said it had synced.
    pub(crate) is_set_back: bool,
    /// Stops that somebody has read.
    read: HashSet<StopId>,
    clock: Clock,
    backup: Option<Image>,
    late: BTreeMap<usize, Vec<Request>>,
    stops: u32,
    edition: u32,
    value: u32,
}

impl World {
    /// An office, one to three handhelds, and books.
    pub fn new(seed: u64) -> Result<Self, String> {
        let mut dice = Dice::of(seed, 2);
        let clock = Clock::default();
        let office = Office::start(Disk::plug_in(&Image::default()), &clock, dice.bytes())?;
        let mut world = Self {
            office,
            handhelds: Vec::new(),
            revoked: Vec::new(),
            is_forked: false,
            is_set_back: false,
            read: HashSet::new(),
            clock,
            backup: None,
            late: BTreeMap::new(),
            stops: 4 + u32::try_from(dice.below(4)).unwrap_or_default(),
            edition: 1,
            value: 0,
        };
        world.office.import(&town(world.stops, world.edition), None)?;
        for number in 0..=dice.below(3) {
            let name = format!("Reader {number}");
            let device = DeviceId::new(dice.bytes());
            let code = format!("12345{number:05}");
            world.office.invite(&name, device, &code)?;
            let handheld = Handheld::start(&name, device, &Image::default())?;
            let key = dice.bytes();
            let link = Link::new(&world.office, Dice::of(seed, 3), 30, Vec::new());
            // A bad start: as often as it takes, with the same code.
            let tried = (0..50).any(|_| handheld.enrol(&link, &code, key).is_ok());
            if !tried {
                return Err(format!("stalled: {name} cannot be enrolled"));
            }
            world.handhelds.push(handheld);
        }
        let count = world.handhelds.len();
        for (at, code) in ROUNDS.iter().enumerate() {
            if let Some(handheld) = world.handhelds.get(at % count) {
                world.office.assign(code, &handheld.name)?;
            }
        }
        Ok(world)
    }

    /// One step.
    pub fn step(&mut self, step: Step) -> Result<(), String> {
        let mut dice = Dice::new(step.seed);
        let who = step.who % self.handhelds.len().max(1);
        self.clock.go(MINUTE_MS);
        for handheld in &self.handhelds {
            handheld.clock.go(MINUTE_MS);
        }
        match step.kind {
            Kind::Read | Kind::Correct => self.read(who, step.kind == Kind::Correct, &mut dice),
            Kind::Withdraw | Kind::Skip => self.leave(who, step.kind == Kind::Skip, &mut dice),
            Kind::Sync => self.sync(who, &mut dice)?,
            Kind::Month => self.month(who)?,
            Kind::Wait => self.clock.go(DAY_MS),
            Kind::Assign => {
                if let (Some(code), Some(handheld)) = (dice.pick(&ROUNDS), self.handhelds.get(who)) {
                    // The hub may be down, or its disk full.
                    let _ = self.office.assign(code, &handheld.name);
                }
            }
            Kind::Import => {
                self.edition += 1;
                let _ = self.office.import(&town(self.stops, self.edition), None);
            }
            Kind::Export => oracle::looks_sound(self)?,
            Kind::Backup => self.backup = Some(self.office.disk.image()),
            Kind::Restore => {
                self.is_set_back = true;
                if let Some(backup) = &self.backup {
                    self.office.replace(backup)?;
                }
            }
            Kind::Clone => {
                if let Some(copy) = self.handhelds.get(who).map(Handheld::clone_of).transpose()? {
                    self.is_forked = true;
                    self.handhelds.push(copy);
                }
            }
            Kind::Revoke => {
                if let Some(name) = self.handhelds.get(who).map(|handheld| handheld.name.clone()) {
                    // Where the hub fails at it, nobody knows whether it was done.
                    let _ = self.office.revoke(&name);
                    self.revoked.push(name);
                }
            }
            Kind::HubRestart | Kind::HubFailSoon | Kind::HubRoom | Kind::HubBadSync => {
                self.harm_office(step.kind, &mut dice)?
            }
            Kind::Restart | Kind::FailSoon | Kind::Room | Kind::BadSync | Kind::Jump => {
                self.harm(who, step.kind, &mut dice)?;
            }
        }
        self.pick_up(&mut dice)
    }

    /// Everything is made good; whoever can sync does, until all agree.
    pub fn heal(&mut self) -> Result<(), String> {
        let mut dice = Dice::new(0);
        self.office.disk.leave_room(None);
        self.office.disk.fail_syncs(0, Dice::new(0));
        self.office.cut(Cut::Nothing, &mut dice)?;
        for handheld in &mut self.handhelds {
            handheld.disk.leave_room(None);
            handheld.disk.fail_syncs(0, Dice::new(0));
            handheld.cut(Cut::Nothing, &mut dice)?;
        }
        for (who, late) in std::mem::take(&mut self.late) {
            for request in late {
                let _ = (who, self.office.answer(&request));
            }
        }
        // Twice: a restored hub may lack what another copy of a device told it.
        for _ in 0..2 {
            for handheld in &self.handhelds {
                self.agree(handheld)?;
            }
        }
        for name in &self.revoked {
            // A hub that was set back does not know that it locked somebody out.
            let _ = self.office.release(name);
        }
        Ok(())
    }

    fn agree(&self, handheld: &Handheld) -> Result<(), String> {
        let mut last = Outcome::Unreachable;
        for _ in 0..SYNCS_MAX {
            let link = Link::new(&self.office, Dice::new(0), 0, Vec::new());
            last = handheld.sync(&link).map_err(|error| format!("{}: {error}", handheld.name))?;
            match last {
                Outcome::Agreed | Outcome::Refused(Reason::Revoked) => return Ok(()),
                Outcome::Unreachable | Outcome::RetryAfter(_) | Outcome::Refused(_) => {}
            }
        }
        Err(format!("stalled: {} ends as {last:?}", handheld.name))
    }

    fn read(&mut self, who: usize, again: bool, dice: &mut Dice) {
        self.value += 1;
        let value = self.value;
        let Some(handheld) = self.handhelds.get_mut(who) else { return };
        let stops: Vec<StopId> =
            handheld.stops().into_iter().filter(|stop| !again || self.read.contains(stop)).collect();
        if let Some(stop) = dice.pick(&stops) {
            self.read.insert(*stop);
            if !handheld.read(*stop, value) {
                handheld.maybe.insert(value);
            }
        }
    }

    fn leave(&mut self, who: usize, skip: bool, dice: &mut Dice) {
        let Some(handheld) = self.handhelds.get_mut(who) else { return };
        let stops = handheld.stops();
        if let Some(stop) = dice.pick(&stops) {
            if skip {
                handheld.skip(*stop);
            } else {
                handheld.withdraw(*stop);
            }
        }
    }

    fn sync(&mut self, who: usize, dice: &mut Dice) -> Result<(), String> {
        let trouble = *dice.pick(&[0, 20, 50, 80]).unwrap_or(&0);
        let late = self.late.remove(&who).unwrap_or_default();
        let Some(handheld) = self.handhelds.get(who) else { return Ok(()) };
        let link = Link::new(&self.office, dice.clone(), trouble, late);
        // A store that fails says so; what it holds is looked at when it is opened again.
        let _ = handheld.sync(&link);
        let late = link.close();
        self.late.insert(who, late);
        oracle::receipts_are_held(self, who)
    }

    fn month(&mut self, who: usize) -> Result<(), String> {
        for event in 0..MONTH_EVENTS {
            self.read(who, false, &mut Dice::new(event.into()));
            if let Some(handheld) = self.handhelds.get(who) {
                handheld.clock.go(30 * DAY_MS / i64::from(MONTH_EVENTS));
            }
            self.pick_up(&mut Dice::new(event.into()))?;
        }
        self.clock.go(30 * DAY_MS);
        Ok(())
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "everything else is a restart")]
    fn harm(&mut self, who: usize, kind: Kind, dice: &mut Dice) -> Result<(), String> {
        let Some(handheld) = self.handhelds.get_mut(who) else { return Ok(()) };
        match kind {
            Kind::FailSoon => handheld.disk.dies_in(dice.below(80) as u64),
            Kind::Room => handheld.disk.leave_room(dice.once_in(2).then(|| dice.below(60_000))),
            Kind::BadSync => handheld.disk.fail_syncs(1 + dice.few(3), dice.clone()),
            Kind::Jump => handheld.clock.go(dice.below(400 * 86_400_000) as i64 - 200 * DAY_MS),
            _ if dice.once_in(2) => handheld.kill()?,
            _ => handheld.cut(*dice.pick(&Cut::ALL).unwrap_or(&Cut::Nothing), dice)?,
        }
        Ok(())
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "everything else is a restart")]
    fn harm_office(&mut self, kind: Kind, dice: &mut Dice) -> Result<(), String> {
        match kind {
            Kind::HubFailSoon => self.office.disk.dies_in(dice.below(80) as u64),
            Kind::HubRoom => self.office.disk.leave_room(dice.once_in(2).then(|| dice.below(60_000))),
            Kind::HubBadSync => {
                self.is_set_back = true;
                self.office.disk.fail_syncs(1 + dice.few(3), dice.clone());
            }
            _ if dice.once_in(2) => self.office.kill()?,
            _ => self.office.cut(*dice.pick(&Cut::ALL).unwrap_or(&Cut::Nothing), dice)?,
        }
        Ok(())
    }

    /// Whatever died in this step is started again.
    fn pick_up(&mut self, dice: &mut Dice) -> Result<(), String> {
        if self.office.disk.is_dead() {
            self.office.disk.leave_room(None);
            if dice.once_in(3) {
                self.office.kill()?;
            } else {
                self.office.cut(*dice.pick(&Cut::ALL).unwrap_or(&Cut::Nothing), dice)?;
            }
        }
        for handheld in &mut self.handhelds {
            if handheld.disk.is_dead() {
                handheld.disk.leave_room(None);
                if dice.once_in(3) {
                    handheld.kill()?;
                } else {
                    handheld.cut(*dice.pick(&Cut::ALL).unwrap_or(&Cut::Nothing), dice)?;
                }
            }
        }
        Ok(())
    }
}
