//! What a power cut may leave of a disk: sectors that were synced, and of the others any that the cut let through.
//! A model without SQLite and without a clock.
//!
//! Within a sector only bytes that somebody wrote since the last sync may come out wrong: SQLite is built to rely on
//! that (`SQLITE_IOCAP_POWERSAFE_OVERWRITE`), and so is the product. Changes of the folder survive in their order.

use std::{collections::BTreeMap, sync::Arc};

use crate::dice::Dice;

/// Bytes that a disk writes at once.
pub const SECTOR: usize = 512;

/// The files of a disk that has no power.
#[derive(Clone, Debug, Default)]
pub struct Image(pub BTreeMap<String, Arc<Vec<u8>>>);

/// What of the unsynced writes a power cut lets through.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Cut {
    /// Nothing.
    Nothing,
    /// Everything, as after `kill -9` of the process and an orderly shutdown.
    Everything,
    /// The oldest writes only.
    Prefix,
    /// Any sectors.
    Sectors,
    /// Any sectors, and one that was being written is garbage.
    Torn,
}

impl Cut {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Nothing, Self::Everything, Self::Prefix, Self::Sectors, Self::Torn];
}

/// One thing done to a disk.
#[derive(Clone, Debug)]
pub enum Op {
    /// A file came to be, empty.
    Create(String),
    /// Bytes were written.
    Write(String, usize, Arc<[u8]>),
    /// A file was cut to this size.
    Size(String, usize),
    /// Everything of this file, and the folder too where asked for, reached the disk.
    Sync(String, bool),
    /// The sync failed: of the unsynced writes these sectors reached the disk, and the system forgets about the rest.
    SyncLost(String, u64),
    /// A file went; the folder was synced where asked for.
    Delete(String, bool),
}

#[derive(Clone, Debug)]
enum Change {
    Write(usize, Arc<[u8]>),
    Size(usize),
}

#[derive(Clone, Debug, Default)]
struct File {
    /// What is on the disk for certain.
    certain: Arc<Vec<u8>>,
    /// What a program sees.
    seen: Arc<Vec<u8>>,
    unsynced: Vec<Change>,
}

/// A disk and what the system has not written to it yet.
#[derive(Clone, Debug, Default)]
pub struct Media {
    files: Vec<File>,
    /// Names on the disk for certain.
    certain: BTreeMap<String, usize>,
    /// Names that a program sees.
    seen: BTreeMap<String, usize>,
    /// What happened to names since the folder was synced.
    unsynced: Vec<(String, Option<usize>)>,
}

impl Media {
    /// A disk with these files, all of it written.
    pub fn new(image: &Image) -> Self {
        let files = image.0.values().map(|bytes| File {
            certain: Arc::clone(bytes),
            seen: Arc::clone(bytes),
            unsynced: Vec::new(),
        });
        let names: BTreeMap<String, usize> = image.0.keys().cloned().zip(0..).collect();
        Self { files: files.collect(), certain: names.clone(), seen: names, unsynced: Vec::new() }
    }

    /// The number of the file of this name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.seen.get(name).copied()
    }

    /// What a program sees of a file.
    pub fn bytes(&self, file: usize) -> &[u8] {
        self.files.get(file).map_or(&[], |file| &file.seen)
    }

    /// Bytes in all files that have a name.
    pub fn used(&self) -> usize {
        self.seen.values().map(|file| self.bytes(*file).len()).sum()
    }

    /// Whether anything waits to be written.
    pub fn is_certain(&self) -> bool {
        self.unsynced.is_empty() && self.seen.values().all(|file| self.unsynced_of(*file).is_empty())
    }

    /// Does one thing. What is asked of a file that is not there is not done.
    pub fn apply(&mut self, op: &Op) {
        match op {
            Op::Create(name) => {
                self.files.push(File::default());
                self.name(name, Some(self.files.len() - 1));
            }
            Op::Delete(name, synced) => {
                self.name(name, None);
                if *synced {
                    self.sync_folder();
                }
            }
            Op::Write(name, at, bytes) => self.change(name, Change::Write(*at, Arc::clone(bytes))),
            Op::Size(name, size) => self.change(name, Change::Size(*size)),
            Op::Sync(name, folder) => {
                if let Some(file) = self.file(name) {
                    file.sync();
                }
                if *folder {
                    self.sync_folder();
                }
            }
            Op::SyncLost(name, seed) => {
                if let Some(file) = self.file(name) {
                    file.lose(&mut Dice::new(*seed));
                }
            }
        }
    }

    /// What is there when the power comes back.
    pub fn cut(&self, cut: Cut, dice: &mut Dice) -> Image {
        let kept = match cut {
            Cut::Nothing => 0,
            Cut::Everything => self.unsynced.len(),
            Cut::Prefix | Cut::Sectors | Cut::Torn => dice.below(self.unsynced.len() + 1),
        };
        let mut names = self.certain.clone();
        for (name, file) in self.unsynced.iter().take(kept) {
            set(&mut names, name, *file);
        }
        let bytes = |file: usize, dice: &mut Dice| self.files.get(file).map(|file| file.cut(cut, dice));
        Image(names.into_iter().filter_map(|(name, file)| Some((name, bytes(file, dice)?))).collect())
    }

    fn unsynced_of(&self, file: usize) -> &[Change] {
        self.files.get(file).map_or(&[], |file| &file.unsynced)
    }

    fn file(&mut self, name: &str) -> Option<&mut File> {
        self.files.get_mut(*self.seen.get(name)?)
    }

    fn change(&mut self, name: &str, change: Change) {
        if let Some(file) = self.file(name) {
            put(Arc::make_mut(&mut file.seen), &change);
            file.unsynced.push(change);
        }
    }

    fn name(&mut self, name: &str, file: Option<usize>) {
        set(&mut self.seen, name, file);
        self.unsynced.push((name.into(), file));
    }

    fn sync_folder(&mut self) {
        for (name, file) in self.unsynced.drain(..) {
            set(&mut self.certain, &name, file);
        }
    }
}

impl File {
    fn sync(&mut self) {
        let certain = Arc::make_mut(&mut self.certain);
        for change in self.unsynced.drain(..) {
            put(certain, &change);
        }
    }

    fn lose(&mut self, dice: &mut Dice) {
        self.certain = self.cut(Cut::Sectors, dice);
        self.unsynced.clear();
    }

    fn cut(&self, cut: Cut, dice: &mut Dice) -> Arc<Vec<u8>> {
        if self.unsynced.is_empty() || cut == Cut::Nothing {
            return Arc::clone(&self.certain);
        }
        let mut bytes = Vec::clone(&self.certain);
        match cut {
            Cut::Nothing => {}
            Cut::Everything => self.unsynced.iter().for_each(|change| put(&mut bytes, change)),
            Cut::Prefix => {
                let kept = dice.below(self.unsynced.len() + 1);
                self.unsynced.iter().take(kept).for_each(|change| put(&mut bytes, change));
            }
            Cut::Sectors | Cut::Torn => {
                let eighths = *dice.pick(&[1, 4, 7]).unwrap_or(&4);
                let torn = (cut == Cut::Torn).then(|| dice.below(self.unsynced.len()));
                for (place, change) in self.unsynced.iter().enumerate() {
                    put_some(&mut bytes, change, dice, eighths);
                    if Some(place) == torn {
                        tear(&mut bytes, change, dice);
                    }
                }
            }
        }
        Arc::new(bytes)
    }
}

fn set(names: &mut BTreeMap<String, usize>, name: &str, file: Option<usize>) {
    match file {
        Some(file) => names.insert(name.into(), file),
        None => names.remove(name),
    };
}

fn put(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write(at, new) => write(bytes, *at, new),
        Change::Size(size) => bytes.resize(*size, 0),
    }
}

fn write(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
    let end = at + new.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    if let Some(place) = bytes.get_mut(at..end) {
        place.copy_from_slice(new);
    }
}

/// Puts the sectors of a change that the dice let through.
fn put_some(bytes: &mut Vec<u8>, change: &Change, dice: &mut Dice, eighths: usize) {
    match change {
        Change::Size(_) if dice.below(8) < eighths => put(bytes, change),
        Change::Size(_) => {}
        Change::Write(at, new) => {
            for (at, part) in sectors(*at, new) {
                if dice.below(8) < eighths {
                    write(bytes, at, part);
                }
            }
        }
    }
}

/// One sector of the change is neither old nor new.
fn tear(bytes: &mut Vec<u8>, change: &Change, dice: &mut Dice) {
    if let Change::Write(at, new) = change {
        let parts: Vec<_> = sectors(*at, new).collect();
        if let Some((at, part)) = dice.pick(&parts) {
            let garbage: Vec<u8> =
                (0..part.len().div_ceil(8)).flat_map(|_| dice.any().to_le_bytes()).collect();
            write(bytes, *at, garbage.get(..part.len()).unwrap_or_default());
        }
    }
}

/// A write as the pieces that fall into one sector each.
fn sectors(at: usize, bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(from..).filter(|rest| !rest.is_empty())?;
        let length = (SECTOR - (at + from) % SECTOR).min(rest.len());
        let piece = (at + from, rest.get(..length)?);
        from += length;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write_op(at: usize, bytes: &[u8]) -> Op {
        Op::Write("a".into(), at, bytes.into())
    }

    fn disk() -> Media {
        let mut media = Media::default();
        media.apply(&Op::Create("a".into()));
        media.apply(&write_op(0, &[1; 2_000]));
        media.apply(&Op::Sync("a".into(), true));
        media
    }

    #[test]
    fn what_was_synced_is_there_after_every_cut() {
        let mut media = disk();
        media.apply(&write_op(1_000, &[2; 1_500]));
        for seed in 0..200 {
            for cut in Cut::ALL {
                let image = media.cut(cut, &mut Dice::new(seed));
                let bytes = &image.0["a"];
                assert!(bytes[..1_000].iter().all(|byte| *byte == 1), "{cut:?}");
                if cut != Cut::Torn {
                    assert!(bytes[1_000..2_000].iter().all(|byte| *byte == 1 || *byte == 2));
                }
            }
        }
    }

    #[test]
    fn a_sector_is_old_or_new_as_a_whole() {
        let mut media = disk();
        media.apply(&write_op(0, &[2; 2_000]));
        let mut seen = std::collections::HashSet::new();
        for seed in 0..200 {
            let image = media.cut(Cut::Sectors, &mut Dice::new(seed));
            let whole = |part: &&[u8]| part.iter().all(|byte| *byte == part[0]);
            assert!(image.0["a"].chunks(SECTOR).all(|part| whole(&part)));
            seen.insert(image.0["a"].chunks(SECTOR).map(|part| part[0]).collect::<Vec<_>>());
        }
        assert!(seen.len() > 10);
    }

    #[test]
    fn a_file_whose_folder_was_not_synced_may_be_gone_or_back() {
        let mut media = disk();
        media.apply(&Op::Create("b".into()));
        media.apply(&Op::Delete("a".into(), false));
        let names = |cut| media.cut(cut, &mut Dice::new(1)).0.into_keys().collect::<Vec<_>>();
        assert_eq!(
            (names(Cut::Nothing), names(Cut::Everything)),
            (vec!["a".to_owned()], vec!["b".to_owned()])
        );
        media.apply(&Op::Sync("b".into(), true));
        assert_eq!(media.cut(Cut::Nothing, &mut Dice::new(1)).0.into_keys().collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn what_a_failed_sync_lost_no_later_sync_brings_back() {
        let lost = |seed: &u64| {
            let mut media = disk();
            media.apply(&write_op(0, &[2; SECTOR * 3]));
            media.apply(&Op::SyncLost("a".into(), *seed));
            media.apply(&write_op(SECTOR * 3, &[3; 10]));
            media.apply(&Op::Sync("a".into(), true));
            let image = media.cut(Cut::Everything, &mut Dice::new(1));
            assert_eq!(image.0["a"][SECTOR * 3], 3);
            assert_eq!(media.bytes(0)[0], 2, "a program sees what it wrote");
            image.0["a"].chunks(SECTOR).take(3).any(|sector| sector[0] == 1)
        };
        assert!((0..20).filter(lost).count() > 5);
    }
}
