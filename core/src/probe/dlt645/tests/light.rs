//! A beam of light between one probe and all meters in it. Who speaks darkens it; where two speak at once, a
//! receiver hears neither.

/// One character: a start bit, eight bits from the lowest, even parity, a stop bit.
#[derive(Clone, Copy, Debug)]
struct Character {
    start_ns: u64,
    bit_ns: u64,
    byte: u8,
}

const BITS: u64 = 11;

impl Character {
    const fn end_ns(&self) -> u64 {
        self.start_ns + BITS * self.bit_ns
    }

    const fn is_dark(&self, at_ns: u64) -> bool {
        if at_ns < self.start_ns || at_ns >= self.end_ns() {
            return false;
        }
        match (at_ns - self.start_ns) / self.bit_ns {
            0 => true,
            9 => self.byte.count_ones().is_multiple_of(2),
            10 => false,
            bit => (self.byte >> (bit - 1)) & 1 == 0,
        }
    }
}

pub(super) const fn bit_ns(baud: u32) -> u64 {
    1_000_000_000 / baud as u64
}

/// All that is ever said towards the probe.
#[derive(Debug, Default)]
pub(super) struct Light {
    characters: Vec<Character>,
}

impl Light {
    /// Says bytes one after another; tells when the last bit is over.
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

    fn is_dark(&self, at_ns: u64) -> bool {
        let begun = self.characters.partition_point(|character| character.start_ns <= at_ns);
        self.characters[..begun].iter().rev().take(8).any(|character| character.is_dark(at_ns))
    }

    /// The first moment from here on at which it gets dark.
    fn darkens(&self, from_ns: u64) -> Option<u64> {
        let near = self.characters.partition_point(|character| character.end_ns() <= from_ns);
        let edges = self.characters[near..].iter().flat_map(|character| {
            (0..BITS).map(move |bit| (character.start_ns + bit * character.bit_ns).max(from_ns))
        });
        edges.take(200).filter(|&at| self.is_dark(at)).min()
    }
}

/// The receiving half of a port that lets characters with wrong parity pass.
#[derive(Debug)]
pub(super) struct Receiver {
    pub(super) baud: u32,
    from_ns: u64,
}

impl Receiver {
    pub(super) const fn new(baud: u32) -> Self {
        Self { baud, from_ns: 0 }
    }

    /// The next character complete by `until_ns`, and when it was.
    pub(super) fn next(&mut self, light: &Light, until_ns: u64) -> Option<(u8, u64)> {
        let start = light.darkens(self.from_ns)?;
        let bit = bit_ns(self.baud);
        let stop = start + 10 * bit + bit / 2;
        if stop > until_ns {
            return None;
        }
        let bright = |position: u64| !light.is_dark(start + position * bit + bit / 2);
        let byte = (0..8).fold(0_u8, |byte, index| byte | (u8::from(bright(index + 1)) << index));
        self.from_ns = stop;
        while light.is_dark(self.from_ns) {
            self.from_ns += bit / 4;
        }
        Some((byte, stop))
    }
}

#[test]
fn one_voice_comes_through_and_two_at_once_do_not() {
    let said: Vec<u8> = (0..=255).collect();
    let hear = |light: &Light, until: u64| -> Vec<u8> {
        let mut receiver = Receiver::new(1_200);
        std::iter::from_fn(|| receiver.next(light, until)).map(|(byte, _)| byte).collect()
    };
    let mut light = Light::default();
    let end = light.say(1_000, 1_200, &said);
    assert_eq!(hear(&light, end), said);
    light.say(5_000_000, 1_200, &said);
    assert_ne!(hear(&light, end), said);
}
