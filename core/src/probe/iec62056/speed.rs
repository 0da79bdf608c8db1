//! Which speed and mode the character in an identification means. IEC 62056-21, 6.3.14.

/// The speed at which every conversation begins.
pub(super) const SIGN_ON_BAUD: u32 = 300;

/// Lower speeds tried before the last resort, which is 300.
pub(super) const STEPS_MAX: u8 = 3;

/// How boldly to go on after a meter has said who it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::probe) enum Approach {
    /// As the meter offers, less this many steps of speed.
    Offered(u8),
    /// Everything at 300.
    Slow,
}

impl Approach {
    /// What to try after this one failed.
    pub(super) const fn gentler(self) -> Self {
        match self {
            Self::Offered(steps) if steps + 1 < STEPS_MAX => Self::Offered(steps + 1),
            Self::Offered(_) | Self::Slow => Self::Slow,
        }
    }
}

/// How the data will come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::probe) struct Plan {
    /// The mode's letter.
    pub(in crate::probe) mode: char,
    /// What to acknowledge, where the meter waits for that.
    pub(super) select: Option<u8>,
    /// The speed of the data.
    pub(in crate::probe) baud: u32,
}

/// Chooses by what the meter offers and what has failed before.
pub(in crate::probe) fn plan(offered: Option<u8>, approach: Approach) -> Plan {
    match (offered, approach) {
        (Some(digit @ b'0'..=b'6'), Approach::Offered(steps)) => {
            let digit = digit.saturating_sub(steps).max(b'0');
            Plan { mode: 'C', select: Some(digit), baud: SIGN_ON_BAUD << (digit - b'0') }
        }
        // Where a letter failed as a speed it is tried as part of a type, and the other way round.
        (Some(letter @ b'A'..=b'F'), Approach::Offered(0 | 2)) => {
            Plan { mode: 'B', select: None, baud: SIGN_ON_BAUD << (letter - b'A' + 1) }
        }
        // A letter in front of data at 300 belongs to the type of a mode A meter.
        (Some(b'A'..=b'F'), _) | (_, Approach::Offered(0)) => {
            Plan { mode: 'A', select: None, baud: SIGN_ON_BAUD }
        }
        // Also for what looked like mode A but waited for more than the request.
        (_, Approach::Offered(_) | Approach::Slow) => {
            Plan { mode: 'C', select: Some(b'0'), baud: SIGN_ON_BAUD }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_acknowledged_and_letters_are_not() {
        check(Some(b'5'), Approach::Offered(0), ('C', Some(b'5'), 9_600));
        check(Some(b'6'), Approach::Offered(0), ('C', Some(b'6'), 19_200));
        check(Some(b'A'), Approach::Offered(0), ('B', None, 600));
        check(Some(b'F'), Approach::Offered(0), ('B', None, 19_200));
    }

    #[test]
    fn a_blank_or_missing_speed_means_mode_a() {
        check(Some(b' '), Approach::Offered(0), ('A', None, 300));
        check(None, Approach::Offered(0), ('A', None, 300));
    }

    #[test]
    fn what_failed_is_tried_more_slowly() {
        check(Some(b'5'), Approach::Offered(1), ('C', Some(b'4'), 4_800));
        check(Some(b'1'), Approach::Offered(2), ('C', Some(b'0'), 300));
        check(Some(b'5'), Approach::Slow, ('C', Some(b'0'), 300));
        check(Some(b'C'), Approach::Offered(1), ('A', None, 300));
        check(Some(b'C'), Approach::Offered(2), ('B', None, 2_400));
        check(Some(b' '), Approach::Offered(1), ('C', Some(b'0'), 300));
        assert_eq!(Approach::Offered(2).gentler(), Approach::Slow);
    }

    #[track_caller]
    fn check(offered: Option<u8>, approach: Approach, (mode, select, baud): (char, Option<u8>, u32)) {
        assert_eq!(plan(offered, approach), Plan { mode, select, baud });
    }
}
