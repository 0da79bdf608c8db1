//! Compares what the app said was saved with what the hub holds: nothing lost, nothing doubled.

use std::{collections::HashMap, fs, path::Path};

use lamplighter_core::{id::ReadingId, store::Store, work::Counts};
use lamplighter_sync::export;
use serde_json::{Value, json};

use crate::{Failure, texts::say};

/// Columns for the names of the table; Chinese takes two a character.
const NAME_WIDTH: usize = 24;

/// A shift in numbers.
#[derive(Debug, Default)]
pub(super) struct Tally {
    stops: u32,
    read: u32,
    skipped: u32,
    flagged: u32,
    saved: usize,
    held_by_hub: usize,
    pub(super) lost: usize,
    pub(super) doubled: usize,
    pub(super) walk_m: f64,
    pub(super) ms: u64,
}

/// Counts. The export is what the hub holds; without one the receipts have to do.
pub(super) fn tally(store: &Store, export: Option<&Path>) -> Result<Tally, Failure> {
    let shift = store.shift()?.ok_or_else(|| Failure("no round".into()))?;
    let counts = Counts::of(&store.outcomes(shift.round.id)?);
    let saved = store.reading_ids()?;
    let mut tally = Tally {
        stops: counts.total,
        read: counts.read(),
        skipped: counts.skipped,
        flagged: counts.doubtful + counts.wrong,
        saved: saved.len(),
        ..Tally::default()
    };
    match export {
        Some(path) => {
            let bytes = fs::read(path).map_err(Failure::new)?;
            let verified = export::verify(&bytes, store.identity()?.map(|identity| identity.hub_key))
                .map_err(|error| Failure(format!("the hub's export does not hold: {error}")))?;
            let mut held: HashMap<ReadingId, usize> = HashMap::new();
            for id in verified.reading_ids {
                *held.entry(id).or_default() += 1;
            }
            tally.held_by_hub = held.len();
            tally.lost = saved.iter().filter(|id| !held.contains_key(id)).count();
            tally.doubled = held.values().map(|count| count - 1).sum::<usize>()
                + held.keys().filter(|id| !saved.contains(id)).count();
        }
        None => {
            for id in &saved {
                tally.held_by_hub +=
                    usize::from(store.reading(*id)?.is_some_and(|recorded| recorded.held_by_hub));
            }
            tally.lost = saved.len() - tally.held_by_hub;
        }
    }
    Ok(tally)
}

impl Tally {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "stops": self.stops,
            "read": self.read,
            "skipped": self.skipped,
            "flagged": self.flagged,
            "saved": self.saved,
            "held_by_hub": self.held_by_hub,
            "lost": self.lost,
            "doubled": self.doubled,
            "walk_m": (self.walk_m * 10.0).round() / 10.0,
            "ms": self.ms,
        })
    }

    pub(super) fn to_table(&self) -> String {
        let minutes =
            [("minutes", (self.ms / 60_000).to_string()), ("seconds", (self.ms / 1_000 % 60).to_string())];
        let rows = [
            ("stops", self.stops.to_string()),
            ("read-count", self.read.to_string()),
            ("flagged", self.flagged.to_string()),
            ("skipped", self.skipped.to_string()),
            ("saved", self.saved.to_string()),
            ("held", self.held_by_hub.to_string()),
            ("lost", self.lost.to_string()),
            ("doubled", self.doubled.to_string()),
            ("walked-way", format!("{:.2} km", self.walk_m / 1_000.0)),
            ("took", say("minutes", &minutes)),
        ];
        let line = |(name, value): &(&str, String)| {
            let name = say(name, &[]);
            let gap = " ".repeat(NAME_WIDTH.saturating_sub(columns(&name)));
            format!("  {name}{gap}{value:>14}")
        };
        rows.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// Columns that a terminal takes for a text of ours.
fn columns(text: &str) -> usize {
    text.chars().map(|letter| if letter.is_ascii() { 1 } else { 2 }).sum()
}
