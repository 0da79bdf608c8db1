//! The front door for dumps: whatever is in them, and in whatever form people keep them.

use proptest::{collection::vec, prelude::*};

use super::{
    listening::shown,
    push_meter::{even, mode_d, p1, with_block},
    sml_meter::{entry, telegram, unsigned},
};
use crate::probe::{
    decode::{Telegram, decode},
    way::Family,
};

const LINES: &str = "1.8.0(12.5*kWh)\r\n";

fn sml() -> Vec<u8> {
    telegram(&[entry([1, 0, 1, 8, 0, 255], 30, -1, &unsigned(4, 125_000))])
}

#[test]
fn a_dump_tells_its_family_by_itself() {
    check(&sml().repeat(3), Family::Sml, &[0, sml().len(), 2 * sml().len()]);
    check(&[b"\x00\x01", &p1("LMP5X", LINES)[..]].concat(), Family::Iec62056, &[2]);
    check(&even(&with_block("LMP5X", LINES)), Family::Iec62056, &[0]);
    let one = mode_d("LMP5X", LINES);
    check(&one.repeat(2), Family::Iec62056, &[one.len()]);
}

#[test]
fn a_block_needs_no_identification() {
    let whole = with_block("LMP5X", LINES);
    let block = &whole[8..];
    check(&[b"\x06050\r\n", block].concat(), Family::Iec62056, &[6]);
    check(&even(block), Family::Iec62056, &[0]);
    // An answer in programming mode has no exclamation mark.
    check(b"\x021.8.0(1)\x03\x0A", Family::Iec62056, &[0]);
    assert!(decode(&block[..block.len() - 1], None).is_empty());
}

#[test]
fn the_mode_is_told_by_the_form() {
    for (bytes, expected) in [
        (with_block("LMP5X", LINES), "iec62056-21 9600"),
        (with_block("LMPEX", LINES), "iec62056-21 9600"),
        (with_block("LMP X", LINES), "iec62056-21 300"),
        (with_block("LMP5X", LINES)[8..].to_vec(), "iec62056-21 300"),
        (p1("LMP5X", LINES), "iec62056-21 115200 pushes"),
    ] {
        assert_eq!(decode(&bytes, None)[0].readout.way.to_string(), expected);
    }
    let modes = [with_block("LMP5X", LINES), with_block("LMPEX", LINES), p1("LMP5X", LINES)]
        .map(|bytes| decode(&bytes, None)[0].readout.protocol.to_string());
    assert_eq!(modes, ["iec62056-21/C", "iec62056-21/B", "iec62056-21/D"]);
}

#[test]
fn a_family_that_is_named_is_the_only_one_that_is_looked_for() {
    assert_eq!(decode(&sml(), Some(Family::Sml)).len(), 1);
    for &family in Family::ALL.iter().filter(|&&family| family != Family::Sml) {
        assert_eq!(decode(&sml(), Some(family)), [], "{family}");
    }
}

#[test]
fn a_dump_may_be_text() {
    let hex: String = sml().iter().map(|byte| format!("{byte:02x} ")).collect();
    check(hex.as_bytes(), Family::Sml, &[0]);
    let mut transcript = "0.000 300 > AF 3F 21 8D 0A\n0.412 300 <".to_owned();
    let said = even(&with_block("LMP5X", LINES));
    transcript.extend(said[..8].iter().map(|byte| format!(" {byte:02X}")));
    transcript.push_str("\n1.031 300 > 06 30 35 30 8D 0A\n1.432 9600 <");
    transcript.extend(said[8..].iter().map(|byte| format!(" {byte:02X}")));
    check(format!("# a meter\n{transcript}\n").as_bytes(), Family::Iec62056, &[0]);
}

/// All telegrams say the same.
#[track_caller]
fn check(dump: &[u8], family: Family, offsets: &[usize]) {
    let telegrams = decode(dump, None);
    let found: Vec<usize> = telegrams.iter().map(|telegram| telegram.offset).collect();
    assert_eq!(found, offsets);
    for Telegram { family: found, readout, .. } in &telegrams {
        let registers = shown(readout);
        let [only] = registers.as_slice() else { panic!("{registers:?}") };
        assert!(only.starts_with("1-0:1.8.0*255 1"), "{only}");
        assert_eq!(*found, family);
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_hold_no_telegram(bytes in vec(any::<u8>(), 0..2_000)) {
        prop_assert_eq!(decode(&bytes, None), []);
    }

    #[test]
    fn arbitrary_text_holds_no_telegram(text in "[0-9a-fA-Fx: \r\n<>#./!()*]{0,400}") {
        prop_assert_eq!(decode(text.as_bytes(), None), []);
    }
}
