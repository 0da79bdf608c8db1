//! How quickly dumps become values, against decoders of others on the same bytes in the same run. The goal: 20 times
//! as quick as each. Captures are taken beside telegrams of our own where they are at hand.
#![allow(clippy::disallowed_methods, reason = "a bench measures time")]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench says its figures, and one whose stage cannot be set has failed"
)]

#[path = "../../core/benches/telegrams/mod.rs"]
mod telegrams;

use std::{
    env, fs,
    hint::black_box,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

use lamplighter_core::probe::{crc, dlms, dlt645, push, sml};
use telegrams::{p1_telegram, sml_telegram};

const GOAL: f64 = 20.0;
const LONG_ENOUGH: Duration = Duration::from_secs(1);
/// Frames or telegrams of one dump.
const TELEGRAMS: usize = 16;

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned();
    let python = judges(&root);
    println!(
        "{:<34}{:>9}{:>14}{:>14}{:>9}  goal {GOAL}",
        "dump", "judge", "ours MB/s", "theirs MB/s", "ratio"
    );
    let mut reached = true;
    for Case { name, dump, decode, judges } in cases(&root) {
        let (found, ours) = speed(&dump, decode);
        for judge in judges {
            let (their_found, theirs) = judged(&python, &root, judge, &dump);
            assert_eq!(found, their_found, "{name}: {judge} finds another number of telegrams");
            let ratio = ours / theirs;
            reached &= ratio >= GOAL;
            println!("{name:<34}{judge:>9}{:>14.2}{:>14.3}{ratio:>9.0}", ours / 1e6, theirs / 1e6);
        }
    }
    if reached { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Case {
    name: String,
    dump: Vec<u8>,
    /// How many telegrams are found.
    decode: fn(&[u8]) -> usize,
    judges: &'static [&'static str],
}

fn cases(root: &Path) -> Vec<Case> {
    let case = |name: &str, dump, decode, judges| Case { name: name.into(), dump, decode, judges };
    let sml: fn(&[u8]) -> usize = |dump| sml::decode(dump).len();
    let mut cases = vec![
        case("SML", sml_telegram().repeat(TELEGRAMS), sml, &["smllib", "pysml"]),
        case("P1", p1_telegram().repeat(TELEGRAMS), |dump| push::decode(dump).len(), &["dsmr"]),
        case("DLMS, answers in HDLC", answers(), values, &["gurux", "dlms"]),
        case(
            "DL/T 645",
            frames(),
            |dump| dlt645::decode(dump).iter().map(|meter| meter.frames).sum(),
            &["dlt645"],
        ),
    ];
    let data = env::var_os("LAMPLIGHTER_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    for name in ["ITRON_OpenWay-3.HZ_with_PIN.bin", "ISKRA_MT631-D2A51-V22-K0z_with_PIN.bin"] {
        match fs::read(data.join("meters/sml").join(name)) {
            Ok(dump) => cases.push(case(&format!("SML, {name:.24}"), dump, sml, &["smllib", "pysml"])),
            Err(_) => println!("skipped: {name} is not at hand"),
        }
    }
    cases
}

/// Values of answers; the last message sums up.
fn values(dump: &[u8]) -> usize {
    let messages = dlms::decode(dump).into_iter();
    messages.filter(|message| matches!(message.said, dlms::decode::Decoded::Values(_))).count()
}

/// Answers to single questions, as one session has them.
fn answers() -> Vec<u8> {
    let frame = |at: usize| {
        let value = u32::try_from(12_345_678 + at).unwrap();
        // Both ends count what they have sent and heard.
        let control = u8::try_from((at % 8) << 1 | 0x10 | ((at + 1) % 8) << 5).unwrap();
        let message = [&b"\xE6\xE7\x00\xC4\x01\xC1\x00\x06"[..], &value.to_be_bytes()].concat();
        let head = [0xA0, 0x16, 0x21, 0x02, 0x23, control];
        let head = [&head[..], &crc::x25(&head).to_le_bytes()].concat();
        let body = [head, message].concat();
        [&b"\x7E"[..], &body, &crc::x25(&body).to_le_bytes(), b"\x7E"].concat()
    };
    (0..TELEGRAMS).flat_map(frame).collect()
}

/// Answers of one meter, with one energy each.
fn frames() -> Vec<u8> {
    let frame = |tariff: u8| {
        let content =
            [0x00, tariff, 0x01, 0x00, 0x67, 0x45, 0x23, 0x01].map(|byte: u8| byte.wrapping_add(0x33));
        let frame = [&b"\x68\x89\x67\x45\x23\x01\x00\x68\x91\x08"[..], &content].concat();
        let sum = frame.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        [&b"\xFE\xFE\xFE\xFE"[..], &frame, &[sum, 0x16]].concat()
    };
    (0..TELEGRAMS).flat_map(|at| frame(u8::try_from(at).unwrap())).collect()
}

/// Telegrams found, and bytes in a second.
fn speed(dump: &[u8], decode: fn(&[u8]) -> usize) -> (usize, f64) {
    let found = decode(dump);
    let (began, mut rounds) = (Instant::now(), 0_u32);
    while began.elapsed() < LONG_ENOUGH {
        black_box(decode(black_box(dump)));
        rounds += 1;
    }
    let bytes = f64::from(rounds) * f64::from(u32::try_from(dump.len()).unwrap());
    (found, bytes / began.elapsed().as_secs_f64())
}

fn judged(python: &Path, root: &Path, judge: &str, dump: &[u8]) -> (usize, f64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dump");
    fs::write(&path, dump).unwrap();
    let mut command = Command::new(python);
    command.env("PYTHONDONTWRITEBYTECODE", "1").arg(root.join("tests/peers/speed.py")).arg(judge).arg(&path);
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let (bytes, found) = said
        .trim()
        .split_once(' ')
        .unwrap_or_else(|| panic!("{judge}: {}", String::from_utf8_lossy(&output.stderr)));
    (found.parse().unwrap(), bytes.parse().unwrap())
}

/// Python with the decoders of others.
fn judges(root: &Path) -> PathBuf {
    let made = Command::new(root.join("tools/peers.sh")).status().unwrap();
    assert!(made.success(), "tools/peers.sh");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    target.join("peers/bin/python")
}
