//! What the handheld does between the last byte of the meter and "saved": judge, seal, chain, write, force to disk.
#![allow(clippy::expect_used, reason = "a bench whose stage cannot be set has failed")]

use divan::Bencher;
use lamplighter_core::{
    audit::{judge::judge, observed::Observed},
    evidence::{
        chain::Log,
        envelope::RecoverySecret,
        seal::{PublicKey, SecretKey},
    },
    id::{DeviceId, MeterId, RoundId, StopId},
    meter::Meter,
    obis::Obis,
    probe::{
        readout::{Datum, Integrity, Protocol, Readout, Value},
        way::{Family, Way},
    },
    quantity::Unit,
    register::{Dials, PastReading, Register},
    round::{Outcome, Round, Stop},
    store::{Identity, Recovery, Store, Takeover},
    time::UtcMs,
    work,
};

const DAY_MS: i64 = 86_400_000;
const NOW: UtcMs = UtcMs(400 * DAY_MS);
/// About what a mode C meter of the street sends.
const TRANSCRIPT_BYTES: usize = 1_500;

fn main() {
    divan::main();
}

fn decimal(text: &str) -> lamplighter_core::decimal::Decimal {
    text.parse().expect("a number")
}

fn stop() -> Stop {
    let past = |month: i64| PastReading {
        at: UtcMs(NOW.0 - (13 - month) * 30 * DAY_MS),
        value: decimal(&(10_000 + 300 * month).to_string()),
        actual: true,
    };
    let register = Register {
        obis: Obis::ACTIVE_IMPORT,
        unit: Unit::KiloWattHour,
        dials: Dials::new(6, 1).expect("dials"),
        multiplier: decimal("1"),
        history: (0..=12).map(past).collect(),
    };
    Stop {
        id: StopId::derived(&[b"1"]),
        round: RoundId::derived(&[b"r"]),
        number: 1,
        address: "Mill Lane 1".into(),
        position: None,
        hints: vec![],
        meter: Meter {
            id: MeterId::derived(&[b"58200417"]),
            serial: "58200417".into(),
            model: None,
            way: None,
            registers: vec![register],
        },
        outcome: Outcome::ToDo,
    }
}

fn readout() -> Readout {
    Readout {
        protocol: Protocol::Iec62056('C'),
        identity: "/ABC5X".into(),
        serial: Some("58200417".into()),
        clock: None,
        registers: vec![Datum {
            obis: Obis::ACTIVE_IMPORT,
            value: Value::Number(decimal("13900.0")),
            unit: Some(Unit::KiloWattHour),
            at: None,
        }],
        baud: 9_600,
        integrity: Integrity::Checked,
        retries: 0,
        way: Way::new(Family::Iec62056, 9_600),
    }
}

fn store(folder: &std::path::Path) -> Store {
    let mut store = Store::open(&folder.join("reader.db")).expect("a store").store;
    let identity = Identity {
        log: Log { device: DeviceId::new([7; 16]), epoch: 1 },
        key: SecretKey::new([8; 32]),
        hub_key: PublicKey([9; 32]),
        hub_url: String::new(),
        reader: "Anna".into(),
    };
    store.enrol(&identity).expect("enrolled");
    let round = Round { id: stop().round, code: "1".into(), name: "1".into(), cycle: "1".into() };
    store
        .take_over(NOW, &[Takeover::Round(round), Takeover::Plan(Box::new(stop()))], 0, 1, &[])
        .expect("plans");
    store
}

/// The whole use case, fsync included; without a recovery key, and with one.
#[divan::bench(sample_count = 500, sample_size = 1, args = [false, true])]
fn save_a_reading(bencher: Bencher, enclosed: bool) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = store(folder.path());
    if enclosed {
        let key = RecoverySecret::new([1; 32]).public();
        store.keep_recovery(Recovery { key, since: NOW }).expect("a recovery key");
    }
    let (stop, readout) = (stop(), readout());
    let transcript = "0.000 300 > 2F 3F 21 0D 0A\n".repeat(TRANSCRIPT_BYTES / 27);
    bencher.bench_local(|| {
        work::record_readout(&mut store, NOW, stop.id, &readout, &transcript, None, false).expect("recorded")
    });
}

/// The verdict alone.
#[divan::bench]
fn judge_a_reading(bencher: Bencher) {
    let meter = stop().meter;
    let readout = readout();
    let observed = Observed {
        values: readout.registers,
        serial_seen: readout.serial,
        integrity: Some(readout.integrity),
    };
    bencher.bench_local(|| judge(&meter, &observed, NOW));
}
