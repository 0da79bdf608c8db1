//! Captures and examples of others, which are not ours to ship: compared where they are at hand.

use std::{env, fs, path::PathBuf};

use serde_json::Value as Json;

use super::super::{
    axdr::Value as Data,
    cipher::{Security, SuiteKeys},
    elements::Elements,
};
use crate::probe::{
    dlms::decode::{Decoded, decode},
    keys::Keys,
};

fn folder() -> Option<PathBuf> {
    let root = env::var_os("LAMPLIGHTER_DATA")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data").into(), PathBuf::from);
    Some(root.join("meters/dlms")).filter(|folder| folder.is_dir())
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

#[test]
fn captured_messages_say_what_others_read_in_them() {
    let Some(folder) = folder() else { return println!("skipped: no captures at hand") };
    let read = |name: &str| hex(&fs::read_to_string(folder.join(name)).unwrap());
    let [ua] = &decode(&read("dlmscosem_ua.hex"))[..] else { panic!() };
    assert_eq!(ua.said, Decoded::Linked { information: Some(154) });
    let [aare] = &decode(&read("dlmscosem_aare.hex"))[..] else { panic!() };
    let conformance = Some([0x00, 0x1E, 0x1D]);
    let expected = Decoded::Association { result: 0, diagnostic: 0, pdu: Some(1_224), conformance };
    assert_eq!(aare.said, expected);
    // The first block of a long profile: 1,440 rows, of which as many as fit were captured.
    let block = read("dlmscosem_getlong_1.hex");
    let [part] = &decode(&block)[..] else { panic!() };
    let Decoded::Part { members, total } = &part.said else { panic!("{part:?}") };
    assert_eq!((members.len(), *total), (77, Some(1_440)));
    assert_eq!(members[0], "{07E30C130402000000FFC400, 6, 1517, 1620}");
    assert!(members[1..].iter().all(|row| row == "{null, 6, 1517, 1620}"));
    println!("compared 3 captures");
}

#[test]
fn a_captured_profile_comes_out_the_same_in_any_pieces() {
    let Some(folder) = folder() else { return println!("skipped: no captures at hand") };
    let block = hex(&fs::read_to_string(folder.join("dlmscosem_getlong_1.hex")).unwrap());
    let mut whole: Option<Vec<Data>> = None;
    for piece in [1, 7, 100, 2_000] {
        let (mut elements, mut rows) = (Elements::default(), Vec::new());
        for bytes in block[12..].chunks(piece) {
            elements.push(bytes);
            while let Some(row) = elements.next().unwrap() {
                rows.push(row);
            }
        }
        assert_eq!(*whole.get_or_insert(rows.clone()), rows, "{piece}");
    }
}

/// The worked example of the Green Book, for suite 0.
#[test]
fn ciphering_is_that_of_the_green_book() {
    let Some(folder) = folder() else { return println!("skipped: no captures at hand") };
    let book: Json =
        serde_json::from_str(&fs::read_to_string(folder.join("greenbook_gcm_suite0.json")).unwrap()).unwrap();
    let field = |value: &Json| hex(value.as_str().unwrap());
    let key = |name: &str| <[u8; 16]>::try_from(field(&book[name])).ok();
    let keys = Keys { encryption_key: key("EK"), authentication_key: key("AK"), ..Keys::default() };
    let keys = SuiteKeys::of(&keys).unwrap();
    let title = |value: &Json| <[u8; 8]>::try_from(field(value)).unwrap();
    let counter = |value: &Json| u32::from_be_bytes(field(value).try_into().unwrap());
    let (own, first) = (title(&book["system_title"]), counter(&book["IC"]));
    let plain = field(&book["plain_initiate_request"]);
    for (control, name, what) in [
        (0x30, "SC_30", "ciphertext_and_tag"),
        (0x10, "SC_10", "plain_and_tag"),
        (0x20, "SC_20", "ciphertext"),
    ] {
        let sealed = keys.seal(own, control, first, &plain).unwrap();
        assert_eq!(sealed[5..], field(&book[name][what]), "{name}");
        assert_eq!(keys.open(own, &sealed), Ok((first, plain.clone())), "{name}");
    }
    let mut security = Security::new(keys.clone(), own);
    security.refill(first, 1);
    let whole = field(&book["SC_30"]["glo_initiate_request"]);
    assert_eq!(security.seal(0x21, &plain), Some(whole));
    for (name, challenge) in [("f_StoC_by_client", "StoC"), ("f_CtoS_by_server", "CtoS")] {
        let one = &book[name];
        let (challenge, token) = (field(&one[challenge]), field(&one["token"]));
        let mut prover = Security::new(keys.clone(), title(&one["system_title"]));
        prover.refill(counter(&one["IC"]), 1);
        assert_eq!(prover.prove(&challenge), Some(token.clone()), "{name}");
        let mut judge = Security::new(keys.clone(), *b"LMPjudge");
        judge.meet(title(&one["system_title"]));
        assert!(judge.is_proof(&token, &challenge), "{name}");
    }
    println!("compared 8 values of the book");
}
