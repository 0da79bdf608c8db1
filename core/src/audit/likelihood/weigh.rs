//! One reading on the scales: how likely it is right, how likely it is one of the ways to be wrong, and what was meant.

use super::{
    belief::{Belief, Outlook},
    class::Class,
    logs::ln,
    slip::{SLIPS, Slip, intended},
    trail::Trail,
};

/// An error of less than this part of the median use is not worth a question.
const MATERIAL_PART: f64 = 0.25;

/// How the score shares errors among the ways to make them: nearly alike, so that none is neglected. What people really do
/// is not known from public sources.
const SHARES: [f64; SLIPS] = [0.16, 0.19, 0.22, 0.20, 0.23];

/// How the suggestion shares them: wrong digits are what people make most.
const MEANT_SHARES: [f64; SLIPS] = [0.42, 0.18, 0.05, 0.15, 0.23];

/// Before a suggestion is called sure, every rival counts so many times, and a number without any reason so many more: a
/// wrong word is worse than none.
const RIVALS: f64 = 6.0;
const WITHOUT_REASON: f64 = 4.0;
/// A right reading is a rival, too.
const RIGHT: f64 = 0.2;

/// Less sure than this is no suggestion.
const CONFIDENCE_MIN: f64 = 0.001;

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Opinion {
    /// How much likelier an error is than a right reading of this use, as a logarithm.
    pub score: f64,
    /// From this score on is asked.
    pub alarm_above: f64,
    /// The likeliest way to be wrong, if it is.
    pub slip: Slip,
    /// What was probably meant, if it is wrong.
    pub suggestion: Option<i64>,
    /// How sure that is, cautiously, between 0 and 1.
    pub confidence: f64,
}

impl Opinion {
    /// Whether to ask.
    pub fn is_alarm(&self) -> bool {
        self.score > self.alarm_above
    }
}

/// Weighs what a register of so many digits shows so many days after its latest reading. Nothing where the past is too short
/// or the reading does not fit the digits.
pub fn weigh(trail: &Trail, class: &Class, days: f64, reading: i64, digits: u8) -> Option<Opinion> {
    let outlook = Outlook::new(trail, class, days)?;
    weigh_with(&outlook, trail, class, reading, digits)
}

/// The same where the outlook is known.
pub(super) fn weigh_with(
    outlook: &Outlook,
    trail: &Trail,
    class: &Class,
    reading: i64,
    digits: u8,
) -> Option<Opinion> {
    let turn = 10_i64.pow(u32::from(digits.clamp(1, 18)));
    if !(0..turn).contains(&reading) {
        return None;
    }
    let belief = Belief::new(outlook, class);
    #[expect(clippy::cast_precision_loss, reason = "at most 10^18; statistics only")]
    let used = |reading: i64| trail.used(reading, turn) as f64;
    let here = used(reading);
    let right = belief.of(here);
    let (mut wrong, mut meant, mut best) = ([0.0; SLIPS], 0.0, (0.0, reading));
    intended(reading, digits, |slip, intention, likely| {
        let other = used(intention);
        let likely = likely * belief.of(other);
        if (other - here).abs() > MATERIAL_PART * outlook.median {
            wrong[slip as usize] += SHARES[slip as usize] * likely;
        }
        let likely = MEANT_SHARES[slip as usize] * likely;
        meant += likely;
        if likely > best.0 {
            best = (likely, intention);
        }
    });
    let repeat = if reading == trail.last() { belief.of_any() } else { 0.0 };
    #[expect(clippy::cast_precision_loss, reason = "at most 10^18; statistics only")]
    let unrelated = 1.0 / turn as f64;
    wrong[Slip::Repeat as usize] = SHARES[Slip::Repeat as usize] * repeat;
    wrong[Slip::Unrelated as usize] = SHARES[Slip::Unrelated as usize] * unrelated;
    let rivals = (meant - best.0).max(0.0)
        + MEANT_SHARES[Slip::Repeat as usize] * repeat
        + WITHOUT_REASON * MEANT_SHARES[Slip::Unrelated as usize] * unrelated
        + RIGHT * right;
    let confidence = best.0 / (best.0 + RIVALS * rivals);
    let all = wrong.iter().fold(0.0, |sum, part| sum + part);
    Some(Opinion {
        score: ln(all) - ln(right),
        alarm_above: class.alarm_above(outlook.periods),
        slip: likeliest(&wrong),
        suggestion: (confidence >= CONFIDENCE_MIN).then_some(best.1),
        confidence,
    })
}

fn likeliest(wrong: &[f64; SLIPS]) -> Slip {
    let mut likeliest = Slip::Digit;
    for slip in Slip::ALL {
        if wrong[slip as usize] > wrong[likeliest as usize] {
            likeliest = slip;
        }
    }
    likeliest
}
