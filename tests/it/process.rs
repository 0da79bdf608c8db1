//! Real processes: the programs that were built beside this test, and children that never outlive it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use lamplighter_street::clock;
use serde_json::Value;

/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(240);

/// A program of ours, built with this test.
pub(crate) fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let folder = own.parent().and_then(Path::parent).unwrap();
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "{} is missing: build the workspace first (cargo build --workspace)",
        path.display()
    );
    path
}

/// What a program that has ended left.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Nothing where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// Standard output as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Ended well.
    #[track_caller]
    pub(crate) fn well(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// Failed, with nothing on standard output and one line on standard error that holds these words.
    #[track_caller]
    pub(crate) fn failed_saying(&self, words: &str) {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert_eq!((self.out.as_str(), self.err.lines().count()), ("", 1), "{self:?}");
        assert!(self.err.contains(words), "{words:?} is not said: {self:?}");
    }
}

/// Runs a program to its end.
pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(name: &str, words: impl IntoIterator<Item = S>) -> Ended {
    Running::start(Command::new(program(name)).args(words)).end()
}

/// A program at work; killed when dropped, also by a panic.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    errors: Receiver<String>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // In English, wherever the tests run.
        command.env("LC_ALL", "C");
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (lines, errors) = (listen(child.stdout.take().unwrap()), listen(child.stderr.take().unwrap()));
        Self { child, lines, errors }
    }

    /// The next line on standard output; nothing at its end.
    #[track_caller]
    pub(crate) fn line(&self) -> Option<String> {
        next(&self.lines)
    }

    /// The next line on standard error; nothing at its end.
    #[track_caller]
    pub(crate) fn error_line(&self) -> Option<String> {
        next(&self.errors)
    }

    /// The next line on standard output, if one comes within `wait`.
    pub(crate) fn line_within(&self, wait: Duration) -> Heard {
        match self.lines.recv_timeout(wait) {
            Ok(line) => Heard::Line(line),
            Err(RecvTimeoutError::Timeout) => Heard::Nothing,
            Err(RecvTimeoutError::Disconnected) => Heard::End,
        }
    }

    /// SIGKILL. What it has said is still to be heard.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Closes its standard input, hears it out, and waits for its end. Whoever shares its standard error has
    /// ended by then, too.
    #[track_caller]
    pub(crate) fn end(mut self) -> Ended {
        let (out, err) = (rest(&self.lines), rest(&self.errors));
        drop(self.child.stdin.take());
        Ended { code: self.wait().code(), out, err }
    }

    /// Waits until nobody is left who could write to its standard error: it and all its children.
    #[track_caller]
    pub(crate) fn wait_for_children(&self) -> String {
        rest(&self.errors)
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Closes its standard input and waits for its end.
    pub(crate) fn close(&mut self) -> ExitStatus {
        drop(self.child.stdin.take());
        self.wait()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What came, or did not.
pub(crate) enum Heard {
    Line(String),
    Nothing,
    End,
}

fn listen(from: impl Read + Send + 'static) -> Receiver<String> {
    let (say, heard) = channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            let Ok(line) = line else { return };
            if say.send(line).is_err() {
                return;
            }
        }
    });
    heard
}

#[track_caller]
fn next(from: &Receiver<String>) -> Option<String> {
    match from.recv_timeout(PATIENCE) {
        Ok(line) => Some(line),
        Err(RecvTimeoutError::Disconnected) => None,
        Err(RecvTimeoutError::Timeout) => panic!("nothing was said in {PATIENCE:?}"),
    }
}

#[track_caller]
fn rest(from: &Receiver<String>) -> String {
    let mut text = String::new();
    while let Some(line) = next(from) {
        text += &line;
        text.push('\n');
    }
    text
}

/// The command lines of all processes that name this path.
pub(crate) fn processes_naming(path: &Path) -> Vec<String> {
    let path = path.display().to_string();
    let words = |entry: fs::DirEntry| fs::read(entry.path().join("cmdline")).ok();
    let all = fs::read_dir("/proc").unwrap().flatten().filter_map(words);
    all.map(|words| String::from_utf8_lossy(&words).replace('\0', " "))
        .filter(|words| words.contains(&path))
        .collect()
}

/// Looks again and again until no process names this path: what ends by itself ends within ten seconds.
#[track_caller]
pub(crate) fn nobody_is_left(path: &Path) {
    let began = clock::now();
    loop {
        let left = processes_naming(path);
        if left.is_empty() {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "left behind: {left:#?}");
        thread::sleep(Duration::from_millis(20));
    }
}
