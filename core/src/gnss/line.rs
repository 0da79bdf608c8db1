//! NMEA 0183 lines out of a stream of bytes: finds `$`…`*hh` in any split and after any noise, and checks the
//! checksum. What the fields mean is not known here.

/// The longest line that is collected, from the dollar to the last digit of the checksum. The standard says 82;
/// real receivers reach about 100.
pub const LINE_MAX: usize = 120;

/// So many lines in a row without a checksum, and never one with it, make us believe that the receiver has none.
const UNCHECKED_UNTIL_BELIEVED: u64 = 3;

/// What was not understood, by reason.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Dropped {
    /// Bytes outside of any line, line ends not counted.
    pub noise_bytes: u64,
    /// Lines that broke off: another line began inside, or a byte that is no text.
    pub broken: u64,
    /// Lines beyond [`LINE_MAX`].
    pub too_long: u64,
    /// Lines with a checksum that is not theirs.
    pub bad_checksum: u64,
    /// Lines without a checksum, of a receiver that sends one or has not yet shown that it never does.
    pub unchecked: u64,
}

/// Collects bytes to lines.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    /// The line that is being collected, without its dollar.
    open: Option<Vec<u8>>,
    checksum_seen: bool,
    dropped: Dropped,
}

impl Lines {
    /// Takes bytes as they come and gives the lines that they complete: the text between `$` and `*`.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        bytes.iter().filter_map(|&byte| self.take(byte)).collect()
    }

    /// What was not understood so far.
    pub const fn dropped(&self) -> Dropped {
        self.dropped
    }

    fn take(&mut self, byte: u8) -> Option<String> {
        match (byte, self.open.as_mut()) {
            (b'$', open) => {
                self.dropped.broken += u64::from(open.is_some());
                self.open = Some(Vec::with_capacity(LINE_MAX));
            }
            (b'\r' | b'\n', _) => return self.open.take().and_then(|line| self.checked(line)),
            (b' '..=b'~', Some(line)) if line.len() + 1 < LINE_MAX => line.push(byte),
            (b' '..=b'~', Some(_)) => {
                self.dropped.too_long += 1;
                self.open = None;
            }
            (_, Some(_)) => {
                self.dropped.broken += 1;
                self.open = None;
            }
            (_, None) => self.dropped.noise_bytes += 1,
        }
        None
    }

    fn checked(&mut self, line: Vec<u8>) -> Option<String> {
        let text = String::from_utf8(line).ok()?;
        let Some((body, digits)) = text.trim_end().rsplit_once('*') else {
            let believed = !self.checksum_seen && self.dropped.unchecked >= UNCHECKED_UNTIL_BELIEVED;
            self.dropped.unchecked += u64::from(!believed);
            return believed.then_some(text);
        };
        if !digits.eq_ignore_ascii_case(&format!("{:02X}", checksum(body))) {
            self.dropped.bad_checksum += 1;
            return None;
        }
        self.checksum_seen = true;
        Some(body.to_owned())
    }
}

/// All bytes between `$` and `*`, combined by exclusive or.
pub fn checksum(body: &str) -> u8 {
    body.bytes().fold(0, |sum, byte| sum ^ byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], lines: &[&str], dropped: Dropped) {
        let mut whole = Lines::default();
        assert_eq!(whole.push(bytes), lines);
        assert_eq!(whole.dropped(), dropped);
    }

    #[test]
    fn a_line_is_found_after_noise() {
        let noise = |noise_bytes| Dropped { noise_bytes, ..Dropped::default() };
        check(b"$GPGSA,A,1*02\r\n", &[], Dropped { bad_checksum: 1, ..noise(0) });
        check(b"\x00\xffabc\r\n$PX*08\r\n", &["PX"], noise(5));
        check(b"$GPG$PX*08\n", &["PX"], Dropped { broken: 1, ..noise(0) });
        check(b"$GP\x80GA*00\n$PX*08\r", &["PX"], Dropped { broken: 1, ..noise(5) });
        check(b"$PX*8\n$PX*+8\n$PX*\n", &[], Dropped { bad_checksum: 3, ..noise(0) });
    }

    #[test]
    fn a_line_that_never_ends_is_given_up() {
        let mut bytes = vec![b'$'];
        bytes.extend([b'A'; 5_000]);
        bytes.extend(b"\n$PX*08\n");
        let dropped = Dropped { too_long: 1, noise_bytes: 5_000 - 120, ..Dropped::default() };
        check(&bytes, &["PX"], dropped);
    }

    #[test]
    fn missing_checksums_are_believed_only_of_a_receiver_that_has_none() {
        check(b"$A\n$B\n$C\n$D\n$E\n", &["D", "E"], Dropped { unchecked: 3, ..Dropped::default() });
        check(b"$PX*08\n$A\n$B\n$C\n$D\n", &["PX"], Dropped { unchecked: 4, ..Dropped::default() });
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_lines(bytes: Vec<u8>, cuts in prop::collection::vec(0..200_usize, 0..8)) {
            let mut bytes = bytes;
            bytes.extend(b"$PX*08\r\n$PX*09\r\n");
            let mut whole = Lines::default();
            let expected = whole.push(&bytes);
            let (mut parts, mut found, mut from) = (Lines::default(), vec![], 0);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % bytes.len()).collect();
            cuts.sort_unstable();
            cuts.push(bytes.len());
            for cut in cuts {
                found.extend(parts.push(&bytes[from..cut]));
                from = cut;
            }
            prop_assert_eq!(found, expected);
            prop_assert_eq!(parts.dropped(), whole.dropped());
        }
    }
}
