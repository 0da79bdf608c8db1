//! What a reader says in programming mode: it reads, it may show a password, it breaks off. There is no command
//! here that writes or executes. IEC 62056-21, 6.3.10.

use super::{
    message::{ACK, ETX, SOH, STX, bcc},
    parity,
};

/// The commands of a reader.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Command {
    /// The password in clear.
    P1,
    /// A register by its name, in any form.
    R1,
    /// As the national form has it: what VDEW meters answer.
    R5,
    /// As `R5`, in partial blocks.
    R6,
}

impl Command {
    /// The command with this behind it, raw.
    pub(super) fn with(self, text: &str) -> Vec<u8> {
        let name = match self {
            Self::P1 => b"P1",
            Self::R1 => b"R1",
            Self::R5 => b"R5",
            Self::R6 => b"R6",
        };
        message(&[name, [STX].as_slice(), text.as_bytes()].concat())
    }
}

/// "That is all", raw. No meter answers it.
pub(super) fn break_off() -> Vec<u8> {
    message(b"B0")
}

/// "Go on", raw.
pub(super) fn next() -> Vec<u8> {
    parity::with_even(&[ACK])
}

fn message(content: &[u8]) -> Vec<u8> {
    let mut said = [[SOH].as_slice(), content, [ETX].as_slice()].concat();
    let check = bcc(said.get(1..).unwrap_or_default());
    said.push(check);
    parity::with_even(&said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_have_a_check_character_behind_them() {
        check(&break_off(), b"\x01B0\x03q");
        check(&Command::P1.with("(00000000)"), b"\x01P1\x02(00000000)\x03a");
        check(&Command::R5.with("1.8.0()"), b"\x01R5\x021.8.0()\x03\x5e");
        check(&Command::R1.with("1.8.0()"), b"\x01R1\x021.8.0()\x03\x5a");
        check(&next(), b"\x06");
    }

    #[track_caller]
    fn check(said: &[u8], expected: &[u8]) {
        let said: Vec<u8> = said.iter().map(|raw| raw & 0x7F).collect();
        assert_eq!(said, expected, "{said:02x?}");
    }
}
