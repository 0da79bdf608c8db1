//! What the rules found, in a form that a screen can say in any language and an auditor can check.

use crate::{decimal::Decimal, obis::Obis, time::UtcMs};

/// How sure we are of a reading, for the person who stands at the meter.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// Nothing speaks against it.
    Right,
    /// It may be right, and somebody should look: a fluctuation.
    Doubtful,
    /// It cannot be right as it stands: a strong constraint is broken, or the use is far beyond the usual.
    Wrong,
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Severity {
    /// Arithmetic or identity forbids it. Blocks billing until resolved.
    Strong,
    /// Far out of the usual: read again or show evidence.
    Urgent,
    /// Out of the usual: look twice.
    Ask,
}

/// The rules. The code is what is stored, signed and exported; it is never used for anything else.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Rule {
    /// The value does not fit the dials.
    Digits,
    /// The value is not a number, or its unit is not the planned one.
    Format,
    /// The value is below the previous one, and a rollover is not believable.
    Backwards,
    /// The dials passed all nines: believable, but worth a look.
    RolledOver,
    /// Another meter answered.
    SerialMismatch,
    /// A planned register was not delivered.
    RegisterMissing,
    /// The tariff registers do not add up to the total.
    SumMismatch,
    /// Use is far above the usual.
    VeryHigh,
    /// Use is above the usual.
    High,
    /// Use is below the usual.
    Low,
    /// No use at all where there always was some.
    Zero,
    /// The meter's checksum was missing; two readouts agreed.
    NoChecksum,
    /// The meter counts its checksum in a way of its own; two readouts agreed, or an outer checksum was right.
    OddChecksum,
    /// The meter told no number: nobody can tell whose it is.
    SerialUnseen,
    /// The previous reading is later than this device's clock: use cannot be judged.
    TimeReversed,
    /// The transformers that the meter names make another factor than the planned one.
    Multiplier,
    /// The previous reading was taken a moment ago: one of both is too many.
    Duplicate,
    /// The meter was exchanged, and the end of the old one or the start of the new one is not known.
    ExchangeIncomplete,
    /// More use than the connection can carry.
    Capacity,
    /// An error is likelier than this use: the digits say which.
    Unlikely,
    /// Again no use, for several periods.
    StillIdle,
    /// The times of use probably stand in each other's place.
    TariffsSwapped,
    /// Use has been falling short of last season's for some periods.
    SustainedDrop,
    /// The meter's clock is wrong.
    ClockDrift,
    /// What was bought, used and is left does not add up.
    PrepaidBalance,
    /// The meter recorded that somebody was at it.
    MeterRecord,
    /// The reader is not where the meter is.
    FarAway,
    /// Sooner after the last stop than anybody walks.
    TooSoon,
    /// The latest readings were all estimated.
    EstimatedOften,
}

impl Rule {
    /// All of them.
    pub const ALL: [Self; 29] = [
        Self::Digits,
        Self::Format,
        Self::Backwards,
        Self::RolledOver,
        Self::SerialMismatch,
        Self::RegisterMissing,
        Self::SumMismatch,
        Self::VeryHigh,
        Self::High,
        Self::Low,
        Self::Zero,
        Self::NoChecksum,
        Self::OddChecksum,
        Self::SerialUnseen,
        Self::TimeReversed,
        Self::Multiplier,
        Self::Duplicate,
        Self::ExchangeIncomplete,
        Self::Capacity,
        Self::Unlikely,
        Self::StillIdle,
        Self::TariffsSwapped,
        Self::SustainedDrop,
        Self::ClockDrift,
        Self::PrepaidBalance,
        Self::MeterRecord,
        Self::FarAway,
        Self::TooSoon,
        Self::EstimatedOften,
    ];

    /// Its name in files and events, and the id of its sentence: `verdict-` and this.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::Format => "format",
            Self::Backwards => "backwards",
            Self::RolledOver => "rolled-over",
            Self::SerialMismatch => "serial-mismatch",
            Self::RegisterMissing => "register-missing",
            Self::SumMismatch => "sum-mismatch",
            Self::VeryHigh => "very-high",
            Self::High => "high",
            Self::Low => "low",
            Self::Zero => "zero",
            Self::NoChecksum => "no-checksum",
            Self::OddChecksum => "odd-checksum",
            Self::SerialUnseen => "serial-unseen",
            Self::TimeReversed => "time-reversed",
            Self::Multiplier => "multiplier",
            Self::Duplicate => "duplicate",
            Self::ExchangeIncomplete => "exchange-incomplete",
            Self::Capacity => "capacity",
            Self::Unlikely => "unlikely",
            Self::StillIdle => "still-idle",
            Self::TariffsSwapped => "tariffs-swapped",
            Self::SustainedDrop => "sustained-drop",
            Self::ClockDrift => "clock-drift",
            Self::PrepaidBalance => "prepaid-balance",
            Self::MeterRecord => "meter-record",
            Self::FarAway => "far-away",
            Self::TooSoon => "too-soon",
            Self::EstimatedOften => "estimated-often",
        }
    }

    /// The rule of that name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.code() == code)
    }

    /// How much it weighs.
    pub const fn severity(self) -> Severity {
        match self {
            Self::Digits
            | Self::Format
            | Self::Backwards
            | Self::SerialMismatch
            | Self::RegisterMissing
            | Self::SumMismatch
            | Self::TimeReversed
            | Self::Multiplier
            | Self::Duplicate
            | Self::ExchangeIncomplete
            | Self::Capacity => Severity::Strong,
            Self::VeryHigh => Severity::Urgent,
            Self::RolledOver
            | Self::High
            | Self::Low
            | Self::Zero
            | Self::NoChecksum
            | Self::OddChecksum
            | Self::SerialUnseen
            | Self::Unlikely
            | Self::StillIdle
            | Self::TariffsSwapped
            | Self::SustainedDrop
            | Self::ClockDrift
            | Self::PrepaidBalance
            | Self::MeterRecord
            | Self::FarAway
            | Self::TooSoon
            | Self::EstimatedOften => Severity::Ask,
        }
    }
}

/// One rule that spoke.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// Which.
    pub rule: Rule,
    /// About which register, if about one.
    pub obis: Option<Obis>,
    /// What it saw, by name: the numbers its sentence shows.
    pub numbers: Vec<(String, String)>,
}

/// What use of the first register is usual for this customer over this period.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Usual {
    /// Below this is low.
    pub low: Decimal,
    /// The middle.
    pub expected: Decimal,
    /// Above this is high.
    pub high: Decimal,
}

/// The judgement on one reading.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verdict {
    /// The worst of the findings.
    pub level: Level,
    /// What spoke, worst first.
    pub findings: Vec<Finding>,
    /// Use of the first register since the previous reading, multiplier applied, in its unit.
    pub consumption: Option<Decimal>,
    /// When the previous reading was taken.
    pub since: Option<UtcMs>,
    /// What would be usual, in the same unit.
    pub usual: Option<Usual>,
}

impl Verdict {
    /// The level that these findings make.
    pub fn level_of(findings: &[Finding]) -> Level {
        let level = |finding: &Finding| match finding.rule.severity() {
            Severity::Strong | Severity::Urgent => Level::Wrong,
            Severity::Ask => Level::Doubtful,
        };
        findings.iter().map(level).max().unwrap_or(Level::Right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_its_own_code() {
        for rule in Rule::ALL {
            assert_eq!(Rule::from_code(rule.code()), Some(rule));
        }
    }

    #[test]
    fn the_worst_finding_makes_the_level() {
        let finding = |rule| Finding { rule, obis: None, numbers: vec![] };
        assert_eq!(Verdict::level_of(&[]), Level::Right);
        assert_eq!(Verdict::level_of(&[finding(Rule::Low)]), Level::Doubtful);
        assert_eq!(Verdict::level_of(&[finding(Rule::Low), finding(Rule::VeryHigh)]), Level::Wrong);
    }
}
