//! Reads every log out for the export, under one view of the ledger.

use std::io::Write;

use lamplighter_core::{
    evidence::{
        chain::{Log, reading_id},
        event::{Body, Event},
        seal::{PublicKey, Purpose, Seal},
    },
    id::{DeviceId, StopId},
    reading::Reading,
    time::UtcMs,
};
use lamplighter_sync::{
    convert,
    export::{Header, LogStart, Marks, Place, Row, Status, Totals, Writer},
    wire,
};
use prost::Message as _;
use rusqlite::{OptionalExtension as _, Transaction};

use super::{Ledger, count, project::REVOKED};
use crate::error::LedgerError;

impl Ledger {
    /// Writes the export: all logs in full, with the readings of `cycle` spelt out, or of every cycle.
    /// `progress` hears the number of events done. Fails where the ledger is not what the devices sealed.
    pub fn export(
        &self,
        out: impl Write,
        cycle: Option<&str>,
        now: UtcMs,
        progress: impl FnMut(u64),
    ) -> Result<Totals, LedgerError> {
        let cycle = cycle.unwrap_or_default().to_owned();
        let header = Header { exported_at: now, hub_key: self.key().public(), cycle };
        self.read(|transaction| {
            if !header.cycle.is_empty() {
                known_cycle(transaction, &header.cycle)?;
            }
            let mut sheet = Sheet {
                transaction,
                marks: marks(transaction)?,
                cycle: header.cycle.clone(),
                writer: Writer::new(out, &header).map_err(torn)?,
                events: 0,
                progress,
            };
            for start in logs(transaction)? {
                sheet.log(&start)?;
            }
            let key = self.key();
            let (_, totals) = sheet.writer.finish(|hash| key.sign(Purpose::Export, hash)).map_err(torn)?;
            Ok(totals)
        })
    }
}

struct Sheet<'a, W, P> {
    transaction: &'a Transaction<'a>,
    marks: Marks,
    cycle: String,
    writer: Writer<W>,
    events: u64,
    progress: P,
}

impl<W: Write, P: FnMut(u64)> Sheet<'_, W, P> {
    fn log(&mut self, start: &LogStart) -> Result<(), LedgerError> {
        let Log { device, epoch } = start.log;
        self.writer.log(start).map_err(torn)?;
        let mut rows = self.transaction.prepare_cached(
            "SELECT event.seq, payload, event.hash, seal.seal, quarantine.reason = ?3 FROM event
             LEFT JOIN seal USING (device, epoch, seq) LEFT JOIN quarantine USING (device, epoch, seq)
             WHERE device = ?1 AND epoch = ?2 ORDER BY event.seq",
        )?;
        let mut rows = rows.query((device.as_bytes(), epoch, REVOKED))?;
        while let Some(row) = rows.next()? {
            let seq = count(row.get(0)?);
            let payload: Vec<u8> = row.get(1)?;
            let held = row.get::<_, Option<bool>>(4)?.unwrap_or(false);
            let spelt = match Event::from_bytes(&payload) {
                Ok(Event { body: Body::Reading(reading), .. }) => self.row(start.log, seq, held, &reading)?,
                Ok(_) | Err(_) => None,
            };
            let head = self.writer.event(&payload, held, spelt.as_ref()).map_err(torn)?;
            if head.seq != seq || head.hash.0 != row.get::<_, [u8; 32]>(2)? {
                let what = format!("event {} of {device} is not the one that was sealed", head.seq);
                return Err(LedgerError::Damaged(what));
            }
            if let Some(seal) = row.get::<_, Option<[u8; 64]>>(3)?.map(Seal) {
                start.key.check_head(start.log, head, seal).map_err(|_| {
                    LedgerError::Damaged(format!("the seal of {device} over event {seq} does not hold"))
                })?;
                self.writer.seal(seal).map_err(torn)?;
            }
            self.events += 1;
            (self.progress)(self.events);
        }
        Ok(())
    }

    fn row(&self, log: Log, seq: u64, held: bool, reading: &Reading) -> Result<Option<Row>, LedgerError> {
        let found = self.place(reading.stop)?;
        let cycle = found.as_ref().map_or("", |(place, _)| &place.cycle);
        if !self.cycle.is_empty() && cycle != self.cycle {
            return Ok(None);
        }
        let serial = self
            .transaction
            .prepare_cached("SELECT serial FROM meter WHERE id = ?1")?
            .query_row([reading.meter.as_bytes()], |row| row.get(0))
            .optional()?
            .unwrap_or_default();
        let meter = found.as_ref().map(|(_, stop)| &stop.meter).filter(|meter| meter.id == reading.meter);
        let planned = |obis| meter.and_then(|meter| meter.register(obis));
        Ok(Some(Row {
            serial,
            status: match held {
                true => Status::Held,
                false => self.marks.status(log.device, reading.stop, reading_id(log, seq)),
            },
            multipliers: reading
                .values
                .iter()
                .map(|value| planned(value.obis).map(|register| register.multiplier))
                .collect(),
            place: found.map(|(place, _)| place),
        }))
    }

    fn place(&self, stop: StopId) -> Result<Option<(Place, lamplighter_core::round::Stop)>, LedgerError> {
        let found: Option<(String, String, Vec<u8>)> = self
            .transaction
            .prepare_cached(
                "SELECT code, cycle, plan FROM stop
                 JOIN round ON round.id = stop.round JOIN stop_plan ON stop_plan.stop = stop.id
                 WHERE stop.id = ?1",
            )?
            .query_row([stop.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((round, cycle, plan)) = found else { return Ok(None) };
        let plan = wire::Stop::decode(&plan[..]).map_err(|torn| LedgerError::Damaged(torn.to_string()))?;
        let stop = convert::stop(plan).map_err(|bad| LedgerError::Damaged(bad.to_string()))?;
        let place = Place { round, cycle, number: stop.number, address: stop.address.clone() };
        Ok(Some((place, stop)))
    }
}

fn known_cycle(transaction: &Transaction<'_>, cycle: &str) -> Result<(), LedgerError> {
    let known: bool =
        transaction
            .query_row("SELECT EXISTS (SELECT 1 FROM round WHERE cycle = ?1)", [cycle], |row| row.get(0))?;
    if known { Ok(()) } else { Err(LedgerError::impossible(format!("there is no cycle {cycle}"))) }
}

fn logs(transaction: &Transaction<'_>) -> Result<Vec<LogStart>, LedgerError> {
    Ok(transaction
        .prepare(
            "SELECT device, epoch, name, public_key FROM log_head JOIN device ON device.id = device
             ORDER BY device, epoch",
        )?
        .query_map([], |row| {
            let log = Log { device: DeviceId::new(row.get(0)?), epoch: row.get(1)? };
            Ok(LogStart { log, name: row.get(2)?, key: PublicKey(row.get(3)?) })
        })?
        .collect::<Result<_, _>>()?)
}

/// What all logs say against readings, from the few events that do and the readings of stops that have several.
pub(super) fn marks(transaction: &Transaction<'_>) -> Result<Marks, LedgerError> {
    let mut marks = Marks::default();
    let mut payloads = transaction.prepare(
        "SELECT device, epoch, seq, payload FROM event WHERE (device, epoch, seq) IN (
             SELECT device, epoch, seq FROM reading WHERE stop IN (
                 SELECT stop FROM reading GROUP BY stop HAVING count(*) > 1)
             UNION ALL SELECT device, epoch, seq FROM withdrawal
             UNION ALL SELECT device, epoch, seq FROM quarantine WHERE reason <> 'revoked')",
    )?;
    let mut payloads = payloads.query([])?;
    while let Some(row) = payloads.next()? {
        let log = Log { device: DeviceId::new(row.get(0)?), epoch: row.get(1)? };
        let payload: Vec<u8> = row.get(3)?;
        if let Ok(event) = Event::from_bytes(&payload) {
            marks.note(log, count(row.get(2)?), &event.body);
        }
    }
    Ok(marks)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn torn(error: std::io::Error) -> LedgerError {
    LedgerError::Storage(format!("the export could not be written: {error}"))
}
