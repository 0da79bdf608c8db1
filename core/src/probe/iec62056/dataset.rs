//! Data sets: `address(value*unit)(...)`, several in a line, lines ended as makers like. IEC 62056-21, 6.5.

/// One name and what is behind it in brackets, as the meter wrote it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DataSet<'a> {
    /// The register's name, blanks around it removed.
    pub address: &'a str,
    /// The brackets, in order; at least one.
    pub fields: Vec<Field<'a>>,
}

/// What stands in one pair of brackets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Field<'a> {
    /// Before the asterisk, as sent.
    pub value: &'a str,
    /// After the asterisk, where there is one and something after it.
    pub unit: Option<&'a str>,
}

/// All data sets of a block, up to its exclamation mark. What is no data set is passed over.
pub fn parse(block: &str) -> Vec<DataSet<'_>> {
    let mut sets: Vec<DataSet<'_>> = Vec::new();
    for line in block.split(['\r', '\n']) {
        let mut rest = line;
        while let Some((head, field, tail)) = next_field(rest) {
            let address = head.trim_matches(|letter: char| letter.is_ascii_control() || letter == ' ');
            match sets.last_mut() {
                _ if head.contains('!') => return sets,
                // Brackets with no name go on with the set before, also on a new line.
                Some(set) if address.is_empty() => set.fields.push(field),
                _ => sets.push(DataSet { address, fields: vec![field] }),
            }
            rest = tail;
        }
        if rest.contains('!') && !rest.contains('(') {
            return sets;
        }
    }
    sets
}

/// Whether the line is one or more data sets and nothing else, so that a block may begin with it.
pub(super) fn is_line(line: &[u8]) -> bool {
    let Ok(line) = std::str::from_utf8(line) else { return false };
    let mut rest = line.trim();
    let mut named = false;
    while let Some((address, _, tail)) = next_field(rest) {
        let legal = address.bytes().all(|letter| letter.is_ascii_graphic() && !b"/!)".contains(&letter));
        if !legal || (!named && address.is_empty()) {
            return false;
        }
        (named, rest) = (true, tail);
    }
    named && matches!(rest, "" | "!")
}

/// What stands before the next brackets, what in them, and what after them.
pub(super) fn next_field(text: &str) -> Option<(&str, Field<'_>, &str)> {
    let (head, rest) = text.split_once('(')?;
    let (inside, tail) = rest.split_once(')')?;
    let (value, unit) = inside.split_once('*').unwrap_or((inside, ""));
    let unit = unit.trim();
    Some((head, Field { value, unit: (!unit.is_empty()).then_some(unit) }, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_may_end_as_makers_like() {
        for end in ["\r\n", "\n", "\n\n", "\r"] {
            let block = format!("1.8.0(1*kWh){end}2.8.0(2){end}!{end}");
            check(&block, &[("1.8.0", &["1*kWh"]), ("2.8.0", &["2"])]);
        }
    }

    #[test]
    fn a_line_may_hold_several_sets() {
        check(
            "6.8(0029.055*MWh)F(0)6.8*01(1)!\r\n",
            &[("6.8", &["0029.055*MWh"]), ("F", &["0"]), ("6.8*01", &["1"])],
        );
    }

    #[test]
    fn a_set_may_hold_several_values_and_go_on_in_the_next_line() {
        check("1.6.0(stamp)(1*kW)\r\n(2)\r\n", &[("1.6.0", &["stamp", "1*kW", "2"])]);
    }

    #[test]
    fn an_asterisk_without_unit_is_no_unit() {
        check("1.8.0(013925.5*)", &[("1.8.0", &["013925.5"])]);
    }

    #[test]
    fn rubbish_between_sets_is_passed_over() {
        check("1.8.0(1)Y\x02\x02\x01\0!\r\n2.8.0(2)", &[("1.8.0", &["1"])]);
        check("1.8.0(1\r\n2.8.0(2)", &[("2.8.0", &["2"])]);
    }

    #[test]
    fn nothing_after_the_exclamation_mark_counts() {
        check("1.8.0(1)\r\n!\r\n2.8.0(2)\r\n", &[("1.8.0", &["1"])]);
    }

    #[test]
    fn only_whole_data_lines_may_begin_a_block() {
        for line in ["1.8.0(1*kWh)\r", "0.0.0( 1)", "6.8(1)F(0)", "1.8.0(1)!", "1.6(a)(b)"] {
            assert!(is_line(line.as_bytes()), "{line:?}");
        }
        for line in ["", "!", "\x06050\r", "(1)", "1.8.0(1", "/ABC5(1)", "1.8.0(1)x"] {
            assert!(!is_line(line.as_bytes()), "{line:?}");
        }
    }

    #[track_caller]
    fn check(block: &str, expected: &[(&str, &[&str])]) {
        let found: Vec<(&str, Vec<String>)> = parse(block)
            .iter()
            .map(|set| {
                let fields = set.fields.iter();
                let texts = fields.map(|field| match field.unit {
                    Some(unit) => format!("{}*{unit}", field.value),
                    None => field.value.into(),
                });
                (set.address, texts.collect())
            })
            .collect();
        let expected: Vec<(&str, Vec<String>)> = expected
            .iter()
            .map(|(name, texts)| (*name, texts.iter().map(|&text| text.into()).collect()))
            .collect();
        assert_eq!(found, expected);
    }
}
