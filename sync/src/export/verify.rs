//! Proves an export without the hub: every hash, every seal, every reading spelt out, the totals, the trailer,
//! and that not one byte could have been written otherwise.

use std::{
    collections::HashMap,
    io::{self, Write},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use lamplighter_core::{
    evidence::{
        chain::{Head, Log, reading_id},
        event::{Body, Event},
        seal::{PublicKey, Purpose, Seal},
    },
    id::{ReadingId, StopId},
    reading::Reading,
    time::UtcMs,
};

use super::{
    Header, LogStart, Marks, Place, Row, Status, Totals, VERSION, Writer,
    text::{next_record, unhex},
    write::HELD,
};
use crate::books;

/// What was proved.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verified {
    /// Readings spelt out, of every status.
    pub readings: u64,
    /// Their names, in the file's order.
    pub reading_ids: Vec<ReadingId>,
    /// Events of all logs.
    pub events: u64,
    /// Devices.
    pub devices: u64,
    /// The control totals.
    pub totals: Totals,
    /// Who answers for the file.
    pub hub_key: PublicKey,
    /// When it was written.
    pub exported_at: UtcMs,
    /// The cycle it is limited to; empty for all.
    pub cycle: String,
}

/// Where the proof broke.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct VerifyError {
    /// Of the file, from 1.
    pub line: u64,
    /// What does not hold.
    pub what: String,
}

/// Proves the file, and that it is this hub's if one is named.
pub fn verify(bytes: &[u8], expected_hub_key: Option<PublicKey>) -> Result<Verified, VerifyError> {
    let mut records = Records::new(bytes);
    let marks = marks(bytes);
    let header = header(&records.take()?).map_err(|what| records.error(what))?;
    if expected_hub_key.is_some_and(|expected| expected != header.hub_key) {
        return Err(records.error("the file is another hub's"));
    }
    let writer =
        Writer::new(Compare { rest: bytes }, &header).map_err(|torn| records.error(torn.to_string()))?;
    Proof {
        records,
        writer,
        marks,
        header,
        log: None,
        last: None,
        sealed: Head::EMPTY,
        reading_ids: Vec::new(),
        events: 0,
        devices: 0,
    }
    .run()
}

struct Proof<'a> {
    records: Records<'a>,
    writer: Writer<Compare<'a>>,
    marks: Marks,
    header: Header,
    /// The log being read and how far.
    log: Option<(LogStart, Head)>,
    last: Option<Log>,
    sealed: Head,
    reading_ids: Vec<ReadingId>,
    events: u64,
    devices: u64,
}

impl Proof<'_> {
    fn run(mut self) -> Result<Verified, VerifyError> {
        loop {
            let fields = self.records.take()?;
            let done = match fields.first().map(String::as_str) {
                Some("D") => self.start(&fields),
                Some("E") => self.event(&fields),
                Some("S") => self.seal(&fields),
                Some("C") => return self.end(),
                _ => Err("a record that does not belong here".into()),
            };
            done.map_err(|what| self.records.error(what))?;
        }
    }

    fn start(&mut self, fields: &[String]) -> Result<(), String> {
        self.close()?;
        let [_, device, name, epoch, key, _, _] = fields else { return Err(count()) };
        let log = Log {
            device: device.parse().map_err(|_| "not a device")?,
            epoch: epoch.parse().map_err(|_| "not an epoch")?,
        };
        if self.last.is_some_and(|last| last >= log) {
            return Err("the logs are out of order".into());
        }
        self.devices += u64::from(self.last.is_none_or(|last| last.device != log.device));
        let start = LogStart { log, name: name.clone(), key: PublicKey(unhex(key).ok_or("not a key")?) };
        self.writer.log(&start).map_err(differs)?;
        self.last = Some(log);
        self.log = Some((start, Head::EMPTY));
        self.sealed = Head::EMPTY;
        Ok(())
    }

    fn event(&mut self, fields: &[String]) -> Result<(), String> {
        let [_, _, _, _, kind, payload, _] = fields else { return Err(count()) };
        // Whom the office holds back it alone knows; it can only make less count.
        let held = kind == HELD;
        let payload = STANDARD.decode(payload).map_err(|_| "the payload is not base64")?;
        let Some((start, head)) = &self.log else { return Err("an event before its log".into()) };
        let (log, seq) = (start.log, head.seq + 1);
        let row = match Event::from_bytes(&payload) {
            Ok(Event { body: Body::Reading(reading), .. }) => self.row(log, seq, held, &reading)?,
            Ok(_) | Err(_) => None,
        };
        if row.is_some() {
            self.reading_ids.push(reading_id(log, seq));
        }
        let head = self.writer.event(&payload, held, row.as_ref()).map_err(differs)?;
        self.log = self.log.take().map(|(start, _)| (start, head));
        self.events += 1;
        Ok(())
    }

    /// Takes the rows that spell a reading out. Only an export of one cycle may leave them away.
    fn row(&mut self, log: Log, seq: u64, held: bool, reading: &Reading) -> Result<Option<Row>, String> {
        if !self.records.next_is(b"R,") {
            let whole = self.header.cycle.is_empty();
            return if whole { Err("a reading is not spelt out".into()) } else { Ok(None) };
        }
        let fields = self.records.take().map_err(|error| error.what)?;
        let [_, _, _, _, _, round, cycle, number, address, serial, ..] = &fields[..] else {
            return Err(count());
        };
        let place = place(round, cycle, number, address, reading)?;
        if !self.header.cycle.is_empty() && *cycle != self.header.cycle {
            return Err("a reading of another cycle".into());
        }
        if !serial.is_empty() && books::meter_id(serial) != reading.meter {
            return Err("the device read another meter than the row says".into());
        }
        let status = match held {
            true => Status::Held,
            false => self.marks.status(log.device, reading.stop, reading_id(log, seq)),
        };
        let mut multipliers = Vec::new();
        for _ in &reading.values {
            let fields = self.records.take().map_err(|error| error.what)?;
            let [kind, _, _, _, _, multiplier] = &fields[..] else { return Err(count()) };
            if kind != "V" {
                return Err("a value is missing".into());
            }
            multipliers.push(match &multiplier[..] {
                "" => None,
                text => Some(text.parse().map_err(|_| "the multiplier is not a number")?),
            });
        }
        Ok(Some(Row { place, serial: serial.clone(), status, multipliers }))
    }

    fn seal(&mut self, fields: &[String]) -> Result<(), String> {
        let [_, _, _, _, seal] = fields else { return Err(count()) };
        let seal = Seal(unhex(seal).ok_or("not a seal")?);
        let Some((start, head)) = &self.log else { return Err("a seal before its log".into()) };
        if self.sealed == *head {
            return Err("sealed twice".into());
        }
        start.key.check_head(start.log, *head, seal).map_err(|_| "the device's seal does not hold")?;
        self.sealed = *head;
        self.writer.seal(seal).map_err(differs)
    }

    fn close(&self) -> Result<(), String> {
        match &self.log {
            Some((_, head)) if *head != self.sealed => Err("events after the last seal of a log".into()),
            Some((_, head)) if head.seq == 0 => Err("an empty log".into()),
            Some(_) | None => Ok(()),
        }
    }

    fn end(mut self) -> Result<Verified, VerifyError> {
        self.close().map_err(|what| self.records.error(what))?;
        let trailer = loop {
            let fields = self.records.take()?;
            match fields.first().map(String::as_str) {
                Some("C") => {}
                Some("T") => break fields,
                _ => return Err(self.records.error("a record that does not belong here")),
            }
        };
        let seal = match &trailer[..] {
            [_, _, seal] => unhex(seal).map(Seal),
            _ => None,
        };
        let Some(seal) = seal else { return Err(self.records.error("the trailer has no seal")) };
        let key = self.header.hub_key;
        let mut holds = false;
        let written = self.writer.finish(|hash| {
            holds = key.check(Purpose::Export, hash, seal).is_ok();
            seal
        });
        let (compare, totals) = written.map_err(|torn| self.records.error(differs(torn)))?;
        if !compare.rest.is_empty() {
            return Err(self.records.error("the file goes on after its end"));
        }
        if !holds {
            return Err(self.records.error("the hub's seal does not hold"));
        }
        Ok(Verified {
            readings: totals.readings,
            reading_ids: self.reading_ids,
            events: self.events,
            devices: self.devices,
            totals,
            hub_key: key,
            exported_at: self.header.exported_at,
            cycle: self.header.cycle,
        })
    }
}

fn header(fields: &[String]) -> Result<Header, String> {
    match fields {
        [kind, version, ..] if kind == "H" && version != VERSION => {
            Err(format!("this release reads {VERSION} only"))
        }
        [kind, _, at, key, cycle] if kind == "H" => Ok(Header {
            exported_at: at.parse().map_err(|_| "not a time")?,
            hub_key: PublicKey(unhex(key).ok_or("not a key")?),
            cycle: cycle.clone(),
        }),
        _ => Err("not an export of this program".into()),
    }
}

/// The place, if the stop that the device sealed is this one.
fn place(
    round: &str,
    cycle: &str,
    number: &str,
    address: &str,
    reading: &Reading,
) -> Result<Option<Place>, String> {
    if [round, cycle, number, address].iter().all(|field| field.is_empty()) {
        return Ok(None);
    }
    let number = number.parse().map_err(|_| "the stop has no number")?;
    if books::stop_id(cycle, round, number) != reading.stop {
        return Err("the device read another stop than the row says".into());
    }
    Ok(Some(Place { round: round.into(), cycle: cycle.into(), number, address: address.into() }))
}

/// What the events say against readings, keeping only readings of stops that have several.
fn marks(bytes: &[u8]) -> Marks {
    let mut several: HashMap<StopId, bool> = HashMap::new();
    each_event(bytes, |_, _, body| {
        if let Body::Reading(reading) = body {
            several.entry(reading.stop).and_modify(|several| *several = true).or_insert(false);
        }
    });
    let mut marks = Marks::default();
    each_event(bytes, |log, seq, body| {
        let alone = matches!(body, Body::Reading(reading) if several.get(&reading.stop) == Some(&false));
        if !alone {
            marks.note(log, seq, body);
        }
    });
    marks
}

/// Torn records are left for the proof to find.
fn each_event(bytes: &[u8], mut visit: impl FnMut(Log, u64, &Body)) {
    let mut records = Records::new(bytes);
    while let Ok(fields) = records.take() {
        let [kind, device, epoch, seq, what, payload, _] = &fields[..] else { continue };
        if what == HELD {
            continue;
        }
        let (Ok(device), Ok(epoch), Ok(seq)) = (device.parse(), epoch.parse(), seq.parse()) else { continue };
        let payload = STANDARD.decode(payload).unwrap_or_default();
        if let ("E", Ok(event)) = (&kind[..], Event::from_bytes(&payload)) {
            visit(Log { device, epoch }, seq, &event.body);
        }
    }
}

fn count() -> String {
    "a record with another number of fields".into()
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn differs(error: io::Error) -> String {
    error.to_string()
}

/// The records of a file and the line of the last one taken.
struct Records<'a> {
    rest: &'a [u8],
    line: u64,
    lines: u64,
}

impl<'a> Records<'a> {
    const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, line: 0, lines: 0 }
    }

    fn take(&mut self) -> Result<Vec<String>, VerifyError> {
        self.line = self.lines + 1;
        let (fields, length) = next_record(self.rest).map_err(|what| self.error(what))?;
        let (record, rest) = self.rest.split_at(length);
        self.lines += record.iter().map(|&letter| u64::from(letter == b'\n')).sum::<u64>();
        self.rest = rest;
        Ok(fields)
    }

    fn next_is(&self, start: &[u8]) -> bool {
        self.rest.starts_with(start)
    }

    fn error(&self, what: impl Into<String>) -> VerifyError {
        VerifyError { line: self.line, what: what.into() }
    }
}

/// Takes only the bytes that the file has.
struct Compare<'a> {
    rest: &'a [u8],
}

impl Write for Compare<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.rest.strip_prefix(bytes) {
            Some(rest) => {
                self.rest = rest;
                Ok(bytes.len())
            }
            None => Err(io::Error::other("the record is not what the evidence says")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
