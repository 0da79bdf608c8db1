//! The project's own files, as the house rules look at them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What was not written by us, or not by hand.
const FOREIGN: [&str; 6] = ["target", "node_modules", "dist", "gen", "package-lock.json", "Cargo.lock"];
pub(crate) const PACKAGES: [&str; 7] =
    ["core", "sync", "sync/hub", "src-tauri", "fixtures/street", "tests", "tests/sim"];

/// One file.
pub(crate) struct Source {
    /// From the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// Of Rust, without what follows `//`.
    pub(crate) fn code(&self) -> impl Iterator<Item = &str> {
        self.text.lines().map(|line| line.split("//").next().unwrap_or_default())
    }

    /// The folder of the package it belongs to: the longest that fits.
    pub(crate) fn package(&self) -> Option<&'static str> {
        let holds = |folder: &&&str| self.path.starts_with(&format!("{folder}/"));
        PACKAGES.iter().filter(holds).max_by_key(|folder| folder.len()).copied()
    }

    pub(crate) fn is(&self, extensions: &[&str]) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
    }
}

/// Every text file of ours.
pub(crate) fn all() -> Vec<Source> {
    let root = root();
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if FOREIGN.contains(&name.as_str()) || (name.starts_with('.') && name != ".ci") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let path = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
                files.push(Source { path, text });
            }
        }
    }
    assert!(files.len() > 200, "found {} files: the test looks in the wrong place", files.len());
    files
}

pub(crate) fn rust() -> impl Iterator<Item = Source> {
    all().into_iter().filter(|source| source.is(&["rs"]))
}

/// The `Cargo.toml` of a package.
pub(crate) fn manifest(folder: &str) -> String {
    fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap()
}

/// The names under a heading of a manifest, such as `dependencies`.
pub(crate) fn names(manifest: &str, heading: &str) -> Vec<String> {
    let heading = format!("[{heading}]");
    let lines = manifest.lines().skip_while(|line| *line != heading).skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split([' ', '.', '=']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(Into::into)
        .collect()
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
