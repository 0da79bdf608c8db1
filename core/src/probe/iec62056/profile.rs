//! The load profile `P.01`, a day at a time, as rows.

use std::time::Duration;

use super::{
    agenda::{Ask, Said},
    command::Command,
    heads::{Head, Heads, Item},
};
use crate::{
    probe::{
        part::{Part, ProfilePart, ProfileRow, ROWS_MAX, Span},
        readout::Value,
    },
    time::Civil,
};

/// How to ask, the most common first: command, and what stands before the date for the season.
const FORMS: [(Command, &str); 4] =
    [(Command::R5, "0"), (Command::R6, "0"), (Command::R5, ""), (Command::R6, "")];
/// How much time is asked for at once; less where an answer is more than we keep.
const WINDOWS: [Duration; 3] = [Duration::from_hours(24), Duration::from_hours(4), Duration::from_hours(1)];
/// Windows without an answer in any form, before the meter has no profile.
const DRY_MAX: u8 = 2;
const MINUTE: Duration = Duration::from_mins(1);
/// How far summer time is ahead.
const SEASON: Duration = Duration::from_hours(1);

/// The reading of a profile.
#[derive(Debug)]
pub(super) struct Profile {
    span: Span,
    /// Where the next question begins; none when all is read.
    from: Option<Civil>,
    window: usize,
    form: usize,
    /// The form has brought rows.
    works: bool,
    dry: u8,
    /// Forms of this question that were refused.
    refused: usize,
    /// A question was refused in every form before any had brought rows.
    denied: bool,
    /// Standard time of the last row of this question that was kept before it was asked again.
    known: Option<Civil>,
    heads: Heads,
    rows: Rows,
}

/// The rows of an answer.
#[derive(Debug, Default)]
struct Rows {
    /// The moment of the next row; none where nobody knows.
    next: Option<Civil>,
    /// The moment of the last row that was kept, and whether that is in summer time.
    last: Option<(Civil, bool)>,
    parts: Vec<ProfilePart>,
}

impl Profile {
    pub(super) fn new(span: Span) -> Self {
        let from = (span.from <= span.to).then_some(span.from);
        Self {
            span,
            from,
            window: 0,
            form: 0,
            works: false,
            dry: 0,
            refused: 0,
            denied: false,
            known: None,
            heads: Heads::default(),
            rows: Rows::default(),
        }
    }

    pub(super) fn ask(&self) -> Option<Ask> {
        let (command, season) = FORMS.get(self.form)?;
        let from = self.from?;
        // What a meter's clock shows in summer or in world time is up to an hour off the winter time that is asked
        // for. What is too much is left out by its own stamp.
        let to = self.ends(from);
        let (from, to) = (stamp(before(from)?), stamp(to.plus(SEASON).unwrap_or(to)));
        Some(Ask { command: *command, text: format!("P.01({season}{from};{season}{to})") })
    }

    pub(super) fn answered(&mut self, said: Said<'_>) -> Vec<Part> {
        let Some(from) = self.from else { return Vec::new() };
        let window = Span { from, to: self.ends(from) };
        let Self { heads, rows, known, .. } = self;
        heads.feed(said.text(), &mut |item| rows.take(item, window, *known));
        let parts = std::mem::take(&mut rows.parts).into_iter().map(Part::Profile).collect();
        self.refused += usize::from(said.is_refusal());
        match said {
            Said::Some(_) => {}
            Said::Last(_) | Said::No => self.go_on(window.to),
            Said::TooMuch if self.window + 1 < WINDOWS.len() => {
                self.window += 1;
                self.begin_again();
            }
            Said::TooMuch => self.from = None,
        }
        parts
    }

    /// Asks again for what has not come.
    pub(super) fn begin_again(&mut self) {
        if let Some((at, summer)) = self.rows.last {
            self.works = true;
            self.known = standard(at, summer);
            // In autumn an hour comes twice.
            let from = self.known.unwrap_or(at).plus(MINUTE);
            self.from = from.filter(|from| *from <= self.span.to);
        }
        self.heads = Heads::default();
        self.rows = Rows::default();
    }

    /// A question was refused in every form, and none has brought rows.
    pub(super) const fn is_denied(&self) -> bool {
        self.denied && !self.works
    }

    /// From the beginning, where nothing has come.
    pub(super) fn start_over(&mut self) {
        if !self.works {
            *self = Self::new(self.span);
        }
    }

    fn go_on(&mut self, to: Civil) {
        self.works |= self.rows.last.is_some();
        self.known = None;
        self.heads = Heads::default();
        self.rows = Rows::default();
        if !self.works && self.form + 1 < FORMS.len() {
            self.form += 1;
            return;
        }
        if !self.works {
            self.denied |= self.refused == FORMS.len();
            self.form = 0;
            self.dry += 1;
        }
        self.refused = 0;
        let next = to.plus(MINUTE).filter(|from| *from <= self.span.to);
        self.from = next.filter(|_| self.dry < DRY_MAX);
    }

    /// The last minute of the question that begins here.
    fn ends(&self, from: Civil) -> Civil {
        let length = WINDOWS.get(self.window).copied().unwrap_or(MINUTE);
        from.plus(length.saturating_sub(MINUTE)).map_or(self.span.to, |end| end.min(self.span.to))
    }
}

impl Rows {
    /// Meters that pass over what they were asked for send all they have.
    fn take(&mut self, item: Item<'_>, window: Span, known: Option<Civil>) {
        match item {
            Item::Error => {}
            Item::Head(head) => self.next = Some(head.at),
            Item::Row(head, values) => {
                let Some(at) = self.next else { return };
                self.next = head.period.and_then(|period| at.plus(period));
                // A minute has seconds behind it.
                if at < window.from || window.to.plus(MINUTE).is_some_and(|end| at >= end) {
                    return;
                }
                if known.is_some_and(|known| standard(at, head.summer).is_some_and(|at| at <= known)) {
                    return;
                }
                self.last = Some((at, head.summer));
                let values = values.iter().map(|value| self::value(value)).collect();
                self.push(head, ProfileRow { at, status: head.status.clone(), values });
            }
        }
    }

    fn push(&mut self, head: &Head, row: ProfileRow) {
        let period_s = head.period.map_or(0, |period| u32::try_from(period.as_secs()).unwrap_or(0));
        let fits = |part: &ProfilePart| {
            part.rows.len() < ROWS_MAX
                && (part.obis, part.period_s) == (head.obis, period_s)
                && part.columns == head.columns
        };
        match self.parts.last_mut() {
            Some(part) if fits(part) => part.rows.push(row),
            _ => self.parts.push(ProfilePart {
                obis: head.obis,
                period_s,
                columns: head.columns.clone(),
                rows: vec![row],
            }),
        }
    }
}

/// A number, or what the meter wrote; nothing where it wrote dashes or nothing.
fn value(text: &str) -> Option<Value> {
    if text.bytes().all(|letter| b"-. ".contains(&letter)) {
        return None;
    }
    Some(text.replace(' ', "").parse().map_or_else(|_| Value::Text(text.into()), Value::Number))
}

/// What the clock shows without summer time.
fn standard(at: Civil, summer: bool) -> Option<Civil> {
    if summer { before(at) } else { Some(at) }
}

/// An hour earlier.
fn before(at: Civil) -> Option<Civil> {
    Civil::of_unix(at.to_unix().checked_sub(i64::try_from(SEASON.as_secs()).ok()?)?)
}

/// `YYMMDDhhmm`.
fn stamp(at: Civil) -> String {
    let (year, month, day, hour, minute, _) = at.fields();
    format!("{:02}{month:02}{day:02}{hour:02}{minute:02}", year.rem_euclid(100))
}
