//! `lamplighter shift`: a whole shift without a window, on real parts.

mod check;
mod pilot;
mod show;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use clap::Args;
use lamplighter_core::store::Store;
use tokio::runtime::Runtime;

use self::{pilot::Pilot, show::Show};
use crate::{
    Failure, clock,
    demo::{Day, Demo},
    probe,
    state::lock,
};

/// How long the end of the shift waits for the hub to hold everything.
const HELD_WAIT: Duration = Duration::from_secs(120);

/// Nobody watches a meter of mode A spell its registers out at 300 Bd.
const UNWATCHED_PACE: f64 = 0.1;

/// What kind of shift.
#[derive(Args, Debug)]
pub(super) struct ShiftArguments {
    /// Walk the demo town with its own hub, meters and receiver.
    #[arg(long, required = true)]
    demo: bool,
    #[command(flatten)]
    day: Day,
    /// Write the hub's export here, to be proven by `lamplighter verify`.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Keep everything in this folder, and go on from there if a shift was broken off.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Use this hub, which already has the round, in place of one of our own. Needs --code the first time.
    #[arg(long, value_name = "URL")]
    hub: Option<String>,
    /// The one-time code for --hub.
    #[arg(long, value_name = "CODE", requires = "hub")]
    code: Option<String>,
    /// Say every step on standard output, one JSON object a line, as soon as it is so.
    #[arg(long)]
    follow: bool,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &ShiftArguments) -> Result<(), Failure> {
    if let Some(folder) = &arguments.keep {
        return walk(arguments, folder);
    }
    let temporary = Temporary::new()?;
    walk(arguments, &temporary.0).map_err(|failure| {
        let folder = temporary.keep();
        Failure(format!("{failure} [--keep {}]", folder.display()))
    })
}

fn walk(arguments: &ShiftArguments, folder: &Path) -> Result<(), Failure> {
    let began = clock::moment();
    std::fs::create_dir_all(folder).map_err(Failure::new)?;
    let mut show = Show::new(arguments.json, arguments.follow);
    show.say("town", &[]);
    let opened = Store::open(&folder.join("reader.db"))?;
    if let Some(aside) = opened.set_aside {
        return Err(Failure(format!("the database was damaged; it is kept whole at {}", aside.display())));
    }
    let store = Arc::new(Mutex::new(opened.store));
    let runtime = Runtime::new().map_err(Failure::new)?;
    let day = Day { pace: arguments.day.pace.or(Some(UNWATCHED_PACE)), ..arguments.day.clone() };
    let (url, code) = (arguments.hub.as_deref(), arguments.code.as_deref());
    let Demo { street, hub } = Demo::start(folder, &day, url, code, &store, &runtime)?;
    let keyring = probe::keys_in(folder).map_err(Failure)?;
    let mut pilot = Pilot::new(runtime.handle(), store.clone(), street, keyring);
    let walked_m = pilot.walk_the_round(&mut show)?;
    show.say("waiting-receipts", &[]);
    pilot.wait_until_held(HELD_WAIT)?;
    drop(pilot);
    let export = match (&arguments.export, &hub) {
        (Some(path), Some(hub)) => Some((path.clone(), hub)),
        (None, Some(hub)) => Some((folder.join("export.csv"), hub)),
        (Some(_), None) => return Err(Failure("--export needs the demo's own hub".into())),
        (None, None) => None,
    };
    if let Some((path, hub)) = &export {
        hub.export(path)?;
    }
    let mut tally = check::tally(&lock(&store), export.as_ref().map(|(path, _)| path.as_path()))?;
    tally.walk_m = walked_m;
    tally.ms = u64::try_from(clock::moment().since(began).as_millis()).unwrap_or(u64::MAX);
    show.end(&tally);
    if tally.lost > 0 || tally.doubled > 0 {
        return Err(Failure(format!("{} readings lost, {} doubled", tally.lost, tally.doubled)));
    }
    Ok(())
}

/// A folder that goes when we go.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> Result<Self, Failure> {
        let mut name = [0; 8];
        getrandom::fill(&mut name).map_err(Failure::new)?;
        let path = std::env::temp_dir().join(format!("lamplighter-{:016x}", u64::from_be_bytes(name)));
        std::fs::create_dir_all(&path).map_err(Failure::new)?;
        Ok(Self(path))
    }

    /// What is in it may be all there is of a shift: the folder stays.
    fn keep(self) -> PathBuf {
        let path = self.0.clone();
        std::mem::forget(self);
        path
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}
