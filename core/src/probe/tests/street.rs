//! Conversations with the street's meters, kept in `fixtures/probe/street/`: a transcript that somebody hands on says
//! the same again.

use std::{fs, path::PathBuf};

use crate::probe::{decode::decode, transcript::Transcript, way::Family};

#[test]
fn a_transcript_that_is_handed_on_says_what_was_read() {
    for (name, family, total) in [
        ("dlms", Family::Dlms, "12345670"),
        ("dlt645", Family::Dlt645, "12345.67"),
        ("dlt645_1997", Family::Dlt645, "12345.67"),
        ("c1218", Family::C1218, "12345670"),
        ("sml", Family::Sml, "12345670.0"),
        ("push_d0", Family::Iec62056, "12345.67"),
        ("programming", Family::Iec62056, "12345.6"),
    ] {
        let path = format!("{}/../fixtures/probe/street/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(PathBuf::from(path)).unwrap();
        assert!(text.parse::<Transcript>().is_ok(), "{name}");
        for wanted in [None, Some(family)] {
            let telegrams = decode(text.as_bytes(), wanted);
            let found = telegrams.iter().flat_map(|telegram| &telegram.readout.registers).find(|datum| {
                (datum.obis.a, datum.obis.c, datum.obis.d, datum.obis.e, datum.obis.f) == (1, 1, 8, 0, 255)
            });
            assert_eq!(
                found.map(|datum| datum.value.to_string()).as_deref(),
                Some(total),
                "{name} {wanted:?}"
            );
            assert!(telegrams.iter().all(|telegram| telegram.family == family), "{name} {wanted:?}");
        }
    }
}
