//! The demo: a street and a hub as child processes, found beside our own binary. The app links neither.
//!
//! Both end when their standard input closes, so that no process is left behind however we end.

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Mutex,
};

use clap::Args;
use lamplighter_core::store::{Setting, Store};
use lamplighter_sync::{drive::enrol, http::HttpHub};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::{Failure, state::lock};

/// Who walks in the demo.
const READER: &str = "Demo Reader";

/// What kind of day it is to be.
#[derive(Args, Clone, Debug)]
pub(crate) struct Day {
    /// Stops of the round.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=2_000))]
    pub(crate) stops: u32,
    /// The town, its meters and their faults follow from this number.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// How much faster than a person the reader walks.
    #[arg(long, value_name = "F", default_value_t = 120.0)]
    pub(crate) speed: f64,
    /// Pace of the meters' own bytes: 1 is true line time, 0 as fast as can be. Without it the window's meters
    /// keep true time, and a shift without a window has them send ten times as fast.
    #[arg(long, value_name = "F")]
    pub(crate) pace: Option<f64>,
    /// Vices of probes and meters: none, mild or all.
    #[arg(long, value_name = "KIND", default_value = "mild")]
    pub(crate) vices: String,
}

impl Default for Day {
    fn default() -> Self {
        Self { stops: 40, seed: 1, speed: 120.0, pace: None, vices: "mild".into() }
    }
}

/// A street and a hub, and a device that is enrolled with it.
pub(crate) struct Demo {
    pub(crate) street: Street,
    /// None where somebody else's hub is used.
    pub(crate) hub: Option<Hub>,
}

impl Demo {
    /// Starts what the demo needs in `folder`, and enrols the device if it is not. With `hub_url` that hub is
    /// used, which already has the round, and `code` enrols there.
    pub(crate) fn start(
        folder: &Path,
        day: &Day,
        hub_url: Option<&str>,
        code: Option<&str>,
        store: &Mutex<Store>,
        runtime: &Runtime,
    ) -> Result<Self, Failure> {
        let street = Street::start(folder, day)?;
        let hub = if hub_url.is_some() { None } else { Some(Hub::start(folder)?) };
        let url = match (hub_url, &hub) {
            (Some(url), _) => url.to_owned(),
            (None, Some(hub)) => hub.url.clone(),
            (None, None) => return Err(Failure("there is no hub".into())),
        };
        if lock(store).identity()?.is_none() {
            let code = match (code, &hub) {
                (Some(code), _) => code.to_owned(),
                (None, Some(hub)) => hub.prepare(&street.round)?,
                (None, None) => return Err(Failure("this device is not enrolled: give --code".into())),
            };
            let mut seed = [0; 32];
            getrandom::fill(&mut seed).map_err(Failure::new)?;
            runtime.block_on(enrol(&HttpHub::new(&url)?, store, &url, &code, seed))?;
        }
        let mut own = lock(store);
        own.set_hub_url(&url)?;
        own.put_setting(Setting::ProbePort, Some(&street.probe))?;
        own.put_setting(Setting::GnssPort, Some(&street.gnss))?;
        drop(own);
        Ok(Self { street, hub })
    }
}

/// A hub of our own.
#[derive(Debug)]
pub(crate) struct Hub {
    child: Child,
    ledger: PathBuf,
    /// Where it listens.
    pub(crate) url: String,
}

impl Hub {
    /// Starts a hub over a ledger in `folder`.
    pub(crate) fn start(folder: &Path) -> Result<Self, Failure> {
        let ledger = folder.join("hub.db");
        let mut child = Command::new(beside("lamplighter-hub")?)
            .arg("--ledger")
            .arg(&ledger)
            .args(["serve", "--listen", "127.0.0.1:0", "--until-stdin-closes"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(Failure::new)?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.as_mut() {
            BufReader::new(stdout).read_line(&mut line).map_err(Failure::new)?;
        }
        let url = line.trim().strip_prefix("listening on ").map(str::to_owned);
        let url = url.ok_or_else(|| Failure("the hub did not start".into()))?;
        Ok(Self { child, ledger, url })
    }

    /// Brings the round in for our reader and answers the one-time code of a device that is not enrolled yet.
    pub(crate) fn prepare(&self, round: &Path) -> Result<String, Failure> {
        let enrolled = self.ask(&["enrol", READER, "--json"])?;
        let code = serde_json::from_str::<Value>(&enrolled)
            .ok()
            .and_then(|answer| answer.get("code")?.as_str().map(str::to_owned))
            .ok_or_else(|| Failure("the hub gave no code".into()))?;
        self.ask(&["import", &round.display().to_string(), "--for", READER])?;
        // An office of its own would keep the file elsewhere; here it lies beside the ledger, to be played with.
        if self.ask(&["recovery-key", "show"]).is_err() {
            let key = self.ledger.with_file_name("recovery.key");
            self.ask(&["recovery-key", "new", &key.display().to_string()])?;
        }
        Ok(code)
    }

    /// Writes everything the hub holds to a file that can be proven.
    pub(crate) fn export(&self, path: &Path) -> Result<(), Failure> {
        self.ask(&["export", &path.display().to_string()]).map(|_| ())
    }

    fn ask(&self, words: &[&str]) -> Result<String, Failure> {
        let output = Command::new(beside("lamplighter-hub")?)
            .arg("--ledger")
            .arg(&self.ledger)
            .args(words)
            .stdin(Stdio::null())
            .output()
            .map_err(Failure::new)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(Failure(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// A street to walk: the probe is under the meter of the stop where the reader stands.
#[derive(Debug)]
pub(crate) struct Street {
    child: Child,
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// The probe's port.
    pub(crate) probe: String,
    /// The receiver's port.
    pub(crate) gnss: String,
    /// The round as the office imports it.
    pub(crate) round: PathBuf,
}

impl Street {
    /// Builds the town of the day in `folder` and opens its ports.
    pub(crate) fn start(folder: &Path, day: &Day) -> Result<Self, Failure> {
        let folder = folder.join("street");
        fs::create_dir_all(&folder).map_err(Failure::new)?;
        let mut child = Command::new(beside("lamplighter-street")?)
            .arg("serve")
            .arg("--dir")
            .arg(&folder)
            .args(["--stops", &day.stops.to_string(), "--seed", &day.seed.to_string()])
            .args(["--speed", &day.speed.to_string(), "--pace", &day.pace.unwrap_or(1.0).to_string()])
            .args(["--vices", &day.vices])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(Failure::new)?;
        let commands = child.stdin.take();
        let mut answers = BufReader::new(child.stdout.take().ok_or_else(|| Failure("no street".into()))?);
        let ready = answer(&mut answers)?;
        let text = |name: &str| {
            let value = ready.get(name).and_then(Value::as_str).map(str::to_owned);
            value.ok_or_else(|| Failure(format!("the street did not say where its {name} is")))
        };
        let (probe, gnss, round) = (text("probe")?, text("gnss")?, text("round")?.into());
        Ok(Self { child, commands, answers, probe, gnss, round })
    }

    /// Walks to a stop, by its number; returns there, with the metres walked.
    pub(crate) fn walk(&mut self, stop: u32) -> Result<f64, Failure> {
        let commands = self.commands.as_mut().ok_or_else(|| Failure("the street has ended".into()))?;
        writeln!(commands, "walk {stop}").and_then(|()| commands.flush()).map_err(Failure::new)?;
        let arrived = answer(&mut self.answers)?;
        Ok(arrived.get("walked_m").and_then(Value::as_f64).unwrap_or_default())
    }
}

impl Drop for Street {
    fn drop(&mut self) {
        self.commands = None;
        end(&mut self.child);
    }
}

fn answer(answers: &mut BufReader<ChildStdout>) -> Result<Value, Failure> {
    let mut line = String::new();
    answers.read_line(&mut line).map_err(Failure::new)?;
    serde_json::from_str(&line).map_err(|_| Failure("the street has ended".into()))
}

/// The binary that was built with ours.
fn beside(name: &str) -> Result<PathBuf, Failure> {
    let own = env::current_exe().map_err(Failure::new)?;
    let path = own.with_file_name(format!("{name}{}", env::consts::EXE_SUFFIX));
    if path.exists() {
        return Ok(path);
    }
    Err(Failure(format!("the demo needs {} beside this program: build the whole workspace", path.display())))
}

/// Closes the child's input, which ends it; makes sure of it.
fn end(child: &mut Child) {
    drop(child.stdin.take());
    child.kill().ok();
    child.wait().ok();
}
