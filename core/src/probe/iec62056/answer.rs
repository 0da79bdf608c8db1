//! What a meter says in programming mode: a message, one of two single characters, or damage. IEC 62056-21, 6.4.
//!
//! Our own words come back from heads that echo, whole, cut or garbled. A command is told from an answer by its
//! content, and our ACK or NAK is passed over once.

use super::{
    message::{ACK, EOT, ETX, NAK, SOH, STX, bcc},
    parity::Parity,
};

/// A day of quarter hours with a dozen columns. Where that is too little, less is asked for at once.
pub(super) const BYTES_MAX: usize = 16 * 1024;
/// `R5`: between SOH and STX.
const NAME_LENGTH: usize = 2;
/// Characters that no meter sends, before this is no answer.
const NOISE_MAX: usize = 64;

/// What a byte has brought.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Heard {
    /// Nothing of an answer.
    Junk,
    /// More of one.
    Text,
    /// The end of one.
    End(Reply),
    /// More than we keep.
    Flood,
}

/// An answer.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Reply {
    /// Understood.
    Ack,
    /// Not understood, or not allowed.
    Nak,
    /// The meter ends the conversation.
    Break,
    /// The meter is in programming mode, and asks for a password.
    Seed,
    /// Data, and whether more follow after an ACK.
    Data {
        /// Between STX and the end.
        text: String,
        /// It ended with EOT.
        more: bool,
    },
    /// Not to be believed.
    Damaged,
    /// Much that is no answer; the answer may still come.
    Noise,
    /// Nothing but, perhaps, an echo.
    Silent,
}

/// Collects one answer.
#[derive(Debug)]
pub(super) struct Answer {
    parity: Parity,
    /// What we said: the data of a command, or a single character.
    said: Vec<u8>,
    lead: Lead,
    /// Since the lead, seven bits.
    text: Vec<u8>,
    received: usize,
    noise: usize,
    damaged: bool,
    acknowledged: bool,
    awaiting_bcc: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Lead {
    Hunting,
    Soh,
    Stx,
}

impl Answer {
    /// Waits for an answer to these words, in seven bits.
    pub(super) const fn new(parity: Parity, said: Vec<u8>) -> Self {
        Self {
            parity,
            said,
            lead: Lead::Hunting,
            text: Vec::new(),
            received: 0,
            noise: 0,
            damaged: false,
            acknowledged: false,
            awaiting_bcc: false,
        }
    }

    /// Bytes of the answer so far.
    pub(super) const fn len(&self) -> usize {
        self.text.len()
    }

    /// An ACK has come, so that a short silence ends it.
    pub(super) fn may_be_over(&self) -> bool {
        self.acknowledged && self.lead == Lead::Hunting
    }

    /// Takes one raw byte.
    pub(super) fn push(&mut self, raw: u8) -> Heard {
        self.received += 1;
        if self.received > BYTES_MAX {
            return Heard::Flood;
        }
        let (fits, byte) = (self.parity.fits(raw), raw & 0x7F);
        if self.awaiting_bcc {
            return self.judge(byte, fits);
        }
        // No message has these two inside: an echo was cut.
        if matches!(byte, ACK | NAK) && fits && self.lead == Lead::Soh && !self.is_meters() {
            self.begin(Lead::Hunting);
        }
        match (byte, self.lead) {
            (SOH, _) if fits => self.begin(Lead::Soh),
            (STX, Lead::Hunting) if fits => self.begin(Lead::Stx),
            // The remains of an echo are followed by the true beginning.
            (STX, Lead::Soh) if fits && self.text.len() != NAME_LENGTH => self.begin(Lead::Stx),
            // But not where data stood before: a line feed of which one bit is wrong is an STX as well.
            (STX, Lead::Stx) if fits && !self.text.iter().any(|byte| b"()".contains(byte)) => {
                self.begin(Lead::Stx);
            }
            (ACK | NAK, Lead::Hunting) if fits && self.said == [byte] => self.said.clear(),
            (ACK, Lead::Hunting) if fits => self.acknowledged = true,
            (NAK, Lead::Hunting) if fits => return Heard::End(Reply::Nak),
            (_, Lead::Hunting) => {
                self.noise += 1;
                if self.noise > NOISE_MAX {
                    return Heard::End(Reply::Noise);
                }
                return Heard::Junk;
            }
            (_, Lead::Soh | Lead::Stx) => {
                // Behind data it is another answer, and this one is cut off.
                self.damaged |= !fits || (byte == STX && self.lead == Lead::Stx);
                self.text.push(byte);
                self.awaiting_bcc = matches!(byte, ETX | EOT);
            }
        }
        Heard::Text
    }

    /// What to make of it when nothing more comes.
    pub(super) fn silence(&self) -> Reply {
        match self.lead {
            Lead::Hunting if self.acknowledged => Reply::Ack,
            Lead::Hunting => Reply::Silent,
            // An echo that was cut.
            Lead::Soh if !self.is_meters() => Reply::Silent,
            Lead::Soh | Lead::Stx => Reply::Damaged,
        }
    }

    fn begin(&mut self, lead: Lead) {
        self.lead = lead;
        self.text.clear();
        self.damaged = false;
    }

    fn judge(&mut self, check: u8, fits: bool) -> Heard {
        self.awaiting_bcc = false;
        if self.lead == Lead::Soh && !self.is_meters() && bcc(&self.text) != check {
            if check == STX {
                // Or right before its check character.
                self.begin(Lead::Stx);
                return Heard::Text;
            }
            // An echo that was cut right before its own STX, with the answer behind it.
            self.text.drain(..self.text.len().min(NAME_LENGTH + 1));
            self.lead = Lead::Stx;
        }
        let right = fits && !self.damaged && bcc(&self.text) == check;
        let more = self.text.last() == Some(&EOT);
        let content = self.text.get(..self.text.len().saturating_sub(1)).unwrap_or_default();
        let echo = match self.lead {
            Lead::Soh => !self.is_meters(),
            Lead::Stx => !right && !self.said.is_empty() && content == self.said,
            Lead::Hunting => true,
        };
        if echo {
            self.begin(Lead::Hunting);
            return Heard::Text;
        }
        Heard::End(match self.lead {
            _ if !right => Reply::Damaged,
            Lead::Soh if content.starts_with(b"B") => Reply::Break,
            Lead::Soh => Reply::Seed,
            Lead::Hunting | Lead::Stx => {
                let mut text = std::mem::take(&mut self.text);
                text.pop();
                match String::from_utf8(text) {
                    Ok(text) => Reply::Data { text, more },
                    Err(_) => Reply::Damaged,
                }
            }
        })
    }

    /// Of the messages that begin with SOH a meter says two: all others are ours.
    fn is_meters(&self) -> bool {
        matches!(self.text.as_slice(), [b'P', b'0', ..] | [b'B', b'0', ETX])
    }
}

#[cfg(test)]
mod tests {
    use super::{super::command::Command, *};

    #[test]
    fn answers_of_every_kind() {
        check(b"\x021.8.0(1)\x03\n", &data("1.8.0(1)", false));
        check(b"\x021.8.0(1)\x04\r", &data("1.8.0(1)", true));
        check(b"\x01P0\x02(1)\x03Q", &Reply::Seed);
        check(b"\x01B0\x03q", &Reply::Break);
        check(b"\x15", &Reply::Nak);
        check(b"\x06", &Reply::Ack);
        check(b"", &Reply::Silent);
    }

    #[test]
    fn a_wrong_checksum_is_damage() {
        check(b"\x021.8.0(1)\x03=", &Reply::Damaged);
        check(b"\x021.8.0(1)", &Reply::Damaged);
        check(b"\x01B0\x03p", &Reply::Damaged);
    }

    #[test]
    fn a_line_feed_that_became_a_beginning_cuts_nothing_off() {
        // What it would cut off sums up to nothing, so that the checksum would be right.
        check(b"\x02.--)\r\x02(1)\x03\x33", &Reply::Damaged);
    }

    #[test]
    fn the_echo_of_a_command_cut_anywhere_is_no_answer() {
        let echo = Command::R5.with("1.8.0()");
        let echo: Vec<u8> = echo.iter().map(|raw| raw & 0x7F).collect();
        for cut in 0..=echo.len() {
            check(&[&echo[..cut], b"\x021.8.0(1)\x03\n"].concat(), &data("1.8.0(1)", false));
            check(&[&echo[cut..], b"\x021.8.0(1)\x03\n"].concat(), &data("1.8.0(1)", false));
            check(&echo[cut..], &Reply::Silent);
        }
    }

    #[test]
    fn the_echo_of_our_own_acknowledgement_is_passed_over_once() {
        let mut answer = Answer::new(Parity::Stripped, vec![NAK]);
        assert_eq!(answer.push(NAK), Heard::Text);
        assert_eq!(answer.push(NAK), Heard::End(Reply::Nak));
    }

    #[test]
    fn data_behind_an_acknowledgement_are_data() {
        check(b"\x06\x021.8.0(1)\x03\n", &data("1.8.0(1)", false));
    }

    fn data(text: &str, more: bool) -> Reply {
        Reply::Data { text: text.into(), more }
    }

    #[track_caller]
    fn check(heard: &[u8], expected: &Reply) {
        let mut answer = Answer::new(Parity::Stripped, b"1.8.0()".to_vec());
        for &raw in heard {
            if let Heard::End(reply) = answer.push(raw) {
                assert_eq!(&reply, expected, "{heard:?}");
                return;
            }
        }
        assert_eq!(&answer.silence(), expected, "{heard:?}");
    }
}
