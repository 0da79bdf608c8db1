//! One open file on a disk, as one connection sees it.

use std::{ffi::c_void, sync::Arc};

use rusqlite::ffi;

use super::{Disk, State, Trouble, media::Op};

/// A file that a connection has open.
#[derive(Debug)]
pub(super) struct Open {
    disk: Arc<Disk>,
    name: String,
    file: usize,
    process: u64,
    holder: u64,
    /// Its first sync makes its name certain as well.
    is_new: bool,
}

impl Open {
    /// Opens the file, or makes it where `flags` allow that.
    pub(super) fn new((disk, name): (Arc<Disk>, String), flags: i32) -> Result<Self, Trouble> {
        let mut state = disk.state();
        let process = state.process;
        state.alive(process)?;
        let file = match state.media.find(&name) {
            Some(file) => file,
            None if flags & ffi::SQLITE_OPEN_CREATE == 0 => return Err(Trouble::Missing),
            None => {
                state.act(process, Op::Create(name.clone()))?;
                state.media.find(&name).ok_or(Trouble::Missing)?
            }
        };
        state.holders += 1;
        let holder = state.holders;
        drop(state);
        let journal = ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL;
        // SQLite's own VFS syncs the folder for these, and for these only.
        let is_new = flags & journal != 0 && flags & ffi::SQLITE_OPEN_CREATE != 0;
        Ok(Self { disk, name, file, process, holder, is_new })
    }

    /// Fills `place`; answers whether there was enough to fill it. The rest is zero.
    pub(super) fn read(&self, place: &mut [u8], at: usize) -> Result<bool, Trouble> {
        let state = self.disk.state();
        state.alive(self.process)?;
        let bytes = state.media.bytes(self.file).get(at..).unwrap_or_default();
        let length = bytes.len().min(place.len());
        let (filled, rest) = place.split_at_mut(length);
        filled.copy_from_slice(bytes.get(..length).unwrap_or_default());
        rest.fill(0);
        Ok(rest.is_empty())
    }

    pub(super) fn write(&self, at: usize, bytes: &[u8]) -> Result<(), Trouble> {
        let mut state = self.disk.state();
        if !state.has_room(self.file, at + bytes.len()) {
            return Err(Trouble::Full);
        }
        self.act(&mut state, Op::Write(self.name.clone(), at, bytes.into()))
    }

    pub(super) fn truncate(&self, size: usize) -> Result<(), Trouble> {
        self.act(&mut self.disk.state(), Op::Size(self.name.clone(), size))
    }

    pub(super) fn sync(&mut self) -> Result<(), Trouble> {
        let mut state = self.disk.state();
        if state.syncs_failing > 0 {
            state.syncs_failing -= 1;
            let seed = state.dice.as_mut().map_or(0, crate::dice::Dice::any);
            self.act(&mut state, Op::SyncLost(self.name.clone(), seed))?;
            return Err(Trouble::Sync);
        }
        self.act(&mut state, Op::Sync(self.name.clone(), self.is_new))?;
        drop(state);
        self.is_new = false;
        Ok(())
    }

    pub(super) fn size(&self) -> usize {
        self.disk.state().media.bytes(self.file).len()
    }

    pub(super) fn lock(&self, level: i32) -> Result<bool, Trouble> {
        let mut state = self.disk.state();
        state.alive(self.process)?;
        Ok(state.locks.entry((self.process, self.file)).or_default().raise(self.holder, level))
    }

    pub(super) fn unlock(&self, level: i32) {
        self.disk.state().locks.entry((self.process, self.file)).or_default().lower(self.holder, level);
    }

    pub(super) fn is_reserved(&self) -> bool {
        self.disk.state().locks.get(&(self.process, self.file)).is_some_and(super::locks::Locks::is_reserved)
    }

    pub(super) fn map(&self, at: usize, bytes: usize, make: bool) -> Result<Option<*mut c_void>, Trouble> {
        let mut state = self.disk.state();
        state.alive(self.process)?;
        Ok(state.shared.entry((self.process, self.file)).or_default().map(self.holder, at, bytes, make))
    }

    pub(super) fn take(&self, from: usize, count: usize, shared: bool) -> Result<bool, Trouble> {
        let mut state = self.disk.state();
        state.alive(self.process)?;
        Ok(state.locks.entry((self.process, self.file)).or_default().take(self.holder, from, count, shared))
    }

    pub(super) fn give_back(&self, from: usize, count: usize, shared: bool) {
        let mut state = self.disk.state();
        let locks = state.locks.entry((self.process, self.file)).or_default();
        locks.give_back(self.holder, from, count, shared);
    }

    pub(super) fn unmap(&self) {
        let mut state = self.disk.state();
        let place = (self.process, self.file);
        if state.shared.get_mut(&place).is_some_and(|shared| shared.unmap(self.holder)) {
            state.shared.remove(&place);
        }
    }

    /// Does something to this file, unless its name belongs to another by now.
    fn act(&self, state: &mut State, op: Op) -> Result<(), Trouble> {
        state.alive(self.process)?;
        if state.media.find(&self.name) == Some(self.file) { state.act(self.process, op) } else { Ok(()) }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.unmap();
        let mut state = self.disk.state();
        if let Some(locks) = state.locks.get_mut(&(self.process, self.file)) {
            locks.leave(self.holder);
        }
    }
}

impl Disk {
    /// Whether a file of this name is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.state().media.find(name).is_some()
    }

    /// Takes a name away.
    pub(super) fn delete(&self, name: &str, sync_folder: bool) -> Result<(), Trouble> {
        let mut state = self.state();
        let process = state.process;
        state.alive(process)?;
        state.media.find(name).ok_or(Trouble::Missing)?;
        state.act(process, Op::Delete(name.into(), sync_folder))
    }
}
