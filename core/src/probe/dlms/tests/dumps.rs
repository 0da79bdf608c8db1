//! Whole conversations, captured and read by somebody who was not there.

use super::{
    bench::{Bench, good, shown},
    meter::Habits,
    station::frame,
};
use crate::probe::{
    dlms::{decode, decode::Decoded, telegrams},
    readout::Readout,
    transcript::{Direction, Transcript},
    way::Quirk,
};

fn both_sides(transcript: &Transcript) -> Vec<u8> {
    transcript.chunks().iter().flat_map(|entry| entry.bytes.clone()).collect()
}

#[test]
fn a_captured_conversation_shows_the_registers_that_were_read() {
    for (pdu, information) in [(1_000, 248), (100, 64)] {
        let mut bench = Bench::new(Habits { pdu, ..Habits::default() });
        bench.link.information = information;
        let read = bench.read();
        let dump = both_sides(&read.drive.transcript);
        let messages = decode(&dump);
        assert!(matches!(messages[0].said, Decoded::Linked { information: Some(_) }));
        assert!(matches!(messages[1].said, Decoded::Association { result: 0, .. }));
        let [(_, readout)] = &telegrams(&dump, None)[..] else { panic!("{messages:#?}") };
        assert_eq!(shown(readout), shown(good(&read)));
        assert_eq!(readout.serial.as_deref(), Some("00412345"));
    }
}

#[test]
fn a_dump_with_any_frame_missing_never_names_a_value_wrongly() {
    let mut bench = Bench::new(Habits { pdu: 100, ..Habits::default() });
    bench.link.information = 64;
    bench.config.quirks = [Quirk::OneByOne].into();
    let read = bench.read();
    // The time of a maximum may be what is missing.
    let values = |readout: &Readout| -> Vec<String> {
        shown(readout).iter().map(|register| register.split(" at ").next().unwrap().into()).collect()
    };
    let whole = values(good(&read));
    let dump = both_sides(&read.drive.transcript);
    // Frames end where the next begins.
    let ends: Vec<usize> =
        dump.windows(2).enumerate().filter(|(_, two)| *two == [0x7E, 0x7E]).map(|(at, _)| at + 1).collect();
    assert!(ends.len() > 60);
    for missing in ends.windows(3) {
        for cut in [missing[1], missing[2]] {
            let damaged = [&dump[..missing[0]], &dump[cut..]].concat();
            for (_, readout) in telegrams(&damaged, None) {
                let found = values(&readout);
                assert!(found.iter().all(|register| whole.contains(register)), "{found:?}");
            }
        }
    }
}

#[test]
fn without_the_questions_values_have_no_names() {
    let read = Bench::new(Habits::default()).read();
    let theirs: Vec<u8> = read
        .drive
        .transcript
        .chunks()
        .iter()
        .filter(|entry| entry.direction == Direction::Received)
        .flat_map(|entry| entry.bytes.clone())
        .collect();
    let values: Vec<Option<String>> = decode(&theirs)
        .into_iter()
        .filter_map(|message| if let Decoded::Values(values) = message.said { Some(values) } else { None })
        .flatten()
        .inspect(|(name, _)| assert_eq!(*name, None))
        .map(|(_, value)| value)
        .collect();
    assert!(values.contains(&Some("12345670".into())), "{values:?}");
    assert!(telegrams(&theirs, None).is_empty());
}

#[test]
fn a_meter_that_pushes_is_read_from_a_dump_in_frames_or_bare() {
    let energy = [9, 6, 1, 0, 1, 8, 0, 255, 6, 0, 0, 4, 0, 2, 2, 0x0F, 1, 0x16, 30];
    let serial = [9, 6, 0, 0, 96, 1, 0, 255, 0x0A, 3, b'4', b'7', b'1'];
    let apdu = [&[0x0F, 0, 0, 0, 1, 0, 1, 2, 2, 3][..], &energy, &[2, 2], &serial].concat();
    let message = [&[0xE6, 0xE7, 0x00][..], &apdu].concat();
    let whole = frame(&[0x41], &[0x08, 0x83], 0x13, false, &message);
    let (first, second) = message.split_at(20);
    let segments = [
        frame(&[0x41], &[0x08, 0x83], 0x13, true, first),
        frame(&[0x41], &[0x08, 0x83], 0x13, false, second),
    ];
    for dump in [whole.clone(), segments.concat(), [&[0x7E, 0x55][..], &whole].concat()] {
        let [(_, readout)] = &telegrams(&dump, None)[..] else { panic!("{dump:02X?}") };
        check(readout);
    }
    // Without a frame there is no checksum: it is shown, and no reading.
    for dump in [apdu, message] {
        let [only] = &decode(&dump)[..] else { panic!("{dump:02X?}") };
        assert!(matches!(&only.said, Decoded::Notification(said) if said.registers.len() == 2));
        assert!(!only.checked && telegrams(&dump, None).is_empty());
    }
    let twice = [whole.clone(), whole].concat();
    assert_eq!(telegrams(&twice, None).len(), 2);
}

#[track_caller]
fn check(readout: &Readout) {
    assert_eq!(shown(readout), ["1-0:1.8.0*255 10240 Wh", "0-0:96.1.0*255 \"471\""]);
    assert_eq!(readout.serial.as_deref(), Some("471"));
    assert!(readout.way.has(Quirk::Pushes));
}

#[test]
fn one_wrong_bit_in_a_pushed_frame_is_never_a_register() {
    let energy = [9, 6, 1, 0, 1, 8, 0, 255, 6, 0, 0, 4, 0];
    let apdu = [&[0xE6, 0xE7, 0x00, 0x0F, 0, 0, 0, 1, 0, 2, 2][..], &energy].concat();
    let whole = frame(&[0x41], &[0x08, 0x83], 0x13, false, &apdu);
    assert_eq!(telegrams(&whole, None).len(), 1);
    for bit in 0..whole.len() * 8 {
        let mut wrong = whole.clone();
        wrong[bit / 8] ^= 1 << (bit % 8);
        assert!(telegrams(&wrong, None).is_empty(), "{bit}");
    }
}
