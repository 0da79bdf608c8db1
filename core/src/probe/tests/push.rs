//! Text telegrams that are pushed: which count, what they mean, and how long to listen for one.

use std::time::Duration;

use proptest::{collection::vec, prelude::*};

use super::{
    listening::{Outcome, listen, shown},
    push_meter::*,
};
use crate::{
    probe::{
        error::ReadError,
        push::{Config, D0, MODE_D, P1, Session, decode},
        readout::{Integrity, Readout},
    },
    time::Moment,
};

const LINES: &str = "1-3:0.2.8(50)\r\n0-0:1.0.0(261123073005W)\r\n\
    0-0:96.1.1(4C494748543030303132333435)\r\n1-0:1.8.1(000012.345*kWh)\r\n\
    1-0:1.6.0(261102114500W)(03.064*kW)\r\n\
    0-1:24.1.0(003)\r\n0-1:96.1.0(4C49474854)\r\n0-1:24.2.1(261123070000W)(00012.345*m3)\r\n";

#[test]
fn a_p1_telegram_becomes_registers() {
    let readouts = decode(&p1("LMP5\\2LIGHT", LINES));
    let [readout] = readouts.as_slice() else { panic!("{readouts:?}") };
    assert_eq!(
        shown(readout),
        [
            "1-3:0.2.8*255 50",
            "0-0:1.0.0*255 261123073005W",
            "0-0:96.1.1*255 4C494748543030303132333435",
            "1-0:1.8.1*255 12.345 kWh",
            "1-0:1.6.0*255 3.064 kW @2026-11-02T11:45:00",
            "0-1:24.1.0*255 3",
            "0-1:96.1.0*255 4C49474854",
            "0-1:24.2.1*255 12.345 m3 @2026-11-23T07:00:00",
        ]
    );
    assert_eq!(readout.identity, "LMP5\\2LIGHT");
    assert_eq!(readout.serial.as_deref(), Some("LIGHT00012345"));
    assert_eq!(readout.clock.map(|clock| clock.to_string()).as_deref(), Some("2026-11-23T07:30:05"));
    assert_eq!(
        (readout.integrity, readout.protocol.to_string()),
        (Integrity::Checked, "iec62056-21/D".into())
    );
    assert_eq!(readout.way.to_string(), "iec62056-21 115200 pushes");
}

#[test]
fn a_telegram_is_found_in_every_form_that_is_pushed() {
    let lines = "1.8.0(12.5*kWh)\r\n";
    for (bytes, integrity) in [
        (p1("LMP5X", lines), Integrity::Checked),
        (with_block("LMP5X", lines), Integrity::Checked),
        (even(&p1("LMP5X", lines)), Integrity::Checked),
        (even(&with_block("LMP5X", lines)), Integrity::Checked),
        (mode_d("LMP3X", lines).repeat(2), Integrity::ReadTwice),
        (even(&mode_d("LMP3X", lines)).repeat(2), Integrity::ReadTwice),
        // Neither checksum nor line end behind the exclamation mark, and an end that never comes.
        (b"/LMP5X\r\n1.8.0(12.5*kWh)!".repeat(2), Integrity::ReadTwice),
        (b"/LMP5X\r\n\x021.8.0(12.5*kWh)\r\n!\r\n".repeat(2), Integrity::ReadTwice),
        // The control character that others write as `\2`.
        (p1("LMP5\x02X", lines), Integrity::Checked),
    ] {
        check(&bytes, Some(integrity));
    }
}

#[test]
fn a_telegram_without_a_checksum_needs_a_second() {
    let one = mode_d("LMP3X", "1.8.0(12.5*kWh)\r\n");
    check(&one, None);
    check(&[one.clone(), mode_d("LMP3X", "1.8.0(19.5*kWh)\r\n")].concat(), None);
    check(&[one.clone(), mode_d("LMP3Y", "1.8.0(12.5*kWh)\r\n")].concat(), None);
    check(&[one, mode_d("LMP3X", "1.8.0(12.6*kWh)\r\n")].concat(), Some(Integrity::ReadTwice));
}

#[test]
fn a_wrong_checksum_is_never_believed() {
    let mut text = String::from_utf8(p1("LMP5X", "1.8.0(12.5*kWh)\r\n")).unwrap();
    text = text.replace("12.5", "12.6");
    check(&text.repeat(3).into_bytes(), None);
    let mut block = with_block("LMP5X", "1.8.0(12.5*kWh)\r\n");
    block[14] ^= 1;
    check(&block.repeat(3), None);
    for tail in ["!12", "!xyz1", "!12345", "! 0 0"] {
        check(&format!("/LMP5X\r\n1.8.0(1*kWh)\r\n{tail}\r\n").repeat(3).into_bytes(), None);
    }
}

#[test]
fn a_checksum_may_lack_the_zeros_in_front() {
    // Some value gives a checksum that begins with a zero.
    let short = (0..200).map(|value| p1("LMP5X", &format!("1.8.0({value}*kWh)\r\n"))).find_map(|telegram| {
        let text = String::from_utf8(telegram).unwrap();
        text.contains("!0").then(|| text.replacen("!0", "!", 1))
    });
    check(short.unwrap().as_bytes(), Some(Integrity::Checked));
}

#[test]
fn other_things_before_between_and_after_do_no_harm() {
    let one = p1("LMP5X", "1.8.0(1*kWh)\r\n");
    let bytes = [
        b"\x7f\x00/?!\r\n8.0(9*kWh)\r\n!1234\r\n",
        &one[..],
        b"/a/LMP/LM\r\n\x00\xff",
        &one[..one.len() / 2],
        &one[..],
        b"\xff/LMP5",
    ]
    .concat();
    let readouts = decode(&bytes);
    assert_eq!(readouts.len(), 2);
    assert!(readouts.iter().all(|readout| shown(readout) == ["1-0:1.8.0*255 1 kWh"]));
}

#[test]
fn listening_may_begin_in_the_middle_of_a_telegram() {
    let whole = p1("LMP5X", LINES);
    for cut in 1..whole.len() {
        let outcome = start(P1, &[(300, &whole[cut..]), (1_000, &whole)]);
        assert_eq!(outcome.result, Ok(decode(&whole).remove(0)), "{cut}");
    }
}

#[test]
fn a_telegram_whose_end_is_cut_off_is_never_taken_for_whole() {
    let lines = LINES.repeat(2);
    for (whole, config) in [
        (p1("LMP5X", &lines), P1),
        (with_block("LMP5X", &lines), P1),
        (even(&with_block("LMP5X", &lines)), D0),
        (even(&mode_d("LMP3X", &lines)), MODE_D),
    ] {
        let right = decode(&whole.repeat(2)).remove(0).registers;
        let end = whole.iter().position(|raw| raw & 0x7F == b'!').unwrap();
        for cut in 1..whole.len() {
            // It is cut off at the same place each time, so that both say the same.
            let said = [(2_000, &whole[..cut]); 8];
            match start(config, &said).result {
                Ok(readout) => assert!(cut > end && readout.registers == right, "{cut}"),
                Err(error) => assert!(cut <= end || config == P1 || config == D0, "{cut} {error}"),
            }
            // Nor is what is left of it put together with the next.
            let two = [&whole[..cut], &whole[..]].concat();
            for readout in decode(&two) {
                assert_eq!(readout.registers, right, "{cut}");
            }
        }
    }
}

#[test]
fn a_meter_without_checksum_is_listened_to_twice() {
    for config in [D0, MODE_D] {
        let one = even(&mode_d("LMP3X", "0.0.0(123)\r\n1.8.0(12.50000001*kWh)\r\n16.7(100*W)\r\n"));
        let other = even(&mode_d("LMP3X", "0.0.0(123)\r\n1.8.0(12.50000009*kWh)\r\n16.7(101*W)\r\n"));
        let readout = start(config, &[(300, &one), (4_000, &other)]).result.unwrap();
        assert_eq!(shown(&readout), ["1-0:0.0.0*255 123", "1-0:1.8.0*255 12.50000009 kWh"]);
        assert_eq!((readout.integrity, readout.retries), (Integrity::ReadTwice, 0));
        let way = format!("iec62056-21 {} no-check pushes", config.settings.baud);
        assert_eq!((readout.baud, readout.way.to_string()), (config.settings.baud, way));
    }
}

#[test]
fn a_short_silence_ends_what_has_no_end() {
    let one = b"/LMP5X\r\n1.8.0(12.5*kWh)!".as_slice();
    let outcome = start(D0, &[(300, one), (2_000, one)]);
    assert_eq!(outcome.result.map(|readout| readout.integrity), Ok(Integrity::ReadTwice));
    assert_eq!(outcome.after, Duration::from_millis(2_800));
}

#[test]
fn damaged_telegrams_are_counted_and_then_given_up() {
    let (whole, mut damaged) = (p1("LMP5X", LINES), p1("LMP5X", LINES));
    damaged[40] ^= 1;
    let outcome = start(P1, &[(300, &damaged), (10_000, &damaged), (10_000, &whole)]);
    assert_eq!(outcome.result, Ok(Readout { retries: 2, ..decode(&whole).remove(0) }));
    let said: Vec<(u64, &[u8])> = (0..10).map(|_| (1_000, damaged.as_slice())).collect();
    let outcome = start(P1, &said);
    assert_eq!(outcome.result, Err(ReadError::Garbled { attempts: 5 }));
}

#[test]
fn silence_is_told_from_noise_and_both_are_given_up() {
    for (said, expected) in [
        (b"".as_slice(), ReadError::Silent { attempts: 1 }),
        (b"/?!\r\n", ReadError::Silent { attempts: 1 }),
        (&[0x2F; 200], ReadError::Garbled { attempts: 1 }),
    ] {
        let outcome = start(D0, &[(100, said)]);
        assert_eq!((outcome.result, outcome.after), (Err(expected), D0.patience.wait));
    }
}

#[test]
fn a_telegram_without_registers_is_nothing_to_read() {
    let empty = p1("LMP5X", "");
    let said: Vec<(u64, &[u8])> = (0..10).map(|_| (1_000, empty.as_slice())).collect();
    assert_eq!(start(P1, &said).result, Err(ReadError::NothingToRead));
}

#[test]
fn a_line_that_never_rests_is_cut_off() {
    for pattern in [&b"/LMP5X\r\n"[..], b"/", b"1.8.0(", b"/LMP5X\r\n1.8.0(1)\r\n", b"!\r\n", b"x"] {
        let said: Vec<(u64, &[u8])> = (0..20_000).map(|_| (10, pattern)).collect();
        assert!(start(D0, &said).result.is_err(), "{pattern:?}");
    }
}

fn start(config: Config, said: &[(u64, &[u8])]) -> Outcome {
    listen(Session::start(Moment(0), config), said)
}

/// Decodes what holds at most one telegram or pair, with one register.
#[track_caller]
fn check(bytes: &[u8], expected: Option<Integrity>) {
    let readouts = decode(bytes);
    let found: Vec<Integrity> = readouts.iter().map(|readout| readout.integrity).collect();
    assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{:?}", String::from_utf8_lossy(bytes));
    assert!(readouts.iter().all(|readout| readout.registers.len() == 1));
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_no_telegram(bytes in vec(any::<u8>(), 0..2_000)) {
        prop_assert!(decode(&bytes).is_empty());
        prop_assert!(start(D0, &[(10, &bytes)]).result.is_err());
    }

    #[test]
    fn words_of_the_protocol_in_any_order_do_no_harm(said in vec((0..12_usize, 0..900_u64), 0..80)) {
        let words: [&[u8]; 12] = [
            b"/LMP5X\r\n", b"/", b"\x02", b"\x03", b"!\r\n", b"!", b"1.8.0(1*kWh)\r\n", b"+", b"1.6.0(", b"\r\n", b"A1B2\r\n", b"\xAF",
        ];
        let said: Vec<(u64, &[u8])> = said.into_iter().map(|(word, pause_ms)| (pause_ms, words[word])).collect();
        let _ = start(D0, &said);
    }

    #[test]
    fn up_to_three_wrong_bits_never_change_a_telegram_with_a_checksum(flips in vec((0..p1("LMP5X", LINES).len(), 0..8_u32), 1..4)) {
        let whole = p1("LMP5X", LINES);
        let (right, mut bytes) = (decode(&whole), whole.clone());
        flips.into_iter().for_each(|(at, bit)| bytes[at] ^= 1 << bit);
        let found = decode(&bytes);
        prop_assert!(found.is_empty() || found == right, "{found:?}");
    }

    #[test]
    fn one_wrong_bit_never_changes_a_telegram_of_seven_bits(at in 0..even(&with_block("LMP5X", LINES)).len(), bit in 0..8_u32) {
        let whole = even(&with_block("LMP5X", LINES));
        let (right, mut bytes) = (decode(&whole), whole.clone());
        bytes[at] ^= 1 << bit;
        let found = decode(&bytes);
        prop_assert!(found.is_empty() || found == right, "{found:?}");
    }

    #[test]
    fn a_telegram_is_the_same_whatever_the_split(cuts in vec(1..40_usize, 40)) {
        for (whole, config) in [(p1("LMP5X", LINES), P1), (even(&with_block("LMP5X", LINES)), D0)] {
            let (mut rest, mut cuts, mut said) = (whole.as_slice(), cuts.iter().cycle(), Vec::new());
            while !rest.is_empty() {
                let (now, later) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
                said.push((7, now));
                rest = later;
            }
            let readout = start(config, &said).result.unwrap();
            prop_assert_eq!(shown(&readout), shown(&decode(&whole)[0]));
        }
    }
}
