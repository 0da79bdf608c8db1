//! The street's C12.18 meter, read at true line time by a client that nobody here wrote: it finds the meter to be what it
//! was made, and sees every table as our own reader does.

use std::collections::BTreeMap;

use lamplighter_core::probe::{
    c1218::{Code, Config, Request, Saying, Session, decode},
    part::{Span, Wants},
};
use lamplighter_street::{
    RunningMeter,
    day::Day,
    meter::{C1218Machine, C1218Settings, Meter, NiFormat},
};
use serde_json::{Value, json};

use crate::{
    judges::program,
    wire::{Loss, read},
};

/// All tables of the meter but its clock, which goes on, and the profile, which is not asked for whole by us.
const TABLES: [&str; 18] =
    ["0", "1", "3", "5", "11", "12", "15", "16", "21", "22", "23", "25", "27", "28", "61", "62", "63", "71"];

#[test]
fn a_meter_of_the_street_is_read_by_a_client_of_others() {
    // It knows moments in bytes only, and no byte order but the usual.
    for (ni1, ni2) in [(NiFormat::Int48, NiFormat::Int32), (NiFormat::Char12, NiFormat::Float32)] {
        let day = Day::new(2026, 11, 23).unwrap();
        // No short packets: this client asks for whole tables only.
        let settings = C1218Settings {
            ni1,
            ni2,
            constant: Some(40),
            longest_packet: 512,
            ..C1218Settings::on_day("50123456", day)
        };
        let ours = tables(&settings);
        let meter = Meter::spawn(settings).unwrap();
        let theirs = client(&meter);
        assert_eq!(theirs["maker"], json!(["LMPL", "STREET-4"]));
        assert_eq!(theirs["numbers"], json!(["50123456", "50123456"]));
        assert_eq!(theirs["kind"], json!(["Electric", "ISO/IEC 646 (7-bit)", 1]));
        assert_eq!(theirs["state"], json!([1, 0]));
        // Power down and up, and a demand reset.
        let events = [
            json!(["NOV 12 2026 13:53:20", 1, 1, 0, 1]),
            json!(["NOV 12 2026 14:5:54", 2, 2, 0, 2]),
            json!(["NOV 18 2026 0:0:0", 3, 3, 0, 20]),
        ];
        assert_eq!(theirs["events"], json!(events));
        for table in TABLES {
            assert_eq!(theirs["tables"][table], json!(ours[table]), "table {table}");
        }
        println!("{ni1:?}: {} tables by termineter", TABLES.len());
    }
}

fn client(meter: &RunningMeter) -> Value {
    let mut command = program("client_c1218.py");
    let output = command.arg(meter.path().unwrap()).args(TABLES).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The whole tables of the same meter, in hexadecimal digits, as they come to our reader.
fn tables(settings: &C1218Settings) -> BTreeMap<String, String> {
    let span =
        Span { from: "2026-11-23T00:00:00".parse().unwrap(), to: "2026-11-24T00:00:00".parse().unwrap() };
    let wants = Wants { profile: Some(span), events: true, beside_only: false };
    let config = Config { wants, ..Config::default() };
    let read =
        read(&mut C1218Machine::new(settings.clone()), Loss::Nothing, |now| Session::start(now, config));
    let bytes: Vec<u8> =
        read.drive.transcript.chunks().iter().flat_map(|chunk| chunk.bytes.iter().copied()).collect();
    let (mut tables, mut asked) = (BTreeMap::new(), None);
    for said in decode(&bytes).said {
        match said.saying {
            Saying::Request(request) => asked = Some(request),
            Saying::Answer(Code::Ok, rest) => {
                let Some(Request::Read { table }) = asked.take() else { continue };
                // Behind a count, and before a checksum.
                let table_bytes = rest.get(2..rest.len() - 1).unwrap();
                let hex = table_bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                tables.insert(table.to_string(), hex);
            }
            Saying::Answer(..) => {}
        }
    }
    tables
}
