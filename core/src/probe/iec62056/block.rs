//! The data block as it comes in: found among junk, held to its checksum, bounded.

use super::{
    check::Formula,
    dataset,
    message::{ETX, LF, NAK, STX, bcc},
    parity::Parity,
};

/// Ten times the longest list we know.
const BYTES_MAX: usize = 64 * 1024;
/// Characters that no meter sends, before the speed must be wrong. Above the remains of an echo, and at a
/// wrong speed reached within a few of the meter's characters.
const NOISE_MAX: usize = 32;
/// An option select and a little junk.
const ECHO_MAX: usize = 8;

/// What a byte has brought.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Heard {
    /// Nothing of a block.
    Junk,
    /// More of a block, or of what may become one.
    Text,
    /// The end of the block.
    End(Ending),
    /// So much junk that this is no block.
    Noise,
    /// More than any meter sends.
    Flood,
}

/// How a block ended.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Ending {
    /// The checksum is right.
    Checked(String),
    /// Whole, as far as one can tell without a checksum.
    Unchecked(String),
    /// Whole, but for a checksum that was counted in a way of the maker's own.
    Odd(String, Formula),
    /// The checksum is right, and there is no register.
    NoData,
    /// The meter said no.
    Refused,
    /// Not to be believed.
    Damaged,
    /// Nothing has come but, perhaps, an echo.
    Empty,
    /// Much has come and no block was in it: the speed must be wrong.
    Lost,
}

/// Collects one block.
#[derive(Debug)]
pub(super) struct Block {
    parity: Parity,
    start: Start,
    /// Since the start, seven bits, ETX included.
    text: Vec<u8>,
    /// The sum of the same as they came.
    raw_sum: u8,
    received: usize,
    noise: usize,
    damaged: bool,
    refused: bool,
    /// The next NAK may be our own, come back from a head that echoes.
    echo_due: bool,
    in_brackets: bool,
    exclaimed: bool,
    awaiting_bcc: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Start {
    /// Neither STX nor a data line has come; the text is the line so far.
    Hunting,
    /// An STX.
    Stx,
    /// A data line with no STX before it.
    Bare,
}

impl Block {
    pub(super) const fn new(parity: Parity) -> Self {
        Self {
            parity,
            start: Start::Hunting,
            text: Vec::new(),
            raw_sum: 0,
            received: 0,
            noise: 0,
            damaged: false,
            refused: false,
            echo_due: false,
            in_brackets: false,
            exclaimed: false,
            awaiting_bcc: false,
        }
    }

    /// After we asked for a repeat.
    pub(super) fn after_our_nak(parity: Parity) -> Self {
        Self { echo_due: true, ..Self::new(parity) }
    }

    /// Takes one raw byte.
    pub(super) fn push(&mut self, raw: u8) -> Heard {
        self.received += 1;
        if self.received > BYTES_MAX {
            return Heard::Flood;
        }
        let (fits, byte) = (self.parity.fits(raw), raw & 0x7F);
        if self.awaiting_bcc {
            return Heard::End(self.judge(raw));
        }
        let clean = fits && is_known(byte);
        self.noise += usize::from(!clean);
        if self.noise > NOISE_MAX {
            return Heard::Noise;
        }
        match self.start {
            Start::Hunting => self.hunt(byte, clean),
            Start::Stx | Start::Bare => {
                self.raw_sum = self.raw_sum.wrapping_add(raw);
                self.collect(byte, fits);
            }
        }
        if clean { Heard::Text } else { Heard::Junk }
    }

    /// Bytes of the block so far.
    pub(super) const fn len(&self) -> usize {
        self.text.len()
    }

    /// The block has said all but a checksum, so a short silence ends it.
    pub(super) const fn may_be_over(&self) -> bool {
        self.exclaimed || self.awaiting_bcc
    }

    /// What to make of the block when nothing more comes.
    pub(super) fn silence(&self) -> Ending {
        match self.start {
            Start::Hunting if self.refused => Ending::Refused,
            Start::Hunting if self.received <= ECHO_MAX => Ending::Empty,
            Start::Hunting => Ending::Lost,
            Start::Stx | Start::Bare if self.may_be_over() && self.is_legible() => {
                Ending::Unchecked(self.to_text())
            }
            Start::Stx | Start::Bare => Ending::Damaged,
        }
    }

    fn hunt(&mut self, byte: u8, clean: bool) {
        match byte {
            STX if clean => self.begin(Start::Stx),
            NAK if clean && self.echo_due => self.echo_due = false,
            NAK if clean => self.refused = true,
            LF => {
                let line = std::mem::take(&mut self.text);
                if !self.damaged && dataset::is_line(&line) {
                    self.begin(Start::Bare);
                    line.iter().chain(&[LF]).for_each(|&byte| self.collect(byte, true));
                }
                self.damaged = false;
            }
            _ => {
                self.damaged |= !clean;
                self.text.push(byte);
            }
        }
    }

    fn begin(&mut self, start: Start) {
        self.start = start;
        self.text.clear();
        self.raw_sum = 0;
        self.damaged = false;
    }

    fn collect(&mut self, byte: u8, fits: bool) {
        // An STX among the remains of an echo is followed by the true one before any data.
        if byte == STX && self.start == Start::Stx && !self.text.contains(&b'(') {
            return self.begin(Start::Stx);
        }
        // Behind data it is another block, and this one is cut off.
        self.damaged |= !fits || byte == STX;
        self.text.push(byte);
        match byte {
            b'(' => self.in_brackets = true,
            b')' | LF => self.in_brackets = false,
            b'!' if !self.in_brackets => self.exclaimed = true,
            ETX => self.awaiting_bcc = true,
            _ => {}
        }
    }

    fn judge(&self, raw: u8) -> Ending {
        let whole = self.parity.fits(raw) && !self.damaged && bcc(&self.text) == raw & 0x7F;
        let legible = self.is_legible();
        match self.start {
            Start::Stx if whole && legible => Ending::Checked(self.to_text()),
            Start::Stx if whole => Ending::NoData,
            Start::Stx if legible => match Formula::explaining(raw, self.parity, &self.text, self.raw_sum) {
                Some(formula) => Ending::Odd(self.to_text(), formula),
                None => Ending::Damaged,
            },
            // The end of a block may fit its checksum by chance: nobody saw where it began.
            Start::Bare if whole && legible => Ending::Unchecked(self.to_text()),
            Start::Hunting | Start::Stx | Start::Bare => Ending::Damaged,
        }
    }

    fn is_legible(&self) -> bool {
        !self.damaged && !dataset::parse(&self.to_text()).is_empty()
    }

    fn to_text(&self) -> String {
        self.text.iter().map(|&byte| char::from(byte)).collect()
    }
}

/// Characters that meters send.
const fn is_known(byte: u8) -> bool {
    matches!(byte, STX | ETX | NAK | b'\t' | b'\r' | b'\n' | b' '..=b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = "1.8.0(1)\r\n!\r\n";

    #[test]
    fn a_right_checksum_ends_the_block_at_once() {
        check(b"\x021.8.0(1)\r\n!\r\n\x03+", &checked());
    }

    #[test]
    fn a_wrong_checksum_is_damage() {
        check(b"\x021.8.0(1)\r\n!\r\n\x03*", &Ending::Damaged);
    }

    #[test]
    fn a_checksum_of_the_makers_own_is_named() {
        check(b"\x021.8.0(1)\r\n!\r\n\x03)", &Ending::Odd(format!("{LINES}\x03"), Formula::WithStart));
        check(
            b"\x02\x7e\x021.8.0(1)\r\n!\r\n\x03(",
            &Ending::Odd(format!("{LINES}\x03"), Formula::WithoutEnd),
        );
        // Nobody saw where it began.
        check(b"1.8.0(1)\r\n!\r\n\x03)", &Ending::Damaged);
    }

    #[test]
    fn junk_echo_and_a_false_start_before_the_block_are_passed_over() {
        check(b"\x00\x7f\x06050\r\n\x02\x7e\x021.8.0(1)\r\n!\r\n\x03+", &checked());
    }

    #[test]
    fn a_block_without_checksum_is_unchecked() {
        check(b"\x021.8.0(1)\r\n!\r\n", &unchecked(LINES));
        check(b"\x021.8.0(1)\r\n!\r\n\x03", &unchecked("1.8.0(1)\r\n!\r\n\x03"));
    }

    #[test]
    fn data_lines_without_stx_are_unchecked() {
        check(b"1.8.0(1)\r\n!\r\n", &unchecked(LINES));
    }

    #[test]
    fn the_tail_of_a_block_is_unchecked_though_its_checksum_fits() {
        check(b"1.8.0(1)\r\n!\r\n\x03+", &unchecked("1.8.0(1)\r\n!\r\n\x03"));
    }

    #[test]
    fn a_block_cut_short_is_damage() {
        check(b"\x021.8.0(1)\r\n", &Ending::Damaged);
    }

    #[test]
    fn a_block_cut_short_and_the_next_are_not_one_whose_checksum_fits() {
        check(b"\x022.8.0(\x021.8.0(1)\r\n!\r\n\x03\x3b", &Ending::Damaged);
    }

    #[test]
    fn a_block_without_data_is_whole_all_the_same() {
        check(b"\x02\x03\x03", &Ending::NoData);
        check(b"\x02\x03\x13", &Ending::Damaged);
    }

    #[test]
    fn an_exclamation_mark_inside_a_value_ends_nothing() {
        check(b"\x02F.F(a!b)\r\n", &Ending::Damaged);
    }

    #[test]
    fn a_lone_nak_is_a_refusal_and_nothing_is_nothing() {
        check(b"\x15", &Ending::Refused);
        check(b"", &Ending::Empty);
    }

    #[test]
    fn an_echo_alone_is_nothing_and_much_junk_is_lost() {
        check(b"\x06050\r\n", &Ending::Empty);
        check(&[0; 20], &Ending::Lost);
    }

    fn checked() -> Ending {
        Ending::Checked(format!("{LINES}\x03"))
    }

    fn unchecked(text: &str) -> Ending {
        Ending::Unchecked(text.into())
    }

    #[track_caller]
    fn check(heard: &[u8], expected: &Ending) {
        let mut block = Block::new(Parity::Stripped);
        for &raw in heard {
            if let Heard::End(ending) = block.push(raw) {
                assert_eq!(&ending, expected);
                return;
            }
        }
        assert_eq!(&block.silence(), expected);
    }
}
