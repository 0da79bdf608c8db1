//! Telling the echo of our own bytes from whatever else is heard.

use super::frame::FLAG;

/// As many bytes of ours in a row, from the first on, are an echo: format, both addresses and control, which no
/// answer has alike.
const ECHO_MIN: usize = 7;
/// A flicker of the lamp is no answer.
const NOISE_MIN: usize = 3;

/// What was sent last, and how what is heard since compares with it.
#[derive(Debug, Default)]
pub(super) struct Echo {
    sent: Vec<u8>,
    heard: usize,
    /// Bytes from the first on that are ours.
    same: usize,
    strange: usize,
}

impl Echo {
    /// This went out.
    pub(super) fn sent(bytes: &[u8]) -> Self {
        Self { sent: bytes.to_vec(), ..Self::default() }
    }

    /// Takes one byte; an early one came before any meter could have answered.
    pub(super) fn hear(&mut self, byte: u8, early: bool) {
        let ours = self.sent.get(self.heard) == Some(&byte);
        if ours && self.same == self.heard {
            self.same += 1;
        }
        self.heard += 1;
        self.strange += usize::from(!ours && !early);
    }

    /// What was heard so far has been understood.
    pub(super) const fn explain(&mut self) {
        self.strange = 0;
    }

    /// Whether this, between two flags, is all that was sent.
    pub(super) fn is(&self, content: &[u8]) -> bool {
        self.sent.get(1..).and_then(|sent| sent.strip_suffix(&[FLAG])) == Some(content)
    }

    /// The head hears itself.
    pub(super) const fn is_heard(&self) -> bool {
        self.same >= ECHO_MIN
    }

    /// Something came that is no echo.
    pub(super) const fn is_answered(&self) -> bool {
        self.strange >= NOISE_MIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_is_no_answer_whole_cut_or_garbled() {
        let sent: Vec<u8> = (0..20).collect();
        check(&sent, &sent, false, (true, false));
        check(&sent, &sent[..9], false, (true, false));
        check(&sent, &[0x55; 20], true, (false, false));
        check(&sent, &[0, 1, 2, 9, 9, 9, 9], false, (false, true));
        check(&sent, &[&sent[..], &[1, 2, 3]].concat(), false, (true, true));
        check(&sent, &[], false, (false, false));
    }

    #[track_caller]
    fn check(sent: &[u8], heard: &[u8], early: bool, expected: (bool, bool)) {
        let mut echo = Echo::sent(sent);
        heard.iter().for_each(|&byte| echo.hear(byte, early));
        assert_eq!((echo.is_heard(), echo.is_answered()), expected);
    }
}
