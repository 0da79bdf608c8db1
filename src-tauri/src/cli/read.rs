//! `lamplighter read`: one meter, through a probe, to the terminal.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, atomic::AtomicBool},
};

use clap::{Args, ValueEnum};
use lamplighter_core::{
    id::MeterId,
    meter::Meter,
    probe::{
        detect::{Aim, Attempt},
        drive::DriveError,
        error::ReadError,
        keys::{Keyring, Keys},
        part::{MeterEvent, Part, ProfileRow, Span, Wants},
        port::Progress,
        readout::{Readout, Value},
        way::{Family, Way},
    },
    store::Store,
    time::Civil,
    work::{self, Probe},
};

use super::json;
use crate::{
    Failure, clock,
    device::{ProbeProfile, read_keys},
    probe::{self, Desk, Tried},
    texts::say,
};

/// What to read.
#[derive(Args, Debug)]
pub(super) struct ReadArguments {
    /// The probe's serial port, or tcp://HOST:PORT of a serial server.
    #[arg(long, value_name = "PATH|tcp://H:P")]
    port: String,
    /// How the meter talks.
    #[arg(long, value_enum, default_value_t = ProtocolWord::Auto)]
    protocol: ProtocolWord,
    /// The meter's address on the line, in its protocol's own writing: a device address, 12 digits of DL/T 645,
    /// or LOGICAL.PHYSICAL of DLMS.
    #[arg(long, value_name = "A")]
    address: Option<String>,
    /// The number on the meter: how it was reached before is remembered under it, and its keys are found by it.
    #[arg(long, value_name = "SERIAL")]
    meter: Option<String>,
    /// How the meter is reached, if that is known: `dlms 9600 at=1.17.16`.
    #[arg(long, value_name = "WAY")]
    way: Option<Way>,
    /// Password, for meters that want one before they answer single requests. A plain readout never needs it; in
    /// programming mode it is said once, when the meter opens with P0.
    #[arg(long, value_name = "P")]
    password: Option<String>,
    /// File with the passwords and keys of meters.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// Read the load profile of this time, too: two moments on the meter's clock, YYYY-MM-DDThh:mm:ss.
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"])]
    profile: Option<Vec<Civil>>,
    /// Read the meter's events, too.
    #[arg(long)]
    events: bool,
    /// Only the registers that a round needs, in less time.
    #[arg(long)]
    quick: bool,
    /// Also look in the ways that take long, about 25 s: slow pushes, sleeping meters, rare speeds.
    #[arg(long)]
    slow: bool,
    /// What the probe is and needs: unknown, contact, far-infrared or ansi, with dtr=on|off, rts=on|off, wake=MS.
    #[arg(long, value_name = "PROFILE", default_value = "unknown")]
    probe: ProbeProfile,
    /// Write the transcript of the exchange to this file.
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// A family of protocols, or all.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ProtocolWord {
    /// Whatever the meter answers to.
    Auto,
    /// IEC 62056-21, all modes, and telegrams that are pushed in its form.
    #[value(name = "iec62056-21")]
    Iec62056,
    /// DLMS/COSEM over HDLC.
    Dlms,
    /// DL/T 645, 2007 and 1997.
    Dlt645,
    /// SML, pushed.
    Sml,
    /// ANSI C12.18.
    C1218,
}

impl ProtocolWord {
    pub(super) const fn family(self) -> Option<Family> {
        match self {
            Self::Auto => None,
            Self::Iec62056 => Some(Family::Iec62056),
            Self::Dlms => Some(Family::Dlms),
            Self::Dlt645 => Some(Family::Dlt645),
            Self::Sml => Some(Family::Sml),
            Self::C1218 => Some(Family::C1218),
        }
    }
}

pub(super) fn run(home: Option<PathBuf>, arguments: &ReadArguments) -> Result<(), Failure> {
    let keyring = Arc::new(keyring(arguments)?);
    let folder = home.map_or_else(|| crate::window::default_home(false), Ok);
    // A look at a meter leaves no database behind; a key needs one for its counters.
    let store = match folder {
        Ok(folder) if folder.is_dir() || !keyring.is_empty() => open_store(&folder),
        Ok(_) | Err(_) => None,
    };
    let probe = Probe { name: arguments.port.clone(), head: arguments.probe.head, keyring };
    let aim = aim(arguments, store.as_ref(), &probe)?;
    let quiet = arguments.json;
    let mut show = |progress| {
        // That a key is wrong is never passed over.
        if !quiet || progress == Progress::KeyRefused {
            eprintln!("{}", words(&progress));
        }
    };
    let mut desk = Desk::new(store.as_ref(), &aim, &mut show).collecting();
    let planned = aim.serial.clone();
    let Tried { drive: driven, trail } =
        probe::read(&arguments.port, &arguments.probe, aim, &AtomicBool::new(false), &mut desk)?;
    let parts = desk.parts;
    if let Some(path) = &arguments.transcript {
        std::fs::write(path, driven.transcript.to_string()).map_err(Failure::new)?;
    }
    let readout = driven.result.map_err(|error| failure(error, &arguments.port, &trail))?;
    if let Some(store) = &store {
        let store = &mut crate::state::lock(store);
        work::remember(store, clock::now(), &probe, planned.as_deref(), &readout)?;
        // Without a planned number they wait for the one that the meter told.
        if let (None, Some(serial)) = (&planned, &readout.serial) {
            let from = arguments.profile.as_ref().and_then(|span| span.first().copied());
            parts.iter().try_for_each(|part| store.put_part(serial, from, part))?;
        }
    }
    if arguments.json {
        super::put(&format!("{}\n", json::readout(&readout, &driven.timing, &parts)));
    } else {
        let beside: String = parts.iter().map(words_beside).collect();
        super::put(&(words_of(&readout) + &beside));
    }
    Ok(())
}

fn keyring(arguments: &ReadArguments) -> Result<Keyring, Failure> {
    let mut ring = match &arguments.keys {
        Some(path) => read_keys(path).map_err(|error| Failure(format!("{}: {error}", path.display())))?,
        None => Keyring::default(),
    };
    if let Some(password) = &arguments.password {
        let serial = arguments.meter.as_deref().unwrap_or("*");
        let keys = ring.of(arguments.meter.as_deref()).cloned().unwrap_or_default();
        ring.add(serial, Keys { password: Some(password.clone()), ..keys });
    }
    Ok(ring)
}

fn open_store(folder: &Path) -> Option<Mutex<Store>> {
    let opened = std::fs::create_dir_all(folder)
        .map_err(|error| error.to_string())
        .and_then(|()| Store::open(&folder.join("reader.db")).map_err(|error| error.to_string()));
    match opened {
        Ok(opened) => Some(Mutex::new(opened.store)),
        Err(error) => {
            eprintln!("lamplighter: {}: {error}", folder.display());
            None
        }
    }
}

fn aim(arguments: &ReadArguments, store: Option<&Mutex<Store>>, probe: &Probe) -> Result<Aim, Failure> {
    let profile = match arguments.profile.as_deref() {
        Some([from, to]) if from <= to => Some(Span { from: *from, to: *to }),
        Some(_) => return Err(Failure(say("profile-backwards", &[]))),
        None => None,
    };
    let wants = Wants { profile, events: arguments.events, beside_only: false };
    let meter = arguments.meter.as_ref().map(|serial| Meter {
        id: MeterId::derived(&[serial.as_bytes()]),
        serial: serial.clone(),
        model: None,
        way: arguments.way.clone(),
        registers: Vec::new(),
    });
    let aim = match store {
        Some(store) => probe::aim(store, probe, meter.as_ref(), wants)?,
        None => {
            let random = probe::random()?;
            let [challenge @ .., _, _, _, _, _] = random;
            let mut system_title = *b"LMP\0\0\0\0\0";
            system_title[3..].copy_from_slice(&random[16..]);
            let serial = arguments.meter.clone();
            let keyring = probe.keyring.clone();
            Aim { head: probe.head, serial, keyring, challenge, system_title, wants, ..Aim::default() }
        }
    };
    Ok(Aim {
        known: arguments.way.clone().or(aim.known),
        family: arguments.protocol.family(),
        address: arguments.address.clone(),
        slow: arguments.slow,
        full: !arguments.quick,
        ..aim
    })
}

/// In one line: what happened, and where no protocol was answered, what was tried and what came back.
fn failure(error: DriveError, port: &str, trail: &[Attempt]) -> Failure {
    let unknown = matches!(error, DriveError::Read(ReadError::Unrecognised { .. }));
    let said = Failure::of_drive(error, port);
    if !unknown {
        return said;
    }
    let attempt = |attempt: &Attempt| {
        format!("{} {} Bd: {}", attempt.family, attempt.baud, say(&format!("heard-{}", attempt.outcome), &[]))
    };
    let tried = trail.iter().map(attempt).collect::<Vec<_>>().join("; ");
    Failure(format!("{said} {}", say("tried", &[("tried", tried)])))
}

/// What was read, for people.
pub(super) fn words_of(readout: &Readout) -> String {
    let mut lines = vec![format!("{}  {}  {} Bd", readout.identity, readout.protocol, readout.baud)];
    lines.push(match &readout.serial {
        Some(serial) => say("meter", &[("serial", serial.clone())]),
        None => say("meter-unknown", &[]),
    });
    lines.extend(readout.clock.map(|clock| say("clock", &[("clock", clock.to_string())])));
    format!("{}\n{}", lines.join("\n"), super::registers(&readout.registers))
}

fn words_beside(part: &Part) -> String {
    match part {
        Part::Profile(part) => part.rows.iter().map(row).collect(),
        Part::Events(events) => events.iter().map(event).collect(),
    }
}

fn row(row: &ProfileRow) -> String {
    let value = |value: &Option<Value>| value.as_ref().map_or("-".into(), ToString::to_string);
    let values = row.values.iter().map(value).collect::<Vec<String>>().join("  ");
    format!("{}  {values}\n", row.at)
}

fn event(event: &MeterEvent) -> String {
    let at = event.at.map_or("-".into(), |at| at.to_string());
    format!("{at}  {} ({})\n", event.kind, event.code)
}

fn words(progress: &Progress) -> String {
    match progress {
        Progress::Asking { attempt: 1 } => say("asking", &[]),
        Progress::Asking { attempt } => say("asking-again", &[("attempt", attempt.to_string())]),
        Progress::Answered { identity, baud } => {
            say("answered", &[("identity", identity.clone()), ("baud", baud.to_string())])
        }
        Progress::Receiving { bytes } => say("receiving", &[("bytes", bytes.to_string())]),
        Progress::Repeating => say("repeating", &[]),
        Progress::Trying { family, baud } => {
            say("trying", &[("family", family.to_string()), ("baud", baud.to_string())])
        }
        Progress::Fetched { done, total: Some(total) } => {
            say("fetched-of", &[("done", done.to_string()), ("total", total.to_string())])
        }
        Progress::Fetched { done, total: None } => say("fetched", &[("done", done.to_string())]),
        Progress::Signal { percent } => say("signal", &[("percent", percent.to_string())]),
        Progress::KeyRefused => say("key-refused", &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_its_word() {
        let words: Vec<_> = ProtocolWord::value_variants()
            .iter()
            .filter_map(|word| Some((word.to_possible_value()?.get_name().to_owned(), word.family()?)))
            .collect();
        assert_eq!(words.len(), Family::ALL.len());
        assert!(words.iter().all(|(word, family)| word == family.as_str()), "{words:?}");
        assert_eq!(Aim::default().head, ProbeProfile::default().head);
    }
}
