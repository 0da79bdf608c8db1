//! Telegrams of SML meters that do not exist.

use crate::probe::{crc, sml::frame};

/// How a meter counts checksums: of its messages, and of its frames, as bytes on the line.
#[derive(Clone, Copy)]
pub(super) struct Checksums {
    pub(super) message: fn(&[u8]) -> [u8; 2],
    pub(super) frame: fn(&[u8]) -> [u8; 2],
}

pub(super) const BOOK: Checksums = Checksums { message: x25, frame: x25 };

pub(super) fn x25(bytes: &[u8]) -> [u8; 2] {
    crc::x25(bytes).to_le_bytes()
}

pub(super) fn kermit(bytes: &[u8]) -> [u8; 2] {
    crc::kermit(bytes).to_be_bytes()
}

pub(super) const ABSENT: &[u8] = &[0x01];
pub(super) const SERVER: &[u8] = b"\x0A\x01LMP\x07\x00\x2A\xF5\xC4";

/// The telegram of a meter that does as the book says.
pub(super) fn telegram(entries: &[Vec<u8>]) -> Vec<u8> {
    telegram_of(SERVER, ABSENT, entries, BOOK)
}

/// Open, list and close, framed.
pub(super) fn telegram_of(server: &[u8], time: &[u8], entries: &[Vec<u8>], checksums: Checksums) -> Vec<u8> {
    let id = octets(server);
    let open = [&[0x76, 0x01, 0x01][..], &octets(b"file"), &id, ABSENT, ABSENT].concat();
    let values = [list(entries.len()), entries.concat()].concat();
    let got = [&[0x77, 0x01][..], &id, ABSENT, time, &values, ABSENT, ABSENT].concat();
    let messages = [(0x0101, open), (0x0701, got), (0x0201, vec![0x71, 0x01])];
    let payload: Vec<u8> =
        messages.iter().flat_map(|(tag, body)| message(*tag, body, checksums.message)).collect();
    frame(&payload, checksums.frame)
}

fn message(tag: u16, body: &[u8], checksum: fn(&[u8]) -> [u8; 2]) -> Vec<u8> {
    let head = [&[0x76][..], &octets(b"trans"), &unsigned(1, 0), &unsigned(1, 0)].concat();
    let mut message = [&head[..], &list(2), &unsigned(2, tag.into()), body].concat();
    let check = checksum(&message);
    message.push(0x63);
    message.extend(check);
    message.push(0);
    message
}

/// A value with a name, a unit's code and a scaler.
pub(super) fn entry(name: [u8; 6], unit: u8, scaler: i8, value: &[u8]) -> Vec<u8> {
    entry_at(name, ABSENT, &[unsigned(1, unit.into()), signed(1, scaler.into())].concat(), value)
}

/// A value that is no quantity.
pub(super) fn named(name: [u8; 6], value: &[u8]) -> Vec<u8> {
    entry_at(name, ABSENT, &[0x01, 0x01], value)
}

/// A value with its time; `scale` is the unit and the scaler.
pub(super) fn entry_at(name: [u8; 6], time: &[u8], scale: &[u8], value: &[u8]) -> Vec<u8> {
    [&[0x77][..], &octets(&name), &unsigned(3, 0x1C0104), time, scale, value, ABSENT].concat()
}

pub(super) fn octets(bytes: &[u8]) -> Vec<u8> {
    let short = bytes.len() + 1;
    let long = bytes.len() + 2;
    let nibble = |length: usize, at: u32| u8::try_from((length >> (4 * at)) & 0xF).unwrap();
    let head =
        if short < 16 { vec![nibble(short, 0)] } else { vec![0x80 | nibble(long, 1), nibble(long, 0)] };
    [head, bytes.into()].concat()
}

pub(super) fn unsigned(width: usize, number: u64) -> Vec<u8> {
    tagged(0x60, width, number.to_be_bytes())
}

pub(super) fn signed(width: usize, number: i64) -> Vec<u8> {
    tagged(0x50, width, number.to_be_bytes())
}

fn tagged(kind: u8, width: usize, bytes: [u8; 8]) -> Vec<u8> {
    [&[kind | u8::try_from(width + 1).unwrap()][..], &bytes[8 - width..]].concat()
}

pub(super) fn list(count: usize) -> Vec<u8> {
    let low = u8::try_from(count & 0xF).unwrap();
    if count < 16 { vec![0x70 | low] } else { vec![0xF0 | u8::try_from(count >> 4).unwrap(), low] }
}
