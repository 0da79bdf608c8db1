//! The receiver against logs of real receivers and what gpsd made of them, where that folder is present.

use std::{fs, path::PathBuf};

use super::receiver::{Event, Receiver};
use crate::{place::Position, time::UtcMs};

/// Ours and gpsd's first and last positions may differ by so much: gpsd may take another sentence of the moment.
const TOLERANCE_M: f64 = 30.0;

fn folder() -> PathBuf {
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");
    std::env::var_os("LAMPLIGHTER_DATA").map_or_else(|| here.into(), PathBuf::from).join("gnss")
}

/// The positions that gpsd reported with a fix. Its status 8 is a receiver that says that it simulates: to gpsd
/// that is a fix, to us it is none.
fn expected(answers: &str) -> Vec<Position> {
    let number = |line: &str, key: &str| -> Option<f64> {
        let rest = line.split_once(&format!("\"{key}\":"))?.1;
        rest.split([',', '}']).next()?.parse().ok()
    };
    answers
        .lines()
        .filter(|line| line.contains("\"class\":\"TPV\"") && number(line, "mode") >= Some(2.0))
        .filter(|line| number(line, "status") != Some(8.0))
        .filter_map(|line| Position::from_degrees(number(line, "lat")?, number(line, "lon")?))
        .collect()
}

fn found(log: &[u8]) -> (Vec<Position>, Receiver) {
    let (mut receiver, mut now) = (Receiver::new(), UtcMs(1_795_392_000_000));
    let mut events = vec![];
    for part in log.chunks(97) {
        events.extend(receiver.handle(part, now));
        now.0 += 50;
    }
    events.extend(receiver.handle(b"", UtcMs(now.0 + 1_000)));
    let position = |event| match event {
        Event::Fix(fix) => Some(fix.position),
        Event::Lost | Event::Silent => None,
    };
    (events.into_iter().filter_map(position).collect(), receiver)
}

#[test]
fn real_logs_give_a_fix_where_gpsd_has_one() {
    let Ok(files) = fs::read_dir(folder()) else {
        println!("skipped: no folder of real logs");
        return;
    };
    let mut logs: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    logs.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    logs.sort();
    let (mut agree, mut near, mut compared, mut strangers, mut disagree) = (0, 0, 0, 0, vec![]);
    for path in &logs {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let log = fs::read(path).unwrap();
        let answers = fs::read(path.with_extension("log.chk")).unwrap();
        let expected = expected(&String::from_utf8_lossy(&answers));
        let (found, receiver) = found(&log);
        if !log.split(|&byte| byte == b'\n').any(|line| {
            line.starts_with(b"$")
                && line.get(3..6).is_some_and(|kind| matches!(kind, b"GGA" | b"RMC" | b"GLL"))
        }) {
            println!("{name}: holds no position sentences; expected fixes {}", expected.len());
            strangers += 1;
        }
        if found.is_empty() == expected.is_empty() {
            agree += 1;
        } else {
            disagree.push(name.clone());
        }
        if let ([first, .., last], [gpsd_first, gpsd_second, .., gpsd_last]) = (&found[..], &expected[..]) {
            // gpsd may begin one sentence early, with a GGA that says that it has no fix.
            let a = first.metres_to(*gpsd_first).min(first.metres_to(*gpsd_second));
            let b = last.metres_to(*gpsd_last);
            compared += 1;
            if a <= TOLERANCE_M && b <= TOLERANCE_M {
                near += 1;
            } else {
                println!(
                    "{name}: first {a:.0} m, last {b:.0} m from gpsd; {} and {} fixes",
                    found.len(),
                    expected.len()
                );
            }
        }
        if receiver.unreadable() > 0 || receiver.dropped().bad_checksum > 0 {
            println!("{name}: unreadable {}, {:?}", receiver.unreadable(), receiver.dropped());
        }
    }
    println!("{} logs ({strangers} without position sentences): {agree} agree on fix or no fix", logs.len());
    println!("{near} of {compared} with the same first and last position within {TOLERANCE_M} m");
    assert_eq!(disagree, [""; 0]);
    assert_eq!(near, compared);
}
