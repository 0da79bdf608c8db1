//! Who we come as: the request to associate and its answer, ACSE in BER. IEC 62056-53, 6.

use super::{
    cursor::{Cursor, write_tagged},
    limits::PDU_MAX,
};

/// What a client shows to be let in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Proof<'a> {
    /// Nothing.
    Lowest,
    /// A password in clear.
    Low(&'a [u8]),
    /// A challenge, and who we are: GMAC, in a ciphered context.
    Gmac { challenge: &'a [u8], title: [u8; 8] },
}

/// get, selective access, action, block transfer with get, multiple references, priority.
const CONFORMANCE: [u8; 3] = [0x00, 0x52, 0x15];
/// 2.16.756.5.8, the DLMS association: context names below .1, mechanisms below .2.
const DLMS: [u8; 5] = [0x60, 0x85, 0x74, 0x05, 0x08];
const LOGICAL_NAMES: u8 = 1;
const LOGICAL_NAMES_CIPHERED: u8 = 3;
const LOW: u8 = 1;
const GMAC: u8 = 5;

/// What we can and what we take, before it is ciphered.
pub(super) fn initiate_request() -> Vec<u8> {
    let mut out = vec![0x01, 0x00, 0x00, 0x00, 0x06, 0x5F, 0x1F, 0x04, 0x00];
    out.extend(CONFORMANCE);
    out.extend(PDU_MAX.to_be_bytes());
    out
}

/// AARQ. `initiate` is ciphered where the proof says so.
pub(super) fn request(proof: Proof<'_>, initiate: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    let ciphered = matches!(proof, Proof::Gmac { .. });
    let context = if ciphered { LOGICAL_NAMES_CIPHERED } else { LOGICAL_NAMES };
    nested(&mut body, 0xA1, 0x06, &[&DLMS[..], &[1, context]].concat());
    if let Proof::Gmac { title, .. } = proof {
        nested(&mut body, 0xA6, 0x04, &title);
    }
    let shown = match proof {
        Proof::Lowest => None,
        Proof::Low(password) => Some((LOW, password)),
        Proof::Gmac { challenge, .. } => Some((GMAC, challenge)),
    };
    if let Some((mechanism, value)) = shown {
        write_tagged(&mut body, 0x8A, &[0x07, 0x80]);
        write_tagged(&mut body, 0x8B, &[&DLMS[..], &[2, mechanism]].concat());
        nested(&mut body, 0xAC, 0x80, value);
    }
    nested(&mut body, 0xBE, 0x04, initiate);
    let mut out = Vec::new();
    write_tagged(&mut out, 0x60, &body);
    out
}

fn nested(out: &mut Vec<u8>, outer: u8, inner: u8, content: &[u8]) {
    let mut within = Vec::new();
    write_tagged(&mut within, inner, content);
    write_tagged(out, outer, &within);
}

/// AARE: how a meter takes us.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Answer<'a> {
    /// 0 accepted, 1 rejected for good, 2 for now.
    pub(super) result: u8,
    /// Why, by the book's list for users of the service.
    pub(super) diagnostic: u8,
    /// The meter's system title.
    pub(super) title: Option<[u8; 8]>,
    /// What we have to prove ourselves with.
    pub(super) challenge: Option<&'a [u8]>,
    /// An initiate response, ciphered or not, or why there is none.
    pub(super) initiate: &'a [u8],
}

/// Diagnostics that are told apart.
pub(super) mod diagnostic {
    /// Neither is a reason.
    pub(crate) const NONE: u8 = 0;
    pub(crate) const NO_REASON: u8 = 1;
    /// The application context is not supported.
    pub(crate) const CONTEXT: u8 = 2;
    /// The mechanism is not known.
    pub(crate) const MECHANISM: u8 = 11;
    /// One must be named.
    pub(crate) const MECHANISM_REQUIRED: u8 = 12;
    /// The password or proof is wrong.
    pub(crate) const FAILURE: u8 = 13;
    /// One must authenticate; with HLS: go on.
    pub(crate) const REQUIRED: u8 = 14;
}

/// Reads an AARE.
pub(super) fn answer(apdu: &[u8]) -> Option<Answer<'_>> {
    let mut cursor = Cursor(apdu);
    if cursor.byte()? != 0x61 {
        return None;
    }
    let mut body = Cursor(cursor.counted()?);
    let mut answer = Answer { result: 1, ..Answer::default() };
    while let Some(tag) = body.byte() {
        let content = body.counted()?;
        match tag {
            0xA2 => answer.result = inside(content, 0x02)?.last().copied()?,
            0xA3 => {
                let (&by, rest) = content.split_first()?;
                let mut diagnostic = Cursor(rest);
                // A1 by the user of the service, A2 by its provider: its reasons are none of ours.
                let value = inside(diagnostic.counted()?, 0x02)?.last().copied()?;
                answer.diagnostic = if by == 0xA1 { value } else { 0 };
            }
            0xA4 => answer.title = inside(content, 0x04)?.try_into().ok(),
            0xAA => answer.challenge = inside(content, 0x80),
            0xBE => answer.initiate = inside(content, 0x04)?,
            _ => {}
        }
    }
    Some(answer)
}

fn inside(content: &[u8], tag: u8) -> Option<&[u8]> {
    let mut cursor = Cursor(content);
    if cursor.byte()? == tag { cursor.counted() } else { None }
}

/// What was agreed on.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Agreed {
    /// The longest message the meter takes; 0 is any.
    pub(super) pdu: u16,
    /// What the meter can, the first bit first.
    pub(super) conformance: [u8; 3],
}

impl Agreed {
    /// Several objects in one request.
    pub(super) const fn lists(self) -> bool {
        self.conformance[1] & 0x02 != 0
    }

    /// Parts of a memory.
    pub(super) const fn selects(self) -> bool {
        self.conformance[2] & 0x04 != 0
    }
}

/// Reads an initiate response in clear.
pub(super) fn initiate_response(plain: &[u8]) -> Option<Agreed> {
    let mut cursor = Cursor(plain.strip_prefix(&[0x08])?);
    if cursor.byte()? != 0 {
        // The quality of service, which nobody uses.
        cursor.byte()?;
    }
    // Version 6, and the tag of the conformance block, whose second byte some leave out.
    let [_, 0x5F] = cursor.array()? else { return None };
    if cursor.0.first() == Some(&0x1F) {
        cursor.byte()?;
    }
    let [4, 0] = cursor.array()? else { return None };
    let conformance = cursor.array()?;
    Some(Agreed { conformance, pdu: cursor.u16()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_client_asks_as_in_the_book() {
        let expected = [
            0x60, 0x1D, 0xA1, 0x09, 0x06, 0x07, 0x60, 0x85, 0x74, 0x05, 0x08, 0x01, 0x01, 0xBE, 0x10, 0x04,
            0x0E, 0x01, 0x00, 0x00, 0x00, 0x06, 0x5F, 0x1F, 0x04, 0x00, 0x00, 0x52, 0x15, 0x04, 0x00,
        ];
        assert_eq!(request(Proof::Lowest, &initiate_request()), expected);
    }

    #[test]
    fn a_password_or_a_challenge_goes_with_its_mechanism() {
        let low = request(Proof::Low(b"12345678"), &[]);
        let shown = b"\x8A\x02\x07\x80\x8B\x07\x60\x85\x74\x05\x08\x02\x01\xAC\x0A\x80\x0812345678";
        assert!(low.windows(shown.len()).any(|window| window == shown), "{low:02X?}");
        let proof = Proof::Gmac { challenge: &[7; 16], title: *b"LMPclien" };
        let gmac = request(proof, &[]);
        let head = b"\xA1\x09\x06\x07\x60\x85\x74\x05\x08\x01\x03\xA6\x0A\x04\x08LMPclien\x8A";
        assert!(gmac.windows(head.len()).any(|window| window == head), "{gmac:02X?}");
    }

    #[test]
    fn an_answer_tells_whether_why_and_who() {
        let accepted = [
            0x61, 0x29, 0xA1, 0x09, 0x06, 0x07, 0x60, 0x85, 0x74, 0x05, 0x08, 0x01, 0x01, 0xA2, 0x03, 0x02,
            0x01, 0x00, 0xA3, 0x05, 0xA1, 0x03, 0x02, 0x01, 0x00, 0xBE, 0x10, 0x04, 0x0E, 0x08, 0x00, 0x06,
            0x5F, 0x1F, 0x04, 0x00, 0x00, 0x12, 0x14, 0x01, 0xF4, 0x00, 0x07,
        ];
        let said = answer(&accepted).unwrap();
        assert_eq!((said.result, said.diagnostic), (0, 0));
        let agreed = initiate_response(said.initiate).unwrap();
        assert_eq!((agreed.pdu, agreed.lists(), agreed.selects()), (500, true, true));
        let mut hls = accepted.to_vec();
        hls[24] = diagnostic::REQUIRED;
        hls.splice(25..25, *b"\xA4\x0A\x04\x08LMPmeter\xAA\x06\x80\x04\x01\x02\x03\x04");
        hls[1] += 20;
        let said = answer(&hls).unwrap();
        assert_eq!((said.diagnostic, said.title), (diagnostic::REQUIRED, Some(*b"LMPmeter")));
        assert_eq!(said.challenge, Some(&[1, 2, 3, 4][..]));
        for cut in 0..hls.len() {
            assert_eq!(answer(&hls[..cut]), None);
        }
        assert_eq!(answer(&[0x61, 0]).map(|said| said.result), Some(1), "silence is no yes");
    }
}
