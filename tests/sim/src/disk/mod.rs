//! A disk in memory for one machine, below the SQLite that the product links: what runs over it is the product's own
//! code, unchanged, because [`vfs`] is registered as the default.

mod locks;
mod media;
mod open;
mod shared;
mod vfs;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

pub use media::{Cut, Image, Media, Op, SECTOR};

use self::{locks::Locks, shared::Shared};
use crate::dice::Dice;

/// Every disk that is plugged in, by its number.
static PLUGGED: LazyLock<Mutex<HashMap<u64, Arc<Disk>>>> = LazyLock::new(Mutex::default);
static NUMBERS: AtomicU64 = AtomicU64::new(1);
/// Paths on our disks begin so; the number follows.
const PREFIX: &str = "/lamplighter-sim-disk-";

/// Why the disk did not do as asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Trouble {
    /// There is no power, or the process that asks was killed.
    Dead,
    /// No room.
    Full,
    /// The sync failed.
    Sync,
    /// There is no such file.
    Missing,
}

/// A disk with power.
#[derive(Debug)]
pub struct Disk {
    number: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    media: Media,
    /// Things done so far.
    done: u64,
    record: Option<Vec<Op>>,
    /// Counts processes: who opened a file before the last kill has lost it.
    process: u64,
    /// Connections so far.
    holders: u64,
    is_dead: bool,
    dies_at: Option<u64>,
    room: Option<usize>,
    syncs_failing: u32,
    dice: Option<Dice>,
    /// By process and file: nothing of a killed process is in the way of the next.
    locks: HashMap<(u64, usize), Locks>,
    shared: HashMap<(u64, usize), Shared>,
}

impl Disk {
    /// Plugs in a disk with these files.
    pub fn plug_in(image: &Image) -> Arc<Self> {
        vfs::register();
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let state = State { media: Media::new(image), ..State::default() };
        let disk = Arc::new(Self { number, state: Mutex::new(state) });
        plugged().insert(number, Arc::clone(&disk));
        disk
    }

    /// The path of a file on this disk.
    pub fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("{PREFIX}{}/{name}", self.number))
    }

    /// Takes the power away. What is open on it can only be dropped.
    pub fn cut(&self, cut: Cut, dice: &mut Dice) -> Image {
        let mut state = self.state();
        state.is_dead = true;
        state.media.cut(cut, dice)
    }

    /// The process is gone; what it wrote is still on its way to the disk.
    pub fn kill(&self) {
        let mut state = self.state();
        state.process += 1;
        state.is_dead = false;
        state.dies_at = None;
    }

    /// The process dies, with or without the power, before the `ops`-th thing from now.
    pub fn dies_in(&self, ops: u64) {
        let mut state = self.state();
        state.dies_at = Some(state.done + ops);
    }

    /// Nobody can reach it any more.
    pub fn is_dead(&self) -> bool {
        self.state().is_dead
    }

    /// No more than `bytes` beyond what is used; `None` for as much as one likes.
    pub fn leave_room(&self, bytes: Option<usize>) {
        let mut state = self.state();
        state.room = bytes.map(|bytes| state.media.used() + bytes);
    }

    /// The next `count` syncs fail, and what was to be synced is lost as far as the dice say.
    pub fn fail_syncs(&self, count: u32, dice: Dice) {
        let mut state = self.state();
        state.syncs_failing = count;
        state.dice = Some(dice);
    }

    /// How many things were done so far.
    pub fn done(&self) -> u64 {
        self.state().done
    }

    /// From now on everything that is done is noted.
    pub fn begin_record(&self) {
        self.state().record = Some(Vec::new());
    }

    /// What was noted.
    pub fn end_record(&self) -> Vec<Op> {
        self.state().record.take().unwrap_or_default()
    }

    /// What is there, as a program sees it.
    pub fn image(&self) -> Image {
        self.state().media.cut(Cut::Everything, &mut Dice::new(0))
    }

    /// Pulls the plug: nothing finds it any more.
    pub fn pull_out(&self) {
        self.state().is_dead = true;
        plugged().remove(&self.number);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Before anything is done: whether there is power, and whether whoever asks is alive.
    fn alive(&self, process: u64) -> Result<(), Trouble> {
        if self.is_dead || process != self.process { Err(Trouble::Dead) } else { Ok(()) }
    }

    fn act(&mut self, process: u64, op: Op) -> Result<(), Trouble> {
        self.alive(process)?;
        if self.dies_at.is_some_and(|at| self.done >= at) {
            self.is_dead = true;
            return Err(Trouble::Dead);
        }
        self.done += 1;
        self.media.apply(&op);
        if let Some(record) = &mut self.record {
            record.push(op);
        }
        Ok(())
    }

    fn has_room(&self, file: usize, end: usize) -> bool {
        let more = end.saturating_sub(self.media.bytes(file).len());
        more == 0 || self.room.is_none_or(|room| self.media.used() + more <= room)
    }
}

/// The disk and the name of the file that a path leads to.
fn find(path: &str) -> Option<(Arc<Disk>, String)> {
    let (number, name) = path.strip_prefix(PREFIX)?.split_once('/')?;
    let disk = plugged().get(&number.parse().ok()?).cloned()?;
    Some((disk, name.into()))
}

fn plugged() -> MutexGuard<'static, HashMap<u64, Arc<Disk>>> {
    PLUGGED.lock().unwrap_or_else(PoisonError::into_inner)
}
