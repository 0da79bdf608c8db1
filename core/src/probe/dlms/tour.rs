//! What to read of a meter, in which order: who it is, what it has, its registers, then what else is wanted.
//!
//! The meter's own list of objects is the reference, because only it names all registers; an entry takes some 50
//! bytes, so that 150 objects take 8 s at 9600 Bd. For a meter that is known, or keeps no list, the usual objects
//! are tried: 37 of them, those that are there and those that are not, take 2 s. Values are asked for first, units
//! only of those that came: that is as many bytes as both together for what is there, and half for what is not.

use super::{
    apdu::Ask,
    batch::Batch,
    elements::Elements,
    events,
    found::Found,
    memory::{Known, Memory, Purpose},
    objects::{self, DEVICE_NAME, Gathered, OBJECT_LIST, Object, ObjectList, SERIAL},
};
use crate::{
    obis::Obis,
    probe::{
        part::{Part, Wants},
        port::{Output, Progress},
        readout::Readout,
        script::Script,
    },
};

/// Which registers to read.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Scope {
    /// All that the meter says it has.
    #[default]
    All,
    /// Those that billing needs, without asking the meter what else it has.
    Usual,
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Next {
    /// Ask this.
    Ask(Ask),
    /// It is known who the meter is; say how to go on.
    Named,
    /// All was read.
    Done,
}

/// A reading under way.
#[derive(Debug)]
pub(super) struct Tour {
    wants: Wants,
    scope: Scope,
    /// Attributes in one request.
    most: usize,
    selects: bool,
    step: Step,
    /// What was interrupted, to be gone on with.
    kept: Option<Box<Step>>,
    /// The link broke on the same question as often.
    losses: u8,
    /// The meter refused a list although it said it takes them.
    pub(super) one_by_one: bool,
    pub(super) found: Found,
    /// Load profiles to try, the best last, and logs to read.
    profiles: Vec<Obis>,
    logs: Vec<Obis>,
    /// The registers are known: of them only enough is read to see that this client is shown any.
    brief: bool,
    /// No load profile was there so far, and the meter's list may still name one.
    unlisted: bool,
}

#[derive(Debug)]
enum Step {
    Names(Batch),
    Named,
    Counters(Batch),
    Objects(Elements, ObjectList),
    Values(Batch),
    Units(Batch, Vec<Gathered>),
    Profile(Box<Memory>),
    Events(Box<Memory>),
    Done,
}

impl Tour {
    pub(super) fn new(wants: Wants, scope: Scope) -> Self {
        Self {
            wants,
            scope,
            most: 1,
            selects: false,
            step: Step::Done,
            kept: None,
            losses: 0,
            one_by_one: false,
            found: Found::default(),
            profiles: Vec::new(),
            logs: Vec::new(),
            brief: false,
            unlisted: false,
        }
    }

    /// Begins with a meter that takes so many attributes in one request.
    pub(super) fn enter(&mut self, most: usize, selects: bool, with_counters: bool) {
        (self.most, self.selects, self.losses) = (most, selects, 0);
        let mut names = vec![DEVICE_NAME.value(), SERIAL.value()];
        if with_counters && most > 1 {
            names.extend(objects::COUNTERS.map(Object::value));
        }
        let known = self.found.device_name.is_some() || self.found.serial.is_some();
        self.step = if known && !with_counters { Step::Named } else { Step::Names(Batch::new(names, most)) };
    }

    /// Comes back to the same meter after the link broke.
    pub(super) fn enter_again(&mut self, most: usize, selects: bool) {
        (self.most, self.selects) = (most, selects);
    }

    /// Goes on with the counters, one by one.
    pub(super) fn read_counters(&mut self) {
        let counters = objects::COUNTERS.map(Object::value).to_vec();
        self.step = Step::Counters(Batch::first_of(counters, self.most));
    }

    /// What is under way will be gone on with instead of the registers.
    pub(super) fn interrupt(&mut self) {
        self.kept = Some(Box::new(std::mem::replace(&mut self.step, Step::Done)));
    }

    /// Goes on with the registers.
    pub(super) fn read_registers(&mut self) {
        if let Some(kept) = self.kept.take() {
            self.step = *kept;
            return;
        }
        self.found.forget_registers();
        self.brief = self.wants.beside_only && (self.wants.profile.is_some() || self.wants.events);
        self.unlisted = self.brief && self.scope == Scope::All;
        self.step = if self.brief { self.take_few() } else { self.take_all() };
    }

    /// What is to be asked now; the same again until it is answered.
    pub(super) fn next(&mut self) -> Next {
        loop {
            let ask = match &mut self.step {
                Step::Names(batch) | Step::Counters(batch) | Step::Values(batch) | Step::Units(batch, _) => {
                    self.one_by_one |= self.most > 1 && batch.is_one_by_one();
                    batch.ask()
                }
                Step::Objects(elements, list) => {
                    (*elements, *list) = (Elements::default(), ObjectList::default());
                    Some(Ask::One(OBJECT_LIST, None))
                }
                Step::Profile(memory) | Step::Events(memory) => {
                    let (most, selects, clock) = (self.most, self.selects, self.found.clock);
                    memory.ask(&Known { most, selects, clock, scales: &self.found.scales })
                }
                Step::Named => return Next::Named,
                Step::Done => return Next::Done,
            };
            if let Some(ask) = ask {
                return Next::Ask(ask);
            }
            if self.one_by_one {
                self.most = 1;
            }
            self.step = self.step_on();
        }
    }

    /// The registers are there; what comes now is beside them.
    pub(super) const fn is_beside(&self) -> bool {
        matches!(self.step, Step::Profile(_) | Step::Events(_))
    }

    /// The meter may take long for what is asked now.
    pub(super) fn is_searching(&self) -> bool {
        match &self.step {
            Step::Profile(memory) | Step::Events(memory) => memory.is_searching(),
            Step::Objects(..) => true,
            Step::Names(_)
            | Step::Named
            | Step::Counters(_)
            | Step::Values(_)
            | Step::Units(..)
            | Step::Done => false,
        }
    }

    /// Some of the answer came. Tells whether more is wanted.
    pub(super) fn piece(&mut self, bytes: &[u8], is_last: bool, script: &mut Script<Readout>) -> bool {
        self.losses = 0;
        match &mut self.step {
            Step::Names(batch) | Step::Counters(batch) | Step::Units(batch, _) => batch.piece(bytes, is_last),
            Step::Values(batch) => {
                let more = batch.piece(bytes, is_last);
                let (done, total) = (count(batch.done()), Some(count(batch.len())));
                script.tell(Progress::Fetched { done, total });
                more
            }
            Step::Objects(elements, list) => {
                elements.push(bytes);
                let readable = loop {
                    match elements.next() {
                        Ok(Some(entry)) => list.take(&entry),
                        Ok(None) => break true,
                        Err(_) => break false,
                    }
                };
                if is_last || !readable {
                    self.listed();
                }
                readable
            }
            Step::Profile(memory) | Step::Events(memory) => {
                let mut parts = Vec::new();
                let more = memory.piece(bytes, is_last, &mut parts);
                let progress = memory.progress();
                hand_over(parts, script);
                if let Some((done, total)) = progress {
                    script.tell(Progress::Fetched { done, total });
                }
                more
            }
            Step::Named | Step::Done => false,
        }
    }

    /// The meter will not answer what is asked.
    pub(super) fn refused(&mut self, script: &mut Script<Readout>) {
        self.losses = 0;
        match &mut self.step {
            Step::Names(batch) | Step::Counters(batch) | Step::Values(batch) | Step::Units(batch, _) => {
                batch.refused();
            }
            Step::Objects(..) => self.listed(),
            Step::Profile(memory) | Step::Events(memory) => {
                let mut parts = Vec::new();
                memory.refused(&mut parts);
                hand_over(parts, script);
            }
            Step::Named | Step::Done => {}
        }
    }

    /// The link broke, or the answer could not be believed: once that is bad luck, twice it is the question.
    pub(super) fn lost(&mut self, script: &mut Script<Readout>) {
        if let Step::Profile(memory) | Step::Events(memory) = &mut self.step {
            let mut parts = Vec::new();
            memory.lost(&mut parts);
            hand_over(parts, script);
        }
        if self.losses > 0 {
            self.refused(script);
        } else {
            self.losses = 1;
        }
    }

    /// Bytes in memory.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        let step = match &self.step {
            Step::Names(batch) | Step::Counters(batch) | Step::Values(batch) => batch.held(),
            Step::Units(batch, gathered) => batch.held() + gathered.capacity() * size_of::<Gathered>(),
            Step::Objects(elements, list) => {
                elements.held() + list.registers.capacity() * size_of::<Object>()
            }
            Step::Profile(memory) | Step::Events(memory) => memory.held(),
            Step::Named | Step::Done => 0,
        };
        step + self.found.held()
    }

    /// The step behind one that is over.
    fn step_on(&mut self) -> Step {
        match std::mem::replace(&mut self.step, Step::Done) {
            Step::Names(batch) => {
                self.found.take_names(batch);
                Step::Named
            }
            Step::Counters(batch) => {
                self.found.take_names(batch);
                Step::Named
            }
            Step::Values(batch) => {
                let gathered = self.found.take_values(batch);
                let scalers = gathered.iter().filter_map(|gathered| gathered.object.scaler()).collect();
                Step::Units(Batch::new(scalers, self.most), gathered)
            }
            Step::Units(batch, gathered) => {
                self.found.take_units(batch, gathered, self.wants.profile.is_some());
                if self.found.measures {
                    self.profile()
                } else if std::mem::take(&mut self.brief) {
                    self.unlisted = false;
                    self.take_all()
                } else {
                    // Who shows no register shows no profile.
                    Step::Done
                }
            }
            Step::Profile(memory) if memory.is_there() => self.log(),
            Step::Profile(_) => self.profile(),
            Step::Events(_) => self.log(),
            Step::Named | Step::Objects(..) | Step::Done => Step::Done,
        }
    }

    /// The object list is through, or the meter has none.
    fn listed(&mut self) {
        let Step::Objects(_, list) = &mut self.step else { return };
        let list = std::mem::take(list);
        if list.registers.is_empty() && !self.brief {
            self.step = self.take_usual();
            return;
        }
        if !list.registers.is_empty() {
            (self.profiles, self.logs) = (list.profiles, list.logs);
            self.profiles.sort_by_key(|obis| std::cmp::Reverse((obis.d, obis.b)));
        }
        self.step = if self.brief { self.profile() } else { self.values(&list.registers) };
    }

    fn take_all(&mut self) -> Step {
        match self.scope {
            Scope::All => Step::Objects(Elements::default(), ObjectList::default()),
            Scope::Usual => self.take_usual(),
        }
    }

    fn take_usual(&mut self) -> Step {
        self.usual_memories();
        self.values(&objects::usual())
    }

    /// The clock, by which rows are counted, and one register; units of columns are read with the profile.
    fn take_few(&mut self) -> Step {
        self.usual_memories();
        let number = self.found.serial.is_none().then_some(objects::SUPPLIERS_NUMBER);
        let few: Vec<Object> = number.into_iter().chain([objects::CLOCK, objects::ENERGY]).collect();
        self.values(&few)
    }

    fn usual_memories(&mut self) {
        self.profiles = [2, 1].map(|d| Obis::electricity(99, d, 0)).to_vec();
        self.logs = events::LOGS.rev().map(events::log).collect();
    }

    fn values(&self, objects: &[Object]) -> Step {
        let attributes = objects.iter().flat_map(|object| [Some(object.value()), object.captured()]);
        Step::Values(Batch::new(attributes.flatten().collect(), self.most))
    }

    /// The next load profile to try; the first that is there is the one.
    fn profile(&mut self) -> Step {
        let Some(span) = self.wants.profile else { return self.log() };
        match self.profiles.pop() {
            Some(obis) => Step::Profile(Box::new(self.memory(obis, Purpose::Profile(span)))),
            None if std::mem::take(&mut self.unlisted) => self.take_all(),
            None => self.log(),
        }
    }

    fn log(&mut self) -> Step {
        match self.logs.pop().filter(|_| self.wants.events) {
            Some(obis) => Step::Events(Box::new(self.memory(obis, Purpose::Events))),
            None => Step::Done,
        }
    }

    fn memory(&self, obis: Obis, purpose: Purpose) -> Memory {
        let (most, selects, clock) = (self.most, self.selects, self.found.clock);
        Memory::new(obis, purpose, &Known { most, selects, clock, scales: &self.found.scales })
    }
}

fn hand_over(parts: Vec<Part>, script: &mut Script<Readout>) {
    parts.into_iter().for_each(|part| script.push(Output::Part(part)));
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
