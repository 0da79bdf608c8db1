//! A verdict, in protobuf.

use prost::Message;

use super::number::{Number, obis, obis_number};
use crate::{
    audit::verdict::{self, Level, Rule},
    evidence::event::EventError,
    time::UtcMs,
};

#[derive(Clone, PartialEq, Message)]
pub(super) struct Verdict {
    #[prost(uint32, tag = "1")]
    level: u32,
    #[prost(message, repeated, tag = "2")]
    findings: Vec<Finding>,
    #[prost(message, optional, tag = "3")]
    consumption: Option<Number>,
    #[prost(sint64, optional, tag = "4")]
    since_ms: Option<i64>,
    #[prost(message, repeated, tag = "5")]
    usual: Vec<Number>,
}

#[derive(Clone, PartialEq, Message)]
struct Finding {
    #[prost(string, tag = "1")]
    rule: String,
    #[prost(uint64, optional, tag = "2")]
    obis: Option<u64>,
    #[prost(string, repeated, tag = "3")]
    names: Vec<String>,
    #[prost(string, repeated, tag = "4")]
    values: Vec<String>,
}

impl From<&verdict::Verdict> for Verdict {
    fn from(verdict: &verdict::Verdict) -> Self {
        let finding = |finding: &verdict::Finding| {
            let (names, values) = finding.numbers.iter().cloned().unzip();
            Finding { rule: finding.rule.code().into(), obis: finding.obis.map(obis_number), names, values }
        };
        Self {
            level: match verdict.level {
                Level::Right => 1,
                Level::Doubtful => 2,
                Level::Wrong => 3,
            },
            findings: verdict.findings.iter().map(finding).collect(),
            consumption: verdict.consumption.map(Into::into),
            since_ms: verdict.since.map(|since| since.0),
            usual: verdict.usual.map_or_else(Vec::new, |usual| {
                [usual.low, usual.expected, usual.high].map(Into::into).into()
            }),
        }
    }
}

impl TryFrom<Verdict> for verdict::Verdict {
    type Error = EventError;

    fn try_from(verdict: Verdict) -> Result<Self, EventError> {
        let finding = |finding: Finding| {
            Ok(verdict::Finding {
                rule: Rule::from_code(&finding.rule).ok_or(EventError("unknown rule"))?,
                obis: finding.obis.map(obis),
                numbers: finding.names.into_iter().zip(finding.values).collect(),
            })
        };
        Ok(Self {
            level: match verdict.level {
                1 => Level::Right,
                2 => Level::Doubtful,
                3 => Level::Wrong,
                _ => return Err(EventError("unknown level")),
            },
            findings: verdict.findings.into_iter().map(finding).collect::<Result<_, _>>()?,
            consumption: verdict.consumption.map(TryInto::try_into).transpose()?,
            since: verdict.since_ms.map(UtcMs),
            usual: match <[Number; 3]>::try_from(verdict.usual) {
                Ok([low, expected, high]) => Some(verdict::Usual {
                    low: low.try_into()?,
                    expected: expected.try_into()?,
                    high: high.try_into()?,
                }),
                Err(none) if none.is_empty() => None,
                Err(_) => return Err(EventError("not three numbers")),
            },
        })
    }
}
