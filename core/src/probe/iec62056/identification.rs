//! The line in which a meter says who it is: `/XXXZ[\W]ident CR LF`.

use std::time::Duration;

use super::{message::LF, parity::Parity};

/// By the book 22 characters; some makers write more.
const LENGTH_MAX: usize = 60;
/// `/` and three letters of the maker.
const LENGTH_MIN: usize = 4;

/// Who answered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Identification {
    /// All after the `/`, as sent.
    pub(super) text: String,
    /// What the line does with the parity bit.
    pub(super) parity: Parity,
}

impl Identification {
    /// The character that names the speed, where there is one.
    pub(super) fn speed(&self) -> Option<u8> {
        self.text.as_bytes().get(3).copied()
    }

    /// How long a partner must wait before it answers: makers that write their third letter small are quick.
    pub(super) fn reaction(&self) -> Duration {
        let quick = self.text.as_bytes().get(2).is_some_and(u8::is_ascii_lowercase);
        Duration::from_millis(if quick { 20 } else { 200 })
    }

    /// Whether one of the backslash sequences behind the speed says that the meter has HDLC: mode E.
    pub(super) fn speaks_hdlc(&self) -> bool {
        let behind = self.text.as_bytes().get(4..).unwrap_or_default();
        behind.chunks_exact(2).take_while(|pair| pair.first() == Some(&b'\\')).any(|pair| pair == b"\\2")
    }

    fn parse(line: &[u8]) -> Option<Self> {
        let parity = Parity::from_odd_character(*line.first()?);
        if line.len() < LENGTH_MIN || !line.iter().all(|&raw| parity.fits(raw)) {
            return None;
        }
        let text: String = line.iter().skip(1).map(|raw| char::from(raw & 0x7F)).collect();
        let text = text.trim_end();
        let maker = text.get(..3)?;
        let legal = maker.bytes().all(|letter| letter.is_ascii_alphabetic())
            && text.bytes().all(|letter| matches!(letter, b' '..=b'~') && letter != b'!');
        legal.then(|| Self { text: text.into(), parity })
    }
}

/// Looks for an identification in all that a line delivers. Echoes and junk never look like one: the echo of
/// a request has `?` where a maker's letter stands, and whatever was cut lacks its `/`.
#[derive(Debug, Default)]
pub(super) struct Hunt {
    line: Vec<u8>,
    damaged: bool,
    echo: bool,
}

impl Hunt {
    /// Takes one raw byte; answers when it completes an identification.
    pub(super) fn push(&mut self, raw: u8) -> Option<Identification> {
        match raw & 0x7F {
            b'/' => self.line = vec![raw],
            _ if self.line.is_empty() => self.damaged |= is_text(raw),
            LF => {
                let found = Identification::parse(&self.line);
                let echo = self.is_echo();
                self.echo |= echo;
                self.damaged |= found.is_none() && !echo;
                self.line.clear();
                return found;
            }
            _ if self.line.len() == LENGTH_MAX => {
                self.damaged = true;
                self.line.clear();
            }
            _ => self.line.push(raw),
        }
        None
    }

    /// A line has begun and not ended.
    pub(super) const fn is_open(&self) -> bool {
        !self.line.is_empty()
    }

    /// Something was heard that was neither an answer nor an echo.
    pub(super) const fn is_damaged(&self) -> bool {
        self.damaged || self.is_open()
    }

    /// The request itself was heard.
    pub(super) const fn has_echo(&self) -> bool {
        self.echo
    }

    fn is_echo(&self) -> bool {
        self.line.get(1).is_some_and(|raw| raw & 0x7F == b'?')
    }
}

/// Characters that sit in meters' texts but not in the remains of an echo.
const fn is_text(raw: u8) -> bool {
    matches!(raw & 0x7F, b'(' | b')' | b'*' | b'.')
}

#[cfg(test)]
mod tests {
    use super::{super::parity::with_even, *};

    #[test]
    fn the_echo_of_the_request_is_no_identification() {
        check(&with_even(b"/?!\r\n/ABC5METER\r\n"), Some("ABC5METER"));
    }

    #[test]
    fn an_echo_cut_anywhere_is_no_identification() {
        for cut in 0..5 {
            let echo = with_even(b"/?!\r\n");
            let heard = [&echo[..cut], &with_even(b"/ABC5METER\r\n")].concat();
            check(&heard, Some("ABC5METER"));
            let heard = [&echo[cut..], &with_even(b"/ABC5METER\r\n")].concat();
            check(&heard, Some("ABC5METER"));
        }
    }

    #[test]
    fn junk_before_and_blanks_after_do_no_harm() {
        check(
            &[b"\x00\x7f\xff\xff".as_slice(), &with_even(b"/KAM 685-382  \r\n")].concat(),
            Some("KAM 685-382"),
        );
    }

    #[test]
    fn a_line_without_parity_bits_is_understood() {
        check(b"/SLB4\\@DC341\r\n", Some("SLB4\\@DC341"));
    }

    #[test]
    fn a_two_behind_a_backslash_behind_the_speed_means_hdlc() {
        let speaks = |text: &str| Identification { text: text.into(), parity: Parity::Even }.speaks_hdlc();
        assert!(speaks("LGZ4\\2ZMD310") && speaks("EMH5\\@\\201LZQJ"));
        assert!(!speaks("SLB4\\@DC341") && !speaks("ABC5X\\2") && !speaks("ABC5") && !speaks("ABC\\2X"));
    }

    #[test]
    fn a_damaged_speed_is_never_believed() {
        let mut line = with_even(b"/ABC5METER\r\n");
        line[4] ^= 0x01;
        check(&line, None);
    }

    #[test]
    fn what_is_longer_than_any_identification_is_passed_over() {
        check(&[b"/ABC5".as_slice(), &[b'x'; 100], b"\r\n"].concat(), None);
    }

    #[track_caller]
    fn check(heard: &[u8], expected: Option<&str>) {
        let mut hunt = Hunt::default();
        let found = heard.iter().find_map(|&raw| hunt.push(raw));
        assert_eq!(found.map(|found| found.text).as_deref(), expected);
    }
}
