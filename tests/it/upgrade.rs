//! Files of every released schema open with this release, with all that is in them.

use std::{fmt::Write as _, fs, path::Path};

use lamplighter_core::{
    audit::verdict::{Level, Verdict},
    evidence::{
        chain::{Head, Log},
        seal::SecretKey,
    },
    id::{DeviceId, RoundId},
    meter::Meter,
    obis::Obis,
    place::Position,
    quantity::Unit,
    reading::{Method, Reading, RegisterValue},
    register::{Dials, PastReading, Register},
    round::{Hint, HintKind, Outcome, Round, SkipReason, Stop},
    store::{Identity, Setting, Store, Stretch, Takeover},
    time::UtcMs,
};
use lamplighter_hub::{
    formats::csv,
    ledger::{Ledger as _, Sqlite},
};
use lamplighter_sync::{books, export, wire};
use rusqlite::{Connection, types::ValueRef};
use tempfile::tempdir;

use crate::sources::root;

const NOW: UtcMs = UtcMs(1_795_427_381_250);
const TRANSCRIPT: &str = "0.001 300 > AF 3F 21 8D 0A";

#[test]
fn a_device_of_schema_1_opens_with_all_its_rows() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("reader.db");
    load("device-0001.sql", &path);
    let opened = Store::open(&path).unwrap();
    assert_eq!(opened.set_aside, None);
    let mut store = opened.store;
    check_device(&store);
    let again = store.record(reading(3), None).unwrap();
    assert_eq!(store.reading(again.id).unwrap(), Some(again));
}

#[tokio::test]
async fn a_ledger_of_schema_1_opens_with_all_its_rows() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("hub.db");
    load("ledger-0001.sql", &path);
    let ledger = Sqlite::open(&path, [0; 32], NOW).unwrap();
    assert_eq!(ledger.key().public(), SecretKey::new([9; 32]).public(), "the hub's key has changed");
    let mut bytes = Vec::new();
    ledger.export(&mut bytes, None, NOW, |_| {}).await.unwrap();
    let verified = export::verify(&bytes, Some(ledger.key().public())).unwrap();
    assert_eq!((verified.readings, verified.totals.current, verified.devices), (1, 1, 1));
    let status = ledger.status().await.unwrap();
    assert_eq!(
        (
            &status.rounds[0].cycle[..],
            status.rounds[0].stops,
            status.rounds[0].read,
            status.rounds[0].skipped
        ),
        ("2026-11", 3, 1, 1)
    );
    assert_eq!((&status.devices[0].name[..], status.devices[0].plan_head), ("Anna", 4));
}

/// Run by hand when a schema is released: `cargo test -p lamplighter-tests -- --ignored write_schema`.
#[tokio::test]
#[ignore = "writes the dumps of the present schema; look at the difference before it is committed"]
async fn write_schema_fixtures() {
    let folder = tempdir().unwrap();
    let (device, ledger) = (folder.path().join("reader.db"), folder.path().join("hub.db"));
    let store = fill_device(&device);
    check_device(&store);
    fill_ledger(&ledger, &store).await;
    drop(store);
    for (name, path) in [("device", device), ("ledger", ledger)] {
        let connection = Connection::open(path).unwrap();
        let number: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        let to = root().join(format!("fixtures/schema/{name}-{number:04}.sql"));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(to, dump(&connection)).unwrap();
    }
}

fn check_device(store: &Store) {
    let identity = store.identity().unwrap().unwrap();
    assert_eq!((identity.log, &identity.reader[..], identity.hub_key), (log(), "Anna", hub_key().public()));
    assert_eq!(identity.key.public(), key().public());
    let shift = store.shift().unwrap().unwrap();
    assert_eq!((shift.round, shift.started_at, shift.ended_at), (round(), Some(NOW), None));
    let stops = store.stops(round().id).unwrap();
    assert_eq!(stops.iter().map(|stop| stop.number).collect::<Vec<_>>(), [2, 1, 3]);
    let ids = store.reading_ids().unwrap();
    let recorded = store.reading(ids[0]).unwrap().unwrap();
    let transcript = recorded.reading.transcript;
    assert_eq!(recorded.reading, Reading { transcript, ..reading(1) });
    assert_eq!(store.transcript(transcript.unwrap()).unwrap().as_deref(), Some(TRANSCRIPT));
    assert!(recorded.held_by_hub && ids.len() == 1);
    let outcome = |number: u32| store.stop(stop(number).id).unwrap().unwrap();
    let read = Outcome::Read { reading: ids[0], level: Level::Right };
    assert_eq!(outcome(1), Stop { outcome: read, ..stop(1) });
    assert_eq!(outcome(2), Stop { outcome: Outcome::Skipped { reason: SkipReason::Locked }, ..stop(2) });
    assert_eq!(outcome(3), stop(3));
    assert_eq!(store.drafts(stop(3).id).unwrap(), [(Obis::ACTIVE_IMPORT, "0123".to_owned())]);
    assert_eq!(store.setting(Setting::CurrentStop).unwrap(), Some(stop(3).id.to_string()));
    let standing = store.standing().unwrap();
    assert_eq!((standing.acked_seq, standing.down_cursor, standing.waiting), (3, 4, 1));
    let batch = store.batch(Stretch { epoch: 1, after: 0, until: 1_000 }, 100, usize::MAX).unwrap();
    let head = batch.payloads.iter().fold(Head::EMPTY, |head, payload| head.next(log(), payload));
    assert_eq!((head, key().public().check_head(log(), head, batch.seal)), (standing.head, Ok(())));
}

fn fill_device(path: &Path) -> Store {
    let mut store = Store::open(path).unwrap().store;
    let identity = Identity {
        log: log(),
        key: key(),
        hub_key: hub_key().public(),
        hub_url: "http://hub.example:8466".into(),
        reader: "Anna".into(),
    };
    store.enrol(&identity).unwrap();
    let plans = (1..=3).map(|number| Takeover::Plan(Box::new(stop(number))));
    let plans: Vec<Takeover> = std::iter::once(Takeover::Round(round())).chain(plans).collect();
    store.take_over(NOW, &plans, 0, 4, &[]).unwrap();
    store.start_shift(NOW, round().id).unwrap();
    store.set_order(&[2, 1, 3].map(|number| stop(number).id)).unwrap();
    store.record(reading(1), Some(TRANSCRIPT)).unwrap();
    let held = store.standing().unwrap().head;
    store.confirm(1, held).unwrap();
    store.skip(NOW, stop(2).id, SkipReason::Locked, Some("chain on the gate".into()), None).unwrap();
    store.put_drafts(stop(3).id, &[(Obis::ACTIVE_IMPORT, "0123".into())]).unwrap();
    store.put_setting(Setting::CurrentStop, Some(&stop(3).id.to_string())).unwrap();
    store
}

/// The office of that device, which holds all its events.
async fn fill_ledger(path: &Path, store: &Store) {
    let ledger = Sqlite::open(path, hub_key().to_bytes(), NOW).unwrap();
    let code = "12345-67890";
    ledger.invite("Anna", log().device, code, UtcMs(NOW.0 + 1), NOW).await.unwrap();
    ledger.redeem(code, key().public(), NOW).await.unwrap();
    let header = "cycle,round,round_name,stop,address,serial,obis,unit,integers,decimals\n".to_owned();
    let rows = (1..=3).fold(header, |csv, number| {
        csv + &format!("2026-11,14,Harbour,{number},Mill Lane {number},5820{number},1.8.0,kWh,5,3\n")
    });
    ledger.import(&csv::read(rows.as_bytes()).unwrap(), Some("Anna")).await.unwrap();
    let batch = store.batch(Stretch { epoch: 1, after: 0, until: 1_000 }, 100, usize::MAX).unwrap();
    let batch = wire::Batch {
        device: log().device.as_bytes().to_vec(),
        epoch: log().epoch,
        first_seq: 1,
        prev_hash: batch.before.hash.0.to_vec(),
        payloads: batch.payloads,
        seal: batch.seal.0.to_vec(),
    };
    ledger.ingest(batch, NOW).await.unwrap();
}

fn log() -> Log {
    Log { device: DeviceId::new([7; 16]), epoch: 1 }
}

fn key() -> SecretKey {
    SecretKey::new([8; 32])
}

fn hub_key() -> SecretKey {
    SecretKey::new([9; 32])
}

fn round() -> Round {
    let id: RoundId = books::round_id("2026-11", "14");
    Round { id, code: "14".into(), name: "Harbour".into(), cycle: "2026-11".into() }
}

fn stop(number: u32) -> Stop {
    let past =
        PastReading { at: UtcMs(NOW.0 - 30 * 86_400_000), value: "12000.500".parse().unwrap(), actual: true };
    let serial = format!("5820{number}");
    Stop {
        id: books::stop_id("2026-11", "14", number),
        round: round().id,
        number,
        address: format!("Mill Lane {number}"),
        position: Position::from_degrees(60.17, 24.94),
        hints: vec![Hint { kind: HintKind::Warning, text: "Dog".into() }],
        meter: Meter {
            id: books::meter_id(&serial),
            serial,
            model: Some("ZMD120".into()),
            way: None,
            registers: vec![Register {
                obis: Obis::ACTIVE_IMPORT,
                unit: Unit::KiloWattHour,
                dials: Dials::new(5, 3).unwrap(),
                multiplier: "1".parse().unwrap(),
                history: vec![past],
            }],
        },
        outcome: Outcome::ToDo,
    }
}

fn reading(number: u32) -> Reading {
    Reading {
        stop: stop(number).id,
        meter: stop(number).meter.id,
        taken_at: NOW,
        method: Method::Probe,
        values: vec![RegisterValue {
            obis: Obis::ACTIVE_IMPORT,
            value: "12310.250".parse().unwrap(),
            unit: Unit::KiloWattHour,
        }],
        serial_seen: Some(stop(number).meter.serial),
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
        supersedes: None,
    }
}

/// Makes a file from its dump.
fn load(name: &str, path: &Path) {
    let dump = fs::read_to_string(root().join("fixtures/schema").join(name)).unwrap();
    Connection::open(path).unwrap().execute_batch(&dump).unwrap();
}

/// All of a file as SQL: rows before triggers, which forbid some of them.
fn dump(connection: &Connection) -> String {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    let (application, version) = (pragma("application_id"), pragma("user_version"));
    let mut text = format!("PRAGMA application_id = {application};\nPRAGMA user_version = {version};\n");
    let schema = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid";
    let mut statement = connection.prepare(schema).unwrap();
    let all = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let all: Vec<(String, String, String)> = all.map(Result::unwrap).collect();
    let (tables, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(kind, ..)| kind == "table");
    for (_, _, sql) in &tables {
        writeln!(text, "{sql};").unwrap();
    }
    for (_, name, _) in &tables {
        dump_rows(connection, name, &mut text);
    }
    for (_, _, sql) in &others {
        writeln!(text, "{sql};").unwrap();
    }
    text
}

fn dump_rows(connection: &Connection, table: &str, text: &mut String) {
    let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let values: Vec<String> = (0..columns).map(|at| literal(row.get_ref(at).unwrap())).collect();
        writeln!(text, "INSERT INTO {table} VALUES ({});", values.join(", ")).unwrap();
    }
}

fn literal(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".into(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => format!("'{}'", String::from_utf8_lossy(text).replace('\'', "''")),
        ValueRef::Blob(bytes) => {
            bytes.iter().fold(String::from("x'"), |text, byte| format!("{text}{byte:02x}")) + "'"
        }
    }
}
