//! A handheld and an office, as small as a test needs them.

use lamplighter_core::{
    audit::verdict::{Level, Verdict},
    evidence::{
        chain::{Head, Log, reading_id},
        event::{Body, Event},
        seal::SecretKey,
    },
    id::{DeviceId, ReadingId, StopId},
    obis::Obis,
    quantity::Unit,
    reading::{Method, Reading, RegisterValue},
    time::UtcMs,
};
use lamplighter_hub::{
    error::LedgerError,
    formats::csv,
    ledger::{Greeting, Imported, Ledger, Sqlite},
};
use lamplighter_sync::{
    books,
    wire::{Batch, RefusalCode},
};

pub(crate) const NOW: UtcMs = UtcMs(1_795_427_381_250);
pub(crate) const CODE: &str = "12345-67890";
pub(crate) const HEADER: &str = "cycle,round,round_name,stop,address,lat,lon,hint_location,hint_warning,\
                                 hint_key,hint_note,serial,model,obis,unit,integers,decimals,multiplier,history";

/// A log on a device.
pub(crate) struct Handheld {
    pub(crate) key: SecretKey,
    pub(crate) log: Log,
    /// From [`Head::EMPTY`] on: one more than there are payloads.
    pub(crate) heads: Vec<Head>,
    pub(crate) payloads: Vec<Vec<u8>>,
}

impl Handheld {
    pub(crate) fn new(seed: u8) -> Self {
        let log = Log { device: DeviceId::new([seed; 16]), epoch: 1 };
        Self { key: SecretKey::new([seed; 32]), log, heads: vec![Head::EMPTY], payloads: Vec::new() }
    }

    /// Invited under `name` with [`CODE`], and taken in.
    pub(crate) async fn enrolled(ledger: &impl Ledger, seed: u8, name: &str) -> Self {
        let handheld = Self::new(seed);
        let code = format!("12345-678{seed:02}");
        ledger.invite(name, handheld.log.device, &code, UtcMs(NOW.0 + 1), NOW).await.unwrap();
        ledger.redeem(&code, handheld.key.public(), NOW).await.unwrap();
        handheld
    }

    pub(crate) fn head(&self) -> Head {
        *self.heads.last().unwrap()
    }

    pub(crate) fn add(&mut self, payload: Vec<u8>) {
        self.heads.push(self.head().next(self.log, &payload));
        self.payloads.push(payload);
    }

    pub(crate) fn event(&mut self, body: Body) {
        self.add(Event { at: NOW, body }.to_bytes());
    }

    /// Reads stop `number` of round 14.
    pub(crate) fn read(&mut self, number: u32, value: &str) -> ReadingId {
        self.read_again(number, value, None)
    }

    pub(crate) fn read_again(&mut self, number: u32, value: &str, before: Option<ReadingId>) -> ReadingId {
        self.event(Body::Reading(Box::new(reading(number, value, before))));
        reading_id(self.log, self.head().seq)
    }

    /// Events `from` to `to`, numbers included.
    pub(crate) fn batch(&self, from: usize, to: usize) -> Batch {
        Batch {
            device: self.log.device.as_bytes().to_vec(),
            epoch: self.log.epoch,
            first_seq: from as u64,
            prev_hash: self.heads[from - 1].hash.0.to_vec(),
            payloads: self.payloads[from - 1..to].to_vec(),
            seal: self.key.seal_head(self.log, self.heads[to]).0.to_vec(),
        }
    }
}

pub(crate) fn reading(number: u32, value: &str, supersedes: Option<ReadingId>) -> Reading {
    Reading {
        stop: stop(number),
        meter: books::meter_id(&format!("5820{number}")),
        taken_at: NOW,
        method: Method::Probe,
        values: vec![RegisterValue {
            obis: Obis::ACTIVE_IMPORT,
            value: value.parse().unwrap(),
            unit: Unit::KiloWattHour,
        }],
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
        supersedes,
    }
}

pub(crate) fn stop(number: u32) -> StopId {
    books::stop_id("2026-11", "14", number)
}

/// Of a device that has taken no plans over.
pub(crate) fn greeting(log: Log) -> Greeting {
    Greeting { log, head_seq: 0, app_version: "1".into(), cursor: 0, mark: Vec::new(), closed: Vec::new() }
}

/// A ledger for tests that are of other things.
pub(crate) fn ledger() -> Sqlite {
    Sqlite::in_memory([9; 32], NOW).unwrap()
}

/// Round 14 with so many stops, as CSV.
pub(crate) fn round(stops: u32) -> String {
    (1..=stops).fold(format!("{HEADER}\n"), |csv, number| {
        csv + &format!(
            "2026-11,14,Harbour East,{number},\"Pier {number}, east\",60.1,24.9,,,,,5820{number},,1.8.0,kWh,6,1,,\n"
        )
    })
}

pub(crate) async fn import(ledger: &impl Ledger, csv: &str, name: Option<&str>) -> Imported {
    ledger.import(&csv::read(csv.as_bytes()).unwrap(), name).await.unwrap()
}

#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T, LedgerError>) -> (RefusalCode, u64) {
    match result {
        Err(LedgerError::Refused(code, number, _)) => (code, number),
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn events(ledger: &impl Ledger) -> u64 {
    ledger.status().await.unwrap().devices.iter().map(|device| device.events).sum()
}

pub(crate) async fn six_events(ledger: &impl Ledger) -> Handheld {
    let mut handheld = Handheld::enrolled(ledger, 1, "Mara").await;
    for number in 1..=6 {
        handheld.read(number, "10.5");
    }
    handheld
}
