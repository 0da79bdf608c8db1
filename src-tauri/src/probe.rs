//! Reads the meter under the probe, whatever line the probe hangs on and whatever the meter speaks.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, atomic::AtomicBool},
};

use lamplighter_core::{
    meter::Meter,
    probe::{
        detect::{Aim, Attempt, Detect},
        drive::{Attendant, Drive, drive},
        keys::Keyring,
        part::{Part, Wants},
        port::{Progress, Reservation},
    },
    store::{Setting, Store},
    time::Civil,
    work::{self, Probe, WorkError},
};

use crate::{
    clock,
    device::{LineError, ProbeProfile, open_line, read_keys},
    dto::CommandError,
    state::lock,
};

/// Where a device keeps the keys that the office gave out, beside its database.
pub(crate) const KEYS_FILE: &str = "keys.json";

/// A readout, or why there is none, and what was tried.
#[derive(Debug)]
pub(crate) struct Tried {
    pub(crate) drive: Drive,
    pub(crate) trail: Vec<Attempt>,
}

/// Opens the line, finds out how the meter talks, reads, and releases the line.
pub(crate) fn read(
    port: &str,
    profile: &ProbeProfile,
    aim: Aim,
    cancel: &AtomicBool,
    desk: &mut Desk<'_>,
) -> Result<Tried, LineError> {
    let mut line = open_line(port, profile)?;
    let mut detect = Detect::start(clock::moment(), aim);
    let drive = drive(&mut detect, &mut *line, &clock::moment, cancel, desk);
    Ok(Tried { drive, trail: detect.trail().to_vec() })
}

/// The probe as the settings describe it.
pub(crate) fn probe_of(
    store: &Store,
    port: &str,
    keyring: Arc<Keyring>,
) -> Result<(Probe, ProbeProfile), WorkError> {
    // A profile of a newer release is no profile here.
    let profile: ProbeProfile =
        store.setting(Setting::ProbeProfile)?.and_then(|text| text.parse().ok()).unwrap_or_default();
    Ok((Probe { name: port.into(), head: profile.head, keyring }, profile))
}

/// Aims, with randomness of this machine.
pub(crate) fn aim(
    store: &Mutex<Store>,
    probe: &Probe,
    meter: Option<&Meter>,
    wants: Wants,
) -> Result<Aim, CommandError> {
    Ok(work::aim(&mut lock(store), probe, meter, wants, random()?)?)
}

/// Fresh randomness. Without it no meter is asked: a challenge that can be foreseen proves nothing, and a system
/// title that another device has as well gives our keys away.
pub(crate) fn random() -> Result<[u8; 21], CommandError> {
    let mut random = [0; 21];
    getrandom::fill(&mut random).map_err(CommandError::internal)?;
    Ok(random)
}

/// The keys in the device's folder; none where there is no such file.
pub(crate) fn keys_in(folder: &Path) -> Result<Arc<Keyring>, String> {
    let path = folder.join(KEYS_FILE);
    if !path.exists() {
        return Ok(Arc::default());
    }
    read_keys(&path).map(Arc::new).map_err(|error| format!("{}: {error}", path.display()))
}

/// Shows progress, and keeps what must be kept while a meter is being read.
pub(crate) struct Desk<'a> {
    store: Option<&'a Mutex<Store>>,
    /// Under which number parts are kept; without one they are only collected.
    serial: Option<String>,
    /// From when on a profile was asked for.
    from: Option<Civil>,
    on_progress: &'a mut dyn FnMut(Progress),
    /// What came beside the registers.
    pub(crate) parts: Vec<Part>,
    collects: bool,
    /// How many rows of a profile and how many events have come.
    pub(crate) kept: (u32, u32),
}

impl<'a> Desk<'a> {
    pub(crate) fn new(
        store: Option<&'a Mutex<Store>>,
        aim: &Aim,
        on_progress: &'a mut dyn FnMut(Progress),
    ) -> Self {
        let from = aim.wants.profile.map(|span| span.from);
        let (serial, parts) = (aim.serial.clone(), Vec::new());
        Self { store, serial, from, on_progress, parts, collects: false, kept: (0, 0) }
    }

    /// Keeps the parts also for whoever wants to show them.
    #[must_use]
    pub(crate) fn collecting(self) -> Self {
        Self { collects: true, ..self }
    }
}

impl Attendant for Desk<'_> {
    fn progress(&mut self, progress: Progress) {
        (self.on_progress)(progress);
    }

    fn reserve(&mut self, reservation: &Reservation) -> io::Result<u32> {
        let store = self.store.ok_or_else(|| io::Error::other("there is no database to keep counters in"))?;
        lock(store).reserve(reservation).map_err(io::Error::other)
    }

    fn part(&mut self, part: Part) -> io::Result<()> {
        if let (Some(store), Some(serial)) = (self.store, &self.serial) {
            lock(store).put_part(serial, self.from, &part).map_err(io::Error::other)?;
        }
        let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        match &part {
            Part::Profile(part) => self.kept.0 = self.kept.0.saturating_add(count(part.rows.len())),
            Part::Events(events) => self.kept.1 = self.kept.1.saturating_add(count(events.len())),
        }
        if self.collects {
            self.parts.push(part);
        }
        Ok(())
    }
}
