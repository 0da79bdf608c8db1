//! Telegrams of our own making, as meters push them, to measure decoders with.
#![allow(unreachable_pub, reason = "two benches have it as a part of them")]

use lamplighter_core::probe::crc;

/// Some 300 bytes with seven values, one of them a key of 48 bytes.
pub fn sml_telegram() -> Vec<u8> {
    let id = b"\x0B\x0A\x01LMP\x07\x00\x2A\xF5\xC4";
    let value = |name: &[u8; 6], rest: &[u8]| [b"\x77\x07", &name[..], rest, b"\x01"].concat();
    let energy = |name, tail: &[u8]| {
        value(name, &[b"\x64\x1C\x01\x04\x01\x62\x1E\x52\xFF\x59\0\0\0\0\x0A\x47\x21", tail].concat())
    };
    let values = [
        value(b"\x81\x81\xC7\x82\x03\xFF", b"\x01\x01\x01\x01\x04LMP"),
        value(b"\x01\x00\x00\x00\x09\xFF", &[b"\x01\x01\x01\x01", &id[..]].concat()),
        energy(b"\x01\x00\x01\x08\x00\xFF", b"\x13"),
        energy(b"\x01\x00\x01\x08\x01\xFF", b"\x11"),
        energy(b"\x01\x00\x01\x08\x02\xFF", b"\x02"),
        value(b"\x01\x00\x10\x07\x00\xFF", b"\x01\x01\x62\x1B\x52\xFF\x55\0\0\x05\x5B"),
        value(b"\x81\x81\xC7\x82\x05\xFF", &[&b"\x01\x01\x01\x01\x83\x02"[..], &[0xA8; 48]].concat()),
    ]
    .concat();
    let open = [&b"\x63\x01\x01\x76\x01\x01\x05file"[..], id, b"\x01\x01"].concat();
    let list =
        [&b"\x63\x07\x01\x77\x01"[..], id, b"\x01\x72\x62\x01\x65\x0C\x0E\x50\xE2\x77", &values, b"\x01\x01"]
            .concat();
    let messages: Vec<u8> = [open, list, b"\x63\x02\x01\x71\x01".to_vec()]
        .iter()
        .flat_map(|body| {
            let message = [&b"\x76\x05unit\x62\x00\x62\x00\x72"[..], body].concat();
            let check = crc::x25(&message).to_le_bytes();
            [&message[..], b"\x63", &check, b"\x00"].concat()
        })
        .collect();
    let fill = messages.len().wrapping_neg() % 4;
    let head = b"\x1B\x1B\x1B\x1B\x01\x01\x01\x01";
    let tail = [0x1B, 0x1B, 0x1B, 0x1B, 0x1A, u8::try_from(fill).unwrap()];
    let frame = [&head[..], &messages, &[0; 3][..fill], &tail].concat();
    let check = crc::x25(&frame).to_le_bytes();
    [frame, check.into()].concat()
}

/// Some 900 bytes, as a meter with three phases and a gas meter behind it sends.
pub fn p1_telegram() -> Vec<u8> {
    let mut text = String::from("/LMP5\\2LIGHT\r\n\r\n1-3:0.2.8(50)\r\n0-0:1.0.0(261123073005W)\r\n");
    text += "0-0:96.1.1(4C494748543030303132333435)\r\n";
    for tariff in ["1.8.1", "1.8.2", "2.8.1", "2.8.2"] {
        text += &format!("1-0:{tariff}(001234.567*kWh)\r\n");
    }
    for count in ["96.14.0(0002)", "96.7.21(00004)", "96.7.9(00002)", "96.13.0()"] {
        text += &format!("0-0:{count}\r\n");
    }
    text += "1-0:99.97.0(1)(0-0:96.7.19)(261101152415W)(0000000240*s)\r\n";
    for phase in [32, 52, 72] {
        text +=
            &format!("1-0:{phase}.32.0(00002)\r\n1-0:{phase}.36.0(00000)\r\n1-0:{phase}.7.0(230.1*V)\r\n");
    }
    for phase in [21, 22, 41, 42, 61, 62] {
        text += &format!("1-0:{phase}.7.0(01.111*kW)\r\n");
    }
    text += "0-1:24.1.0(003)\r\n0-1:96.1.0(4C49474854)\r\n0-1:24.2.1(261123070000W)(00012.345*m3)\r\n!";
    let check = crc::arc(text.as_bytes());
    format!("{text}{check:04X}\r\n").into_bytes()
}
