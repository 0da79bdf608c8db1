//! Where a test takes place: a screen without glass, a folder for the app, and the tools they need.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

use crate::{STOPS, app::App};

/// Programs, and the Debian package that brings each.
const TOOLS: [(&str, &str); 3] =
    [("Xvfb", "xvfb"), ("WebKitWebDriver", "webkit2gtk-driver"), ("dbus-run-session", "dbus")];

/// One window at a time: two of them on a small machine only wait for each other.
static TURN: Mutex<()> = Mutex::const_new(());

/// A screen and a folder that outlive the app.
pub(crate) struct Stage {
    _turn: MutexGuard<'static, ()>,
    screen: Child,
    display: String,
    folder: TempDir,
}

impl Stage {
    /// Waits for its turn and puts up a screen.
    pub(crate) async fn set() -> Self {
        let turn = TURN.lock().await;
        for (tool, package) in TOOLS {
            assert!(find(tool).is_some(), "{tool} is missing: apt-get install {package}");
        }
        let mut screen = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut number = String::new();
        BufReader::new(screen.stdout.take().unwrap()).read_line(&mut number).unwrap();
        assert!(!number.trim().is_empty(), "Xvfb found no free display");
        let display = format!(":{}", number.trim());
        Self { _turn: turn, screen, display, folder: tempfile::tempdir().unwrap() }
    }

    /// The app, open at its list.
    pub(crate) async fn open(&self) -> App {
        App::open(self).await
    }

    /// Where the app keeps its things.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// What the app is called with.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let home = self.home().display().to_string();
        let stops = STOPS.to_string();
        ["window", "--demo", "--home", &home, "--stops", &stops, "--seed", "3", "--speed", "200"]
            .map(str::to_owned)
            .into()
    }

    /// The app without a driver, and without some of its surroundings.
    pub(crate) fn command(&self, without: &[&str]) -> Command {
        let mut command = Command::new(binary());
        self.surround(command.args(self.arguments()));
        for name in without {
            command.env_remove(name);
        }
        command
    }

    /// What the office says to a file that was left: with the demo's own ledger and its recovery key.
    pub(crate) fn bring(&self, file: &Path) -> Value {
        let (ledger, key) = (self.home().join("hub.db"), self.home().join("recovery.key"));
        let mut command = Command::new(binary().with_file_name("lamplighter-hub"));
        command.arg("bring").arg(file).arg("--json").arg("--ledger").arg(ledger).arg("--key").arg(key);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Nothing of the person who runs the test reaches the app, and nothing of the app stays with that person.
    pub(crate) fn surround(&self, command: &mut Command) {
        for name in ["XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"] {
            let folder = self.folder.path().join(name);
            fs::create_dir_all(&folder).unwrap();
            command.env(name, folder);
        }
        command
            .env("DISPLAY", &self.display)
            .env_remove("WAYLAND_DISPLAY")
            .env("GDK_BACKEND", "x11")
            .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("LANG", "C.UTF-8");
    }

    /// The digits that the main register of a meter really shows, by the serial in the round.
    pub(crate) fn truth(&self, serial: &str) -> String {
        let text = fs::read(self.home().join("street/truth.json")).unwrap();
        let truth: Value = serde_json::from_slice(&text).unwrap();
        let stop = truth["stops"].as_array().unwrap().iter().find(|stop| stop["serial_in_round"] == serial);
        let registers =
            stop.unwrap_or_else(|| panic!("no stop with serial {serial}"))["registers"].as_object();
        let main = registers.unwrap().iter().find(|(obis, _)| obis.contains("1.8.0")).unwrap().1;
        main.as_str().unwrap().chars().filter(char::is_ascii_digit).collect()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.screen.kill().ok();
        self.screen.wait().ok();
    }
}

/// The app as it was built beside this test, or in the folder that `LAMPLIGHTER_BINARIES` names.
pub(crate) fn binary() -> PathBuf {
    let folder = std::env::var_os("LAMPLIGHTER_BINARIES").map_or_else(
        || std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned(),
        PathBuf::from,
    );
    for name in ["lamplighter", "lamplighter-street", "lamplighter-hub"] {
        let path = folder.join(name);
        assert!(path.exists(), "{} is missing: cargo build --workspace", path.display());
    }
    folder.join("lamplighter")
}

fn find(tool: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths)
        .map(|folder: PathBuf| folder.join(tool))
        .find(|path: &PathBuf| is_file(path))
}

fn is_file(path: &Path) -> bool {
    path.is_file()
}
