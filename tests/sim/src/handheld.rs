//! One handheld: the product's store over a disk of its own, and what its screen said was saved.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use lamplighter_core::{
    id::{DeviceId, ReadingId, StopId},
    obis::Obis,
    round::SkipReason,
    store::{Recorded, Store, StoreError},
    work,
};
use lamplighter_sync::{books, drive, session::Outcome};

use crate::{
    clock::Clock,
    dice::Dice,
    disk::{Cut, Disk, Image},
    link::Link,
    office::whole,
    town::{CYCLE, ROUNDS},
    wait::wait,
};

/// The file of the store.
pub const FILE: &str = "reader.db";
/// No disk here fails more often than this.
const OPENS_MAX: u32 = 8;

/// What became of a reading, as the reader knows it. Each has a value that no other has.
#[derive(Clone, Debug)]
pub struct Said {
    /// Where.
    pub stop: StopId,
    /// `current`, `superseded` or `withdrawn`, as the export has it.
    pub status: &'static str,
    /// Its name when it was recorded.
    pub id: ReadingId,
}

#[derive(Clone, Copy, Debug)]
enum Deed {
    Read(StopId, u32),
    Withdraw(u32),
}

/// A handheld.
pub struct Handheld {
    /// Whose.
    pub name: String,
    /// Which.
    pub device: DeviceId,
    /// Where its store is.
    pub disk: Arc<Disk>,
    /// Its clock.
    pub clock: Clock,
    /// What the screen said was saved, by value.
    pub said: BTreeMap<u32, Said>,
    /// Values that may exist or not: nobody was told.
    pub maybe: BTreeSet<u32>,
    /// What was asked for and answered by an error, and may turn out to be done after a restart.
    doubt: Option<Deed>,
    /// Which value counts, by stop.
    current: HashMap<StopId, u32>,
    store: Option<Mutex<Store>>,
}

impl Handheld {
    /// Opens the store on a disk.
    pub fn start(name: &str, device: DeviceId, image: &Image) -> Result<Self, String> {
        let mut handheld = Self {
            name: name.into(),
            device,
            disk: Disk::plug_in(image),
            clock: Clock::default(),
            said: BTreeMap::new(),
            maybe: BTreeSet::new(),
            doubt: None,
            current: HashMap::new(),
            store: None,
        };
        handheld.open()?;
        Ok(handheld)
    }

    /// A device that was made from a copy of this one's disk.
    pub fn clone_of(&self) -> Result<Self, String> {
        let mut copy = Self::start(&self.name, self.device, &self.disk.image())?;
        copy.said = self.said.clone();
        copy.maybe = self.maybe.clone();
        copy.current = self.current.clone();
        copy.doubt = self.doubt;
        copy.reconcile()?;
        Ok(copy)
    }

    /// Does something with the store.
    pub fn with<T>(&self, act: impl FnOnce(&mut Store) -> T) -> Option<T> {
        self.store.as_ref().map(|store| act(&mut store.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Enrols over a link.
    pub fn enrol(&self, link: &Link<'_>, code: &str, seed: [u8; 32]) -> Result<(), String> {
        let store = self.store.as_ref().ok_or("no store")?;
        wait(drive::enrol(link, store, "sim", code, seed)).map_err(|error| error.to_string())
    }

    /// Syncs once.
    pub fn sync(&self, link: &Link<'_>) -> Result<Outcome, StoreError> {
        let Some(store) = &self.store else { return Ok(Outcome::Unreachable) };
        wait(drive::sync(link, store, || self.clock.now(), |_| {})).map(|synced| synced.outcome)
    }

    /// The stops on this device.
    pub fn stops(&self) -> Vec<StopId> {
        let stops = |store: &mut Store| {
            let of = |code: &&str| store.stops(books::round_id(CYCLE, code)).unwrap_or_default();
            ROUNDS.iter().flat_map(of).map(|stop| stop.id).collect()
        };
        self.with(stops).unwrap_or_default()
    }

    /// Types what the display shows; the screen says "saved" if this was recorded.
    pub fn read(&mut self, stop: StopId, value: u32) -> bool {
        let now = self.clock.now();
        let entries = [(Obis::ACTIVE_IMPORT, format!("{value:07}"))];
        let done = self.with(|store| work::record_typed(store, now, stop, &entries, None));
        match done {
            Some(Ok(recorded)) => {
                self.doubt = None;
                self.note_read(stop, value, recorded.id);
                true
            }
            Some(Err(_)) | None => {
                self.doubt = Some(Deed::Read(stop, value));
                false
            }
        }
    }

    /// Takes the reading of a stop back.
    pub fn withdraw(&mut self, stop: StopId) {
        let Some(value) = self.current.get(&stop).copied() else { return };
        let now = self.clock.now();
        let id = self.find(value).map(|recorded| recorded.id);
        match id.and_then(|id| self.with(|store| store.withdraw(now, id))) {
            Some(Ok(())) => {
                self.doubt = None;
                self.note_withdrawn(value);
            }
            Some(Err(_)) | None => self.doubt = Some(Deed::Withdraw(value)),
        }
    }

    /// Gives a stop up.
    pub fn skip(&mut self, stop: StopId) {
        let now = self.clock.now();
        let _ = self.with(|store| store.skip(now, stop, SkipReason::Locked, None, None));
    }

    /// The process dies and is started again.
    pub fn kill(&mut self) -> Result<(), String> {
        self.disk.kill();
        self.store = None;
        self.open()?;
        self.reconcile()
    }

    /// The power goes and comes back.
    pub fn cut(&mut self, cut: Cut, dice: &mut Dice) -> Result<(), String> {
        let image = self.disk.cut(cut, dice);
        self.store = None;
        self.disk.pull_out();
        self.disk = Disk::plug_in(&image);
        self.open()?;
        self.reconcile()
    }

    /// Whether SQLite finds nothing wrong with the file.
    pub fn is_whole(&self) -> bool {
        whole(&self.disk, FILE)
    }

    fn open(&mut self) -> Result<(), String> {
        // A disk that fails is tried again.
        let mut opened = Store::open(&self.disk.path(FILE));
        for _ in 0..OPENS_MAX {
            if opened.is_err() {
                opened = Store::open(&self.disk.path(FILE));
            }
        }
        let opened = opened.map_err(|e| format!("broken: {}: {e}", self.name))?;
        if opened.set_aside.is_some() {
            return Err(format!("{}: the store was damaged by a power cut", self.name));
        }
        self.store = Some(Mutex::new(opened.store));
        Ok(())
    }

    /// After a restart: what was said to be saved is there; what was doubtful is decided.
    fn reconcile(&mut self) -> Result<(), String> {
        match self.doubt.take() {
            Some(Deed::Read(stop, value)) => {
                if let Some(found) = self.find(value) {
                    self.note_read(stop, value, found.id);
                }
            }
            Some(Deed::Withdraw(value)) if self.find(value).is_some_and(|found| found.withdrawn) => {
                self.note_withdrawn(value);
            }
            Some(Deed::Withdraw(_)) | None => {}
        }
        let held = self.values();
        match self.said.keys().find(|value| !held.contains(value)) {
            Some(value) => Err(format!("lost: {} said {value} was saved, and it is gone", self.name)),
            None => Ok(()),
        }
    }

    /// Every value in the store.
    pub fn values(&self) -> BTreeSet<u32> {
        self.all().iter().filter_map(value_of).collect()
    }

    /// A reading by its value, under the last name it has.
    pub fn find(&self, value: u32) -> Option<Recorded> {
        self.all().into_iter().rfind(|recorded| value_of(recorded) == Some(value))
    }

    fn all(&self) -> Vec<Recorded> {
        let all = |store: &mut Store| {
            let ids = store.reading_ids().unwrap_or_default();
            ids.into_iter().filter_map(|id| store.reading(id).ok().flatten()).collect()
        };
        self.with(all).unwrap_or_default()
    }

    fn note_read(&mut self, stop: StopId, value: u32, id: ReadingId) {
        if let Some(before) = self.current.insert(stop, value).and_then(|before| self.said.get_mut(&before)) {
            before.status = "superseded";
        }
        self.said.insert(value, Said { stop, status: "current", id });
    }

    fn note_withdrawn(&mut self, value: u32) {
        if let Some(said) = self.said.get_mut(&value) {
            said.status = "withdrawn";
            self.current.remove(&said.stop);
        }
    }
}

impl Drop for Handheld {
    fn drop(&mut self) {
        self.store = None;
        self.disk.pull_out();
    }
}

/// The value on the display, as typed.
pub fn value_of(recorded: &Recorded) -> Option<u32> {
    let shown = recorded.reading.values.first()?.value.rescaled(1).ok()?;
    u32::try_from(shown.mantissa()).ok()
}
