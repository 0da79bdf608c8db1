//! The independent meters and decoders of `tests/peers`: their Python environment, made when it is first asked for.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use serde_json::Value;

use crate::{process::Running, sources::root};

/// Python with everything of `tests/peers/requirements.txt`.
pub(crate) fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let made = Command::new(root().join("tools/peers.sh")).output().unwrap();
        assert!(made.status.success(), "tools/peers.sh: {}", String::from_utf8_lossy(&made.stderr));
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
        target.join("peers/bin/python")
    })
}

/// One of the programs in `tests/peers`.
pub(crate) fn program(name: &str) -> Command {
    let mut command = Command::new(python());
    // Nothing of theirs is to be left in our folders.
    command.env("PYTHONDONTWRITEBYTECODE", "1").arg(root().join("tests/peers").join(name));
    command
}

/// A meter of others behind a pseudo-terminal; it ends with this.
pub(crate) struct JudgeMeter {
    running: Running,
    /// Where it is.
    pub(crate) port: String,
}

impl JudgeMeter {
    /// Starts one that holds this.
    pub(crate) fn start(kind: &str, truth: &Value, words: &[&str]) -> Self {
        let running = Running::start(program("meter.py").arg(kind).arg(truth.to_string()).args(words));
        let port =
            running.line().unwrap_or_else(|| panic!("{kind}: {}", running.error_line().unwrap_or_default()));
        Self { running, port }
    }

    /// What it complained about.
    pub(crate) fn end(mut self) -> String {
        self.running.close();
        std::iter::from_fn(|| self.running.error_line()).collect::<Vec<_>>().join("; ")
    }
}
