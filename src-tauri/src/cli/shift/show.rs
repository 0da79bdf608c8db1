//! What a person, or a program, sees of a shift without a window.

use std::io::{self, Write as _};

use indicatif::{ProgressBar, ProgressStyle};
use lamplighter_core::{
    id::StopId,
    round::{Outcome, Round, SkipReason, Stop},
    store::Recorded,
    work::Counts,
};
use serde_json::{Value, json};

use super::check::Tally;
use crate::texts::{Words, say};

pub(super) struct Show {
    json: bool,
    follow: bool,
    bar: ProgressBar,
}

impl Show {
    pub(super) fn new(json: bool, follow: bool) -> Self {
        Self { json, follow, bar: ProgressBar::hidden() }
    }

    pub(super) fn say(&self, name: &str, words: Words<'_>) {
        if !self.json && !self.follow {
            eprintln!("{}", say(name, words));
        }
    }

    pub(super) fn begin(&mut self, round: &Round, stops: &[(StopId, Outcome)]) {
        let words =
            [("code", round.code.clone()), ("name", round.name.clone()), ("stops", stops.len().to_string())];
        self.say("round", &words);
        if !self.json && !self.follow {
            self.bar = ProgressBar::new(stops.len() as u64);
            if let Ok(style) =
                ProgressStyle::with_template("{bar:30} {pos}/{len}  {msg}  {elapsed} (left {eta})")
            {
                self.bar.set_style(style);
            }
        }
        self.count(stops);
    }

    pub(super) fn count(&self, stops: &[(StopId, Outcome)]) {
        let counts = Counts::of(stops);
        self.bar.set_position(u64::from(counts.total - counts.todo));
        self.bar.set_message(format!(
            "● {} ▲ {} ⬢ {} ◆ {}",
            counts.right, counts.doubtful, counts.wrong, counts.skipped
        ));
    }

    /// Said only after the reading is on disk.
    pub(super) fn saved(&self, stop: &Stop, recorded: &Recorded) {
        let verdict = &recorded.reading.verdict;
        let rules: Vec<_> = verdict.findings.iter().map(|finding| finding.rule.code()).collect();
        self.step(&json!({
            "saved": recorded.id.to_string(),
            "stop": stop.number,
            "level": format!("{:?}", verdict.level).to_lowercase(),
            "rules": rules,
        }));
    }

    pub(super) fn skipped(&self, stop: &Stop, reason: SkipReason) {
        self.step(&json!({ "skipped": reason.code(), "stop": stop.number }));
    }

    pub(super) fn end(&self, tally: &Tally) {
        self.bar.finish_and_clear();
        let text = if self.json { tally.to_json().to_string() } else { tally.to_table() };
        writeln!(io::stdout(), "{text}").ok();
    }

    fn step(&self, step: &Value) {
        if self.follow {
            let mut out = io::stdout();
            writeln!(out, "{step}").and_then(|()| out.flush()).ok();
        }
    }
}
