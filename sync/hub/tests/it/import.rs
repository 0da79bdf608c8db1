//! CSV that is taken whole, and CSV that is refused with every reason.

use lamplighter_core::{place::Position, round::HintKind, time::UtcMs};
use lamplighter_hub::formats::csv::{Problems, read};

use crate::handheld::HEADER;

const ROW: &str = "2026-11,14,Harbour East,1,Pier 1,,,,,,,58200417,,1.8.0,kWh,6,1,,";

fn problems(csv: &str) -> Vec<String> {
    read(csv.as_bytes()).unwrap_err().0.iter().map(ToString::to_string).collect()
}

/// One row with one field replaced, and what is said of it.
#[track_caller]
fn check(column: &str, value: &str, says: &str) {
    let at = HEADER.split(',').position(|name| name == column).unwrap();
    let mut fields: Vec<&str> = ROW.split(',').collect();
    let quoted = format!("\"{value}\"");
    fields[at] = &quoted;
    let found = problems(&format!("{HEADER}\n{}\n", fields.join(",")));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with(&format!("line 2, column {column}: ")), "{found:?}");
    assert!(found[0].contains(says), "{found:?}");
}

#[test]
fn every_field_that_cannot_be_is_named_with_its_line_and_column() {
    for column in ["cycle", "round", "round_name", "stop", "address", "serial", "obis", "unit", "integers"] {
        check(column, " ", "empty");
    }
    for (column, value, says) in [
        ("stop", "0", "from 1 to"),
        ("stop", "-1", "from 1 to"),
        ("stop", "1.5", "from 1 to"),
        ("stop", "99999999999999999999", "from 1 to"),
        ("obis", "total", "OBIS"),
        ("integers", "10", "from 1 to 9"),
        ("decimals", "7", "from 0 to 6"),
        ("decimals", "", "empty"),
        ("multiplier", "0", "above 0"),
        ("multiplier", "ten", "above 0"),
        ("history", "yesterday=5", "not a date"),
        ("history", "2025-10-21", "not a date"),
        ("history", "2025-10-21=five", "not a date"),
        ("history", "2025-10-21=1000000", "does not fit"),
        ("history", "2025-11-21=5;2025-10-21=4", "not later"),
        ("address", "two\nlines", "line break"),
        ("serial", "1234567890123456789012345678901234567890x", "longer than 40"),
    ] {
        check(column, value, says);
    }
}

#[test]
fn half_a_position_is_none() {
    for (position, says) in [
        ("60.1,", "column lon: empty"),
        (",24.9", "column lat: empty"),
        ("91,24.9", "column lat: 91 is not a latitude"),
        ("60.1,1e2", "column lon: 1e2 is not a longitude"),
        ("nan,24.9", "column lat: nan is not a latitude"),
    ] {
        let found =
            problems(&format!("{HEADER}\n{}\n", ROW.replace("Pier 1,,", &format!("Pier 1,{position}"))));
        assert!(found.len() == 1 && found[0].contains(says), "{found:?}");
    }
}

#[test]
fn files_that_are_no_rounds_are_refused() {
    for (csv, says) in [
        ("", "the file is empty"),
        (HEADER, "no row"),
        ("a,b\n1,2\n", "line 1, column cycle: the column is missing"),
        (&HEADER.replace("hint_key", "hint_keys"), "column hint_keys: there is no such column"),
        (&HEADER.replace("hint_key", "lat"), "column lat: the column is there twice"),
        (&format!("{HEADER}\n{ROW},\n"), "line 2: 20 fields, the header has 19"),
        (&format!("{HEADER}\n{ROW}\n{ROW}\n"), "line 3, column obis: the stop has 1-0:1.8.0*255 already"),
        (
            &format!("{HEADER}\n{ROW}\n{}\n", ROW.replace(",1,Pier", ",2,Pier")),
            "58200417 hangs at the stop of line 2",
        ),
        (
            &format!("{HEADER}\n{ROW}\n{}\n", ROW.replace("1.8.0", "2.8.0").replace("Pier", "Quay")),
            "Quay 1 here",
        ),
        (
            &format!(
                "{HEADER}\n{ROW}\n{}\n",
                ROW.replace(",1,Pier", ",2,Pier").replace("417", "418").replace("East", "West")
            ),
            "column round_name: Harbour West here",
        ),
        (
            &format!(
                "{HEADER}\n{ROW}\n{}\n{}\n",
                ROW.replace(",1,Pier", ",2,Pier").replace("417", "418"),
                ROW.replace("1.8.0", "2.8.0").replace("417", "419")
            ),
            "line 4, column stop: the stop is on line 2 already",
        ),
        (&format!("{HEADER}\n\"{ROW}\n"), "line 2: "),
    ] {
        let found = problems(csv);
        assert!(found.iter().any(|problem| problem.contains(says)), "{says}: {found:?}");
    }
    let latin = [HEADER.as_bytes(), b"\n", &ROW.as_bytes()[..30], b"\xe4", &ROW.as_bytes()[30..]].concat();
    assert!(read(&latin).unwrap_err().to_string().contains("UTF-8"));
}

#[test]
fn all_problems_are_counted_and_twenty_are_shown() {
    let csv = (0..50).fold(format!("{HEADER}\n"), |csv, _| csv + &ROW.replace(",14,", ",,") + "\n");
    let Problems(found) = read(csv.as_bytes()).unwrap_err();
    assert_eq!(found.len(), 50);
    let shown = Problems(found).to_string();
    assert_eq!(shown.lines().count(), 21);
    assert!(shown.ends_with("and 30 more"), "{shown}");
}

#[test]
fn spreadsheets_may_dress_it_as_they_do() {
    let csv = "\u{feff}stop;round;cycle;round_name;serial;address;obis;unit;integers;decimals;lat;lon;hint_warning;history\r\n\
               2;14;2026-11;Harbour East; 58200417 ;\"Am Markt 3; Hof\";1-0:1.8.0*255;KWH;6;1;60,1699;24,9384;Hund;\"2025-10-21=10234,5; 2025-11-20T08:00:00Z = 10311.0e;\"\r\n\
               2;14;2026-11;;;;2.8;kWh;6;1;;;;\r\n\
               \r\n\
               10;14;2026-11;Harbour East;58200418;Hafen;1.8.0;kWh;5;0;;;;\r\n";
    let books = read(csv.as_bytes()).unwrap();
    let [(round, stops)] = &books.rounds[..] else { panic!() };
    assert_eq!((&round.code[..], stops.len()), ("14", 2));
    let stop = &stops[0];
    assert_eq!((stop.number, &stop.address[..], &stop.meter.serial[..]), (2, "Am Markt 3; Hof", "58200417"));
    assert_eq!(stop.position, Position::from_degrees(60.1699, 24.9384));
    assert_eq!((stop.hints.len(), stop.hints[0].kind), (1, HintKind::Warning));
    let [main, second] = &stop.meter.registers[..] else { panic!() };
    assert_eq!((main.unit.as_str(), second.obis.to_string()), ("kWh", "1-0:2.8.0*255".into()));
    let [first, last] = &main.history[..] else { panic!() };
    assert_eq!(
        (first.at, first.value.to_string(), first.actual),
        (UtcMs(1_761_004_800_000), "10234.5".into(), true)
    );
    assert_eq!((last.value.to_string(), last.actual), ("10311.0".into(), false));
    assert_eq!(main.multiplier.to_string(), "1");
}
