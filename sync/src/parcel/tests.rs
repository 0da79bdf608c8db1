//! What a parcel promises.

use lamplighter_core::{
    evidence::{
        chain::{Hash, Head},
        envelope::RecoverySecret,
        seal::SecretKey,
    },
    store::Envelope,
};

use super::*;

const AFTER: u64 = 4;
const EVENTS: u64 = 3;

fn utility() -> RecoverySecret {
    RecoverySecret::new([1; 32])
}

fn log() -> Log {
    Log { device: DeviceId::new([7; 16]), epoch: 2 }
}

fn label() -> Label {
    let span = Stretch { epoch: 2, after: AFTER, until: AFTER + EVENTS };
    Label::new(utility().public().fingerprint(), log().device, span)
}

/// The events of a log, enclosed one by one.
fn envelopes() -> Vec<Envelope> {
    let key = SecretKey::new([8; 32]);
    let mut before = Head { seq: AFTER, hash: Hash([5; 32]) };
    let mut enclosed = Vec::new();
    for payload in [&b"the first"[..], b"the second, which is longer", b""] {
        let bytes = utility().public().enclose(&key, log(), before, payload).unwrap();
        before = before.next(log(), payload);
        enclosed.push(Envelope { seq: before.seq, bytes });
    }
    enclosed
}

fn pack(label: Label, envelopes: &[Envelope]) -> std::io::Result<(Vec<u8>, Packed)> {
    let mut packer = Packer::new(Vec::new(), utility().public(), label)?;
    envelopes.iter().try_for_each(|envelope| packer.put(envelope))?;
    packer.finish([9; 32])
}

fn parcel() -> Vec<u8> {
    pack(label(), &envelopes()).unwrap().0
}

/// Everything in it, if all of it is as it was written.
fn read(bytes: &[u8], secret: &RecoverySecret) -> Result<Vec<Vec<u8>>, Unreadable> {
    let mut parcel = Parcel::open(bytes, secret)?;
    let mut payloads = Vec::new();
    while let Some(enclosed) = parcel.next_event()? {
        payloads.push(enclosed.payload);
    }
    Ok(payloads)
}

#[test]
fn a_parcel_gives_back_what_went_in() {
    let (bytes, packed) = pack(label(), &envelopes()).unwrap();
    assert_eq!((packed.bytes, packed.hash), (bytes.len() as u64, Hash::of(&bytes)));
    assert_eq!((packed.label, packed.label.events()), (label(), EVENTS));
    let payloads = read(&bytes, &utility()).unwrap();
    assert_eq!(payloads, [&b"the first"[..], b"the second, which is longer", b""]);
    assert!(!bytes.windows(9).any(|part| part == b"the first"));
}

#[test]
fn every_changed_bit_and_every_cut_is_found() {
    let bytes = parcel();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            assert!(read(&changed, &utility()).is_err(), "bit {bit} of byte {at}");
        }
        assert!(read(&bytes[..at], &utility()).is_err(), "{at} bytes");
    }
    let longer = [&bytes[..], b"\0"].concat();
    assert!(matches!(read(&longer, &utility()), Err(Unreadable::Behind)));
}

#[test]
fn another_key_is_told_by_name() {
    let other = RecoverySecret::new([2; 32]);
    let told = read(&parcel(), &other).unwrap_err().to_string();
    for key in [utility().public(), other.public()] {
        assert!(told.contains(&key.fingerprint().to_string()), "{told}");
    }
}

#[test]
fn events_that_are_left_out_or_turned_round_are_found() {
    let [first, second, third] = &envelopes()[..] else { panic!() };
    assert!(pack(label(), &[first.clone(), third.clone()]).is_err());
    assert!(pack(label(), &[first.clone(), second.clone()]).is_err());
    // Made by somebody who does not keep to what we write: the events of a shorter label, under their own end.
    let short = Label { until: AFTER + 2, ..label() };
    let (bytes, _) = pack(short, &[first.clone(), second.clone()]).unwrap();
    assert_eq!(read(&bytes, &utility()).unwrap().len(), 2);
    let swapped = [(second, AFTER + 1), (first, AFTER + 2)].map(|(from, seq)| {
        let bytes = from.bytes.clone();
        Envelope { seq, bytes }
    });
    let (bytes, _) = pack(short, &swapped).unwrap();
    assert!(matches!(read(&bytes, &utility()), Err(Unreadable::Damaged(seq)) if seq == AFTER + 1));
}

#[test]
fn a_label_that_cannot_be_is_refused_before_anything_is_read() {
    let check = |label: Label, expected: &str| {
        let bytes = label.to_bytes();
        let told = Parcel::open(&bytes[..], &utility()).unwrap_err().to_string();
        assert!(told.contains(expected), "{told}");
    };
    check(Label { until: AFTER, ..label() }, "cannot be");
    check(Label { log: Log { epoch: 0, ..log() }, ..label() }, "cannot be");
    check(Label { until: u64::MAX, ..label() }, "cannot be");
    check(Label { until: AFTER + EVENTS_MAX + 1, ..label() }, "more than");
    let newer = [&MAGIC[..], &[9], &[0; LABEL_BYTES]].concat();
    assert!(matches!(Parcel::open(&newer[..], &utility()), Err(Unreadable::Newer(9))));
    assert!(matches!(Parcel::open(&b"<html>"[..], &utility()), Err(Unreadable::NoParcel)));
}

#[test]
fn a_length_is_not_believed() {
    let mut bytes = label().to_bytes();
    bytes.extend(u32::MAX.to_be_bytes());
    assert!(matches!(read(&bytes, &utility()), Err(Unreadable::Damaged(_))));
}
