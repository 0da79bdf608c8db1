//! The header: which column stands where.

use csv::ByteRecord;

use super::Problems;

/// Columns that must be there.
const NEEDED: [&str; 10] =
    ["cycle", "round", "round_name", "stop", "address", "serial", "obis", "unit", "integers", "decimals"];
/// Columns that may be there.
const OPTIONAL: [&str; 10] = [
    "lat",
    "lon",
    "hint_location",
    "hint_warning",
    "hint_key",
    "hint_note",
    "model",
    "way",
    "multiplier",
    "history",
];

/// The names of the header in their order.
pub(super) struct Columns(Vec<String>);

impl Columns {
    /// A header that misses a column, has one twice or one that nobody knows is no header: a misspelt name
    /// must not drop a column in silence.
    pub(super) fn new(record: &ByteRecord, problems: &mut Problems) -> Option<Self> {
        let name = |field: &[u8]| String::from_utf8_lossy(field).trim().to_owned();
        let names: Vec<String> = record.iter().map(name).collect();
        let before = problems.0.len();
        for needed in NEEDED {
            if !names.iter().any(|name| name == needed) {
                problems.add(1, needed, "the column is missing");
            }
        }
        for (at, name) in names.iter().enumerate() {
            if !NEEDED.contains(&&name[..]) && !OPTIONAL.contains(&&name[..]) {
                problems.add(1, name, "there is no such column");
            } else if names.iter().take(at).any(|earlier| earlier == name) {
                problems.add(1, name, "the column is there twice");
            }
        }
        (problems.0.len() == before).then_some(Self(names))
    }

    pub(super) const fn width(&self) -> usize {
        self.0.len()
    }

    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|column| column == name)
    }
}
