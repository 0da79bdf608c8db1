//! The load profile, as a run of questions.
//!
//! First what the meter's load record keeps of energies (class 4), then of everything, then the daily freezes
//! of energy by tariff: the first of these that tells anything is taken. Sure are the names, the form of a
//! record and that the records from a given minute on come in their order; how a meter answers for a minute of
//! which it has no record is left to each maker, so that the next hour and the next days are asked for as well.

use std::time::Duration;

use super::{
    bcd,
    exchange::Ask,
    identifier::Identifier,
    layout::Format,
    layout::energy,
    record::{self, CLASSES, Record},
};
use crate::{
    obis::Obis,
    probe::{
        part::{Column, Part, ProfilePart, ProfileRow, Span},
        readout::Value,
    },
    quantity::Unit,
    time::Civil,
};

/// How often the energies are recorded, in minutes.
const INTERVAL: Identifier = Identifier::of_2007(0x0400_0A05);
/// Records of the energies from a given minute on.
const ENERGIES: Identifier = Identifier::of_2007(0x0604_0001);
/// The place of the energies among the classes.
const ENERGIES_CLASS: usize = 3;
/// So many of them fill a frame.
const ENERGIES_COUNT: u8 = 6;
/// Records of everything from a given minute on.
const EVERYTHING: Identifier = Identifier::of_2007(0x0600_0001);
/// Two, so that the time between them is seen; one fills half a frame.
const EVERYTHING_COUNT: u8 = 2;
/// When the last daily freeze was; its energies; the one before has the next number.
const FREEZE_AT: u32 = 0x0506_0000;
const FREEZE_ENERGIES: u32 = 0x0506_0100;
/// The book keeps 62 days.
const FREEZES_MAX: u8 = 62;
/// The total and more tariffs than there are in most places; the rest is left out for the sake of memory.
const FREEZE_COLUMNS_MAX: usize = 9;
/// Hours, then midnights, that are asked for where there is no record of a moment: before anything has come,
/// and behind a hole.
const AT_FIRST: (u8, u8) = (1, 2);
const BEHIND_HOLE: (u8, u8) = (24, 31);

const PROFILE: Obis = Obis::electricity(99, 1, 0);
const DAILY: Obis = Obis::electricity(99, 2, 0);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// The reading of a profile.
#[derive(Debug)]
pub(super) struct Profile {
    span: Span,
    stage: Stage,
    /// From one record to the next, where that is known.
    period: Option<Duration>,
    /// The first moment that has not been read.
    next: Civil,
    /// Something came.
    found: bool,
    empty: u8,
}

#[derive(Debug)]
enum Stage {
    Interval,
    Energies,
    Everything,
    /// The freeze of this number, the newest first, and its moment once that is known.
    Freezes {
        number: u8,
        at: Option<Civil>,
        rows: Vec<ProfileRow>,
    },
    Over,
}

impl Profile {
    pub(super) const fn new(span: Span) -> Self {
        Self { span, stage: Stage::Interval, period: None, next: span.from, found: false, empty: 0 }
    }

    /// What to ask next; nothing when all is read.
    pub(super) fn ask(&self) -> Option<Ask> {
        let from = self.next;
        match &self.stage {
            Stage::Interval => Some(Ask::Item(INTERVAL)),
            Stage::Energies => Some(Ask::Records { name: ENERGIES, count: ENERGIES_COUNT, from }),
            Stage::Everything => Some(Ask::Records { name: EVERYTHING, count: EVERYTHING_COUNT, from }),
            Stage::Freezes { number, at, .. } => {
                let code = if at.is_some() { FREEZE_ENERGIES } else { FREEZE_AT };
                Some(Ask::Item(Identifier::of_2007(code | u32::from(*number))))
            }
            Stage::Over => None,
        }
    }

    /// Takes what stands behind the name, nothing where the meter has no such thing; hands over what is new.
    pub(super) fn answered(&mut self, content: Option<&[u8]>) -> Option<Part> {
        match &self.stage {
            Stage::Interval => {
                let minutes = content.and_then(bcd::digits).filter(|minutes| (1..=1_440).contains(minutes));
                self.period = minutes.map(Duration::from_mins);
                self.begin(Stage::Energies);
                None
            }
            Stage::Energies => self.recorded(content, Some(ENERGIES_CLASS)),
            Stage::Everything => self.recorded(content, None),
            Stage::Freezes { .. } => self.frozen(content),
            Stage::Over => None,
        }
    }

    /// Whether rows have come, so that a question that nobody answers would leave a hole.
    pub(super) const fn has_rows(&self) -> bool {
        match &self.stage {
            Stage::Interval => false,
            Stage::Energies | Stage::Everything | Stage::Over => self.found,
            Stage::Freezes { rows, .. } => !rows.is_empty(),
        }
    }

    fn begin(&mut self, stage: Stage) {
        self.stage = stage;
        self.empty = 0;
        self.next = self.on_grid(self.span.from);
    }

    /// The first moment from here on at which a record may be.
    fn on_grid(&self, from: Civil) -> Civil {
        let (.., hour, minute, second) = from.fields();
        let Some(period) = self.period else { return from };
        let seconds = u64::from(hour * 3_600 + minute * 60 + second);
        let ahead = seconds.next_multiple_of(period.as_secs().max(1)) - seconds;
        from.plus(Duration::from_secs(ahead)).unwrap_or(from)
    }

    fn recorded(&mut self, content: Option<&[u8]>, class: Option<usize>) -> Option<Part> {
        let mut last = None;
        let mut records = record::records(content.unwrap_or_default(), class);
        // In their order, and none twice: a meter that has nothing newer may tell its last one again.
        records.retain(|record| {
            let new = record.at >= self.next && last.is_none_or(|last| record.at > last);
            last = if new { Some(record.at) } else { last };
            new
        });
        let Some(last) = last else {
            self.nothing();
            return None;
        };
        self.found = true;
        self.empty = 0;
        self.learn_period(&records);
        self.next = last.plus(self.period.unwrap_or(MINUTE)).unwrap_or(last);
        if self.next > self.span.to || self.next <= last {
            self.stage = Stage::Over;
        }
        records.retain(|record| record.at <= self.span.to);
        (!records.is_empty()).then(|| Part::Profile(self.part(records)))
    }

    /// There is no record of that moment: the next full hours are asked for, then the next midnights.
    fn nothing(&mut self) {
        self.empty += 1;
        let (hours, days) = if self.found { BEHIND_HOLE } else { AT_FIRST };
        let (year, month, day, hour, ..) = self.next.fields();
        let next = if self.empty <= hours {
            Civil::new(year, month, day, hour, 0, 0).and_then(|begun| begun.plus(HOUR))
        } else {
            Civil::new(year, month, day, 0, 0, 0).and_then(|begun| begun.plus(DAY))
        };
        match next {
            Some(next) if self.empty <= hours + days && next <= self.span.to => self.next = next,
            _ if self.found => self.stage = Stage::Over,
            _ => match self.stage {
                Stage::Energies => self.begin(Stage::Everything),
                Stage::Interval | Stage::Everything | Stage::Freezes { .. } | Stage::Over => {
                    self.begin(Stage::Freezes { number: 1, at: None, rows: vec![] });
                }
            },
        }
    }

    fn learn_period(&mut self, records: &[Record]) {
        let steps = records.windows(2).filter_map(|pair| match pair {
            [one, other] => Some(other.at.since(one.at)),
            _ => None,
        });
        self.period = self.period.or_else(|| steps.min());
    }

    fn part(&self, records: Vec<Record>) -> ProfilePart {
        let kept = |class: usize| {
            records.iter().any(|record| record.classes.get(class).is_some_and(|values| !values.is_empty()))
        };
        let kept: Vec<usize> = (0..CLASSES).filter(|&class| kept(class)).collect();
        let columns: Vec<Vec<Column>> = kept
            .iter()
            .map(|&class| record::columns(class).into_iter().map(|(column, _)| column).collect())
            .collect();
        let row = |mut record: Record| {
            let values = kept.iter().zip(&columns).flat_map(|(&class, columns)| {
                let values = record.classes.get_mut(class).map(std::mem::take).unwrap_or_default();
                values.into_iter().chain(std::iter::repeat(None)).take(columns.len()).collect::<Vec<_>>()
            });
            ProfileRow { at: record.at, status: String::new(), values: values.collect() }
        };
        let period = self.period.map_or(0, |period| period.as_secs());
        ProfilePart {
            obis: PROFILE,
            period_s: u32::try_from(period).unwrap_or_default(),
            rows: records.into_iter().map(row).collect(),
            columns: columns.concat(),
        }
    }

    fn frozen(&mut self, content: Option<&[u8]>) -> Option<Part> {
        let Stage::Freezes { number, at, rows } = &mut self.stage else { return None };
        match (content, at.take()) {
            (Some(content), Some(at)) => {
                rows.push(ProfileRow { at, status: String::new(), values: energies(content) });
                *number += 1;
            }
            (Some(content), None) => match bcd::stamp(content) {
                // Each is older than the one before, or the meter counts in another way.
                Some(frozen) if rows.last().is_some_and(|row| frozen >= row.at) => *number = u8::MAX,
                Some(frozen) if frozen < self.span.from => *number = u8::MAX,
                Some(frozen) if frozen > self.span.to => *number += 1,
                Some(frozen) => *at = Some(frozen),
                None => *number = u8::MAX,
            },
            (None, _) => *number = u8::MAX,
        }
        if *number > FREEZES_MAX { self.give_up() } else { None }
    }

    /// What has come and was not handed over yet; nothing more is asked for.
    pub(super) fn give_up(&mut self) -> Option<Part> {
        let Stage::Freezes { mut rows, .. } = std::mem::replace(&mut self.stage, Stage::Over) else {
            return None;
        };
        rows.reverse();
        let count = rows.iter().map(|row| row.values.len()).max().filter(|&count| count > 0)?;
        rows.iter_mut().for_each(|row| row.values.resize(count, None));
        let column =
            |tariff| Column { obis: Obis::ACTIVE_IMPORT.with_tariff(tariff), unit: Some(Unit::KiloWattHour) };
        let columns = (0..=u8::MAX).take(count).map(column).collect();
        let period_s = u32::try_from(DAY.as_secs()).unwrap_or_default();
        Some(Part::Profile(ProfilePart { obis: DAILY, period_s, columns, rows }))
    }
}

/// The total and the tariffs of a freeze.
fn energies(content: &[u8]) -> Vec<Option<Value>> {
    let format = energy(false);
    let Format::Number { bytes, places, signed } = format else { return vec![] };
    let values = content.chunks_exact(bytes).take(FREEZE_COLUMNS_MAX);
    values.map(|value| bcd::number(value, places, signed).map(Value::Number)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(from: &str, to: &str) -> Span {
        Span { from: from.parse().unwrap(), to: to.parse().unwrap() }
    }

    fn asked(profile: &Profile) -> String {
        match profile.ask() {
            Some(Ask::Item(name)) => name.to_string(),
            Some(Ask::Records { name, count, from }) => format!("{name} {count} {from}"),
            Some(Ask::Address) | None => "-".into(),
        }
    }

    #[test]
    fn the_first_moment_is_one_at_which_records_are_made() {
        let mut profile = Profile::new(span("2026-11-23T07:31:00", "2026-11-24T00:00:00"));
        assert_eq!(asked(&profile), "04000A05");
        profile.answered(Some(&[0x15, 0x00]));
        assert_eq!(asked(&profile), "06040001 6 2026-11-23T07:45:00");
    }

    #[test]
    fn where_nothing_is_kept_the_next_hour_and_the_next_days_are_asked_for() {
        let mut profile = Profile::new(span("2026-11-23T07:31:00", "2026-11-30T00:00:00"));
        profile.answered(None);
        for expected in [
            "06040001 6 2026-11-23T07:31:00",
            "06040001 6 2026-11-23T08:00:00",
            "06040001 6 2026-11-24T00:00:00",
            "06040001 6 2026-11-25T00:00:00",
            "06000001 2 2026-11-23T07:31:00",
            "06000001 2 2026-11-23T08:00:00",
            "06000001 2 2026-11-24T00:00:00",
            "06000001 2 2026-11-25T00:00:00",
            "05060001",
        ] {
            assert_eq!(asked(&profile), expected);
            assert_eq!(profile.answered(None), None);
        }
        assert_eq!(asked(&profile), "-");
    }

    #[test]
    fn daily_freezes_come_oldest_first_and_within_the_time_wanted() {
        let mut profile = Profile::new(span("2026-11-21T00:00:00", "2026-11-22T00:00:00"));
        while asked(&profile) != "05060001" {
            profile.answered(None);
        }
        let mut parts = Vec::new();
        for day in [0x23, 0x22, 0x21, 0x20] {
            parts.extend(profile.answered(Some(&[0x00, 0x00, day, 0x11, 0x26])));
            if asked(&profile).starts_with("050601") {
                let energies = [[day, 0, 0, 0], [0xFF; 4], [0x01, 0, 0, 0]].concat();
                parts.extend(profile.answered(Some(&energies)));
            }
        }
        let [Part::Profile(part)] = parts.as_slice() else { panic!("{parts:?}") };
        let row = |row: &ProfileRow| {
            let values = row.values.iter().map(|value| value.as_ref().map(ToString::to_string));
            (row.at.to_string(), values.collect::<Vec<_>>())
        };
        let expected = |day: &str| {
            let values = vec![Some(format!("0.{day}")), None, Some("0.01".into())];
            (format!("2026-11-{day}T00:00:00"), values)
        };
        assert_eq!(part.rows.iter().map(row).collect::<Vec<_>>(), [expected("21"), expected("22")]);
        let columns: Vec<String> = part.columns.iter().map(|column| column.obis.to_string()).collect();
        assert_eq!(columns, ["1-0:1.8.0*255", "1-0:1.8.1*255", "1-0:1.8.2*255"]);
        assert_eq!(asked(&profile), "-");
    }

    #[test]
    fn a_meter_that_tells_its_last_record_again_and_again_comes_to_an_end() {
        let mut profile = Profile::new(span("2026-11-23T00:00:00", "2026-12-31T00:00:00"));
        profile.answered(Some(&[0x60, 0x00]));
        let body = [[0x00, 0x00, 0x23, 0x11, 0x26].as_slice(), &[0xAA; 3], &[0x11; 16], &[0xAA; 3]].concat();
        let head = [[0xA0, 0xA0, 27].as_slice(), &body].concat();
        let said = [head.as_slice(), &[crate::probe::dlt645::frame::sum(&head), 0xE5]].concat();
        let mut parts = 0;
        for _ in 0..100 {
            parts += usize::from(profile.answered(Some(&said)).is_some());
        }
        assert_eq!((parts, asked(&profile).as_str()), (1, "-"));
    }
}
