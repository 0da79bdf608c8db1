//! A reader's day on one handheld.

use std::sync::Arc;

use lamplighter_core::{
    evidence::{
        chain::{Head, Log},
        event::{Body, Event},
        seal::SecretKey,
    },
    id::{DeviceId, ReadingId},
    obis::Obis,
    probe::port::Reservation,
    round::SkipReason,
    store::{Identity, Store, Stretch, Takeover},
    time::UtcMs,
    work,
};

use super::{Tally, cut_everywhere};
use crate::{
    dice::Dice,
    disk::{Disk, Image},
    handheld::FILE,
    office::whole,
    town,
};

const NOW: UtcMs = UtcMs(1_793_599_200_000);
const KEY: [u8; 8] = [7; 8];
/// One image in so many is worked on, and looked at by SQLite itself.
const WORKED_ON: u64 = 16;

/// How things stood when a call had returned.
#[derive(Clone, Debug)]
struct Mark {
    /// Things done to the disk by then.
    done: u64,
    /// Events in the log.
    events: u64,
    acked: u64,
    /// First invocation counter that nobody has.
    counter: u32,
}

struct Day {
    key: SecretKey,
    log: Log,
    marks: Vec<Mark>,
    /// All events of the day.
    payloads: Vec<Vec<u8>>,
}

pub(super) fn day(seed: u64, images_max: u64) -> Result<Tally, String> {
    let mut dice = Dice::of(seed, 6);
    let disk = Disk::plug_in(&Image::default());
    let key = SecretKey::new(dice.bytes());
    let log = Log { device: DeviceId::new(dice.bytes()), epoch: 1 };
    let mut store = Some(open(&disk)?);
    {
        let store = store.as_mut().ok_or("no store")?;
        let identity = Identity {
            log,
            key: key.clone(),
            hub_key: key.public(),
            hub_url: String::new(),
            reader: "A".into(),
        };
        store.enrol(&identity).map_err(|e| e.to_string())?;
        let (round, stops) = town::round("14", 5, 1);
        let plans: Vec<Takeover> = std::iter::once(Takeover::Round(round))
            .chain(stops.into_iter().map(|stop| Takeover::Plan(Box::new(stop))))
            .collect();
        store.take_over(NOW, &plans, 0, 1, b"mark").map_err(|e| e.to_string())?;
    }
    // Half of the days begin with a file that was closed well, the others with its journal beside it.
    if dice.once_in(2) {
        store = None;
        store.replace(open(&disk)?);
    }
    let begin = disk.image();
    disk.begin_record();
    let first = disk.done();
    let mut marks = vec![Mark { done: 0, events: 1, acked: 0, counter: 0 }];
    for step in 0..8 + dice.below(16) {
        let mut mark = marks.last().cloned().ok_or("no mark")?;
        if dice.once_in(9) {
            store = None;
        }
        let mut opened = store.take().map_or_else(|| open(&disk), Ok)?;
        work_on(&mut opened, &mut dice, step, &mut mark)?;
        store = Some(opened);
        mark.done = disk.done() - first;
        marks.push(mark);
    }
    drop(store);
    let ops = disk.end_record();
    let last = open(&disk)?;
    let payloads = payloads(&last, log)?;
    drop(last);
    disk.pull_out();
    let day = Day { key, log, marks, payloads };
    let mut images = 0;
    Ok(cut_everywhere(seed, &begin, &ops, images_max, |image, done| {
        images += 1;
        day.check(image, done, images % WORKED_ON == 0)
    }))
}

/// Something that a reader does; `mark` hears what is promised when it returns.
fn work_on(store: &mut Store, dice: &mut Dice, step: usize, mark: &mut Mark) -> Result<(), String> {
    let stops =
        store.stops(lamplighter_sync::books::round_id(town::CYCLE, "14")).map_err(|e| e.to_string())?;
    let stop = dice.pick(&stops).ok_or("no stop")?.id;
    let before = store.standing().map_err(|e| e.to_string())?.head.seq;
    match dice.below(9) {
        0 => {
            // A stop that was read cannot be given up.
            let _ = store.skip(NOW, stop, SkipReason::Locked, Some("dog".into()), None);
        }
        1 => {
            let ids = store.reading_ids().map_err(|e| e.to_string())?;
            if let Some(id) = dice.pick(&ids) {
                store.withdraw(NOW, *id).map_err(|e| e.to_string())?;
            }
        }
        2 => {
            let head = store.standing().map_err(|e| e.to_string())?.head;
            store.confirm(1, head).map_err(|e| e.to_string())?;
            mark.acked = head.seq;
        }
        3 => {
            let count = 1 + dice.few(9);
            let wanted = Reservation { meter: "1".into(), key: KEY, at_least: 0, count };
            mark.counter = store.reserve(&wanted).map_err(|e| e.to_string())? + count;
        }
        4 => store.put_drafts(stop, &[(Obis::ACTIVE_IMPORT, "12".into())]).map_err(|e| e.to_string())?,
        _ => {
            let digits = format!("{step:07}");
            work::record_typed(store, NOW, stop, &[(Obis::ACTIVE_IMPORT, digits)], None)
                .map_err(|e| e.to_string())?;
        }
    }
    mark.events += store.standing().map_err(|e| e.to_string())?.head.seq - before;
    Ok(())
}

impl Day {
    fn check(&self, image: &Image, done: u64, work_on_it: bool) -> Result<(), String> {
        let disk = Disk::plug_in(image);
        let checked = self.look(&disk, done, work_on_it);
        disk.pull_out();
        checked
    }

    fn look(&self, disk: &Arc<Disk>, done: u64, work_on_it: bool) -> Result<(), String> {
        let promised = self.marks.iter().rev().find(|mark| mark.done <= done).ok_or("no mark")?;
        let under_way = self.marks.iter().find(|mark| mark.done > done).unwrap_or(promised);
        let mut store = open(disk)?;
        let standing = store.standing().map_err(|e| e.to_string())?;
        let events = standing.head.seq;
        if events < promised.events || events > under_way.events {
            return Err(format!(
                "lost: {events} events, promised {} to {}",
                promised.events, under_way.events
            ));
        }
        if standing.acked_seq != promised.acked && standing.acked_seq != under_way.acked {
            return Err(format!("broken: receipts up to {}", standing.acked_seq));
        }
        if standing.waiting != events - standing.acked_seq {
            return Err(format!("lost: {} events wait, of {events}", standing.waiting));
        }
        self.log(&store, events)?;
        if !work_on_it {
            return Ok(());
        }
        let wanted = Reservation { meter: "1".into(), key: KEY, at_least: 0, count: 1 };
        let counter = store.reserve(&wanted).map_err(|e| e.to_string())?;
        if counter < promised.counter {
            return Err(format!("doubled: counter {counter} was given out before"));
        }
        let stop = lamplighter_sync::books::stop_id(town::CYCLE, "14", 1);
        work::record_typed(&mut store, NOW, stop, &[(Obis::ACTIVE_IMPORT, "0999999".into())], None)
            .map_err(|e| format!("stalled: {e}"))?;
        drop(store);
        if payloads(&open(disk)?, self.log)?.len() as u64 != events + 1 {
            return Err("broken: the day cannot go on".into());
        }
        if whole(disk, FILE) { Ok(()) } else { Err("broken: SQLite finds damage".into()) }
    }

    /// The log is the day's, chained and sealed, and every reading of it is on the list once.
    fn log(&self, store: &Store, events: u64) -> Result<(), String> {
        let span = Stretch { epoch: 1, after: 0, until: events };
        let batch = store.batch(span, usize::MAX / 2, usize::MAX / 2).map_err(|e| e.to_string())?;
        let head = batch.payloads.iter().fold(Head::EMPTY, |head, payload| head.next(self.log, payload));
        if head != batch.last {
            return Err("broken: the chain does not hold".into());
        }
        let known = self.payloads.get(..batch.payloads.len());
        if known != Some(&batch.payloads[..]) {
            return Err("broken: another history".into());
        }
        self.key
            .public()
            .check_head(self.log, head, batch.seal)
            .map_err(|_| "broken: the seal does not hold".to_owned())?;
        let expected: Vec<ReadingId> = (1..)
            .zip(&batch.payloads)
            .filter(|(_, payload)| {
                matches!(Event::from_bytes(payload), Ok(Event { body: Body::Reading(_), .. }))
            })
            .map(|(seq, _)| lamplighter_core::evidence::chain::reading_id(self.log, seq))
            .collect();
        if store.reading_ids().map_err(|e| e.to_string())? == expected {
            Ok(())
        } else {
            Err("lost: the list of readings is not the log's".into())
        }
    }
}

fn payloads(store: &Store, _log: Log) -> Result<Vec<Vec<u8>>, String> {
    let events = store.standing().map_err(|e| e.to_string())?.head.seq;
    let span = Stretch { epoch: 1, after: 0, until: events };
    Ok(store.batch(span, usize::MAX / 2, usize::MAX / 2).map_err(|e| e.to_string())?.payloads)
}

fn open(disk: &Disk) -> Result<Store, String> {
    let opened = Store::open(&disk.path(FILE)).map_err(|e| format!("broken: does not open: {e}"))?;
    if opened.set_aside.is_some() { Err("broken: set aside as damaged".into()) } else { Ok(opened.store) }
}
