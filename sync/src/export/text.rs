//! Records of comma-separated fields, written in exactly one way: quoted only where they must be.

use std::fmt::Write as _;

/// Adds a record and its line end.
pub fn push_record(line: &mut String, fields: &[&str]) {
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            line.push(',');
        }
        if field.contains([',', '"', '\n', '\r']) {
            line.push('"');
            line.push_str(&field.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(field);
        }
    }
    line.push('\n');
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// As many bytes as asked for, from hexadecimal digits.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |letter: u8| char::from(letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    if pairs.len() != N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = (digit(*high)? << 4) | digit(*low)?;
    }
    Some(bytes)
}

/// The first record of `bytes` and how many bytes it takes up with its line end.
pub fn next_record(bytes: &[u8]) -> Result<(Vec<String>, usize), &'static str> {
    let (mut fields, mut field, mut quoted, mut at) = (Vec::new(), Vec::new(), false, 0);
    let text = |field: Vec<u8>| String::from_utf8(field).map_err(|_| "not UTF-8");
    loop {
        let letter = *bytes.get(at).ok_or("the file ends within a record")?;
        at += 1;
        match (letter, quoted) {
            (b'"', true) if bytes.get(at) == Some(&b'"') => {
                field.push(b'"');
                at += 1;
            }
            (b'"', _) => quoted = !quoted,
            (b',', false) => fields.push(text(std::mem::take(&mut field))?),
            (b'\n', false) => {
                fields.push(text(field)?);
                return Ok((fields, at));
            }
            (other, _) => field.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_survive_their_text() {
        let fields = ["R", "", "Am Markt 3, Hof", "the \"old\" mill", "two\nlines\r", "两只狗"];
        let mut line = String::new();
        push_record(&mut line, &fields);
        let (read, length) = next_record(line.as_bytes()).unwrap();
        assert_eq!((read, length), (fields.map(String::from).to_vec(), line.len()));
    }

    #[test]
    fn torn_records_are_refused() {
        for torn in ["", "R,1", "R,\"1\n"] {
            assert!(next_record(torn.as_bytes()).is_err(), "{torn:?}");
        }
        assert!(next_record(b"R,\xff\n").is_err());
        assert_eq!(unhex::<2>("00fg"), None);
        assert_eq!(unhex::<2>("00ff0"), None);
        assert_eq!(unhex::<2>("00ff"), Some([0, 255]));
    }
}
