//! The meter's own date and time, in the ways meters write them.

use crate::{
    probe::readout::{Datum, Value},
    time::Civil,
};

/// All meters that talk were built after this.
const CENTURY: i32 = 2000;

/// The clock, where the registers tell one: 0.9.2 with 0.9.1, or both in 0.9.4 or `0-0:1.0.0`.
pub(in crate::probe) fn find(registers: &[Datum]) -> Option<Civil> {
    let text = |a: Option<u8>, (c, d, e): (u8, u8, u8)| {
        registers.iter().find_map(|datum| {
            let obis = datum.obis;
            let here = (obis.c, obis.d, obis.e, obis.f) == (c, d, e, 255) && a.is_none_or(|a| a == obis.a);
            match &datum.value {
                Value::Text(text) if here => Some(text.as_str()),
                Value::Text(_) | Value::Number(_) => None,
            }
        })
    };
    let apart = text(None, (0, 9, 2)).zip(text(None, (0, 9, 1)));
    apart
        .and_then(|(day, time)| civil(&date(day)?, &time_of_day(time)?))
        .or_else(|| stamp(text(None, (0, 9, 4))?))
        .or_else(|| stamp(text(Some(0), (1, 0, 0))?))
}

/// `YYMMDD`, with or without a season before, a century, or dashes between.
fn date(text: &str) -> Option<String> {
    let digits = digits(text, '-')?;
    match digits.len() {
        6 => Some(digits),
        7 => digits.get(1..).map(Into::into),
        8 => digits.strip_prefix("20").map(Into::into),
        _ => None,
    }
}

/// `hhmmss`, with or without a season before or colons between.
fn time_of_day(text: &str) -> Option<String> {
    let digits = digits(text, ':')?;
    match digits.len() {
        4 => Some(format!("{digits}00")),
        6 => Some(digits),
        7 => digits.get(1..).map(Into::into),
        _ => None,
    }
}

/// `YYMMDDhhmm[ss]`, with or without a season, as a digit before or a letter after.
pub(super) fn stamp(text: &str) -> Option<Civil> {
    let digits = digits(text.trim_end_matches(['S', 'W', 'U']), '-')?;
    let digits = match digits.len() {
        11 | 13 => digits.get(1..)?,
        14 => digits.strip_prefix("20")?,
        10 | 12 => &digits,
        _ => return None,
    };
    let (day, time) = digits.split_at_checked(6)?;
    civil(day, &time_of_day(time)?)
}

/// Whether a stamp is one of summer time: VDEW meters put 0 before winter time, 1 before summer time and 2 before
/// world time; others an S or a W behind.
pub(super) fn is_summer(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.ends_with('S') || (matches!(digits, 11 | 13) && text.starts_with('1'))
}

/// The digits of a text that has nothing else but blanks and this mark.
fn digits(text: &str, mark: char) -> Option<String> {
    let digits: String = text.chars().filter(|letter| ![mark, ' '].contains(letter)).collect();
    digits.bytes().all(|letter| letter.is_ascii_digit()).then_some(digits)
}

fn civil(date: &str, time: &str) -> Option<Civil> {
    let pair = |text: &str, at: usize| text.get(at..at + 2)?.parse::<u32>().ok();
    let year = CENTURY + date.get(..2)?.parse::<i32>().ok()?;
    Civil::new(year, pair(date, 2)?, pair(date, 4)?, pair(time, 0)?, pair(time, 2)?, pair(time, 4)?)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{dataset, registers},
        *,
    };

    #[test]
    fn date_and_time_apart() {
        for block in [
            "0.9.1(073005)\r\n0.9.2(261123)",
            "0.9.2(26-11-23)0.9.1(07:30:05)",
            "0.9.2(2026-11-23)0.9.1(1073005)",
            "1-0:0.9.2(1261123)1-0:0.9.1(073005)",
        ] {
            check(block, Some("2026-11-23T07:30:05"));
        }
    }

    #[test]
    fn date_and_time_in_one() {
        for block in ["0-0:1.0.0(261123073005W)", "0.9.4(0261123073005)", "0.9.4(20261123073005)"] {
            check(block, Some("2026-11-23T07:30:05"));
        }
        check("0.9.4(2611230730)", Some("2026-11-23T07:30:00"));
    }

    #[test]
    fn a_season_stands_before_a_stamp_or_behind() {
        for (text, summer) in [
            ("1260701001500", true),
            ("12607010015", true),
            ("260701001500S", true),
            ("0261101001500", false),
            ("2260701001500", false),
            ("260701001500", false),
            ("1607010015", false),
            ("261101001500W", false),
        ] {
            assert_eq!(is_summer(text), summer, "{text}");
        }
    }

    #[test]
    fn what_no_calendar_has_is_no_clock() {
        for block in
            ["0.9.1(073005)", "0.9.2(261301)0.9.1(073005)", "0.9.2(23.11.26)0.9.1(073005)", "0.9.2()0.9.1()"]
        {
            check(block, None);
        }
    }

    #[track_caller]
    fn check(block: &str, expected: Option<&str>) {
        let data: Vec<Datum> = dataset::parse(block).iter().filter_map(registers::datum).collect();
        assert_eq!(find(&data).map(|civil| civil.to_string()).as_deref(), expected, "{block}");
    }
}
