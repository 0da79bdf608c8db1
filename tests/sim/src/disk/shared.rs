//! The memory that connections to one database share: SQLite's index of its journal. Gone with the last of them.
#![allow(unsafe_code, reason = "SQLite is handed plain pointers; docs/decisions/0013-a-disk-below-sqlite.md")]

use std::{ffi::c_void, ptr};

/// Regions of one size, made as they are asked for.
#[derive(Debug, Default)]
pub(super) struct Shared {
    regions: Vec<Region>,
    /// Connections that look at it.
    users: Vec<u64>,
}

#[derive(Debug)]
struct Region {
    start: *mut u64,
    words: usize,
}

// SAFETY: a region is plain memory that nobody but its owner frees; who may read and write it when is what SQLite's
// own locks are for.
unsafe impl Send for Region {}

impl Region {
    fn new(bytes: usize) -> Self {
        let words = bytes.div_ceil(8);
        let start = Box::into_raw(vec![0_u64; words].into_boxed_slice()).cast::<u64>();
        Self { start, words }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: `start` came from `Box::into_raw` of a slice of exactly `words` words, and this runs once. Nobody uses
        // the pointer any more: regions go when the last connection has let go of them, or its process was killed and
        // its calls are turned away.
        drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(self.start, self.words)) });
    }
}

impl Shared {
    /// The start of region `at`; nothing where it is not there yet and shall not be made.
    pub(super) fn map(&mut self, holder: u64, at: usize, bytes: usize, make: bool) -> Option<*mut c_void> {
        if !self.users.contains(&holder) {
            self.users.push(holder);
        }
        while make && self.regions.len() <= at {
            self.regions.push(Region::new(bytes));
        }
        self.regions.get(at).map(|region| region.start.cast())
    }

    /// One user less; answers whether it was the last.
    pub(super) fn unmap(&mut self, holder: u64) -> bool {
        self.users.retain(|other| *other != holder);
        self.users.is_empty()
    }
}
