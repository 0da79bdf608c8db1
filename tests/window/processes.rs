//! Which processes run for a home: the app names it on its command line, and so do the street and the hub.

use std::{fs, path::Path};

use nix::unistd::Pid;

/// Number and command line of every process that is alive and works for `home`.
pub(crate) fn of(home: &Path) -> Vec<(Pid, String)> {
    let home = home.display().to_string();
    let alive = |entry: fs::DirEntry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let words = fs::read(entry.path().join("cmdline")).ok()?;
        let words = String::from_utf8_lossy(&words).replace('\0', " ");
        // A dead process that nobody has asked about yet has no command line.
        (words.contains("lamplighter") && words.contains(&home)).then(|| (Pid::from_raw(pid), words))
    };
    fs::read_dir("/proc").unwrap().filter_map(|entry| alive(entry.ok()?)).collect()
}

/// Its hub.
pub(crate) fn hub(home: &Path) -> Option<Pid> {
    of(home).into_iter().find(|(_, words)| words.contains("lamplighter-hub ")).map(|(pid, _)| pid)
}

/// The app itself.
pub(crate) fn app(home: &Path) -> Option<Pid> {
    of(home).into_iter().find(|(_, words)| words.contains(" window ")).map(|(pid, _)| pid)
}
