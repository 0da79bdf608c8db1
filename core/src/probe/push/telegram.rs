//! One text telegram as it comes in: found among whatever else a line delivers, bounded, held to its checksum.
//!
//! It begins with an identification. Behind it stand data lines up to an exclamation mark and, in DSMR 4 and 5,
//! a checksum in hexadecimal digits; or a block between STX and ETX with a check character; or no check at all.

use crate::probe::{
    crc,
    iec62056::{ETX, LF, Parity, STX, bcc},
};

/// Three times the longest list we know.
const BYTES_MAX: usize = 16 * 1024;
/// By the book 22 characters; some makers write more.
const HEAD_MAX: usize = 60;
/// `/` and three letters of the maker.
const HEAD_MIN: usize = 4;
/// A checksum, its blanks and its line end.
const TAIL_MAX: usize = 12;

/// A whole telegram, to be believed as far as its check goes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Telegram {
    /// What stands behind the `/`; empty for a block without an identification.
    pub(super) head: String,
    /// The data lines.
    pub(super) body: String,
    /// The data stood in a block between STX and ETX.
    pub(super) in_block: bool,
    /// There was a checksum, and it was right.
    pub(super) checked: bool,
    /// Where it began, counted in bytes heard, from 0.
    pub(super) began: usize,
}

/// What a byte has brought.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Heard {
    /// Not the end of anything.
    Nothing,
    /// A telegram without a wrong checksum.
    Whole(Telegram),
    /// A telegram that cannot be believed, or was cut off.
    Damaged,
}

/// Collects telegrams.
#[derive(Debug)]
pub(super) struct Collector {
    /// Blocks without an identification count too.
    bare: bool,
    place: Place,
    parity: Parity,
    /// Since the start, seven bits.
    text: Vec<u8>,
    /// Where the data lines begin in it.
    body: usize,
    in_block: bool,
    /// Where they end: behind the exclamation mark.
    end: usize,
    in_brackets: bool,
    damaged: bool,
    heard: usize,
    began: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    Nowhere,
    /// In the identification.
    Head,
    /// In the data.
    Body,
    /// Behind the exclamation mark.
    Tail,
    /// The next character is the check character.
    Check,
}

impl Collector {
    pub(super) const fn new(bare: bool) -> Self {
        Self {
            bare,
            place: Place::Nowhere,
            parity: Parity::Stripped,
            text: Vec::new(),
            body: 0,
            in_block: false,
            end: 0,
            in_brackets: false,
            damaged: false,
            heard: 0,
            began: 0,
        }
    }

    /// Takes one raw byte.
    pub(super) fn push(&mut self, raw: u8) -> Heard {
        self.heard += 1;
        let byte = raw & 0x7F;
        if self.place == Place::Check {
            return self.check(raw);
        }
        // A slash begins an identification wherever it stands, but for inside a value.
        if byte == b'/' && !self.in_brackets {
            let before = self.silence();
            self.begin(raw, Place::Head);
            return before;
        }
        if self.place == Place::Nowhere {
            if byte == STX && self.bare {
                self.begin(raw, Place::Body);
                self.begin_block();
            }
            return Heard::Nothing;
        }
        if self.text.len() == BYTES_MAX {
            return self.give_up();
        }
        self.damaged |= !self.parity.fits(raw);
        self.text.push(byte);
        match self.place {
            Place::Head => self.head(byte),
            Place::Body => self.data(byte),
            Place::Tail => self.tail(byte),
            Place::Nowhere | Place::Check => Heard::Nothing,
        }
    }

    /// Bytes of a telegram that has been identified.
    pub(super) const fn begun(&self) -> usize {
        match self.place {
            Place::Nowhere | Place::Head => 0,
            Place::Body | Place::Tail | Place::Check => self.text.len(),
        }
    }

    /// All has been said but, perhaps, a checksum.
    pub(super) const fn may_be_over(&self) -> bool {
        matches!(self.place, Place::Tail | Place::Check)
    }

    /// What to make of the telegram when nothing more of it comes.
    pub(super) fn silence(&mut self) -> Heard {
        match self.place {
            Place::Nowhere | Place::Head => self.forget(),
            Place::Body if self.text.get(self.body..).is_none_or(|body| !body.contains(&b'(')) => {
                self.forget()
            }
            Place::Body => self.give_up(),
            Place::Tail if !self.in_block => self.judge(),
            // The check character does not come.
            Place::Tail | Place::Check => self.whole(false),
        }
    }

    fn begin(&mut self, raw: u8, place: Place) {
        self.parity = Parity::from_odd_character(raw);
        (self.place, self.began) = (place, self.heard - 1);
        (self.body, self.end) = (0, 0);
        (self.in_block, self.in_brackets, self.damaged) = (false, false, false);
        self.text.clear();
        self.text.push(raw & 0x7F);
    }

    fn begin_block(&mut self) {
        (self.body, self.in_block) = (self.text.len(), true);
        // What came before is covered by no check and belongs to no telegram, such as an echo.
        self.damaged = false;
    }

    fn head(&mut self, byte: u8) -> Heard {
        if byte == LF {
            if self.text.len() <= HEAD_MIN || !is_head(&self.text) {
                return self.forget();
            }
            if self.damaged {
                return self.give_up();
            }
            (self.place, self.body) = (Place::Body, self.text.len());
        } else if self.text.len() > HEAD_MAX {
            return self.forget();
        }
        Heard::Nothing
    }

    fn data(&mut self, byte: u8) -> Heard {
        match byte {
            STX if self.text.get(self.body..).is_some_and(|body| !body.contains(&b'(')) => self.begin_block(),
            // Another telegram has begun within a value of this one, whose end is cut off. The check of both together
            // may be right by chance.
            STX => return self.give_up(),
            b'(' => self.in_brackets = true,
            b')' | LF => self.in_brackets = false,
            b'!' if !self.in_brackets => (self.place, self.end) = (Place::Tail, self.text.len()),
            ETX if self.in_block => self.at_etx(),
            _ => {}
        }
        Heard::Nothing
    }

    fn tail(&mut self, byte: u8) -> Heard {
        match byte {
            ETX if self.in_block => self.at_etx(),
            LF if !self.in_block => return self.judge(),
            _ if self.text.len() - self.end > TAIL_MAX => return self.give_up(),
            _ => {}
        }
        Heard::Nothing
    }

    const fn at_etx(&mut self) {
        (self.place, self.end, self.in_brackets) = (Place::Check, self.text.len(), false);
    }

    fn check(&mut self, raw: u8) -> Heard {
        let covered = self.text.get(self.body..self.end).unwrap_or_default();
        let right = self.parity.fits(raw) && bcc(covered) == raw & 0x7F;
        if right { self.whole(true) } else { self.give_up() }
    }

    /// The data are over, and so is what stands behind them. Some meters leave out the zeros in front of the
    /// checksum.
    fn judge(&mut self) -> Heard {
        let (covered, tail) = self.text.split_at(self.end.min(self.text.len()));
        let tail = std::str::from_utf8(tail).map_or("?", |tail| tail.trim_matches(['\r', '\n', ' ', '\0']));
        let digits = tail.len() <= 4 && tail.bytes().all(|letter| letter.is_ascii_hexdigit());
        match u16::from_str_radix(tail, 16) {
            _ if tail.is_empty() => self.whole(false),
            Ok(check) if digits && crc::arc(covered) == check => self.whole(true),
            _ => self.give_up(),
        }
    }

    fn whole(&mut self, checked: bool) -> Heard {
        if self.damaged {
            return self.give_up();
        }
        let text = |from: usize, to: usize| -> String {
            self.text.get(from..to).unwrap_or_default().iter().map(|&byte| char::from(byte)).collect()
        };
        let head = if self.text.first() == Some(&b'/') { text(1, self.body) } else { String::new() };
        let head = head.split(['\r', '\n']).next().unwrap_or_default();
        let telegram = Telegram {
            head: head.chars().filter(|letter| !letter.is_control()).collect::<String>().trim().into(),
            body: text(self.body, self.end),
            in_block: self.in_block,
            checked,
            began: self.began,
        };
        self.forget();
        Heard::Whole(telegram)
    }

    fn forget(&mut self) -> Heard {
        self.place = Place::Nowhere;
        self.in_brackets = false;
        self.text.clear();
        Heard::Nothing
    }

    fn give_up(&mut self) -> Heard {
        self.forget();
        Heard::Damaged
    }
}

/// `/`, three letters, and what can be printed; in some meters also the control character that is written `\2`.
fn is_head(line: &[u8]) -> bool {
    line.iter().skip(1).take(3).all(u8::is_ascii_alphabetic)
        && line.iter().all(|&byte| matches!(byte, b' '..=b'~' | STX | b'\r' | LF) && byte != b'!')
}
