//! Links, associations and packets of captures, against the words of others: what `decode` of the command line has no
//! register for.

use std::{fs, path::PathBuf};

use lamplighter_core::probe::{
    c1218::{self, Saying},
    dlms::decode::{Decoded, decode},
};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::conformance::{folder, opinions};

#[test]
fn captured_links_and_associations_say_what_others_read_in_them() {
    let Some(folder) = folder() else { return println!("skipped: no captures at hand") };
    let paths = ["dlms/dlmscosem_ua.hex", "dlms/dlmscosem_aare.hex"].map(|name| folder.join(name));
    let [link, association] = &opinions("gurux", &paths)[..] else { panic!() };
    let [Decoded::Linked { information }] = &said(&paths[0])[..] else { panic!() };
    assert_eq!(json!(information), link[0][0]["send"]);
    let [Decoded::Association { result, pdu, conformance, .. }] = &said(&paths[1])[..] else { panic!() };
    let conformance: String = conformance.iter().flatten().map(|byte| format!("{byte:02x}")).collect();
    let ours = json!({ "result": result, "pdu": pdu, "conformance": conformance });
    assert_eq!(ours, association[0][0]);
    assert_eq!(ours, opinions("dlms", &paths[1..])[0][0][0]);
    println!("dlms: a link by gurux, an association by gurux and dlms-cosem");
}

#[test]
fn a_captured_block_of_a_profile_has_the_rows_that_another_finds() {
    let Some(folder) = folder() else { return println!("skipped: no captures at hand") };
    let path = folder.join("dlms/dlmscosem_getlong_1.hex");
    let opinion = &opinions("dlms", std::slice::from_ref(&path))[0][0][0];
    let [Decoded::Part { members, .. }] = &said(&path)[..] else { panic!() };
    assert_eq!(opinion["block"], 1);
    // The array's head, the first row with its moment, then rows of the same length, and a cut one.
    let length = opinion["data"].as_u64().unwrap();
    let (head, first, others) = (4, 28, 15);
    assert_eq!(u64::try_from(members.len()).unwrap(), 1 + (length - head - first) / others);
}

#[test]
fn captured_packets_of_c1218_say_what_another_reads_in_them() {
    let Some(folder) = folder() else { return println!("skipped: no captures at hand") };
    let text = fs::read_to_string(folder.join("c1218/elster_identify_negotiate.json")).unwrap();
    let log: Value = serde_json::from_str(&text).unwrap();
    let hex: String = log.as_array().unwrap().iter().map(|line| line["hex"].as_str().unwrap()).collect();
    let scratch = tempdir().unwrap();
    let path = scratch.path().join("log.hex");
    fs::write(&path, &hex).unwrap();
    let opinions = opinions("c1218", &[path]);
    let theirs = opinions[0][0].as_array().unwrap();
    let ours = c1218::decode(&bytes(&hex)).said;
    assert_eq!((ours.len(), theirs.len()), (4, 4));
    for (ours, theirs) in ours.iter().zip(theirs) {
        match &ours.saying {
            Saying::Request(request) => {
                let name = theirs["request"].as_str().unwrap();
                assert!(format!("{request:?}").starts_with(name), "{request:?} {theirs}");
            }
            Saying::Answer(_, rest) => {
                assert_eq!(theirs["request"], Value::Null, "{theirs}");
                let rest: String = rest.iter().map(|byte| format!("{byte:02x}")).collect();
                assert_eq!(theirs["data"], format!("00{rest}"));
            }
        }
    }
    println!("c1218: 4 packets by termineter");
}

fn said(path: &PathBuf) -> Vec<Decoded> {
    let messages = decode(&bytes(&fs::read_to_string(path).unwrap()));
    messages.into_iter().map(|message| message.said).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}
