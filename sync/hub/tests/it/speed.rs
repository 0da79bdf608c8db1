//! How fast a ledger on disk takes readings in. Run by hand, in release: `--ignored --nocapture speed`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use lamplighter_hub::ledger::Ledger;
use lamplighter_sync::{export::verify, signed};
use tokio::task::JoinSet;

use crate::{
    engines::{Store, file},
    handheld::{Handheld, NOW},
    server::database,
};

const READINGS: u32 = 10_000;
const BATCH: usize = 500;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, not a test"]
async fn ten_thousand_readings_in_batches_of_five_hundred() {
    measure("sqlite", &file()).await;
    measure("postgres", &database().await).await;
}

#[allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement needs a clock and tells what it saw"
)]
async fn measure(engine: &str, store: &impl Store) {
    let ledger = Arc::new(store.open().await);
    let mut bytes = 0;
    // A device after the other: what one client sees as the ledger grows.
    for seed in 1..=5 {
        let batches = device(&*ledger, seed).await;
        bytes += batches.iter().map(Vec::len).sum::<usize>();
        let start = Instant::now();
        hand_over(&*ledger, &batches).await;
        tell(engine, "one client", READINGS, start.elapsed());
    }
    let mut all = Vec::new();
    for seed in 6..=9 {
        all.push(device(&*ledger, seed).await);
    }
    let start = Instant::now();
    let mut clients = JoinSet::new();
    for batches in all {
        let ledger = Arc::clone(&ledger);
        clients.spawn(async move { hand_over(&*ledger, &batches).await });
    }
    clients.join_all().await;
    tell(engine, "four clients at once", 4 * READINGS, start.elapsed());
    let start = Instant::now();
    let mut export = Vec::new();
    ledger.export(&mut export, None, NOW, |_| {}).await.unwrap();
    let wrote = start.elapsed();
    let readings = u64::from(9 * READINGS);
    assert_eq!(verify(&export, None).unwrap().readings, readings);
    println!(
        "{engine}: {} B/reading on the wire; export {wrote:?}, {} B/reading",
        bytes as u64 / u64::from(5 * READINGS),
        export.len() as u64 / readings
    );
}

/// A device that has read stops of its own, packed for the wire.
async fn device(ledger: &impl Ledger, seed: u8) -> Vec<Vec<u8>> {
    let mut handheld = Handheld::enrolled(ledger, seed, &format!("Reader {seed}")).await;
    for number in 1..=READINGS {
        handheld.read(u32::from(seed) * READINGS + number, "12345.6");
    }
    let batch = |first: usize| signed::pack(&handheld.batch(first * BATCH + 1, (first + 1) * BATCH)).unwrap();
    (0..handheld.payloads.len() / BATCH).map(batch).collect()
}

async fn hand_over(ledger: &impl Ledger, batches: &[Vec<u8>]) {
    for packed in batches {
        ledger.ingest(signed::unpack(packed).unwrap(), NOW).await.unwrap();
    }
}

#[allow(clippy::print_stdout, reason = "a measurement tells what it saw")]
fn tell(engine: &str, who: &str, readings: u32, took: Duration) {
    println!("{engine}, {who}: {readings} in {took:?} ({:.0}/s)", f64::from(readings) / took.as_secs_f64());
}
