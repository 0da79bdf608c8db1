//! SML: what a telegram means, which telegrams count, and how long to listen for one.

use std::time::Duration;

use proptest::{collection::vec, prelude::*};

use super::{
    listening::{Outcome, listen, shown},
    sml_meter::*,
};
use crate::{
    probe::{
        error::ReadError,
        port::{Patience, Progress},
        readout::{Integrity, Protocol, Readout},
        sml::{Config, Session, USUAL, decode},
        way::Quirk,
    },
    time::Moment,
};

const IMPORT: [u8; 6] = [1, 0, 1, 8, 0, 255];
const EXPORT: [u8; 6] = [1, 0, 2, 8, 0, 255];
const POWER: [u8; 6] = [1, 0, 16, 7, 0, 255];
const VOLTAGE: [u8; 6] = [1, 0, 32, 7, 0, 255];
const MAKER: [u8; 6] = [1, 0, 96, 50, 1, 1];
const ID: [u8; 6] = [1, 0, 96, 1, 0, 255];

/// What a meter usually sends.
fn usual() -> Vec<u8> {
    telegram(&[
        named(MAKER, &octets(b"LMP")),
        named(ID, &octets(SERVER)),
        entry(IMPORT, 30, -1, &unsigned(5, 12_345_678)),
        entry(EXPORT, 30, -1, &unsigned(8, 90)),
        entry(POWER, 27, -2, &signed(3, -12_605)),
    ])
}

#[test]
fn a_telegram_becomes_registers_with_all_their_places() {
    let readouts = decode(&usual());
    let [readout] = readouts.as_slice() else { panic!("{readouts:?}") };
    assert_eq!(
        shown(readout),
        [
            "1-0:96.50.1*1 LMP",
            "1-0:96.1.0*255 0A014C4D5007002AF5C4",
            "1-0:1.8.0*255 1234567.8 Wh",
            "1-0:2.8.0*255 9.0 Wh",
            "1-0:16.7.0*255 -126.05 W",
        ]
    );
    assert_eq!((readout.protocol, readout.identity.as_str()), (Protocol::Sml, "LMP"));
    assert_eq!(readout.serial.as_deref(), Some("1LMP0702815428"));
    assert_eq!((readout.integrity, readout.clock), (Integrity::Checked, None));
    assert_eq!(readout.way.to_string(), "sml 9600 pushes");
}

#[test]
fn numbers_are_exact_whatever_their_width_and_scale() {
    for (scaler, value, expected) in [
        (0, signed(1, -1), "-1 V"),
        (-1, unsigned(6, 2_301), "230.1 V"),
        (3, unsigned(2, 2_324), "2324000 V"),
        (-9, signed(8, i64::MAX / 10), "922337203.685477580 V"),
        (0, unsigned(8, u64::MAX), "18446744073709551615e0 V"),
        (-10, signed(1, 1), "1e-10 V"),
        (19, signed(1, 1), "1e19 V"),
    ] {
        let bytes = telegram(&[entry(IMPORT, 30, 0, &unsigned(1, 0)), entry(VOLTAGE, 35, scaler, &value)]);
        assert_eq!(shown(&decode(&bytes)[0])[1], format!("1-0:32.7.0*255 {expected}"));
    }
}

#[test]
fn texts_are_shown_as_such_and_other_bytes_in_hexadecimal() {
    let name = [129, 129, 199, 130, 5, 255];
    for (value, expected) in [
        (octets(b" V1.02 "), "V1.02"),
        (octets(&[0xAB; 48]), &"AB".repeat(48)),
        (octets(b"caf\xE9"), "636166E9"),
        (vec![0x42, 1], "true"),
    ] {
        let bytes = telegram(&[entry(IMPORT, 30, 0, &unsigned(1, 0)), named(name, &value)]);
        assert_eq!(shown(&decode(&bytes)[0])[1], format!("129-129:199.130.5*255 {expected}"));
    }
}

#[test]
fn a_register_without_a_value_is_left_out_and_never_zero() {
    let lists = [list(2), octets(b"a"), octets(b"b")].concat();
    let bytes = telegram(&[
        entry(IMPORT, 30, 0, &unsigned(1, 7)),
        entry(EXPORT, 30, 0, ABSENT),
        named(ID, &lists),
        [list(2), octets(b"something"), octets(b"else")].concat(),
        entry(POWER, 27, 0, &signed(1, 5)),
    ]);
    assert_eq!(shown(&decode(&bytes)[0]), ["1-0:1.8.0*255 7 Wh", "1-0:16.7.0*255 5 W"]);
}

#[test]
fn a_list_longer_than_any_is_refused() {
    let entries = vec![entry(IMPORT, 30, 0, &unsigned(1, 0)); 101];
    assert!(decode(&telegram(&entries)).is_empty());
    assert_eq!(decode(&telegram(&entries[1..]))[0].registers.len(), 100);
}

#[test]
fn the_meters_number_has_the_form_that_is_printed_on_it() {
    let serial = |server: &[u8], entries: &[Vec<u8>]| {
        let all = [entries, &[entry(IMPORT, 30, 0, &unsigned(1, 0))]].concat();
        decode(&telegram_of(server, ABSENT, &all, BOOK))[0].serial.clone()
    };
    for (server, expected) in [
        (&b"\x0A\x01LMP\xAB\x05\xF5\xE0\xFF"[..], "1LMPAB99999999"),
        (b"\x0A\x01LMP\x00\x00\x00\x00\x07", "1LMP0000000007"),
        (b"\x09\x01LMP\x01\x00\x10\x4C\x78", "1LMP0101068152"),
        // More than eight digits; another medium; an older form.
        (b"\x0A\x01LMP\x00\x05\xF5\xE1\x00", "0A014C4D500005F5E100"),
        (b"\x0A\x07LMP\x00\x00\x00\x00\x07", "0A074C4D500000000007"),
        (b"\x06LMP\x01\x02\x71\x56\x00\x01", "064C4D50010271560001"),
        (b"00412345", "00412345"),
    ] {
        assert_eq!(serial(server, &[]).as_deref(), Some(expected));
    }
    let text = named([1, 0, 0, 0, 0, 255], &octets(b"41234"));
    assert_eq!(serial(SERVER, std::slice::from_ref(&text)).as_deref(), Some("41234"));
    assert_eq!(serial(SERVER, &[text, named(ID, &octets(SERVER))]).as_deref(), Some("1LMP0702815428"));
    let blank = named([1, 0, 0, 0, 0, 255], &octets(b"0000"));
    assert_eq!(serial(SERVER, &[blank]).as_deref(), Some("1LMP0702815428"));
    assert_eq!(serial(b"", &[]), None);
}

#[test]
fn only_the_time_of_a_clock_is_a_time() {
    let stamp = unsigned(4, 1_795_428_000);
    let choice = |choice, time: &[u8]| [&list(2)[..], &unsigned(1, choice), time].concat();
    let local = [&list(3)[..], &stamp, &signed(2, 60), &signed(2, 60)].concat();
    for (time, expected) in [
        (ABSENT.to_vec(), None),
        (choice(1, &stamp), None),
        (choice(2, &stamp), Some("2026-11-23T10:00:00")),
        (choice(3, &local), Some("2026-11-23T12:00:00")),
        // A clock that nobody set, and a number that tells not what it counts.
        (choice(2, &unsigned(4, 86_400)), None),
        (stamp.clone(), None),
        (choice(2, &list(0)), None),
    ] {
        let quantity = [unsigned(1, 30), signed(1, 0)].concat();
        let bytes = telegram_of(SERVER, &time, &[entry_at(IMPORT, &time, &quantity, &unsigned(1, 7))], BOOK);
        let readout = &decode(&bytes)[0];
        assert_eq!(readout.clock.map(|clock| clock.to_string()).as_deref(), expected);
        let at = expected.map_or(String::new(), |at| format!(" @{at}"));
        assert_eq!(shown(readout), [format!("1-0:1.8.0*255 7 Wh{at}")]);
    }
}

#[test]
fn the_sign_that_some_meters_of_dzg_do_not_mean_is_taken_off() {
    let power = |number: u32, value: &[u8]| {
        let server = [b"\x0A\x01DZG\0".as_slice(), &number.to_be_bytes()].concat();
        let entries = [entry(POWER, 27, -2, value), entry(VOLTAGE, 35, -1, value)];
        shown(&decode(&telegram_of(&server, ABSENT, &entries, BOOK))[0])
    };
    let meant = signed(2, -32_731);
    for number in [42_000_000, 48_999_999, 55_000_000, 58_999_999] {
        let expected = ["1-0:16.7.0*255 328.05 W", "1-0:32.7.0*255 -3273.1 V"];
        assert_eq!(power(number, &meant), expected);
    }
    for number in [41_999_999, 49_000_000, 54_999_999, 59_000_000] {
        assert_eq!(power(number, &meant)[0], "1-0:16.7.0*255 -327.31 W");
    }
    assert_eq!(power(42_000_000, &signed(4, -126_061))[0], "1-0:16.7.0*255 -1260.61 W");
}

#[test]
fn the_checksum_of_the_frame_decides() {
    let wrong = |_: &[u8]| [0x12, 0x34];
    for (checksums, expected) in [
        (BOOK, Some(Integrity::Checked)),
        (Checksums { message: kermit, ..BOOK }, Some(Integrity::Checked)),
        (Checksums { message: wrong, ..BOOK }, Some(Integrity::Tolerated)),
        (Checksums { message: kermit, frame: kermit }, Some(Integrity::Checked)),
        (Checksums { message: x25, frame: kermit }, Some(Integrity::Checked)),
        // The other checksum alone proves too little.
        (Checksums { message: wrong, frame: kermit }, None),
        (Checksums { frame: wrong, ..BOOK }, None),
    ] {
        let entries = [entry(IMPORT, 30, 0, &unsigned(1, 7))];
        let found = decode(&telegram_of(SERVER, ABSENT, &entries, checksums));
        assert_eq!(found.first().map(|readout| readout.integrity), expected);
        let odd = found.iter().any(|readout| readout.way.has(Quirk::WrongCheck));
        assert_eq!(odd, expected == Some(Integrity::Tolerated));
    }
}

#[test]
fn listening_may_begin_in_the_middle_of_a_telegram() {
    let whole = usual();
    for cut in 1..whole.len() {
        let outcome = start(&[(300, &whole[cut..]), (1_000, &whole)]);
        assert_eq!(outcome.result.as_ref(), Ok(&decode(&whole)[0]), "{cut}");
    }
}

#[test]
fn a_damaged_telegram_costs_one_period() {
    let (whole, mut damaged) = (usual(), usual());
    damaged[60] ^= 1;
    let outcome = start(&[(300, &damaged), (1_000, &whole)]);
    let expected = Readout { retries: 1, ..decode(&whole)[0].clone() };
    assert_eq!(outcome.result, Ok(expected));
    assert!(outcome.seen.contains(&Progress::Repeating));
    assert_eq!(outcome.after, Duration::from_millis(1_300));
}

#[test]
fn silence_is_given_up_after_the_time_that_was_set() {
    check(&[], ReadError::Silent { attempts: 1 }, 3_000);
    check(&[(100, &[0; 20])], ReadError::Silent { attempts: 1 }, 3_000);
    let config = Config { patience: Patience { attempts: 1, wait: Duration::from_secs(9) }, ..USUAL };
    let outcome = listen(Session::start(Moment(0), config), &[]);
    assert_eq!(
        (outcome.result, outcome.after),
        (Err(ReadError::Silent { attempts: 1 }), Duration::from_secs(9))
    );
}

#[test]
fn what_is_heard_and_no_telegram_is_told_from_silence() {
    check(&[(100, &[0x55; 100])], ReadError::Garbled { attempts: 1 }, 3_000);
    let mut damaged = usual();
    damaged[60] ^= 1;
    let said: Vec<(u64, &[u8])> = (0..10).map(|_| (1_000, damaged.as_slice())).collect();
    check(&said, ReadError::Garbled { attempts: 5 }, 5_000);
}

#[test]
fn telegrams_without_registers_are_nothing_to_read() {
    let empty = telegram(&[named(MAKER, &octets(b"LMP")), entry(IMPORT, 30, 0, ABSENT)]);
    let said: Vec<(u64, &[u8])> = (0..10).map(|_| (1_000, empty.as_slice())).collect();
    check(&said, ReadError::NothingToRead, 5_000);
    assert!(decode(&empty).is_empty());
}

#[test]
fn a_line_that_never_rests_is_cut_off() {
    for pattern in
        [&b"\x1b\x1b\x1b\x1b\x01\x01\x01\x01"[..], b"\x1b", b"\x1b\x1b\x1b\x1b\x01\x01\x01\x01\x76\x05"]
    {
        let said: Vec<(u64, &[u8])> = (0..20_000).map(|_| (10, pattern)).collect();
        assert!(start(&said).result.is_err());
    }
}

fn start(said: &[(u64, &[u8])]) -> Outcome {
    let patience = Patience { attempts: 1, wait: Duration::from_secs(3) };
    listen(Session::start(Moment(0), Config { patience, ..USUAL }), said)
}

#[track_caller]
fn check(said: &[(u64, &[u8])], expected: ReadError, after_ms: u128) {
    let outcome = start(said);
    assert_eq!((outcome.result, outcome.after.as_millis()), (Err(expected), after_ms));
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_no_telegram(bytes in vec(any::<u8>(), 0..2_000)) {
        prop_assert!(decode(&bytes).is_empty());
        prop_assert!(start(&[(10, &bytes)]).result.is_err());
    }

    #[test]
    fn arbitrary_elements_in_a_right_frame_do_no_harm(bytes in vec(any::<u8>(), 0..300)) {
        let _ = decode(&crate::probe::sml::frame(&bytes, x25));
    }

    #[test]
    fn arbitrary_values_in_a_right_list_do_no_harm(bytes in vec(vec(any::<u8>(), 0..30), 0..9)) {
        let readouts = decode(&telegram(&bytes));
        prop_assert!(readouts.len() <= 1);
    }

    #[test]
    fn up_to_three_wrong_bits_never_change_a_readout(flips in vec((0..usual().len(), 0..8_u32), 1..4)) {
        let (right, mut bytes) = (decode(&usual()), usual());
        flips.into_iter().for_each(|(at, bit)| bytes[at] ^= 1 << bit);
        let found = decode(&bytes);
        prop_assert!(found.is_empty() || found == right, "{found:?}");
    }

    #[test]
    fn a_telegram_is_the_same_whatever_the_split(cuts in vec(1..40_usize, 40)) {
        let whole = usual();
        let (mut rest, mut cuts, mut said) = (whole.as_slice(), cuts.into_iter().cycle(), Vec::new());
        while !rest.is_empty() {
            let (now, later) = rest.split_at(cuts.next().unwrap().min(rest.len()));
            said.push((7, now));
            rest = later;
        }
        prop_assert_eq!(start(&said).result, Ok(decode(&whole).remove(0)));
    }

    #[test]
    fn every_number_comes_out_as_it_went_in(number: i64, width in 1..=8_usize, scaler in -9..=0_i8) {
        // What fits the width and one of our decimals.
        let kept = (number >> (64 - 8 * width)) % 1_000_000_000_000_000_000;
        let bytes = telegram(&[entry(IMPORT, 30, scaler, &signed(width, kept))]);
        let expected = crate::decimal::Decimal::of_power(kept, scaler).unwrap();
        prop_assert_eq!(shown(&decode(&bytes)[0]), [format!("1-0:1.8.0*255 {expected} Wh")]);
    }
}
