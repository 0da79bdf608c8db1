//! Writes every log out under one view of the ledger, and proves it while writing.

use std::{
    collections::{BTreeSet, HashMap},
    io::Write,
};

use lamplighter_core::{
    evidence::{
        chain::{Log, reading_id},
        event::{Body, Event},
        seal::{Purpose, SecretKey},
    },
    id::{MeterId, StopId},
    reading::Reading,
    round::Stop,
    time::UtcMs,
};
use lamplighter_sync::{
    convert,
    export::{Header, LogStart, Marks, Place, Row, Status, Totals, Writer},
    wire,
};
use prost::Message as _;

use super::snapshot::{Planned, Remark, Snapshot, Stored};
use crate::error::LedgerError;

/// All logs in full, with the readings of `cycle` spelt out, or of every cycle.
pub(super) async fn write(
    mut snapshot: impl Snapshot,
    key: &SecretKey,
    out: impl Write + Send,
    cycle: Option<&str>,
    now: UtcMs,
    mut progress: impl FnMut(u64) + Send,
) -> Result<Totals, LedgerError> {
    let cycle = cycle.unwrap_or_default().to_owned();
    if !cycle.is_empty() && !snapshot.has_cycle(&cycle).await? {
        return Err(LedgerError::impossible(format!("there is no cycle {cycle}")));
    }
    let marks = marks(&snapshot.remarks().await?);
    let header = Header { exported_at: now, hub_key: key.public(), cycle: cycle.clone() };
    let mut sheet = Sheet { marks, cycle, writer: Writer::new(out, &header).map_err(torn)? };
    let mut events = 0;
    for start in snapshot.logs().await? {
        sheet.writer.log(&start).map_err(torn)?;
        let mut after = 0;
        loop {
            let piece = snapshot.events(start.log, after).await?;
            let Some(last) = piece.last() else { break };
            after = last.seq;
            let readings = readings(&piece);
            let books = Known {
                stops: snapshot.planned(distinct(readings.values().map(|reading| reading.stop))).await?,
                meters: snapshot.serials(distinct(readings.values().map(|reading| reading.meter))).await?,
            };
            for stored in &piece {
                sheet.event(&start, stored, readings.get(&stored.seq), &books)?;
                events += 1;
                progress(events);
            }
        }
    }
    let (_, totals) = sheet.writer.finish(|hash| key.sign(Purpose::Export, hash)).map_err(torn)?;
    Ok(totals)
}

/// Which readings stand.
pub(crate) fn marks(remarks: &[Remark]) -> Marks {
    let mut marks = Marks::default();
    for Remark { log, seq, payload } in remarks {
        if let Ok(event) = Event::from_bytes(payload) {
            marks.note(*log, *seq, &event.body);
        }
    }
    marks
}

/// What the books know of the stops and meters of one piece.
struct Known {
    stops: HashMap<StopId, Planned>,
    meters: HashMap<MeterId, String>,
}

struct Sheet<W> {
    marks: Marks,
    cycle: String,
    writer: Writer<W>,
}

impl<W: Write> Sheet<W> {
    fn event(
        &mut self,
        start: &LogStart,
        stored: &Stored,
        reading: Option<&Reading>,
        books: &Known,
    ) -> Result<(), LedgerError> {
        let device = start.log.device;
        let spelt = match reading {
            Some(reading) => self.row(start.log, stored, reading, books)?,
            None => None,
        };
        let head = self.writer.event(&stored.payload, stored.held_back, spelt.as_ref()).map_err(torn)?;
        if head.seq != stored.seq || head.hash != stored.hash {
            let what = format!("event {} of {device} is not the one that was sealed", head.seq);
            return Err(LedgerError::Damaged(what));
        }
        if let Some(seal) = stored.seal {
            start.key.check_head(start.log, head, seal).map_err(|_| {
                LedgerError::Damaged(format!("the seal of {device} over event {} does not hold", head.seq))
            })?;
            self.writer.seal(seal).map_err(torn)?;
        }
        Ok(())
    }

    fn row(
        &self,
        log: Log,
        stored: &Stored,
        reading: &Reading,
        books: &Known,
    ) -> Result<Option<Row>, LedgerError> {
        let found = books.stops.get(&reading.stop).map(place).transpose()?;
        let cycle = found.as_ref().map_or("", |(place, _)| &place.cycle);
        if !self.cycle.is_empty() && cycle != self.cycle {
            return Ok(None);
        }
        let meter = found.as_ref().map(|(_, stop)| &stop.meter).filter(|meter| meter.id == reading.meter);
        let planned = |obis| meter.and_then(|meter| meter.register(obis));
        Ok(Some(Row {
            serial: books.meters.get(&reading.meter).cloned().unwrap_or_default(),
            status: match stored.held_back {
                true => Status::Held,
                false => self.marks.status(log.device, reading.stop, reading_id(log, stored.seq)),
            },
            multipliers: reading
                .values
                .iter()
                .map(|value| planned(value.obis).map(|register| register.multiplier))
                .collect(),
            place: found.map(|(place, _)| place),
        }))
    }
}

fn readings(piece: &[Stored]) -> HashMap<u64, Reading> {
    let reading = |stored: &Stored| match Event::from_bytes(&stored.payload) {
        Ok(Event { body: Body::Reading(reading), .. }) => Some((stored.seq, *reading)),
        Ok(_) | Err(_) => None,
    };
    piece.iter().filter_map(reading).collect()
}

/// Each once, in order.
pub(crate) fn distinct<T: Ord>(ids: impl Iterator<Item = T>) -> Vec<T> {
    ids.collect::<BTreeSet<T>>().into_iter().collect()
}

/// Where a stop is, and the stop as it was planned.
pub(crate) fn place(planned: &Planned) -> Result<(Place, Stop), LedgerError> {
    let stop =
        wire::Stop::decode(&planned.plan[..]).map_err(|torn| LedgerError::Damaged(torn.to_string()))?;
    let stop = convert::stop(stop).map_err(|bad| LedgerError::Damaged(bad.to_string()))?;
    let place = Place {
        round: planned.round.clone(),
        cycle: planned.cycle.clone(),
        number: stop.number,
        address: stop.address.clone(),
    };
    Ok((place, stop))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn torn(error: std::io::Error) -> LedgerError {
    LedgerError::Storage(format!("the export could not be written: {error}"))
}
