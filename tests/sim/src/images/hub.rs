//! An hour of the hub: batches of two devices, assignments, an import, and a disk whose syncs fail now and then.

use std::sync::Arc;

use lamplighter_core::{
    evidence::{
        chain::{Head, Log, reading_id},
        event::{Body, Event},
        seal::SecretKey,
    },
    id::{DeviceId, ReadingId},
    time::UtcMs,
};
use lamplighter_sync::{
    books,
    exchange::{ExchangeError, Reply, Request},
    export::verify,
    signed, wire,
};

use super::{Tally, cut_everywhere};
use crate::{
    clock::Clock,
    dice::Dice,
    disk::{Disk, Image},
    office::Office,
    town,
};

const NOW: UtcMs = UtcMs(1_793_599_200_000);
/// One image in so many is looked at by SQLite itself and worked on.
const WORKED_ON: u64 = 16;
/// Syncs that fail one after the other.
const BAD_SYNCS_MAX: u32 = 3;

struct Device {
    key: SecretKey,
    log: Log,
    head: Head,
}

struct Hour {
    /// Readings with a receipt, and how much had been done when it came.
    promised: Vec<(u64, ReadingId)>,
    /// Every reading that was ever sent.
    sent: Vec<ReadingId>,
    /// Sent after the recording.
    next: Request,
}

pub(super) fn day(seed: u64, images_max: u64) -> Result<Tally, String> {
    let mut dice = Dice::of(seed, 6);
    let clock = Clock::default();
    let mut office = Office::start(Disk::plug_in(&Image::default()), &clock, dice.bytes())?;
    let mut devices = Vec::new();
    for number in 0..2 {
        let key = SecretKey::new(dice.bytes());
        let log = Log { device: DeviceId::new(dice.bytes()), epoch: 1 };
        let code = format!("12345{number:05}");
        office.invite(&format!("Reader {number}"), log.device, &code)?;
        let enrol = wire::Enrol { code, public_key: key.public().0.to_vec() };
        office.answer(&Request::Enrol(enrol)).map_err(|e| e.to_string())?;
        devices.push(Device { key, log, head: Head::EMPTY });
    }
    office.import(&town::town(4, 1), Some("Reader 0"))?;
    office.kill()?;
    let begin = office.disk.image();
    office.disk.begin_record();
    let first = office.disk.done();
    let (mut promised, mut sent) = (Vec::new(), Vec::new());
    for _ in 0..4 + dice.below(8) {
        match dice.below(8) {
            0 => office.assign(town::ROUNDS[dice.below(2)], &format!("Reader {}", dice.below(2)))?,
            1 => office.import(&town::town(4, 2 + dice.few(9)), None)?,
            2 => office.kill()?,
            _ => {
                let at = dice.below(2);
                let device = devices.get_mut(at).ok_or("no device")?;
                let (request, readings) = device.batch(&mut dice)?;
                sent.extend_from_slice(&readings);
                let fails = if dice.once_in(6) { 1 + dice.few(BAD_SYNCS_MAX) } else { 0 };
                office.disk.fail_syncs(fails, dice.clone());
                let mut answer = office.answer(&request);
                for _ in 0..fails {
                    if answer.is_err() {
                        answer = office.answer(&request);
                    }
                }
                office.disk.fail_syncs(0, Dice::new(0));
                let Ok(Reply::Receipt(_)) = answer else {
                    return Err(format!("broken: a good batch is refused: {answer:?}"));
                };
                let done = office.disk.done() - first;
                promised.extend(readings.into_iter().map(|id| (done, id)));
            }
        }
    }
    let ops = office.disk.end_record();
    if let Some(device) = devices.first().filter(|device| device.head.seq > 0) {
        // A copy of the device, with another history from the first event on.
        let mut copy = Device { key: device.key.clone(), log: device.log, head: Head::EMPTY };
        let refusal = office.answer(&copy.batch(&mut dice)?.0);
        if !matches!(refusal, Err(ExchangeError::Refused { code: wire::RefusalCode::Fork, .. })) {
            return Err(format!("broken: two histories of one device: {refusal:?}"));
        }
    }
    drop(office);
    let (next, readings) = devices.first_mut().ok_or("no device")?.batch(&mut dice)?;
    sent.extend(readings);
    let hour = Hour { promised, sent, next };
    let mut images = 0;
    Ok(cut_everywhere(seed, &begin, &ops, images_max, |image, done| {
        images += 1;
        hour.look(Disk::plug_in(image), &clock, done, images % WORKED_ON == 0)
    }))
}

impl Device {
    /// One to four readings as one batch.
    fn batch(&mut self, dice: &mut Dice) -> Result<(Request, Vec<ReadingId>), String> {
        let before = self.head;
        let (mut payloads, mut ids) = (Vec::new(), Vec::new());
        for _ in 0..1 + dice.below(4) {
            let number = 1 + dice.few(4);
            let payload = Event { at: NOW, body: reading(number, dice) }.to_bytes();
            self.head = self.head.next(self.log, &payload);
            payloads.push(payload);
            ids.push(reading_id(self.log, self.head.seq));
        }
        let batch = wire::Batch {
            device: self.log.device.as_bytes().to_vec(),
            epoch: self.log.epoch,
            first_seq: before.seq + 1,
            prev_hash: before.hash.0.to_vec(),
            payloads,
            seal: self.key.seal_head(self.log, self.head).0.to_vec(),
        };
        Ok((Request::Up(signed::pack(&batch).map_err(|e| e.to_string())?), ids))
    }
}

impl Hour {
    fn look(&self, disk: Arc<Disk>, clock: &Clock, done: u64, work_on_it: bool) -> Result<(), String> {
        let office = Office::start(disk, clock, [0; 32])?;
        let held = readings(&office)?;
        for (_, id) in self.promised.iter().filter(|(at, _)| *at <= done) {
            match held.iter().filter(|other| *other == id).count() {
                1 => {}
                0 => return Err(format!("lost: {id} has a receipt and is not exported")),
                _ => return Err(format!("doubled: {id}")),
            }
        }
        if let Some(other) = held.iter().find(|id| !self.sent.contains(id)) {
            return Err(format!("broken: {other} was never sent"));
        }
        if work_on_it {
            // Whatever is missing before it, the hub says so or takes it; it does not fail.
            match office.answer(&self.next) {
                Ok(Reply::Receipt(_)) => {}
                Err(ExchangeError::Refused { code: wire::RefusalCode::Gap, .. }) => {}
                other => return Err(format!("stalled: {other:?}")),
            }
            readings(&office)?;
            if !office.is_whole() {
                return Err("broken: SQLite finds damage".into());
            }
        }
        Ok(())
    }
}

fn readings(office: &Office) -> Result<Vec<ReadingId>, String> {
    let bytes = office.export().map_err(|e| format!("broken: no export: {e}"))?;
    let proved = verify(&bytes, Some(office.key()?)).map_err(|e| format!("broken: {e}"))?;
    Ok(proved.reading_ids)
}

fn reading(number: u32, dice: &mut Dice) -> Body {
    use lamplighter_core::{
        audit::verdict::{Level, Verdict},
        decimal::Decimal,
        obis::Obis,
        quantity::Unit,
        reading::{Method, Reading, RegisterValue},
    };
    let value = Decimal::new(dice.below(9_999_999) as i64, 1).unwrap_or(Decimal::ZERO);
    Body::Reading(Box::new(Reading {
        stop: books::stop_id(town::CYCLE, town::ROUNDS[dice.below(2)], number),
        meter: books::meter_id("1"),
        taken_at: NOW,
        method: Method::Keypad,
        values: vec![RegisterValue { obis: Obis::ACTIVE_IMPORT, value, unit: Unit::KiloWattHour }],
        serial_seen: None,
        meter_clock: None,
        fix: None,
        verdict: Verdict {
            level: Level::Right,
            findings: vec![],
            consumption: None,
            since: None,
            usual: None,
        },
        transcript: None,
        supersedes: None,
    }))
}
