//! The sheet of each rule: its number in the catalogue, what it goes by, which numbers it shows, and what to do at the meter
//! to find out. Numbers R1 to R19; rules about how bytes came have none.

use super::verdict::Rule;

/// What somebody at the meter does to find out whether the rule is right.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CounterCheck {
    /// Read and write it once more, without looking at the first number.
    ReadAgain,
    /// Read it by the probe; typing again is not enough.
    ReadByProbe,
    /// Take a photo of the register.
    Photo,
    /// Compare the number on the face.
    CompareSerial,
    /// Read the registers that are missing, or all of them once more.
    ReadAll,
    /// Compare unit, digits and transformers on the plate and at the transformers.
    ComparePlate,
    /// Compare the clocks of this device and of the meter with the time.
    CompareClocks,
    /// Write down the end of the old meter and the start of the new one.
    BothReadings,
    /// Ask how the place is used, and look whether lights or machines run.
    AskUse,
    /// Look at seals, covers and wires.
    LookAtSeals,
    /// Count the receipts of what was bought.
    CountPurchases,
    /// Go to the meter.
    GoThere,
    /// Compare with the display.
    CompareDisplay,
}

impl CounterCheck {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::ReadAgain,
        Self::ReadByProbe,
        Self::Photo,
        Self::CompareSerial,
        Self::ReadAll,
        Self::ComparePlate,
        Self::CompareClocks,
        Self::BothReadings,
        Self::AskUse,
        Self::LookAtSeals,
        Self::CountPurchases,
        Self::GoThere,
        Self::CompareDisplay,
    ];

    /// Its name, and the id of its sentence: `verdict-check-` and this.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ReadAgain => "read-again",
            Self::ReadByProbe => "read-by-probe",
            Self::Photo => "photo",
            Self::CompareSerial => "compare-serial",
            Self::ReadAll => "read-all",
            Self::ComparePlate => "compare-plate",
            Self::CompareClocks => "compare-clocks",
            Self::BothReadings => "both-readings",
            Self::AskUse => "ask-use",
            Self::LookAtSeals => "look-at-seals",
            Self::CountPurchases => "count-purchases",
            Self::GoThere => "go-there",
            Self::CompareDisplay => "compare-display",
        }
    }
}

/// What is known about a rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Sheet {
    /// Its number in the catalogue, where it has one.
    pub number: &'static str,
    /// Of which limits or numbers of the class it goes by.
    pub parameters: &'static [&'static str],
    /// The numbers that each of its findings shows.
    pub numbers: &'static [&'static str],
    /// What to do, the first thing first.
    pub checks: &'static [CounterCheck],
}

impl Rule {
    /// Its sheet.
    pub const fn sheet(self) -> Sheet {
        use CounterCheck::{
            AskUse, BothReadings, CompareClocks, CompareDisplay, ComparePlate, CompareSerial, CountPurchases,
            GoThere, LookAtSeals, Photo, ReadAgain, ReadAll, ReadByProbe,
        };
        match self {
            Self::Digits => {
                sheet("R1", &["dials"], &["value", "integers", "decimals"], &[ReadAgain, ComparePlate])
            }
            Self::Format => {
                sheet("R1", &["unit"], &["value", "unit", "expected"], &[ReadAgain, ComparePlate])
            }
            Self::Backwards => sheet(
                "R2",
                &["dials", "rollover"],
                &["previous", "value"],
                &[ReadAgain, Photo, CompareSerial],
            ),
            Self::RolledOver => {
                sheet("R2", &["dials", "rollover"], &["previous", "value"], &[ReadAgain, Photo])
            }
            Self::RegisterMissing => sheet("R3", &["registers"], &["obis"], &[ReadAll]),
            Self::SumMismatch => {
                sheet("R4", &["resolution"], &["total", "sum", "difference"], &[ReadAll, Photo])
            }
            Self::SerialMismatch => sheet("R5", &["serial"], &["expected", "seen"], &[CompareSerial, Photo]),
            Self::SerialUnseen => sheet("R5", &["serial"], &["expected"], &[CompareSerial]),
            Self::Multiplier => sheet("R6", &["multiplier"], &["expected", "seen"], &[ComparePlate, Photo]),
            Self::TimeReversed => sheet("R7", &[], &["previous"], &[CompareClocks]),
            Self::Duplicate => {
                sheet("R7", &["duplicate_ms"], &["previous", "minutes"], &[CompareSerial, ReadAgain])
            }
            Self::ExchangeIncomplete => sheet("R8", &["exchange"], &["obis"], &[BothReadings, Photo]),
            Self::Capacity => sheet(
                "R9",
                &["capacity_w", "capacity_percent"],
                &["use", "unit", "most"],
                &[ReadByProbe, ComparePlate],
            ),
            Self::Unlikely => sheet(
                "R10",
                &["class"],
                &["score", "slip", "meant", "percent"],
                &[ReadAgain, ReadByProbe, Photo],
            ),
            Self::Zero => sheet("R11", &["class"], &["unit", "expected"], &[ReadAgain, AskUse]),
            Self::StillIdle => sheet("R11", &["idle_periods"], &["periods"], &[AskUse, LookAtSeals]),
            Self::VeryHigh => sheet("R12", &["band"], &["use", "unit", "times"], &[ReadByProbe, Photo]),
            Self::High | Self::Low => {
                sheet("R12", &["band"], &["use", "unit", "times"], &[ReadAgain, AskUse])
            }
            Self::TariffsSwapped => sheet("R13", &["class"], &["score", "order"], &[ReadAll, Photo]),
            Self::SustainedDrop => {
                sheet("R14", &["drop_above"], &["periods", "sum"], &[AskUse, LookAtSeals, Photo])
            }
            Self::ClockDrift => sheet("R15", &["clock_drift_ms"], &["seconds"], &[CompareClocks]),
            Self::PrepaidBalance => sheet(
                "R16",
                &["prepaid_tolerance"],
                &["bought", "use", "left", "difference"],
                &[CountPurchases, ReadByProbe],
            ),
            Self::MeterRecord => sheet("R17", &["events"], &["record", "count"], &[LookAtSeals, Photo]),
            Self::FarAway => sheet("R18", &["far_m"], &["metres"], &[GoThere, Photo]),
            Self::TooSoon => sheet("R18", &["walk_mps"], &["seconds", "metres"], &[GoThere, Photo]),
            Self::EstimatedOften => sheet("R19", &["estimates_max"], &["count"], &[Photo, ReadByProbe]),
            Self::NoChecksum => sheet("", &["integrity"], &["readouts"], &[CompareDisplay]),
            Self::OddChecksum => sheet("", &["integrity"], &["integrity"], &[CompareDisplay]),
        }
    }
}

const fn sheet(
    number: &'static str,
    parameters: &'static [&'static str],
    numbers: &'static [&'static str],
    checks: &'static [CounterCheck],
) -> Sheet {
    Sheet { number, parameters, numbers, checks }
}
