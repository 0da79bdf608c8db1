//! Captured conversations: one of a real meter, where it is at hand, and those of our own virtual meters.

use std::{env, fs, path::PathBuf};

use serde_json::Value as Json;

use super::{
    habits::Habits,
    line::{Echo, Probe, read},
    meter::crc,
    readouts::{check_readout, locked, ring},
    writer::Style,
};
use crate::probe::{
    c1218::{
        Code, Config, Request, Saying, decode,
        packet::single,
        service::{Agreed, identify, is_identification, negotiate},
    },
    transcript::Transcript,
};

#[test]
fn the_packets_of_a_real_meter_are_understood() {
    let root = env::var_os("LAMPLIGHTER_DATA")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data").into(), PathBuf::from);
    let Ok(text) = fs::read_to_string(root.join("meters/c1218/elster_identify_negotiate.json")) else {
        return println!("skipped: no captures at hand (LAMPLIGHTER_DATA names their folder)");
    };
    let steps: Vec<Json> = serde_json::from_str(&text).unwrap();
    let hex = |step: &Json| -> Vec<u8> {
        let words = step["hex"].as_str().unwrap().split(' ');
        words.map(|word| u8::from_str_radix(word, 16).unwrap()).collect()
    };
    let bytes: Vec<u8> = steps.iter().flat_map(hex).collect();
    let said: Vec<Saying> = decode(&bytes).said.into_iter().map(|said| said.saying).collect();
    let [identified, agreed] = [&said[1], &said[3]].map(|saying| match saying {
        Saying::Answer(Code::Ok, rest) => rest.clone(),
        other @ (Saying::Request(_) | Saying::Answer(..)) => panic!("{other:?}"),
    });
    assert_eq!(
        (said.len(), &said[0], &said[2]),
        (4, &Saying::Request(Request::Identify), &Saying::Request(Request::Negotiate))
    );
    assert!(is_identification(&identified));
    assert_eq!(Agreed::of_answer(&agreed), Some(Agreed { packet: 1_024, packets: 128, baud: Some(9_600) }));
    // What its reader said is what ours would say.
    assert_eq!(hex(&steps[0]), single(false, &identify()));
    assert_eq!(hex(&steps[3]), single(true, &negotiate(128, 9_600, 9_600)));
    println!("compared {} steps of 1 captured conversation", steps.len());
}

#[test]
fn a_captured_conversation_tells_what_its_reader_read() {
    for (habits, echo) in [
        (Habits::default(), Echo::None),
        (Habits::of(Style { big: true, sums: 13, ..Style::default() }), Echo::None),
        // Pieces, echoes, damage, and a password.
        (Habits { packets: None, ..Habits::default() }, Echo::None),
        (
            Habits { packets: Some((64, 30)), ..Habits::of(Style { access: 0, ..Style::default() }) },
            Echo::Whole,
        ),
        (Habits { wrong_checks: 2, naks: 1, ..Habits::default() }, Echo::None),
        (locked("secret"), Echo::Cut),
    ] {
        let config = Config { keyring: ring("*", "secret"), ..Config::default() };
        let run = read(habits, Probe { echo, ..Probe::default() }, config);
        let dump = decode(&bytes(&run.drive.transcript));
        let (read, decoded) = (run.drive.result.unwrap(), dump.readout.unwrap());
        check_readout(&decoded);
        assert_eq!(decoded.registers, read.registers);
        let requests = dump.said.iter().filter(|said| matches!(said.saying, Saying::Request(_))).count();
        assert!(requests >= run.meter.requests.len(), "{:?}", dump.said);
        assert!(!format!("{:?}", dump.said).contains("secret"));
    }
}

#[test]
fn a_dump_that_begins_and_ends_in_the_middle_tells_what_is_whole() {
    let run = read(Habits::default(), Probe::default(), Config::default());
    let all = bytes(&run.drive.transcript);
    for cut in (0..all.len()).step_by(7) {
        let (head, tail) = (decode(&all[..cut]), decode(&all[cut..]));
        assert!(head.said.len() + tail.said.len() + 2 >= decode(&all).said.len(), "{cut}");
        // Without table 0 nobody knows how anything is written.
        assert!(tail.readout.is_none() || cut < 120, "{cut}");
    }
}

#[test]
fn the_check_of_a_packet_is_counted_the_same_bit_by_bit() {
    for length in 0..40_u8 {
        let packet = single(length % 2 == 1, &(0..length).collect::<Vec<u8>>());
        let (covered, check) = packet.split_at(packet.len() - 2);
        assert_eq!(crc(covered).to_le_bytes(), check);
    }
}

fn bytes(transcript: &Transcript) -> Vec<u8> {
    transcript.chunks().iter().flat_map(|chunk| chunk.bytes.iter().copied()).collect()
}
