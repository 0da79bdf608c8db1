//! Packing, signing and checking of what travels: one place for both ends, so that they cannot differ.

use std::io::Read as _;

use lamplighter_core::{
    evidence::{
        chain::{Hash, Head, Log},
        envelope::RecoveryKey,
        seal::{PublicKey, Purpose, Seal, SecretKey},
    },
    id::DeviceId,
    store::Recovery,
    time::UtcMs,
};
use prost::Message as _;

use crate::wire::{
    self, Agreement, Ask, Batch, INFLATED_BYTES_MAX, Page, Question, RECOVERY_MARK_BYTES, Receipt, Signed,
    SignedAgreement, SignedPage, SignedRecovery,
};

const ZSTD_LEVEL: i32 = 3;
/// A frame may ask for this much memory to be unpacked, as a power of two: a megabyte holds all of a batch.
const WINDOW_LOG_MAX: u32 = 21;

/// What arrived is not what it should be.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Unfit {
    /// The bytes cannot be read.
    #[error("the bytes cannot be read")]
    Torn,
    /// Unpacked it is larger than anything we send.
    #[error("too large when unpacked")]
    TooLarge,
    /// The signature does not hold, or is somebody else's.
    #[error("the signature does not hold")]
    BadSeal,
    /// It is signed well, but for another device or another question.
    #[error("meant for somebody else")]
    Misdirected,
}

/// A device's question, signed.
pub fn question(device: DeviceId, key: &SecretKey, at: UtcMs, ask: Ask) -> Signed {
    let body = Question { at_ms: at.0, ask: Some(ask) }.encode_to_vec();
    let seal = key.sign(Purpose::Request, &body).0.to_vec();
    Signed { device: device.as_bytes().to_vec(), body, seal }
}

/// The question in a signed request, if `key` signed it.
pub fn open_question(signed: &Signed, key: PublicKey) -> Result<Question, Unfit> {
    let seal = Seal::try_from(&signed.seal[..]).map_err(|_| Unfit::BadSeal)?;
    key.check(Purpose::Request, &signed.body, seal).map_err(|_| Unfit::BadSeal)?;
    Question::decode(&signed.body[..]).map_err(|_| Unfit::Torn)
}

/// A batch for the wire.
pub fn pack(batch: &Batch) -> Result<Vec<u8>, Unfit> {
    zstd::encode_all(&batch.encode_to_vec()[..], ZSTD_LEVEL).map_err(|_| Unfit::Torn)
}

/// A batch from the wire. Never unpacks more than [`INFLATED_BYTES_MAX`].
pub fn unpack(packed: &[u8]) -> Result<Batch, Unfit> {
    let mut decoder = zstd::Decoder::new(packed).map_err(|_| Unfit::Torn)?;
    decoder.window_log_max(WINDOW_LOG_MAX).map_err(|_| Unfit::Torn)?;
    let mut bytes = Vec::new();
    let limit = INFLATED_BYTES_MAX as u64 + 1;
    decoder.take(limit).read_to_end(&mut bytes).map_err(|_| Unfit::Torn)?;
    if bytes.len() > INFLATED_BYTES_MAX {
        return Err(Unfit::TooLarge);
    }
    Batch::decode(&bytes[..]).map_err(|_| Unfit::Torn)
}

/// The hub's word that it holds a log up to `head`.
pub fn receipt(key: &SecretKey, log: Log, head: Head, at: UtcMs) -> Receipt {
    Receipt {
        device: log.device.as_bytes().to_vec(),
        epoch: log.epoch,
        seq: head.seq,
        hash: head.hash.0.to_vec(),
        hub_at_ms: at.0,
        seal: key.sign_receipt(log, head, at).0.to_vec(),
    }
}

/// The head that a receipt speaks of, if it is the hub's word about this log.
pub fn open_receipt(receipt: &Receipt, hub_key: PublicKey, log: Log) -> Result<Head, Unfit> {
    if receipt.device != log.device.as_bytes() || receipt.epoch != log.epoch {
        return Err(Unfit::Misdirected);
    }
    let head = Head { seq: receipt.seq, hash: Hash::try_from(&receipt.hash[..]).map_err(|_| Unfit::Torn)? };
    let seal = Seal::try_from(&receipt.seal[..]).map_err(|_| Unfit::BadSeal)?;
    hub_key.check_receipt(log, head, UtcMs(receipt.hub_at_ms), seal).map_err(|_| Unfit::BadSeal)?;
    Ok(head)
}

/// A page of plans, signed by the hub.
pub fn page(key: &SecretKey, page: &Page) -> SignedPage {
    let body = page.encode_to_vec();
    let seal = key.sign(Purpose::Page, &body).0.to_vec();
    SignedPage { body, seal }
}

/// The page, if it is the hub's, for this device, and follows `cursor`.
pub fn open_page(
    signed: &SignedPage,
    hub_key: PublicKey,
    device: DeviceId,
    cursor: u64,
) -> Result<Page, Unfit> {
    let seal = Seal::try_from(&signed.seal[..]).map_err(|_| Unfit::BadSeal)?;
    hub_key.check(Purpose::Page, &signed.body, seal).map_err(|_| Unfit::BadSeal)?;
    let page = Page::decode(&signed.body[..]).map_err(|_| Unfit::Torn)?;
    if page.device != device.as_bytes() || page.after != cursor {
        return Err(Unfit::Misdirected);
    }
    Ok(page)
}

/// The hub's word about a log, signed.
pub fn agreement(key: &SecretKey, agreement: &Agreement) -> SignedAgreement {
    let body = agreement.encode_to_vec();
    let seal = key.sign(Purpose::Agreement, &body).0.to_vec();
    SignedAgreement { body, seal }
}

/// The hub's word, if it is the hub's, about this log, and answers the question with this hash.
pub fn open_agreement(
    signed: &SignedAgreement,
    hub_key: PublicKey,
    log: Log,
    question: Hash,
) -> Result<(Agreement, Head), Unfit> {
    let seal = Seal::try_from(&signed.seal[..]).map_err(|_| Unfit::BadSeal)?;
    hub_key.check(Purpose::Agreement, &signed.body, seal).map_err(|_| Unfit::BadSeal)?;
    let agreement = Agreement::decode(&signed.body[..]).map_err(|_| Unfit::Torn)?;
    if agreement.device != log.device.as_bytes() || agreement.epoch != log.epoch {
        return Err(Unfit::Misdirected);
    }
    if agreement.question != question.0 {
        return Err(Unfit::Misdirected);
    }
    let link = agreement.common.as_ref().ok_or(Unfit::Torn)?;
    let common = Head { seq: link.seq, hash: Hash::try_from(&link.hash[..]).map_err(|_| Unfit::Torn)? };
    Ok((agreement, common))
}

/// The utility's recovery key for a device, signed.
pub fn recovery(key: &SecretKey, device: DeviceId, told: Recovery) -> SignedRecovery {
    let recovery = wire::Recovery {
        device: device.as_bytes().to_vec(),
        key: told.key.0.to_vec(),
        since_ms: told.since.0,
    };
    let body = recovery.encode_to_vec();
    let seal = key.sign(Purpose::Recovery, &body).0.to_vec();
    SignedRecovery { body, seal }
}

/// The recovery key, if the hub tells it this device.
pub fn open_recovery(
    signed: &SignedRecovery,
    hub_key: PublicKey,
    device: DeviceId,
) -> Result<Recovery, Unfit> {
    let seal = Seal::try_from(&signed.seal[..]).map_err(|_| Unfit::BadSeal)?;
    hub_key.check(Purpose::Recovery, &signed.body, seal).map_err(|_| Unfit::BadSeal)?;
    let told = wire::Recovery::decode(&signed.body[..]).map_err(|_| Unfit::Torn)?;
    if told.device != device.as_bytes() {
        return Err(Unfit::Misdirected);
    }
    let key = RecoveryKey::try_from(&told.key[..]).map_err(|_| Unfit::Torn)?;
    Ok(Recovery { key, since: UtcMs(told.since_ms) })
}

/// What a device says of the recovery key that it knows.
pub fn recovery_mark(known: Option<Recovery>) -> Vec<u8> {
    known.map_or_else(Vec::new, |known| {
        known.key.fingerprint().0.iter().copied().take(RECOVERY_MARK_BYTES).collect()
    })
}

#[cfg(test)]
mod tests {
    use lamplighter_core::evidence::envelope::RecoverySecret;

    use super::*;
    use crate::wire::Down;

    fn device() -> DeviceId {
        DeviceId::new([3; 16])
    }

    #[test]
    fn a_question_is_heard_from_its_device_only() {
        let key = SecretKey::new([1; 32]);
        let mut signed =
            question(device(), &key, UtcMs(5), Ask::Down(Down { cursor: 7, bytes_max: 9, mark: vec![] }));
        assert_eq!(open_question(&signed, key.public()).map(|question| question.at_ms), Ok(5));
        assert_eq!(open_question(&signed, SecretKey::new([2; 32]).public()), Err(Unfit::BadSeal));
        signed.body[0] ^= 1;
        assert_eq!(open_question(&signed, key.public()), Err(Unfit::BadSeal));
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let bomb = zstd::encode_all(&vec![0; INFLATED_BYTES_MAX + 10][..], 3).unwrap();
        assert!(bomb.len() < 10_000);
        assert_eq!(unpack(&bomb), Err(Unfit::TooLarge));
        assert_eq!(unpack(b"<html>Please log in</html>"), Err(Unfit::Torn));
    }

    #[test]
    fn a_page_follows_its_cursor() {
        let key = SecretKey::new([1; 32]);
        let signed =
            page(&key, &Page { device: vec![3; 16], after: 4, plans: vec![], more: false, mark: vec![] });
        assert!(open_page(&signed, key.public(), device(), 4).is_ok());
        assert_eq!(open_page(&signed, key.public(), device(), 3), Err(Unfit::Misdirected));
        assert_eq!(open_page(&signed, key.public(), DeviceId::new([4; 16]), 4), Err(Unfit::Misdirected));
    }

    #[test]
    fn a_recovery_key_is_heard_from_the_hub_and_for_its_device_only() {
        let (key, utility) = (SecretKey::new([1; 32]), RecoverySecret::new([2; 32]));
        let told = Recovery { key: utility.public(), since: UtcMs(7) };
        let signed = recovery(&key, device(), told);
        assert_eq!(open_recovery(&signed, key.public(), device()), Ok(told));
        let other = open_recovery(&signed, SecretKey::new([3; 32]).public(), device());
        assert_eq!(other, Err(Unfit::BadSeal));
        assert_eq!(open_recovery(&signed, key.public(), DeviceId::new([4; 16])), Err(Unfit::Misdirected));
        assert_eq!((recovery_mark(None), recovery_mark(Some(told)).len()), (vec![], RECOVERY_MARK_BYTES));
    }
}
