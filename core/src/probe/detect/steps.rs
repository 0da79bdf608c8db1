//! In which order protocols are tried, how long each is waited for, and which of them are too slow to try unasked.

use std::time::Duration;

use super::aim::{Aim, Head};
use crate::probe::{
    port::Patience,
    way::{Family, Quirk, Way},
};

/// One thing to try.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Step {
    pub(super) kind: Kind,
    /// The speed it begins at.
    pub(super) baud: u32,
    pub(super) patience: Patience,
    /// Silence to leave before it, so that a meter forgets what it half heard.
    pub(super) pause: Duration,
}

/// What to try.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// The way that is known.
    Known(Way),
    Dlms,
    Iec62056,
    /// With a run of NULs before, for meters that sleep.
    Iec62056Woken,
    /// With the address that was given, or asking for it.
    Dlt645,
    /// By the number on the meter: most have their address there.
    Dlt645Numbered,
    /// The edition of 1997, which has no question for the address.
    Dlt645Old,
    C1218,
    /// Only listening, at eight bits.
    Listen,
}

impl Kind {
    /// Of a step that listens: one of the two that it listens for.
    pub(super) const fn family(&self) -> Family {
        match self {
            Self::Known(way) => way.family,
            Self::Dlms => Family::Dlms,
            Self::Iec62056 | Self::Iec62056Woken => Family::Iec62056,
            Self::Dlt645 | Self::Dlt645Numbered | Self::Dlt645Old => Family::Dlt645,
            Self::C1218 => Family::C1218,
            Self::Listen => Family::Sml,
        }
    }
}

/// By the book 500 ms from the last bit of a question to the first of the answer; one character and a USB bridge more.
const DLT_WAIT: u64 = 530;
/// A known meter may have been asleep, or the probe not yet seated.
const KNOWN_ATTEMPTS: u8 = 2;

/// DSMR 4 pushes every 10 s; most meters every 1 to 4 s.
const PUSH_WAIT: Duration = Duration::from_secs(12);

/// As [`PUSH_WAIT`], in ms, for the beginning of a telegram alone.
const RARE_PUSH_MS: u64 = 10_500;
/// At this speed a meter of mode D sends text.
pub(super) const MODE_D_BAUD: u32 = 2_400;
pub(super) const P1_BAUD: u32 = 115_200;

/// A telegram at 2,400 Bd that is heard from its middle, and two whole ones after it.
const TELEGRAM_MAX: Duration = Duration::from_secs(25);
/// Sign-ons, pauses and what noise adds to them, beside the waits themselves.
const UNANSWERED_MAX: Duration = Duration::from_secs(6);

/// All steps, in order.
pub(super) fn steps(aim: &Aim) -> Vec<Step> {
    let known = aim.known.iter().map(|way| Step {
        kind: Kind::Known(way.clone()),
        baud: way.baud,
        patience: Patience { attempts: KNOWN_ATTEMPTS, wait: known_wait(way) },
        pause: Duration::ZERO,
    });
    let mut cold = if aim.slow { slow(aim.head) } else { quick(aim) };
    if let Some(family) = aim.family {
        let mut only = quick(aim);
        only.extend(slow(aim.head));
        only.extend(listening_elsewhere(aim.slow));
        cold = only.into_iter().filter(|step| step.serves(family)).collect();
        if aim.slow {
            cold.iter_mut().for_each(|step| step.patience.attempts += 1);
        }
    } else if let Some(family) = aim.lately {
        cold.sort_by_key(|step| step.kind.family() != family);
    }
    known.chain(cold).collect()
}

/// Whether there is anything slow that was not tried.
pub(super) const fn has_slow(aim: &Aim) -> bool {
    !aim.slow && aim.family.is_none()
}

/// For a push whose speed is the usual one. Who pushes at another speed is heard here as noise.
pub(super) const fn listening(slow: bool) -> Step {
    step(Kind::Listen, 9_600, 1, if slow { RARE_PUSH_MS } else { 5_000 }, 0)
}

/// For a push at another speed: P1 each second by its latest edition, and mode D, which is said twice.
pub(super) const fn listening_elsewhere(slow: bool) -> [Step; 2] {
    let (p1, mode_d) = if slow { (RARE_PUSH_MS, RARE_PUSH_MS) } else { (2_500, 5_000) };
    [step(Kind::Listen, P1_BAUD, 1, p1, 0), step(Kind::Listen, MODE_D_BAUD, 1, mode_d, 0)]
}

impl Step {
    /// Longer than anything that has not been answered by then.
    pub(super) fn longest(&self) -> Duration {
        let waits = self.patience.wait * u32::from(self.patience.attempts);
        waits + if self.kind == Kind::Listen { TELEGRAM_MAX } else { UNANSWERED_MAX }
    }

    fn serves(&self, family: Family) -> bool {
        let pushed = self.kind == Kind::Listen && family == Family::Iec62056;
        self.kind.family() == family || pushed
    }
}

fn known_wait(way: &Way) -> Duration {
    if way.has(Quirk::Pushes) {
        return PUSH_WAIT;
    }
    Duration::from_millis(match way.family {
        Family::Iec62056 => 2_000,
        Family::Dlms | Family::C1218 => 700,
        Family::Dlt645 => 900,
        Family::Sml => 6_000,
    })
}

const fn step(kind: Kind, baud: u32, attempts: u8, wait_ms: u64, pause_ms: u64) -> Step {
    let patience = Patience { attempts, wait: Duration::from_millis(wait_ms) };
    Step { kind, baud, patience, pause: Duration::from_millis(pause_ms) }
}

/// What may be tried while a person holds a probe: 7.6 s at most for an unknown head.
fn quick(aim: &Aim) -> Vec<Step> {
    let dlms = [step(Kind::Dlms, 9_600, 1, 400, 0)];
    // After noise at 9,600 a mode C meter needs its line quiet.
    // The book lets a meter take 1,500 ms to answer.
    let iec = [step(Kind::Iec62056, 300, 2, 1_580, 300)];
    let dlt = [
        step(Kind::Dlt645, 1_200, 1, DLT_WAIT, 0),
        step(Kind::Dlt645, 2_400, 1, DLT_WAIT, 0),
        step(Kind::Dlt645Old, 1_200, 1, DLT_WAIT, 0),
        step(Kind::Dlt645Old, 2_400, 1, DLT_WAIT, 0),
    ];
    let ansi = [step(Kind::C1218, 9_600, 1, 500, 0)];
    // With a number the meter is asked at once, and others in the beam keep silent.
    let numbered = [step(Kind::Dlt645Numbered, 1_200, 1, 650, 0)];
    let far = [
        step(Kind::Dlt645, 1_200, 2, 550, 0),
        step(Kind::Dlt645Old, 1_200, 1, 550, 0),
        step(Kind::Dlt645, 2_400, 1, 450, 0),
        step(Kind::Dlt645, 4_800, 1, 350, 0),
        step(Kind::Dlt645, 9_600, 1, 300, 0),
    ];
    match aim.head {
        Head::Unknown => [&dlms[..], &iec, &dlt, &ansi].concat(),
        Head::Contact => [&dlms[..], &iec, &dlt].concat(),
        Head::FarInfrared if aim.serial.is_some() => [&numbered[..], &far].concat(),
        Head::FarInfrared => far.to_vec(),
        Head::Ansi => [&ansi[..], &dlms, &iec, &dlt].concat(),
    }
}

/// What takes long, or is rare.
fn slow(head: Head) -> Vec<Step> {
    if head == Head::FarInfrared {
        return vec![
            step(Kind::Dlt645, 1_200, 3, 1_100, 0),
            step(Kind::Dlt645Old, 2_400, 2, 700, 0),
            step(Kind::Dlt645, 600, 1, 1_500, 0),
        ];
    }
    vec![
        listening(true),
        step(Kind::Iec62056Woken, 300, 1, 2_200, 0),
        // Under all its addresses, of which the quick steps had two.
        step(Kind::Dlms, 9_600, 1, 400, 0),
        step(Kind::Dlms, 4_800, 1, 400, 0),
        step(Kind::Dlms, 19_200, 1, 400, 0),
        step(Kind::Dlms, 2_400, 1, 500, 0),
        step(Kind::C1218, 9_600, 2, 700, 0),
        step(Kind::Dlt645, 4_800, 1, 500, 0),
        step(Kind::Dlt645, 9_600, 1, 450, 0),
    ]
}
