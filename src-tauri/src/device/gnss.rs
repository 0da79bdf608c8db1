//! Feeds a receiver from a port on its own thread; tells what it knows to whoever asks.

use std::{
    io::{self, Read as _},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use lamplighter_core::{
    gnss::{
        fix::Fix,
        receiver::{Event, Receiver},
        track::Track,
    },
    time::UtcMs,
};
use serialport::SerialPort as _;

use super::{line::LineError, serial::open_port};
use crate::clock;

const BAUD: u32 = 9_600;
const READ_WAIT: Duration = Duration::from_millis(200);
/// A receiver that is unplugged is looked for again after this.
const REOPEN_WAIT: Duration = Duration::from_secs(2);
/// A fix older than this says nothing about where the reader stands.
const FIX_AGE_MAX_MS: i64 = 15_000;

/// A receiver's port to read from. A read without news ends with `TimedOut` after a fifth of a second.
pub(crate) fn open_receiver(path: &str) -> Result<Box<dyn io::Read>, LineError> {
    let mut port = open_port(path, BAUD)?;
    port.set_timeout(READ_WAIT).ok();
    Ok(Box::new(port))
}

/// What the receiver knows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    fix: Option<Fix>,
    track: Track,
}

impl Place {
    /// The last fix, if it is young enough to stand for where the reader is.
    pub(crate) fn fix(&self, now: UtcMs) -> Option<Fix> {
        self.fix.filter(|fix| (0..=FIX_AGE_MAX_MS).contains(&fix.age_ms(now)))
    }

    /// Metres walked since the feed began.
    pub(crate) fn walked_m(&self) -> f64 {
        self.track.metres()
    }
}

/// A thread that listens to a receiver until this is dropped.
#[derive(Debug)]
pub(crate) struct GnssFeed {
    place: Arc<Mutex<Place>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl GnssFeed {
    /// Listens to the receiver at `path`, now or whenever it is plugged in.
    pub(crate) fn start(path: String) -> Self {
        let place = Arc::new(Mutex::new(Place::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let (place, stop) = (place.clone(), stop.clone());
            move || listen(&path, &place, &stop)
        });
        Self { place, stop, thread: Some(thread) }
    }

    /// What the receiver knows now.
    pub(crate) fn place(&self) -> Place {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for GnssFeed {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn listen(path: &str, place: &Mutex<Place>, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        if let Ok(mut port) = open_port(path, BAUD) {
            port.set_timeout(READ_WAIT).ok();
            read(&mut port, place, stop);
        }
        let slices = REOPEN_WAIT.as_millis() / READ_WAIT.as_millis();
        for _ in 0..slices {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            thread::sleep(READ_WAIT);
        }
    }
}

/// Until the port is gone or nobody wants to know any more.
fn read(port: &mut serialport::TTYPort, place: &Mutex<Place>, stop: &AtomicBool) {
    let mut receiver = Receiver::new();
    let mut buffer = [0; 512];
    while !stop.load(Ordering::Relaxed) {
        let count = match port.read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => count,
            Err(error) if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::Interrupted) => 0,
            Err(_) => return,
        };
        for event in receiver.handle(&buffer[..count], clock::now()) {
            if let Event::Fix(fix) = event {
                let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
                place.track.add(&fix);
                place.fix = Some(fix);
            }
        }
    }
}
