//! A wire of bits: whoever listens at another speed than the speaker's hears what a real receiver hears.

/// One character on the wire: start bit, eight bits from the lowest, stop bit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Character {
    pub(super) start_ns: u64,
    pub(super) bit_ns: u64,
    pub(super) byte: u8,
}

impl Character {
    pub(super) const fn end_ns(&self) -> u64 {
        self.start_ns + 10 * self.bit_ns
    }

    fn is_low(&self, at_ns: u64) -> bool {
        if at_ns < self.start_ns || at_ns >= self.end_ns() {
            return false;
        }
        match (at_ns - self.start_ns) / self.bit_ns {
            0 => true,
            9 => false,
            bit => (self.byte >> (bit - 1)) & 1 == 0,
        }
    }

    /// The first moment from `from_ns` on at which the line is at this level, within the character.
    fn seek(&self, from_ns: u64, low: bool) -> Option<u64> {
        let first = from_ns.max(self.start_ns);
        let edges = (0..10).map(|bit| self.start_ns + bit * self.bit_ns).filter(|&edge| edge > first);
        std::iter::once(first).chain(edges).find(|&at| at < self.end_ns() && self.is_low(at) == low)
    }
}

pub(super) const fn bit_ns(baud: u32) -> u64 {
    1_000_000_000 / baud as u64
}

/// All that is ever said on one side.
#[derive(Debug, Default)]
pub(super) struct Wire {
    characters: Vec<Character>,
}

impl Wire {
    /// Puts bytes on the wire one after another; tells when the last bit is over.
    pub(super) fn say(&mut self, from_ns: u64, baud: u32, bytes: &[u8]) -> u64 {
        let mut start_ns = from_ns;
        for &byte in bytes {
            let character = Character { start_ns, bit_ns: bit_ns(baud), byte };
            start_ns = character.end_ns();
            self.characters.push(character);
        }
        self.characters.sort_by_key(|character| character.start_ns);
        start_ns
    }

    fn is_low(&self, at_ns: u64) -> bool {
        let near = self.characters.partition_point(|character| character.end_ns() <= at_ns);
        self.characters[near..].iter().take(2).any(|character| character.is_low(at_ns))
    }

    fn falls_after(&self, from_ns: u64) -> Option<u64> {
        let near = self.characters.partition_point(|character| character.end_ns() <= from_ns);
        self.characters[near..].iter().find_map(|character| character.seek(from_ns, true))
    }
}

/// The receiving half of a serial port.
#[derive(Debug)]
pub(super) struct Receiver {
    pub(super) baud: u32,
    /// All before this has been heard.
    from_ns: u64,
}

impl Receiver {
    pub(super) const fn new(baud: u32) -> Self {
        Self { baud, from_ns: 0 }
    }

    pub(super) const fn set(&mut self, now_ns: u64, baud: u32) {
        self.baud = baud;
        self.from_ns = now_ns;
    }

    /// The next character complete by `until_ns`, and when it was complete.
    pub(super) fn next(&mut self, wire: &Wire, until_ns: u64) -> Option<(u8, u64)> {
        let start = wire.falls_after(self.from_ns)?;
        let bit = bit_ns(self.baud);
        let stop = start + 9 * bit + bit / 2;
        if stop > until_ns {
            return None;
        }
        let high = |position: u64| !wire.is_low(start + position * bit + bit / 2);
        let byte = (0..8).fold(0_u8, |byte, index| byte | (u8::from(high(index + 1)) << index));
        self.from_ns = stop;
        // A framing error: the next character begins after the line was high again.
        while wire.is_low(self.from_ns) {
            self.from_ns += bit / 4;
        }
        Some((byte, stop))
    }
}

#[test]
fn at_the_same_speed_every_byte_comes_through() {
    let mut wire = Wire::default();
    let said: Vec<u8> = (0..=255).collect();
    let end = wire.say(1_000, 9_600, &said);
    let mut receiver = Receiver::new(9_600);
    let heard: Vec<u8> = std::iter::from_fn(|| receiver.next(&wire, end)).map(|(byte, _)| byte).collect();
    assert_eq!(heard, said);
}

#[test]
fn at_another_speed_nothing_comes_through() {
    let mut wire = Wire::default();
    let end = wire.say(0, 300, b"/ABC5");
    let mut receiver = Receiver::new(9_600);
    let heard: Vec<u8> = std::iter::from_fn(|| receiver.next(&wire, end)).map(|(byte, _)| byte).collect();
    assert!(heard.len() > 5 && !heard.contains(&b'A'), "{heard:02X?}");
}

/// How long a text takes at 300 Bd.
pub(super) const fn text_ns(text: &[u8]) -> u64 {
    text.len() as u64 * 10 * 1_000_000_000 / 300
}

/// With an even parity bit.
pub(super) fn even(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|&byte| if byte.count_ones() % 2 == 0 { byte } else { byte | 0x80 }).collect()
}
