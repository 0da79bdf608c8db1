//! Parcels: a good one bent in any way, and anything at all behind a good label. Nothing but the good one itself opens.
#![no_main]

use std::sync::OnceLock;

use lamplighter_core::{
    evidence::{
        chain::{Head, Log},
        envelope::RecoverySecret,
        seal::SecretKey,
    },
    id::DeviceId,
    store::{Envelope, Stretch},
};
use lamplighter_sync::parcel::{LABEL_BYTES, Label, Packer, Parcel};
use libfuzzer_sys::fuzz_target;

const EVENTS: u64 = 3;

fn utility() -> RecoverySecret {
    RecoverySecret::new([1; 32])
}

/// Made once, as a device makes it.
fn good() -> &'static [u8] {
    static GOOD: OnceLock<Vec<u8>> = OnceLock::new();
    GOOD.get_or_init(|| {
        let (to, key) = (utility().public(), SecretKey::new([8; 32]));
        let log = Log { device: DeviceId::new([7; 16]), epoch: 1 };
        let span = Stretch { epoch: 1, after: 0, until: EVENTS };
        let label = Label::new(to.fingerprint(), log.device, span);
        let mut packer = Packer::new(Vec::new(), to, label).expect("a label");
        let mut before = Head::EMPTY;
        for _ in 0..EVENTS {
            let bytes = to.enclose(&key, log, before, b"an event").expect("an envelope");
            before = before.next(log, b"an event");
            packer.put(&Envelope { seq: before.seq, bytes }).expect("the next event");
        }
        packer.finish([9; 32]).expect("an end").0
    })
}

/// Edits, four bytes each: where, what to do, and with which byte.
fn bent(edits: &[u8]) -> Vec<u8> {
    let mut bytes = good().to_vec();
    for edit in edits.chunks_exact(4) {
        let [high, low, deed, with] = *edit else { continue };
        let at = usize::from(u16::from_be_bytes([high, low])) % (bytes.len() + 1);
        match deed % 4 {
            0 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= with;
                }
            }
            1 => bytes.truncate(at),
            2 => bytes.insert(at, with),
            _ => {
                let again: Vec<u8> = bytes.iter().skip(at).take(usize::from(with)).copied().collect();
                bytes.extend(again);
            }
        }
    }
    bytes
}

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, rest)) = bytes.split_first() else { return };
    let parcel = match choice % 3 {
        0 => rest.to_vec(),
        1 => [&good()[..LABEL_BYTES], rest].concat(),
        _ => bent(rest),
    };
    let secret = utility();
    let Ok(mut opened) = Parcel::open(&parcel[..], &secret) else { return };
    let mut events = 0;
    let whole = loop {
        match opened.next_event() {
            Ok(Some(_)) => events += 1,
            Ok(None) => break true,
            Err(_) => break false,
        }
    };
    assert!(events <= EVENTS, "more events than anybody enclosed");
    assert_eq!(whole, parcel == good(), "only what was written is whole");
});
