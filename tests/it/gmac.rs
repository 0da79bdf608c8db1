//! A meter of others that ciphers all and wants GMAC: it is found, its counter is read as the public client, and its
//! registers come back right; again from where the counter was left; and never with a wrong key.

use lamplighter_core::decimal::Decimal;
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::{
    gmac_meter::{AUTHENTICATION_KEY, ENCRYPTION_KEY, REGISTERS, SERIAL, serve},
    process::{Ended, run},
};

#[test]
fn a_ciphered_meter_of_others_is_read_twice_with_its_keys() {
    let port = format!("tcp://{}", serve());
    let home = tempdir().unwrap();
    for time in ["first", "second"] {
        let answer = read(&port, home.path(), ENCRYPTION_KEY).well().json();
        assert_eq!(
            (&answer["protocol"], &answer["meter"]),
            (&json!("dlms"), &json!(SERIAL)),
            "{time}: {answer}"
        );
        assert_eq!(answer["clock"], "2026-11-23T10:00:00", "{time}: {answer}");
        for (name, value, scaler, unit) in REGISTERS {
            let [a, b, c, d, e, f] = name;
            let obis = format!("{a}-{b}:{c}.{d}.{e}*{f}");
            let registers = answer["registers"].as_array().unwrap();
            let found: Vec<&Value> =
                registers.iter().filter(|register| register["obis"] == obis.as_str()).collect();
            let [found] = found[..] else { panic!("{time}, {obis}: {found:?}") };
            let unit = [(30, "Wh"), (32, "varh"), (35, "V")].into_iter().find(|(code, _)| *code == unit);
            assert_eq!(found["unit"], unit.unwrap().1, "{time}: {found}");
            let value = Decimal::of_power(value.into(), scaler).unwrap();
            assert_eq!(found["value"].as_str().unwrap().parse(), Ok(value), "{time}: {found}");
        }
    }
}

#[test]
fn a_wrong_key_opens_nothing() {
    let port = format!("tcp://{}", serve());
    let home = tempdir().unwrap();
    let ended = read(&port, home.path(), *b"not that of this");
    assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""), "{ended:?}");
}

fn read(port: &str, home: &std::path::Path, key: [u8; 16]) -> Ended {
    let hex = |key: [u8; 16]| key.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let keys = home.join("keys.json");
    let content = json!({ "meters": { SERIAL: {
        "client": 1, "encryption_key": hex(key), "authentication_key": hex(AUTHENTICATION_KEY),
    } } });
    std::fs::write(&keys, content.to_string()).unwrap();
    let (home, keys) = (home.display().to_string(), keys.display().to_string());
    run(
        "lamplighter",
        [
            "read",
            "--json",
            "--home",
            &home,
            "--keys",
            &keys,
            "--meter",
            SERIAL,
            "--protocol",
            "dlms",
            "--port",
            port,
        ],
    )
}
