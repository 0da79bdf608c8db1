//! How well the probe hears: characters whose parity is right, by the hundred.

use super::parity::Parity;

/// So many characters make a report.
const WINDOW: u8 = 64;

/// Counts characters.
#[derive(Debug, Default)]
pub(super) struct Signal {
    heard: u8,
    right: u8,
    parity_seen: bool,
}

impl Signal {
    /// Takes one raw character; answers the share of undamaged ones when a window is full. Where the line takes
    /// the parity bit off, nobody knows.
    pub(super) fn hear(&mut self, raw: u8) -> Option<u8> {
        self.heard += 1;
        self.right += u8::from(Parity::Even.fits(raw));
        self.parity_seen |= raw & 0x80 != 0;
        if self.heard < WINDOW {
            return None;
        }
        let Self { right, parity_seen, .. } = std::mem::take(self);
        let percent = u16::from(right) * 100 / u16::from(WINDOW);
        parity_seen.then(|| u8::try_from(percent).unwrap_or(100))
    }
}

#[cfg(test)]
mod tests {
    use super::{super::parity::with_even, *};

    #[test]
    fn each_64_characters_make_a_report() {
        let good = with_even(&b"1.8.0(012345.670*kWh)\r\n".repeat(6)[..128]);
        check(&good, &[100, 100]);
        let mut bad = good.clone();
        (0..16).for_each(|at| bad[at * 4] ^= 1);
        check(&bad, &[75, 100]);
    }

    #[test]
    fn without_parity_bits_nothing_is_known() {
        check(&[b'1'; 128], &[]);
        check(&[], &[]);
    }

    #[track_caller]
    fn check(heard: &[u8], expected: &[u8]) {
        let mut signal = Signal::default();
        let reports: Vec<u8> = heard.iter().filter_map(|&raw| signal.hear(raw)).collect();
        assert_eq!(reports, expected);
    }
}
