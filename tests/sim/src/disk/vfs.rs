//! SQLite's way to our disks: the C functions of a VFS, each a few lines over [`super::open`].
#![allow(unsafe_code, reason = "SQLite asks in C; docs/decisions/0013-a-disk-below-sqlite.md")]

use std::{
    ffi::{CStr, c_char, c_int, c_void},
    ptr, slice,
    sync::{
        Once,
        atomic::{AtomicU64, Ordering},
    },
};

use rusqlite::ffi;

use super::{Trouble, find, open::Open};
use crate::dice::Dice;

static REGISTERED: Once = Once::new();
static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};
/// Julian day 2461369, in milliseconds: SQLite's own clock stands still.
const NOW_MS: i64 = 2_461_369 * 86_400_000;
const PATH_MAX: c_int = 200;

/// What SQLite keeps for an open file: its own part first.
#[repr(C)]
struct File {
    methods: *const ffi::sqlite3_io_methods,
    open: *mut Open,
}

/// Makes our disks the ones that SQLite uses, for the whole process.
pub(super) fn register() {
    REGISTERED.call_once(|| {
        let vfs = ffi::sqlite3_vfs {
            iVersion: 2,
            szOsFile: c_int::try_from(size_of::<File>()).unwrap_or_default(),
            mxPathname: PATH_MAX,
            pNext: ptr::null_mut(),
            zName: c"lamplighter-sim".as_ptr(),
            pAppData: ptr::null_mut(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_pathname),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: None,
            xGetLastError: None,
            xCurrentTimeInt64: Some(current_time),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        };
        // SAFETY: the structure and its name live as long as the process, as SQLite wants; every function in it has the
        // signature that the header gives.
        let registered = unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 1) };
        assert_eq!(registered, ffi::SQLITE_OK, "SQLite does not take our disks");
    });
}

unsafe extern "C" fn open(
    _vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let file = file.cast::<File>();
    // SAFETY: SQLite gives `szOsFile` bytes for the file, not written yet, so they are written and not read; and a name
    // that is null or ends with zero.
    let path = unsafe {
        file.write(File { methods: ptr::null(), open: ptr::null_mut() });
        text(name)
    };
    let Some(found) = path.and_then(find) else { return ffi::SQLITE_CANTOPEN };
    match Open::new(found, flags) {
        Ok(open) => {
            // SAFETY: as above; `out_flags` is null or may be written. The box is freed in `close`.
            unsafe {
                file.write(File { methods: &raw const METHODS, open: Box::into_raw(Box::new(open)) });
                if !out_flags.is_null() {
                    out_flags.write(flags);
                }
            }
            ffi::SQLITE_OK
        }
        Err(_) => ffi::SQLITE_CANTOPEN,
    }
}

unsafe extern "C" fn delete(_vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    // SAFETY: SQLite gives a name that ends with zero.
    let Some((disk, name)) = unsafe { text(name) }.and_then(find) else { return ffi::SQLITE_IOERR_DELETE };
    code(disk.delete(&name, sync_folder != 0), ffi::SQLITE_IOERR_DELETE)
}

unsafe extern "C" fn access(
    _vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    _flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives a name that ends with zero, and a place for the answer.
    unsafe {
        let found = text(name).and_then(find);
        let is_there = found.is_some_and(|(disk, name)| disk.has(&name));
        out.write(is_there.into());
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_pathname(
    _vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite gives a name that ends with zero and `room` bytes for the answer.
    unsafe {
        let bytes = CStr::from_ptr(name).to_bytes_with_nul();
        if bytes.len() > usize::try_from(room).unwrap_or_default() {
            return ffi::SQLITE_CANTOPEN;
        }
        ptr::copy_nonoverlapping(bytes.as_ptr().cast(), out, bytes.len());
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn randomness(_vfs: *mut ffi::sqlite3_vfs, count: c_int, out: *mut c_char) -> c_int {
    static SEED: AtomicU64 = AtomicU64::new(1);
    let mut dice = Dice::new(SEED.fetch_add(1, Ordering::Relaxed));
    let room = usize::try_from(count).unwrap_or_default();
    // SAFETY: SQLite gives `count` bytes to be written.
    let place = unsafe { slice::from_raw_parts_mut(out.cast::<u8>(), room) };
    place.iter_mut().for_each(|byte| *byte = dice.bytes::<1>()[0]);
    count
}

/// Nobody waits for real time here: whoever has what is waited for gets a turn.
unsafe extern "C" fn sleep(_vfs: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    std::thread::yield_now();
    microseconds
}

unsafe extern "C" fn current_time(_vfs: *mut ffi::sqlite3_vfs, out: *mut ffi::sqlite3_int64) -> c_int {
    // SAFETY: SQLite gives a place for the answer.
    unsafe { out.write(NOW_MS) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: the file was opened by `open`, and SQLite closes it once and does not use it afterwards.
    unsafe { drop(Box::from_raw((*file.cast::<File>()).open)) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    out: *mut c_void,
    count: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    let (count, at) = (usize::try_from(count).unwrap_or_default(), usize::try_from(at).unwrap_or(usize::MAX));
    // SAFETY: SQLite gives `count` bytes to be written.
    let place = unsafe { slice::from_raw_parts_mut(out.cast::<u8>(), count) };
    // SAFETY: the file is open.
    match unsafe { opened(file) }.read(place, at) {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_IOERR_SHORT_READ,
        Err(trouble) => number(trouble, ffi::SQLITE_IOERR_READ),
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    count: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    let (count, at) = (usize::try_from(count).unwrap_or_default(), usize::try_from(at).unwrap_or_default());
    // SAFETY: SQLite gives `count` bytes to be read.
    let bytes = unsafe { slice::from_raw_parts(bytes.cast::<u8>(), count) };
    // SAFETY: the file is open.
    code(unsafe { opened(file) }.write(at, bytes), ffi::SQLITE_IOERR_WRITE)
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    // SAFETY: the file is open.
    let done = unsafe { opened(file) }.truncate(usize::try_from(size).unwrap_or_default());
    code(done, ffi::SQLITE_IOERR_TRUNCATE)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: the file is open, and this is the only reference to what belongs to it.
    code(unsafe { opened(file) }.sync(), ffi::SQLITE_IOERR_FSYNC)
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, out: *mut ffi::sqlite3_int64) -> c_int {
    // SAFETY: the file is open, and SQLite gives a place for the answer.
    unsafe { out.write(i64::try_from(opened(file).size()).unwrap_or(i64::MAX)) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: the file is open.
    busy(unsafe { opened(file) }.lock(level), ffi::SQLITE_IOERR_LOCK)
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: the file is open.
    unsafe { opened(file) }.unlock(level);
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: the file is open, and SQLite gives a place for the answer.
    unsafe { out.write(opened(file).is_reserved().into()) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_file: *mut ffi::sqlite3_file, _what: c_int, _with: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

/// As the VFS of every Unix says, whatever the disk: see `SQLITE_DEFAULT_SECTOR_SIZE`.
unsafe extern "C" fn sector_size(_file: *mut ffi::sqlite3_file) -> c_int {
    4096
}

/// Likewise: the only promise that SQLite takes from a disk of which it knows nothing.
unsafe extern "C" fn device_characteristics(_file: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    at: c_int,
    bytes: c_int,
    make: c_int,
    out: *mut *mut c_void,
) -> c_int {
    let (at, bytes) = (usize::try_from(at).unwrap_or_default(), usize::try_from(bytes).unwrap_or_default());
    // SAFETY: the file is open, and SQLite gives a place for the answer.
    unsafe {
        out.write(ptr::null_mut());
        match opened(file).map(at, bytes, make != 0) {
            Ok(region) => {
                out.write(region.unwrap_or(ptr::null_mut()));
                ffi::SQLITE_OK
            }
            Err(trouble) => number(trouble, ffi::SQLITE_IOERR_SHMMAP),
        }
    }
}

unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    from: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    let (from, count) =
        (usize::try_from(from).unwrap_or_default(), usize::try_from(count).unwrap_or_default());
    let shared = flags & ffi::SQLITE_SHM_SHARED != 0;
    // SAFETY: the file is open.
    let open = unsafe { opened(file) };
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        open.give_back(from, count, shared);
        return ffi::SQLITE_OK;
    }
    busy(open.take(from, count, shared), ffi::SQLITE_IOERR_SHMLOCK)
}

unsafe extern "C" fn shm_barrier(_file: *mut ffi::sqlite3_file) {
    std::sync::atomic::fence(Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _delete: c_int) -> c_int {
    // SAFETY: the file is open.
    unsafe { opened(file) }.unmap();
    ffi::SQLITE_OK
}

/// The name, if it is one.
///
/// # Safety
/// `name` is null, or ends with zero and lives as long as the answer is used.
unsafe fn text<'a>(name: *const c_char) -> Option<&'a str> {
    // SAFETY: that is what the caller promises.
    (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) }).and_then(|name| name.to_str().ok())
}

/// What belongs to an open file.
///
/// # Safety
/// `file` was opened by [`open`] and not closed, and no other call for it is under way: SQLite holds its own lock for
/// every file of a connection.
unsafe fn opened<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Open {
    // SAFETY: that is what the caller promises.
    unsafe { &mut *(*file.cast::<File>()).open }
}

fn code(done: Result<(), Trouble>, otherwise: c_int) -> c_int {
    done.map_or_else(|trouble| number(trouble, otherwise), |()| ffi::SQLITE_OK)
}

fn busy(taken: Result<bool, Trouble>, otherwise: c_int) -> c_int {
    match taken {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_BUSY,
        Err(trouble) => number(trouble, otherwise),
    }
}

const fn number(trouble: Trouble, otherwise: c_int) -> c_int {
    match trouble {
        Trouble::Full => ffi::SQLITE_FULL,
        Trouble::Missing => ffi::SQLITE_IOERR_DELETE_NOENT,
        Trouble::Dead | Trouble::Sync => otherwise,
    }
}
