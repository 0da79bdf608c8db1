//! `lamplighter shift`: a whole shift without a window, on real parts.

mod check;
mod pilot;
mod show;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use clap::Args;
use lamplighter_core::store::Store;
use lamplighter_sync::{drive::enrol, http::HttpHub};
use tokio::runtime::Runtime;

use self::{pilot::Pilot, show::Show};
use crate::{
    Failure, clock,
    demo::{Day, Hub, Street},
};

/// How long the end of the shift waits for the hub to hold everything.
const HELD_WAIT: Duration = Duration::from_secs(120);

/// What kind of shift.
#[derive(Args, Debug)]
pub(super) struct ShiftArguments {
    /// Walk the demo town with its own hub, meters and receiver.
    #[arg(long, required = true)]
    demo: bool,
    /// Stops of the round.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=2_000))]
    stops: u32,
    /// The town, its meters and their faults follow from this number.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Write the hub's export here, to be proven by `lamplighter verify`.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// How much faster than a person to walk.
    #[arg(long, value_name = "F", default_value_t = 120.0)]
    speed: f64,
    /// Pace of the meters' own bytes: 1 is true line time, 0 as fast as can be.
    #[arg(long, value_name = "F", default_value_t = 1.0)]
    pace: f64,
    /// Vices of probes and meters: none, mild or all.
    #[arg(long, value_name = "KIND", default_value = "mild")]
    vices: String,
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
    let began = clock::moment();
    let temporary;
    let folder: &Path = match &arguments.keep {
        Some(folder) => folder,
        None => {
            temporary = Temporary::new()?;
            &temporary.0
        }
    };
    std::fs::create_dir_all(folder).map_err(Failure::new)?;
    let mut show = Show::new(arguments.json, arguments.follow);
    show.say("Building the town …");
    let street = Street::start(folder, &arguments.day())?;
    let own_hub = if arguments.hub.is_some() { None } else { Some(Hub::start(folder)?) };
    let hub_url = match (&arguments.hub, &own_hub) {
        (Some(url), _) => url.clone(),
        (None, Some(hub)) => hub.url.clone(),
        (None, None) => return Err(Failure("there is no hub".into())),
    };
    let opened = Store::open(&folder.join("reader.db"))?;
    if let Some(aside) = opened.set_aside {
        return Err(Failure(format!("the database was damaged; it is kept at {}", aside.display())));
    }
    let store = Arc::new(Mutex::new(opened.store));
    let runtime = Runtime::new().map_err(Failure::new)?;
    if lock(&store).identity()?.is_none() {
        let code = match (&arguments.code, &own_hub) {
            (Some(code), _) => code.clone(),
            (None, Some(hub)) => hub.prepare(&street.round)?,
            (None, None) => return Err(Failure("this device is not enrolled: give --code".into())),
        };
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(Failure::new)?;
        runtime.block_on(enrol(&HttpHub::new(&hub_url)?, &store, &hub_url, &code, seed))?;
    }
    lock(&store).set_hub_url(&hub_url)?;
    let mut pilot = Pilot::new(runtime.handle(), store.clone(), street)?;
    let walked_m = pilot.walk_the_round(&mut show)?;
    show.say("Waiting for the hub's receipts …");
    pilot.wait_until_held(HELD_WAIT)?;
    drop(pilot);
    let export = match (&arguments.export, &own_hub) {
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

impl ShiftArguments {
    fn day(&self) -> Day {
        Day { stops: self.stops, seed: self.seed, speed: self.speed, pace: self.pace, vices: self.vices.clone() }
    }
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
}

impl Drop for Temporary {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn lock(store: &Mutex<Store>) -> std::sync::MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}
