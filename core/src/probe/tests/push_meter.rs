//! Text telegrams of meters that do not exist.

use crate::probe::crc;

/// A P1 telegram with its checksum.
pub(super) fn p1(head: &str, lines: &str) -> Vec<u8> {
    let covered = format!("/{head}\r\n\r\n{lines}!");
    let check = crc::arc(covered.as_bytes());
    format!("{covered}{check:04X}\r\n").into_bytes()
}

/// A telegram of mode D, without a checksum.
pub(super) fn mode_d(head: &str, lines: &str) -> Vec<u8> {
    format!("/{head}\r\n\r\n{lines}!\r\n").into_bytes()
}

/// A telegram with a block between STX and ETX and its check character.
pub(super) fn with_block(head: &str, lines: &str) -> Vec<u8> {
    let block = format!("{lines}!\r\n\x03");
    let check = block.bytes().fold(0, |sum, byte| sum ^ byte);
    [format!("/{head}\r\n\x02{block}").as_bytes(), &[check]].concat()
}

/// As seven bits with even parity look on a line of eight.
pub(super) fn even(characters: &[u8]) -> Vec<u8> {
    let even = |byte: &u8| if byte.count_ones().is_multiple_of(2) { *byte } else { byte | 0x80 };
    characters.iter().map(even).collect()
}
