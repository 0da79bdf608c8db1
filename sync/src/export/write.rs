//! Writes an export record by record. The verifier writes the same file anew from what it proved and compares,
//! so that there is one way only to write a fact.

use std::io::{self, Write};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use lamplighter_core::{
    audit::verdict::Level,
    decimal::Decimal,
    evidence::{
        chain::{Head, Log, reading_id},
        event::{Body, Event},
        seal::{PublicKey, Seal},
    },
    reading::{Method, Reading},
    time::UtcMs,
};
use sha2::{Digest as _, Sha256};

use super::{
    Status, Totals, VERSION,
    text::{hex, push_record},
};

/// The first record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Header {
    /// When the hub wrote the file.
    pub exported_at: UtcMs,
    /// Whose seal ends the file.
    pub hub_key: PublicKey,
    /// The only cycle whose readings are spelt out; empty for all.
    pub cycle: String,
}

/// Where a log begins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogStart {
    /// Which.
    pub log: Log,
    /// Whom the device belongs to.
    pub name: String,
    /// Whose seals stand in the log.
    pub key: PublicKey,
}

/// What the office's books say of the stop.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// The round's code.
    pub round: String,
    /// The round's cycle.
    pub cycle: String,
    /// The stop's number.
    pub number: u32,
    /// Street and house.
    pub address: String,
}

/// What a reading needs beside its own bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Row {
    /// Nothing where the office knows no such stop.
    pub place: Option<Place>,
    /// The meter's number; empty where the office knows no such meter.
    pub serial: String,
    /// Whether it stands.
    pub status: Status,
    /// One a value, in order; nothing where that register was not planned.
    pub multipliers: Vec<Option<Decimal>>,
}

/// Writes one export.
pub struct Writer<W> {
    out: W,
    hash: Sha256,
    line: String,
    totals: Totals,
    log: Option<Log>,
    head: Head,
}

impl<W: Write> Writer<W> {
    /// Begins.
    pub fn new(out: W, header: &Header) -> io::Result<Self> {
        let mut writer = Self {
            out,
            hash: Sha256::new(),
            line: String::new(),
            totals: Totals::default(),
            log: None,
            head: Head::EMPTY,
        };
        let (at, key) = (header.exported_at.to_string(), header.hub_key.to_string());
        writer.record(&["H", VERSION, &at, &key, &header.cycle])?;
        Ok(writer)
    }

    /// Begins a log.
    pub fn log(&mut self, start: &LogStart) -> io::Result<()> {
        self.log = Some(start.log);
        self.head = Head::EMPTY;
        let (device, epoch) = (start.log.device.to_string(), start.log.epoch.to_string());
        let (key, hash) = (start.key.to_string(), self.head.hash.to_string());
        self.record(&["D", &device, &start.name, &epoch, &key, "1", &hash])
    }

    /// Adds the next event of the log, spelt out where it is a reading and there is a `row` for it. Returns
    /// the new head. An event that is `held` back stands for nothing.
    pub fn event(&mut self, payload: &[u8], held: bool, row: Option<&Row>) -> io::Result<Head> {
        let log = self.log.ok_or_else(|| io::Error::other("an event before its log"))?;
        self.head = self.head.next(log, payload);
        let event = Event::from_bytes(payload).ok();
        let (device, epoch) = (log.device.to_string(), log.epoch.to_string());
        let (seq, hash) = (self.head.seq.to_string(), self.head.hash.to_string());
        let kind = if held { HELD } else { event.as_ref().map_or("unknown", |event| kind(&event.body)) };
        self.record(&["E", &device, &epoch, &seq, kind, &STANDARD.encode(payload), &hash])?;
        if let (Some(Event { body: Body::Reading(reading), .. }), Some(row)) = (&event, row) {
            self.reading(log, reading, row)?;
        }
        Ok(self.head)
    }

    /// Adds the device's seal over the log up to here.
    pub fn seal(&mut self, seal: Seal) -> io::Result<()> {
        let log = self.log.ok_or_else(|| io::Error::other("a seal before its log"))?;
        let (device, epoch) = (log.device.to_string(), log.epoch.to_string());
        self.record(&["S", &device, &epoch, &self.head.seq.to_string(), &hex(&seal.0)])
    }

    /// Adds totals and trailer. `sign` is given the SHA-256 of all before the trailer.
    pub fn finish(mut self, sign: impl FnOnce(&[u8; 32]) -> Seal) -> io::Result<(W, Totals)> {
        let totals = std::mem::take(&mut self.totals);
        self.record(&["C", "readings", &totals.readings.to_string(), &totals.current.to_string()])?;
        for ((obis, unit), total) in &totals.registers {
            self.record(&["C", obis, unit, &total.count.to_string(), &total.sum.to_string()])?;
        }
        let hash: [u8; 32] = self.hash.clone().finalize().into();
        let seal = sign(&hash);
        self.record(&["T", &hex(&hash), &hex(&seal.0)])?;
        self.out.flush()?;
        Ok((self.out, totals))
    }

    fn reading(&mut self, log: Log, reading: &Reading, row: &Row) -> io::Result<()> {
        let id = reading_id(log, self.head.seq).to_string();
        let (device, epoch, seq) = (log.device.to_string(), log.epoch.to_string(), self.head.seq.to_string());
        let number = row.place.as_ref().map(|place| place.number.to_string()).unwrap_or_default();
        let (round, cycle, address) =
            row.place.as_ref().map_or(("", "", ""), |place| (&place.round, &place.cycle, &place.address));
        let taken_at = reading.taken_at.to_string();
        let (method, level) = (method(reading.method), level(reading.verdict.level));
        self.record(&[
            "R",
            &id,
            &device,
            &epoch,
            &seq,
            round,
            cycle,
            &number,
            address,
            &row.serial,
            &taken_at,
            method,
            level,
            row.status.code(),
        ])?;
        for (at, value) in reading.values.iter().enumerate() {
            let multiplier = row.multipliers.get(at).copied().flatten();
            let multiplier = multiplier.map(|multiplier| multiplier.to_string()).unwrap_or_default();
            let (obis, shown) = (value.obis.to_string(), value.value.to_string());
            self.record(&["V", &id, &obis, &shown, value.unit.as_str(), &multiplier])?;
        }
        self.totals.add(row.status == Status::Current, &reading.values);
        Ok(())
    }

    fn record(&mut self, fields: &[&str]) -> io::Result<()> {
        self.line.clear();
        push_record(&mut self.line, fields);
        self.hash.update(self.line.as_bytes());
        self.out.write_all(self.line.as_bytes())
    }
}

/// What stands in place of the kind of an event that is held back.
pub(super) const HELD: &str = "held";

const fn kind(body: &Body) -> &'static str {
    match body {
        Body::Reading(_) => "reading",
        Body::Skipped { .. } => "skipped",
        Body::Withdrawn { .. } => "withdrawn",
        Body::ShiftStarted { .. } => "shift-started",
        Body::ShiftEnded { .. } => "shift-ended",
        Body::DownApplied { .. } => "down-applied",
        Body::Reopened { .. } => "reopened",
    }
}

/// The name of a way to read.
pub const fn method(method: Method) -> &'static str {
    match method {
        Method::Probe => "probe",
        Method::Keypad => "keypad",
    }
}

/// The name of a verdict.
pub const fn level(level: Level) -> &'static str {
    match level {
        Level::Right => "right",
        Level::Doubtful => "doubtful",
        Level::Wrong => "wrong",
    }
}
