//! How fast a ledger on disk takes readings in. Run by hand, in release: `--ignored --nocapture speed`.

use std::time::Instant;

use lamplighter_hub::ledger::Ledger;
use lamplighter_sync::{export::verify, signed};

use crate::handheld::{Handheld, NOW, import, round};

#[test]
#[ignore = "a measurement, not a test"]
#[allow(clippy::disallowed_methods, reason = "a measurement needs a clock")]
fn ten_thousand_readings_in_batches_of_five_hundred() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("hub.db"), [9; 32], NOW).unwrap();
    let mut handheld = Handheld::enrolled(&ledger, 1, "Mara");
    import(&ledger, &round(10_000), Some("Mara"));
    for number in 1..=10_000 {
        handheld.read(number, "12345.6");
    }
    let packed: Vec<Vec<u8>> = (0..20)
        .map(|batch| signed::pack(&handheld.batch(batch * 500 + 1, batch * 500 + 500)).unwrap())
        .collect();
    let bytes: usize = packed.iter().map(Vec::len).sum();
    let start = Instant::now();
    for packed in &packed {
        ledger.ingest(&signed::unpack(packed).unwrap(), NOW).unwrap();
    }
    let took = start.elapsed();
    let start = Instant::now();
    let mut export = Vec::new();
    ledger.export(&mut export, None, NOW, |_| {}).unwrap();
    let wrote = start.elapsed();
    let start = Instant::now();
    assert_eq!(verify(&export, None).unwrap().readings, 10_000);
    let proved = start.elapsed();
    println!(
        "ingest {took:?} ({:.0}/s), {} B/reading on the wire; export {wrote:?}, {} B/reading; verify {proved:?}",
        10_000.0 / took.as_secs_f64(),
        bytes / 10_000,
        export.len() / 10_000
    );
}
