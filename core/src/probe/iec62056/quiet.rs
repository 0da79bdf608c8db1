//! Letting a line fall silent, and listening to what it says meanwhile.

use std::time::Duration;

/// Senseless bytes while waiting for silence: a lamp, not a meter.
const NOISE_MAX: u32 = 2_000;
/// Fewer characters than this prove nothing.
const TEXT_MIN: u32 = 16;
/// In text, less than one character in this many is damaged.
const TEXT_PER_NOISE: u32 = 16;

/// A wait for silence.
#[derive(Debug)]
pub(super) struct Quiet {
    pause: Duration,
    text: u32,
    noise: u32,
}

impl Quiet {
    /// Silence means: nothing for this long.
    pub(super) const fn new(pause: Duration) -> Self {
        Self { pause, text: 0, noise: 0 }
    }

    /// Takes one raw byte; answers how long to wait from now.
    pub(super) const fn hear(&mut self, raw: u8) -> Duration {
        if matches!(raw & 0x7F, b' '..=b'~' | b'\r' | b'\n') {
            self.text = self.text.saturating_add(1);
        } else {
            self.noise = self.noise.saturating_add(1);
        }
        self.pause
    }

    /// What was heard is a meter's text, so the speed is right.
    pub(super) const fn was_text(&self) -> bool {
        self.text >= TEXT_MIN && self.text / TEXT_PER_NOISE >= self.noise
    }

    /// There will be no silence.
    pub(super) const fn is_hopeless(&self) -> bool {
        self.noise > NOISE_MAX
    }
}
