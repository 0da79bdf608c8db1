//! The window: its commands, its clockwork, and the demo that may stand behind it.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use clap::Args;
use lamplighter_core::store::Store;
use tauri::{Manager as _, WindowEvent};
use tokio::runtime::Runtime;

use crate::{
    Failure, commands,
    demo::{Day, Demo, Street},
    device::{KeysFile, watch_ports},
    probe::KEYS_FILE,
    state::{App, Home},
    sync_task::SyncTask,
    turn::Purpose,
};

/// How often the frame looks at position and sync.
const TICK: Duration = Duration::from_secs(1);

/// How the window opens.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct WindowArguments {
    /// Open with a round on a virtual street: meters, receiver and hub run beside the window.
    #[arg(long)]
    demo: bool,
    #[command(flatten)]
    day: Day,
}

/// Opens the window and returns when it is closed.
pub(crate) fn open(home: Option<PathBuf>, arguments: &WindowArguments) -> Result<(), Failure> {
    can_show()?;
    let folder = home.map_or_else(|| default_home(arguments.demo), Ok)?;
    std::fs::create_dir_all(&folder).map_err(|error| Failure(format!("{}: {error}", folder.display())))?;
    let _alone = Alone::in_folder(&folder)?;
    let opened = Store::open(&folder.join("reader.db"))?;
    if let Some(aside) = &opened.set_aside {
        eprintln!("lamplighter: the database was damaged; it is kept whole at {}", aside.display());
    }
    let store = Arc::new(Mutex::new(opened.store));
    let runtime = Runtime::new().map_err(Failure::new)?;
    let mut on_current: Option<Box<dyn Fn(u32) + Send + Sync>> = None;
    let mut hub = None;
    if arguments.demo {
        let demo = Demo::start(&folder, &arguments.day, None, None, &store, &runtime)?;
        on_current = Some(walk_along(demo.street));
        hub = demo.hub;
    }
    // A broken keys file costs the readings of locked meters only, so the window opens.
    let home = Home { keys: KeysFile::at(folder.join(KEYS_FILE)), folder };
    let app = Arc::new(App::new(store.clone(), home, on_current));
    app.listen().and_then(|()| app.resume()).map_err(|error| Failure(format!("{error:?}")))?;
    let task = SyncTask::start(runtime.handle(), store, {
        let app = Arc::downgrade(&app);
        move || {
            if let Some(app) = app.upgrade() {
                app.tell();
            }
        }
    });
    app.set_sync(task);
    tick(&app);
    watch(&app);
    let ran = show(app);
    drop(hub);
    ran
}

/// The window's own toolkit panics where there is no display; a person gets a line instead.
fn can_show() -> Result<(), Failure> {
    #[cfg(target_os = "linux")]
    gtk::init().map_err(|_| {
        Failure(
            "there is no display to open the window on; `lamplighter --help` lists what works without".into(),
        )
    })?;
    Ok(())
}

/// Keeps a second window off the same folder; the system takes the lock back however we end.
struct Alone {
    _lock: File,
}

impl Alone {
    fn in_folder(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join("window.lock");
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(|error| Failure(format!("{}: {error}", path.display())))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                Err(Failure(format!("it is already running with this folder: {}", folder.display())))
            }
            Err(TryLockError::Error(error)) => Err(Failure(format!("{}: {error}", path.display()))),
        }
    }
}

fn show(app: Arc<App>) -> Result<(), Failure> {
    tauri::Builder::default()
        .manage(app)
        .invoke_handler(tauri::generate_handler![
            commands::shift::shift_view,
            commands::shift::watch,
            commands::stop::stops_page,
            commands::stop::stop_view,
            commands::stop::select_stop,
            commands::probe::read_stop,
            commands::probe::read_beside,
            commands::probe::read_cancel,
            commands::probe::probe_test,
            commands::probe::save_transcript,
            commands::reading::take_for,
            commands::reading::record_typed,
            commands::stop::draft_save,
            commands::stop::skip_stop,
            commands::reading::withdraw,
            commands::shift::advance,
            commands::shift::sync_now,
            commands::shift::shift_summary,
            commands::shift::shift_close,
            commands::device::device_view,
            commands::device::device_set,
            commands::device::probe_set,
            commands::device::beside_set,
            commands::shift::enrol,
        ])
        .on_window_event(|window, event| {
            if matches!(event, WindowEvent::CloseRequested { .. }) {
                for purpose in [Purpose::Asked, Purpose::Beside] {
                    window.state::<Arc<App>>().cancel(purpose);
                }
            }
        })
        .run(tauri::generate_context!())
        .map_err(|error| Failure(format!("the window cannot be opened: {error}")))
}

/// Position and walk change without anybody asking.
fn tick(app: &Arc<App>) {
    let app = Arc::downgrade(app);
    thread::spawn(move || {
        while let Some(app) = app.upgrade() {
            app.settle().ok();
            app.tell();
            drop(app);
            thread::sleep(TICK);
        }
    });
}

/// The window hears of what is plugged in and pulled out.
fn watch(app: &Arc<App>) {
    let app = Arc::downgrade(app);
    watch_ports(move |change| {
        let Some(app) = app.upgrade() else { return false };
        if let Some(change) = change {
            app.tell_ports(change);
        }
        true
    });
}

/// The demo's reader goes where the screen goes; of several calls only the last counts.
fn walk_along(mut street: Street) -> Box<dyn Fn(u32) + Send + Sync> {
    let (go, calls) = mpsc::channel();
    thread::spawn(move || {
        while let Ok(mut stop) = calls.recv() {
            while let Ok(later) = calls.try_recv() {
                stop = later;
            }
            if street.walk(stop).is_err() {
                return;
            }
        }
    });
    let go = Mutex::new(go);
    Box::new(move |stop| {
        crate::state::lock(&go).send(stop).ok();
    })
}

/// Where the device's own things are kept. The demo has a folder of its own.
pub(crate) fn default_home(demo: bool) -> Result<PathBuf, Failure> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = named("XDG_DATA_HOME")
        .or_else(|| named("HOME").map(|home| home.join(".local/share")))
        .or_else(|| named("APPDATA"))
        .ok_or_else(|| Failure("there is no home folder: give --home".into()))?;
    Ok(data.join(Path::new(if demo { "lamplighter-demo" } else { "lamplighter" })))
}
