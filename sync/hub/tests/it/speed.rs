//! How fast a ledger on disk takes readings in. Run by hand, in release: `--ignored --nocapture speed`.

use std::time::{Duration, Instant};

use lamplighter_hub::ledger::Ledger;
use lamplighter_sync::{export::verify, signed};

use crate::{
    engines::{Store, file},
    handheld::{Handheld, NOW, import, round},
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
    let ledger = store.open().await;
    let mut best = Duration::MAX;
    let (mut bytes, mut devices) = (0, 0);
    // A device after the other: what a machine that does other things at the same time can at best do.
    for seed in 1..=7 {
        let mut handheld = Handheld::enrolled(&ledger, seed, &format!("Mara {seed}")).await;
        if seed == 1 {
            import(&ledger, &round(READINGS), Some("Mara 1")).await;
        }
        for number in 1..=READINGS {
            handheld.read(number, "12345.6");
        }
        let packed: Vec<Vec<u8>> = (0..handheld.payloads.len() / BATCH)
            .map(|batch| signed::pack(&handheld.batch(batch * BATCH + 1, (batch + 1) * BATCH)).unwrap())
            .collect();
        bytes += packed.iter().map(Vec::len).sum::<usize>();
        devices += 1;
        let start = Instant::now();
        for packed in &packed {
            ledger.ingest(signed::unpack(packed).unwrap(), NOW).await.unwrap();
        }
        let took = start.elapsed();
        println!("{engine}: device {seed}: {took:?} ({:.0}/s)", f64::from(READINGS) / took.as_secs_f64());
        best = best.min(took);
    }
    let start = Instant::now();
    let mut export = Vec::new();
    ledger.export(&mut export, None, NOW, |_| {}).await.unwrap();
    let wrote = start.elapsed();
    let start = Instant::now();
    let readings = u64::from(READINGS) * devices;
    assert_eq!(verify(&export, None).unwrap().readings, readings);
    let proved = start.elapsed();
    println!(
        "{engine}: best ingest {best:?} ({:.0}/s), {} B/reading on the wire; export {wrote:?}, {} B/reading; verify {proved:?}",
        f64::from(READINGS) / best.as_secs_f64(),
        bytes as u64 / readings,
        export.len() as u64 / readings
    );
}
